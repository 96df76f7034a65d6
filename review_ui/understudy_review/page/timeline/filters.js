/** Which frames are in the filmstrip. */

import { FLAG, MARKS, TAKE_FRAME } from "../core/types.js";

const MARK = { approved: MARKS.indexOf("approved"), flagged: MARKS.indexOf("flagged") };
const KEYED = FLAG.strokes | FLAG.shapeKey | FLAG.alignmentKey;

/** @typedef {(shot: import("../core/shot.js").OpenShot, at: number, trouble: import("./trouble.js").Trouble) => boolean} Holds   `at` counts from the first frame. */

/** By name, in the order of the menu. @type {Record<string, { title: string, holds: Holds }>} */
export const FILTERS = {
  all: { title: "All frames", holds: () => true },
  trouble: { title: "Trouble", holds: (_, at, trouble) => trouble.values[at] >= trouble.threshold },
  flagged: { title: "Flagged or noted", holds: (shot, at) => shot.timeline.marks[at] === MARK.flagged || Boolean(shot.timeline.notes[at + shot.range.first]?.note) },
  keyed: { title: "Keyed", holds: (shot, at) => Boolean(shot.timeline.flags[at] & KEYED) },
  open: { title: "Not approved", holds: (shot, at) => shot.timeline.marks[at] !== MARK.approved },
  changed: { title: "Changed since take", holds: (shot, at) => shot.takeState(at + shot.range.first) === TAKE_FRAME.changed },
  missing: { title: "Not rendered", holds: (shot, at) => shot.takeState(at + shot.range.first) === TAKE_FRAME.missing },
  faceless: { title: "No face", holds: (shot, at) => shot.timeline.faces[at] === 0 },
  crowded: { title: "Several faces", holds: (shot, at) => shot.timeline.faces[at] > 1 },
};

/**
 * Frames for which a filter holds, each `step`th of them.
 * @param {import("../core/shot.js").OpenShot} shot  @param {import("./trouble.js").Trouble} trouble
 * @param {string} filter  @param {number} step  @returns {number[]}
 */
export function framesOfFilter(shot, trouble, filter, step) {
  const { holds } = FILTERS[filter] ?? FILTERS.all;
  const { first, last } = shot.range;
  const found = [];
  for (let frame = first; frame <= last; frame++) {
    if (holds(shot, frame - first, trouble)) found.push(frame);
  }
  return step > 1 ? found.filter((_, place) => place % step === 0) : found;
}

/** Where a frame is in a rising list, or the place before it. @param {number[]} frames  @param {number} frame */
export function placeOf(frames, frame) {
  let [low, high] = [0, frames.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (frames[middle] <= frame) low = middle;
    else high = middle - 1;
  }
  return low;
}
