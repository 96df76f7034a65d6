/**
 * What an artist did, on its way to the server's journal. Every change is kept in the browser (IndexedDB) before
 * it is sent and until the server has it, so that neither a closed tab nor a lost line loses a stroke. Changes
 * of a shot go out one after the other, each with the id it was made with: sent twice they count once.
 */

import { ApiError, requestId, send } from "./api.js";

const DATABASE = "understudy";
const STORE = "outbox";
const RETRY_MS = [500, 1000, 2000, 5000];
const MOST_FAULTS = 6; // after so many faults of the backend over one change the artist is asked
const ASKED = ["EditConflict", "NotFound", "ProductionInUse"]; // what an artist decides, or what can pass: not dropped

/**
 * @typedef {{ id: string, order: number, production: string, shot: string, kind: "edits" | "undo" | "redo",
 *   actions: import("./types.js").Action[], seen_revision: number,
 *   refused: { error: string, message: string } | null }} Letter
 */

/** Events: `save` when `state` changes, `refused` (detail Letter). */
export class Outbox extends EventTarget {
  /** @type {Letter[]} */
  #letters = [];
  /** @type {Map<string, { done: (answer: any) => void, failed: (error: unknown) => void }>} */
  #waiting = new Map();
  #sending = false;
  #tried = 0;

  /**
   * @param {string} production  @param {string} shot  the shot's id
   * @param {IDBDatabase | null} database
   */
  constructor(production, shot, database) {
    super();
    this.production = production;
    this.shot = shot;
    this.#database = database;
    /** @type {"saved" | "saving" | "waiting" | "refused"} */
    this.state = "saved";
    /** Whether the browser kept the newest change: a full disk or a private window does not, and it is sent all the same. */
    this.kept = database !== null;
    /** Why the server has not taken the oldest change, while it waits. */
    this.problem = "";
  }

  /** @type {IDBDatabase | null} */
  #database;

  /** The outbox of a shot, with what an earlier tab could not send. @param {string} production  @param {string} shot */
  static async open(production, shot) {
    const database = await openDatabase();
    const outbox = new Outbox(production, shot, database);
    const kept = await all(database);
    outbox.#letters = kept
      .filter((letter) => letter.production === production && letter.shot === shot)
      .sort((a, b) => a.order - b.order);
    outbox.#tell();
    void outbox.#work();
    return outbox;
  }

  get unsent() {
    return this.#letters.length;
  }

  /** What is not in the journal yet, oldest first. @returns {readonly Letter[]} */
  get letters() {
    return this.#letters;
  }

  get refused() {
    return this.#letters.find((letter) => letter.refused) ?? null;
  }

