/** The shot room: the viewer, the tools beside it, the timeline below. */

import { OpenShot } from "../core/shot.js";
import { takeName } from "../core/types.js";
import { html, useChange, useCommands, useEffect, useState, usePage } from "../core/view.js";
import { Bar } from "../parts/bar.js";
import { RefusedDialog } from "../parts/refused_dialog.js";
import { Timeline } from "../timeline/timeline.js";
import { AlignmentTool } from "../tools/alignment.js";
import { ConvertTool } from "../tools/convert.js";
import { CurvesTool } from "../tools/curves.js";
import { LookTool } from "../tools/look.js";
import { MatteTool } from "../tools/matte.js";
import { Stage } from "../viewer/stage.js";
import { Viewer } from "../viewer/viewer.js";

/** The tools, in the order of their tabs. */
const TOOLS = [
  { id: "look", title: "Look", key: "1", part: LookTool },
  { id: "matte", title: "Mattes", key: "2", part: MatteTool },
  { id: "alignment", title: "Alignment", key: "3", part: AlignmentTool },
  { id: "curves", title: "Curves", key: "4", part: CurvesTool },
  { id: "convert", title: "Convert", key: "5", part: ConvertTool },
];
const SAVED = { saved: "All saved", saving: "Saving …", waiting: "Not saved yet: no answer", refused: "Not saved: decide" };

/** @param {{ production: string, shot: string, frame?: string, tool?: string }} props */
export function ShotRoom({ production, shot: name, frame, tool }) {
  const [open, setOpen] = useState(/** @type {{ shot: OpenShot, stage: Stage } | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  useEffect(() => {
    let gone = false;
    let opened = /** @type {OpenShot | null} */ (null);
    OpenShot.open(production, name).then((shot) => {
      opened = shot;
      if (gone) return shot.close();
      if (frame) shot.goTo(Number(frame));
      if (tool) shot.pickTool(tool);
      setOpen({ shot, stage: new Stage(shot) });
    }).catch(setError);
    return () => {
      gone = true;
      opened?.close();
    };
  }, [production, name]);
  useEffect(() => { // a deep link followed within the page
    if (open && frame) open.shot.goTo(Number(frame));
    if (open && tool) open.shot.pickTool(tool);
  }, [frame, tool]);
  if (error) return html`<${Bar} production=${production} title=${name} /><main class="centre"><p class="bad" role="alert">${error.message}</p>
    <p><a href="/p/${production}">The shots of this production</a></p></main>`;
  if (!open) return html`<${Bar} production=${production} title=${name} /><main class="centre quiet">Opening ${name} …</main>`;
  return html`<${OpenedShot} production=${production} shot=${open.shot} stage=${open.stage} />`;
}

/** @param {{ production: string, shot: OpenShot, stage: Stage }} props */
function OpenedShot({ production, shot, stage }) {
  useChange(shot, "tool", "save", "line", "take", "models", "revision", "timeline");
  useAddress(production, shot);
  useShotCommands(shot);
  useProblems(shot);
  const [later, setLater] = useState("");
  const tool = TOOLS.find(({ id }) => id === shot.tool) ?? TOOLS[0];
  return html`
    <${Bar} production=${production} title=${shot.shot.name}>
      <${Versions} shot=${shot} />
      <${SaveState} shot=${shot} decide=${() => setLater("")} />
    </${Bar}>
    <main class="shot-room">
      <section class="view" aria-label="Viewer"><${Viewer} shot=${shot} stage=${stage} /></section>
      <aside class="side" aria-label="Tools">
        <div class="tabs" role="tablist">${TOOLS.map(({ id, title, key }) => html`
          <button role="tab" id="tab-${id}" aria-selected=${tool.id === id} aria-controls="tool" title="${title} (${key})"
            onClick=${() => shot.pickTool(id)}>${title}</button>`)}
        </div>
        <div class="tool" id="tool" role="tabpanel" tabindex="0" aria-labelledby="tab-${tool.id}">
          ${!shot.shot.faces && html`<${NoFaces} shot=${shot} />`}
          <${tool.part} key=${tool.id} shot=${shot} stage=${stage} />
        </div>
      </aside>
      <section class="time" aria-label="Timeline"><${Timeline} shot=${shot} stage=${stage} /></section>
    </main>
    <${RefusedDialog} shot=${shot} later=${later} setLater=${setLater} />`;
}

