/** The frames around the one in hand: where the track's alignment comes from, its keys, and how far it is corrected. */

import { FACE_STATES } from "../../core/types.js";
import { html, useEffect, useState } from "../../core/view.js";

const AROUND = 12;
const ASKED_MS = 70;
const CHIN = 152; // followed where nothing is selected
const HEIGHT = 34;

/** @typedef {{ frame: number, state: number, away: number | null }} Cell   away: plate px from what the machine found; null without a face */

/** @param {{ shot: import("../../core/shot.js").OpenShot, desk: import("./desk.js").AlignmentDesk, there: boolean }} props   there: the track has faces */
export function KeysStrip({ shot, desk, there }) {
  const cells = useCells(shot, desk, there);
  const { keys } = desk;
  const first = shot.frame - AROUND;
  return html`<section aria-label="Keys around this frame" class="keys-strip">
    <${Correction} cells=${cells} first=${first} />
    <div class="strip" role="group" aria-label="Frames around ${shot.frame}">
      ${Array.from({ length: 2 * AROUND + 1 }, (_, at) => {
        const frame = first + at;
        const state = cells.get(frame)?.state;
        const key = keys.get(frame);
        const exists = frame >= shot.range.first && frame <= shot.range.last;
        const said = key ? `key: ${keyInWords(key)}` : state === undefined ? "no face" : FACE_STATES[state];
        return html`<button key=${at} class="frame-cell ${state === undefined ? "none" : FACE_STATES[state]} ${key ? "key" : ""}"
          aria-label="Frame ${frame}: ${said}" title="${frame}: ${said}" aria-current=${frame === shot.frame ? "true" : null}
          tabindex=${frame === shot.frame ? 0 : -1} disabled=${!exists} onClick=${() => shot.goTo(frame)}></button>`;
      })}
    </div>
    <div class="row legend" aria-hidden="true">
      ${FACE_STATES.map((name) => html`<span class="state-name ${name}">${name}</span>`)}
    </div>
  </section>`;
}

/** @param {import("./track_edits.js").KeyHere} key */
export function keyInWords(key) {
  const parts = [];
  if (key.drawn) parts.push("face drawn by hand");
  if (key.landmarks.size) parts.push(`${key.landmarks.size} landmark${key.landmarks.size > 1 ? "s" : ""}`);
  if (key.crop) parts.push("crop");
  return parts.join(", ");
}

/** How far a landmark lies from where the machine found it, frame by frame. @param {{ cells: Map<number, Cell>, first: number }} props */
function Correction({ cells, first }) {
  const most = Math.max(1, ...[...cells.values()].map(({ away }) => away ?? 0));
  const width = 10 * (2 * AROUND + 1);
  let [path, pen] = ["", "M"];
  for (let at = 0; at <= 2 * AROUND; at++) {
    const away = cells.get(first + at)?.away ?? null;
    if (away !== null) path += `${pen}${10 * at + 5},${(HEIGHT - 2 - (away / most) * (HEIGHT - 4)).toFixed(1)}`;
    pen = away === null ? "M" : "L";
  }
  return html`<div class="correction" title="How far it is moved from what the machine found">
    <svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Correction, at most ${most.toFixed(1)} pixels">
      <path d=${path} fill="none" stroke="currentColor" vector-effect="non-scaling-stroke" />
    </svg>
    <span class="quiet number">${most.toFixed(1)} px</span>
  </div>`;
}

/** @param {import("../../core/shot.js").OpenShot} shot  @param {import("./desk.js").AlignmentDesk} desk  @param {boolean} there  @returns {Map<number, Cell>} */
function useCells(shot, desk, there) {
  const [cells, setCells] = useState(/** @type {Map<number, Cell>} */ (new Map()));
  const { frame, track, revision } = shot;
  const point = desk.selected.size ? [...desk.selected][0] : CHIN;
  useEffect(() => {
    if (!there) return setCells(new Map());
    let gone = false;
    const waiting = setTimeout(async () => {
      const range = { first: Math.max(shot.range.first, frame - AROUND), last: Math.min(shot.range.last, frame + AROUND) };
      try {
        const told = await shot.curves(track, [point], range);
        if (!gone) setCells(cellsOf(told));
      } catch {
        if (!gone) setCells(new Map()); // a track that is not there any more
      }
    }, ASKED_MS);
    return () => {
      gone = true;
      clearTimeout(waiting);
    };
  }, [shot, frame, track, revision, point, there]);
  return cells;
}

/** @param {any} told  @returns {Map<number, Cell>} */
function cellsOf(told) {
  return new Map(told.frame.map((/** @type {number} */ frame, /** @type {number} */ at) => {
    const [raw, solved] = [told.raw[at]?.[0], told.solved[at]?.[0]];
    const known = raw && solved && raw[0] !== null && solved[0] !== null;
    return [frame, { frame, state: told.state[at], away: known ? Math.hypot(solved[0] - raw[0], solved[1] - raw[1]) : null }];
  }));
}
