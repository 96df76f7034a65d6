/** Approving the shot, and the files that leave the house. */

import { get, path } from "../../core/api.js";
import { MARKS, takeName } from "../../core/types.js";
import { html, usePage, useEffect, useState } from "../../core/view.js";
import { JobLine, RUNNING } from "../../parts/job_line.js";
import { marked } from "../../timeline/marks.js";

const MOVIES = /** @type {const} */ ([
  ["h264", "H.264"], ["h265", "H.265"], ["prores422hq", "ProRes 422 HQ"], ["prores4444", "ProRes 4444"], ["dnxhr_hqx", "DNxHR HQX"], ["dnxhr_444", "DNxHR 444"],
]);
const SWITCHES = /** @type {const} */ ([
  ["frames", "Frames like the plate"], ["exr", "EXR layers"], ["side_by_side", "Side by side"], ["contact_sheet", "Contact sheet"], ["sound", "Sound"],
]);
const MOST_ACTIONS = 400; // one request may add 500

/** Runs of frames whose mark is one of some. @param {{ marks: Uint8Array, first: number, last: number }} timeline  @param {readonly number[]} wanted */
export function runsOf({ marks, first, last }, wanted) {
  /** @type {import("../../core/types.js").Range[]} */
  const runs = [];
  for (let frame = first; frame <= last; frame++) {
    if (!wanted.includes(marks[frame - first] ?? 0)) continue;
    const run = runs.at(-1);
    if (run?.last === frame - 1) run.last = frame;
    else runs.push({ first: frame, last: frame });
  }
  return runs;
}

/** @param {{ shot: import("../../core/shot.js").OpenShot, send: import("./settings.js").Send }} props */
export function Approve({ shot, send }) {
  const { timeline } = shot;
  const counts = [0, 0, 0, 0];
  for (const mark of timeline.marks) counts[mark]++;
  const [open, approved, flagged, held] = counts;
  const markOf = (/** @type {number} */ frame) => MARKS[timeline.marks[frame - timeline.first] ?? 0];
  const go = (/** @type {string} */ mark) => {
    const wanted = (/** @type {number} */ frame) => markOf(frame) === mark;
    const found = shot.findFrame(1, wanted) ?? shot.findFrame(-1, wanted);
    if (found !== null) shot.goTo(found);
  };
  const approve = () => send(runsOf(timeline, [0]).flatMap((run) => marked(shot, run, "approved")).slice(0, MOST_ACTIONS));
  const done = !open && !flagged;
  return html`<section class="column" aria-label="Approve">
    <h2>Approve</h2>
    <div class="row wrap">
      <span class="badge good">${approved} approved</span>
      <button class="count" disabled=${!flagged} onClick=${() => go("flagged")} title="Go to the next flagged frame"><span class=${flagged ? "warn" : "quiet"}>${flagged} flagged</span></button>
      <button class="count" disabled=${!open} onClick=${() => go("none")} title="Go to the next open frame">${open} open</button>
      ${held > 0 && html`<span class="badge quiet">${held} hold the plate</span>`}
    </div>
    <div class="row wrap">
      ${open > 0 && html`<button class="primary" onClick=${approve}>Approve the ${open === 1 ? "open frame" : `${open} open frames`}</button>`}
      ${done && html`<span class="good">The shot is approved.</span>`}
      ${flagged > 0 && html`<span class="quiet">Flagged frames stay flagged.</span>`}
    </div>
  </section>`;
}

/** @param {{ shot: import("../../core/shot.js").OpenShot, jobs: import("./jobs.js").ShotJobs }} props */
export function Deliver({ shot, jobs }) {
  const { tell } = usePage();
  const [movies, setMovies] = useState(/** @type {string[]} */ (["h264"]));
  const [switches, setSwitches] = useState(/** @type {Record<string, boolean>} */ ({ frames: false, exr: false, side_by_side: false, contact_sheet: true, sound: true }));
  const { take } = shot;
  const deliveries = useDeliveries(shot, jobs);
  if (!take) return null;
  const name = takeName(take);
  const flip = (/** @type {string} */ movie) => setMovies(movies.includes(movie) ? movies.filter((one) => one !== movie) : [...movies, movie]);
  const unsaid = shot.timeline.marks.filter((mark) => MARKS[mark] === "none" || MARKS[mark] === "flagged").length;
  const nothing = !movies.length && !switches.exr && !switches.frames;
  const job = jobs.jobs.findLast((one) => one.kind === "deliver" && one.spec.take_id === take.id);
  const deliver = () => void jobs.start("deliver", { take_id: take.id, frames: "", folder: "", settings: { movies, ...switches } }).catch((error) => tell("", { error }));
  return html`<section class="column" aria-label="Deliver">
    <h2>Deliver ${name}</h2>
    ${take.marked && html`<p class="warn">Made under an evaluation licence: its pictures carry a mark, and the files stay in the scratch folder.</p>`}
    <div class="row wrap formats" role="group" aria-label="What is made">
      ${MOVIES.map(([movie, title]) => html`<label class="inline"><input type="checkbox" checked=${movies.includes(movie)} onChange=${() => flip(movie)} /> ${title}</label>`)}
      ${SWITCHES.map(([what, title]) => html`<label class="inline"><input type="checkbox" checked=${switches[what]} onChange=${() => setSwitches({ ...switches, [what]: !switches[what] })} /> ${title}</label>`)}
    </div>
    <div class="row"><button disabled=${nothing || Boolean(job && RUNNING.includes(job.state))} onClick=${deliver}>Deliver ${name}</button>
      ${nothing && html`<span class="quiet">Choose a movie or frames.</span>`}
      ${!nothing && unsaid > 0 && html`<span class="warn">${unsaid} frame${unsaid === 1 ? " is" : "s are"} not approved</span>`}</div>
    ${job && html`<${JobLine} production=${jobs} job=${job} title="Deliver ${name}" />`}
    ${job?.state === "done" && html`<${Files} result=${job.result} />`}
    ${deliveries.length > 0 && html`<details><summary>${deliveries.length} deliver${deliveries.length === 1 ? "y" : "ies"} of this take</summary>
      <ul class="files">${deliveries.map((delivery) => html`<li key=${delivery.id}><code>${delivery.path}</code></li>`)}</ul></details>`}
  </section>`;
}

/** Where the files went. @param {{ result: Record<string, any> }} props */
function Files({ result }) {
  const { tell } = usePage();
  const copy = () => void navigator.clipboard.writeText(result.folder).then(() => tell("The folder's path is in the clipboard.")).catch((error) => tell("", { error }));
  return html`<div class="delivered"><p class="good">Delivered and signed.</p>
    <p><code>${result.folder}</code> <button class="plain" onClick=${copy}>copy</button></p>
    <ul class="files">${(result.files ?? []).map((/** @type {string} */ file) => html`<li key=${file}><code>${file.split("/").at(-1)}</code></li>`)}</ul></div>`;
}

/** @param {import("../../core/shot.js").OpenShot} shot  @param {import("./jobs.js").ShotJobs} jobs  @returns {{ id: string, path: string }[]} */
function useDeliveries(shot, jobs) {
  const [told, tell] = useState(/** @type {{ id: string, path: string }[]} */ ([]));
  const done = jobs.jobs.filter((job) => job.kind === "deliver" && job.state === "done").length;
  const take = shot.take?.id ?? "";
  useEffect(() => {
    if (!take) return;
    let gone = false;
    get(`${path`/api/p/${shot.production}/deliveries`}?take=${take}`).then((all) => gone || tell(all)).catch(() => {});
    return () => { gone = true; };
  }, [shot, take, done]);
  return told;
}
