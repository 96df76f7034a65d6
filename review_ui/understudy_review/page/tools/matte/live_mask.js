/**
 * The matte of the frame in hand as the artist sees it while painting: what the server solved, with every stroke
 * over it that the server has not answered for yet. A stroke is seen at once, an undo takes it back at once, and
 * what the server says later replaces it without ever showing an older state.
 */

import { ApiError, bytes } from "../../core/api.js";
import { brushOf, drawSegment, drawStroke, reachOf, rounded, thinned, Tiles } from "./brush.js";

const REST_MS = 90; // a frame that is only passed is not asked for
const AGAIN_MS = 1500;
const STEPS = 100; // strokes that can be taken back without the server ...
const STEP_BYTES = 96 * 2 ** 20; // ... and what they may hold

/**
 * @typedef {import("../../core/types.js").Action} Action
 * @typedef {{ action: Action, revision: number | null, gone: boolean, refused: boolean }} Sent   A stroke; its revision once it is known.
 * @typedef {{ sent: Sent | null, tiles: Tiles | null }} Step   What an undo takes back, the last one first.
 * @typedef {{ frame: number, exclude: boolean, radius: number, softness: number, points: number[],
 *   brush: import("./brush.js").Brush, tiles: Tiles }} Stroke   In hand; points in plate pixels, flat.
 */

/** Events: `change` when the mask is another one or what is known of it has changed. */
export class LiveMask extends EventTarget {
  #session = `brush ${crypto.randomUUID().slice(0, 8)}`;
  /** @type {Sent[]} */
  #sent = [];
  /** @type {Step[]} */
  #steps = [];
  /** @type {Step[]} */
  #undone = [];
  #unanswered = 0;
  #steered = 0; // undos and redos on their way: what the server shows meanwhile may be older
  #floor = 0;
  #known = 0;
  #waiting = 0;
  #active = false;
  /** @type {AbortController | null} */
  #asking = null;
  /** @type {{ mask: import("./brush.js").Mask, revision: number } | null} */
  #late = null;

