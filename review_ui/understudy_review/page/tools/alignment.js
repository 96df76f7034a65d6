/** The alignment tool: landmarks and crops of the faces, their keys, and the tracks. */

import { FACE_STATES, INTERPOLATIONS } from "../core/types.js";
import { html, useChange, useCommands, useEffect, useMemo, usePage, useState } from "../core/view.js";
import { Slider } from "../parts/slider.js";
import { GROUPS } from "./alignment/contours.js";
import { CropViews } from "./alignment/crop_view.js";
import { AlignmentDesk } from "./alignment/desk.js";
import { AlignmentGrip } from "./alignment/grip.js";
import { keyInWords, KeysStrip } from "./alignment/keys_strip.js";
import { Orphans, TrackList, useTracks } from "./alignment/tracks.js";

const GRIPS = /** @type {const} */ ([
  ["point", "Points", "Drag a point; its neighbours follow softly. Drag beside the points to select several"],
  ["group", "Part", "Drag a whole part of the face"],
  ["face", "Face", "Drag all landmarks"],
  ["box", "Box", "Drag the square that the crop is cut around; scale at its corners, turn outside of them"],
]);
const PLATE = /** @type {const} */ ({ kind: "plate" });
const ARROWS = /** @type {const} */ ([["ArrowLeft", -1, 0, "left"], ["ArrowRight", 1, 0, "right"], ["ArrowUp", 0, -1, "up"], ["ArrowDown", 0, 1, "down"]]);

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage }} props */
export function AlignmentTool({ shot, stage }) {
  const { tell } = usePage();
  const desk = useDesk(shot, stage);
  useChange(shot, "frame", "revision", "timeline", "models", "track", "inout");
  const tracks = useTracks(shot);
  useAlignmentCommands(shot, desk.desk, desk.grip);
  /** @param {import("../core/types.js").Action[]} actions  @param {() => void} [then] */
  const send = (actions, then) => void shot.edit(actions).then(() => then?.()).catch((error) => error.name !== "EditConflict" && tell("", { error }));
  return html`<div class="alignment column">
    <${FaceState} shot=${shot} desk=${desk.desk} />
    <${CropViews} shot=${shot} desk=${desk.desk} />
    <${Grips} desk=${desk.desk} />
    <${Keys} shot=${shot} desk=${desk.desk} there=${tracks.some(({ track }) => track === shot.track)} send=${send} />
    <${TrackList} shot=${shot} tracks=${tracks} send=${send} />
    <${Orphans} shot=${shot} />
  </div>`;
}

/** The tool's state, in use on the stage while the tool is open. @param {import("../core/shot.js").OpenShot} shot  @param {import("../viewer/stage.js").Stage} stage */
function useDesk(shot, stage) {
  const { tell } = usePage();
  const [made] = useState(() => {
    const desk = new AlignmentDesk(shot);
    return { desk, grip: new AlignmentGrip(desk, stage, () => namesOf(shot)) };
  });
  useEffect(() => {
    const { desk, grip } = made;
    const put = stage.useTool(grip);
    const back = lookAtPlate(stage);
    const draw = () => stage.redraw();
    const failed = (/** @type {any} */ { detail }) => detail.name !== "EditConflict" && tell("", { error: detail });
    desk.addEventListener("draw", draw);
    desk.addEventListener("failed", failed);
    return () => {
      desk.close();
      desk.removeEventListener("draw", draw);
      desk.removeEventListener("failed", failed);
      put();
      back();
      stage.redraw();
    };
  }, [made]);
  useChange(made.desk, "change");
  return made;
}

/** A face is aligned on the plate, not on the likeness that lies over it; what was looked at comes back afterwards. @param {import("../viewer/stage.js").Stage} stage */
function lookAtPlate(stage) {
  const before = stage.source;
  if (before.kind !== "take" || before.layer !== "replaced") return () => {};
  stage.setSource(PLATE);
  return () => {
    if (stage.source === PLATE) stage.setSource(before); // unless the artist chose another picture
  };
}

/** Who is bound to each track. @param {import("../core/shot.js").OpenShot} shot */
function namesOf(shot) {
  const { bindings } = shot.timeline;
  return new Map(Object.entries(bindings).map(([track, id]) => [Number(track), shot.people.find((person) => person.id === id)?.name ?? ""]));
}

