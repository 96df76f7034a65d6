/**
 * Pictures of frames, each one immutable under (source, version, frame): the numbered frame is what is shown,
 * never a place in a video. Compressed pictures are kept by bytes, decoded ones by count; what is likely to be
 * looked at next is fetched ahead.
 */

import { bytes, get, path, ApiError } from "./api.js";

const MOST_BYTES = 180 * 2 ** 20;
const MOST_DECODED_BYTES = 80 * 2 ** 20; // ten pictures of 1920x1080: what is near the frame in hand
const AHEAD = 10; // frames fetched before they are asked for ...
const AHEAD_DECODED = 4; // ... and decoded
const BEHIND = 2;
const LINES = 4; // fetches at a time; the browser has six for one server

/**
 * Where a picture comes from. `plate` and `take` are immutable pictures; `preview` is made now, with all edits.
 * @typedef {{ kind: "plate" } | { kind: "take", layer: "replaced" | "matte" | "overlay" | "raw", take?: string }
 *   | { kind: "preview", layer: "plate" | "crop" | "matte" | "overlay" | "replaced" | "raw",
 *       settings?: Record<string, unknown>, tried?: Record<string, unknown>, asker?: string }} Source   "take": another than the one in hand, known by `knowTake`; "asker": of one asker's previews the newest counts
 * @typedef {{ key: string, url: string, frame: number, decode: boolean }} Wish
 * @typedef {{ bitmap: ImageBitmap, version: string, frame: number, width: number, height: number }} Picture
 */

/**
 * Events: `cached` when what is held has changed (for the cached range on the timeline), `decoded` when one more is
 * ready, `versions` when another take has other pictures.
 */
export class PictureStore extends EventTarget {
  /** @type {Map<string, Blob>} */
  #blobs = new Map();
  #blobBytes = 0;
  /** @type {Map<string, Picture>} */
  #decoded = new Map();
  #decodedBytes = 0;
  /** @type {Map<string, Promise<Blob>>} */
  #fetching = new Map();
  /** @type {Map<string, Promise<Picture>>} */
  #decoding = new Map();
  /** @type {Map<string, AbortController>} */
  #previews = new Map();
  /** @type {Wish[]} */
  #wanted = [];
  /** @type {Map<string, { first: number, versions: string[] }>} */
  #otherTakes = new Map();
  #busy = 0;
  #edits = 0;
  #closed = false;

