/** Which frames can be shown at once, for the row of the timeline. Asked at most a few times a second. */

const EVERY_MS = 300;
const WIDE_PX = 2048; // a wider plate is looked at ...
const WIDE_SHOWN_PX = 1920; // ... in this width, until one zooms in

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
    const { range, pictures, plate } = this.shot;
    const { source } = this.stage;
    const kept = source.kind === "plate" || source.kind === "take"; // others are made each time
    const sizes = plate.width > WIDE_PX ? [0, WIDE_SHOWN_PX] : [0];
    let changed = false;
    this.held.forEach((before, at) => {
      const now = Number(kept && sizes.some((width) => pictures.has(source, range.first + at, width)));
      changed ||= now !== before;
      this.held[at] = now;
    });
    if (changed) this.dispatchEvent(new Event("change"));
  }
}
