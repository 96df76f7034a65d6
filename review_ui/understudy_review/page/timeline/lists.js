/** Beside the timeline: the worst frames with their reasons, and what was written on frames. */

import { timecodeOf } from "../core/time.js";
import { html, useChange, useEffect, useRef } from "../core/view.js";
import { reasonsWords } from "./measure_words.js";
import { markOf, notesOf } from "./marks.js";
import { Measuring } from "./work.js";

const MOST = 200; // rows; the threshold brings more into reach

/** From where on a frame counts as trouble. @param {{ trouble: import("./trouble.js").Trouble }} props */
export function Threshold({ trouble }) {
  useChange(trouble, "change");
  return html`<label class="inline threshold" title="Frames count as trouble from here on; 0.5 is what worries by itself">
    <span class="quiet">from</span>
    <input type="range" min="0.05" max="0.99" step="0.01" value=${trouble.threshold} aria-label="Trouble from"
      onInput=${(/** @type {any} */ event) => trouble.setThreshold(Number(event.target.value))} />
    <span class="number">${trouble.threshold.toFixed(2)}</span></label>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, trouble: import("./trouble.js").Trouble, jobs: import("./work.js").TakeJobs }} props */
export function TroubleList({ shot, trouble, jobs }) {
  useChange(trouble, "change");
  useChange(shot, "frame");
  const worst = [...trouble.spots].sort((a, b) => b.trouble - a.trouble);
  const rows = worst.slice(0, MOST).map((spot) => ({
    frame: spot.frame, title: reasonsWords(spot.reasons) || "trouble", right: spot.trouble.toFixed(2), share: spot.trouble,
    settled: trouble.settled(spot.frame),
  }));
  const none = !trouble.measured ? "This take is not measured yet." : "No frame is above the threshold.";
  return html`<div class="list-head row"><h2>Worst first</h2><span class="spread"></span><${Threshold} trouble=${trouble} /></div>
    <${Rows} shot=${shot} label="Worst first" rows=${rows} none=${none} />
    <p class="list-more"><${Measuring} shot=${shot} jobs=${jobs} /></p>
    ${worst.length > MOST && html`<p class="quiet list-more">${worst.length - MOST} more; a higher threshold leaves fewer.</p>`}`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot }} props */
export function NotesList({ shot }) {
  useChange(shot, "timeline", "frame");
  const rows = notesOf(shot).map(({ frame, note, author }) => ({
    frame, title: note, right: author, share: 0, settled: markOf(shot, frame) === "approved",
  }));
  return html`<div class="list-head row"><h2>Notes</h2></div>
    <${Rows} shot=${shot} label="Notes" rows=${rows} none="Nothing is written on this shot. M writes a note on the frame in hand." />`;
}

/**
 * @typedef {{ frame: number, title: string, right: string, share: number, settled: boolean }} Row
 * @param {{ shot: import("../core/shot.js").OpenShot, label: string, rows: Row[], none: string }} props
 */
function Rows({ shot, label, rows, none }) {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  useEffect(() => {
    list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  }, [shot.frame]);
  if (!rows.length) return html`<p class="quiet list-none">${none}</p>`;
  return html`<ul class="frame-list" ref=${list} aria-label=${label}>${rows.map((row) => html`<li key=${row.frame}>
    <button class="plain" aria-current=${row.frame === shot.frame ? "true" : null} title=${timecodeOf(shot.plate, row.frame) || null}
      onClick=${() => shot.goTo(row.frame)}>
      <span class="number">${row.frame}</span>
      <span class="list-text">${row.settled && html`<span class="good" title="approved">✓ </span>`}${row.title}</span>
      <span class="quiet number">${row.right}</span>
      ${row.share > 0 && html`<i class="list-bar" style=${{ width: `${row.share * 100}%` }}></i>`}
    </button></li>`)}</ul>`;
}
