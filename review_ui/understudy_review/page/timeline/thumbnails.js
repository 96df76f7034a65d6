/**
 * Small pictures of frames, fetched as strips of neighbours and kept. What is in sight is fetched first; what has
 * gone out of sight before its turn came is not fetched at all.
 */

import { bytes, path } from "../core/api.js";

const LINES = 2; // strips under way at a time, so that the picture in hand never waits behind them
const KEPT = 240; // strips
const RETRY_MS = 4000;

/** @typedef {{ url: string, place: number, count: number }} Thumb   One picture of a strip: its place among `count`. */

/** @typedef {{ source: "plate" | "take", frames: number[], height: number }} Wanted */

/** Event `change` when pictures came. */
export class Thumbnails extends EventTarget {
  /** By what it shows. @type {Map<string, Thumb>} */
  #thumbs = new Map();
  /** The last one of a frame, shown until its new version is here. @type {Map<string, Thumb>} */
  #last = new Map();
  /** @type {{ url: string, keys: string[] }[]} */
  #strips = [];
  /** @type {Wanted[]} */
  #wanted = [];
  /** @type {Set<string>} */
  #underWay = new Set();
  /** @type {Map<string, number>} */
  #failed = new Map();
  #busy = 0;
  #closed = false;

  /** @param {import("../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
  }

  close() {
    this.#closed = true;
    this.#wanted.length = 0;
    for (const { url } of this.#strips) URL.revokeObjectURL(url);
  }

  /** @param {"plate" | "take"} source  @param {number} frame  @param {number} height  @returns {Thumb | null} */
  of(source, frame, height) {
    return this.#thumbs.get(this.#key(source, frame, height)) ?? this.#last.get(`${source}|${height}|${frame}`) ?? null;
  }

  /**
   * Fetch what is missing of some runs of frames, the first run first. Forgets what was wanted before.
   * @param {"plate" | "take"} source  @param {number[][]} runs  @param {number} height
   */
  want(source, runs, height) {
    this.#wanted = runs.map((frames) => ({ source, height, frames: this.#missing(source, frames, height) }))
      .filter(({ frames }) => frames.length);
    this.#pump();
  }

  /** @param {"plate" | "take"} source  @param {number[]} frames  @param {number} height */
  #missing(source, frames, height) {
    return frames.filter((frame) => {
      const key = this.#key(source, frame, height);
      const failed = this.#failed.get(key) ?? -RETRY_MS;
      return !this.#thumbs.has(key) && !this.#underWay.has(key) && performance.now() - failed > RETRY_MS;
    });
  }

  #pump() {
    while (this.#busy < LINES && this.#wanted.length) {
      const { source, frames, height } = /** @type {Wanted} */ (this.#wanted.shift());
      const plain = frames.filter((frame) => this.#sourceOf(source, frame) === "plate");
      const drawn = frames.filter((frame) => this.#sourceOf(source, frame) === "take");
      for (const [from, some] of /** @type {["plate" | "take", number[]][]} */ ([["plate", plain], ["take", drawn]])) {
        if (some.length) void this.#fetch(from, some, height);
      }
    }
  }

  /** @param {"plate" | "take"} source  @param {number[]} frames  @param {number} height */
  async #fetch(source, frames, height) {
    const keys = frames.map((frame) => this.#key(source, frame, height));
    const url = `${this.#place(source, keys)}?frames=${frames.join(",")}&h=${height}`;
    keys.forEach((key) => this.#underWay.add(key));
    this.#busy++;
    try {
      const { blob } = await bytes(url, { priority: "low" });
      if (!this.#closed) this.#keep(URL.createObjectURL(blob), keys, frames, source, height);
    } catch {
      keys.forEach((key) => this.#failed.set(key, performance.now())); // the picture in the viewer says why
    } finally {
      keys.forEach((key) => this.#underWay.delete(key));
      this.#busy--;
      this.#pump();
    }
  }

  /** @param {string} url  @param {string[]} keys  @param {number[]} frames  @param {"plate" | "take"} source  @param {number} height */
  #keep(url, keys, frames, source, height) {
    keys.forEach((key, place) => {
      const thumb = { url, place, count: keys.length };
      this.#thumbs.set(key, thumb);
      this.#last.set(`${source}|${height}|${frames[place]}`, thumb);
    });
    this.#strips.push({ url, keys });
    if (this.#strips.length > KEPT) this.#forget(/** @type {{ url: string, keys: string[] }} */ (this.#strips.shift()));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {{ url: string, keys: string[] }} strip */
  #forget(strip) {
    for (const key of strip.keys) if (this.#thumbs.get(key)?.url === strip.url) this.#thumbs.delete(key);
    for (const [name, thumb] of this.#last) if (thumb.url === strip.url) this.#last.delete(name);
    URL.revokeObjectURL(strip.url);
  }

  /** A frame that the take has not is shown as the plate. @param {"plate" | "take"} source  @param {number} frame */
  #sourceOf(source, frame) {
    return source === "take" && this.shot.take && this.shot.takeVersion(frame) ? "take" : "plate";
  }

  /** @param {"plate" | "take"} source  @param {number} frame  @param {number} height */
  #key(source, frame, height) {
    if (this.#sourceOf(source, frame) === "plate") return `plate|${height}|${frame}`;
    return `${this.shot.take?.id}|${this.shot.takeVersion(frame)}|${height}|${frame}`;
  }

  /** @param {"plate" | "take"} source  @param {string[]} keys */
  #place(source, keys) {
    const { production, shot, plate, take } = this.shot;
    if (source === "plate" || !take) return path`/api/p/${production}/strips/plate/${shot.id}/${plate.sha256.slice(0, 16)}.jpg`;
    return path`/api/p/${production}/strips/take/${take.id}/${tagOf(keys)}.jpg`;
  }
}

/** A short word for what is expected, so that another version has another address. @param {string[]} keys */
function tagOf(keys) {
  let hash = 0x811c9dc5;
  for (const letter of keys.join()) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16);
}
