/** The queue and what was done: how far each job is, its log, what came out. */

import { get } from "../core/api.js";
import { takeName } from "../core/types.js";
import { html, useEffect, useRef, useState } from "../core/view.js";
import { JobLine, KINDS, RUNNING } from "../parts/job_line.js";
import { Training } from "../parts/training.js";
import { WithProduction } from "../parts/with_production.js";

const LOG_EVERY_MS = 2000;
const LOG_KEPT = 200_000; // characters

/** @typedef {import("../core/production.js").OpenProduction} OpenProduction */

/** @param {{ production: string, job?: string }} props */
export function JobsRoom({ production: name, job: chosen = "" }) {
  return html`<${WithProduction} name=${name} here="Jobs">${(/** @type {OpenProduction} */ production) => {
    const { jobs } = production;
    const running = jobs.filter((job) => RUNNING.includes(job.state));
    const ended = jobs.filter((job) => !RUNNING.includes(job.state));
    const shown = jobs.find((job) => job.id === chosen);
    return html`<div class="page">
      ${shown && html`<${JobCard} key=${shown.id} production=${production} job=${shown} />`}
      <section class="column"><h2>At work</h2>
        ${running.length ? running.map((job) => html`<${JobRow} key=${job.id} production=${production} job=${job} />`) : html`<p class="quiet">Nothing runs.</p>`}</section>
      <section class="column"><h2>Before</h2>
        ${ended.length ? ended.map((job) => html`<${JobRow} key=${job.id} production=${production} job=${job} />`) : html`<p class="quiet">Nothing yet.</p>`}</section>
    </div>`;
  }}</${WithProduction}>`;
}

/** @param {{ production: OpenProduction, job: import("../core/types.js").Job }} props */
function JobRow({ production, job }) {
  return html`<div class="row job-row">
    <span class="quiet number">${job.created_at.slice(0, 16).replace("T", " ")}</span>
    <a href="/p/${production.key}/jobs/${job.id}">${aboutWhat(production, job)}</a>
    <div class="spread"><${JobLine} production=${production} job=${job} title="" /></div>
  </div>`;
}

/** @param {{ production: OpenProduction, job: import("../core/types.js").Job }} props */
function JobCard({ production, job }) {
  const [notes, setNotes] = useState(/** @type {import("../core/types.js").JobEvent[]} */ ([]));
  useEffect(() => {
    let gone = false;
    void get(`${production.place}/jobs/${job.id}/events?kinds=note,frame_failed,result&limit=1000`).then((events) => gone || setNotes(events)).catch(() => {});
    return () => {
      gone = true;
    };
  }, [job.id, job.state]);
  return html`<section class="card column" aria-label="Job">
    <div class="row"><h2 class="spread">${KINDS[job.kind] ?? job.kind} ${aboutWhat(production, job)}</h2><a href="/p/${production.key}/jobs">Close</a></div>
    <${JobLine} production=${production} job=${job} />
    ${(job.kind === "train" || job.kind === "matte_net") && html`<${Training} production=${production} job=${job} />`}
    ${notes.filter((note) => note.kind !== "result").map((note) => html`<p key=${note.sequence} class=${note.kind === "frame_failed" ? "bad" : "quiet"}>
      ${note.kind === "frame_failed" ? `frame ${note.frame}: ` : ""}${note.message}</p>`)}
    ${Object.keys(job.result).length > 0 && html`<table><tbody>${Object.entries(job.result).map(([name, value]) => html`<tr key=${name}><th scope="row">${name.replaceAll("_", " ")}</th>
      <td class="facts">${typeof value === "object" ? JSON.stringify(value) : String(value)}</td></tr>`)}</tbody></table>`}
    <${Log} production=${production} job=${job} />
  </section>`;
}

/** The log, followed while the job runs. @param {{ production: OpenProduction, job: import("../core/types.js").Job }} props */
function Log({ production, job }) {
  const [text, setText] = useState("");
  const box = useRef(/** @type {HTMLPreElement | null} */ (null));
  useEffect(() => {
    let gone = false;
    let next = -65536;
    const follow = async () => {
      try {
        const part = await get(`${production.place}/jobs/${job.id}/log?offset=${next}`);
        if (gone) return;
        next = part.next_offset;
        if (part.text) setText((before) => (before + part.text).slice(-LOG_KEPT));
      } catch (error) {
        if (/** @type {any} */ (error).status !== 404) throw error; // there is none before it starts
      }
    };
    void follow().catch(() => {});
    const clock = RUNNING.includes(job.state) ? setInterval(() => void follow().catch(() => {}), LOG_EVERY_MS) : 0;
    return () => {
      gone = true;
      clearInterval(clock);
      setText("");
    };
  }, [job.id, job.state]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return html`<details open><summary>Log</summary><pre class="log mono" ref=${box} tabindex="0" aria-label="Log">${text || "nothing yet"}</pre></details>`;
}

/** What a job is about, in the names people gave. @param {OpenProduction} production  @param {import("../core/types.js").Job} job */
function aboutWhat(production, job) {
  const { spec } = job;
  const take = production.takes.find((one) => one.id === spec.take_id);
  const shot = production.footage.find((one) => one.id === (spec.shot_id ?? take?.shot_id) || one.name === spec.shot_id);
  const version = take ? ` ${takeName(take)}` : "";
  return `${KINDS[job.kind] ?? job.kind}: ${shot ? shot.name + version : spec.name ?? job.id.slice(0, 8)}`;
}
