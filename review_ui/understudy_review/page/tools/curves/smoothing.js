/** How strongly alignments are smoothed, part by part, with what it does to their tremble. */

import { html, useChange, useEffect, usePage, useRef, useState } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";
import { figure } from "./series.js";

const REST_MS = 150;
const OFF = { position: 0, rotation: 0, scale: 0, face: 0, mouth: 0, eyes: 0 };
const USUAL = { position: 0.7, rotation: 0.7, scale: 0.8, face: 0.7, mouth: 0.4, eyes: 0.4 };

/** @typedef {typeof OFF} Strengths */

const REGIONS = /** @type {[keyof Strengths, string, string][]} */ ([
  ["position", "Position", "px"], ["rotation", "Rotation", "°"], ["scale", "Scale", "px"],
  ["face", "Face", "px"], ["mouth", "Mouth", "px"], ["eyes", "Eyes", "px"],
]);

/** What stands now. @param {import("../../core/shot.js").OpenShot} shot  @returns {Strengths} */
export function strengthsOf(shot) {
  const last = shot.stack.done.findLast(({ action }) => action?.kind === "smooth_alignments")?.action;
  return last ? /** @type {Strengths} */ (Object.fromEntries(Object.entries(USUAL).map(([name, usual]) => [name, last[name] ?? usual]))) : OFF;
}

/**
 * @param {{ shot: import("../../core/shot.js").OpenShot, jitters: Record<string, { raw: number | null, solved: number | null }> }} props
 */
export function Smoothing({ shot, jitters }) {
  const { tell } = usePage();
  useChange(shot, "revision");
  const standing = strengthsOf(shot);
  const [own, setOwn] = useState(/** @type {Strengths | null} */ (null)); // what is being dragged
  const waiting = useRef({ timer: 0, send: () => {} });
  useEffect(() => setOwn(null), [shot.revision]);
  useEffect(() => () => waiting.current.send(), []); // what was set last counts, also when the tool is left at once
  const shown = own ?? standing;
  const send = (/** @type {Strengths} */ strengths) => {
    setOwn(strengths);
    const { current } = waiting;
    clearTimeout(current.timer);
    current.send = () => {
      clearTimeout(current.timer);
      current.send = () => {};
      shot.edit([{ kind: "smooth_alignments", ...strengths }]).catch((error) => {
        setOwn(null);
        if (error.name !== "EditConflict") tell("", { error });
      });
    };
    current.timer = setTimeout(() => current.send(), REST_MS);
  };
  return html`<section class="smoothing" aria-label="Smoothing">
    <div class="row"><h2>Smoothing</h2><span class="spread"></span>
      <button class="small" onClick=${() => send(USUAL)}>Usual</button>
      <button class="small" onClick=${() => send(OFF)}>Off</button></div>
    ${REGIONS.map(([name, title, unit]) => html`<div class="smoothing-row" key=${name}>
      <${Slider} label=${title} value=${shown[name]} least=${0} most=${1} step=${0.01} onInput=${(/** @type {number} */ value) => send({ ...shown, [name]: value })} />
      <span class="number quiet" title="Tremble (rms of second differences) as found, and as solved">${told(jitters[name], unit)}</span>
    </div>`)}
    <p class="quiet">Blinks and speech keep their snap: leave mouth and eyes low.</p>
  </section>`;
}

/** @param {{ raw: number | null, solved: number | null } | undefined} pair  @param {string} unit */
function told(pair, unit) {
  if (!pair || pair.raw === null) return "";
  return `${figure(pair.raw)} → ${figure(pair.solved)} ${unit}`;
}
