/**
 * Settings that are tried on the frame in hand before they count: the picture follows every movement of a slider,
 * and shows the frame as it was asked for last, never an older answer.
 */

const RESTED_MS = 80;

/** @typedef {Record<string, number | string>} Values */
/** @typedef {{ value: any, from: "trying" | "range" | "take" | "default", said: string }} Told   said: where it comes from, in words */

/** Events: `change`. */
export class Trial extends EventTarget {
  #resting = 0;
  /** @type {import("../../viewer/sources.js").LookedAt | null} */
  #before = null;
  #heard = () => this.#sourceChanged();

  /** @param {import("../../core/shot.js").OpenShot} shot  @param {import("../../viewer/stage.js").Stage} stage */
  constructor(shot, stage) {
    super();
    this.shot = shot;
    this.stage = stage;
    /** What is tried, by name. @type {Values} */
    this.tried = {};
    /** What the take in hand was rendered with. @type {Record<string, unknown>} */
    this.base = {};
    stage.addEventListener("source", this.#heard);
  }

  close() {
    clearTimeout(this.#resting);
    this.stage.removeEventListener("source", this.#heard);
    if (this.shown) this.stage.setSource(/** @type {any} */ (this.#before));
  }

  /** Whether the stage shows the trial. */
  get shown() {
    return this.#before !== null;
  }

  get count() {
    return Object.keys(this.tried).length;
  }

  /** @param {Record<string, unknown>} base */
  setBase(base) {
    this.base = base;
    if (this.shown) this.#show();
    this.#tell();
  }

  /** Try a value. @param {string} name  @param {number | string} value */
  set(name, value) {
    this.tried = { ...this.tried, [name]: value };
    this.#tell();
    this.#rest();
  }

  /** @param {string} name */
  forget(name) {
    const { [name]: _gone, ...rest } = this.tried;
    this.tried = rest;
    this.#tell();
    this.#rest();
  }

  /** Nothing is tried any more; the picture stays the one made now. */
  clear() {
    this.tried = {};
    this.#tell();
    this.#rest();
  }

  /** Show the frame made now, or what was looked at before. @param {boolean} shown */
  show(shown) {
    if (shown) this.#show();
    else if (this.#before) {
      const before = this.#before;
      this.#before = null;
      this.stage.setSource(before);
    }
    this.#tell();
  }

  #rest() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#show();
      this.#tell();
    }, RESTED_MS);
  }

  /** @type {import("../../viewer/sources.js").LookedAt} */
  get #source() {
    const layer = this.shot.model ? "replaced" : "overlay"; // without a model the edge of the matte can be judged
    return { kind: "preview", layer, settings: this.base, tried: this.tried };
  }

  #show() {
    const before = this.#before ?? this.stage.source;
    this.#before = null; // our own change of the source is not the artist's
    this.stage.setSource(this.#source);
    this.#before = before;
  }

  /** Somebody chose another picture: it is theirs, and stays when the tool is left. */
  #sourceChanged() {
    if (!this.#before) return;
    const { source } = this.stage;
    if (source.kind === "preview" && source.tried === this.tried) return;
    this.#before = null;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * The value of a setting on a frame, and where it comes from.
 * @param {import("../../core/types.js").Setting} setting
 * @param {{ tried: Values, base: Record<string, unknown>, plan: Values, entries: readonly import("../../core/types.js").Entry[],
 *   frame: number, take: string }} of   entries: the standing ones, oldest first
 * @returns {Told}
 */
export function told({ name, default_json }, { tried, base, plan, entries, frame, take }) {
  if (name in tried) return { value: tried[name], from: "trying", said: "tried, not applied yet" };
  if (name in plan) {
    const entry = entries.findLast(({ action }) => action?.kind === "adjust_convert" && action.first <= frame && frame <= action.last && name in action.settings);
    const said = entry?.action ? `set for ${rangeInWords(entry.action)} by ${entry.author}` : "set for this range";
    return { value: plan[name], from: "range", said };
  }
  if (name in base) return { value: base[name], from: "take", said: `as ${take} was rendered` };
  return { value: JSON.parse(default_json), from: "default", said: "default" };
}

/** @param {import("../../core/types.js").Action} range */
export function rangeInWords({ first, last }) {
  return first === last ? `frame ${first}` : `${first}–${last}`;
}
