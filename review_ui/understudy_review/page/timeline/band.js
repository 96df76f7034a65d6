/** The timeline itself: lanes on a canvas, the playhead over them; click and drag to seek, wheel to zoom. */

import { html, useEffect, useRef } from "../core/view.js";
import { CachedRow } from "./cached_row.js";
import { columns, HEIGHT, LANE, LANES } from "./lanes.js";
import { Minimap } from "./minimap.js";
import { coloursOf, paintLanes } from "./paint.js";
import { frameParts, frameWords } from "./words.js";

const WHEEL_ZOOM = 1.0015; // a notch of the wheel, to the power of its pixels
const SNAP_PX = 5; // to a note that is pointed at

/**
 * @typedef {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage,
 *   span: import("./span.js").Span, trouble: import("./trouble.js").Trouble }} Parts
 */

/** @param {Parts} props */
export function Band({ shot, stage, span, trouble }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    const lanes = new Lanes(/** @type {HTMLDivElement} */ (box.current), { shot, stage, span, trouble });
    return () => lanes.close();
  }, [shot, stage, span, trouble]);
  return html`<div class="band">
    <div class="band-names" aria-hidden="true">${LANES.map(({ id, title, top, height, help }) => title && html`
      <span key=${id} title=${help} style=${{ top: `${top}px`, height: `${height}px` }}>${title}</span>`)}
    </div>
    <div class="band-wide">
      <${Minimap} shot=${shot} span=${span} trouble=${trouble} />
      <div class="band-lanes" ref=${box} tabindex="0" role="slider" aria-label="Timeline" style=${{ height: `${HEIGHT}px` }}>
        <canvas></canvas>
        <div class="band-hover" hidden></div>
        <div class="band-head"><i></i></div>
      </div>
      <div class="band-told" hidden></div>
    </div>
  </div>`;
}

/** The moving side of the timeline; it draws when something changed, once an animation frame. */
class Lanes {
  #due = 0;
  /** @type {(() => void)[]} */
  #ends = [];
  /** What a drag does. @type {"seek" | "range" | "pan" | null} */
  #drag = null;
  #dragFrom = 0;

  /** @param {HTMLDivElement} box  @param {Parts} parts */
  constructor(box, { shot, stage, span, trouble }) {
    this.box = box;
    this.shot = shot;
    this.span = span;
    this.trouble = trouble;
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.head = /** @type {HTMLElement} */ (box.querySelector(".band-head"));
    this.hover = /** @type {HTMLElement} */ (box.querySelector(".band-hover"));
    this.told = /** @type {HTMLElement} */ (box.parentElement?.querySelector(".band-told"));
    this.colours = coloursOf(box);
    this.cached = new CachedRow(shot, stage);
    this.#hear(shot, ["timeline", "take", "measures", "inout"], () => this.#later());
    this.#hear(trouble, ["change"], () => this.#later());
    this.#hear(this.cached, ["change"], () => this.#later());
    this.#hear(span, ["change"], () => this.#later());
    this.#hear(shot, ["frame"], () => this.#moved());
    this.#hear(shot, ["timeline", "take", "measures"], () => this.#say());
    this.#listen();
    const sized = new ResizeObserver(() => this.#size());
    sized.observe(box);
    this.#ends.push(() => sized.disconnect(), () => this.cached.close());
    this.#size();
    this.#say();
  }

  close() {
    cancelAnimationFrame(this.#due);
    for (const end of this.#ends) end();
  }

  /** @param {EventTarget} target  @param {string[]} names  @param {() => void} heard */
  #hear(target, names, heard) {
    for (const name of names) {
      target.addEventListener(name, heard);
      this.#ends.push(() => target.removeEventListener(name, heard));
    }
  }

  #size() {
    this.span.width = Math.max(1, this.box.clientWidth);
    this.canvas.width = Math.round(this.span.width * devicePixelRatio);
    this.canvas.height = Math.round(HEIGHT * devicePixelRatio);
    this.#draw();
  }

  #later() {
    this.#due ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    const ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const { shot, span, trouble, colours } = this;
    const seen = columns(shot, span, trouble.values, this.cached.held, this.canvas.width);
    paintLanes(ctx, seen, { shot, span, colours, threshold: trouble.threshold });
    this.#place();
  }

  #moved() {
    if (!this.#drag) this.span.follow(this.shot.frame);
    this.#place();
    this.#say();
  }

