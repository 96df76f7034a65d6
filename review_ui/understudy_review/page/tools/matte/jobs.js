/** The jobs that make mattes of the shot in hand: those under way, and what came of them. */

import { get, path, send } from "../../core/api.js";
import { RUNNING } from "../../parts/job_line.js";

const KINDS = ["propagate", "matte_net"];

/** @typedef {import("../../core/types.js").Job} Job */

/** Events: `change`. What `JobLine` wants is here under the same names. */
export class MatteJobs extends EventTarget {
  /** @param {import("../../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    /** The newest job of each kind. @type {Map<string, Job>} */
    this.newest = new Map();
    /** @type {Map<string, { progress: import("../../core/types.js").Progress | null, message: string }>} */
    this.moving = new Map();
    /** The newest preview of a training, by job. @type {Map<string, number>} */
    this.previews = new Map();
    shot.addEventListener("jobs", (event) => this.#moved(/** @type {CustomEvent} */ (event).detail));
    shot.live.addEventListener("jobevent", (event) => this.#event(/** @type {CustomEvent} */ (event).detail));
    void this.refresh();
  }

  async refresh() {
    try {
      const jobs = /** @type {Job[]} */ (await get(path`/api/p/${this.shot.production}/jobs`));
      for (const job of jobs.sort((a, b) => (a.created_at < b.created_at ? -1 : 1))) this.#keep(job);
    } catch {
      // the line is down, which the bar says; the next event of a job is heard again
    }
  }

  /** @param {string} kind */
  working(kind) {
    return RUNNING.includes(this.newest.get(kind)?.state ?? "");
  }

  /** @param {{ job: Job, progress: any, message: string }} moved */
  #moved({ job, progress, message }) {
    this.moving.set(job.id, { progress, message });
    this.#keep(job);
  }

  /** @param {import("../../core/types.js").JobEvent} event */
  #event({ kind, job_id, sequence }) {
    if (kind !== "preview" || !job_id) return;
    this.previews.set(job_id, sequence);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Job} job */
  #keep(job) {
    const { id, name } = this.shot.shot;
    if (!KINDS.includes(job.kind) || ![id, name].includes(job.spec.shot_id)) return;
    const known = this.newest.get(job.kind);
    if (known && known.id !== job.id && known.created_at > job.created_at) return;
    this.newest.set(job.kind, job);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} kind  @param {Record<string, unknown>} spec */
  async start(kind, spec) {
    this.#keep(await this.shot.startJob(kind, { shot_id: this.shot.shot.id, ...spec }));
  }

  /** @param {string} id  @param {"cancel" | "retry"} verb */
  async moveJob(id, verb) {
    this.#keep(await send(`${path`/api/p/${this.shot.production}/jobs/${id}`}/${verb}`));
  }
}
