/** The faces of one person: columns from the server, what is shown of them and in which order, what is selected. */

import { get, path } from "../../core/api.js";
import { Outbox } from "../../core/outbox.js";
import { frameList } from "../../core/time.js";

/** What curation does with a face, by number. */
export const CHOICES = ["", "learnt from", "kept out by hand", "filled in, not seen", "hidden or doubtful", "cut off by the edge", "blurred", "nearly the same as another", "more than enough"];
export const CHOSEN = 1;
export const DROPPED = 2;

/** What faces can be sorted by: the column and its name. */
export const ORDERS = [
  { id: "frames", title: "shot and frame" }, { id: "alike_order", title: "likeness to neighbours" }, { id: "likeness", title: "likeness to the person" },
  { id: "yaw_deg", title: "turned sideways" }, { id: "pitch_deg", title: "nodded" }, { id: "mouth_open", title: "mouth open" },
  { id: "eyes_closed", title: "eyes closed" }, { id: "smile", title: "smile" }, { id: "sharpness", title: "sharpness" }, { id: "presence", title: "clearly seen" },
];

/**
 * @typedef {{ shot_ids: string[], revisions: number[], shots: number[], frames: number[], tracks: number[], choices: number[], lacking: string }
 *   & Record<string, number[]>} Columns
 * @typedef {{ order: string, descending: boolean, grouped: "" | "shot" | "choice", hidden: Set<number>,
 *   limits: { column: string, least: number, most: number }[] }} View
 */

/** The faces that a view shows, in its order. @param {Columns} columns  @param {View} view  @returns {number[]} */
export function facesShown(columns, view) {
  const shown = [];
  for (let face = 0; face < columns.frames.length; face++) {
    const within = view.limits.every(({ column, least, most }) => columns[column][face] >= least && columns[column][face] <= most);
    if (within && !view.hidden.has(columns.choices[face])) shown.push(face);
  }
  const value = columns[view.order];
  const sign = view.descending ? -1 : 1;
  const byPlace = (/** @type {number} */ a, /** @type {number} */ b) => columns.shots[a] - columns.shots[b] || columns.frames[a] - columns.frames[b];
  const group = view.grouped === "shot" ? columns.shots : view.grouped === "choice" ? columns.choices : null;
  return shown.sort((a, b) => (group ? group[a] - group[b] : 0)
    || (view.order === "frames" ? sign * byPlace(a, b) : sign * (value[a] - value[b])) || byPlace(a, b));
}

/** The edits that keep faces out or let them in: one for each shot and track. @param {Columns} columns  @param {Iterable<number>} faces  @param {boolean} keep */
export function curateEdits(columns, faces, keep) {
  /** @type {Map<number, Map<number, number[]>>} */
  const byShot = new Map();
  for (const face of faces) {
    const tracks = byShot.get(columns.shots[face]) ?? new Map();
    byShot.set(columns.shots[face], tracks);
    tracks.set(columns.tracks[face], [...(tracks.get(columns.tracks[face]) ?? []), columns.frames[face]]);
  }
  return [...byShot].map(([shot, tracks]) => ({
    shot,
    actions: [...tracks].map(([track, frames]) => ({ kind: "curate_faces", track, frames: frameList([...frames].sort((a, b) => a - b)), keep })),
  }));
}

/** What a click with its keys makes of a selection, as in file managers. `anchor` is where the last plain click was.
 * @param {Set<number>} selected  @param {number[]} shown  @param {number} at  place among the shown
 * @param {number} anchor  @param {{ shift?: boolean, control?: boolean }} keys */
export function selectionAfter(selected, shown, at, anchor, { shift = false, control = false }) {
  if (shift) {
    const range = shown.slice(Math.min(at, anchor), Math.max(at, anchor) + 1);
    return new Set(control ? [...selected, ...range] : range);
  }
  if (!control) return new Set([shown[at]]);
  const next = new Set(selected);
  if (!next.delete(shown[at])) next.add(shown[at]);
  return next;
}

/** Events: `change` (columns or selection), `problem` (detail Error). */
export class PersonFaces extends EventTarget {
  /** @type {Map<string, Promise<Outbox>>} */
  #outboxes = new Map();
  /** Shots edited here, the last one last; undo goes to it. @type {number[]} */
  #edited = [];
  /** @type {number[]} */
  #undone = [];
  #asked = 0;

  /** @param {import("../../core/production.js").OpenProduction} production  @param {string} personId */
  constructor(production, personId) {
    super();
    this.production = production;
    this.personId = personId;
    /** @type {Columns | null} */
    this.columns = null;
    this.selected = /** @type {Set<number>} */ (new Set());
    this.unsent = 0;
  }

  async load() {
    const asked = ++this.#asked;
    const columns = await get(path`/api/p/${this.production.key}/people/${this.personId}/faces`);
    if (asked !== this.#asked) return; // a newer answer is on its way
    const same = this.columns?.frames.length === columns.frames.length;
    if (!same) this.selected = new Set();
    this.columns = columns;
    this.#changed();
  }

  /** @param {Set<number>} faces */
  select(faces) {
    this.selected = faces;
    this.#changed();
  }

  /** Keep the selected faces out of training, or let them in again. @param {boolean} keep */
  async curate(keep) {
    const { columns } = this;
    if (!columns || !this.selected.size) return;
    const edits = curateEdits(columns, this.selected, keep);
    for (const face of this.selected) columns.choices[face] = keep ? CHOSEN : DROPPED; // at once; the server says more
    this.#undone.length = 0;
    this.#changed();
    await this.#sent(edits.map(({ shot, actions }) => {
      this.#edited.push(shot);
      return this.#post(shot, "edits", actions);
    }));
  }

  async undo() {
    const shot = this.#edited.pop();
    if (shot === undefined) return;
    this.#undone.push(shot);
    await this.#sent([this.#post(shot, "undo", [])]);
  }

  async redo() {
    const shot = this.#undone.pop();
    if (shot === undefined) return;
    this.#edited.push(shot);
    await this.#sent([this.#post(shot, "redo", [])]);
  }

  get canUndo() {
    return this.#edited.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** @param {Promise<void>[]} posts */
  async #sent(posts) {
    this.unsent += posts.length;
    this.#changed();
    const results = await Promise.allSettled(posts);
    this.unsent -= posts.length;
    for (const result of results) {
      if (result.status === "rejected") this.dispatchEvent(new CustomEvent("problem", { detail: result.reason }));
    }
    await this.load();
  }

  /** @param {number} shot  @param {"edits" | "undo" | "redo"} kind  @param {import("../../core/types.js").Action[]} actions */
  async #post(shot, kind, actions) {
    const columns = /** @type {Columns} */ (this.columns);
    const id = columns.shot_ids[shot];
    if (!this.#outboxes.has(id)) this.#outboxes.set(id, Outbox.open(this.production.key, id));
    const outbox = /** @type {Outbox} */ (await this.#outboxes.get(id));
    const answer = await outbox.post(kind, actions, columns.revisions[shot]).catch(async (error) => {
      if (error.name === "EditConflict") await outbox.discard(); // faces are chosen anew with what is shown now
      throw error;
    });
    columns.revisions[shot] = answer.revision ?? answer.entry.revision;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
