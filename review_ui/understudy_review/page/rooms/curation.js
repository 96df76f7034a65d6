/** The faces that a model learns from: looked through, sorted, kept out in groups; and what is lacking. */

import { html, useChange, useCommands, useEffect, useMemo, useState, usePage } from "../core/view.js";
import { Slider } from "../parts/slider.js";
import { WithProduction } from "../parts/with_production.js";
import { CHOICES, CHOSEN, facesShown, ORDERS, PersonFaces } from "./curation/faces.js";
import { CoverageMap } from "./curation/coverage.js";
import { Grid } from "./curation/grid.js";

/** @typedef {import("../core/production.js").OpenProduction} OpenProduction */
/** @typedef {import("./curation/faces.js").View} View */

/** @param {{ production: string, person?: string }} props */
export function CurationRoom({ production: name, person: chosen = "" }) {
  return html`<${WithProduction} name=${name} here="Faces">${(/** @type {OpenProduction} */ production) => {
    const seen = production.people.filter((person) => production.clipsOf(person.id).some((clip) => clip.faces));
    const person = seen.find(({ id, name: called }) => id === chosen || called === chosen) ?? seen[0];
    if (!person) return html`<p class="centre quiet">No faces were found yet. Add clips in the first of the <a href="/p/${production.key}">three steps</a>.</p>`;
    return html`<div class="curation">
      <nav class="row wrap" aria-label="People">${seen.map((one) => html`<a class="button" aria-current=${one === person ? "page" : null} href="/p/${production.key}/faces/${one.id}">${one.name}</a>`)}</nav>
      <${Faces} key=${person.id} production=${production} personId=${person.id} />
    </div>`;
  }}</${WithProduction}>`;
}

/** @param {{ production: OpenProduction, personId: string }} props */
function Faces({ production, personId }) {
  const { tell } = usePage();
  const faces = useMemo(() => new PersonFaces(production, personId), [personId]);
  const [view, setView] = useState(/** @type {View} */ ({ order: "frames", descending: false, grouped: "", hidden: new Set(), limits: [] }));
  const [sizePx, setSize] = useState(104);
  const change = (/** @type {Partial<View>} */ values) => setView((before) => ({ ...before, ...values }));
  useChange(faces, "change");
  useEffect(() => {
    const problem = (/** @type {any} */ event) => tell("", { error: event.detail });
    faces.addEventListener("problem", problem);
    void faces.load().catch((error) => tell("", { error }));
    return () => faces.removeEventListener("problem", problem);
  }, [faces]);
  const run = (/** @type {Promise<void>} */ work) => void work.catch((error) => tell("", { error }));
  useCommands(() => [
    { id: "faces.drop", title: "Keep the selected faces out", group: "Faces", keys: ["X", "Delete"], run: () => run(faces.curate(false)) },
    { id: "faces.restore", title: "Let the selected faces in again", group: "Faces", keys: ["R"], run: () => run(faces.curate(true)) },
    { id: "faces.undo", title: "Undo", group: "Faces", keys: ["Ctrl+Z"], run: () => run(faces.undo()) },
    { id: "faces.redo", title: "Redo", group: "Faces", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], run: () => run(faces.redo()) },
  ], [faces]);
  const { columns } = faces;
  // choices change in place while an edit is on its way, so the selection's size stands for them
  const shown = useMemo(() => (columns ? facesShown(columns, view) : []), [columns, view, columns?.choices.join()]);
  if (!columns) return html`<p class="quiet">Looking through the faces …</p>`;

  const counts = CHOICES.map((_, choice) => columns.choices.filter((one) => one === choice).length);
  const showPose = (/** @type {[number, number]} */ yaw, /** @type {[number, number]} */ pitch) => change({
    limits: [{ column: "yaw_deg", least: yaw[0], most: yaw[1] }, { column: "pitch_deg", least: pitch[0], most: pitch[1] }],
  });
  return html`<div class="curation-room">
    <div class="curation-grid">
      <div class="row wrap bar-like">
        <label class="inline"><span class="quiet">Sort by</span><select value=${view.order} onChange=${(/** @type {any} */ event) => change({ order: event.target.value })}>
          ${ORDERS.map(({ id, title }) => html`<option value=${id}>${title}</option>`)}</select></label>
        <button aria-pressed=${view.descending} onClick=${() => change({ descending: !view.descending })}>${view.descending ? "greatest first" : "least first"}</button>
        <label class="inline"><span class="quiet">Group by</span><select value=${view.grouped} onChange=${(/** @type {any} */ event) => change({ grouped: event.target.value })}>
          <option value="">nothing</option><option value="shot">shot</option><option value="choice">what is done with it</option></select></label>
        <label class="inline"><span class="quiet">Size</span><input type="range" min="48" max="220" value=${sizePx} onInput=${(/** @type {any} */ event) => setSize(Number(event.target.value))} /></label>
        <span class="spread"></span>
        <span class="number" role="status">${shown.length} of ${columns.frames.length} shown, ${faces.selected.size} selected${faces.unsent ? ", saving …" : ""}</span>
        <button disabled=${!faces.selected.size} title="X" onClick=${() => run(faces.curate(false))}>Keep out</button>
        <button disabled=${!faces.selected.size} title="R" onClick=${() => run(faces.curate(true))}>Let in again</button>
        <button disabled=${!faces.canUndo} title="Ctrl+Z" onClick=${() => run(faces.undo())}>Undo</button>
      </div>
      ${view.limits.length > 0 && html`<div class="row bar-like"><span class="quiet">Only ${view.limits.map(({ column, least, most }) => `${column.replace("_deg", "")} ${least} to ${most}`).join(", ")}</span>
        <button class="plain" onClick=${() => change({ limits: [] })}>Show all</button></div>`}
      <${Grid} faces=${faces} shown=${shown} view=${view} sizePx=${sizePx} />
    </div>
    <aside class="curation-side column" aria-label="About these faces">
      <h2>${counts[CHOSEN]} faces are learnt from</h2>
      ${columns.lacking && html`<p class="bad">${columns.lacking}</p>`}
      <fieldset><legend>Show</legend>${CHOICES.map((words, choice) => (counts[choice] ? html`<label class="inline" key=${choice}><input type="checkbox" checked=${!view.hidden.has(choice)}
        onChange=${(/** @type {any} */ event) => { const hidden = new Set(view.hidden); if (event.target.checked) hidden.delete(choice); else hidden.add(choice); change({ hidden }); }} />
        <span class="spread">${words}</span><span class="number quiet">${counts[choice]}</span></label>` : null))}</fieldset>
      <${SelectBelow} faces=${faces} shown=${shown} />
      <${Coverage} production=${production} personId=${personId} columns=${columns} onPose=${showPose} />
    </aside>
  </div>`;
}

