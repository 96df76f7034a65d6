/**
 * From a frame and the sources to look at to the pictures of exactly that frame. Only the newest wish counts:
 * what comes late for an older one goes into the cache and is not shown.
 */

import { takeName } from "../core/types.js";
import { cropSquare, cropToUnit, pixelAspect } from "./crop.js";
import { facePixels } from "./float_face.js";
import { isCrop } from "./sources.js";

const TOGETHER_MS = 120; // the second picture of a comparison may come so much later before the first is shown alone
const TRIES = 3;
const MOST_AT_A_TIME = 2; // wishes under way; keys pressed quicker than frames come do not pile up requests

/**
 * @typedef {import("./sources.js").LookedAt} LookedAt
 * @typedef {import("./painter.js").Layer} Layer
 * @typedef {{ source: LookedAt, frame: number }} Slot
 * @typedef {{ frame: number, slots: Record<string, Slot>, width: number }} Wish  `a` is what is looked at
 * @typedef {{ frame: number, layers: Record<string, Layer>, problems: Record<string, Error>, slots: Record<string, Slot>,
 *   whole: boolean }} Shown
 */

/** Events: `ready` (detail Shown: show this now), `loading`. */
export class Wanted extends EventTarget {
  /** @type {Wish | null} */
  #wish = null;
  /** @type {Wish | null} */
  #begun = null;
  #running = 0;
  #patience = 0;
  #stale = "";

  /** @param {import("../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    this.loading = false;
  }

  /** @param {Wish} wish */
  want(wish) {
    clearTimeout(this.#patience);
    this.#wish = wish;
    const known = this.known(wish);
    if (known.whole) return this.#ready(known);
    if (!this.loading) {
      this.loading = true;
      this.dispatchEvent(new Event("loading"));
    }
    this.#begin();
  }

  /** What can be shown without asking anybody. @param {Wish} wish  @returns {Shown} */
  known({ frame, slots, width }) {
    const shown = /** @type {Shown} */ ({ frame, slots, layers: {}, problems: {}, whole: true });
    for (const [name, slot] of Object.entries(slots)) {
      const layer = this.#layerNow(slot, width);
      const missing = notRendered(this.shot, slot);
      if (layer) shown.layers[name] = layer;
      else if (missing) shown.problems[name] = missing;
      else shown.whole = false;
    }
    return shown;
  }

  /** @param {Slot} slot  @param {number} width  @returns {Layer | null} */
  #layerNow({ source, frame }, width) {
    if (source.kind === "float") return null;
    const picture = this.shot.pictures.now(source, frame, width);
    if (!picture) return null;
    if (!isCrop(source)) return { picture, fromPlate: this.#plateToUnit };
    const square = cropSquare(this.shot.solvedNow(frame), this.shot.track);
    return square && { picture, fromPlate: cropToUnit(square, pixelAspect(this.shot.plate)) };
  }

  /** @param {Slot} slot  @param {number} width  @returns {Promise<Layer>} */
  async #layer({ source, frame }, width) {
    if (source.kind === "float") return facePixels(this.shot, source.layer, frame);
    if (!isCrop(source)) return { picture: await this.shot.pictures.picture(source, frame, width), fromPlate: this.#plateToUnit };
    const [picture, solved] = await Promise.all([this.shot.pictures.picture(source, frame), this.shot.solved(frame)]);
    const square = cropSquare(solved, this.shot.track);
    if (!square) throw new Error(`Frame ${frame} has no face.`);
    return { picture, fromPlate: cropToUnit(square, pixelAspect(this.shot.plate)) };
  }

  /** Somebody else's newer request may end ours; then it is asked again. @param {Slot} slot  @param {Wish} wish */
  async #layerOf(slot, wish) {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#layer(slot, wish.width);
      } catch (error) {
        const ended = /** @type {Error} */ (error).name === "AbortError";
        if (!ended || tries === TRIES || wish !== this.#wish) throw error;
      }
    }
  }

  get #plateToUnit() {
    return new DOMMatrix().scale(1 / this.shot.plate.width, 1 / this.shot.plate.height);
  }

  #begin() {
    const wish = this.#wish;
    if (!wish || wish === this.#begun || this.#running >= MOST_AT_A_TIME) return;
    this.#begun = wish;
    this.#running++;
    void this.#collect(wish).finally(() => {
      this.#running--;
      this.#begin();
    });
  }

  /** @param {Wish} wish */
  async #collect(wish) {
    const shown = /** @type {Shown} */ ({ frame: wish.frame, slots: wish.slots, layers: {}, problems: {}, whole: false });
    await Promise.all(Object.entries(wish.slots).map(async ([name, slot]) => {
      try {
        shown.layers[name] = await this.#layerOf(slot, wish);
      } catch (error) {
        shown.problems[name] = /** @type {Error} */ (error);
        if (shown.problems[name].name === "VersionChanged") this.#askVersions(slot);
      }
      if (name === "a" && wish === this.#wish) this.#patience = setTimeout(() => this.#early(wish, shown), TOGETHER_MS);
    }));
    if (wish !== this.#wish) return;
    clearTimeout(this.#patience);
    shown.whole = true;
    this.#ready(shown);
  }

  /** A frame was rendered again meanwhile. Asked once for each version, so that nothing turns round and round. @param {Slot} slot */
  #askVersions({ source, frame }) {
    if (source.kind !== "take") return;
    const { pictures, take } = this.shot;
    const stale = `${source.take ?? take?.id} ${frame} ${pictures.versionOf(source, frame)}`;
    if (stale === this.#stale) return;
    this.#stale = stale;
    pictures.renewVersions(source).catch(() => {}); // what stands is said on the picture
  }

  /** The first picture is here, another one takes its time. @param {Wish} wish  @param {Shown} shown */
  #early(wish, shown) {
    if (wish === this.#wish && !shown.whole) this.dispatchEvent(new CustomEvent("ready", { detail: { ...shown, layers: { ...shown.layers } } }));
  }

  /** @param {Shown} shown */
  #ready(shown) {
    this.loading = false;
    this.dispatchEvent(new CustomEvent("ready", { detail: shown }));
  }
}

/** Why a take has no such picture, known without asking. @param {import("../core/shot.js").OpenShot} shot  @param {Slot} slot */
function notRendered(shot, { source, frame }) {
  if (source.kind !== "take" || shot.pictures.versionOf(source, frame)) return null;
  const take = source.take ? shot.takes.find(({ id }) => id === source.take) : shot.take;
  if (!take) return new Error("There is no take of this shot yet.");
  if (!shot.takeFrames.states.length) return null; // not told yet
  return new Error(`Frame ${frame} is not rendered in ${takeName(take)}.`);
}
