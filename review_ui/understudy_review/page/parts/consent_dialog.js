/** Recording what a person agreed to. The signed paper itself never leaves this machine: only its hash is kept. */

import { send } from "../core/api.js";
import { localDay } from "../core/production.js";
import { html, useState, usePage } from "../core/view.js";
import { USES } from "./consent_note.js";
import { Dialog } from "./dialog.js";

const BASES = [
  { id: "release", title: "A release, signed by the person", signed: true },
  { id: "estate", title: "A release, signed by an estate or a guardian", signed: true },
  { id: "synthetic", title: "Nobody: a made-up performer", signed: false },
  { id: "evaluation-licence", title: "An evaluation licence: footage that may be tried things on", signed: false },
];

const MARKED_ONLY = "files may be made, with a burnt-in mark and in this production's scratch folder only";

/** @param {{ production: import("../core/production.js").OpenProduction, person: import("../core/types.js").Person, onClose: () => void }} props */
export function ConsentDialog({ production, person, onClose }) {
  const { tell } = usePage();
  const year = 365 * 86_400_000;
  const [record, setRecord] = useState({
    basis: "release", uses: usualUses(production, person.id), valid_from: localDay(new Date()),
    valid_to: localDay(new Date(Date.now() + year)), description: "", document_sha256: "", reference: "", source: "",
  });
  const [covered, setCovered] = useState(new Set(production.clipsOf(person.id).map((clip) => clip.plate.sha256)));
  const change = (/** @type {Partial<typeof record>} */ values) => setRecord((before) => ({ ...before, ...values }));
  const said = (/** @type {string} */ name) => (/** @type {any} */ event) => change({ [name]: event.target.value });
  const signed = BASES.find((basis) => basis.id === record.basis)?.signed;
  const evaluation = record.basis === "evaluation-licence";
  const clips = production.clipsOf(person.id);

  const keep = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const { source, ...kept } = record;
    const footage = evaluation ? [...covered].map((sha256) => [sha256, source]) : [];
    try {
      await send(`${production.place}/consents`, {
        id: "", person_id: person.id, production_id: "", ...kept, footage, revoked_at: "", revoked_why: "",
      });
      await production.refresh();
      onClose();
    } catch (error) {
      tell("", { error });
    }
  };
  const ready = record.uses.length && (!signed || record.document_sha256) && (!evaluation || (covered.size && record.source.trim()));

  return html`<${Dialog} title="What ${person.name} agreed to" onClose=${onClose}>
    <form class="column" onSubmit=${keep}>
      <fieldset><legend>Why the person may be used</legend>
        ${BASES.map(({ id, title }) => html`<label class="inline"><input type="radio" name="basis" value=${id} checked=${record.basis === id} onChange=${said("basis")} />${title}</label>`)}
      </fieldset>
      <fieldset><legend>What is allowed</legend>
        ${Object.entries(evaluation ? { ...USES, deliver: MARKED_ONLY } : USES).map(([use, words]) => html`<label class="inline"><input type="checkbox" checked=${record.uses.includes(use)}
          onChange=${(/** @type {any} */ event) => change({ uses: event.target.checked ? [...record.uses, use] : record.uses.filter((one) => one !== use) })} />${words}</label>`)}
      </fieldset>
      <div class="row wrap">
        <label class="field"><span>From</span><input type="date" required value=${record.valid_from} onInput=${said("valid_from")} /></label>
        <label class="field"><span>To, this day included</span><input type="date" required min=${record.valid_from} value=${record.valid_to} onInput=${said("valid_to")} /></label>
      </div>
      ${record.valid_to < localDay(new Date()) && html`<p class="bad" role="alert">This term is over already; the record will allow nothing.</p>`}
      <label class="field"><span>What was agreed, in words: the scene, the use, the media</span>
        <textarea rows="2" required value=${record.description} onInput=${said("description")} placeholder="Scene 12, younger self, theatrical and streaming"></textarea></label>
      ${signed && html`
        <label class="field"><span>The signed document (only its hash is kept, the file stays here)</span>
          <input type="file" required onChange=${async (/** @type {any} */ event) => change({ document_sha256: event.target.files[0] ? await sha256(event.target.files[0]) : "" })} /></label>
        ${record.document_sha256 && html`<code class="quiet">SHA-256 ${record.document_sha256.slice(0, 24)}…</code>`}
        <label class="field"><span>Where the signed document is kept</span><input value=${record.reference} onInput=${said("reference")} placeholder="legal archive, box 12" /></label>`}
      ${evaluation && html`
        <label class="field"><span>Where the footage and its licence come from</span><input required value=${record.source} onInput=${said("source")} /></label>
        <fieldset><legend>The clips it covers</legend>
          ${clips.length ? clips.map((clip) => html`<label class="inline"><input type="checkbox" checked=${covered.has(clip.plate.sha256)}
            onChange=${(/** @type {any} */ event) => { const next = new Set(covered); if (event.target.checked) next.add(clip.plate.sha256); else next.delete(clip.plate.sha256); setCovered(next); }} />${clip.name}</label>`)
            : html`<p class="warn">Bring the clips in first: the licence holds for exactly those files.</p>`}
        </fieldset>`}
      <div class="actions"><button type="button" onClick=${onClose}>Not now</button>
        <button class="primary" disabled=${!ready}>Keep this consent</button></div>
    </form>
  </${Dialog}>`;
}

/** Who is seen in a plate is replaced, the others lend their likeness. @param {import("../core/production.js").OpenProduction} production  @param {string} personId */
function usualUses(production, personId) {
  const isDonor = production.people[0]?.id !== personId && !production.clipsOf(personId, "plate").length;
  return ["train", isDonor ? "likeness" : "replace", "deliver"];
}

/** @param {File} file */
async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
