/** Rendering: the frames that changed into the same take, or a new take; watched while it fills in. */

import { frameList, framesIn } from "../../core/time.js";
import { html, usePage, useState } from "../../core/view.js";
import { TAKE_FRAME, takeName } from "../../core/types.js";
import { JobLine, RUNNING } from "../../parts/job_line.js";
import { SettingField } from "../../parts/setting_field.js";
import { useTracks } from "../alignment/tracks.js";

const FAILED_SHOWN = 40;

/**
 * @typedef {import("../../core/shot.js").OpenShot} OpenShot
 * @typedef {import("./jobs.js").ShotJobs} ShotJobs
 */

/** Frames of the shot by how the take stands with them. @param {OpenShot} shot */
function standing(shot) {
  const frames = { current: /** @type {number[]} */ ([]), changed: /** @type {number[]} */ ([]), missing: /** @type {number[]} */ ([]) };
  for (let frame = shot.range.first; frame <= shot.range.last; frame++) {
    const state = shot.takeState(frame);
    if (state === TAKE_FRAME.current) frames.current.push(frame);
    else if (state === TAKE_FRAME.changed) frames.changed.push(frame);
    else frames.missing.push(frame);
  }
  return frames;
}

/** @param {{ shot: OpenShot, jobs: ShotJobs }} props */
export function Render({ shot, jobs }) {
  const { tell } = usePage();
  const frames = standing(shot);
  const { take } = shot;
  const rendering = jobs.rendering;
  const name = takeName(take);
  const total = shot.range.last - shot.range.first + 1;
  const under = jobs.jobs.filter((job) => job.kind === "convert" && RUNNING.includes(job.state));
  const newest = jobs.jobs.findLast(({ kind }) => kind === "convert");
  const told = jobs.jobs.filter((job) => under.includes(job) || (job === newest && (job.state !== "done" || jobs.moving.has(job.id))));
  const busy = under.some((job) => job.id === take?.job_id || job.spec.take_id === take?.id);
  /** @param {number[]} which */
  const render = (which) => void jobs.start("convert", {
    shot_id: shot.shot.id, model_id: rendering?.spec.model_id ?? take?.model_ids[0], take_id: take?.id, frames: frameList(which),
    bindings: rendering?.spec.bindings ?? {}, settings: rendering?.spec.settings ?? {},
  }).catch((error) => tell("", { error }));
  return html`<section class="column" aria-label="Render">
    <h2>Render</h2>
    ${take && html`
      <div class="fill" role="img" aria-label="${name}: ${frames.current.length} of ${total} frames as they should be, ${frames.changed.length} changed since, ${frames.missing.length} not rendered">
        <span class="current" style=${{ flexGrow: frames.current.length }}></span>
        <span class="changed" style=${{ flexGrow: frames.changed.length }}></span>
        <span class="missing" style=${{ flexGrow: frames.missing.length }}></span>
      </div>
      <p class="number">${name}: ${frames.current.length} of ${total} frames are as they should be.
        ${frames.changed.length > 0 && html` <span class="warn">${frames.changed.length} changed since.</span>`}
        ${frames.missing.length > 0 && html` ${frames.missing.length} ${frames.missing.length === 1 ? "is" : "are"} not rendered.`}</p>
      <div class="row wrap">
        ${frames.changed.length > 0 && html`<button class="primary" disabled=${busy} onClick=${() => render(frames.changed)}>
          Render the ${frames.changed.length === 1 ? "changed frame" : `${frames.changed.length} changed frames`}</button>`}
        ${frames.missing.length > 0 && html`<button disabled=${busy} onClick=${() => render([...frames.changed, ...frames.missing].sort((a, b) => a - b))}>
          Render all that it lacks</button>`}
      </div>`}
    ${told.map((job) => html`<${JobLine} key=${job.id} production=${jobs} job=${job} title=${job.spec.take_id ? `Render into ${name}` : "Render a new take"} />`)}
    <${FailedFrames} shot=${shot} jobs=${jobs} />
  </section>`;
}

/** @param {{ shot: OpenShot, jobs: ShotJobs }} props */
function FailedFrames({ shot, jobs }) {
  const failed = [...jobs.failed.values()].filter(({ frame }) => shot.takeState(frame) !== TAKE_FRAME.current).sort((a, b) => a.frame - b.frame);
  if (!failed.length) return null;
  return html`<div role="alert"><p class="bad">${failed.length} frame${failed.length > 1 ? "s" : ""} failed</p>
    <ul class="failed">${failed.slice(0, FAILED_SHOWN).map(({ frame, error, message }) => html`<li key=${frame}>
      <button onClick=${() => shot.goTo(frame)} aria-label="Go to frame ${frame}">${frame}</button> <span title=${error}>${message}</span></li>`)}</ul>
    ${failed.length > FAILED_SHOWN && html`<p class="quiet">and ${failed.length - FAILED_SHOWN} more: ${frameList(failed.slice(FAILED_SHOWN).map(({ frame }) => frame))}</p>`}
  </div>`;
}

