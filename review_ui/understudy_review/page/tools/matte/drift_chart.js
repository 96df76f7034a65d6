/** How doubtful each frame of a matte layer is: a curve over its frames, and the worst of them as a list. */

import { framesIn } from "../../core/time.js";
import { html } from "../../core/view.js";

const HIGH = 60;
const WORST = 8;
const NEAR = 3; // frames so near a worse one are left out of the list ...
const SURE = 0.01; // ... and those that nobody has to look at

/**
 * @typedef {{ frame: number, score: number }} Score
 * @param {{ shot: import("../../core/shot.js").OpenShot, frames: string, scores: readonly Score[], limit?: number, title: string }} props
 */
export function DriftChart({ shot, frames, scores, limit = 0, title }) {
  if (!scores.length || !frames) return null;
  const all = framesIn(frames);
  const first = all[0], last = all[all.length - 1];
  const most = Math.max(limit, 0.1, ...scores.map(({ score }) => score)) * 1.08;
  const x = (/** @type {number} */ frame) => ((frame - first + 0.5) / (last - first + 1)) * 100;
  const y = (/** @type {number} */ score) => HIGH - (score / most) * HIGH;
  const seek = (/** @type {any} */ event) => {
    const box = event.currentTarget.getBoundingClientRect();
    shot.goTo(first + Math.floor(((event.clientX - box.left) / box.width) * (last - first + 1)));
  };
  return html`<figure class="drift">
    <figcaption class="quiet small">${title}, ${first}–${last}${limit > 0 && html`; it stops above ${limit.toFixed(2)}`}</figcaption>
    <svg viewBox="0 0 100 ${HIGH}" preserveAspectRatio="none" role="img" aria-label="${title}: from ${least(scores).toFixed(2)} to ${worst(scores).toFixed(2)} over frames ${first} to ${last}" onPointerDown=${seek}>
      ${limit > 0 && html`<line class="limit" x1="0" x2="100" y1=${y(limit)} y2=${y(limit)} vector-effect="non-scaling-stroke" />`}
      <path class="area" d=${areaOf(scores, x, y)} />
      ${shot.frame >= first && shot.frame <= last && html`<line class="here" x1=${x(shot.frame)} x2=${x(shot.frame)} y1="0" y2=${HIGH} vector-effect="non-scaling-stroke" />`}
    </svg>
    <div class="row wrap worst" role="group" aria-label="Worst frames first">${worstOf(scores).map(({ frame, score }) => html`
      <button key=${frame} class="number" aria-current=${frame === shot.frame ? "true" : null} title="Go to frame ${frame}" onClick=${() => shot.goTo(frame)}>${frame} <span class="quiet">${score.toFixed(2)}</span></button>`)}</div>
  </figure>`;
}

/** The most doubtful frames, without those beside a worse one and those that are sure. @param {readonly Score[]} scores  worst first */
export function worstOf(scores) {
  const found = /** @type {Score[]} */ ([]);
  for (const one of scores) {
    if (found.length < WORST && one.score >= SURE && !found.some(({ frame }) => Math.abs(frame - one.frame) <= NEAR)) found.push(one);
  }
  return found;
}

/** @param {readonly Score[]} scores  @param {(frame: number) => number} x  @param {(score: number) => number} y */
function areaOf(scores, x, y) {
  const sorted = [...scores].sort((a, b) => a.frame - b.frame);
  let text = "";
  sorted.forEach(({ frame, score }, at) => {
    const begins = sorted[at - 1]?.frame !== frame - 1; // a gap is a key, or was not made
    const ends = sorted[at + 1]?.frame !== frame + 1;
    if (begins) text += `M${x(frame - 0.5)},${HIGH}L${x(frame - 0.5)},${y(score)}`;
    text += `L${x(frame)},${y(score)}`;
    if (ends) text += `L${x(frame + 0.5)},${y(score)}L${x(frame + 0.5)},${HIGH}Z`;
  });
  return text;
}

/** @param {readonly Score[]} scores */
function worst(scores) {
  return Math.max(...scores.map(({ score }) => score));
}

/** @param {readonly Score[]} scores */
function least(scores) {
  return Math.min(...scores.map(({ score }) => score));
}
