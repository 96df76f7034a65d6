/** Outlines of shapes: points, splines through them, crossings, and moving points together. Points are flat. */

import { rounded } from "./brush.js";

/** @typedef {{ x: number, y: number }} Place */

const SPLINE_STEP_PX = 2;
const SPLINE_SAMPLES = [4, 64]; // between two points of a spline, as the backend draws it
const MOST_COMPARED = 400; // corners; the backend looks no further either

/** @param {readonly number[]} points  @param {number} at  @returns {Place} the point, counted around */
export function pointOf(points, at) {
  const count = points.length / 2;
  const index = ((at % count) + count) % count;
  return { x: points[2 * index], y: points[2 * index + 1] };
}

/**
 * The closed outline as a fine polygon; a spline is a uniform Catmull-Rom through its points, like the backend's.
 * @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @returns {number[]} flat
 */
export function outlineOf(points, curve) {
  if (curve === "polygon" || points.length < 6) return [...points];
  const outline = [];
  for (let at = 0; at < points.length / 2; at++) {
    const samples = samplesOf(points, at);
    for (let k = 0; k < samples; k++) {
      const { x, y } = along(points, curve, at, k / samples);
      outline.push(x, y);
    }
  }
  return outline;
}

/** @param {readonly number[]} points  @param {number} at */
function samplesOf(points, at) {
  const a = pointOf(points, at);
  const b = pointOf(points, at + 1);
  const [least, most] = SPLINE_SAMPLES;
  return Math.trunc(Math.min(most, Math.max(least, Math.hypot(b.x - a.x, b.y - a.y) / SPLINE_STEP_PX)));
}

/** A place on the edge that begins at a point. @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @param {number} at  @param {number} t  0..1  @returns {Place} */
export function along(points, curve, at, t) {
  const p1 = pointOf(points, at);
  const p2 = pointOf(points, at + 1);
  if (curve === "polygon") return { x: p1.x + t * (p2.x - p1.x), y: p1.y + t * (p2.y - p1.y) };
  const p0 = pointOf(points, at - 1);
  const p3 = pointOf(points, at + 2);
  const one = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) =>
    b + (t / 2) * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d)));
  return { x: one(p0.x, p1.x, p2.x, p3.x), y: one(p0.y, p1.y, p2.y, p3.y) };
}

/**
 * The edge of a shape that is nearest to a place.
 * @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @param {Place} place
 * @returns {{ edge: number, t: number, distance: number }}
 */
export function nearestEdge(points, curve, place) {
  let best = { edge: 0, t: 0, distance: Infinity };
  for (let edge = 0; edge < points.length / 2; edge++) {
    const samples = curve === "polygon" ? 1 : samplesOf(points, edge);
    for (let k = 0; k < samples; k++) {
      const a = along(points, curve, edge, k / samples);
      const b = along(points, curve, edge, (k + 1) / samples);
      const square = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      const part = square ? Math.min(1, Math.max(0, ((place.x - a.x) * (b.x - a.x) + (place.y - a.y) * (b.y - a.y)) / square)) : 0;
      const distance = Math.hypot(place.x - a.x - part * (b.x - a.x), place.y - a.y - part * (b.y - a.y));
      if (distance < best.distance) best = { edge, t: (k + part) / samples, distance };
    }
  }
  return best;
}

/** The point that is nearest to a place. @param {readonly number[]} points  @param {Place} place */
export function nearestPoint(points, place) {
  let best = { index: -1, distance: Infinity };
  for (let index = 0; index < points.length / 2; index++) {
    const distance = Math.hypot(points[2 * index] - place.x, points[2 * index + 1] - place.y);
    if (distance < best.distance) best = { index, distance };
  }
  return best;
}

/** A new point on an edge. @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @param {number} edge  @param {number} t  @returns {number[]} */
export function withPoint(points, curve, edge, t) {
  const { x, y } = along(points, curve, edge, t);
  return [...points.slice(0, 2 * edge + 2), rounded(x), rounded(y), ...points.slice(2 * edge + 2)];
}

/** @param {readonly number[]} points  @param {Set<number>} gone  @returns {number[]} */
export function withoutPoints(points, gone) {
  return points.filter((_, at) => !gone.has(at >> 1));
}

/** Whether a place lies inside a closed outline. @param {readonly number[]} outline  @param {Place} place */
export function inside(outline, { x, y }) {
  let within = false;
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [ax, ay, bx, by] = [outline[at], outline[at + 1], outline[before], outline[before + 1]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

/**
 * Two edges of the closed polygon that properly cross each other, by their first points; null when none do.
 * The service refuses such shapes by the same rule.
 * @param {readonly number[]} points  @returns {[number, number] | null}
 */
export function firstCrossing(points) {
  const count = points.length / 2;
  if (count > MOST_COMPARED) return null;
  for (let i = 0; i < count; i++) {
    for (let j = i + 2; j < count; j++) {
      if (i === 0 && j === count - 1) continue;
      if (cross(pointOf(points, i), pointOf(points, i + 1), pointOf(points, j), pointOf(points, j + 1))) return [i, j];
    }
  }
  return null;
}

/** @param {Place} a  @param {Place} b  @param {Place} c  @param {Place} d */
function cross(a, b, c, d) {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** @param {Place} p  @param {Place} q  @param {Place} r */
function side(p, q, r) {
  return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
}

/** The box around some points; all of them when none are named. @param {readonly number[]} points  @param {Set<number>} [which] */
export function boxOf(points, which = new Set()) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let index = 0; index < points.length / 2; index++) {
    if (which.size && !which.has(index)) continue;
    box.left = Math.min(box.left, points[2 * index]);
    box.right = Math.max(box.right, points[2 * index]);
    box.top = Math.min(box.top, points[2 * index + 1]);
    box.bottom = Math.max(box.bottom, points[2 * index + 1]);
  }
  return box;
}

/**
 * Some points moved together: scaled and turned about a centre, then shifted.
 * @param {readonly number[]} points  @param {Set<number>} which
 * @param {{ centre?: Place, scaleX?: number, scaleY?: number, angle?: number, dx?: number, dy?: number }} how  angle in radians
 * @returns {number[]}
 */
export function moved(points, which, { centre = { x: 0, y: 0 }, scaleX = 1, scaleY = 1, angle = 0, dx = 0, dy = 0 }) {
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const all = [...points];
  for (const index of which) {
    const x = (points[2 * index] - centre.x) * scaleX;
    const y = (points[2 * index + 1] - centre.y) * scaleY;
    all[2 * index] = rounded(centre.x + x * cos - y * sin + dx);
    all[2 * index + 1] = rounded(centre.y + x * sin + y * cos + dy);
  }
  return all;
}

/** Positive when the points run clockwise on screen. @param {readonly number[]} points */
export function areaOf(points) {
  let sum = 0;
  for (let at = 0; at < points.length / 2; at++) {
    const a = pointOf(points, at), b = pointOf(points, at + 1);
    sum += a.x * b.y - b.x * a.y;
  }
  return sum / 2;
}

/** Where the feather is dragged: the middle of the first edge, and the way out of the shape. @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @returns {{ x: number, y: number, nx: number, ny: number }} */
export function featherPlace(points, curve) {
  const { x, y } = along(points, curve, 0, 0.5);
  const before = along(points, curve, 0, 0.45), after = along(points, curve, 0, 0.55);
  const length = Math.hypot(after.x - before.x, after.y - before.y) || 1;
  const turn = areaOf(points) >= 0 ? 1 : -1;
  return { x, y, nx: (turn * (after.y - before.y)) / length, ny: (-turn * (after.x - before.x)) / length };
}
