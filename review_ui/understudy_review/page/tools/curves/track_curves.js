/** A track's curves as the server tells them, as columns with one value a frame. */

import { useEffect, useState } from "../../core/view.js";

const REST_MS = 60;

/** @typedef {import("./series.js").Values} Values */
/**
 * @typedef {{ revision: number, track: number, first: number, frames: number[], raw: Values[], solved: Values[],
 *   points: Map<number, { raw: [Values, Values], solved: [Values, Values] }> }} TrackCurves
 * raw, solved: centre x, centre y, side, angle; points: x and y in plate pixels
 */

/**
 * The curves of the track in hand; asked for again when edits come. Those of the same track stay until then.
 * @param {import("../../core/shot.js").OpenShot} shot  @param {number[]} points  @param {import("../../core/types.js").Range | null} range  null asks for none
 */
export function useTrackCurves(shot, points, range) {
  const [curves, setCurves] = useState(/** @type {TrackCurves | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [asked, again] = useState(0);
  useEffect(() => {
    const heard = () => again((count) => count + 1);
    for (const name of ["revision", "track"]) shot.addEventListener(name, heard);
    return () => {
      for (const name of ["revision", "track"]) shot.removeEventListener(name, heard);
    };
  }, [shot]);
  useEffect(() => {
    if (!range) return;
    let late = false;
    const waiting = setTimeout(() => {
      shot.curves(shot.track, points, range).then((told) => {
        if (late) return; // a newer question is under way
        setCurves(columnsOf(told, range));
        setError(null);
      }).catch((problem) => late || setError(problem));
    }, REST_MS);
    return () => {
      late = true;
      clearTimeout(waiting);
    };
  }, [shot, points.join(), range?.first, range?.last, asked]);
  return { curves: curves?.track === shot.track ? curves : null, error };
}

/** @param {any} told  @param {import("../../core/types.js").Range} range  @returns {TrackCurves} */
function columnsOf(told, { first, last }) {
  const count = last - first + 1;
  const empty = () => /** @type {Values} */ (new Array(count).fill(null));
  const four = () => [empty(), empty(), empty(), empty()];
  const raw = four();
  const solved = four();
  const points = new Map(told.points.map((/** @type {number} */ point) => [point, {
    raw: [empty(), empty()], solved: [empty(), empty()],
  }]));
  told.frame.forEach((/** @type {number} */ frame, /** @type {number} */ row) => {
    const at = frame - first;
    if (at < 0 || at >= count) return;
    for (let place = 0; place < 4; place++) {
      raw[place][at] = told.raw_square[row][place];
      solved[place][at] = told.square[row][place];
    }
    told.points.forEach((/** @type {number} */ point, /** @type {number} */ place) => {
      const found = points.get(point);
      for (const axis of [0, 1]) {
        found.raw[axis][at] = told.raw[row][place][axis];
        found.solved[axis][at] = told.solved[row][place][axis];
      }
    });
  });
  const frames = Array.from({ length: count }, (_, at) => first + at);
  return { revision: told.revision, track: told.track, first, frames, raw: turning(raw), solved: turning(solved), points };
}

/** Angles without jumps of a whole turn. @param {Values[]} square */
function turning(square) {
  let before = /** @type {number | null} */ (null);
  square[3] = square[3].map((angle) => {
    if (angle === null) return null;
    before = before === null ? angle : angle - 360 * Math.round((angle - before) / 360);
    return before;
  });
  return square;
}

/**
 * A landmark within the head: turned upright, in pixels of a face of its usual size, from the square's centre.
 * @param {[Values, Values]} point  @param {Values[]} square  @param {number} side  the usual one
 * @returns {[Values, Values]}
 */
export function withinHead([xs, ys], [centreX, centreY, sides, angles], side) {
  const moved = xs.map((x, at) => {
    const [y, cx, cy, own, angle] = [ys[at], centreX[at], centreY[at], sides[at], angles[at]];
    if (x === null || y === null || cx === null || cy === null || !own || angle === null) return null;
    const turn = (-angle * Math.PI) / 180;
    const [dx, dy, scale] = [x - cx, y - cy, side / own];
    return [scale * (dx * Math.cos(turn) - dy * Math.sin(turn)), scale * (dx * Math.sin(turn) + dy * Math.cos(turn))];
  });
  return [moved.map((point) => point && point[0]), moved.map((point) => point && point[1])];
}
