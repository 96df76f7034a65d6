/** Pictures of faces, many in one sprite, kept while they are likely to be seen again. */

import { bytes } from "../../core/api.js";

const MOST_AT_ONCE = 96;
const MOST_SPRITES = 120;
const GATHER_MS = 40;

/** @typedef {{ url: string, column: number, row: number, columns: number, rows: number }} Place */

/** Events: `change` when pictures came. */
export class FacePictures extends EventTarget {
  /** @type {Map<string, Place>} */
  #places = new Map();
  /** @type {Map<string, string[]>} */
  #sprites = new Map();
  /** @type {Map<string, { shot_id: string, frame: number, track: number }>} */
  #wanted = new Map();
  #waiting = 0;
  #asking = 0;

  /** @param {string} place  address of the production's API  @param {number} sizePx */
  constructor(place, sizePx) {
    super();
    this.place = place;
    this.sizePx = sizePx;
  }

  close() {
    clearTimeout(this.#waiting);
    for (const url of this.#sprites.keys()) URL.revokeObjectURL(url);
  }

  /** Where a face's picture lies, or null until it has come. @param {string} shotId  @param {number} frame  @param {number} track */
  at(shotId, frame, track) {
    return this.#places.get(`${shotId} ${frame} ${track}`) ?? null;
  }

  /** Say which faces are seen now: only those are fetched. @param {{ shot_id: string, frame: number, track: number }[]} faces */
  want(faces) {
    this.#wanted.clear();
    for (const face of faces) {
      const key = `${face.shot_id} ${face.frame} ${face.track}`;
      if (!this.#places.has(key)) this.#wanted.set(key, face);
    }
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#fetch(), GATHER_MS);
  }

  async #fetch() {
    if (!this.#wanted.size || this.#asking >= 2) return;
    const faces = [...this.#wanted].slice(0, MOST_AT_ONCE);
    for (const [key] of faces) this.#wanted.delete(key);
    this.#asking++;
    try {
      const { blob, headers } = await bytes(`${this.place}/faces/pictures`, { body: { faces: faces.map(([, face]) => face), size_px: this.sizePx } });
      const columns = Number(headers.get("X-Columns"));
      const url = URL.createObjectURL(blob);
      this.#sprites.set(url, faces.map(([key]) => key));
      const rows = Math.ceil(faces.length / columns);
      faces.forEach(([key], at) => this.#places.set(key, { url, column: at % columns, row: Math.floor(at / columns), columns, rows }));
      this.#forget();
      this.dispatchEvent(new Event("change"));
    } catch {
      // They are asked for again when they are next seen.
    } finally {
      this.#asking--;
    }
    void this.#fetch();
  }

  #forget() {
    for (const [url, keys] of this.#sprites) {
      if (this.#sprites.size <= MOST_SPRITES) return;
      this.#sprites.delete(url);
      for (const key of keys) if (this.#places.get(key)?.url === url) this.#places.delete(key);
      URL.revokeObjectURL(url);
    }
  }
}
