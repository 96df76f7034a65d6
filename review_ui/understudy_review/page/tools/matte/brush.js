/**
 * The brush: what one piece of a stroke does to a mask, and how a stroke is taken back.
 *
 * The fall-off is the backend's own (matte/drawing.py): full up to where it begins, zero at the radius, a
 * smoothstep between. A piece only ever raises (include) or lowers (exclude) values, so pieces of one stroke
 * may overlap and come in any order: together they are the stroke.
 */

/**
 * @typedef {{ width: number, height: number, data: Uint8Array }} Mask
 * @typedef {{ x: number, y: number, width: number, height: number }} Rect
 * @typedef {{ outer: number, fall: number, exclude: boolean }} Brush   Pixels: where it ends, how long it fades.
 * @typedef {[number, number, number, number]} Segment   Its two ends: x0, y0, x1, y1.
 */

const HARD_PX = 1; // an edge is never narrower than a pixel, or it would be jagged
const TILE = 64;
const THIN_PX = 0.25;
const MOST_POINTS = 4000;

/** @param {number} radius  @param {number} softness  @param {boolean} exclude  @returns {Brush} */
export function brushOf(radius, softness, exclude) {
  const soft = softness * radius;
  const fall = Math.max(soft, HARD_PX);
  return { outer: radius + (fall - soft) / 2, fall, exclude };
}

