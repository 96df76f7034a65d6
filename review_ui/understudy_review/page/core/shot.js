/**
 * The open shot: its records, its edits, the frame in hand. Every part of the room looks at this one object and
 * hears its events; nobody else talks to the server about the shot.
 */

import { get, path, send, requestId, ApiError } from "./api.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { PictureStore } from "./pictures.js";
import { startServer } from "./production.js";
import { SolvedFrames } from "./solved.js";
import { framesOf } from "./time.js";
import { emptyTimeline, timelineOf } from "./timeline.js";
import { TAKE_FRAME } from "./types.js";
import { gestureSize, stackOf } from "./undo_stack.js";

const SETTLE_MS = 120; // edits that come in quick succession are looked at together

/** @typedef {{ first: number, states: Uint8Array, versions: string[] }} TakeFrames */

/**
 * Events: `frame` (the frame in hand), `revision` (edits of anybody came; detail { frames: Range | null, entries }),
 * `timeline`, `take` (another take, or its frames changed), `measures`, `models`, `save` (state of the journal),
 * `sending` (an edit, undo or redo of this page is on its way; detail { kind, actions, answer }),
 * `refused` (detail { letter, error }), `jobs` (detail of Live's `job`), `line`, `tool`, `track`, `inout`, `problem` (detail Error).
 */
export class OpenShot extends EventTarget {
  #solved = new SolvedFrames(this);
  #refreshing = 0;
  #takeAsked = 0;
  #takeTold = 0;
  #cutOff = false;

  /** Open a shot by id or name. @param {string} production  its key  @param {string} name */
  static async open(production, name) {
    await startServer(production);
    const place = path`/api/p/${production}/shots/${name}`;
    const [about, people, models] = await Promise.all([
      get(place), get(path`/api/p/${production}/people`), get(path`/api/p/${production}/models`),
    ]);
    const shot = new OpenShot(production, about.shot, await Outbox.open(production, about.shot.id));
    Object.assign(shot, { tracks: about.tracks, takes: about.takes, people, models });
    shot.take = shot.takes.at(-1) ?? null;
    shot.model = shot.take ? shot.models.find((model) => model.id === shot.take?.model_ids[0]) ?? null : shot.models.at(-1) ?? null;
    await shot.#begin();
    return shot;
  }

  /** @param {string} production  @param {import("./types.js").Shot} shot  @param {Outbox} outbox */
  constructor(production, shot, outbox) {
    super();
    this.production = production;
    this.shot = shot;
    this.plate = shot.plate;
    this.range = framesOf(shot.plate);
    this.place = path`/api/p/${production}/shots/${shot.id}`;
    this.outbox = outbox;
    this.live = new Live(production);
    this.pictures = new PictureStore(this);
    /** @type {import("./types.js").Track[]} */
    this.tracks = [];
    /** @type {import("./types.js").Person[]} */
    this.people = [];
    /** @type {import("./types.js").Model[]} */
    this.models = [];
    /** @type {import("./types.js").Take[]} */
    this.takes = [];
    /** @type {import("./types.js").Take | null} */
    this.take = null;
    /** @type {import("./types.js").Model | null} */
    this.model = null;
    /** @type {import("./timeline.js").Timeline} */
    this.timeline = emptyTimeline(this.range);
    /** @type {TakeFrames} */
    this.takeFrames = { first: this.range.first, states: new Uint8Array(0), versions: [] };
    /** @type {Map<number, import("./types.js").FrameMeasure>} */
    this.measures = new Map();
    /** @type {import("./types.js").Entry[]} */
    this.entries = [];
    this.revision = 0;
    this.frame = this.range.first;
    this.tool = "look";
    /** In and out of what is worked on; the whole shot at first. */
    this.inOut = { ...this.range };
    /** The track in hand. */
    this.track = 0;
  }

