/** Bringing clips in: dropped files are sent to the server, paths are those of the server. Faces are looked for at once. */

import { upload } from "../../core/api.js";
import { html, useEffect, useRef, useState, usePage } from "../../core/view.js";

/** @typedef {import("../../core/production.js").OpenProduction} OpenProduction */
/** @typedef {{ key: string, file: File | null, path: string, name: string, personId: string, role: "plate" | "learn", share: number, state: "ready" | "sending" | "starting" }} Waiting */

/** @param {{ production: OpenProduction }} props */
export function AddClips({ production }) {
  const { tell } = usePage();
  const [clips, setClips] = useState(/** @type {Waiting[]} */ ([]));
  const [serverPath, setServerPath] = useState("");
  const [over, setOver] = useState(false);
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  useExtraction(production);

  const change = (/** @type {string} */ key, /** @type {Partial<Waiting>} */ values) =>
    setClips((all) => all.map((clip) => (clip.key === key ? { ...clip, ...values } : clip)));
  const drop = (/** @type {string} */ key) => setClips((all) => all.filter((clip) => clip.key !== key));
  const add = (/** @type {File | null} */ file, /** @type {string} */ path) => setClips((all) => [...all, {
    key: crypto.randomUUID(), file, path, name: shotName(file?.name ?? path), share: 0, state: "ready",
    personId: production.people[0]?.id ?? "", role: "learn",
  }]);
  const dropped = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    for (const file of event.dataTransfer?.files ?? []) add(file, "");
  };

  /** @param {Waiting} clip */
  const start = async (clip) => {
    try {
      let place = clip.path;
      if (clip.file) {
        change(clip.key, { state: "sending" });
        const query = `?name=${encodeURIComponent(clip.file.name)}&size=${clip.file.size}`;
        place = (await upload(`${production.place}/clips${query}`, clip.file, (share) => change(clip.key, { share }))).path;
      }
      change(clip.key, { state: "starting", path: place, file: null });
      await production.startJob("ingest", { path: place, name: clip.name, person_id: clip.personId, role: clip.role });
      drop(clip.key);
    } catch (error) {
      change(clip.key, { state: "ready", share: 0 });
      tell(clip.name, { error });
    }
  };

  if (!production.people.length) return null;
  return html`<div class="card column drop ${over ? "over" : ""}" onDragOver=${(/** @type {Event} */ event) => { event.preventDefault(); setOver(true); }}
      onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    <h3>Add clips</h3>
    <div class="row wrap">
      <button onClick=${() => picker.current?.click()}>Choose files …</button>
      <span class="quiet">or drop them here. They are copied to the server.</span>
      <input ref=${picker} class="unseen" type="file" multiple tabindex="-1" aria-label="Clips to send" onChange=${(/** @type {any} */ event) => { for (const file of event.target.files) add(file, ""); event.target.value = ""; }} />
    </div>
    <form class="row wrap" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); add(null, serverPath.trim()); setServerPath(""); }}>
      <label class="field spread"><span>or a path that the server can read (nothing is copied)</span>
        <input value=${serverPath} placeholder="/shows/show/sc010/plate.mov" onInput=${(/** @type {any} */ event) => setServerPath(event.target.value)} /></label>
      <button disabled=${!serverPath.trim()}>Add</button>
    </form>
    ${clips.map((clip) => html`<${WaitingClip} key=${clip.key} production=${production} clip=${clip} change=${change} drop=${drop} start=${start} />`)}
    ${clips.filter((clip) => clip.state === "ready").length > 1 && html`<div class="row"><span class="spread"></span>
      <button class="primary" onClick=${() => { for (const clip of clips) if (clip.state === "ready") void start(clip); }}>Bring all in</button></div>`}
  </div>`;
}

/** @param {{ production: OpenProduction, clip: Waiting, change: (key: string, values: Partial<Waiting>) => void, drop: (key: string) => void, start: (clip: Waiting) => Promise<void> }} props */
function WaitingClip({ production, clip, change, drop, start }) {
  const said = (/** @type {keyof Waiting} */ name) => (/** @type {any} */ event) => change(clip.key, { [name]: event.target.value });
  if (clip.state !== "ready") {
    return html`<div class="row"><span>${clip.name}</span><div class="progress spread" role="progressbar" aria-label="Sending ${clip.name}" aria-valuenow=${Math.round(clip.share * 100)}>
      <div style=${{ width: `${clip.share * 100}%` }}></div></div><span class="quiet">${clip.state === "sending" ? "sending" : "starting"}</span></div>`;
  }
  return html`<div class="row wrap clip" title=${clip.file?.name ?? clip.path}>
    <label class="field"><span>Shot name</span><input value=${clip.name} onInput=${said("name")} /></label>
    <label class="field"><span>Who is seen</span><select value=${clip.personId} onChange=${said("personId")}>
      ${production.people.map((person) => html`<option value=${person.id}>${person.name}</option>`)}</select></label>
    <label class="field"><span>What it is for</span><select value=${clip.role} onChange=${said("role")}>
      <option value="learn">to learn this face from</option><option value="plate">its face is to be replaced</option></select></label>
    <span class="spread"></span>
    <button class="primary" disabled=${!clip.name.trim()} onClick=${() => void start(clip)}>Bring in</button>
    <button class="plain" aria-label="Leave ${clip.name} out" onClick=${() => drop(clip.key)}>✕</button>
  </div>`;
}

/** Faces are looked for as soon as a clip that this tab saw coming in is there. @param {OpenProduction} production */
function useExtraction(production) {
  const { tell } = usePage();
  const started = useRef(new Set(/** @type {string[]} */ ([])));
  const seen = useRef(new Set(/** @type {string[]} */ ([])));
  useEffect(() => {
    for (const job of production.jobs) {
      if (job.kind !== "ingest") continue;
      if (job.state !== "done") seen.current.add(job.id);
      const shotId = job.result?.shot_id;
      if (job.state !== "done" || !seen.current.has(job.id) || !shotId || started.current.has(shotId)) continue;
      started.current.add(shotId);
      if (production.jobAbout("extract", (spec) => spec.shot_id === shotId)) continue;
      void production.startJob("extract", { shot_id: shotId }).catch((error) => tell("", { error }));
    }
  });
}

/** A shot's name from a file's: what names allow. @param {string} file */
function shotName(file) {
  const base = file.split(/[\\/]/).at(-1) ?? "";
  return base.replace(/\.[^.]+$/, "").replace(/[^\w-]+/g, "_").slice(0, 80);
}
