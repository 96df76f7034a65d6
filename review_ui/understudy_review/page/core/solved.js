/** What frames solve to: asked for in runs, kept until an edit comes. */

import { get } from "./api.js";
import { DEFAULT_PLAN } from "./types.js";

const AROUND = 4; // frames to either side that are asked for together
const KEPT = 256;

/** @typedef {import("./types.js").SolvedFrame} SolvedFrame */

export class SolvedFrames {
  /** @type {Map<number, SolvedFrame>} */
  #known = new Map();
  /** @type {Map<number, Promise<void>>} */
  #asked = new Map();

  /** @param {import("./shot.js").OpenShot} shot */
  constructor(shot) {
    this.shot = shot;
  }

  /** A frame of the shot. Neighbours are asked for at once. @param {number} frame  @returns {Promise<SolvedFrame>} */
  async of(frame) {
    for (;;) {
      const found = this.#known.get(frame);
      if (found) return found;
      await (this.#asked.get(frame) ?? this.#ask(frame));
    }
  }

  /** @param {number} frame */
  now(frame) {
    return this.#known.get(frame) ?? null;
  }

  forget() {
    this.#known.clear();
    this.#asked.clear();
  }

  /** @param {number} frame */
  #ask(frame) {
    const { place, range } = this.shot;
    const first = Math.max(range.first, frame - AROUND);
    const last = Math.min(range.last, frame + AROUND);
    if (frame < first || frame > last) return Promise.reject(new RangeError(`The shot has no frame ${frame}.`));
    const asking = get(`${place}/solved?first=${first}&last=${last}&landmarks=1&plans=1`).then((answer) => {
      if (this.#asked.get(frame) !== asking) return; // an edit came meanwhile: ask again
      if (answer.revision < this.shot.revision) return;
      this.#keep(first, last, answer);
    }).finally(() => {
      for (let number = first; number <= last; number++) if (this.#asked.get(number) === asking) this.#asked.delete(number);
    });
    for (let number = first; number <= last; number++) this.#asked.set(number, asking);
    return asking;
  }

  /** @param {number} first  @param {number} last  @param {any} answer */
  #keep(first, last, answer) {
    if (this.#known.size > KEPT) this.#known.clear();
    for (let number = first; number <= last; number++) {
      this.#known.set(number, {
        revision: answer.revision,
        faces: answer.faces.filter((/** @type {{ frame: number }} */ face) => face.frame === number),
        plan: answer.plans[number] ?? DEFAULT_PLAN,
        mark: answer.marks[number] ?? null,
      });
    }
  }
}
