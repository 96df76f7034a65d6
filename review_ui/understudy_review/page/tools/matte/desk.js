/** The matte tool's desk: what is in the artist's hand, and what is done with it. One for each open shot. */

import { ApiError } from "../../core/api.js";
import { keep, kept } from "../../core/kept.js";
import { rounded } from "./brush.js";
import { BrushTool } from "./brush_tool.js";
import { tracedShapes } from "./contour.js";
import { LiveMask } from "./live_mask.js";
import { ShapeTool } from "./shape_tool.js";
import { Shapes } from "./shapes.js";
import { drawnAgain, freeName } from "./shape_keys.js";

const RADIUS = { least: 0.5, most: 2000 };
const NOTHING = { width: 1, height: 1, data: new Uint8Array(1) };
const FEATHER_OF_TRACED_PX = 4;
const ROUND_POINTS = 8;

/**
 * @typedef {"brush" | "polygon" | "spline" | "edit"} Mode
 * @typedef {import("../../core/types.js").Action} Action
 * @typedef {{ kind?: "good" | "bad" | "plain", error?: unknown }} Telling
 */

/** Events: `change`. */
export class MatteDesk extends EventTarget {
  /** @type {WeakMap<import("../../core/shot.js").OpenShot, MatteDesk>} */
  static #desks = new WeakMap();
  /** @type {(() => void) | null} */
  #away = null;

  /** @param {import("../../core/shot.js").OpenShot} shot  @param {import("../../viewer/stage.js").Stage} stage */
  static of(shot, stage) {
    const known = MatteDesk.#desks.get(shot);
    if (known?.stage === stage) return known;
    const desk = new MatteDesk(shot, stage);
    MatteDesk.#desks.set(shot, desk);
    return desk;
  }

  /** @param {import("../../core/shot.js").OpenShot} shot  @param {import("../../viewer/stage.js").Stage} stage */
  constructor(shot, stage) {
    super();
    this.shot = shot;
    this.stage = stage;
    /** @type {Mode} */
    this.mode = "brush";
    this.brush = { radius: Math.max(4, Math.round(shot.plate.height / 30)), softness: 0.5, ...kept("brush", {}) };
    this.exclude = true;
    this.eraser = false;
    /** New shapes are carried by the track in hand. */
    this.follows = false;
    /** What was copied from a frame. @type {{ plan: import("../../core/types.js").FramePlan, frame: number } | null} */
    this.copied = null;
    /** How an artist is told something; the panel gives it. @type {(text: string, options?: Telling) => void} */
    this.tell = () => {};
    this.mask = new LiveMask(shot, stage, NOTHING);
    this.shapes = new Shapes(shot);
    this.brushTool = new BrushTool(this);
    this.shapeTool = new ShapeTool(this);
    for (const part of [this.mask, this.shapes]) part.addEventListener("change", () => this.told());
    shot.addEventListener("frame", () => this.shapeTool.end());
  }

  /** Take it in hand: the mask is seen, the pointer paints. @returns {() => void} puts it away, with all that was drawn kept */
  enter() {
    const ended = () => this.endDrawing();
    this.mask.show();
    this.shapes.look();
    this.#use();
    addEventListener("pagehide", ended);
    addEventListener("blur", ended);
    return () => {
      removeEventListener("pagehide", ended);
      removeEventListener("blur", ended);
      this.endDrawing();
      this.mask.hide();
      this.#away?.();
      this.#away = null;
    };
  }

  endDrawing() {
    this.mask.end();
    this.brushTool.endSizing();
    this.shapeTool.end();
  }

  /** @param {Mode} mode */
  setMode(mode) {
    if (mode !== this.mode) this.endDrawing();
    this.mode = mode;
    if (this.#away) this.#use();
    this.told();
  }

  #use() {
    this.#away?.();
    this.#away = this.stage.useTool(this.mode === "brush" ? this.brushTool : this.shapeTool);
  }

  /** @param {{ radius?: number, softness?: number }} change */
  setBrush(change) {
    const { radius, softness } = { ...this.brush, ...change };
    this.brush = { radius: Math.min(RADIUS.most, Math.max(RADIUS.least, radius)), softness: Math.min(1, Math.max(0, softness)) };
    keep("brush", this.brush);
    this.told();
  }

  /** @param {{ exclude?: boolean, eraser?: boolean, follows?: boolean }} change */
  set(change) {
    Object.assign(this, change);
    this.told();
  }

  /** Whether what is drawn lowers the matte; the eraser and Alt turn it round. @param {boolean} alt */
  excludes(alt) {
    return (this.exclude !== this.eraser) !== alt;
  }

  /** What carries a new shape. @returns {Partial<Action>} */
  carrier() {
    return this.follows ? { follow: "face", track: this.shot.track } : { follow: "plate" };
  }

