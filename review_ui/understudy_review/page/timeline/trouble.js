/**
 * Where a take needs a look: its measured trouble by frame, and the spots an artist goes through, the worst
 * frame of each. Frames close to a worse one are left out, as on the sheet of the worst.
 */

import { MARKS } from "../core/types.js";
import { kept, keep } from "../core/kept.js";

const APART = 5; // frames; a cut between them lets both stand
const APPROVED = MARKS.indexOf("approved");
const HELD = MARKS.indexOf("hold_plate");

/** @typedef {{ frame: number, trouble: number, reasons: string[] }} Spot */

/** Event `change` when the spots are others, or one was settled. */
export class Trouble extends EventTarget {
  /** @param {import("../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    this.threshold = kept("timeline.threshold", 0.5);
    /** Trouble of each frame of the shot, -1 where it was not measured. */
    this.values = new Float32Array(0);
    /** In order of frames. @type {Spot[]} */
    this.spots = [];
    this.#read();
    this.#heard = () => {
      this.#read();
      this.dispatchEvent(new Event("change"));
    };
    this.#marked = () => { // cuts come with the timeline
      this.#find();
      this.dispatchEvent(new Event("change"));
    };
    shot.addEventListener("measures", this.#heard);
    shot.addEventListener("timeline", this.#marked);
  }

  #heard;
  #marked;

  close() {
    this.shot.removeEventListener("measures", this.#heard);
    this.shot.removeEventListener("timeline", this.#marked);
  }

  get measured() {
    return this.shot.measures.size > 0;
  }

  /** @param {number} threshold  0..1 */
  setThreshold(threshold) {
    this.threshold = threshold;
    keep("timeline.threshold", threshold);
    this.#find();
    this.dispatchEvent(new Event("change"));
  }

  /** Of a frame, or -1. @param {number} frame */
  of(frame) {
    return this.values[frame - this.shot.range.first] ?? -1;
  }

  /** Spots that nobody approved or held yet, in order of frames. */
  get open() {
    return this.spots.filter((spot) => !this.settled(spot.frame));
  }

  /** @param {number} frame */
  settled(frame) {
    const mark = this.shot.timeline.marks[frame - this.shot.range.first];
    return mark === APPROVED || mark === HELD;
  }

  /** The next open spot from a frame on, or null. @param {1 | -1} direction  @param {number} from */
  next(direction, from) {
    const ahead = this.open.filter((spot) => (spot.frame - from) * direction > 0);
    return (direction > 0 ? ahead[0] : ahead.at(-1)) ?? null;
  }

  #read() {
    const { range, measures } = this.shot;
    this.values = new Float32Array(range.last - range.first + 1).fill(-1);
    for (const { frame, trouble } of measures.values()) this.values[frame - range.first] = trouble ?? -1;
    this.#find();
  }

  #find() {
    const rows = [...this.shot.measures.values()].filter((row) => row.trouble >= this.threshold);
    this.spots = apart(rows.sort((a, b) => b.trouble - a.trouble), this.shot.range, this.shot.timeline.cuts)
      .sort((a, b) => a.frame - b.frame);
  }
}

/**
 * The frames that are not close to one before them in the list.
 * @param {Spot[]} rows  the worst first  @param {import("../core/types.js").Range} range  @param {number[]} cuts
 */
export function apart(rows, range, cuts) {
  const first = new Set(cuts);
  const taken = new Uint8Array(range.last - range.first + 1);
  return rows.filter(({ frame }) => {
    if (taken[frame - range.first]) return false;
    for (let near = frame; near <= Math.min(range.last, frame + APART); near++) {
      if (near !== frame && first.has(near)) break;
      taken[near - range.first] = 1;
    }
    for (let near = frame; near >= Math.max(range.first, frame - APART); near--) {
      taken[near - range.first] = 1;
      if (first.has(near)) break;
    }
    return true;
  });
}