  /** @param {import("./shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    /** Pictures on the screen; they are not given up. @type {ReadonlySet<unknown>} */
    this.onScreen = new Set();
  }

  close() {
    this.#closed = true;
    this.#wanted.length = 0;
    for (const asked of this.#previews.values()) asked.abort();
    for (const picture of this.#decoded.values()) picture.bitmap.close();
    this.#decoded.clear();
    this.#blobs.clear();
  }

  /** Edits came: pictures that are made now are made again when they are asked for. */
  editsChanged() {
    this.#edits++;
  }

  /** Ask for the versions of another take, so that its pictures can be looked at. @param {string} take  its id */
  async knowTake(take) {
    if (take === this.shot.take?.id || this.#otherTakes.has(take)) return;
    const { first_frame: first, versions } = await get(path`/api/p/${this.shot.production}/takes/${take}/frames`);
    this.#otherTakes.set(take, { first, versions });
  }

  /** The server says that a take has another picture than we know of. @param {Extract<Source, { kind: "take" }>} source */
  async renewVersions({ take }) {
    if (!take || take === this.shot.take?.id) return this.shot.refreshTake();
    this.#otherTakes.delete(take);
    await this.knowTake(take);
    this.dispatchEvent(new Event("versions"));
  }

  /** The version of a take's picture, "" where there is none. @param {Extract<Source, { kind: "take" }>} source  @param {number} frame */
  versionOf(source, frame) {
    if (!source.take || source.take === this.shot.take?.id) return this.shot.takeVersion(frame);
    const known = this.#otherTakes.get(source.take);
    return known?.versions[frame - known.first] ?? "";
  }

  /**
   * The frames that can be shown without asking the server. What is held is counted, not what the shot has.
   * @param {Source} source  a plate or a take
   */
  framesHeld(source) {
    const frames = /** @type {Set<number>} */ (new Set());
    for (const key of [...this.#blobs.keys(), ...this.#decoded.keys()]) {
      const [, , width, frame] = key.split("|");
      if (key === this.#key(source, Number(frame), Number(width))) frames.add(Number(frame));
    }
    return frames;
  }

  /** A decoded picture if there is one right now. @param {Source} source  @param {number} frame  @param {number} [width] */
  now(source, frame, width = 0) {
    return this.#decoded.get(this.#key(source, frame, width)) ?? null;
  }

  /**
   * One picture. Rejects with an ApiError when there is none (a take's frame that is not rendered).
   * @param {Source} source  @param {number} frame  @param {number} [width]  at most so many pixels wide, 0: as it is
   * @returns {Promise<Picture>}
   */
  async picture(source, frame, width = 0) {
    if (this.#closed) throw gone();
    const key = this.#key(source, frame, width);
    const known = this.#decoded.get(key);
    if (known) {
      this.#decoded.delete(key);
      this.#decoded.set(key, known); // it was used last
      return known;
    }
    const under = this.#decoding.get(key); // asked again, it must not give itself up
    if (under) return under;
    const blob = source.kind === "preview" ? this.#preview(source, frame, width) : this.#blob(source, frame, width, key);
    return this.#decode(key, frame, blob);
  }

  /**
   * Fetch what will be asked for next. Forgets what an earlier call wanted and did not get yet.
   * @param {Source | Source[]} sources  @param {number} frame  @param {1 | -1} direction  @param {number} [width]
   * @param {number} [stride]  frames from one picture to the next  @param {number} [ahead]
   */
  readAhead(sources, frame, direction, width = 0, stride = 1, ahead = AHEAD) {
    this.#wanted.length = 0;
    if (this.#closed) return;
    const all = [sources].flat();
    const decoded = this.#decodedAhead(width, all.length);
    const order = [];
    for (let step = 1; step <= ahead; step++) order.push(frame + direction * step * stride);
    for (let step = 1; step <= BEHIND; step++) order.push(frame - direction * step * stride);
    order.forEach((wanted, at) => {
      if (wanted < this.shot.range.first || wanted > this.shot.range.last) return;
      for (const source of all) this.#wish(source, wanted, width, at < decoded);
    });
    this.#pump();
  }

  /** How many pictures are decoded before their turn: not so many that they push each other out. @param {number} width  @param {number} sources */
  #decodedAhead(width, sources) {
    const { plate } = this.shot;
    const wide = Math.min(width || plate.width, plate.width);
    const fit = MOST_DECODED_BYTES / (((4 * wide * wide * plate.height) / plate.width) * sources);
    return Math.max(1, Math.min(AHEAD_DECODED, Math.floor(fit) - 2));
  }

  /** @param {Source} source  @param {number} frame  @param {number} width  @param {boolean} decode */
  #wish(source, frame, width, decode) {
    const url = source.kind === "preview" ? "" : this.#url(source, frame, width);
    const key = this.#key(source, frame, width);
    if (!url || this.#decoded.has(key)) return;
    const blob = this.#blobs.get(key);
    if (!blob) this.#wanted.push({ key, url, frame, decode });
    else if (decode) this.#decode(key, frame, Promise.resolve(blob)).catch(() => {});
  }

  #pump() {
    while (this.#busy < LINES && this.#wanted.length) {
      const { key, url, frame, decode } = /** @type {Wish} */ (this.#wanted.shift());
      this.#busy++;
      const fetched = this.#fetch(key, url, "low");
      (decode ? this.#decode(key, frame, fetched) : fetched).catch(() => {}).finally(() => {
        this.#busy--;
        this.#pump();
      });
    }
  }

  /** @param {Source} source  @param {number} frame  @param {number} width  @param {string} key */
  #blob(source, frame, width, key) {
    const held = this.#blobs.get(key); // also where there is no address any more
    if (held) return Promise.resolve(held);
    const url = this.#url(source, frame, width);
    if (!url) return Promise.reject(new ApiError(404, "NotFound", `frame ${frame} is not rendered in this take`));
    return this.#fetch(key, url, "high");
  }

  /** @param {string} key  @param {string} url  @param {"high" | "low"} priority */
  #fetch(key, url, priority) {
    const held = this.#blobs.get(key); // it may have come since it was wished for
    if (held) return Promise.resolve(held);
    const under = this.#fetching.get(key);
    if (under) return under;
    const fetched = bytes(url, { priority }).then(({ blob }) => {
      this.#blobs.set(key, blob);
      this.#blobBytes += blob.size;
      for (const [name, old] of this.#blobs) {
        if (this.#blobBytes <= MOST_BYTES) break;
        this.#blobs.delete(name);
        this.#blobBytes -= old.size;
      }
      this.dispatchEvent(new Event("cached"));
      return blob;
    }).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetched);
    return fetched;
  }

  /**
   * The frame in hand with all edits. Of an asker and layer the newest request counts; older ones are given up.
   * @param {Extract<Source, { kind: "preview" }>} source  @param {number} frame  @param {number} width
   */
  async #preview(source, frame, width) {
    const session = `${source.asker ?? "viewer"} ${source.layer}`;
    this.#previews.get(session)?.abort();
    const controller = new AbortController();
    this.#previews.set(session, controller);
    const model = source.layer === "replaced" || source.layer === "raw" ? this.shot.model?.id ?? "" : "";
    const { blob } = await bytes(`${this.shot.place}/preview`, {
      body: {
        session, frame, layer: source.layer, model_id: model, bindings: {},
        settings: source.settings ?? {}, tried: source.tried ?? {}, max_width_px: width,
      },
      signal: controller.signal,
    });
    return blob;
  }

  /** @param {string} key  @param {number} frame  @param {Promise<Blob>} blob  @returns {Promise<Picture>} */
  #decode(key, frame, blob) {
    const known = this.#decoded.get(key);
    if (known) return Promise.resolve(known);
    const under = this.#decoding.get(key);
    if (under) return under;
    const decoded = blob.then(createImageBitmap).then((bitmap) => {
      if (this.#closed) {
        bitmap.close();
        throw gone();
      }
      const picture = { bitmap, frame, version: key.split("|")[1], width: bitmap.width, height: bitmap.height };
      this.#decoded.set(key, picture);
      this.#decodedBytes += bitmap.width * bitmap.height * 4;
      for (const [name, old] of this.#decoded) {
        if (this.#decodedBytes <= MOST_DECODED_BYTES || name === key) break;
        if (this.onScreen.has(old)) continue;
        this.#decoded.delete(name);
        this.#decodedBytes -= old.width * old.height * 4;
        old.bitmap.close();
      }
      this.dispatchEvent(new Event("decoded"));
      return picture;
    }).finally(() => this.#decoding.delete(key));
    this.#decoding.set(key, decoded);
    return decoded;
  }

  /** What a picture is kept under. @param {Source} source  @param {number} frame  @param {number} width */
  #key(source, frame, width) {
    if (source.kind === "plate") return `plate|${this.shot.plate.sha256.slice(0, 16)}|${width}|${frame}`;
    if (source.kind === "take") return `take ${source.take ?? this.shot.take?.id} ${source.layer}|${this.versionOf(source, frame)}|${width}|${frame}`;
    return `${source.asker ?? "viewer"} ${source.layer} ${JSON.stringify([source.settings ?? {}, source.tried ?? {}])} ${this.shot.model?.id}|${this.#edits}|${width}|${frame}`;
  }

  /** Its address, or "" when there is no such picture. @param {Source} source  @param {number} frame  @param {number} width */
  #url(source, frame, width) {
    const { production, shot, plate, take } = this.shot;
    const size = width ? `?w=${width}` : "";
    if (source.kind === "plate") return path`/api/p/${production}/pictures/plate/${shot.id}/${plate.sha256.slice(0, 16)}/${frame}.jpg` + size;
    if (source.kind !== "take") return "";
    const version = this.versionOf(source, frame);
    const id = source.take ?? take?.id;
    if (!id || !version) return "";
    return path`/api/p/${production}/pictures/take/${id}/${source.layer}/${version}/${frame}.jpg` + size;
  }
}

function gone() {
  return new DOMException("the shot is not open any more", "AbortError");
}
