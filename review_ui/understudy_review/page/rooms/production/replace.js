/** Step three: the face is replaced, looked at, mended, and leaves the house. */

import { takeName } from "../../core/types.js";
import { html, useState, usePage } from "../../core/view.js";
import { ConsentNote } from "../../parts/consent_note.js";
import { JobLine, RUNNING } from "../../parts/job_line.js";

/** @param {{ production: import("../../core/production.js").OpenProduction }} props */
export function ReplaceStep({ production }) {
  const plates = production.footage.filter((shot) => shot.role === "plate");
  if (!plates.length) return html`<p class="quiet">No clip is marked “its face is to be replaced” yet.</p>`;
  return html`<ul class="cards wide">${plates.map((shot) => html`<li key=${shot.id}><${ShotCard} production=${production} shot=${shot} /></li>`)}</ul>`;
}

/** @param {{ production: import("../../core/production.js").OpenProduction, shot: import("../../core/production.js").Footage }} props */
function ShotCard({ production, shot }) {
  const { tell } = usePage();
  const takes = production.takes.filter((take) => take.shot_id === shot.id);
  const newest = takes[takes.length - 1];
  const [modelId, setModelId] = useState("");
  const fitting = production.models.filter((model) => model.people.some((id) => id !== shot.person_id));
  const model = fitting.find((one) => one.id === modelId) ?? fitting[fitting.length - 1];
  const job = production.jobAbout("convert", (spec) => spec.shot_id === shot.id);
  const delivery = newest && production.jobAbout("deliver", (spec) => spec.take_id === newest.id);
  const busy = job && RUNNING.includes(job.state);
  const donor = model?.people.find((id) => id !== shot.person_id);
  const run = (/** @type {Promise<unknown>} */ work) => void work.catch((error) => tell(shot.name, { error }));
  return html`<div class="card column">
    <div class="row"><h3 class="spread">${shot.name}</h3>${newest?.marked && html`<span class="badge warn">evaluation only</span>`}</div>
    ${!shot.faces && html`<p class="quiet">Its faces were not looked for yet.</p>`}
    ${shot.faces && !model && html`<p class="quiet">Train a model first.</p>`}
    ${shot.faces && model && html`
      <${ConsentNote} production=${production} personId=${shot.person_id} use="replace" />
      ${donor && html`<${ConsentNote} production=${production} personId=${donor} use="likeness" />`}
      <div class="row wrap"><label class="field spread"><span>Model</span><select value=${model.id} onChange=${(/** @type {any} */ event) => setModelId(event.target.value)}>
          ${fitting.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></label>
        <button class=${newest ? "" : "primary"} disabled=${busy} onClick=${() => run(production.startJob("convert", { shot_id: shot.id, model_id: model.id }))}>
          ${newest ? `Render ${takeName({ version: newest.version + 1 })}` : "Replace the face"}</button></div>`}
    ${job && (busy || job.state === "failed") && html`<${JobLine} production=${production} job=${job} />`}
    ${newest && html`<div class="row wrap">
      <span class="spread quiet">${takes.length} take${takes.length > 1 ? "s" : ""}, newest ${takeName(newest)}</span>
      <a class="button primary" href="/p/${production.key}/shots/${encodeURIComponent(shot.name)}">Review and mend</a>
      <button onClick=${() => run(production.startJob("deliver", { take_id: newest.id }))}>Deliver</button></div>`}
    ${delivery && html`<${JobLine} production=${production} job=${delivery} />
      ${delivery.state === "done" && html`<p class="quiet">Delivered to <code>${delivery.result.folder}</code>, signed.</p>`}`}
  </div>`;
}
