/**
 * The alignment tool's table: the faces of the frame in hand as they are drawn, what is selected, the gesture
 * under way. An edit is drawn at once and stays drawn until what the service solves includes it.
 */

import { ALL, DRAWN, GHOST_POINTS, GROUPS } from "./contours.js";
import { change, changedPoints, changedSquare, middle, moving, softWeights } from "./geometry.js";
import { carriedSquare } from "./mean_face.js";
import { pixelAspect } from "../../viewer/crop.js";
import { keysOf } from "./track_edits.js";

const NUDGED_MS = 450; // nudges closer together than this are one edit
const GHOST_MS = 120; // what the machine found is asked for when the frame rests: not while playing

/**
 * @typedef {import("./geometry.js").Square} Square
 * @typedef {import("./geometry.js").Change} Change
 * @typedef {{ frame: number, track: number, state: number, presence: number, filled: boolean, square: Square,
 *   landmarks: ArrayLike<number>, touched: boolean }} Face   touched: not solved like this yet
 * @typedef {{ action: import("../../core/types.js").Action, revision: number }} Pending   revision 0: not in the journal yet
 * @typedef {{ frame: number, track: number, box: boolean, before: Face, weights: Float64Array, centre: import("./geometry.js").Point,
 *   by: Change, now: Face }} Gesture
 * @typedef {"point" | "group" | "face" | "box"} Grip
 */

/** Events: `change` (what the panel shows), `draw` (what lies over the picture; also while dragging), `failed` (detail Error). */
export class AlignmentDesk extends EventTarget {
  /** @type {Pending[]} */
  #pending = [];
  /** @type {Face[]} */
  #solved = [];
  #looks = 0;
  #nudged = 0;
  #ghosts = 0;
  /** @type {ReturnType<typeof keysOf> | null} */
  #keys = null;
  /** @type {(() => void)[]} */
  #stops = [];