/** A shot whose faces nobody looked for: most of the room works on faces. @param {{ shot: OpenShot }} props */
function NoFaces({ shot }) {
  const { tell } = usePage();
  const [asked, ask] = useState(false);
  const find = () => {
    ask(true);
    shot.startJob("extract", { shot_id: shot.shot.id }).catch((error) => {
      ask(false);
      tell("", { error });
    });
  };
  return html`<div class="no-faces row wrap" role="status">
    <span class="warn spread">${asked ? "Looking for faces …" : "Faces were not looked for in this shot yet."}</span>
    ${!asked && html`<button class="primary" onClick=${find}>Find faces</button>`}
  </div>`;
}

/** The take and the model in hand. @param {{ shot: OpenShot }} props */
function Versions({ shot }) {
  /** @param {any} event */
  const pickTake = (event) => void shot.pickTake(shot.takes.find((take) => take.id === event.target.value) ?? null);
  /** @param {any} event */
  const pickModel = (event) => shot.pickModel(shot.models.find((model) => model.id === event.target.value) ?? null);
  return html`<div class="row">
    <label class="inline"><span class="quiet">Take</span>
      <select value=${shot.take?.id ?? ""} onChange=${pickTake}>
        ${!shot.takes.length && html`<option value="">none yet</option>`}
        ${shot.takes.map((take) => html`<option value=${take.id}>${takeName(take)}</option>`)}
      </select></label>
    <label class="inline"><span class="quiet">Model</span>
      <select value=${shot.model?.id ?? ""} onChange=${pickModel}>
        ${!shot.models.length && html`<option value="">none yet</option>`}
        ${shot.models.map((model) => html`<option value=${model.id}>${model.name}</option>`)}
      </select></label>
  </div>`;
}

/** What went wrong is said, and a tab does not close over changes that only it knows of. @param {OpenShot} shot */
function useProblems(shot) {
  const { tell } = usePage();
  useEffect(() => {
    const problem = (/** @type {any} */ { detail }) => tell("", { error: detail });
    const refused = (/** @type {any} */ { detail }) => shot.outbox.refused || tell("", { error: detail.error }); // else there is a dialog
    const leaving = (/** @type {BeforeUnloadEvent} */ event) => shot.outbox.unsent && !shot.outbox.kept && event.preventDefault();
    shot.addEventListener("problem", problem);
    shot.addEventListener("refused", refused);
    addEventListener("beforeunload", leaving);
    return () => {
      shot.removeEventListener("problem", problem);
      shot.removeEventListener("refused", refused);
      removeEventListener("beforeunload", leaving);
    };
  }, [shot]);
}

/** Whether what was drawn is in the server's journal. @param {{ shot: OpenShot, decide: () => void }} props */
function SaveState({ shot, decide }) {
  const { state, unsent, problem } = shot.outbox;
  const count = unsent ? ` (${unsent})` : "";
  const line = !shot.live.up ? "No line to the review room" : !shot.live.backendUp ? "The backend does not answer" : "";
  return html`<span class="save-state ${state}" role="status" title=${problem}>${state === "refused"
      ? html`<button class="plain bad" onClick=${decide}>${SAVED.refused}${count}</button>` : `${SAVED[state]}${count}`}</span>
    ${line && html`<span class="warn" role="alert">${line}</span>`}`;
}

/** The address names production, shot, frame and tool, so that it can be sent to a colleague. @param {string} production  @param {OpenShot} shot */
function useAddress(production, shot) {
  useEffect(() => {
    let waiting = 0;
    const write = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const place = `/p/${encodeURIComponent(production)}/shots/${encodeURIComponent(shot.shot.name)}/${shot.frame}/${shot.tool}`;
        history.replaceState(null, "", place);
        document.title = `${shot.shot.name} ${shot.frame} · Understudy`;
      }, 200);
    };
    write();
    shot.addEventListener("frame", write);
    shot.addEventListener("tool", write);
    return () => {
      clearTimeout(waiting);
      shot.removeEventListener("frame", write);
      shot.removeEventListener("tool", write);
    };
  }, [shot]);
}

/** @param {OpenShot} shot */
function useShotCommands(shot) {
  const { tell } = usePage();
  /** @param {() => Promise<unknown>} work */
  const trying = (work) => () => void work().catch((error) => error.name !== "EditConflict" && tell("", { error }));
  useCommands(() => [
    { id: "edit.undo", title: "Undo", group: "Edit", keys: ["Ctrl+Z"], run: trying(() => shot.undo()), repeats: true },
    { id: "edit.redo", title: "Redo", group: "Edit", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], run: trying(() => shot.redo()), repeats: true },
    ...TOOLS.map(({ id, title, key }) => ({
      id: `tool.${id}`, title, group: "Tools", keys: [key], run: () => shot.pickTool(id),
    })),
  ], [shot]);
}
