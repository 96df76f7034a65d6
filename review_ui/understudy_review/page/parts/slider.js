/** A value with a name: dragged, typed or moved by arrow keys. */

import { html } from "../core/view.js";

/**
 * @param {{ label: string, value: number, least: number, most: number, step?: number, unit?: string, title?: string,
 *   disabled?: boolean, onInput: (value: number) => void, onChange?: (value: number) => void }} props
 * `onInput` hears every movement, `onChange` where it ended.
 */
export function Slider({ label, value, least, most, step = 0.01, unit = "", title = "", disabled = false, onInput, onChange }) {
  const heard = (/** @type {(value: number) => void} */ then) => (/** @type {Event} */ event) => {
    const number = Number(/** @type {HTMLInputElement} */ (event.target).value);
    if (Number.isFinite(number)) then(Math.min(most, Math.max(least, number)));
  };
  const shared = { min: least, max: most, step, value, disabled };
  return html`<div class="slider" title=${title}>
    <span>${label}${unit && html` <span class="quiet">${unit}</span>`}</span>
    <input type="range" aria-label=${label} ...${shared} onInput=${heard(onInput)} onChange=${heard(onChange ?? (() => {}))} />
    <input type="number" aria-label="${label}, number" ...${shared} onChange=${heard((number) => { onInput(number); onChange?.(number); })} />
  </div>`;
}