/** The pixels that a piece can reach, inside the mask. @param {Mask} mask  @param {Segment} segment  @param {Brush} brush  @returns {Rect} */
export function reachOf(mask, [ax, ay, bx, by], { outer }) {
  const x = Math.max(0, Math.floor(Math.min(ax, bx) - outer));
  const y = Math.max(0, Math.floor(Math.min(ay, by) - outer));
  const right = Math.min(mask.width, Math.ceil(Math.max(ax, bx) + outer));
  const bottom = Math.min(mask.height, Math.ceil(Math.max(ay, by) + outer));
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

/**
 * Draw one piece of a stroke. Only pixels under the brush are looked at, row by row: where it is full they are
 * filled, where it fades they are worked out.
 * @param {Mask} mask  @param {Segment} segment  @param {Brush} brush  @returns {Rect} what may have changed
 */
export function drawSegment(mask, segment, brush) {
  const rect = reachOf(mask, segment, brush);
  const [ax, ay, bx, by] = segment;
  const full = brush.outer - brush.fall;
  for (let y = rect.y; y < rect.y + rect.height; y++) {
    const wide = rowOf(segment, y + 0.5, brush.outer);
    if (!wide) continue;
    const first = Math.max(rect.x, Math.ceil(wide[0] - 0.5));
    const last = Math.min(rect.x + rect.width - 1, Math.floor(wide[1] - 0.5));
    const inner = full > 0 ? rowOf(segment, y + 0.5, full) : null;
    const from = inner ? Math.max(first, Math.ceil(inner[0] - 0.5)) : last + 1;
    const to = inner ? Math.min(last, Math.floor(inner[1] - 0.5)) : last;
    const row = y * mask.width;
    if (from > to) {
      fade(mask.data, row, first, last, y, ax, ay, bx, by, brush);
      continue;
    }
    fade(mask.data, row, first, from - 1, y, ax, ay, bx, by, brush);
    mask.data.fill(brush.exclude ? 0 : 255, row + from, row + to + 1);
    fade(mask.data, row, to + 1, last, y, ax, ay, bx, by, brush);
  }
  return rect;
}

/** A whole stroke, its points flat. @param {Mask} mask  @param {readonly number[]} points  @param {Brush} brush  @returns {Rect} */
export function drawStroke(mask, points, brush) {
  let changed = drawSegment(mask, [points[0], points[1], points[0], points[1]], brush);
  for (let at = 2; at < points.length; at += 2) {
    const piece = /** @type {Segment} */ (points.slice(at - 2, at + 2));
    changed = joined(changed, drawSegment(mask, piece, brush));
  }
  return changed;
}

/** @param {Rect} a  @param {Rect} b  @returns {Rect} */
export function joined(a, b) {
  if (!a.width || !a.height) return b;
  if (!b.width || !b.height) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/**
 * Pixels of a row by their distance to the line, which is measured from its middle along and across it.
 * @param {Uint8Array} data  @param {number} row  @param {number} first  @param {number} last  @param {number} y
 * @param {number} ax  @param {number} ay  @param {number} bx  @param {number} by  @param {Brush} brush
 */
function fade(data, row, first, last, y, ax, ay, bx, by, { outer, fall, exclude }) {
  const length = Math.hypot(bx - ax, by - ay);
  const ux = length > 0 ? (bx - ax) / length : 1;
  const uy = length > 0 ? (by - ay) / length : 0;
  const half = length / 2;
  const dy = y + 0.5 - (ay + by) / 2;
  const middle = (ax + bx) / 2;
  for (let x = first; x <= last; x++) {
    const dx = x + 0.5 - middle;
    const past = Math.max(0, Math.abs(dx * ux + dy * uy) - half);
    const across = dy * ux - dx * uy;
    const ramp = (outer - Math.sqrt(past * past + across * across)) / fall;
    if (ramp <= 0) continue;
    const value = ramp >= 1 ? 255 : (255 * ramp * ramp * (3 - 2 * ramp) + 0.5) | 0;
    const at = row + x;
    if (exclude) {
      if (255 - value < data[at]) data[at] = 255 - value;
    } else if (value > data[at]) data[at] = value;
  }
}

/**
 * Where a row of pixel centres meets all that lies within `reach` of a line: two ends on it, or null. The
 * shape is convex (two discs and the band between them), so it is one stretch.
 * @param {Segment} segment  @param {number} y  @param {number} reach  @returns {[number, number] | null}
 */
function rowOf([ax, ay, bx, by], y, reach) {
  let left = Infinity;
  let right = -Infinity;
  const toA = reach * reach - (y - ay) * (y - ay);
  if (toA >= 0) {
    left = ax - Math.sqrt(toA);
    right = ax + Math.sqrt(toA);
  }
  const toB = reach * reach - (y - by) * (y - by);
  if (toB >= 0) {
    left = Math.min(left, bx - Math.sqrt(toB));
    right = Math.max(right, bx + Math.sqrt(toB));
  }
  const length = Math.hypot(bx - ax, by - ay);
  if (length > 0) {
    const band = bandOf(ax, ay, (bx - ax) / length, (by - ay) / length, length, y, reach);
    if (band) {
      left = Math.min(left, band[0]);
      right = Math.max(right, band[1]);
    }
  }
  return left <= right ? [left, right] : null;
}

/**
 * Where a row meets the band beside a line: 0 <= along <= length and |across| <= reach, both linear in x.
 * @param {number} ax  @param {number} ay  @param {number} ux  @param {number} uy  @param {number} length
 * @param {number} y  @param {number} reach  @returns {[number, number] | null}
 */
function bandOf(ax, ay, ux, uy, length, y, reach) {
  const dy = y - ay;
  const along = within(ux, dy * uy, 0, length);
  const across = within(-uy, dy * ux, -reach, reach);
  const left = ax + Math.max(along[0], across[0]);
  const right = ax + Math.min(along[1], across[1]);
  return left <= right ? [left, right] : null;
}

/** The x for which least <= slope * x + offset <= most. @param {number} slope  @param {number} offset  @param {number} least  @param {number} most */
function within(slope, offset, least, most) {
  if (Math.abs(slope) < 1e-12) return offset >= least && offset <= most ? [-Infinity, Infinity] : [1, -1];
  const a = (least - offset) / slope;
  const b = (most - offset) / slope;
  return a < b ? [a, b] : [b, a];
}

/** What a stroke has painted over, in tiles, so that it can be taken back to the bit. */
export class Tiles {
  /** @type {Map<number, { rect: Rect, data: Uint8Array }>} */
  #tiles = new Map();

  /** Keep what is about to change. A tile is kept once, as it was before the stroke. @param {Mask} mask  @param {Rect} rect */
  keep(mask, rect) {
    if (!rect.width || !rect.height) return;
    const across = Math.ceil(mask.width / TILE);
    for (let ty = Math.floor(rect.y / TILE); ty * TILE < rect.y + rect.height; ty++) {
      for (let tx = Math.floor(rect.x / TILE); tx * TILE < rect.x + rect.width; tx++) {
        const name = ty * across + tx;
        if (!this.#tiles.has(name)) this.#tiles.set(name, copied(mask, tx * TILE, ty * TILE));
      }
    }
  }

  /** Put everything back; gives back what has changed. @param {Mask} mask  @returns {Rect} */
  restore(mask) {
    let changed = { x: 0, y: 0, width: 0, height: 0 };
    for (const { rect, data } of this.#tiles.values()) {
      for (let y = 0; y < rect.height; y++) {
        mask.data.set(data.subarray(y * rect.width, (y + 1) * rect.width), (rect.y + y) * mask.width + rect.x);
      }
      changed = joined(changed, rect);
    }
    return changed;
  }

  get bytes() {
    return this.#tiles.size * TILE * TILE;
  }
}

/** @param {Mask} mask  @param {number} x  @param {number} y */
function copied(mask, x, y) {
  const rect = { x, y, width: Math.min(TILE, mask.width - x), height: Math.min(TILE, mask.height - y) };
  const data = new Uint8Array(rect.width * rect.height);
  for (let line = 0; line < rect.height; line++) {
    const from = (y + line) * mask.width + x;
    data.set(mask.data.subarray(from, from + rect.width), line * rect.width);
  }
  return { rect, data };
}

/**
 * A stroke's points without those that bend its line by less than a quarter of a pixel (Douglas-Peucker).
 * @param {readonly number[]} points  flat  @param {number} [error]  @param {number} [most]  @returns {number[]} flat, rounded to 1/100 px
 */
export function thinned(points, error = THIN_PX, most = MOST_POINTS) {
  const count = points.length / 2;
  const kept = new Uint8Array(count);
  kept[0] = kept[count - 1] = 1;
  const open = count > 2 ? [[0, count - 1]] : [];
  while (open.length) {
    const [first, last] = /** @type {[number, number]} */ (open.pop());
    const [far, distance] = farthest(points, first, last);
    if (distance <= error) continue;
    kept[far] = 1;
    open.push([first, far], [far, last]);
  }
  const left = kept.reduce((sum, one) => sum + one, 0);
  if (left > most) return thinned(points, error * 2, most);
  const found = [];
  for (let at = 0; at < count; at++) if (kept[at]) found.push(rounded(points[2 * at]), rounded(points[2 * at + 1]));
  return found;
}

/** Plate positions need no more than 1/100 px. @param {number} value */
export function rounded(value) {
  return Math.round(value * 100) / 100;
}

/** @param {readonly number[]} points  @param {number} first  @param {number} last  @returns {[number, number]} */
function farthest(points, first, last) {
  const ax = points[2 * first], ay = points[2 * first + 1];
  const dx = points[2 * last] - ax, dy = points[2 * last + 1] - ay;
  const square = dx * dx + dy * dy;
  let far = first;
  let most = -1;
  for (let at = first + 1; at < last; at++) {
    const px = points[2 * at] - ax, py = points[2 * at + 1] - ay;
    const t = square > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / square)) : 0;
    const distance = Math.hypot(px - t * dx, py - t * dy);
    if (distance > most) [far, most] = [at, distance];
  }
  return [far, most];
}