/** @param {{ shot: import("../core/shot.js").OpenShot, desk: AlignmentDesk }} props */
function FaceState({ shot, desk }) {
  const { face } = desk;
  if (!face) {
    return html`<p role="status">Track ${shot.track} has no face on frame ${shot.frame}.
      ${desk.faces.length > 0 && html` <button onClick=${() => shot.pickTrack(desk.faces[0].track)}>Take track ${desk.faces[0].track}</button>`}</p>`;
  }
  const key = desk.keys.get(shot.frame);
  return html`<p role="status" class="face-state"><span class="state-name ${FACE_STATES[face.state]}">${FACE_STATES[face.state]}</span>
    ${key ? ` · key here: ${keyInWords(key)}` : ` · track ${face.track}, ${Math.round(face.presence * 100)} % sure${face.filled ? ", bridged over a gap" : ""}`}</p>`;
}

/** @param {{ desk: AlignmentDesk }} props */
function Grips({ desk }) {
  const toggle = (/** @type {"scale" | "rotate"} */ how) => desk.set({ how: desk.how === how ? "move" : how });
  return html`<section class="column" aria-label="What a drag does">
    <div class="row wrap" role="group" aria-label="A drag takes">
      ${GRIPS.map(([grip, title, help]) => html`<button aria-pressed=${desk.grip === grip} title=${help} onClick=${() => desk.set({ grip })}>${title}</button>`)}
    </div>
    <div class="row wrap" role="group" aria-label="A drag does">
      <button aria-pressed=${desk.how === "move"} onClick=${() => desk.set({ how: "move" })}>Move</button>
      <button aria-pressed=${desk.how === "scale"} title="A drag scales (S)" onClick=${() => toggle("scale")}>Scale</button>
      <button aria-pressed=${desk.how === "rotate"} title="A drag rotates (T); with Shift in steps of 5°" onClick=${() => toggle("rotate")}>Rotate</button>
    </div>
    ${desk.grip === "group" && html`<label class="inline"><span class="quiet">part (G)</span>
      <select value=${desk.group} onChange=${(/** @type {any} */ event) => desk.set({ group: event.target.value })}>
        ${Object.entries(GROUPS).map(([name, { title }]) => html`<option value=${name}>${title}</option>`)}
      </select></label>`}
    ${(desk.grip === "point" || desk.grip === "group") && html`<${Slider} label="Neighbours follow" unit="% of the face" least=${0} most=${60} step=${1}
      value=${Math.round(desk.soft * 100)} title="How far from what is dragged points still follow; 0 moves it alone"
      onInput=${(/** @type {number} */ value) => desk.set({ soft: value / 100 })} />`}
    <div class="row wrap">
      <label class="inline"><input type="checkbox" checked=${desk.allPoints} onChange=${() => desk.set({ allPoints: !desk.allPoints })} /> all 478 points</label>
      <label class="inline"><input type="checkbox" checked=${desk.ghosts} onChange=${() => desk.set({ ghosts: !desk.ghosts })} /> what the machine found</label>
    </div>
    ${desk.grip === "point" && desk.selected.size > 0 && html`<div class="row"><span class="quiet">${desk.selected.size} selected</span>
      <button class="plain" onClick=${() => desk.set({ selected: new Set() })}>none</button></div>`}
  </section>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, desk: AlignmentDesk, there: boolean, send: (actions: import("../core/types.js").Action[]) => void }} props */
function Keys({ shot, desk, there, send }) {
  const { frame, inOut, range } = shot;
  const { keys } = desk;
  const narrowed = inOut.first !== range.first || inOut.last !== range.last;
  const inside = [...keys.keys()].filter((key) => key >= inOut.first && key <= inOut.last);
  const [before, after] = keysAround(keys, frame);
  /** @param {number} first  @param {number} last  @param {string} what */
  const remove = (first, last, what) => send([{ kind: "remove_keys", track: shot.track, first, last, what }]);
  const here = keys.get(frame);
  const { interpolation, reach } = here ?? desk;
  /** What is chosen goes for the key of this frame, and for those that are set next. @param {{ interpolation: string, reach: number }} chosen */
  const again = (chosen) => {
    desk.set(chosen);
    if (here) desk.rekey();
  };
  return html`<section class="column" aria-label="Keys">
    <h2>Keys</h2>
    <${KeysStrip} shot=${shot} desk=${desk} there=${there} />
    <div class="row wrap">
      <button disabled=${before === null} title="Previous key" onClick=${() => before !== null && shot.goTo(before)}>◂ ${before ?? "none"}</button>
      <button disabled=${!desk.face} title="Keep it as it is on this frame (Shift+K)" onClick=${() => desk.setKey()}>Set key</button>
      <button disabled=${after === null} title="Next key" onClick=${() => after !== null && shot.goTo(after)}>${after ?? "none"} ▸</button>
      <span class="spread"></span>
      <span class="quiet">${keys.size} key${keys.size === 1 ? "" : "s"}</span>
    </div>
    <div class="row wrap">
      <label class="inline"><span class="quiet">to the next key</span>
        <select value=${interpolation} onChange=${(/** @type {any} */ event) => again({ interpolation: event.target.value, reach })}>
          ${INTERPOLATIONS.map(([name, title]) => html`<option value=${name}>${title}</option>`)}
        </select></label>
      <label class="inline"><span class="quiet">reaches</span>
        <input type="number" class="short" min="0" max="1000" value=${reach} aria-label="Frames beyond the outermost keys"
          onChange=${(/** @type {any} */ event) => again({ interpolation, reach: Math.min(1000, Math.max(0, Math.round(Number(event.target.value) || 0))) })} />
        <span class="quiet">frames beyond</span></label>
    </div>
    <div class="row wrap">
      <button disabled=${!here || (!here.landmarks.size && !here.crop)} onClick=${() => remove(frame, frame, "all")} title="Remove the key here (Delete)">Remove key here</button>
      ${here && here.landmarks.size > 0 && here.crop && html`<button onClick=${() => remove(frame, frame, "crop")}>only its crop</button>
        <button onClick=${() => remove(frame, frame, "landmarks")}>only its landmarks</button>`}
      ${narrowed && html`<button disabled=${!inside.length} onClick=${() => remove(inOut.first, inOut.last, "all")}>Remove ${inside.length} in ${inOut.first}–${inOut.last}</button>`}
    </div>
  </section>`;
}

/** The keys before and after a frame. @param {Map<number, unknown>} keys  @param {number} frame  @returns {[number | null, number | null]} */
function keysAround(keys, frame) {
  const frames = [...keys.keys()];
  return [frames.findLast((key) => key < frame) ?? null, frames.find((key) => key > frame) ?? null];
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {AlignmentDesk} desk  @param {AlignmentGrip} grip */
function useAlignmentCommands(shot, desk, grip) {
  const { tell } = usePage();
  const commands = useMemo(() => () => {
    const when = () => shot.tool === "alignment";
    const names = Object.keys(GROUPS);
    const nextGroup = () => desk.set({ grip: "group", group: desk.grip === "group" ? names[(names.indexOf(desk.group) + 1) % names.length] : desk.group });
    const removeKey = () => void shot.edit([{ kind: "remove_keys", track: shot.track, first: shot.frame, last: shot.frame, what: "all" }])
      .catch((error) => error.name !== "EditConflict" && tell("", { error }));
    const how = (/** @type {"scale" | "rotate"} */ way) => () => desk.set({ how: desk.how === way ? "move" : way });
    const nudge = (/** @type {Partial<import("./alignment/geometry.js").Change>} */ by) => () => {
      if (desk.grip === "point" && !desk.selected.size) tell("Select a point first, or take the whole face.");
      else desk.nudge(by);
    };
    const group = "Alignment";
    return [
      { id: "alignment.group", title: "Next part of the face", group, keys: ["G"], when, run: nextGroup },
      { id: "alignment.scale", title: "A drag scales", group, keys: ["S"], when, run: how("scale") },
      { id: "alignment.rotate", title: "A drag rotates", group, keys: ["T"], when, run: how("rotate") },
      { id: "alignment.key", title: "Set a key here", group, keys: ["Shift+K"], when, run: () => desk.setKey() },
      { id: "alignment.remove", title: "Remove the key here", group, keys: ["Delete"], when, run: removeKey },
      { id: "alignment.drop", title: "Drop the drag, or what is selected", group, keys: ["Escape"], when,
        run: () => (desk.gesture ? grip.drop() : desk.set({ selected: new Set(), how: "move" })) },
      { id: "alignment.grow", title: "Grow by 1 %", group, keys: ["Alt+="], when, repeats: true, run: nudge({ scale: 1.01 }) },
      { id: "alignment.shrink", title: "Shrink by 1 %", group, keys: ["Alt+-"], when, repeats: true, run: nudge({ scale: 1 / 1.01 }) },
      { id: "alignment.clockwise", title: "Turn clockwise by 1°", group, keys: ["Alt+."], when, repeats: true, run: nudge({ degrees: 1 }) },
      { id: "alignment.anticlockwise", title: "Turn the other way by 1°", group, keys: ["Alt+,"], when, repeats: true, run: nudge({ degrees: -1 }) },
      ...ARROWS.flatMap(([key, dx, dy, way]) => [
        { id: `alignment.${way}`, title: `Nudge ${way} by 1 pixel`, group, keys: [`Alt+${key}`], when, repeats: true, run: nudge({ dx, dy }) },
        { id: `alignment.far.${way}`, title: `Nudge ${way} by 10 pixels`, group, keys: [`Alt+Shift+${key}`], when, repeats: true, run: nudge({ dx: 10 * dx, dy: 10 * dy }) },
      ]),
    ];
  }, [shot, desk, grip]);
  useCommands(commands, [commands]);
}
