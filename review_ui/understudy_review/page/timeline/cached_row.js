/** Which frames can be shown at once, for the row of the timeline. Asked at most a few times a second. */

const EVERY_MS = 300;

/** Event `change`. */
export class CachedRow extends EventTarget {
  #waiting = 0;

  /** @param {import("../core/shot.js").OpenShot} shot  @param {import("../viewer/stage.js").Stage} stage */
  constructor(shot, stage) {
    super();
    this.shot = shot;
    this.stage = stage;
    this.held = new Uint8Array(shot.range.last - shot.range.first + 1);
    this.#later = () => {
      this.#waiting ||= setTimeout(() => this.#look(), EVERY_MS);
    };
    shot.pictures.addEventListener("cached", this.#later);
    shot.addEventListener("take", this.#later);
    stage.addEventListener("source", this.#later);
    stage.addEventListener("shown", this.#later);
    this.#later();
  }

  #later;

  close() {
    clearTimeout(this.#waiting);
    this.shot.pictures.removeEventListener("cached", this.#later);
    this.shot.removeEventListener("take", this.#later);
    this.stage.removeEventListener("source", this.#later);
    this.stage.removeEventListener("shown", this.#later);
  }

  #look() {
    this.#waiting = 0;
    const { range, pictures } = this.shot;
    const { source } = this.stage;
    const kept = source.kind === "plate" || source.kind === "take"; // others are made each time
    const held = new Uint8Array(this.held.length);
    if (kept) for (const frame of pictures.framesHeld(source)) held[frame - range.first] = 1;
    const changed = held.some((now, at) => now !== this.held[at]);
    this.held = held;
    if (changed) this.dispatchEvent(new Event("change"));
  }
}
