/** How the take stands, and the two things to do about it: render what changed, measure. */

import { get, path, send } from "../core/api.js";
import { duration, frameList } from "../core/time.js";
import { TAKE_FRAME, takeName } from "../core/types.js";
import { html, useChange, useEffect, usePage, useState } from "../core/view.js";
import { RUNNING } from "../parts/job_line.js";

/** @typedef {import("../core/types.js").Job} Job */
/** @typedef {{ job: Job, progress: import("../core/types.js").Progress | null }} Moving */

/** @param {{ shot: import("../core/shot.js").OpenShot, jobs: TakeJobs }} props */
export function TakeWork({ shot, jobs }) {
  useChange(shot, "take", "measures");
  const { take } = shot;
  if (!take) return html`<span class="quiet">No take yet: make one in Convert (5).</span>`;
  const { changed, missing } = tally(shot);
  const rendering = jobs.moving.get("convert");
  const render = (/** @type {number[]} */ frames) => void jobs.start("convert", {
    shot_id: shot.shot.id, model_id: take.model_ids[0], take_id: take.id, frames: frameList(frames),
  });
  return html`<div class="take-work row" role="group" aria-label="The take">
    ${rendering ? html`<${Progress} shot=${shot} moving=${rendering} title="Rendering" />`
      : html`<span class=${changed.length ? "warn" : "quiet"}>${stateWords(shot, changed.length, missing.length)}</span>
        ${changed.length > 0 && html`<button class="small primary" title="Into ${takeName(take)}: ${frameList(changed)}" onClick=${() => render(changed)}>Render ${changed.length === 1 ? "it" : "them"}</button>`}
        ${!changed.length && missing.length > 0 && html`<button class="small" title="Into ${takeName(take)}" onClick=${() => render(missing)}>Render the missing</button>`}`}
    ${(!shot.measures.size || jobs.moving.has("measure")) && html`<${Measuring} shot=${shot} jobs=${jobs} />`}
  </div>`;
}

/** Measure the take in hand, and how far that is. @param {{ shot: import("../core/shot.js").OpenShot, jobs: TakeJobs }} props */
export function Measuring({ shot, jobs }) {
  const measuring = jobs.moving.get("measure");
  if (measuring) return html`<span class="take-work row"><${Progress} shot=${shot} moving=${measuring} title="Measuring" /></span>`;
  return html`<button class="small" disabled=${!shot.take} onClick=${() => void jobs.start("measure", { take_id: shot.take?.id })}
    title="Compare every frame of ${takeName(shot.take)} with its plate and rank the frames by trouble">${shot.measures.size ? "Measure again" : "Measure trouble"}</button>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, moving: Moving, title: string }} props */
function Progress({ shot, moving: { job, progress }, title }) {
  const { tell } = usePage();
  const share = progress?.total ? Math.min(1, progress.done / progress.total) : 0;
  const words = progress?.total ? `${progress.done} of ${progress.total}` : "waits for its turn";
  const left = progress && progress.remaining_s > 0 ? `, ${duration(progress.remaining_s)} left` : "";
  const stop = () => void send(path`/api/p/${shot.production}/jobs/${job.id}/cancel`).catch((error) => tell("", { error }));
  return html`<span class="number">${title} ${words}${left}</span>
    <span class="progress" role="progressbar" aria-label=${title} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}>
      <div style=${{ width: `${share * 100}%` }}></div></span>
    <button class="small plain" aria-label="Stop ${title.toLowerCase()}" title="Stop" disabled=${job.state === "cancelling"} onClick=${stop}>✕</button>`;
}

/**
 * The jobs under way on the take in hand, by kind, and how to start one.
 * @typedef {{ moving: Map<string, Moving>, start: (kind: string, spec: Record<string, unknown>) => Promise<void> }} TakeJobs
 * @param {import("../core/shot.js").OpenShot} shot  @returns {TakeJobs}
 */
export function useTakeJobs(shot) {
  const { tell } = usePage();
  const [moving, setMoving] = useState(/** @type {Map<string, Moving>} */ (new Map()));
  const set = (/** @type {Job} */ job, /** @type {Moving["progress"]} */ progress) => {
    if (job.spec.take_id !== shot.take?.id && job.spec.shot_id !== shot.shot.id) return;
    if (job.kind !== "convert" && job.kind !== "measure") return;
    setMoving((before) => {
      const after = new Map(before);
      if (RUNNING.includes(job.state)) after.set(job.kind, { job, progress: progress ?? before.get(job.kind)?.progress ?? null });
      else if (before.get(job.kind)?.job.id === job.id) after.delete(job.kind);
      return after;
    });
  };
  useEffect(() => {
    const moved = (/** @type {any} */ { detail }) => {
      set(detail.job, detail.progress);
      if (detail.job.state === "failed" && detail.job.spec.take_id === shot.take?.id) {
        tell(`${detail.job.kind === "measure" ? "Measuring" : "Rendering"} failed: ${detail.job.message}`, { kind: "bad" });
      }
    };
    shot.addEventListener("jobs", moved);
    get(`${path`/api/p/${shot.production}/jobs`}?states=running,queued`)
      .then((/** @type {Job[]} */ standing) => standing.forEach((job) => set(job, null)))
      .catch((error) => tell("", { error }));
    return () => shot.removeEventListener("jobs", moved);
  }, [shot]);
  return {
    moving,
    start: async (kind, spec) => {
      try {
        set(await shot.startJob(kind, spec), null);
      } catch (error) {
        tell("", { error });
      }
    },
  };
}

/** Frames of the take that changed, and that it has not. @param {import("../core/shot.js").OpenShot} shot */
function tally(shot) {
  const changed = [];
  const missing = [];
  for (let frame = shot.range.first; frame <= shot.range.last; frame++) {
    const state = shot.takeState(frame);
    if (state === TAKE_FRAME.changed) changed.push(frame);
    if (state === TAKE_FRAME.missing) missing.push(frame);
  }
  return { changed, missing };
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} changed  @param {number} missing */
function stateWords(shot, changed, missing) {
  const name = takeName(shot.take);
  const lacking = missing ? `${missing} missing` : "";
  if (changed) return `${changed} changed since ${name}${lacking ? `, ${lacking}` : ""}`;
  return lacking ? `${name}: ${lacking}` : `${name} is up to date`;
}
