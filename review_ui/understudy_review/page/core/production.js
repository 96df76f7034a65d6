/** The open production as the rooms outside a shot see it: people, consents, footage, models, jobs, live. */

import { get, path, requestId, send } from "./api.js";
import { Live } from "./live.js";

const SOON_DAYS = 30;

/**
 * @typedef {import("./types.js").Shot & { tracks: import("./types.js").Track[] }} Footage
 * @typedef {{ state: "holds" | "soon" | "future" | "expired" | "revoked" | "missing", until: string, days: number, marked: boolean }} ConsentState
 * @typedef {{ progress: import("./types.js").Progress | null, message: string }} Moving
 */

/** Events: `change` (anything), `jobevent` (detail JobEvent), `problem` (detail Error). */
export class OpenProduction extends EventTarget {
  /** Open it, with everything loaded. @param {string} key */
  static async open(key) {
    await startServer(key);
    const production = new OpenProduction(key);
    await production.refresh();
    production.live.follow("", 0);
    return production;
  }

  /** @param {string} key */
  constructor(key) {
    super();
    this.key = key;
    this.place = path`/api/p/${key}`;
    this.info = { id: "", name: key, folder: "", version: "" };
    /** @type {import("./types.js").Person[]} */
    this.people = [];
    /** @type {import("./types.js").Consent[]} */
    this.consents = [];
    /** @type {Footage[]} */
    this.footage = [];
    /** @type {import("./types.js").Model[]} */
    this.models = [];
    /** @type {import("./types.js").Take[]} */
    this.takes = [];
    /** Newest first. @type {import("./types.js").Job[]} */
    this.jobs = [];
    /** @type {Map<string, Moving>} */
    this.moving = new Map();
    this.live = new Live(key);
    this.live.addEventListener("job", (event) => void this.#jobMoved(/** @type {CustomEvent} */ (event).detail));
    this.live.addEventListener("jobevent", (event) => {
      this.dispatchEvent(new CustomEvent("jobevent", { detail: /** @type {CustomEvent} */ (event).detail }));
    });
    this.live.addEventListener("backend", () => this.#changed());
    this.live.addEventListener("line", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.up) void this.refresh().catch((error) => this.#problem(error));
      else this.#changed();
    });
  }

  close() {
    this.live.close();
  }

  async refresh() {
    const [info, people, consents, footage, models, takes, jobs] = await Promise.all(
      ["", "/people", "/consents", "/shots", "/models", "/takes", "/jobs"].map((part) => get(this.place + part)),
    );
    Object.assign(this, { info, people, consents, footage, models, takes, jobs: jobs.reverse() });
    this.#changed();
  }

  /** @param {string} id */
  person(id) {
    return this.people.find((person) => person.id === id) ?? null;
  }

  /** Footage of a person. @param {string} personId  @param {"plate" | "learn"} [role] */
  clipsOf(personId, role) {
    return this.footage.filter((shot) => shot.person_id === personId && (!role || shot.role === role));
  }

  /** The newest job of a kind about something, or null. @param {string} kind  @param {(spec: Record<string, any>) => boolean} about */
  jobAbout(kind, about) {
    return this.jobs.find((job) => job.kind === kind && about(job.spec)) ?? null;
  }

  /** @param {string} kind  @param {Record<string, unknown>} spec  @returns {Promise<import("./types.js").Job>} */
  async startJob(kind, spec) {
    const job = await send(`${this.place}/jobs`, { kind, spec, request_id: requestId() });
    this.#take(job);
    return job;
  }

  /** @param {string} id  @param {"cancel" | "retry"} verb */
  async moveJob(id, verb) {
    this.#take(await send(`${this.place}/jobs/${encodeURIComponent(id)}/${verb}`));
  }

  /**
   * What the records say of a use today. The gate in the backend decides; this only shows what it will say.
   * @param {string} personId  @param {string} use  @returns {ConsentState}
   */
  consentFor(personId, use) {
    const today = localDay(new Date());
    const states = this.consents
      .filter((consent) => consent.person_id === personId && consent.uses.includes(use) && consent.production_id === this.info.id)
      .map((consent) => stateOf(consent, today));
    const order = ["holds", "soon", "future", "expired", "revoked"];
    states.sort((a, b) => Number(a.marked) - Number(b.marked) || order.indexOf(a.state) - order.indexOf(b.state));
    const holding = states.find(({ state }) => state === "holds" || state === "soon");
    return holding ?? states[0] ?? { state: "missing", until: "", days: 0, marked: false };
  }

  /** @param {{ job: import("./types.js").Job } & Moving} moved */
  async #jobMoved({ job, progress, message }) {
    const before = this.jobs.find((one) => one.id === job.id)?.state;
    this.moving.set(job.id, { progress, message });
    this.#take(job);
    if (before !== job.state && ["done", "running", "failed", "cancelled"].includes(job.state)) {
      await this.refresh().catch((error) => this.#problem(error));
    }
  }

  /** @param {import("./types.js").Job} job */
  #take(job) {
    const at = this.jobs.findIndex((one) => one.id === job.id);
    if (at < 0) this.jobs.unshift(job);
    else this.jobs[at] = job;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {unknown} error */
  #problem(error) {
    this.dispatchEvent(new CustomEvent("problem", { detail: error }));
  }
}

/** See to it that a production's server runs; it takes a few seconds where it does not. @param {string} key */
export function startServer(key) {
  return send(path`/api/productions/${key}/open`);
}

/** What one record says on a day. @param {import("./types.js").Consent} consent  @param {string} today  @returns {ConsentState} */
export function stateOf(consent, today) {
  const days = Math.round((Date.parse(consent.valid_to) - Date.parse(today)) / 86_400_000);
  const about = { until: consent.valid_to, days, marked: consent.basis === "evaluation-licence" };
  if (consent.revoked_at) return { state: "revoked", ...about };
  if (today > consent.valid_to) return { state: "expired", ...about };
  if (today < consent.valid_from) return { state: "future", ...about };
  return { state: days < SOON_DAYS ? "soon" : "holds", ...about };
}

/** A day as people write it on paper: local, YYYY-MM-DD. @param {Date} date */
export function localDay(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
