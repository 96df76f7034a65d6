/** Which frames something is done to: the one in hand, in to out, or all. */

import { html } from "../../core/view.js";

/**
 * @typedef {import("../../core/shot.js").OpenShot} OpenShot
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
