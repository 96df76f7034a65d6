/** One stack of changes per shot: what stands, what a redo brings back, and what one gesture made together. */

/**
 * Entries that stand now, oldest first; and those that a redo would bring back, the next one last.
 * @param {readonly import("./types.js").Entry[]} entries
 */
export function stackOf(entries) {
  /** @type {import("./types.js").Entry[]} */
  const done = [];
  /** @type {import("./types.js").Entry[]} */
  const undone = [];
  for (const entry of entries) turned(done, undone, entry.step, [entry]);
  return { done, undone };
}

/**
 * How many entries the next undo or redo moves: all that one gesture made. The journal writes them at one time;
 * what is still on its way came in one letter.
 * @param {readonly import("./types.js").Entry[]} entries  @param {readonly import("./outbox.js").Letter[]} letters
 * @param {"undo" | "redo"} kind
 */
export function gestureSize(entries, letters, kind) {
  const { done, undone } = stackOf(entries);
  const named = (/** @type {import("./types.js").Entry} */ entry) => `${entry.author} ${entry.at}`;
  const stand = done.map(named);
  const back = undone.map(named);
  for (const { id, kind: step, actions } of letters) turned(stand, back, step === "edits" ? "do" : step, actions.map(() => id));
  const from = kind === "undo" ? stand : back;
  const others = from.findLastIndex((name) => name !== from.at(-1));
  return Math.max(1, from.length - 1 - others);
}

/** @template T  @param {T[]} done  @param {T[]} undone  @param {"do" | "undo" | "redo"} step  @param {T[]} made */
function turned(done, undone, step, made) {
  if (step === "do") {
    done.push(...made);
    undone.length = 0;
    return;
  }
  const [from, to] = step === "undo" ? [done, undone] : [undone, done];
  if (from.length) to.push(/** @type {T} */ (from.pop()));
}
