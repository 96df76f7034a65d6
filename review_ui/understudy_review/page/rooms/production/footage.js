/** Step one: who takes part, what they agreed to, and the clips they are seen in. */

import { send } from "../../core/api.js";
import { framesOf } from "../../core/time.js";
import { html, useState, usePage } from "../../core/view.js";
import { ConsentDialog } from "../../parts/consent_dialog.js";
import { ConsentNote } from "../../parts/consent_note.js";
import { JobLine, RUNNING } from "../../parts/job_line.js";
import { AddClips } from "./add_clips.js";

/** @typedef {import("../../core/production.js").OpenProduction} OpenProduction */

/** @param {{ production: OpenProduction }} props */
export function FootageStep({ production }) {
  return html`
    <ul class="cards wide">${production.people.map((person) => html`<li key=${person.id}>
      <${PersonCard} production=${production} person=${person} /></li>`)}</ul>
    <${NewPerson} production=${production} />
    <${AddClips} production=${production} />
    <${ClipTable} production=${production} />`;
}

/** @param {{ production: OpenProduction, person: import("../../core/types.js").Person }} props */
function PersonCard({ production, person }) {
  const [asking, ask] = useState(false);
  const clips = production.clipsOf(person.id);
  const uses = [...new Set(production.consents.filter((consent) => consent.person_id === person.id).flatMap((consent) => consent.uses))];
  return html`<div class="card column">
    <div class="row"><h3 class="spread">${person.name}</h3>
      <button onClick=${() => ask(true)}>Record consent</button></div>
    ${uses.length ? uses.map((use) => html`<${ConsentNote} key=${use} production=${production} personId=${person.id} use=${use} />`)
      : html`<p class="warn">No consent yet. Nothing can be trained or replaced without one.</p>`}
    <span class="quiet">${clips.length ? `${clips.length} clip${clips.length > 1 ? "s" : ""}` : "no footage yet"}</span>
    ${asking && html`<${ConsentDialog} production=${production} person=${person} onClose=${() => ask(false)} />`}
  </div>`;
}

/** @param {{ production: OpenProduction }} props */
function NewPerson({ production }) {
  const { tell } = usePage();
  const [name, setName] = useState("");
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await send(`${production.place}/people`, { name: name.trim() });
      setName("");
      await production.refresh();
    } catch (error) {
      tell("", { error });
    }
  };
  const hint = ["the performer who is seen in the shot", "the donor whose likeness is put in"][production.people.length] ?? "somebody else";
  return html`<form class="row wrap" onSubmit=${add}>
    <label class="field spread"><span>Add a person: ${hint}</span>
      <input value=${name} required maxlength="200" placeholder="working name" onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
    <button disabled=${!name.trim()}>Add</button>
  </form>`;
}

/** @param {{ production: OpenProduction }} props */
function ClipTable({ production }) {
  const waiting = production.jobs.filter((job) => job.kind === "ingest" && (RUNNING.includes(job.state) || job.state === "failed"));
  if (!production.footage.length && !waiting.length) return null;
  return html`<table class="clips">
    <thead><tr><th>Clip</th><th>Who</th><th>For</th><th>Frames</th><th>Size</th><th>Faces</th></tr></thead>
    <tbody>
      ${production.footage.map((shot) => html`<${ClipRow} key=${shot.id} production=${production} shot=${shot} />`)}
      ${waiting.map((job) => html`<tr key=${job.id}><td>${job.spec.name}</td><td>${production.person(job.spec.person_id)?.name ?? job.spec.person_id}</td>
        <td colspan="4"><${JobLine} production=${production} job=${job} /></td></tr>`)}
    </tbody></table>`;
}

/** @param {{ production: OpenProduction, shot: import("../../core/production.js").Footage }} props */
function ClipRow({ production, shot }) {
  const { tell } = usePage();
  const { first, last } = framesOf(shot.plate);
  const job = production.jobAbout("extract", (spec) => spec.shot_id === shot.id);
  const busy = job && (RUNNING.includes(job.state) || (job.state !== "done" && !shot.faces));
  const faces = shot.tracks.reduce((all, track) => all + track.faces, 0);
  const extract = () => void production.startJob("extract", { shot_id: shot.id }).catch((error) => tell("", { error }));
  return html`<tr>
    <td>${shot.role === "plate" ? html`<a href="/p/${production.key}/shots/${encodeURIComponent(shot.name)}">${shot.name}</a>` : shot.name}</td>
    <td>${production.person(shot.person_id)?.name}</td>
    <td>${shot.role === "plate" ? "to be replaced" : "to learn from"}</td>
    <td class="number">${first}–${last}</td>
    <td class="number">${shot.plate.width}×${shot.plate.height}, ${shot.plate.rate}${shot.plate.variable_rate ? html` <span class="warn">variable rate</span>` : ""}</td>
    <td>${busy ? html`<${JobLine} production=${production} job=${job} title="" />`
      : shot.faces ? html`${faces} in ${shot.tracks.length} track${shot.tracks.length === 1 ? "" : "s"}${shot.tracks.length === 0 ? html` <span class="warn">nobody found</span>` : ""}`
      : html`<button onClick=${extract}>Find faces</button>`}</td>
  </tr>`;
}