  /** The playhead: a box as wide as its frame. */
  #place() {
    const x = this.span.toX(this.shot.frame);
    const shown = x > -this.span.pxPerFrame && x < this.span.width;
    this.head.style.transform = `translateX(${x}px)`;
    this.head.style.width = `${Math.max(1, this.span.pxPerFrame)}px`;
    this.head.style.visibility = shown ? "visible" : "hidden";
  }

  #say() {
    const { frame, range } = this.shot;
    this.box.setAttribute("aria-valuemin", String(range.first));
    this.box.setAttribute("aria-valuemax", String(range.last));
    this.box.setAttribute("aria-valuenow", String(frame));
    this.box.setAttribute("aria-valuetext", frameWords(this.shot, frame));
  }

  #listen() {
    const { box } = this;
    box.addEventListener("pointerdown", (event) => this.#down(event));
    box.addEventListener("pointermove", (event) => this.#move(event));
    box.addEventListener("pointerup", () => (this.#drag = null));
    box.addEventListener("pointercancel", () => (this.#drag = null));
    box.addEventListener("pointerleave", () => this.#drag || this.#unhover());
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("dblclick", () => this.span.fit());
    box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {PointerEvent} event */
  #x(event) {
    return event.clientX - this.box.getBoundingClientRect().left;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 1) return;
    this.box.setPointerCapture(event.pointerId);
    this.#drag = event.button === 1 ? "pan" : event.shiftKey ? "range" : "seek";
    this.#dragFrom = this.#drag === "pan" ? this.#x(event) : this.span.toFrame(this.#x(event));
    if (this.#drag === "seek") this.shot.goTo(this.#snapped(event));
    if (event.button === 1) event.preventDefault();
  }

  /** A click beside a note in the lane of marks means the note. @param {PointerEvent} event */
  #snapped(event) {
    const x = this.#x(event);
    const y = event.clientY - this.box.getBoundingClientRect().top;
    const frame = this.span.toFrame(x);
    if (y < LANE.marks.top || y > LANE.marks.top + LANE.marks.height) return frame;
    const reach = Math.ceil(SNAP_PX / this.span.pxPerFrame);
    const near = Object.keys(this.shot.timeline.notes).map(Number).filter((noted) => Math.abs(noted - frame) <= reach);
    return near.sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame))[0] ?? frame;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const x = this.#x(event);
    if (this.#drag === "pan") {
      this.span.pan((this.#dragFrom - x) / this.span.pxPerFrame);
      this.#dragFrom = x;
      return;
    }
    if (this.#drag === "seek") this.shot.goTo(this.span.toFrame(x));
    if (this.#drag === "range") this.shot.setInOut({ first: this.#dragFrom, last: this.span.toFrame(x) });
    this.#tell(x);
  }

  /** @param {number} x */
  #tell(x) {
    const frame = this.span.toFrame(x);
    this.hover.hidden = this.told.hidden = false;
    this.hover.style.transform = `translateX(${Math.min(this.span.width - 1, Math.max(0, x))}px)`;
    const [name, ...rest] = frameParts(this.shot, frame);
    if (this.cached.held[frame - this.shot.range.first]) rest.push("ready to play");
    this.told.replaceChildren(Object.assign(document.createElement("b"), { textContent: name }), `  ${rest.join(" · ")}`);
    const room = this.span.width - this.told.offsetWidth;
    this.told.style.left = `${Math.max(0, Math.min(room, x - this.told.offsetWidth / 2))}px`;
  }

  #unhover() {
    this.hover.hidden = this.told.hidden = true;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const across = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (across) this.span.pan(((event.deltaX || event.deltaY) / this.span.width) * this.span.count);
    else this.span.zoom(WHEEL_ZOOM ** -event.deltaY, this.#x(/** @type {any} */ (event)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { shot, span } = this;
    const page = Math.max(1, Math.round(span.count / 10));
    const jump = event.shiftKey ? 10 : 1;
    const middle = () => span.toX(shot.frame);
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowLeft: () => shot.step(-jump), ArrowRight: () => shot.step(jump),
      ArrowDown: () => shot.step(-jump), ArrowUp: () => shot.step(jump),
      PageDown: () => shot.step(-page), PageUp: () => shot.step(page),
      Home: () => shot.goTo(shot.range.first), End: () => shot.goTo(shot.range.last),
      "+": () => span.zoom(1.5, middle()), "=": () => span.zoom(1.5, middle()), "-": () => span.zoom(1 / 1.5, middle()),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }
}