  /**
   * @param {import("../../core/shot.js").OpenShot} shot  @param {import("../../viewer/stage.js").Stage} stage
   * @param {import("./brush.js").Mask | null} nothing  shown while there is no matte yet
   */
  constructor(shot, stage, nothing) {
    super();
    this.shot = shot;
    this.stage = stage;
    this.nothing = nothing;
    /** @type {import("./brush.js").Mask | null} */
    this.mask = null;
    this.frame = shot.frame;
    /** The mask is what the server solved (with strokes over it), not an empty one that is painted on meanwhile. */
    this.solved = false;
    this.problem = "";
    /** @type {Stroke | null} */
    this.stroke = null;
    this.#known = shot.revision;
    shot.addEventListener("frame", () => this.#frameChanged());
    shot.addEventListener("revision", (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    shot.addEventListener("save", () => this.#forgetGivenUp());
    shot.addEventListener("sending", (event) => this.#sending(/** @type {CustomEvent} */ (event).detail));
  }

  /** Show it, from now on. */
  show() {
    this.#active = true;
    this.frame = this.shot.frame;
    this.stage.setMask(this.nothing);
    this.#wantIn(0);
  }

  hide() {
    this.end();
    this.#active = false;
    this.#forget();
    this.stage.setMask(null);
  }

  // Painting

  /** @param {{ x: number, y: number }} at  @param {{ radius: number, softness: number, exclude: boolean }} with_ */
  begin(at, { radius, softness, exclude }) {
    this.end();
    this.#ensureMask();
    this.stroke = {
      frame: this.frame, exclude, radius, softness, points: [at.x, at.y], brush: brushOf(radius, softness, exclude), tiles: new Tiles(),
    };
    this.#draw([at.x, at.y, at.x, at.y]);
  }

  /** @param {{ x: number, y: number }} at */
  go(at) {
    const points = this.stroke?.points;
    if (!points) return;
    const x = points[points.length - 2], y = points[points.length - 1];
    if (Math.hypot(at.x - x, at.y - y) < 0.05) return;
    points.push(at.x, at.y);
    this.#draw([x, y, at.x, at.y]);
  }

  /** Send the stroke in hand. Whatever ends it, what was drawn counts. */
  end() {
    const stroke = this.stroke;
    if (!stroke) return;
    this.stroke = null;
    void this.shot.edit([{
      kind: "paint_stroke", frame: stroke.frame, mode: stroke.exclude ? "exclude" : "include", points: thinned(stroke.points),
      radius_px: rounded(stroke.radius), softness: stroke.softness,
    }]).catch(() => {}); // the room shows what was refused
    const step = this.#steps.at(-1);
    if (step?.sent) step.tiles = stroke.tiles;
    this.#trim();
    if (this.#late) this.#take(this.#late.mask, this.#late.revision);
  }

  /** Take the stroke in hand away, as if it had not been begun. */
  drop() {
    if (!this.stroke || !this.mask) return;
    this.stage.maskChanged(this.stroke.tiles.restore(this.mask));
    this.stroke = null;
    if (this.#late) this.#take(this.#late.mask, this.#late.revision);
  }

  /** @param {import("./brush.js").Segment} segment */
  #draw(segment) {
    const { mask, stroke } = this;
    if (!mask || !stroke) return;
    stroke.tiles.keep(mask, reachOf(mask, segment, stroke.brush));
    const changed = drawSegment(mask, segment, stroke.brush);
    if (changed.width && changed.height) this.stage.maskChanged(changed);
  }

  // What is on its way to the server, and what came back

  /** @param {{ kind: string, actions: Action[], answer: Promise<any> }} letter */
  #sending({ kind, actions, answer }) {
    this.#unanswered++;
    const made = kind === "edits" ? this.#made(actions) : [];
    if (kind === "undo") this.#undo();
    if (kind === "redo") this.#redo();
    if (kind !== "edits") this.#steered++;
    answer.then((told) => {
      const revisions = (told.entries ?? [told.entry]).map((/** @type {{ revision: number }} */ entry) => entry.revision);
      made.forEach((sent, at) => (sent.revision = revisions[at]));
      if (revisions[0] !== this.#known + 1) this.#steps.length = this.#undone.length = 0; // somebody else's is among ours
      this.#known = Math.max(this.#known, ...revisions);
      if (kind !== "edits") this.#floor = Math.max(this.#floor, revisions[0]);
    }, () => {
      for (const sent of made) sent.refused = true; // it waits for its author to decide, or is given up
      this.#forgetGivenUp();
      this.#steps.length = this.#undone.length = 0;
    }).finally(() => {
      this.#unanswered--;
      if (kind !== "edits") this.#steered--;
      this.#wantIn(40);
    });
  }

  /** Refused strokes that wait no more: given up, or made again, and then the server's matte has them. */
  #forgetGivenUp() {
    const waiting = this.shot.outbox.letters.flatMap((letter) => letter.actions);
    const kept = this.#sent.filter((sent) => !sent.refused || waiting.includes(sent.action));
    if (kept.length === this.#sent.length) return;
    this.#sent = kept;
    this.#wantIn(40);
  }

  /** @param {Action[]} actions  @returns {Sent[]} one an action; those that paint no stroke lie still */
  #made(actions) {
    this.#undone.length = 0;
    return actions.map((action) => {
      const sent = { action, revision: null, gone: action.kind !== "paint_stroke", refused: false };
      if (!sent.gone) this.#sent.push(sent);
      this.#steps.push({ sent: sent.gone ? null : sent, tiles: null });
      return sent;
    });
  }

  #undo() {
    const step = this.#steps.pop();
    if (!step) return;
    this.#undone.push(step);
    if (!step.sent) return;
    step.sent.gone = true;
    if (step.tiles && this.mask && step.sent.action.frame === this.frame) this.stage.maskChanged(step.tiles.restore(this.mask));
  }

  #redo() {
    const step = this.#undone.pop();
    if (!step) return;
    this.#steps.push(step);
    if (!step.sent) return;
    step.sent.gone = false;
    if (this.mask && step.sent.action.frame === this.frame) this.stage.maskChanged(this.#paint(this.mask, step.sent.action));
  }

  /** An edit of anybody has come. @param {{ entry: import("../../core/types.js").Entry }} told */
  #heard({ entry }) {
    if (!this.#unanswered && entry.revision > this.#known) {
      this.#steps.length = this.#undone.length = 0; // somebody else's: what an undo takes back is theirs to say
      this.#known = entry.revision;
    }
    this.#wantIn(40);
  }

  // What the server solved

  #frameChanged() {
    this.end();
    this.frame = this.shot.frame;
    this.#forget();
    if (!this.#active) return;
    if (this.stage.mask !== this.nothing) this.stage.setMask(this.nothing); // the overlay stays as it is
    this.#wantIn(REST_MS);
  }

  #forget() {
    this.#asking?.abort();
    clearTimeout(this.#waiting);
    this.#late = null;
    this.mask = null;
    this.solved = false;
    this.problem = "";
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} ms */
  #wantIn(ms) {
    clearTimeout(this.#waiting);
    if (this.#active) this.#waiting = setTimeout(() => void this.#ask(), ms);
  }

  async #ask() {
    this.#asking?.abort();
    const controller = new AbortController();
    this.#asking = controller;
    const frame = this.frame;
    try {
      const { blob, headers } = await bytes(`${this.shot.place}/preview`, {
        body: { session: this.#session, frame, layer: "matte", model_id: "", bindings: {}, settings: {}, max_width_px: 0 },
        signal: controller.signal,
      });
      const mask = await luminance(blob);
      if (controller.signal.aborted || frame !== this.frame) return;
      this.#take(mask, Number(headers.get("X-Revision")));
    } catch (error) {
      if (controller.signal.aborted) return;
      this.problem = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiError && error.passing) this.#wantIn(AGAIN_MS);
      this.dispatchEvent(new Event("change"));
    }
  }

  /** @param {import("./brush.js").Mask} mask  @param {number} revision */
  #take(mask, revision) {
    this.#late = null;
    if (this.#steered || revision < this.#floor) return; // it is asked for again when the undo is answered
    if (this.stroke) {
      this.#late = { mask, revision };
      return;
    }
    const { letters } = this.shot.outbox;
    const under = this.#sent.map((sent) => sent.action);
    this.#sent = this.#sent.filter((sent) => this.#steps.some((step) => step.sent === sent) || sent.revision === null || sent.revision > revision);
    const waiting = this.#sent.filter((sent) => !sent.gone && (sent.revision === null || sent.revision > revision)).map((sent) => sent.action);
    const earlier = letters.flatMap((letter) => letter.actions).filter((action) => !under.includes(action)); // of a tab before this one
    for (const action of [...earlier, ...waiting]) {
      if (action.kind === "paint_stroke" && action.frame === this.frame) this.#paint(mask, action);
    }
    this.mask = mask;
    this.solved = true;
    this.problem = "";
    this.stage.setMask(mask);
    this.dispatchEvent(new Event("change"));
  }

  #ensureMask() {
    if (this.mask) return;
    const { width, height } = this.shot.plate;
    this.mask = { width, height, data: new Uint8Array(width * height) };
    this.stage.setMask(this.mask);
  }

  /** @param {import("./brush.js").Mask} mask  @param {Action} action */
  #paint(mask, { points, radius_px, softness, mode }) {
    return drawStroke(mask, points, brushOf(radius_px, softness, mode === "exclude"));
  }

  #trim() {
    let held = 0;
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      held += this.#steps[at].tiles?.bytes ?? 0;
      if (held > STEP_BYTES || this.#steps.length - at > STEPS) this.#steps[at].tiles = null;
    }
  }
}

/** @type {Worker | null} */
let worker = null;
let asked = 0;

/** A picture's luminance, one byte a pixel. @param {Blob} blob  @returns {Promise<import("./brush.js").Mask>} */
export function luminance(blob) {
  worker ??= new Worker(new URL("./luminance_worker.js", import.meta.url), { type: "module" });
  const id = ++asked;
  const at = worker;
  return new Promise((done, failed) => {
    const heard = (/** @type {MessageEvent} */ { data }) => {
      if (data.id !== id) return;
      at.removeEventListener("message", heard);
      if (data.error) failed(new Error(data.error));
      else done({ width: data.width, height: data.height, data: data.data });
    };
    at.addEventListener("message", heard);
    at.postMessage({ id, blob });
  });
}
