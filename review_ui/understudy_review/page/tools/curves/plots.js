/** Which curves can be shown, and how each is made from what is known. */

import { MEASURES } from "../../timeline/measure_words.js";
import { POINT_COLOURS, REGION_POINTS } from "./face_parts.js";
import { errorBand, figure, jitter, median, together } from "./series.js";
import { withinHead } from "./track_curves.js";

/** @typedef {import("./series.js").Values} Values */
/** @typedef {import("./chart.js").Plot} Plot */
/** @typedef {import("./track_curves.js").TrackCurves} TrackCurves */

const RAW = "#9a9a9a";
const SOLVED = "#7ab8ff";
const BAND = "#7ab8ff38";
const GOOD = "#7fd18b";
const WORST = "#ff8f80";

/** The square's curves, in the order of its numbers. */
const SQUARE = [["x", "Centre x", "px"], ["y", "Centre y", "px"], ["side", "Side", "px"], ["angle", "Angle", "°"]];

/** What can be picked: the track's, and the take's by group. */
export const CHOICES = [
  ...SQUARE.map(([id, title]) => ({ id, title, of: "track" })),
  { id: "landmarks", title: "Landmarks", of: "track" },
  { id: "trouble", title: "Trouble", of: "take" },
  ...MEASURES.map(({ name, title }) => ({ id: name, title, of: "take" })),
];

/** Places within a range of frames where camera takes begin. @param {number[]} cuts  @param {number} first */
export function cutPlaces(cuts, first) {
  return new Set(cuts.map((cut) => cut - first));
}

/** @param {TrackCurves} curves  @param {string} id  @param {Set<number>} cuts  @returns {Plot | null} */
export function squarePlot(curves, id, cuts) {
  const place = SQUARE.findIndex(([name]) => name === id);
  if (place < 0) return null;
  const [, title, unit] = SQUARE[place];
  const [raw, solved] = [curves.raw[place], curves.solved[place]];
  return {
    id, title, unit, x: curves.frames, figures: change(jitter(raw, cuts), jitter(solved, cuts)),
    lines: [{ label: "as found", values: raw, colour: RAW }, { label: "solved", values: solved, colour: SOLVED, width: 1.5 }],
    band: { ...errorBand(raw, solved), colour: BAND },
  };
}

/**
 * The chosen landmarks, x and y apart; each from its own middle, so that they can be seen together.
 * @param {TrackCurves} curves  @param {number[]} points  @param {boolean} inHead  @param {Set<number>} cuts  @returns {Plot[]}
 */
export function landmarkPlots(curves, points, inHead, cuts) {
  const known = points.filter((point) => curves.points.has(point));
  const side = median(curves.solved[2]);
  const moved = known.map((point) => {
    const found = /** @type {{ raw: [Values, Values], solved: [Values, Values] }} */ (curves.points.get(point));
    return inHead ? { raw: withinHead(found.raw, curves.raw, side), solved: withinHead(found.solved, curves.solved, side) } : found;
  });
  return ["x", "y"].map((axis, place) => {
    const pairs = moved.map(({ raw, solved }) => {
      const middle = median(solved[place]);
      const from = (/** @type {Values} */ values) => values.map((value) => (value === null ? null : value - middle));
      return { raw: from(raw[place]), solved: from(solved[place]) };
    });
    return {
      id: `landmarks.${axis}`, title: `Landmarks ${axis}`, unit: inHead ? "px in the head" : "px", x: curves.frames,
      figures: change(together(pairs.map(({ raw }) => jitter(raw, cuts))), together(pairs.map(({ solved }) => jitter(solved, cuts)))),
      lines: [
        ...pairs.map(({ raw }, at) => ({ label: `as found ${known[at]}`, values: raw, colour: `${POINT_COLOURS[points.indexOf(known[at])]}66` })),
        ...pairs.map(({ solved }, at) => ({ label: `solved ${known[at]}`, values: solved, colour: POINT_COLOURS[points.indexOf(known[at])], width: 1.5 })),
      ],
    };
  });
}

/**
 * A measure of the take over frames, with the line where good lies.
 * @param {import("../../core/shot.js").OpenShot} shot  @param {string} id  @param {import("../../core/types.js").Range} range
 * @param {number} threshold  of trouble  @returns {Plot | null}
 */
export function measurePlot(shot, id, { first, last }, threshold) {
  const about = MEASURES.find(({ name }) => name === id);
  const trouble = id === "trouble";
  if (!about && !trouble) return null;
  const x = [];
  const values = /** @type {Values} */ ([]);
  for (let frame = first; frame <= last; frame++) {
    const row = shot.measures.get(frame);
    x.push(frame);
    values.push((trouble ? row?.trouble : row?.values[id]) ?? null);
  }
  const line = trouble ? threshold : /** @type {{ good: number }} */ (about).good;
  const nearby = trouble || reaches(values, line);
  return {
    id, title: about?.title ?? "Trouble", unit: about?.unit ?? "0..1", x, figures: `middle ${figure(median(values))}`,
    lines: [
      { label: about?.title ?? "trouble", values, colour: trouble ? WORST : SOLVED, width: 1.25 },
      ...(nearby ? [{ label: trouble ? "from here on it counts" : "good", values: x.map(() => line), colour: `${trouble ? RAW : GOOD}`, dash: [4, 4] }] : []),
    ],
  };
}

/** Whether a level lies within or near what the values span; far away it would flatten them. @param {Values} values  @param {number} level */
function reaches(values, level) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) if (value !== null) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const room = (most - least) * 0.6;
  return level >= least - room && level <= most + room;
}

/**
 * How each region trembles, as found and as solved; landmarks within the head.
 * @param {TrackCurves} curves  @param {Set<number>} cuts  @returns {Record<string, { raw: number | null, solved: number | null }>}
 */
export function regionJitters(curves, cuts) {
  const of = (/** @type {Values[]} */ columns) => together(columns.map((values) => jitter(values, cuts)));
  const pair = (/** @type {number[]} */ places) => ({ raw: of(places.map((at) => curves.raw[at])), solved: of(places.map((at) => curves.solved[at])) });
  const side = median(curves.solved[2]);
  const region = (/** @type {number[]} */ points) => {
    const found = points.flatMap((point) => curves.points.get(point) ?? []);
    return {
      raw: of(found.flatMap(({ raw }) => withinHead(raw, curves.raw, side))),
      solved: of(found.flatMap(({ solved }) => withinHead(solved, curves.solved, side))),
    };
  };
  return {
    position: pair([0, 1]), rotation: pair([3]), scale: pair([2]),
    face: region(REGION_POINTS.face), mouth: region(REGION_POINTS.mouth), eyes: region(REGION_POINTS.eyes),
  };
}

/** @param {number | null} raw  @param {number | null} solved */
function change(raw, solved) {
  return raw === null ? "" : `tremble ${figure(raw)} → ${figure(solved)}`;
}
