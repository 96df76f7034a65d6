/** The viewer: the stage and what is said about its picture. */

import { html, useChange, useEffect, useRef } from "../core/view.js";

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
export function Viewer({ stage }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useChange(stage, "shown", "loading", "source");
  useEffect(() => stage.mount(/** @type {HTMLElement} */ (box.current)), [stage]);
  return html`<div class="viewer">
    <div class="stage-box" ref=${box}></div>
  </div>`;
}
