/** Which frames something is done to: the one in hand, in to out, or all. */

import { html, useEffect, useState } from "../../core/view.js";

/**
 * @typedef {import("../../core/shot.js").OpenShot} OpenShot
 * @typedef {import("../../core/types.js").FramePlan} FramePlan
 * @typedef {"frame" | "inout" | "shot"} Which
 */

/** @param {OpenShot} shot  @param {Which} which  @returns {import("../../core/types.js").Range} */
export function rangeOf(shot, which) {
  if (which === "frame") return { first: shot.frame, last: shot.frame };
  return which === "inout" ? shot.inOut : shot.range;
}

/** @param {{ shot: OpenShot, value: Which, label?: string, onChange: (which: Which) => void }} props */
export function WhichFrames({ shot, value, label = "Frames", onChange }) {
  const { inOut, frame } = shot;
  return html`<label class="choice"><span>${label}</span>
    <select value=${value} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
      <option value="frame">this frame (${frame})</option>
      <option value="inout">in to out (${inOut.first}–${inOut.last})</option>
      <option value="shot">the whole shot</option>
    </select></label>`;
}

/** What artists want of the frame in hand; what is known of it, while it is asked again. @param {OpenShot} shot  @returns {FramePlan | null} */
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
