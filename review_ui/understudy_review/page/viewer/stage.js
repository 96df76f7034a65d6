/**
 * The stage: the picture of the frame in hand on the screen, and the ground that tools stand on. It owns its two
 * canvases; the viewer puts `element` on the page.
 */

import { cropSquare, pixelAspect } from "./crop.js";
import { Feed } from "./feed.js";
import { Look } from "./look.js";
import { Placement } from "./placement.js";
import { Pointers } from "./pointers.js";
import { Screen } from "./screen.js";
import { drawingsOf, drawSeams } from "./scene.js";
import { isCrop, same } from "./sources.js";
import { WipeHandle } from "./wipe_handle.js";

const REST_MS = 150;

/** @typedef {import("./pointers.js").StageTool} StageTool */
/** @typedef {import("./pointers.js").Point} Point */

/** Events: `view`, `shown`, `source`, `hover` (detail {x, y} in plate pixels, or null), `size`, `loading`, `drawn`, `overlay`. */
export class Stage extends EventTarget {
  #next = 0;
  #resting = 0;
  #overlayBefore = false;
  /** @type {StageTool | null} */
  #tool = null;
  /** @type {ResizeObserver | null} */
  #sizes = null;

  /** @param {import("../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    this.place = new Placement(shot.plate.width, shot.plate.height, pixelAspect(shot.plate));
    this.look = new Look();
    this.screen = new Screen();
    this.element = this.screen.element;
    this.pointers = new Pointers(this, this.screen.over);
    this.handle = new WipeHandle(this);
    /** Size of the canvas area, CSS pixels. */
    this.width = 0;
    this.height = 0;
    /** @type {import("./sources.js").LookedAt} */
    this.source = shot.take ? { kind: "take", layer: "replaced" } : { kind: "plate" };
    this.overlay = false;
    /** @type {{ width: number, height: number, data: Uint8Array } | null} */
    this.mask = null;
    /** What is on the screen, and of which frame. @type {import("./wanted.js").Shown | null} */
    this.scene = null;
    this.feed = new Feed(this);
    this.#listen();
  }

  #listen() {
    this.feed.addEventListener("ready", (event) => this.#show(/** @type {CustomEvent} */ (event).detail));
    this.feed.addEventListener("loading", () => this.#tell("loading"));
    this.look.addEventListener("change", () => this.#lookChanged());
    this.screen.addEventListener("restored", () => this.refresh());
    this.shot.addEventListener("line", () => this.problem && this.refresh()); // it may answer again
  }

  /** Put the stage on the page. @param {HTMLElement} parent  @returns {() => void} takes it off again */
  mount(parent) {
    parent.append(this.element);
    this.#sizes = new ResizeObserver(() => this.#resized());
    this.#sizes.observe(this.element);
    this.#resized();
    this.refresh();
    this.feed.readAhead(this.shot.frame);
    return () => {
      this.#sizes?.disconnect();
      cancelAnimationFrame(this.#next);
      clearTimeout(this.#resting);
      this.#next = 0;
      this.element.remove();
      this.width = this.height = 0; // nothing is drawn any more
      this.screen.close();
    };
  }

  #resized() {
    const { width, height } = this.element.getBoundingClientRect();
    const ratio = devicePixelRatio || 1;
    if (!width || !height || (width === this.width && height === this.height && ratio === this.ratio)) return;
    Object.assign(this, { width, height });
    this.place.ratio = ratio;
    this.screen.resize(width, height, ratio);
    this.#laidOut();
    this.#tell("size");
    this.#viewChanged();
    this.#drawNow(); // a canvas of another size is empty
  }

  #laidOut() {
    const [columns, rows] = this.look.panes;
    this.place.resize(this.width / columns, this.height / rows);
  }

  // The view

  get view() {
    return this.place.view;
  }

  /** Device pixels to one CSS pixel. */
  get ratio() {
    return this.screen.ratio;
  }

  /** @param {number} viewX  @param {number} viewY */
  toPlate(viewX, viewY) {
    return this.place.toPlate(viewX, viewY);
  }

  /** @param {number} x  @param {number} y */
  toView(x, y) {
    return this.place.toView(x, y);
  }

  /** A point of the canvas area; of several panes each has its own view. @param {number} x  @param {number} y  @returns {Point} */
  pointAt(x, y) {
    const [columns, rows] = this.look.panes;
    const viewX = x - Math.min(columns - 1, Math.max(0, Math.floor(x / this.place.width))) * this.place.width;
    const viewY = y - Math.min(rows - 1, Math.max(0, Math.floor(y / this.place.height))) * this.place.height;
    return { ...this.place.toPlate(viewX, viewY), viewX, viewY };
  }

  fit() {
    this.place.fit();
    this.#viewChanged();
  }

  /** The face of the frame in hand, as large as the view allows. */
  async fitFace() {
    const square = cropSquare(await this.shot.solved(this.shot.frame), this.shot.track);
    if (!square) return;
    this.place.fitAround({ x: square.x / this.place.aspect, y: square.y }, square.side);
    this.#viewChanged();
  }

  /** So many CSS pixels for one of the plate; the point of the view stays. @param {number} scale  @param {number} [viewX]  @param {number} [viewY] */
  zoomTo(scale, viewX = this.place.width / 2, viewY = this.place.height / 2) {
    this.place.zoomTo(scale, { x: viewX, y: viewY });
    this.#viewChanged();
  }

  /** @param {number} x  @param {number} y */
  moveBy(x, y) {
    this.place.moveBy(x, y);
    this.#viewChanged();
  }

  #viewChanged() {
    this.feed.viewChanged();
    this.#tell("view");
    this.redraw();
  }

  // Frames

  /** Go some frames on. @param {number} frames  @param {boolean} [repeats]  the key is held down */
  step(frames, repeats = false) {
    this.feed.step(frames, repeats);
  }

  /** Ask for what is looked at again: the frame, a source, an edit or the take changed. */
  refresh() {
    this.feed.refresh();
  }

  /** @param {import("./wanted.js").Shown} scene */
  #show(scene) {
    this.scene = scene;
    this.shot.pictures.onScreen = new Set(Object.values(scene.layers).map(({ picture }) => picture));
    const { source, frame } = scene.slots.a;
    if (isCrop(source)) {
      const square = cropSquare(this.shot.solvedNow(frame), this.shot.track);
      if (square) this.#groundMoved(() => this.place.groundIsCrop(square));
    } else if (this.place.ground.width !== this.place.plate.width) this.#groundMoved(() => this.place.groundIsPlate());
    this.#drawNow(true);
    this.element.setAttribute("aria-label", `Frame ${frame}`);
    this.#tell("shown");
    this.element.dispatchEvent(new CustomEvent("stage", { bubbles: true, detail: { frame: scene.frame, view: this.view } }));
  }

  /** What is laid out has another size: a crop instead of the plate. @param {() => void} move */
  #groundMoved(move) {
    const before = this.place.ground;
    move();
    if (this.place.fitted || before.width === this.place.plate.width || this.place.ground.width === this.place.plate.width) this.place.fit();
    this.#tell("view");
  }

  /** What is on the screen, or null where there is nothing. @returns {import("../core/pictures.js").Picture | null} */
  get shown() {
    const picture = this.scene?.layers.a?.picture;
    return picture && "bitmap" in picture ? picture : null;
  }

  /** Why the frame in hand cannot be shown, if it cannot. @returns {Error | null} */
  get problem() {
    return this.scene?.problems.a ?? null;
  }

  /** The number of the frame on the screen. */
  get shownFrame() {
    return this.scene?.frame ?? this.shot.frame;
  }

  get loading() {
    return this.feed.loading;
  }

  /** @param {import("./sources.js").LookedAt} source */
  setSource(source) {
    if (same(source, this.source)) return;
    this.source = source;
    this.#tell("source");
    this.refresh();
    this.feed.readAhead(this.shot.frame);
  }

  /** @param {boolean} overlay */
  setOverlay(overlay) {
    this.overlay = overlay;
    this.#tell("overlay");
    this.refresh();
  }

  #lookChanged() {
    const panes = this.look.panes.join();
    if (panes !== this.#panes) {
      this.#panes = panes;
      this.#laidOut();
      this.#viewChanged();
    }
    this.refresh();
  }

  #panes = "1,1";

  // The mask that a tool draws

  /** Shown in false colour over the picture while the overlay is on; giving one puts the overlay on. @param {{ width: number, height: number, data: Uint8Array } | null} mask */
  setMask(mask) {
    if (mask && !this.mask) this.#overlayBefore = this.overlay;
    const overlay = mask ? this.overlay || !this.mask : this.#overlayBefore;
    this.mask = mask;
    this.screen.setMask(mask);
    if (overlay !== this.overlay) this.setOverlay(overlay);
    this.redraw();
  }

  /** @param {{ x: number, y: number, width: number, height: number }} rect  of the plate */
  maskChanged(rect) {
    this.screen.maskChanged(rect);
    this.redraw();
  }

  // Tools

  /** Tools that get the pointer, the foremost first. @returns {StageTool[]} */
  get tools() {
    return [this.handle, ...(this.#tool ? [this.#tool] : [])];
  }

  get tool() {
    return this.#tool;
  }

  /** The tool gets the pointer while it is in use. @param {StageTool} tool  @returns {() => void} puts it away */
  useTool(tool) {
    this.#tool = tool;
    this.pointers.showCursor();
    this.redraw();
    return () => {
      if (this.#tool !== tool) return;
      tool.leave?.();
      this.#tool = null;
      this.pointers.showCursor();
      this.redraw();
    };
  }

  /** @param {Point | null} at */
  hovered(at) {
    this.#tell("hover", at && { x: at.x, y: at.y });
  }

  // Drawing

  /** Draw at the next animation frame. */
  redraw() {
    if (!this.#next) this.#next = requestAnimationFrame(() => this.#drawNow());
  }

  /** @param {boolean} [quick]  a step: drawn more finely once it rests */
  #drawNow(quick = false) {
    cancelAnimationFrame(this.#next);
    clearTimeout(this.#resting);
    this.#next = 0;
    if (quick) this.#resting = setTimeout(() => this.#drawNow(), REST_MS);
    if (!this.width) return;
    if (!this.screen.paint(drawingsOf(this), quick)) return this.refresh();
    const ctx = this.screen.clearOver();
    drawSeams(ctx, this);
    for (const tool of this.tools.toReversed()) {
      ctx.save();
      tool.draw?.(ctx, this);
      ctx.restore();
    }
    this.#tell("drawn");
  }

  /** @param {string} name  @param {unknown} [detail] */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
