/** The keys of a shot's shapes, out of its edits, and the edits that make new ones. */

import { frameList } from "../../core/time.js";
import { along, withoutPoints, withPoint } from "./outline.js";
import { rounded } from "./brush.js";

/**
 * @typedef {import("../../core/types.js").Action} Action
 * @typedef {import("../../core/types.js").Shape} Shape
 * @typedef {import("../../core/types.js").Range} Range
 * @typedef {Map<number, Action>} Keys   The key_shape edit of each keyed frame.
 */

/**
 * Every shape's keys that stand, by name, in the order the shapes were made.
 * @param {readonly Action[]} actions  that stand, oldest first  @returns {Map<string, Keys>}
 */
export function shapeKeys(actions) {
  /** @type {Map<string, Keys>} */
  const shapes = new Map();
  for (const action of actions) {
    if (action.kind === "key_shape") {
      const keys = shapes.get(action.shape) ?? new Map();
      keys.set(action.frame, action);
      shapes.set(action.shape, keys);
    } else if (action.kind === "remove_shape") without(shapes.get(action.shape), action);
    else if (action.kind === "clear_matte") for (const keys of shapes.values()) without(keys, action);
  }
  return new Map([...shapes].filter(([, keys]) => keys.size));
}

/** @param {Keys | undefined} keys  @param {Action} range */
function without(keys, { first, last }) {
  for (const frame of [...(keys?.keys() ?? [])]) if (frame >= first && frame <= last) keys?.delete(frame);
}

/** "1001, 1010-1012". @param {Keys} keys */
export function framesText(keys) {
  return frameList([...keys.keys()].sort((a, b) => a - b)).replaceAll(",", ", ");
}

/** The key that says most about a shape on a frame: its own, else the one before, else the first. @param {Keys | undefined} keys  @param {number} frame */
export function nearestKey(keys, frame) {
  if (!keys?.size) return null;
  const frames = [...keys.keys()].sort((a, b) => a - b);
  return keys.get(frames.findLast((one) => one <= frame) ?? frames[0]) ?? null;
}

/**
 * The edit that keys a shape as it is drawn on a frame; what a plan does not say comes from its nearest key.
 * @param {Shape} shape  @param {number} frame  @param {Keys | undefined} keys  @param {Partial<Action>} [more]  @returns {Action}
 */
export function keyOf(shape, frame, keys, more = {}) {
  const like = nearestKey(keys, frame);
  return {
    kind: "key_shape", shape: shape.name, frame, mode: shape.mode, points: shape.points.map(rounded), curve: shape.curve,
    feather_px: Math.min(1000, Math.max(0, rounded(shape.feather_px))), interpolation: like?.interpolation ?? "linear",
    follow: like?.follow ?? "plate", track: like?.track ?? 0, ...more,
  };
}

/**
 * One more or fewer points in a shape. Its keys must have the same number of points, so all of them are made
 * anew, each with the same edge divided or the same points gone.
 * @param {Shape} shape  as on the frame  @param {number} frame  @param {Keys | undefined} keys
 * @param {(points: readonly number[], curve: Shape["curve"]) => number[]} change  @returns {Action[]}
 */
export function restructured(shape, frame, keys, change) {
  const here = keyOf({ ...shape, points: change(shape.points, shape.curve) }, frame, keys);
  const others = [...(keys ?? [])].filter(([at]) => at !== frame).sort(([a], [b]) => a - b);
  if (!others.length) return [here];
  const frames = [frame, ...others.map(([at]) => at)];
  return [
    { kind: "remove_shape", shape: shape.name, first: Math.min(...frames), last: Math.max(...frames) },
    ...others.map(([, key]) => ({ ...key, points: change(key.points, key.curve).map(rounded) })),
    here,
  ];
}

/** @param {number} edge  @param {number} t */
export function pointAdded(edge, t) {
  return (/** @type {readonly number[]} */ points, /** @type {Shape["curve"]} */ curve) => withPoint(points, curve, edge, t);
}

/** @param {Set<number>} gone */
export function pointsRemoved(gone) {
  return (/** @type {readonly number[]} */ points) => withoutPoints(points, gone);
}

/**
 * The same outline with another number of points, so that it can be a key beside others.
 * @param {readonly number[]} points  @param {"polygon" | "spline"} curve  @param {number} count  @returns {number[]}
 */
export function resampled(points, curve, count) {
  const given = points.length / 2;
  if (given === count) return [...points];
  const places = [];
  for (let k = 0; k < count; k++) {
    const at = (k * given) / count;
    const { x, y } = along(points, curve, Math.floor(at), at % 1);
    places.push(rounded(x), rounded(y));
  }
  return places;
}

/** A name that no shape has yet: letters and digits, so that it can stand in file names. @param {Iterable<string>} taken  @param {string} stem */
export function freeName(taken, stem) {
  const names = new Set(taken);
  for (let number = 1; ; number++) if (!names.has(`${stem}${number}`)) return `${stem}${number}`;
}

/** Why a name cannot be a shape's or a layer's; "" when it can. @param {string} name */
export function badName(name) {
  return /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name) ? "" : "Use up to 40 letters, digits and underscores, a letter first.";
}

/** What to do again on a frame to have what is drawn on another. @param {import("../../core/types.js").FramePlan} plan  @param {number} frame  @param {Map<string, Keys>} all  @returns {Action[]} */
export function drawnAgain(plan, frame, all) {
  const shapes = plan.shapes.map((shape) => {
    const count = (nearestKey(all.get(shape.name), frame)?.points.length ?? shape.points.length) / 2;
    return keyOf({ ...shape, points: resampled(shape.points, shape.curve, count) }, frame, all.get(shape.name));
  });
  const strokes = plan.strokes.map((stroke) => ({
    kind: "paint_stroke", frame, mode: stroke.mode, points: [...stroke.points], radius_px: stroke.radius_px, softness: stroke.softness,
  }));
  return [...shapes, ...strokes];
}