/** Selecting all faces on one side of a value. @param {{ faces: PersonFaces, shown: number[] }} props */
function SelectBelow({ faces, shown }) {
  const columns = /** @type {import("./curation/faces.js").Columns} */ (faces.columns);
  const [column, setColumn] = useState("sharpness");
  const [limit, setLimit] = useState(0.5);
  const values = columns[column];
  const least = Math.floor(values.reduce((a, b) => Math.min(a, b), Infinity) * 10) / 10;
  const most = Math.ceil(values.reduce((a, b) => Math.max(a, b), -Infinity) * 10) / 10;
  const below = shown.filter((face) => values[face] < limit);
  return html`<fieldset><legend>Select</legend>
    <label class="field"><span>all faces with less</span><select value=${column} onChange=${(/** @type {any} */ event) => setColumn(event.target.value)}>
      ${ORDERS.slice(2).map(({ id, title }) => html`<option value=${id}>${title}</option>`)}</select></label>
    <${Slider} label="than" value=${limit} least=${least} most=${Math.max(least + 0.1, most)} onInput=${setLimit} />
    <button disabled=${!below.length} onClick=${() => faces.select(new Set(below))}>Select ${below.length} face${below.length === 1 ? "" : "s"}</button>
  </fieldset>`;
}

/** @param {{ production: OpenProduction, personId: string, columns: object, onPose: (yaw: [number, number], pitch: [number, number]) => void }} props */
function Coverage({ production, personId, columns, onPose }) {
  const others = production.people.filter((person) => person.id !== personId && production.clipsOf(person.id).some((clip) => clip.faces));
  const isPerformer = production.clipsOf(personId, "plate").length > 0;
  const [otherId, setOther] = useState(others[0]?.id ?? "");
  const [asked, ask] = useState(0);
  useEffect(() => ask((count) => count + 1), [columns]);
  if (!others.length) return null;
  return html`<section class="column" aria-label="Coverage">
    <div class="row"><h2 class="spread">Coverage</h2><label class="inline"><span class="quiet">against</span><select value=${otherId} onChange=${(/** @type {any} */ event) => setOther(event.target.value)}>
      ${others.map((person) => html`<option value=${person.id}>${person.name}</option>`)}</select></label></div>
    <${CoverageMap} production=${production} performerId=${isPerformer ? personId : otherId} donorId=${isPerformer ? otherId : personId} again=${asked} onPose=${onPose} />
  </section>`;
}
