/** Feeds the stage with pictures: which frames are asked for, at what size, and what is fetched before its turn. */

import { slotsOf } from "./scene.js";
import { Wanted } from "./wanted.js";

const WIDTHS_PX = [960, 1280, 1920, 2560]; // pictures are asked for in one of these widths, or whole
const SENT_AHEAD = 2; // pictures on the card before they are asked for
const MOST_STRIDE = 4; // frames that one goes on at a time; more is a jump
const REST_MS = 250;
const HELD_BACK_MS = 400; // keys that repeat wait so long for a picture before they go on without it

/** Events: `ready` (detail Shown), `loading`. */
export class Feed extends EventTarget {
  #lastFrame;
  #direction = 1;
  #width = 0;
  #steppedAt = 0;
  #sending = 0;
  #resting = 0;

  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    super();
    this.stage = stage;
    this.shot = stage.shot;
    this.#lastFrame = this.shot.frame;
    this.wanted = new Wanted(this.shot);
    this.wanted.addEventListener("ready", (event) => {
      this.dispatchEvent(new CustomEvent("ready", { detail: /** @type {CustomEvent} */ (event).detail }));
      this.#sendAhead();
      this.#fetchOther();
    });
    this.wanted.addEventListener("loading", () => this.dispatchEvent(new Event("loading")));
    this.shot.pictures.addEventListener("decoded", () => this.#sendAhead());
    this.shot.pictures.addEventListener("versions", () => this.refresh());
    this.shot.addEventListener("frame", () => this.#frameChanged());
    for (const name of ["take", "models", "revision", "track"]) this.shot.addEventListener(name, () => this.refresh());
  }

  get loading() {
    return this.wanted.loading;
  }

  /** Go some frames on. A key that repeats goes as quickly as pictures come, and each is seen. @param {number} frames  @param {boolean} repeats */
  step(frames, repeats) {
    const now = performance.now();
    if (repeats && this.loading && now - this.#steppedAt < HELD_BACK_MS) return;
    this.#steppedAt = now;
    this.shot.step(frames);
  }

  #frameChanged() {
    const moved = this.shot.frame - this.#lastFrame;
    this.#direction = moved < 0 ? -1 : 1;
    this.#lastFrame = this.shot.frame;
    this.refresh();
    this.readAhead(this.shot.frame, Math.abs(moved) <= MOST_STRIDE ? moved : this.#direction);
  }

  /** Ask for what is looked at again: the frame, a source, an edit or the take changed. */
  refresh() {
    this.#width = this.#pictureWidth();
    this.wanted.want(this.#wish(this.shot.frame));
  }

  /** The view changed: other pictures may be needed. */
  viewChanged() {
    if (this.#pictureWidth() === this.#width) return;
    this.refresh();
    this.readAhead(this.shot.frame);
  }

  /** No fewer pixels than the screen shows, and few more: a picture half as large is there in half the time. */
  #pictureWidth() {
    const { place, ratio } = this.stage;
    const { width } = this.shot.plate;
    const shown = WIDTHS_PX.find((px) => px >= width * place.aspect * place.view.scale * ratio) ?? width;
    return shown < width ? shown : 0;
  }

  /** @param {number} frame */
  #wish(frame) {
    return { frame, slots: slotsOf(this.stage, frame), width: this.#width };
  }

  /** Whether a frame can be shown this moment. @param {number} frame */
  canShow(frame) {
    return this.wanted.known(this.#wish(frame)).whole;
  }

  /** Fetch what comes after a frame. @param {number} frame  @param {number} [stride]  from one picture to the next, below 0 backwards */
  readAhead(frame, stride = this.#direction) {
    const slots = Object.values(slotsOf(this.stage, frame)).map(({ source }) => source);
    const fixed = slots.filter(({ kind }) => kind === "plate" || kind === "take");
    const sources = /** @type {import("../core/pictures.js").Source[]} */ (fixed);
    this.shot.pictures.readAhead(sources, frame, stride < 0 ? -1 : 1, this.#width, Math.abs(stride));
  }

  /** What A is compared with is there before its key is pressed. */
  #fetchOther() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      const { b } = this.stage.look;
      if (this.loading || b.kind === "float" || b.kind === "preview") return;
      this.shot.pictures.picture(b, this.shot.frame, this.#width).catch(() => {});
    }, REST_MS);
  }

  /** Pictures that are decoded go to the card before their turn comes, one at a time, while nothing else is to do. */
  #sendAhead() {
    if (this.#sending || this.stage.screen.isPlain) return;
    this.#sending = setTimeout(() => {
      this.#sending = 0;
      if (this.loading) return;
      for (let step = 1; step <= SENT_AHEAD; step++) {
        const { layers } = this.wanted.known(this.#wish(this.shot.frame + this.#direction * step));
        if (Object.values(layers).some((layer) => this.stage.screen.send(layer))) return this.#sendAhead();
      }
    }, 4);
  }
}
