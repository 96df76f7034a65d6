/** Shapes on the stage: drawn point by point, then edited by their points, in groups, by handles. */

import { boxOf, featherPlace, inside, moved, nearestEdge, nearestPoint, outlineOf } from "./outline.js";
import { drawDrawing, drawMarquee, drawShape, drawTransform, FEATHER_OFF_PX, TURN_OFF_PX } from "./shape_drawing.js";
import { freeName, pointAdded, pointsRemoved } from "./shape_keys.js";
import { rounded } from "./brush.js";

const HIT_PX = 9;
const CLICK_PX = 3;
const FEATHER_PX = 2; // of a new shape

/**
 * @typedef {import("../../core/types.js").Shape} Shape
 * @typedef {import("../../viewer/pointers.js").Point} Point
 * @typedef {"points" | "scale" | "turn" | "feather" | "marquee" | "grab"} Kind
 * @typedef {{ kind: Kind, frame: number, from: Point, shape: Shape | null, now: Shape | null, centre: { x: number, y: number }, far: boolean }} Gesture
 */

/** @typedef {import("../../viewer/pointers.js").StageTool} StageTool */

/** @implements {StageTool} */
export class ShapeTool {
  name = "shapes";
  cursor = "crosshair";
  /** What is being drawn, point by point. @type {{ frame: number, curve: Shape["curve"], points: number[] } | null} */
  drawing = null;
  /** @type {Gesture | null} */
  #gesture = null;
  /** @type {Point | null} */
  #at = null;

  /** @param {import("./desk.js").MatteDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.shapes = desk.shapes;
  }

  // Drawing

  get draws() {
    return this.desk.mode === "polygon" || this.desk.mode === "spline";
  }

  /** Close what is drawn and make it a shape. With fewer than three points there is nothing to keep. */
  close() {
    const { drawing } = this;
    this.drawing = null;
    if (!drawing || drawing.points.length < 6) return this.desk.told();
    const name = freeName([...this.shapes.keys.keys(), ...this.shapes.list.map((shape) => shape.name)], "shape");
    const mode = this.desk.excludes(false) ? "exclude" : "include";
    const shape = { name, mode: /** @type {Shape["mode"]} */ (mode), points: drawing.points, curve: drawing.curve, feather_px: FEATHER_PX, keyed: true };
    if (!this.shapes.key(shape, this.desk.carrier(), drawing.frame)) this.desk.tell(`${name} crosses itself and is not saved yet: move a point, or press Escape`);
    this.shapes.select(name);
    if (this.draws) this.desk.setMode("edit");
  }

