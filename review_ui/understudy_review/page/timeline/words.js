/** What is at a frame, in words: for the hover, and for whoever hears the page. */

import { timecodeOf } from "../core/time.js";
import { FLAG, MARKS, TAKE_FRAME, takeName } from "../core/types.js";
import { reasonsWords } from "./measure_words.js";

const MATTE = ["", "propagated matte", "interpolated matte", "keyed matte"]; // nothing to say of the machine's
const FACE = ["", "alignment smoothed", "alignment interpolated", "alignment keyed"];
const SAID = { approved: "approved", flagged: "flagged", hold_plate: "plate held" };

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {number} frame
 * @returns {string[]} the frame and its timecode first, then what there is to say
 */
export function frameParts(shot, frame) {
  const { timeline, plate, range } = shot;
  const at = frame - range.first;
  const flags = timeline.flags[at];
  return [
    `frame ${frame}`,
    timecodeOf(plate, frame),
    timeline.cuts.includes(frame) ? "cut" : "",
    facesWords(timeline.faces[at]),
    timeline.faces[at] ? FACE[timeline.faceStates[at]] : "",
    MATTE[timeline.matteStates[at]],
    takeWords(shot, frame),
    troubleWords(shot, frame),
    flags & FLAG.layer ? "matte layer" : "",
    flags & FLAG.settings ? "settings of its own" : "",
    timeline.strengths[at] < 255 || flags & FLAG.strengthKey
      ? `strength ${Math.round(timeline.strengths[at] / 2.55)} %${flags & FLAG.strengthKey ? " keyed" : ""}` : "",
    markWords(shot, frame),
  ].filter(Boolean);
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} frame */
export function frameWords(shot, frame) {
  return frameParts(shot, frame).join(", ");
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} frame */
export function takeWords(shot, frame) {
  const name = takeName(shot.take);
  switch (shot.takeState(frame)) {
    case TAKE_FRAME.missing: return `not rendered in ${name}`;
    case TAKE_FRAME.current: return `as in ${name}`;
    case TAKE_FRAME.changed: return `changed since ${name}`;
    default: return "";
  }
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} frame */
export function troubleWords(shot, frame) {
  const measured = shot.measures.get(frame);
  if (!measured) return "";
  const why = reasonsWords(measured.reasons);
  return `trouble ${measured.trouble.toFixed(2)}${why ? `: ${why}` : ""}`;
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} frame */
function markWords(shot, frame) {
  const mark = MARKS[shot.timeline.marks[frame - shot.range.first]];
  const said = shot.timeline.notes[frame];
  const word = SAID[/** @type {keyof typeof SAID} */ (mark)] ?? "";
  if (!said?.note) return word;
  return `${word || "note"} by ${said.author}: ${said.note}`;
}

/** @param {number} count */
function facesWords(count) {
  return count === 0 ? "no face" : count === 1 ? "" : `${count} faces`;
}
