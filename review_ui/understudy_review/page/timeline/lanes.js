/**
 * What each column of pixels says. Where many frames fall on one column the worst wins, so that a single
 * changed or troubled frame among ten thousand is seen.
 */

import { MARKS, TAKE_FRAME } from "../core/types.js";

const APPROVED = MARKS.indexOf("approved");

/** Everything is larger on the largest screens, as the page's letters are. */
export const UNIT = matchMedia("(min-width: 3000px)").matches ? 1.25 : 1;

/** Rows of the timeline from top to bottom. */
export const LANES = stacked([
  { id: "ruler", height: 17, title: "", help: "" },
  { id: "cached", height: 4, title: "", help: "" },
  { id: "take", height: 8, title: "Take", help: "green: as rendered; yellow: changed since; dark: not rendered" },
  { id: "trouble", height: 26, title: "Trouble", help: "how much each frame of the take needs a look; red is above the threshold" },
  { id: "matte", height: 12, title: "Matte", help: "diamond: keyed; band: propagated; line: interpolated; grey: the machine's" },
  { id: "face", height: 12, title: "Align", help: "diamond: keyed; line: interpolated; band: smoothed; grey: as found; gap: no face" },
  { id: "marks", height: 13, title: "Marks", help: "tick: approved; flag: flagged; hatched: plate held; dot: note" },
  { id: "plan", height: 14, title: "Grade", help: "curve: strength; lower line: settings of its own; upper line: matte layer" },
]);

/** Height of all of them. */
export const HEIGHT = LANES[LANES.length - 1].top + LANES[LANES.length - 1].height + 2;

/** By name. */
export const LANE = /** @type {Record<string, typeof LANES[number]>} */ (Object.fromEntries(LANES.map((lane) => [lane.id, lane])));

/** Rank of a take's states: what needs work is above what does not. */
export const TAKE_RANK = { none: 0, current: 1, missing: 2, changed: 3 };
const RANK_OF = /** @type {Record<number, number>} */ ({
  [TAKE_FRAME.none]: TAKE_RANK.none, [TAKE_FRAME.current]: TAKE_RANK.current,
  [TAKE_FRAME.missing]: TAKE_RANK.missing, [TAKE_FRAME.changed]: TAKE_RANK.changed,
});
/** Rank of marks: all approved, a plate held, a flag; 0 when a frame has nothing said. */
export const MARK_RANK = { none: 0, approved: 1, held: 2, flagged: 3 };
const MARK_RANK_OF = Uint8Array.from(MARKS, (mark) => ({ none: 0, approved: 1, flagged: 3, hold_plate: 2 })[mark] ?? 0);

/**
 * @typedef {{ width: number, take: Uint8Array, trouble: Float32Array, matte: Uint8Array, face: Uint8Array,
 *   faceless: Uint8Array, marks: Uint8Array, open: Uint8Array, notes: Uint8Array, flags: Uint8Array,
 *   strength: Uint8Array, cached: Uint8Array }} Columns
 * `open` is 1 where a column has a frame that is not approved; `faceless` where one has no face; `cached` where
 * all are held.
 */

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {import("./span.js").Span} span
 * @param {Float32Array} trouble  by frame, -1 unknown  @param {Uint8Array} cached  by frame
 * @param {number} width  columns  @returns {Columns}
 */
export function columns(shot, span, trouble, cached, width) {
  const { timeline, range } = shot;
  const none = () => new Uint8Array(width);
  const all = {
    width, take: none(), trouble: new Float32Array(width).fill(-1), matte: none(), face: none(), faceless: none(),
    marks: none(), open: none(), notes: none(), flags: none(), strength: none().fill(255), cached: none().fill(1),
  };
  const perFrame = width / span.count;
  const { first, last } = span.seen;
  for (let frame = first; frame <= last; frame++) {
    const at = frame - range.first;
    const from = Math.max(0, Math.floor((frame - span.first) * perFrame));
    const to = Math.min(width, Math.max(from + 1, Math.floor((frame + 1 - span.first) * perFrame)));
    const take = RANK_OF[shot.takeState(frame)];
    const mark = timeline.marks[at];
    for (let x = from; x < to; x++) {
      if (take > all.take[x]) all.take[x] = take;
      if (trouble[at] > all.trouble[x]) all.trouble[x] = trouble[at];
      if (timeline.matteStates[at] > all.matte[x]) all.matte[x] = timeline.matteStates[at];
      if (timeline.faceStates[at] > all.face[x]) all.face[x] = timeline.faceStates[at];
      if (!timeline.faces[at]) all.faceless[x] = 1;
      if (MARK_RANK_OF[mark] > all.marks[x]) all.marks[x] = MARK_RANK_OF[mark];
      if (mark !== APPROVED) all.open[x] = 1;
      if (timeline.strengths[at] < all.strength[x]) all.strength[x] = timeline.strengths[at];
      if (!cached[at]) all.cached[x] = 0;
      all.flags[x] |= timeline.flags[at];
    }
  }
  for (const [frame, said] of Object.entries(timeline.notes)) {
    const x = Math.floor((Number(frame) + 0.5 - span.first) * perFrame);
    if (said.note && x >= 0 && x < width) all.notes[x] = 1;
  }
  return all;
}

/**
 * Runs of equal values: [from, to) and the value.
 * @param {ArrayLike<number>} values  @returns {[number, number, number][]}
 */
export function runs(values) {
  const found = /** @type {[number, number, number][]} */ ([]);
  for (let from = 0; from < values.length;) {
    let to = from + 1;
    while (to < values.length && values[to] === values[from]) to++;
    found.push([from, to, values[from]]);
    from = to;
  }
  return found;
}

/** @param {{ id: string, height: number, title: string, help: string }[]} lanes */
function stacked(lanes) {
  let top = 0;
  return lanes.map((lane) => {
    const placed = { ...lane, height: Math.round(lane.height * UNIT), top };
    top += placed.height + (lane.id === "ruler" ? 0 : Math.round(3 * UNIT));
    return placed;
  });
}