  /** Give up what is being drawn or dragged. Gives back whether there was something. */
  drop() {
    const had = this.drawing ?? this.#gesture;
    const crossing = this.shapes.unsent.find(({ frame, name }) => frame === this.desk.shot.frame && name === this.shapes.selected);
    if (this.#gesture?.now) this.shapes.revert(this.#gesture.now.name);
    else if (crossing && !had) this.shapes.revert(crossing.name);
    this.drawing = null;
    this.#gesture = null;
    this.desk.told();
    return had !== null || crossing !== undefined;
  }

  /** Take the points in hand away, or the last one drawn, or the whole shape. */
  remove() {
    const { drawing } = this;
    if (drawing) {
      drawing.points.length -= 2;
      if (!drawing.points.length) this.drawing = null;
      return this.desk.told();
    }
    const shape = this.shapes.inHand;
    if (!shape) return;
    const { points } = this.shapes;
    if (points.size && shape.points.length / 2 - points.size >= 3) {
      if (!this.shapes.restructure(shape, pointsRemoved(new Set(points)))) this.desk.tell("Without these points the shape would cross itself", { kind: "bad" });
    } else if (points.size && points.size < shape.points.length / 2) this.desk.tell("A shape needs three points; with no point selected, Delete removes the shape", { kind: "bad" });
    else this.shapes.remove(shape.name, this.desk.shot.range);
  }

  /** The points in hand follow the pointer until a click. */
  grab() {
    const shape = this.shapes.inHand;
    if (!shape || !this.#at) return;
    this.desk.setMode("edit");
    this.#gesture = { kind: "grab", frame: this.desk.shot.frame, from: this.#at, shape, now: null, centre: this.#at, far: true };
  }

  /** Move the points in hand by so many plate pixels. @param {number} dx  @param {number} dy */
  nudge(dx, dy) {
    const shape = this.shapes.inHand;
    if (shape) this.shapes.key({ ...shape, points: moved(shape.points, this.#which(shape), { dx, dy }) });
  }

  // The pointer

  /** @param {Point} at  @param {PointerEvent} event */
  down(at, event) {
    this.#at = at;
    if (this.draws) return this.#drawDown(at);
    if (this.#gesture?.kind === "grab") return this.#finish(), true;
    const shape = this.shapes.inHand;
    const kind = shape && this.#handleAt(shape, at);
    if (shape && kind) return this.#begin(kind, at, shape);
    if (shape && event.ctrlKey) return this.#insert(shape, at);
    const point = shape ? nearestPoint(shape.points, at) : null;
    if (shape && point && this.#near(point.distance)) {
      this.#pick(point.index, event.shiftKey);
      return this.#begin("points", at, shape);
    }
    if (shape && this.shapes.points.size > 1 && this.#inBox(shape, at)) return this.#begin("points", at, shape);
    return this.#begin("marquee", at, shape);
  }

  /** @param {Point} at */
  #drawDown(at) {
    const { frame } = this.desk.shot;
    if (this.drawing && this.drawing.frame !== frame) this.close();
    this.drawing ??= { frame, curve: this.desk.mode === "spline" ? "spline" : "polygon", points: [] };
    const { points } = this.drawing;
    if (points.length >= 6 && this.#near(Math.hypot(points[0] - at.x, points[1] - at.y))) this.close();
    else points.push(rounded(at.x), rounded(at.y));
    this.desk.told();
    return true;
  }

  /** @param {Kind} kind  @param {Point} at  @param {Shape | null} shape */
  #begin(kind, at, shape) {
    const box = shape ? boxOf(shape.points, this.shapes.points) : { left: 0, top: 0, right: 0, bottom: 0 };
    const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
    const opposite = { x: at.x < middle.x ? box.right : box.left, y: at.y < middle.y ? box.bottom : box.top };
    this.#gesture = { kind, frame: this.desk.shot.frame, from: at, shape, now: null, centre: kind === "scale" ? opposite : middle, far: false };
    return true;
  }

  /** @param {Point} at  @param {PointerEvent} event  @param {boolean} dragging */
  move(at, event, dragging) {
    this.#at = at;
    const gesture = this.#gesture;
    if (this.draws && dragging && this.drawing) {
      const { points } = this.drawing;
      points.splice(points.length - 2, 2, rounded(at.x), rounded(at.y));
    } else if (gesture && (dragging || gesture.kind === "grab")) {
      gesture.far ||= Math.hypot(at.viewX - gesture.from.viewX, at.viewY - gesture.from.viewY) >= CLICK_PX;
      if (gesture.far && gesture.shape && gesture.kind !== "marquee") {
        gesture.now = this.#dragged(gesture, at, event.shiftKey);
        this.shapes.draft(gesture.now, gesture.frame);
      }
    }
    this.desk.stage.redraw();
  }

  /** @param {Point} at  @param {PointerEvent} event */
  up(at, event) {
    this.#at = at;
    if (!this.#gesture || this.#gesture.kind === "grab") return;
    if (this.#gesture.kind === "marquee") this.#marquee(this.#gesture, at, event.shiftKey);
    else if (this.#gesture.kind === "points" && !this.#gesture.far && !event.shiftKey) this.#clicked(at);
    else this.#finish();
    this.#gesture = null;
    this.desk.stage.redraw();
  }

  leave() {
    this.#at = null;
  }

  /** End what is being done and keep it: another frame or tool is taken up. */
  end() {
    if (this.drawing) this.close();
    if (this.#gesture) this.#finish();
  }

  #finish() {
    const gesture = this.#gesture;
    this.#gesture = null;
    if (!gesture?.now || this.shapes.key(gesture.now, {}, gesture.frame)) return;
    this.desk.tell(`Shape ${gesture.now.name} crosses itself on frame ${gesture.frame} and is not saved: move a point, or press Escape`);
  }

  /** The shape as a drag makes it. @param {Gesture} gesture  @param {Point} at  @param {boolean} freely */
  #dragged({ kind, from, shape: was, centre }, at, freely) {
    const shape = /** @type {Shape} */ (was);
    const which = this.#which(shape);
    if (kind === "feather") return { ...shape, feather_px: this.#featherAt(shape, at) };
    if (kind === "turn") {
      const angle = Math.atan2(at.y - centre.y, at.x - centre.x) - Math.atan2(from.y - centre.y, from.x - centre.x);
      return { ...shape, points: moved(shape.points, which, { centre, angle: freely ? (Math.round((angle * 12) / Math.PI) * Math.PI) / 12 : angle }) };
    }
    if (kind === "scale") {
      const share = (/** @type {number} */ now, /** @type {number} */ then) => (Math.abs(then) < 1e-3 ? 1 : now / then);
      const scaleX = share(at.x - centre.x, from.x - centre.x), scaleY = share(at.y - centre.y, from.y - centre.y);
      const both = Math.hypot(at.x - centre.x, at.y - centre.y) / (Math.hypot(from.x - centre.x, from.y - centre.y) || 1);
      return { ...shape, points: moved(shape.points, which, freely ? { centre, scaleX, scaleY } : { centre, scaleX: both, scaleY: both }) };
    }
    return { ...shape, points: moved(shape.points, which, { dx: at.x - from.x, dy: at.y - from.y }) };
  }

  // What lies where

  /** @param {number} distance  in plate pixels */
  #near(distance) {
    return distance * this.desk.stage.view.scale <= HIT_PX;
  }

  /** The points that a drag moves. @param {Shape} shape */
  #which(shape) {
    const { points } = this.shapes;
    return points.size ? points : new Set(Array.from({ length: shape.points.length / 2 }, (_, at) => at));
  }

  /** @param {Shape} shape  @param {Point} at  @returns {Kind | null} */
  #handleAt(shape, at) {
    const hit = (/** @type {{ x: number, y: number }} */ place) => Math.hypot(place.x - at.viewX, place.y - at.viewY) <= HIT_PX;
    if (this.shapes.points.size < 2) return hit(this.#featherHandle(shape)) ? "feather" : null; // a group has its box instead
    const { corners, turn } = this.#boxHandles(shape);
    return hit(turn) ? "turn" : corners.some(hit) ? "scale" : null;
  }

  /** @param {Shape} shape */
  #boxHandles(shape) {
    const { left, top, right, bottom } = boxOf(shape.points, this.shapes.points);
    const to = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ dx, /** @type {number} */ dy) => {
      const place = this.desk.stage.toView(x, y);
      return { x: place.x + dx, y: place.y + dy };
    };
    const off = HIT_PX + 3; // clear of the points themselves
    const corners = [to(left, top, -off, -off), to(right, top, off, -off), to(right, bottom, off, off), to(left, bottom, -off, off)];
    return { corners, turn: to((left + right) / 2, top, 0, -off - TURN_OFF_PX) };
  }

  /** @param {Shape} shape */
  #featherHandle(shape) {
    const { x, y, nx, ny } = featherPlace(shape.points, shape.curve);
    const place = this.desk.stage.toView(x, y);
    const off = (shape.feather_px / 2) * this.desk.stage.view.scale + FEATHER_OFF_PX;
    return { x: place.x + nx * off, y: place.y + ny * off };
  }

  /** @param {Shape} shape  @param {Point} at */
  #featherAt(shape, at) {
    const { x, y, nx, ny } = featherPlace(shape.points, shape.curve);
    const place = this.desk.stage.toView(x, y);
    const off = (at.viewX - place.x) * nx + (at.viewY - place.y) * ny - FEATHER_OFF_PX;
    return Math.min(1000, Math.max(0, rounded((2 * off) / this.desk.stage.view.scale)));
  }

  /** @param {Shape} shape  @param {Point} at */
  #inBox(shape, at) {
    const { left, top, right, bottom } = boxOf(shape.points, this.shapes.points);
    return at.x >= left && at.x <= right && at.y >= top && at.y <= bottom;
  }

  /** @param {number} index  @param {boolean} more */
  #pick(index, more) {
    const { points } = this.shapes;
    if (more && points.has(index)) points.delete(index);
    else if (more) points.add(index);
    else if (!points.has(index)) this.shapes.points = new Set([index]);
  }

  /** A click among selected points takes one of them in hand, beside them none. @param {Point} at */
  #clicked(at) {
    const shape = this.shapes.inHand;
    const point = shape && nearestPoint(shape.points, at);
    this.shapes.select(this.shapes.selected, point && this.#near(point.distance) ? [point.index] : []);
  }

  /** @param {Shape} shape  @param {Point} at */
  #insert(shape, at) {
    const { edge, t, distance } = nearestEdge(shape.points, shape.curve, at);
    if (!this.#near(distance)) return false;
    this.shapes.restructure(shape, pointAdded(edge, t));
    this.shapes.select(shape.name, [edge + 1]);
    return true;
  }

  /** @param {Gesture} gesture  @param {Point} at  @param {boolean} more */
  #marquee({ from, shape, far }, at, more) {
    if (!far) return this.shapes.select(this.#shapeAt(at)?.name ?? "");
    const within = (/** @type {Shape} */ one) => {
      const found = new Set(/** @type {number[]} */ ([]));
      for (let index = 0; index < one.points.length / 2; index++) {
        const x = one.points[2 * index], y = one.points[2 * index + 1];
        if ((x - from.x) * (x - at.x) <= 0 && (y - from.y) * (y - at.y) <= 0) found.add(index);
      }
      return found;
    };
    const one = shape ?? this.shapes.list.toSorted((a, b) => within(b).size - within(a).size)[0];
    if (one) this.shapes.select(one.name, [...(more && shape ? this.shapes.points : []), ...within(one)]);
  }

  /** @param {Point} at */
  #shapeAt(at) {
    return this.shapes.list.findLast((shape) => inside(outlineOf(shape.points, shape.curve), at) || this.#near(nearestEdge(shape.points, shape.curve, at).distance));
  }

  /** @param {CanvasRenderingContext2D} ctx  @param {import("../../viewer/stage.js").Stage} stage */
  draw(ctx, stage) {
    const { shapes } = this;
    for (const shape of shapes.list) drawShape(ctx, stage, shape, { selected: shape.name === shapes.selected, points: shapes.points, handle: null });
    const shape = this.draws ? null : shapes.inHand;
    if (shape) drawShape(ctx, stage, shape, { selected: true, points: shapes.points, handle: shapes.points.size < 2 ? this.#featherHandle(shape) : null });
    if (shape && shapes.points.size > 1) drawTransform(ctx, this.#boxHandles(shape));
    if (this.drawing) drawDrawing(ctx, stage, this.drawing, this.#at, this.desk.excludes(false));
    if (this.#gesture?.kind === "marquee" && this.#gesture.far && this.#at) drawMarquee(ctx, this.#gesture.from, this.#at);
  }
}
