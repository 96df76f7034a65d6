/** The plan of the frame in hand, for the tools that show it. */

import { useEffect, useState } from "../core/view.js";

/** @typedef {import("../core/types.js").FramePlan} FramePlan */

/** What artists want of the frame in hand; what is known of it, while it is asked again. @param {import("../core/shot.js").OpenShot} shot  @returns {FramePlan | null} of this very frame or none */
export function usePlan(shot) {
  const { frame, revision } = shot;
  const [held, hold] = useState(/** @type {{ frame: number, plan: FramePlan } | null} */ (null));
  useEffect(() => {
    let gone = false;
    shot.solved(frame).then(({ plan }) => gone || hold({ frame, plan })).catch(() => {});
    return () => {
      gone = true;
    };
  }, [shot, frame, revision]);
  return shot.solvedNow(frame)?.plan ?? (held?.frame === frame ? held.plan : null);
}
