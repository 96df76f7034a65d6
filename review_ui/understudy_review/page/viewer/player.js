/**
 * Plays the shot: in real time (frames that come late are left out and counted) or every frame. What is on the
 * screen is always the frame whose number is shown; the sound is the clock when there is some.
 */

import { framesPerSecond } from "../core/time.js";
import { Sound } from "./sound.js";

const FASTEST = 4;
const MOST_LATE = 1; // frames; a picture that comes later is left out
const PREPARED_MS = 500;
const LEAD = 3; // frames after the one due that are asked for when pictures come too late

/** Events: `state` (playing, speed, switches), `rate` (frames a second and dropped ones). */
export class Player extends EventTarget {
  #next = 0;
  #run = 0;
  /** @type {() => number} seconds since the run began */
  #clock = () => 0;
  #from = 0;
  #turn = 0;
  #shownAt = 0;
  /** @type {number[]} */
  #times = [];
  #toldAt = 0;

  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    super();
    this.stage = stage;
    this.shot = stage.shot;
    this.rate = framesPerSecond(this.shot.plate.rate);
    this.sound = new Sound(this.shot);
    /** 0, or how many times as fast, below 0 backwards. */
    this.speed = 0;
    this.everyFrame = false;
    this.loops = true;
    this.dropped = 0;
    this.fps = 0;
    document.addEventListener("visibilitychange", this.#hidden);
    this.shot.addEventListener("frame", this.#jumped);
  }

  #going = false;
  /** Somebody goes elsewhere meanwhile, on the timeline or to a note: it plays on from there. */
  #jumped = () => this.playing && !this.#going && void this.#begin(this.shot.frame);

  #hidden = () => document.hidden && this.stop(); // a page that is not seen draws nothing, but would go on sounding

  get playing() {
    return this.speed !== 0;
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play(1);
  }

  /** Again in the same direction doubles the speed. @param {1 | -1} direction */
  shuttle(direction) {
    const same = Math.sign(this.speed) === direction;
    this.play(same ? direction * Math.min(FASTEST, Math.abs(this.speed) * 2) : direction);
  }

  /** @param {number} speed */
  play(speed) {
    this.speed = speed;
    this.dropped = 0;
    this.#times = [];
    const { first, last } = this.range;
    const { frame } = this.shot;
    const outside = frame < first || frame > last || frame === (speed > 0 ? last : first);
    this.#tell("state");
    void this.#begin(outside ? (speed > 0 ? first : last) : frame);
  }

  stop() {
    if (!this.playing) return;
    this.speed = 0;
    this.#run++;
    cancelAnimationFrame(this.#next);
    this.sound.stop();
    this.#tell("state");
  }

  close() {
    document.removeEventListener("visibilitychange", this.#hidden);
    this.shot.removeEventListener("frame", this.#jumped);
    this.stop();
    this.sound.close();
  }

  /** What is played: in to out. */
  get range() {
    return this.shot.inOut;
  }

  /** Only pictures that never change can be fetched ahead; others are made one by one. */
  get inRealTime() {
    const { kind } = this.stage.source;
    return !this.everyFrame && (kind === "plate" || kind === "take");
  }

  /** @param {"everyFrame" | "loops"} name */
  switch(name) {
    this[name] = !this[name];
    if (this.playing) this.play(this.speed);
    else this.#tell("state");
  }

  /** @param {number} frame */
  async #begin(frame) {
    const run = ++this.#run;
    cancelAnimationFrame(this.#next);
    this.sound.stop();
    this.#goTo(frame);
    if (this.inRealTime) await this.#ready(run, frame);
    if (run !== this.#run) return;
    const heard = this.speed === 1 && this.inRealTime ? await this.sound.start(frame, this.range.last) : null;
    if (run !== this.#run) return;
    const started = performance.now();
    this.#from = frame;
    this.#turn = 0;
    this.#shownAt = started;
    this.#clock = heard ?? (() => (performance.now() - started) / 1000);
    const tick = () => {
      if (run !== this.#run) return;
      this.#next = requestAnimationFrame(tick);
      if (this.inRealTime) this.#onTime();
      else this.#oneByOne();
    };
    this.#next = requestAnimationFrame(tick);
  }

  /** The next few pictures are decoded before the clock starts, if that does not take long. @param {number} run  @param {number} frame */
  async #ready(run, frame) {
    this.stage.feed.readAhead(frame, this.speed);
    const soon = [0, 1, 2, 3].map((step) => frame + step * this.speed).filter((one) => this.#within(one));
    const started = performance.now();
    while (run === this.#run && performance.now() - started < PREPARED_MS && !soon.every((one) => this.stage.feed.canShow(one))) {
      await new Promise((later) => setTimeout(later, 10));
    }
  }

  #onTime() {
    const turn = Math.floor(Math.max(0, this.#clock()) * this.rate);
    if (turn <= this.#turn) return;
    if (!this.#within(this.#from + turn * this.speed)) return this.#atTheEnd();
    for (let late = 0; late <= MOST_LATE && turn - late > this.#turn; late++) {
      const frame = this.#from + (turn - late) * this.speed;
      if (!this.stage.feed.canShow(frame)) continue;
      this.dropped += turn - late - this.#turn - 1;
      this.#turn = turn - late;
      return this.#show(frame);
    }
    this.#askAhead(this.#from + turn * this.speed);
  }

  /** Pictures come too late: ask for those that can still be in time. @param {number} due */
  #askAhead(due) {
    this.stage.feed.readAhead(due + LEAD * this.speed, this.speed);
    this.#tellRate();
  }

  #oneByOne() {
    const now = performance.now();
    if (this.stage.loading || now - this.#shownAt < 1000 / this.rate - 4) return;
    const frame = this.shot.frame + Math.sign(this.speed);
    if (!this.#within(frame)) return this.#atTheEnd();
    this.#shownAt = now;
    this.#show(frame);
  }

  /** @param {number} frame */
  #show(frame) {
    this.#goTo(frame);
    this.#times.push(performance.now());
    if (this.#times.length > this.rate) this.#times.shift();
    this.#tellRate();
  }

  #tellRate() {
    const now = performance.now();
    if (now - this.#toldAt < 250) return;
    this.#toldAt = now;
    const seconds = (now - this.#times[0]) / 1000;
    this.fps = this.#times.length > 1 ? (this.#times.length - 1) / seconds : 0;
    this.#tell("rate");
  }

  /** @param {number} frame */
  #goTo(frame) {
    this.#going = true;
    this.shot.goTo(frame);
    this.#going = false;
  }

  /** @param {number} frame */
  #within(frame) {
    return frame >= this.range.first && frame <= this.range.last;
  }

  #atTheEnd() {
    const { first, last } = this.range;
    if (!this.loops || first === last) return this.stop();
    void this.#begin(this.speed > 0 ? first : last);
  }

  /** @param {string} name */
  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
