/** The timeline's commands and their keys. */

import { useCommands, usePage } from "../core/view.js";
import { FLAG } from "../core/types.js";
import { approve, markOf, notesOf, rangeWords, toggleHold } from "./marks.js";

/** @typedef {import("../core/shot.js").OpenShot} OpenShot */

/**
 * @param {OpenShot} shot  @param {import("./trouble.js").Trouble} trouble
 * @param {(dialog: "note" | "go") => void} ask  opens a dialog
 */
export function useTimelineCommands(shot, trouble, ask) {
  const { tell } = usePage();
  useCommands(() => {
    const group = "Timeline";
    const trying = (/** @type {Promise<unknown>} */ work) => void work.catch((error) => error.name !== "EditConflict" && tell("", { error }));
    const goTrouble = (/** @type {1 | -1} */ direction) => nextTrouble(shot, trouble, direction, tell);
    return [
      { id: "trouble.next", title: "Next trouble", group, keys: ["N"], run: () => goTrouble(1), repeats: true },
      { id: "trouble.previous", title: "Previous trouble", group, keys: ["Shift+N"], run: () => goTrouble(-1), repeats: true },
      { id: "mark.approve", title: "Approve and next trouble", group, keys: ["Enter"], run: () => {
        if (markOf(shot, shot.frame) !== "approved") trying(approve(shot));
        goTrouble(1);
      } },
      { id: "mark.flag", title: "Flag or note", group, keys: ["M"], run: () => ask("note") },
      { id: "mark.hold", title: "Hold the plate (frame, or in to out)", group, keys: ["Shift+M"], run: () => {
        const { range, held, done } = toggleHold(shot);
        trying(done.then(() => tell(`${held ? "Plate no longer held" : "Plate held"}: ${rangeWords(range)}`)));
      } },
      { id: "note.next", title: "Next note", group, keys: [">"], run: () => goNote(shot, 1, tell), repeats: true },
      { id: "note.previous", title: "Previous note", group, keys: ["<"], run: () => goNote(shot, -1, tell), repeats: true },
      { id: "range.in", title: "In here", group, keys: ["["], run: () => shot.setInOut({ first: shot.frame, last: Math.max(shot.frame, shot.inOut.last) }) },
      { id: "range.out", title: "Out here", group, keys: ["]"], run: () => shot.setInOut({ first: Math.min(shot.frame, shot.inOut.first), last: shot.frame }) },
      { id: "range.reset", title: "In and out: the whole shot", group, keys: ["\\"], run: () => shot.setInOut(shot.range) },
      { id: "key.previous", title: "Previous key", group, keys: [","], run: () => goKey(shot, -1, tell), repeats: true },
      { id: "key.next", title: "Next key", group, keys: ["."], run: () => goKey(shot, 1, tell), repeats: true },
      { id: "frame.go", title: "Go to frame or timecode", group, keys: ["Ctrl+G"], run: () => ask("go") },
    ];
  }, [shot, trouble]);
}

/** @param {OpenShot} shot  @param {import("./trouble.js").Trouble} trouble  @param {1 | -1} direction  @param {(text: string) => void} tell */
export function nextTrouble(shot, trouble, direction, tell) {
  const spot = trouble.next(direction, shot.frame);
  if (spot) return shot.goTo(spot.frame);
  if (!shot.take) return tell("There is no take yet whose trouble could be found.");
  if (!trouble.measured) return tell("This take is not measured yet: Measure trouble finds the frames to look at.");
  const other = trouble.next(/** @type {1 | -1} */ (-direction), shot.frame);
  const where = direction > 0 ? "after" : "before";
  const left = trouble.open.filter(({ frame }) => frame !== shot.frame).length;
  tell(other ? `No open trouble ${where} this frame; ${left} ${direction > 0 ? "before" : "after"} it.` : "No open trouble is left.");
}

/** @param {OpenShot} shot  @param {1 | -1} direction  @param {(text: string) => void} tell */
export function goNote(shot, direction, tell) {
  const ahead = notesOf(shot).filter(({ frame }) => (frame - shot.frame) * direction > 0);
  const note = direction > 0 ? ahead[0] : ahead.at(-1);
  if (!note) return tell(`No note ${direction > 0 ? "after" : "before"} this frame.`);
  shot.goTo(note.frame);
  tell(`${note.author}: ${note.note}`);
}

/** @param {OpenShot} shot  @param {1 | -1} direction  @param {(text: string) => void} tell */
function goKey(shot, direction, tell) {
  const found = shot.findFrame(direction, (frame) => isKey(shot, frame));
  if (found === null) return tell(`No key ${direction > 0 ? "after" : "before"} this frame.`);
  shot.goTo(found);
}

/** A frame that an artist keyed, or one where a carried or layered matte begins or ends. @param {OpenShot} shot  @param {number} frame */
export function isKey(shot, frame) {
  const { flags } = shot.timeline;
  const at = frame - shot.range.first;
  if (flags[at] & (FLAG.strokes | FLAG.shapeKey | FLAG.alignmentKey | FLAG.strengthKey)) return true;
  const layered = flags[at] & FLAG.layer;
  return Boolean(layered) && (!(flags[at - 1] & FLAG.layer) || !(flags[at + 1] & FLAG.layer));
}
