/** The jobs of the shot in hand as they go: those under way, and what came of them. */

import { get, path, send } from "../../core/api.js";
import { useEffect, useMemo, useState } from "../../core/view.js";

const KINDS = ["convert", "deliver", "measure"];
const FAILED_KEPT = 2000;

/**
 * @typedef {import("../../core/types.js").Job} Job
 * @typedef {{ frame: number, error: string, message: string, job: string }} FailedFrame
 */

/** Events: `change`. What `JobLine` wants is here under the same names. */
export class ShotJobs extends EventTarget {
  /** @type {(() => void)[]} */
  #stops = [];
  /** The take that was asked about. @type {string | undefined} */
  #of;

  /** @param {import("../../core/shot.js").OpenShot} shot */
  constructor(shot) {
    super();
    this.shot = shot;
    /** @type {Job[]} oldest first */
    this.jobs = [];
    /** @type {Map<string, { progress: import("../../core/types.js").Progress | null, message: string }>} */
    this.moving = new Map();
    /** @type {Map<number, FailedFrame>} */
    this.failed = new Map();
    this.#listen(shot, "jobs", (detail) => this.#moved(detail));
    this.#listen(shot.live, "jobevent", (detail) => this.#event(detail));
    this.#listen(shot, "take", () => this.#of !== shot.take?.id && void this.refresh());
    void this.refresh();
  }

  close() {
    for (const stop of this.#stops) stop();
  }

  /** @param {EventTarget} target  @param {string} name  @param {(detail: any) => void} hear */
  #listen(target, name, hear) {
    const heard = (/** @type {Event} */ event) => hear(/** @type {CustomEvent} */ (event).detail);
    target.addEventListener(name, heard);
    this.#stops.push(() => target.removeEventListener(name, heard));
  }

  /** Ask for the jobs of this shot, and for the frames that failed in the newest rendering of the take. */
  async refresh() {
    this.#of = this.shot.take?.id;
    try {
      const all = /** @type {Job[]} */ (await get(path`/api/p/${this.shot.production}/jobs`));
      const known = new Map(this.jobs.map((job) => [job.id, job]));
      for (const job of all) if (KINDS.includes(job.kind) && this.#ours(job)) known.set(job.id, job);
      this.jobs = [...known.values()].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
      this.failed = new Map();
      const { rendering } = this;
      if (rendering) await this.#askFailed(rendering);
    } catch {
      // the line that is told in the bar is down; the next event asks again
    }
    this.#tell();
  }

  /** @param {Job} job */
  async #askFailed(job) {
    const events = await get(path`/api/p/${this.shot.production}/jobs/${job.id}/events` + `?kinds=frame_failed&limit=${FAILED_KEPT}`);
    for (const event of events) this.failed.set(event.frame, { frame: event.frame, error: event.error, message: event.message, job: job.id });
  }

  /** @param {Job} job */
  #ours(job) {
    const takes = this.shot.takes.map((take) => take.id);
    return job.spec.shot_id === this.shot.shot.id || job.spec.shot_id === this.shot.shot.name || takes.includes(job.spec.take_id);
  }

  /** The newest job that rendered into the take in hand: its settings are the take's. @type {Job | null} */
  get rendering() {
    const { take } = this.shot;
    if (!take) return null;
    return this.jobs.findLast((job) => job.kind === "convert" && (job.id === take.job_id || job.spec.take_id === take.id)) ?? null;
  }

  /** @param {{ job: Job, progress: any, message: string }} moved */
  #moved({ job, progress, message }) {
    if (!KINDS.includes(job.kind) || !this.#ours(job)) return;
    this.moving.set(job.id, { progress, message });
    this.take(job);
  }

  /** @param {import("../../core/types.js").JobEvent} event */
  #event(event) {
    const job = this.jobs.find((one) => one.id === event.job_id);
    if (event.kind !== "frame_failed" || job?.kind !== "convert") return;
    this.failed.set(event.frame, { frame: event.frame, error: event.error, message: event.message, job: job.id });
    this.#tell();
  }

  /** @param {Job} job */
  take(job) {
    const at = this.jobs.findIndex((one) => one.id === job.id);
    if (at < 0) this.jobs = [...this.jobs, job];
    else this.jobs = this.jobs.with(at, job);
    this.#tell();
  }

  /** @param {string} kind  @param {Record<string, unknown>} spec */
  async start(kind, spec) {
    if (kind === "convert") this.failed = new Map();
    this.take(await this.shot.startJob(kind, spec));
  }

  /** @param {string} id  @param {"cancel" | "retry"} verb */
  async moveJob(id, verb) {
    this.take(await send(path`/api/p/${this.shot.production}/jobs/${id}` + `/${verb}`));
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {import("../../core/shot.js").OpenShot} shot */
export function useShotJobs(shot) {
  const jobs = useMemo(() => new ShotJobs(shot), [shot]);
  const [, again] = useState(0);
  useEffect(() => {
    const heard = () => again((count) => count + 1);
    jobs.addEventListener("change", heard);
    heard();
    return () => {
      jobs.removeEventListener("change", heard);
      jobs.close();
    };
  }, [jobs]);
  return jobs;
}
