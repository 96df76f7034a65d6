/** From a solved matte to an outline that can be edited: marching squares at one half, then fewer points. */

import { areaOf, firstCrossing } from "./outline.js";
import { rounded, thinned } from "./brush.js";

const HALF = 127.5;
const START_ERROR_PX = 0.5;
const COARSER = 1.35;
const LEAST_AREA_PX = 16;

/**
 * The outlines of a mask at one half, the largest first, each as an editable polygon of at most `most` points.
 * @param {import("./brush.js").Mask} mask  @param {number} [most]  @returns {number[][]}
 */
export function tracedShapes(mask, most = 60) {
  return contoursOf(mask)
    .filter((contour) => Math.abs(areaOf(contour)) >= LEAST_AREA_PX)
    .sort((a, b) => Math.abs(areaOf(b)) - Math.abs(areaOf(a)))
    .map((contour) => simplified(contour, most))
    .filter((points) => points.length >= 6);
}

/** A closed contour with few points, none of its edges crossing. @param {number[]} contour  @param {number} most  @returns {number[]} */
export function simplified(contour, most) {
  for (let error = START_ERROR_PX; ; error *= COARSER) {
    const points = closedThinned(contour, error);
    if (points.length / 2 <= most && !firstCrossing(points)) return points;
    if (points.length < 8) return points;
  }
}

/** Douglas-Peucker of a ring: from its first point to the one farthest from it and back. @param {number[]} ring  @param {number} error */
function closedThinned(ring, error) {
  let far = 0;
  let most = -1;
  for (let at = 0; at < ring.length; at += 2) {
    const distance = Math.hypot(ring[at] - ring[0], ring[at + 1] - ring[1]);
    if (distance > most) [far, most] = [at, distance];
  }
  const out = thinned(ring.slice(0, far + 2), error, Infinity);
  const back = thinned([...ring.slice(far), ring[0], ring[1]], error, Infinity);
  return [...out, ...back.slice(2, -2)].map(rounded);
}

/**
 * All closed contours of a mask at one half, between pixel centres (at half-integers); the mask is taken as 0
 * outside. A cell lies between four pixel centres; a contour is followed from cell to cell, the inside to its left.
 * @param {import("./brush.js").Mask} mask  @returns {number[][]} flat points
 */
export function contoursOf(mask) {
  const { width, height } = mask;
  const across = width + 1; // cells a row; cell (cx, cy) has the pixels cx-1..cx, cy-1..cy
  const seen = new Uint8Array(across * (height + 1)); // cells that were entered from the top
  /** @param {number} x  @param {number} y */
  const value = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : mask.data[y * width + x]);
  const contours = [];
  for (let cy = 0; cy <= height; cy++) {
    for (let cx = 0; cx <= width; cx++) {
      if (value(cx - 1, cy - 1) > HALF || value(cx, cy - 1) <= HALF) continue; // each contour has such a top side
      if (!seen[cy * across + cx]) contours.push(followed(value, across, seen, cx, cy));
    }
  }
  return contours;
}

const UP = 0, RIGHT = 1, DOWN = 2, LEFT = 3;

/**
 * One contour, entering its first cell through the top.
 * @param {(x: number, y: number) => number} value  @param {number} across  @param {Uint8Array} seen
 * @param {number} startX  @param {number} startY  @returns {number[]}
 */
function followed(value, across, seen, startX, startY) {
  let [cx, cy, entered] = [startX, startY, UP];
  const points = [];
  do {
    if (entered === UP) seen[cy * across + cx] = 1;
    const leaves = leaving(value, cx, cy, entered);
    points.push(...crossingOf(value, cx, cy, leaves));
    if (leaves === UP) cy--;
    else if (leaves === DOWN) cy++;
    else if (leaves === LEFT) cx--;
    else cx++;
    entered = (leaves + 2) % 4;
  } while (cx !== startX || cy !== startY || entered !== UP);
  return points;
}

/**
 * Through which side of a cell the contour leaves that entered by `entered`.
 * @param {(x: number, y: number) => number} value  @param {number} cx  @param {number} cy  @param {number} entered
 */
function leaving(value, cx, cy, entered) {
  const corners = [value(cx - 1, cy - 1), value(cx, cy - 1), value(cx, cy), value(cx - 1, cy)]; // around, from the top left
  const crossed = [UP, RIGHT, DOWN, LEFT].filter((side) => corners[side] > HALF !== corners[(side + 1) % 4] > HALF);
  if (crossed.length === 2) return crossed[0] === entered ? crossed[1] : crossed[0];
  const middle = corners.reduce((sum, corner) => sum + corner, 0) / 4 > HALF;
  const joinsTopLeft = corners[0] > HALF !== middle; // a saddle: the top left corner stands alone
  if (joinsTopLeft) return { [UP]: LEFT, [LEFT]: UP, [RIGHT]: DOWN, [DOWN]: RIGHT }[entered] ?? UP;
  return { [UP]: RIGHT, [RIGHT]: UP, [LEFT]: DOWN, [DOWN]: LEFT }[entered] ?? UP;
}

/** Where one half lies on a cell's side. @param {(x: number, y: number) => number} value  @param {number} cx  @param {number} cy  @param {number} side  @returns {[number, number]} */
function crossingOf(value, cx, cy, side) {
  const [ax, ay, bx, by] = [[cx - 1, cy - 1, cx, cy - 1], [cx, cy - 1, cx, cy], [cx - 1, cy, cx, cy], [cx - 1, cy - 1, cx - 1, cy]][side];
  const a = value(ax, ay), b = value(bx, by);
  const t = (HALF - a) / (b - a);
  return [ax + 0.5 + t * (bx - ax), ay + 0.5 + t * (by - ay)];
}
