/** How much of the replaced face is shown, frame by frame: a curve with keys, and frames where the plate is held. */

import { INTERPOLATIONS } from "../../core/types.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";
import { marked } from "../../timeline/marks.js";
import { usePlan } from "../plan.js";

const WIDTH = 400;
const HEIGHT = 56;

/** @typedef {{ value: number, interpolation: string }} StrengthKey */

/** The standing keys of the strength curve by frame, rising. @param {readonly import("../../core/types.js").Action[]} actions  oldest first  @returns {Map<number, StrengthKey>} */
export function strengthKeys(actions) {
  /** @type {Map<number, StrengthKey>} */
  const keys = new Map();
  for (const action of actions) {
    if (action.kind === "key_strength") keys.set(action.frame, { value: action.value, interpolation: action.interpolation });
    if (action.kind !== "remove_strength") continue;
    for (const frame of [...keys.keys()]) if (frame >= action.first && frame <= action.last) keys.delete(frame);
  }
  return new Map([...keys].sort(([a], [b]) => a - b));
}

/** @param {{ shot: import("../../core/shot.js").OpenShot, send: import("./settings.js").Send }} props */
export function Strength({ shot, send }) {
  const plan = usePlan(shot);
  const { frame, inOut, range } = shot;
  const keys = strengthKeys(shot.stack.done.flatMap((entry) => entry.action ?? []));
  const key = keys.get(frame);
  const [interpolation, choose] = useState("linear");
  const [drawn, draw] = useState(/** @type {number | null} */ (null));
  const value = drawn ?? key?.value ?? plan?.strength ?? 1;
  const narrowed = inOut.first !== range.first || inOut.last !== range.last;
  const inside = [...keys.keys()].filter((one) => one >= inOut.first && one <= inOut.last).length;
  const hold = plan?.hold ?? false;
  useEffect(() => draw(null), [frame, shot.revision]);
  const set = (/** @type {number} */ to, how = key?.interpolation ?? interpolation) => send([{ kind: "key_strength", frame, value: to, interpolation: how }]);
  const mark = (/** @type {import("../../core/types.js").Range} */ where) =>
    send(marked(shot, where, hold ? "none" : "hold_plate"));
  return html`<section class="column" aria-label="Strength">
    <h2>Strength</h2>
    <${StrengthCurve} shot=${shot} keys=${keys} />
    <${Slider} label="strength" title="How much of the replaced face is shown here" value=${value} least=${0} most=${1} step=${0.01}
      onInput=${draw} onChange=${(/** @type {number} */ to) => void set(to)} />
    <div class="row wrap">
      <label class="inline"><span class="quiet">to the next key</span>
        <select value=${key?.interpolation ?? interpolation} onChange=${(/** @type {any} */ event) => {
          choose(event.target.value);
          if (key) void set(key.value, event.target.value);
        }}>${INTERPOLATIONS.map(([name, title]) => html`<option value=${name}>${title}</option>`)}</select></label>
      <button disabled=${Boolean(key)} onClick=${() => set(value)}>Key here</button>
      <button disabled=${!key} onClick=${() => send([{ kind: "remove_strength", first: frame, last: frame }])}>Remove key</button>
      ${narrowed && html`<button disabled=${!inside} onClick=${() => send([{ kind: "remove_strength", ...inOut }])}>Remove ${inside} in ${inOut.first}–${inOut.last}</button>`}
    </div>
    <div class="row wrap">
      <button aria-pressed=${hold} title="Nothing is replaced here" onClick=${() => mark({ first: frame, last: frame })}>Hold plate</button>
      ${narrowed && html`<button onClick=${() => mark(inOut)}>${hold ? "replace" : "hold"} in ${inOut.first}–${inOut.last}</button>`}
      ${hold && html`<span class="quiet">the plate stays on this frame</span>`}
    </div>
  </section>`;
}

/** The curve over the in/out range; a click seeks. @param {{ shot: import("../../core/shot.js").OpenShot, keys: Map<number, StrengthKey> }} props */
function StrengthCurve({ shot, keys }) {
  const { first, last } = shot.inOut;
  const { strengths, first: begin } = shot.timeline;
  const x = (/** @type {number} */ frame) => ((frame - first + 0.5) / (last - first + 1)) * WIDTH;
  const y = (/** @type {number} */ value) => HEIGHT - 6 - value * (HEIGHT - 12);
  const columns = Math.min(WIDTH, last - first + 1);
  let path = "";
  for (let column = 0; column < columns; column++) {
    const frame = first + Math.round((column / Math.max(1, columns - 1)) * (last - first));
    path += `${column ? "L" : "M"}${x(frame).toFixed(1)},${y((strengths[frame - begin] ?? 255) / 255).toFixed(1)}`;
  }
  const seek = (/** @type {any} */ event) => {
    const box = event.currentTarget.getBoundingClientRect();
    shot.goTo(first + Math.floor(((event.clientX - box.left) / box.width) * (last - first + 1)));
  };
  return html`<svg class="strength-curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" onClick=${seek}
      aria-label="Strength from frame ${first} to ${last}, ${keys.size} keys">
    <path d=${path} fill="none" vector-effect="non-scaling-stroke" class="curve" />
    <line x1=${x(shot.frame)} x2=${x(shot.frame)} y1="0" y2=${HEIGHT} vector-effect="non-scaling-stroke" class="here" />
    ${[...keys].filter(([frame]) => frame >= first && frame <= last).map(([frame, key]) => html`
      <rect key=${frame} x=${x(frame) - 4} y=${y(key.value) - 4} width="8" height="8" class="key" />`)}
  </svg>`;
}
