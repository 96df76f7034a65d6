/** Numbers behind the curves: what trembles, how much was smoothed away, and fewer points where many fall on one pixel. */

/** @typedef {(number | null)[]} Values   null where there is none */

const BAND_FRAMES = 4; // to either side, for the error band

/**
 * How much a curve trembles: rms of its second differences. Nothing is compared across a gap or a cut.
 * @param {Values} values  one a frame  @param {Set<number>} [cuts]  places that begin a camera take
 */
export function jitter(values, cuts = new Set()) {
  let sum = 0;
  let count = 0;
  for (let at = 1; at + 1 < values.length; at++) {
    const [before, here, after] = [values[at - 1], values[at], values[at + 1]];
    if (before === null || here === null || after === null || cuts.has(at) || cuts.has(at + 1)) continue;
    sum += (before - 2 * here + after) ** 2;
    count++;
  }
  return count ? Math.sqrt(sum / count) : null;
}

/** Rms of several jitters. @param {(number | null)[]} jitters */
export function together(jitters) {
  const known = jitters.filter((one) => one !== null);
  return known.length ? Math.sqrt(known.reduce((sum, one) => sum + one * one, 0) / known.length) : null;
}

/**
 * The solved curve give or take what was smoothed away around each frame.
 * @param {Values} raw  @param {Values} solved  @returns {{ low: Values, high: Values }}
 */
export function errorBand(raw, solved) {
  const squares = [0];
  const counts = [0];
  raw.forEach((value, at) => {
    const other = solved[at];
    const known = value !== null && other !== null;
    squares.push(squares[at] + (known ? (value - other) ** 2 : 0));
    counts.push(counts[at] + Number(known));
  });
  const spread = solved.map((_, at) => {
    const [from, to] = [Math.max(0, at - BAND_FRAMES), Math.min(raw.length, at + BAND_FRAMES + 1)];
    const count = counts[to] - counts[from];
    return count ? Math.sqrt(Math.max(0, squares[to] - squares[from]) / count) : 0;
  });
  return {
    low: solved.map((value, at) => (value === null ? null : value - spread[at])),
    high: solved.map((value, at) => (value === null ? null : value + spread[at])),
  };
}

/**
 * Columns of a chart with at most two points a pixel: the least and the most of what falls there.
 * @param {number[]} x  @param {Values[]} columns  @param {number} pixels  @returns {[number[], ...Values[]]}
 */
export function thinned(x, columns, pixels) {
  const bucket = Math.ceil(x.length / Math.max(1, pixels));
  if (bucket < 3) return [x, ...columns];
  const places = /** @type {number[]} */ ([]);
  for (let from = 0; from < x.length; from += bucket) places.push(from);
  return [
    places.flatMap((from) => [x[from], x[Math.min(x.length - 1, from + (bucket >> 1))]]),
    ...columns.map((values) => places.flatMap((from) => extremes(values, from, Math.min(x.length, from + bucket)))),
  ];
}

/** @param {Values} values  @param {number} from  @param {number} to  @returns {[number | null, number | null]} */
function extremes(values, from, to) {
  let least = Infinity;
  let most = -Infinity;
  let rising = true;
  for (let at = from; at < to; at++) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    if (value < least) [least, rising] = [value, false];
    if (value > most) [most, rising] = [value, true];
  }
  if (most === -Infinity) return [null, null];
  return rising ? [least, most] : [most, least];
}

/** @param {Values} values  @returns {number} */
export function median(values) {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : 0;
}

/** "0.31", "12.4", "" for nothing. @param {number | null | undefined} value */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3);
}