  /** @param {import("../../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    /** Faces lie here unsqueezed, where they turn and grow as they look: x is so many times that of the plate. */
    this.aspect = pixelAspect(shot.plate);
    /** What a drag takes hold of. @type {Grip} */
    this.grip = "point";
    /** What a drag does. @type {"move" | "scale" | "rotate"} */
    this.how = "move";
    this.group = "mouth";
    this.soft = 0.12; // share of the face's side
    this.interpolation = "linear";
    this.reach = 6;
    this.allPoints = false;
    this.ghosts = true;
    /** @type {Set<number>} */
    this.selected = new Set();
    /** @type {Gesture | null} */
    this.gesture = null;
    /** What the machine found, for the track and frame in hand. @type {{ frame: number, track: number, square: Square, points: Map<number, [number, number]> } | null} */
    this.ghost = null;
    const listen = (/** @type {string} */ name, /** @type {() => void} */ heard) => {
      shot.addEventListener(name, heard);
      this.#stops.push(() => shot.removeEventListener(name, heard));
    };
    listen("frame", () => this.#moved());
    listen("track", () => this.#moved());
    listen("revision", () => {
      this.#keys = null;
      void this.#look();
    });
    void this.#look();
  }

  close() {
    this.end();
    clearTimeout(this.#ghosts);
    for (const stop of this.#stops) stop();
    this.#looks = -1;
  }

  // What is there

  /** The faces of the frame in hand, with everything that was done to them. @type {Face[]} */
  get faces() {
    return this.#solved.map((face) => this.#shown(face));
  }

  /** The face of the track in hand, or null. */
  get face() {
    const found = this.#solved.find((face) => face.track === this.shot.track);
    return found ? this.#shown(found) : null;
  }

  /** The track's keys by frame. */
  get keys() {
    if (!this.#keys) {
      const actions = this.shot.stack.done.flatMap((entry) => entry.action ?? []);
      const ours = this.#pending.filter(({ revision }) => !revision || revision > this.shot.revision);
      this.#keys = keysOf([...actions, ...ours.map(({ action }) => action)], this.shot.track);
    }
    return this.#keys;
  }

  /** The landmarks that can be taken. */
  get takable() {
    return this.allPoints ? ALL : DRAWN;
  }

  /** The landmarks that a grip takes, none for the box. */
  get held() {
    if (this.grip === "face") return ALL;
    return this.grip === "group" ? GROUPS[this.group].points : [...this.selected];
  }

  #moved() {
    this.end();
    this.ghost = null;
    const known = this.shot.solvedNow(this.shot.frame);
    this.#solved = known ? known.faces.map((face) => untouched(face, this.aspect)) : []; // never another frame's points over this picture
    this.#tell("change");
    void this.#look();
  }

  /** Ask what the frame solves to; only the newest question's answer counts. */
  async #look() {
    if (this.#looks < 0) return;
    const look = ++this.#looks;
    const { frame, track } = this.shot;
    try {
      const solved = await this.shot.solved(frame);
      if (look !== this.#looks) return;
      this.#solved = solved.faces.map((face) => untouched(face, this.aspect));
      this.#pending = this.#pending.filter(({ revision }) => !revision || revision > solved.revision);
      this.#tell("change");
      clearTimeout(this.#ghosts);
      if (this.ghosts && solved.faces.some((face) => face.track === track)) this.#ghosts = setTimeout(() => void this.#askGhost(look, frame, track), GHOST_MS);
    } catch (error) {
      if (look === this.#looks) this.#tell("failed", error);
    }
  }

  /** @param {number} look  @param {number} frame  @param {number} track */
  async #askGhost(look, frame, track) {
    try {
      const told = await this.shot.curves(track, GHOST_POINTS, { first: frame, last: frame });
      if (look !== this.#looks) return;
      this.ghost = ghostOf(told, frame, track, this.aspect);
      this.#tell("draw");
    } catch {
      this.ghost = null; // the lines of the machine are a help; the tool works without them
    }
  }

  /** @param {Face} face  @returns {Face} */
  #shown(face) {
    let shown = face;
    for (const { action } of this.#pending) {
      if (action.track === face.track && action.frame === face.frame) shown = this.#after(shown, action);
    }
    const { gesture } = this;
    return gesture && gesture.track === face.track && gesture.frame === face.frame ? gesture.now : shown;
  }

  /** A face after an edit, as the service will solve it. @param {Face} face  @param {import("../../core/types.js").Action} action  @returns {Face} */
  #after(face, action) {
    if (action.kind === "place_crop") {
      return { ...face, state: 3, touched: true, square: [action.centre_x, action.centre_y, action.side_px, action.angle_deg] };
    }
    const landmarks = Float64Array.from(face.landmarks);
    action.points.forEach((/** @type {number} */ point, /** @type {number} */ at) => {
      landmarks[2 * point] = this.aspect * action.to[2 * at];
      landmarks[2 * point + 1] = action.to[2 * at + 1];
    });
    return { ...face, state: 3, touched: true, landmarks, square: this.#carried(face, landmarks) };
  }

  /** A square goes with its landmarks unless it has a key of its own. @param {Face} face  @param {Float64Array} landmarks  @returns {Square} */
  #carried(face, landmarks) {
    const placed = this.#pending.some(({ action }) => action.kind === "place_crop" && action.frame === face.frame && action.track === face.track)
      || (face.track === this.shot.track && this.keys.get(face.frame)?.crop);
    return placed ? face.square : carriedSquare(face.square, face.landmarks, landmarks);
  }

  // Gestures

  /**
   * Begin to change the face in hand: its box, or the landmarks `anchors` with what follows them softly.
   * @param {boolean} box  @param {readonly number[]} anchors
   */
  begin(box, anchors) {
    this.end();
    const face = this.face;
    if (!face || (!box && !anchors.length)) return null;
    const weights = box ? new Float64Array(0) : softWeights(face.landmarks, anchors, anchors.length < ALL.length ? this.soft * face.square[2] : 0);
    const centre = box ? { x: face.square[0], y: face.square[1] } : middle(face.landmarks, anchors);
    this.gesture = { frame: face.frame, track: face.track, box, before: face, weights, centre, by: change({ centre }), now: face };
    return this.gesture;
  }

  /** Where the gesture has come to. @param {Partial<Change>} by */
  update(by) {
    const { gesture } = this;
    if (!gesture) return;
    const all = change({ centre: gesture.centre, ...by });
    gesture.by = all;
    const { before } = gesture;
    if (gesture.box) gesture.now = { ...before, touched: true, square: changedSquare(before.square, all) };
    else {
      const landmarks = changedPoints(before.landmarks, gesture.weights, all);
      gesture.now = { ...before, touched: true, landmarks, square: this.#carried(before, landmarks) };
    }
    this.#tell("draw");
  }

  /** Take the gesture back. */
  drop() {
    clearTimeout(this.#nudged);
    this.gesture = null;
    this.#tell("draw");
  }

  /** Make the gesture an edit, if it moved anything. */
  end() {
    clearTimeout(this.#nudged);
    const { gesture } = this;
    this.gesture = null;
    if (!gesture || gesture.now === gesture.before) return;
    this.send(gesture.box ? this.cropKey(gesture.now) : this.landmarkKey(gesture.now, moving(gesture.weights)));
  }

  /** Change what is held a little; several changes in a row are one edit. @param {Partial<Change>} by */
  nudge({ dx = 0, dy = 0, scale = 1, degrees = 0 }) {
    const going = this.gesture ?? this.begin(this.grip === "box", this.held);
    if (!going) return;
    const { by } = going;
    this.update({ dx: by.dx + dx, dy: by.dy + dy, scale: by.scale * scale, degrees: by.degrees + degrees });
    clearTimeout(this.#nudged);
    this.#nudged = setTimeout(() => this.end(), NUDGED_MS);
  }

  // Edits

  /** @param {Face} face */
  cropKey({ frame, track, square }) {
    const [x, y, side, degrees] = square.map(rounded);
    return this.#key({ kind: "place_crop", track, frame, centre_x: x, centre_y: y, side_px: side, angle_deg: degrees });
  }

  /** @param {Face} face  @param {readonly number[]} points */
  landmarkKey({ frame, track, landmarks }, points) {
    const to = points.flatMap((point) => [rounded(landmarks[2 * point] / this.aspect), rounded(landmarks[2 * point + 1])]);
    return this.#key({ kind: "move_landmarks", track, frame, points: [...points], to });
  }

  /** @param {import("../../core/types.js").Action} action */
  #key(action) {
    return { ...action, interpolation: this.interpolation, reach_frames: this.reach };
  }

  /** Draw an edit now and add it to the shot. @param {import("../../core/types.js").Action} action */
  send(action) {
    const pending = { action, revision: 0 };
    this.#pending.push(pending);
    this.#keys = null;
    this.#tell("change");
    this.shot.edit([action]).then((answer) => {
      pending.revision = answer.revision;
      if (this.shot.revision >= answer.revision) void this.#look();
    }).catch((error) => {
      this.#pending = this.#pending.filter((other) => other !== pending);
      this.#tell("change");
      this.#tell("failed", error);
    });
  }

  /** Keep what is held where it is now, on this frame. */
  setKey() {
    this.end();
    const { face } = this;
    if (!face) return;
    if (this.grip === "box") this.send(this.cropKey(face));
    else this.send(this.landmarkKey(face, this.held.length ? this.held : ALL));
  }

  /** Give the keys of this frame another way to the next one, or another reach. */
  rekey() {
    this.end();
    const { face } = this;
    const key = face && this.keys.get(face.frame);
    if (!face || !key) return;
    if (key.landmarks.size) this.send(this.landmarkKey(face, [...key.landmarks]));
    if (key.crop) this.send(this.cropKey(face));
  }

  /** @param {Partial<Pick<AlignmentDesk, "grip" | "how" | "group" | "soft" | "interpolation" | "reach" | "allPoints" | "ghosts" | "selected">>} settings */
  set(settings) {
    this.end();
    Object.assign(this, settings);
    this.#tell("change");
    if (settings.ghosts) void this.#look();
  }

  /** @param {string} name  @param {unknown} [detail] */
  #tell(name, detail) {
    if (name === "change") this.#keys = null;
    this.dispatchEvent(new CustomEvent(name, { detail }));
    if (name === "change") this.dispatchEvent(new CustomEvent("draw"));
  }
}

/** @param {import("../../core/types.js").SolvedFace} face  @param {number} aspect  @returns {Face} */
function untouched(face, aspect) {
  const landmarks = aspect === 1 ? face.landmarks : face.landmarks.map((value, at) => (at % 2 ? value : aspect * value));
  return { ...face, landmarks, touched: false };
}

/** @param {any} told  @param {number} frame  @param {number} track  @param {number} aspect */
function ghostOf(told, frame, track, aspect) {
  const at = told.frame.indexOf(frame);
  if (at < 0 || told.raw_square[at].includes(null)) return null;
  const points = new Map(told.points.map((/** @type {number} */ point, /** @type {number} */ place) => {
    const [x, y] = told.raw[at][place];
    return [point, [aspect * x, y]];
  }));
  return { frame, track, square: told.raw_square[at], points };
}

/** Thousandths are enough for pixels and degrees. @param {number} value */
function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