  /** A round shape over the face in hand, or in the middle of the picture: to be moved, also by keys alone. */
  addShape() {
    const { shot, shapes } = this;
    const face = shot.solvedNow(shot.frame)?.faces.find(({ track }) => track === shot.track);
    const [x, y, side] = face?.square ?? [shot.plate.width / 2, shot.plate.height / 2, shot.plate.height / 2];
    const points = Array.from({ length: ROUND_POINTS }, (_, at) => (2 * Math.PI * at) / ROUND_POINTS)
      .flatMap((angle) => [rounded(x + 0.3 * side * Math.cos(angle)), rounded(y + 0.3 * side * Math.sin(angle))]);
    const name = freeName([...shapes.keys.keys(), ...shapes.list.map((shape) => shape.name)], "shape");
    this.setMode("edit");
    this.try(shapes.key({ name, mode: this.excludes(false) ? "exclude" : "include", points, curve: "spline", feather_px: 2, keyed: true }, this.carrier()));
    shapes.select(name);
  }

  /** Include or exclude: for what is drawn next, or for the shape in hand. */
  switchMode() {
    const shape = this.mode === "edit" ? this.shapes.inHand : null;
    if (shape) this.try(this.shapes.change(shape, { mode: shape.mode === "include" ? "exclude" : "include" }));
    else this.set({ exclude: !this.exclude });
  }

  // From other frames

  /** Do on the frame in hand what is drawn on another. @param {number} from */
  async copyFrom(from) {
    const { shot } = this;
    if (from < shot.range.first || from > shot.range.last) return this.tell(`There is no frame ${from}`);
    await this.#again((await shot.solved(from)).plan, from);
  }

  async copy() {
    const { frame } = this.shot;
    const { plan } = await this.shot.solved(frame);
    if (!plan.shapes.length && !plan.strokes.length) return this.tell(`Nothing is drawn on frame ${frame}`);
    this.copied = { plan, frame };
    this.tell(`Copied what is drawn on frame ${frame}: ${counted(plan)}`);
  }

  async paste() {
    if (!this.copied) return this.tell("Nothing is copied yet");
    await this.#again(this.copied.plan, this.copied.frame);
  }

  /** @param {import("../../core/types.js").FramePlan} plan  @param {number} from */
  async #again(plan, from) {
    const actions = drawnAgain(plan, this.shot.frame, this.shapes.keys);
    if (!actions.length) return this.tell(`Nothing is drawn on frame ${from}`);
    await this.shot.edit(actions);
    this.tell(`From frame ${from}: ${counted(plan)}`, { kind: "good" });
  }

  /** Strokes, shapes and layers off a range. @param {import("../../core/types.js").Range} range */
  clear({ first, last }) {
    this.try(this.shot.edit([{ kind: "clear_matte", first, last }]));
  }

  /**
   * The matte of the frame in hand as shapes that can be edited. They alone make the matte here, and are on no
   * other frame until they are keyed there.
   */
  trace() {
    const { mask, shapes, shot } = this;
    if (!mask.mask || !mask.solved) return this.tell("The matte of this frame is not here yet");
    const found = tracedShapes(mask.mask).slice(0, 4);
    if (!found.length) return this.tell("There is no matte on this frame to trace");
    const { frame, range } = shot;
    const taken = [...shapes.keys.keys()];
    const actions = found.flatMap((points) => {
      const name = freeName(taken, "traced");
      taken.push(name);
      const key = { kind: "key_shape", shape: name, frame, mode: "include", points, curve: "polygon", feather_px: FEATHER_OF_TRACED_PX, interpolation: "linear", ...this.carrier() };
      return [key, ...elsewhere(range, frame).map(([first, last]) => ({ kind: "remove_shape", shape: name, first, last }))];
    });
    this.try(shapes.edit([...actions, { kind: "compose_matte", first: frame, last: frame, expression: "keep - cut" }]).then(() => {
      shapes.select(taken[taken.length - found.length]);
      this.setMode("edit");
    }));
  }

  /** Wait for something that may be refused, and say so. @param {Promise<unknown> | null} work */
  try(work) {
    work?.catch((error) => !(error instanceof ApiError && error.name === "EditConflict") && this.tell("", { error }));
  }

  told() {
    this.dispatchEvent(new Event("change"));
    this.stage.redraw();
  }
}

/** The frames of a shot but one, as ranges. @param {import("../../core/types.js").Range} range  @param {number} frame  @returns {[number, number][]} */
function elsewhere(range, frame) {
  /** @type {[number, number][]} */
  const ranges = [[range.first, frame - 1], [frame + 1, range.last]];
  return ranges.filter(([first, last]) => first <= last);
}

/** @param {import("../../core/types.js").FramePlan} plan */
function counted({ shapes, strokes }) {
  const many = (/** @type {number} */ count, /** @type {string} */ name) => (count ? [`${count} ${name}${count > 1 ? "s" : ""}`] : []);
  return [...many(shapes.length, "shape"), ...many(strokes.length, "stroke")].join(" and ");
}