  /**
   * Keep a change and send it. Resolves with the server's answer once it is in the journal; rejects when it was
   * refused (it is kept until `resend` or `discard`).
   * @param {"edits" | "undo" | "redo"} kind  @param {import("./types.js").Action[]} actions
   * @param {number} seenRevision  how far the author knows the shot's list
   */
  async post(kind, actions, seenRevision) {
    const letter = /** @type {Letter} */ ({
      id: requestId(), order: Math.max(Date.now(), (this.#letters.at(-1)?.order ?? 0) + 1), production: this.production, shot: this.shot,
      kind, actions, seen_revision: seenRevision, refused: null,
    });
    this.#letters.push(letter);
    const answered = new Promise((done, failed) => this.#waiting.set(letter.id, { done, failed }));
    this.#tell();
    this.kept = await put(this.#database, letter);
    void this.#work();
    return answered;
  }

  /** Send a refused change again, now that its author has seen `revision`. @param {number} revision */
  async resend(revision) {
    const letter = this.refused;
    if (!letter) return;
    if (this.kept && !(await has(this.#database, letter.id))) return this.discard(); // another tab settled it
    await remove(this.#database, letter.id);
    Object.assign(letter, { id: requestId(), refused: null, seen_revision: revision });
    await put(this.#database, letter);
    this.#tell();
    await this.#work();
  }

  /** Give the refused change up. */
  async discard() {
    const letter = this.refused;
    if (!letter) return;
    this.#letters = this.#letters.filter((other) => other !== letter);
    await remove(this.#database, letter.id);
    this.#tell();
    await this.#work();
  }

  async #work() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#letters.length && !this.#letters[0].refused) await this.#deliver(this.#letters[0]);
    } finally {
      this.#sending = false;
      this.#tell();
    }
  }

  /** @param {Letter} letter */
  async #deliver(letter) {
    this.#tell();
    const place = `/api/p/${encodeURIComponent(letter.production)}/shots/${encodeURIComponent(letter.shot)}`;
    const body = { actions: letter.actions, seen_revision: letter.seen_revision, request_id: letter.id };
    try {
      const answer = await send(`${place}/${letter.kind}`, letter.kind === "edits" ? body : { ...body, actions: undefined });
      this.#tried = 0;
      this.problem = "";
      this.#letters.shift();
      this.#carryOn(letter.seen_revision, revisionsOf(answer));
      await remove(this.#database, letter.id);
      this.#waiting.get(letter.id)?.done(answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const fault = error.status === 500 && this.#tried >= MOST_FAULTS;
      const shutOut = error.status === 401 || (error.status === 403 && error.name !== "NotAllowed"); // until somebody comes in again
      if (!fault && (error.passing || shutOut)) {
        this.state = "waiting";
        this.problem = error.message;
        this.dispatchEvent(new Event("save"));
        await new Promise((later) => setTimeout(later, RETRY_MS[Math.min(this.#tried++, RETRY_MS.length - 1)]));
        return;
      }
      await this.#refuse(letter, error);
    }
    this.#waiting.delete(letter.id);
  }

  /**
   * What waits behind a change knows that change, unless somebody else's came in between.
   * @param {number} seen  @param {number[]} revisions
   */
  #carryOn(seen, revisions) {
    if (revisions[0] !== seen + 1) return;
    for (const letter of this.#letters) {
      if (letter.seen_revision === seen) letter.seen_revision = revisions[revisions.length - 1];
    }
  }

  /** @param {Letter} letter  @param {ApiError} error */
  async #refuse(letter, error) {
    const waiting = this.#waiting.get(letter.id);
    this.#tried = 0;
    if (ASKED.includes(error.name) || error.passing) { // the artist decides; nothing behind it is sent meanwhile
      letter.refused = { error: error.name, message: error.message };
      await put(this.#database, letter);
    } else { // it can never be taken; what it was is in the error
      this.#letters.shift();
      await remove(this.#database, letter.id);
    }
    this.dispatchEvent(new CustomEvent("refused", { detail: { letter, error } }));
    waiting?.failed(error);
  }

  #tell() {
    const before = this.state;
    if (this.refused) this.state = "refused";
    else if (!this.#letters.length) this.state = "saved";
    else if (before !== "waiting" || !this.#tried) this.state = "saving";
    this.dispatchEvent(new Event("save"));
  }
}

/** @param {any} answer  @returns {number[]} */
function revisionsOf(answer) {
  const entries = answer.entries ?? [answer.entry];
  return entries.map((/** @type {{ revision: number }} */ entry) => entry.revision);
}

/** @returns {Promise<IDBDatabase | null>} null where the browser keeps nothing (a private window) */
function openDatabase() {
  return new Promise((done) => {
    try {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => done(null);
    } catch {
      done(null); // the browser is told to keep nothing of this page
    }
  });
}

/** @param {IDBDatabase | null} database  @returns {Promise<Letter[]>} */
async function all(database) {
  return (await inStore(database, "readonly", (store) => store.getAll())).result ?? [];
}

/** @param {IDBDatabase | null} database  @param {string} id */
async function has(database, id) {
  return (await inStore(database, "readonly", (store) => store.count(id))).result !== 0;
}

/** Whether it is kept now. @param {IDBDatabase | null} database  @param {Letter} letter */
async function put(database, letter) {
  return (await inStore(database, "readwrite", (store) => store.put(letter))).kept;
}

/** @param {IDBDatabase | null} database  @param {string} id */
async function remove(database, id) {
  await inStore(database, "readwrite", (store) => store.delete(id));
}

/**
 * Never fails: what cannot be kept is sent from memory all the same.
 * @template T  @param {IDBDatabase | null} database  @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} ask  @returns {Promise<{ kept: boolean, result?: T }>}
 */
function inStore(database, mode, ask) {
  return new Promise((done) => {
    if (!database) return done({ kept: false });
    try {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => done({ kept: true, result: request.result });
      transaction.onabort = () => done({ kept: false }); // the disk is full
    } catch {
      done({ kept: false }); // the browser closed it: its data was cleared
    }
  });
}
