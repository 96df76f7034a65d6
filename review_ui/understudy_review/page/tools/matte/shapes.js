/** The shapes on the frame in hand: as solved, with what this page has changed and the server has not solved yet. */

import { shapeKeys, keyOf, restructured } from "./shape_keys.js";
import { firstCrossing } from "./outline.js";

/**
 * @typedef {import("../../core/types.js").Shape} Shape
 * @typedef {import("../../core/types.js").Action} Action
 * @typedef {{ shape: Shape | null, revision: number | null, sent: boolean }} Own   null: taken off; unsent while it is dragged
 */

/** Events: `change`. */
export class Shapes extends EventTarget {
  /** @type {readonly Shape[]} */
  #solved = [];
  /** @type {Map<string, Own>} */
  #own = new Map(); // by frame and name
  /** @type {Map<string, import("./shape_keys.js").Keys>} */
  #keys = new Map();
  #keysAt = "";
  #looked = 0;

  /** @param {import("../../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    /** The name of the shape in hand. */
    this.selected = "";
    /** Its selected points. @type {Set<number>} */
    this.points = new Set();
    shot.addEventListener("frame", () => {
      this.points.clear();
      this.look();
    });
    shot.addEventListener("revision", () => this.look());
    shot.addEventListener("sending", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.kind === "edits") return;
      for (const [name, own] of this.#own) if (own.sent) this.#own.delete(name); // what an undo brings is the server's to say
    });
  }

  /** Ask what the frame in hand solves to. */
  look() {
    const turn = ++this.#looked;
    const { frame } = this.shot;
    const known = this.shot.solvedNow(frame);
    if (known) this.#solve(known, frame);
    else {
      this.#tell();
      this.shot.solved(frame).then((solved) => turn === this.#looked && this.#solve(solved, frame), () => {});
    }
  }

  /** @param {import("../../core/types.js").SolvedFrame} solved  @param {number} frame */
  #solve(solved, frame) {
    this.#solved = solved.plan.shapes;
    this.#solvedFrame = frame;
    for (const [name, own] of this.#own) if (own.revision !== null && own.revision <= solved.revision) this.#own.delete(name);
    this.#tell();
  }

  #solvedFrame = NaN;

  /** The shapes of the frame in hand as they are drawn now, in the order in which they count. @returns {Shape[]} */
  get list() {
    const { frame } = this.shot;
    const shapes = new Map((this.#solvedFrame === frame ? this.#solved : []).map((shape) => [shape.name, shape]));
    for (const [name, own] of this.#own) {
      const [at, shape] = name.split(" ");
      if (Number(at) !== frame) continue;
      if (own.shape) shapes.set(shape, own.shape);
      else shapes.delete(shape);
    }
    return [...shapes.values()];
  }

  /** The shape in hand, if it is on this frame. */
  get inHand() {
    return this.list.find((shape) => shape.name === this.selected) ?? null;
  }

  /** Every shape's keys, what is on its way counted in. */
  get keys() {
    const { outbox, revision } = this.shot;
    const at = `${revision} ${outbox.letters.map((letter) => letter.id).join()}`;
    if (at !== this.#keysAt) {
      const waiting = outbox.letters.filter((letter) => letter.kind === "edits").flatMap((letter) => letter.actions);
      const standing = this.shot.stack.done.flatMap((entry) => entry.action ?? []);
      this.#keys = shapeKeys([...standing, ...waiting]);
      this.#keysAt = at;
    }
    return this.#keys;
  }

  /** @param {string} name  @param {Iterable<number>} [points] */
  select(name, points = []) {
    this.selected = name;
    this.points = new Set(points);
    this.#tell();
  }

  /** Draw a shape otherwise, without sending it yet. @param {Shape} shape  @param {number} [frame] */
  draft(shape, frame = this.shot.frame) {
    this.#own.set(this.#name(shape.name, frame), { shape: { ...shape, keyed: true }, revision: null, sent: false });
    this.#tell();
  }

  /** What is drawn but not sent, on any frame: shapes that cross themselves. @returns {{ frame: number, name: string }[]} */
  get unsent() {
    return [...this.#own].filter(([, own]) => own.shape && !own.sent).map(([name]) => ({ frame: Number(name.split(" ")[0]), name: name.split(" ")[1] }));
  }

  /** Forget what was drawn of a shape and not sent. @param {string} name */
  revert(name) {
    if (this.#own.get(this.#name(name))?.sent === false) this.#own.delete(this.#name(name));
    this.#tell();
  }

  /**
   * Send the shape as it is drawn: a key on the frame. One that crosses itself stays a draft.
   * @param {Shape} shape  @param {Partial<Action>} [more]  @param {number} [frame]  @returns {Promise<unknown> | null}
   */
  key(shape, more = {}, frame = this.shot.frame) {
    this.draft(shape, frame);
    if (firstCrossing(shape.points)) return null;
    return this.edit([keyOf(shape, frame, this.keys.get(shape.name), more)], { ...shape, keyed: true }, "", frame);
  }

  /** Another number of points, in all keys of the shape. @param {Shape} shape  @param {(points: readonly number[], curve: Shape["curve"]) => number[]} change */
  restructure(shape, change) {
    const next = { ...shape, points: change(shape.points, shape.curve), keyed: true };
    if (firstCrossing(next.points)) return null;
    this.points.clear();
    return this.edit(restructured(shape, this.shot.frame, this.keys.get(shape.name), change), next);
  }

  /**
   * What holds for the shape as a whole (include or exclude, curve, what carries it) goes into all its keys.
   * @param {Shape} shape  @param {Partial<Action>} change
   */
  change(shape, change) {
    const keys = [...(this.keys.get(shape.name)?.values() ?? [])];
    const seen = { ...shape, mode: change.mode ?? shape.mode, curve: change.curve ?? shape.curve };
    return this.edit(keys.map((key) => ({ ...key, ...change })), seen);
  }

  /** Take the shape off a range, or everywhere. @param {string} name  @param {import("../../core/types.js").Range} range */
  remove(name, range) {
    const { frame } = this.shot;
    const here = frame >= range.first && frame <= range.last;
    return this.edit([{ kind: "remove_shape", shape: name, first: range.first, last: range.last }], null, here ? name : "");
  }

  /** Take only the key of the frame in hand away: the shape then goes from the key before to the one after. @param {string} name */
  removeKey(name) {
    const all = this.keys.get(name);
    const frames = [...(all?.keys() ?? [])].sort((a, b) => a - b);
    const left = frames.filter((frame) => frame !== this.shot.frame);
    if (!all || !left.length) return this.remove(name, this.shot.range);
    const first = { kind: "remove_shape", shape: name, first: frames[0], last: frames[frames.length - 1] };
    this.revert(name);
    return this.edit([first, ...left.map((frame) => /** @type {Action} */ (all.get(frame)))], null);
  }

  /** The same shape under another name. @param {Shape} shape  @param {string} name */
  rename(shape, name) {
    const keys = [...(this.keys.get(shape.name)?.values() ?? [])];
    this.#own.set(this.#name(shape.name), { shape: null, revision: null, sent: true });
    this.selected = name;
    const { first, last } = this.shot.range;
    return this.edit([{ kind: "remove_shape", shape: shape.name, first, last }, ...keys.map((key) => ({ ...key, shape: name }))], { ...shape, name });
  }

  /**
   * Send edits; `seen` is how the shape looks meanwhile, `gone` the name of one that is no more.
   * @param {Action[]} actions  @param {Shape | null} [seen]  @param {string} [gone]  @param {number} [frame]  @returns {Promise<unknown>}
   */
  edit(actions, seen = null, gone = "", frame = this.shot.frame) {
    const name = this.#name(seen?.name ?? gone, frame);
    const own = { shape: seen, revision: /** @type {number | null} */ (null), sent: true };
    if (seen || gone) this.#own.set(name, own);
    const answer = this.shot.edit(actions);
    answer.then((told) => {
      own.revision = told.entries.at(-1).revision;
      this.look();
    }, () => {
      if (this.#own.get(name) === own) this.#own.delete(name);
      this.look();
    });
    this.#tell();
    return answer;
  }

  /** @param {string} name  @param {number} [frame] */
  #name(name, frame = this.shot.frame) {
    return `${frame} ${name}`;
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