  async #begin() {
    this.track = this.tracks[0]?.track ?? 0;
    const edits = await get(`${this.place}/edits?after=0`);
    this.entries = edits.entries;
    this.revision = edits.revision;
    this.live.addEventListener("edit", (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    this.live.addEventListener("job", (event) => this.#jobMoved(/** @type {CustomEvent} */ (event).detail));
    for (const kind of ["backend", "line"]) this.live.addEventListener(kind, () => this.#lineChanged());
    this.outbox.addEventListener("save", () => this.#tell("save"));
    this.outbox.addEventListener("refused", (event) => this.#tell("refused", /** @type {CustomEvent} */ (event).detail));
    this.live.follow(this.shot.id, this.revision);
    await Promise.all([this.refreshTimeline(), this.refreshTake(), this.refreshMeasures()]);
  }

  close() {
    clearTimeout(this.#refreshing);
    this.live.close();
    this.pictures.close();
  }

  /** Edits come by themselves when the line is back; what jobs did meanwhile is asked for. */
  #lineChanged() {
    this.#tell("line");
    const there = this.live.up && this.live.backendUp;
    if (there && this.#cutOff) this.#settle();
    this.#cutOff = !there;
  }

  // The frame in hand

  /** @param {number} frame */
  goTo(frame) {
    const within = Math.min(this.range.last, Math.max(this.range.first, Math.round(frame)));
    if (within === this.frame) return;
    this.frame = within;
    this.#tell("frame");
  }

  /** @param {number} frames */
  step(frames) {
    this.goTo(this.frame + frames);
  }

  /**
   * The next frame in a direction for which something holds, or null.
   * @param {1 | -1} direction  @param {(frame: number) => boolean} holds
   */
  findFrame(direction, holds) {
    for (let frame = this.frame + direction; frame >= this.range.first && frame <= this.range.last; frame += direction) {
      if (holds(frame)) return frame;
    }
    return null;
  }

  /** What is worked on, cut to the shot. @param {import("./types.js").Range} range */
  setInOut({ first, last }) {
    const within = (/** @type {number} */ frame) => Math.min(this.range.last, Math.max(this.range.first, Math.round(frame)));
    this.inOut = { first: within(Math.min(first, last)), last: within(Math.max(first, last)) };
    this.#tell("inout");
  }

  /** @param {string} tool */
  pickTool(tool) {
    if (tool === this.tool) return;
    this.tool = tool;
    this.#tell("tool");
  }

  /** Take another track in hand. @param {number} track */
  pickTrack(track) {
    if (track === this.track) return;
    this.track = track;
    this.#tell("track");
  }

  // Edits

  /** Add edits, all or none. Resolves when they are in the server's journal. @param {import("./types.js").Action[]} actions */
  edit(actions) {
    return this.#send("edits", actions);
  }

  /** Take the newest change back: all that one gesture made. */
  undo() {
    return this.#steer("undo");
  }

  redo() {
    return this.#steer("redo");
  }

  /** @param {"undo" | "redo"} kind */
  async #steer(kind) {
    const count = gestureSize(this.entries, this.outbox.letters, kind);
    const answers = await Promise.all(Array.from({ length: count }, () => this.#send(kind, [])));
    return answers.at(-1);
  }

  /** @param {"edits" | "undo" | "redo"} kind  @param {import("./types.js").Action[]} actions */
  #send(kind, actions) {
    const answer = this.outbox.post(kind, actions, this.revision);
    answer.then((told) => (told.entries ?? [told.entry]).forEach((/** @type {import("./types.js").Entry} */ entry) => this.#heard(entry)), () => {});
    this.#tell("sending", { kind, actions, answer }); // what an artist sees of it must not wait for the answer
    return answer;
  }

  /** Entries that stand now, oldest first; and those that a redo would bring back, the next one last. */
  get stack() {
    return stackOf(this.entries);
  }

  /** @param {import("./types.js").Entry} entry */
  #heard(entry) {
    if (entry.revision !== this.entries.length + 1) return;
    const before = this.stack;
    this.entries.push(entry);
    this.revision = entry.revision;
    const about = entry.step === "do" ? entry : (entry.step === "undo" ? before.done : before.undone).at(-1);
    const frames = about?.action ? framesNamed(about.action) : null;
    this.#forgetSolved(); // a key moves the frames between keys, smoothing all of them
    this.#tell("revision", { frames, entry });
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => {
      void this.refreshTimeline();
      void this.refreshTake();
    }, SETTLE_MS);
  }

  #forgetSolved() {
    this.#solved.forget();
    this.pictures.editsChanged();
  }

  /** What a frame solves to, once the server says it. @param {number} frame */
  solved(frame) {
    return this.#solved.of(frame);
  }

  /** What is known of a frame right now. @param {number} frame */
  solvedNow(frame) {
    return this.#solved.now(frame);
  }

  /** A track frame by frame, as found and as solved. @param {number} track  @param {number[]} landmarks  @param {import("./types.js").Range} [range] */
  curves(track, landmarks, range = this.range) {
    const query = `track=${track}&landmarks=${landmarks.join(",")}&first=${range.first}&last=${range.last}`;
    return get(`${this.place}/curves?${query}`);
  }

  // What the server says of the shot

  async refreshTimeline() {
    const told = await this.#quietly(get(`${this.place}/timeline`));
    if (!told || told.revision < this.timeline.revision) return;
    this.timeline = timelineOf(told);
    this.#tell("timeline");
  }

  /** Take, its frames and versions again. What comes late for another take, or after a newer answer, is not taken. */
  async refreshTake() {
    const { take } = this;
    const asked = ++this.#takeAsked;
    if (!take) return;
    const told = await this.#quietly(get(path`/api/p/${this.production}/takes/${take.id}/frames`));
    if (!told || take.id !== this.take?.id || asked < this.#takeTold) return;
    this.#takeTold = asked;
    const states = Uint8Array.from(told.states, (/** @type {keyof typeof TAKE_FRAME} */ state) => TAKE_FRAME[state]);
    this.takeFrames = { first: told.first_frame, states, versions: told.versions };
    this.#tell("take");
  }

  async refreshMeasures() {
    const { take } = this;
    this.measures = new Map();
    if (take) {
      const place = path`/api/p/${this.production}/takes/${take.id}/measures`;
      try {
        const told = await get(`${place}?by_frame=1&limit=1000000`);
        if (take.id !== this.take?.id) return;
        this.measures = new Map(told.frames.map((/** @type {import("./types.js").FrameMeasure} */ row) => [row.frame, row]));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error; // not measured yet
      }
    }
    this.#tell("measures");
  }

  /** @param {import("./types.js").Take | null} take */
  async pickTake(take) {
    this.take = take;
    this.takeFrames = { first: this.range.first, states: new Uint8Array(0), versions: [] };
    this.#tell("take");
    await Promise.all([this.refreshTake(), this.refreshMeasures()]);
  }

  /** @param {import("./types.js").Model | null} model */
  pickModel(model) {
    this.model = model;
    this.pictures.editsChanged();
    this.#tell("models");
  }

  /** How the take stands with a frame (`TAKE_FRAME`). @param {number} frame */
  takeState(frame) {
    return this.takeFrames.states[frame - this.takeFrames.first] ?? TAKE_FRAME.none;
  }

  /** The version of the take's picture, "" where there is none. @param {number} frame */
  takeVersion(frame) {
    return this.takeFrames.versions[frame - this.takeFrames.first] ?? "";
  }

  // Jobs

  /** Start a job. @param {string} kind  @param {Record<string, unknown>} spec  @returns {Promise<import("./types.js").Job>} */
  startJob(kind, spec) {
    return send(path`/api/p/${this.production}/jobs`, { kind, spec, request_id: requestId() });
  }

  /** @param {{ job: import("./types.js").Job, progress: import("./types.js").Progress | null, message: string }} moved */
  #jobMoved(moved) {
    this.#tell("jobs", moved);
    const { job } = moved;
    const ours = job.spec.shot_id === this.shot.id || (this.take && job.spec.take_id === this.take.id);
    if (job.kind === "train" && job.state === "done") void this.#refreshModels();
    if (!ours) return;
    if (job.kind === "convert") void this.#refreshTakes(job);
    if (job.kind === "measure" && job.state === "done") void this.refreshMeasures();
    if (job.kind === "extract" && job.state === "done") void this.#refreshShot();
  }

  async #refreshModels() {
    this.models = (await this.#quietly(get(path`/api/p/${this.production}/models`))) ?? this.models;
    this.model ??= this.models.at(-1) ?? null;
    this.#tell("models");
  }

  /** @param {import("./types.js").Job} job */
  async #refreshTakes(job) {
    const known = new Set(this.takes.map((take) => take.id));
    this.takes = (await this.#quietly(get(`${path`/api/p/${this.production}/takes`}?shot=${this.shot.id}`))) ?? this.takes;
    const rendered = this.takes.find((take) => take.job_id === job.id);
    const fresh = rendered && !known.has(rendered.id); // later on it is the artist who picks
    if (fresh && job.state !== "failed") await this.pickTake(rendered);
    else await this.refreshTake();
  }

  async #refreshShot() {
    const about = await this.#quietly(get(this.place));
    if (about) Object.assign(this, { shot: about.shot, tracks: about.tracks });
    this.#forgetSolved();
    this.#tell("track"); // whatever looks at faces looks again
    await this.refreshTimeline();
  }

  // Telling

  /** @param {string} name  @param {unknown} [detail] */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** An answer, or null with a `problem` told. @template T  @param {Promise<T>} asking  @returns {Promise<T | null>} */
  async #quietly(asking) {
    try {
      return await asking;
    } catch (error) {
      this.#tell("problem", error);
      return null;
    }
  }
}

/** The frames an edit names; null when it speaks of the whole shot. @param {import("./types.js").Action} action */
function framesNamed(action) {
  if ("first" in action && "last" in action) return { first: action.first, last: action.last };
  return "frame" in action && action.kind !== "split_track" ? { first: action.frame, last: action.frame } : null;
}
