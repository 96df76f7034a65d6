/** Step two: a model learns both faces. */

import { html, useAnswer, useState, usePage } from "../../core/view.js";
import { ConsentNote } from "../../parts/consent_note.js";
import { JobLine, RUNNING } from "../../parts/job_line.js";
import { SettingField } from "../../parts/setting_field.js";
import { Training } from "../../parts/training.js";

const PLAIN = ["minutes"]; // settings shown to everybody; the others are folded away

/** @param {{ production: import("../../core/production.js").OpenProduction }} props */
export function TrainStep({ production }) {
  const training = production.jobs.filter((job) => job.kind === "train");
  const running = training.find((job) => RUNNING.includes(job.state));
  const shown = running ?? training[0];
  return html`
    ${!running && html`<${TrainForm} production=${production} />`}
    ${shown && html`<div class="card column"><${JobLine} production=${production} job=${shown} title=${`Training ${shown.spec.name}`} />
      ${running && html`<p class="quiet">Stopping keeps the checkpoint; training can go on from it later.</p>`}
      <${Training} production=${production} job=${shown} /></div>`}
    ${production.models.length > 0 && html`<table><thead><tr><th>Model</th><th>Draws</th><th>Family</th><th>Iterations</th></tr></thead>
      <tbody>${production.models.map((model) => html`<tr key=${model.id}><td>${model.name}</td>
        <td>${model.people.map((id) => production.person(id)?.name ?? id).join(", ")}</td>
        <td>${model.family}, ${model.size_px} px</td><td class="number">${model.iterations}</td></tr>`)}</tbody></table>`}`;
}

/** @param {{ production: import("../../core/production.js").OpenProduction }} props */
function TrainForm({ production }) {
  const { tell } = usePage();
  const ready = production.people.filter((person) => production.clipsOf(person.id).some((clip) => clip.faces));
  const seen = ready.find((person) => production.clipsOf(person.id, "plate").length) ?? ready[0];
  const [people, setPeople] = useState(/** @type {{ performer?: string, donor?: string }} */ ({}));
  const performer = people.performer ?? seen?.id ?? "";
  const donor = people.donor ?? ready.find((person) => person.id !== performer)?.id ?? "";
  const [preset, setPreset] = useState("quick");
  const [settings, setSettings] = useState(/** @type {Record<string, unknown>} */ ({}));
  const [startFrom, setStartFrom] = useState("");
  const offered = useAnswer(`${production.place}/settings/train?preset=${preset}`);
  const coverage = useAnswer(performer && donor && performer !== donor ? `${production.place}/coverage?performer=${performer}&donor=${donor}` : null);
  if (ready.length < 2) return html`<p class="quiet">Training needs footage of two people with faces found in it: the performer and the donor.</p>`;

  const names = [performer, donor].map((id) => production.person(id)?.name ?? "");
  const start = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const clips = [performer, donor].flatMap((id) => {
      const extracted = production.clipsOf(id).filter((clip) => clip.faces);
      const learn = extracted.filter((clip) => clip.role === "learn");
      return learn.length ? learn : extracted;
    });
    try {
      await production.startJob("train", {
        name: freeName(`${names[0]}-${names[1]}`, production.models.map((model) => model.name)), people: [performer, donor],
        shot_ids: clips.map((clip) => clip.id), preset, settings: startFrom ? { ...settings, start_from: startFrom } : settings,
      });
    } catch (error) {
      tell("", { error });
    }
  };
  const all = /** @type {import("../../core/types.js").Setting[]} */ (offered.data?.settings ?? []);
  const field = (/** @type {import("../../core/types.js").Setting} */ setting) => html`<${SettingField} key=${preset + setting.name} setting=${setting}
    value=${settings[setting.name]} onChange=${(/** @type {unknown} */ value) => setSettings((before) => ({ ...before, [setting.name]: value }))} />`;
  const whoField = (/** @type {"performer" | "donor"} */ role, /** @type {string} */ words, /** @type {string} */ value) => html`<label class="field spread"><span>${words}</span>
    <select value=${value} onChange=${(/** @type {any} */ event) => setPeople({ performer, donor, [role]: event.target.value })}>
      ${ready.map((person) => html`<option value=${person.id}>${person.name}</option>`)}</select></label>`;
  return html`<form class="card column" noValidate onSubmit=${start}>
    <div class="row wrap">${whoField("performer", "Performer, seen in the shot", performer)}${whoField("donor", "Donor, whose likeness is put in", donor)}
      <label class="field spread"><span>Preset</span><select onChange=${(/** @type {any} */ event) => { setPreset(event.target.value); setSettings({}); }}>
        ${(offered.data?.presets ?? [preset]).map((/** @type {string} */ name) => html`<option key=${name} value=${name} selected=${name === preset}>${name}</option>`)}</select></label>
      ${production.models.length > 0 && html`<label class="field spread"><span>Go on from</span><select value=${startFrom} onChange=${(/** @type {any} */ event) => setStartFrom(event.target.value)}>
        <option value="">a fresh start</option>${production.models.map((model) => html`<option value=${model.id}>${model.name}</option>`)}</select></label>`}
    </div>
    ${performer === donor && html`<p class="bad">Performer and donor must be two people.</p>`}
    ${[performer, donor].map((id) => html`<div class="row" key=${id}><b>${production.person(id)?.name}</b><span class="spread"><${ConsentNote} production=${production} personId=${id} use="train" /></span></div>`)}
    ${(coverage.data?.lacking ?? []).slice(0, 3).map((/** @type {string} */ lack) => html`<p class="warn">${lack}</p>`)}
    ${all.filter((setting) => PLAIN.includes(setting.name)).map(field)}
    <details><summary>All settings</summary><div class="column settings">${all.filter((setting) => !PLAIN.includes(setting.name) && setting.name !== "start_from").map(field)}</div></details>
    <div class="row"><a href="/p/${production.key}/faces">Look at the faces it learns from</a><span class="spread"></span>
      <button class="primary" disabled=${performer === donor}>Train</button></div>
  </form>`;
}

/** @param {string} name  @param {string[]} taken */
function freeName(name, taken) {
  let free = name;
  for (let number = 2; taken.includes(free); number++) free = `${name}-${number}`;
  return free;
}
