/** What artists say of frames: approved, flagged with a note, the plate held. Each is one edit, and can be undone. */

import { MARKS } from "../core/types.js";

/** @typedef {import("../core/shot.js").OpenShot} OpenShot */
/** @typedef {import("../core/types.js").Range} Range */
/** @typedef {{ frame: number, mark: string, note: string, author: string }} Note */

/** @param {OpenShot} shot  @param {number} frame */
export function markOf(shot, frame) {
  return MARKS[shot.timeline.marks[frame - shot.range.first]] ?? "none";
}

/** Frames with something written, in order. @param {OpenShot} shot  @returns {Note[]} */
export function notesOf(shot) {
  return Object.entries(shot.timeline.notes)
    .filter(([, said]) => said.note)
    .map(([frame, said]) => ({ frame: Number(frame), ...said }))
    .sort((a, b) => a.frame - b.frame);
}

/** In and out when they are a part of the shot with this frame in it, else the frame alone. @param {OpenShot} shot  @returns {Range} */
export function rangeInHand(shot) {
  const { first, last } = shot.inOut;
  const part = first !== shot.range.first || last !== shot.range.last;
  return part && shot.frame >= first && shot.frame <= last ? { first, last } : { first: shot.frame, last: shot.frame };
}

/** @param {OpenShot} shot  @param {Range} range  @param {string} mark  @param {string} [note] */
export function markFrames(shot, { first, last }, mark, note = "") {
  return shot.edit([{ kind: "mark_frames", first, last, mark, note }]);
}

/** Approve the frame in hand; what was written there stays. @param {OpenShot} shot */
export function approve(shot) {
  return shot.edit(marked(shot, { first: shot.frame, last: shot.frame }, "approved"));
}

/** Mark a range; what was written on its frames stays. @param {OpenShot} shot  @param {Range} range  @param {string} mark  @returns {import("../core/types.js").Action[]} */
export function marked(shot, { first, last }, mark) {
  const noted = notesOf(shot).filter(({ frame }) => frame >= first && frame <= last);
  const notes = noted.map(({ frame, note }) => ({ kind: "mark_frames", first: frame, last: frame, mark, note }));
  return first === last && notes.length ? notes : [{ kind: "mark_frames", first, last, mark, note: "" }, ...notes];
}

/** Hold the plate on the range in hand, or no longer where it is held already. @param {OpenShot} shot */
export function toggleHold(shot) {
  const range = rangeInHand(shot);
  const held = markOf(shot, shot.frame) === "hold_plate";
  return { range, held, done: shot.edit(marked(shot, range, held ? "none" : "hold_plate")) };
}

/** "frame 1042" or "1042-1050". @param {Range} range */
export function rangeWords({ first, last }) {
  return first === last ? `frame ${first}` : `${first}–${last}`;
}
