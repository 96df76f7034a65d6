/** The viewer: the stage, what is said about its picture, and the bar below it. */

import { html, useEffect, useMemo, useRef } from "../core/view.js";
import { useViewerCommands } from "./commands.js";
import { FrameBar } from "./frame_bar.js";
import { Inspector } from "./inspector.js";
import { Notices } from "./notices.js";
import { Player } from "./player.js";

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
export function Viewer({ shot, stage }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const player = useMemo(() => new Player(stage), [stage]);
  useEffect(() => stage.mount(/** @type {HTMLElement} */ (box.current)), [stage]);
  useEffect(() => () => player.close(), [player]);
  useViewerCommands(shot, stage, player);
  return html`<div class="viewer">
    <div class="stage-box" ref=${box} role="group" aria-label="Picture">
      <${Notices} shot=${shot} stage=${stage} />
      <${Inspector} shot=${shot} stage=${stage} />
    </div>
    <${FrameBar} shot=${shot} stage=${stage} player=${player} />
  </div>`;
}