/** A new version of the shot, with settings for the take as a whole. @param {{ shot: OpenShot, jobs: ShotJobs, settings: import("../../core/types.js").Setting[] }} props */
export function NewTake({ shot, jobs, settings }) {
  const { tell } = usePage();
  const [frames, setFrames] = useState("");
  const [bindings, setBindings] = useState(/** @type {Record<string, string>} */ ({}));
  const [values, setValues] = useState(/** @type {Record<string, unknown>} */ ({}));
  const name = takeName({ version: Math.max(0, ...shot.takes.map((take) => take.version)) + 1 });
  const { model, inOut, range } = shot;
  const narrowed = inOut.first !== range.first || inOut.last !== range.last;
  const asked = Object.keys(bindings).length ? withoutNobody({ ...shot.timeline.bindings, ...bindings }) : {};
  const wrong = frames.trim() ? problemOf(frames, range) : "";
  const start = () => void jobs.start("convert", {
    shot_id: shot.shot.id, model_id: model?.id, take_id: "", frames: frames.trim(), bindings: asked, settings: values,
  }).then(() => tell(`${name} begins.`, { kind: "good" })).catch((error) => tell("", { error }));
  return html`<details class="new-take" open=${!shot.takes.length}>
    <summary>New take ${name}</summary>
    <div class="column">
      ${!model && html`<p class="quiet">Train a model first.</p>`}
      ${model && html`<label class="field"><span>Model</span>
        <select value=${model.id} onChange=${(/** @type {any} */ event) => shot.pickModel(shot.models.find((one) => one.id === event.target.value) ?? null)}>
          ${shot.models.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></label>
        <${Bindings} shot=${shot} own=${bindings} onChange=${setBindings} />`}
      <label class="field"><span>Frames${narrowed && html` <button class="plain" onClick=${() => setFrames(`${inOut.first}-${inOut.last}`)}>in to out</button>`}</span>
        <input value=${frames} placeholder="all: ${range.first}-${range.last}" aria-invalid=${wrong ? "true" : null} onInput=${(/** @type {any} */ event) => setFrames(event.target.value)} /></label>
      ${wrong && html`<p class="bad" role="alert">${wrong}</p>`}
      <details><summary>Settings of the whole take${Object.keys(values).length > 0 && ` (${Object.keys(values).length} changed)`}</summary>
        <div class="column whole">${settings.map((setting) => html`<${SettingField} key=${setting.name} setting=${setting} value=${values[setting.name]}
          onChange=${(/** @type {unknown} */ value) => setValues({ ...values, [setting.name]: value })} />`)}
          <button class="plain" disabled=${!Object.keys(values).length} onClick=${() => setValues({})}>back to the defaults</button></div></details>
      <div class="row"><button class=${shot.takes.length ? "" : "primary"} disabled=${!model || Boolean(wrong)} onClick=${start}>Render ${name}</button></div>
    </div>
  </details>`;
}

/** Whose likeness goes where in this take; at first as the tracks are bound. @param {{ shot: OpenShot, own: Record<string, string>, onChange: (own: Record<string, string>) => void }} props */
function Bindings({ shot, own, onChange }) {
  const tracks = useTracks(shot);
  const { bindings } = shot.timeline;
  const nameOf = (/** @type {string} */ id) => shot.people.find((person) => person.id === id)?.name ?? "somebody";
  const donor = shot.model?.people[1] ?? "";
  const first = Object.keys(bindings).length ? bindings : { [tracks[0]?.track ?? 0]: donor };
  return html`<div class="column bindings" role="group" aria-label="Whose likeness goes onto which track">
    ${tracks.map(({ track, first: begin, last }) => html`<label key=${track} class="inline"><span>Track ${track} <span class="quiet number">${begin}–${last}</span></span>
      <span class="spread"></span>
      <select value=${own[track] ?? first[track] ?? ""} onChange=${(/** @type {any} */ event) => onChange({ ...first, ...own, [track]: event.target.value })}>
        <option value="">stays</option>
        ${(shot.model?.people ?? []).map((id) => html`<option value=${id}>becomes ${nameOf(id)}</option>`)}
      </select></label>`)}
  </div>`;
}

/** @param {Record<string, string>} bindings */
function withoutNobody(bindings) {
  return Object.fromEntries(Object.entries(bindings).filter(([, person]) => person));
}

/** What is wrong with the frames that were typed, or "". @param {string} text  @param {import("../../core/types.js").Range} range */
function problemOf(text, range) {
  if (!/^-?\d+(--?\d+(x\d+)?)?(,\s*-?\d+(--?\d+(x\d+)?)?)*$/.test(text.trim())) return "Write frames as 1001-1040,1052.";
  const ends = text.split(",").flatMap((part) => /^(-?\d+)(?:-(-?\d+))?/.exec(part.trim())?.slice(1) ?? []).filter(Boolean);
  const outside = ends.find((frame) => Number(frame) < range.first || Number(frame) > range.last);
  if (outside !== undefined) return `Frame ${outside} is not in the shot: it has ${range.first}-${range.last}.`;
  return framesIn(text).length ? "" : "There is no frame in this range.";
}
