/** One line about a job: its state in words, how far it is, how long it still takes. */

import { duration } from "../core/time.js";
import { html, usePage } from "../core/view.js";

export const RUNNING = ["queued", "running", "cancelling"];
const WORDS = {
  queued: "waits for its turn", running: "works", cancelling: "is stopping", done: "done", failed: "failed", cancelled: "stopped",
};
const COLOURS = { done: "good", failed: "bad", cancelled: "warn" };

/** What kinds of job do, in words. */
export const KINDS = /** @type {Record<string, string>} */ ({
  ingest: "Bring in", extract: "Find faces", train: "Train", convert: "Replace", deliver: "Deliver", evaluate: "Evaluate",
  propagate: "Propagate matte", matte_net: "Matte net", import_matte: "Import matte", parse_matte: "Parse matte",
  export: "Export", measure: "Measure",
});

/**
 * @param {{ production: Pick<import("../core/production.js").OpenProduction, "moving" | "moveJob">, job: import("../core/types.js").Job, title?: string, quiet?: boolean }} props
 */
export function JobLine({ production, job, title = KINDS[job.kind] ?? job.kind, quiet = false }) {
  const { tell } = usePage();
  const moving = production.moving.get(job.id);
  const progress = RUNNING.includes(job.state) ? moving?.progress ?? null : null;
  const share = progress?.total ? Math.min(1, progress.done / progress.total) : 0;
  const move = (/** @type {"cancel" | "retry"} */ verb) => void production.moveJob(job.id, verb).catch((error) => tell("", { error }));
  return html`<div class="job-line">
    <div class="row">
      ${title && html`<span>${title}</span>`}
      <span class=${COLOURS[/** @type {keyof typeof COLOURS} */ (job.state)] ?? "quiet"}>${WORDS[/** @type {keyof typeof WORDS} */ (job.state)] ?? job.state}</span>
      <span class="spread number quiet">${progress && told(progress)}</span>
      ${!quiet && RUNNING.includes(job.state) && html`<button onClick=${() => move("cancel")} disabled=${job.state === "cancelling"}>Stop</button>`}
      ${!quiet && ["failed", "cancelled"].includes(job.state) && html`<button onClick=${() => move("retry")}>Try again</button>`}
    </div>
    ${progress && html`<div class="progress" role="progressbar" aria-label=${title || KINDS[job.kind] || job.kind} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}>
      <div style=${{ width: `${share * 100}%` }}></div></div>`}
    ${job.state === "failed" && html`<p class="bad">${job.message}</p>`}
  </div>`;
}

/** @param {import("../core/types.js").Progress} progress */
function told({ done, total, unit, rate, remaining_s }) {
  const left = remaining_s > 0 ? `, ${duration(remaining_s)} left` : "";
  const speed = rate > 0 ? `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s` : "";
  return `${done}${total ? ` of ${total}` : ""} ${unit}${speed}${left}`;
}
