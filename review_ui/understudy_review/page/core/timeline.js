/** What the service says of every frame of a shot, as columns. */

/**
 * One value a frame, from `first` on.
 * @typedef {{ revision: number, first: number, last: number, faces: Uint8Array, faceStates: Uint8Array,
 *   matteStates: Uint8Array, marks: Uint8Array, flags: Uint8Array, strengths: Uint8Array, cuts: number[],
 *   notes: Record<string, import("./types.js").FrameMark>, bindings: Record<string, string>,
 *   orphans: { revision: number, reason: string }[] }} Timeline
 */

/** @param {any} told  @returns {Timeline} */
export function timelineOf(told) {
  return {
    revision: told.revision, ...told.frames, faces: column(told.faces), faceStates: words(told.face_states),
    matteStates: words(told.matte_states), marks: words(told.marks), flags: column(told.flags),
    strengths: column(told.strengths), cuts: told.cuts, notes: told.notes, bindings: told.bindings,
    orphans: told.orphans,
  };
}

/** Of a shot that nothing is known of. @param {import("./types.js").Range} range  @returns {Timeline} */
export function emptyTimeline(range) {
  const none = () => new Uint8Array(range.last - range.first + 1);
  return {
    revision: -1, ...range, faces: none(), faceStates: none(), matteStates: none(), marks: none(), flags: none(),
    strengths: none().fill(255), cuts: [], notes: {}, bindings: {}, orphans: [],
  };
}

/** @param {string} base64 */
function column(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** A column of the service's numbers, which count from 1 (0: not said), as places in our lists. @param {string} base64 */
function words(base64) {
  return column(base64).map((number) => Math.max(0, number - 1));
}
