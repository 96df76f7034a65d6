/** Painting on the stage: the brush under the pointer, its soft edge seen, straight lines, its size by hand. */

import { drawShape } from "./shape_drawing.js";

const STEP = 1.12; // of the radius, for one notch of the wheel
const DRAG_DOUBLE_PX = 90; // of a drag with the size key down
const LEAST_SEEN_PX = 3;

/** @typedef {import("../../viewer/pointers.js").StageTool} StageTool */

/** @implements {StageTool} */
export class BrushTool {
  name = "brush";
  cursor = "none";
  /** @type {import("../../viewer/pointers.js").Point | null} */
  #at = null;
  #alt = false;
  /** @type {{ x: number, y: number, frame: number } | null} */
  #ended = null;
  /** @type {{ x: number, radius: number } | null} */
  #sizing = null;

  /** @param {import("./desk.js").MatteDesk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** @param {import("../../viewer/pointers.js").Point} at  @param {PointerEvent} event */
  down(at, event) {
    if (event.button !== 0 || this.#sizing) return false;
    const { mask, brush } = this.desk;
    const ended = this.#ended;
    const straight = event.shiftKey && ended?.frame === this.desk.shot.frame ? ended : null;
    this.#alt = event.altKey;
    mask.begin(straight ?? at, { radius: brush.radius, softness: brush.softness, exclude: this.desk.excludes(event.altKey) });
    if (straight) mask.go(at);
    this.#at = at;
    return true;
  }

  /** @param {import("../../viewer/pointers.js").Point} at  @param {PointerEvent} event  @param {boolean} dragging */
  move(at, event, dragging) {
    this.#at = at;
    this.#alt = event.altKey;
    if (this.#sizing) this.desk.setBrush({ radius: this.#sizing.radius * 2 ** ((at.viewX - this.#sizing.x) / DRAG_DOUBLE_PX) });
    else if (dragging) this.desk.mask.go(at);
    this.desk.stage.redraw();
  }

  /** @param {import("../../viewer/pointers.js").Point} at */
  up(at) {
    const points = this.desk.mask.stroke?.points;
    if (points) this.#ended = { x: points[points.length - 2], y: points[points.length - 1], frame: this.desk.shot.frame };
    this.#at = at;
    this.desk.mask.end();
  }

  leave() {
    this.#at = null;
    this.desk.stage.redraw();
  }

  /** @param {import("../../viewer/pointers.js").Point} _at  @param {WheelEvent} event */
  wheel(_at, event) {
    if (!event.ctrlKey) return false;
    this.desk.setBrush({ radius: this.desk.brush.radius * (event.deltaY < 0 ? STEP : 1 / STEP) });
    return true;
  }

  /** The size key is down: the pointer's way to the right makes the brush larger. */
  beginSizing() {
    if (this.#at && !this.desk.mask.stroke) this.#sizing = { x: this.#at.viewX, radius: this.desk.brush.radius };
  }

  endSizing() {
    this.#sizing = null;
  }

  /** @param {CanvasRenderingContext2D} ctx  @param {import("../../viewer/stage.js").Stage} stage */
  draw(ctx, stage) {
    for (const shape of this.desk.shapes.list) drawShape(ctx, stage, shape, { selected: false, points: new Set(), handle: null });
    if (!this.#at) return;
    const { radius, softness } = this.desk.brush;
    const { x, y } = stage.toView(this.#at.x, this.#at.y);
    const right = stage.toView(this.#at.x + radius, this.#at.y);
    const below = stage.toView(this.#at.x, this.#at.y + radius);
    const wide = Math.max(LEAST_SEEN_PX, right.x - x), high = Math.max(LEAST_SEEN_PX, below.y - y);
    ring(ctx, x, y, wide, high, []);
    if (softness > 0 && wide > 8) ring(ctx, x, y, wide * (1 - softness), high * (1 - softness), [3, 3]);
    sign(ctx, x, y, this.desk.mask.stroke?.exclude ?? this.desk.excludes(this.#alt));
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {number} x  @param {number} y  @param {number} wide  @param {number} high  @param {number[]} dash */
function ring(ctx, x, y, wide, high, dash) {
  if (wide < 0.5) return;
  ctx.setLineDash(dash);
  for (const [width, colour] of /** @type {[number, string][]} */ ([[3, "#000a"], [1.25, "#fff"]])) {
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

/** Plus where the brush includes, minus where it excludes: never by colour alone. @param {CanvasRenderingContext2D} ctx  @param {number} x  @param {number} y  @param {boolean} minus */
function sign(ctx, x, y, minus) {
  ctx.setLineDash([]);
  for (const [width, colour] of /** @type {[number, string][]} */ ([[3.5, "#000a"], [1.5, "#fff"]])) {
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(x - 4, y);
    ctx.lineTo(x + 4, y);
    if (!minus) {
      ctx.moveTo(x, y - 4);
      ctx.lineTo(x, y + 4);
    }
    ctx.stroke();
  }
}
