/** The plate's sound, in short pieces that follow each other without a gap. Its clock is what the picture follows. */

import { bytes } from "../core/api.js";
import { framesPerSecond } from "../core/time.js";

const PIECE_S = 6;
const LEAD_S = 0.08; // until the first sample
const PATIENCE_MS = 700; // for the first piece; then the picture starts without it

export class Sound {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Map<number, Promise<AudioBuffer | null>>} */
  #pieces = new Map();
  /** @type {Set<AudioBufferSourceNode>} */
  #playing = new Set();
  #run = 0;

  /** @param {import("../core/shot.js").OpenShot} shot */
  constructor(shot) {
    this.shot = shot;
    this.rate = framesPerSecond(shot.plate.rate);
    this.piece = Math.max(1, Math.floor(PIECE_S * this.rate));
    this.muted = false;
  }

  /**
   * Play from a frame on. Resolves with a clock (seconds since that frame's first sample), or null when the shot
   * is silent or the browser gives no sound.
   * @param {number} frame  @param {number} last  @returns {Promise<(() => number) | null>}
   */
  async start(frame, last) {
    this.stop();
    if (!this.shot.plate.audio || this.muted) return null;
    const run = this.#run;
    this.#context ??= new AudioContext();
    const context = this.#context;
    await Promise.race([context.resume(), wait(PATIENCE_MS)]);
    const first = await Promise.race([this.#piece(this.#startOf(frame)), wait(PATIENCE_MS)]);
    if (run !== this.#run || context.state !== "running") return null;
    if (first === null) return null;
    const begins = context.currentTime + LEAD_S;
    void this.#follow(run, frame, last, begins);
    return () => context.currentTime - begins - (context.outputLatency || 0);
  }

  stop() {
    this.#run++;
    for (const source of this.#playing) source.stop();
    this.#playing.clear();
  }

  close() {
    this.stop();
    void this.#context?.close();
  }

  /** The piece that a frame is in starts here. @param {number} frame */
  #startOf(frame) {
    const { first } = this.shot.range;
    return first + Math.floor((frame - first) / this.piece) * this.piece;
  }

  /** @param {number} run  @param {number} frame  @param {number} last  @param {number} begins */
  async #follow(run, frame, last, begins) {
    const context = /** @type {AudioContext} */ (this.#context);
    for (let start = this.#startOf(frame); start <= last; start += this.piece) {
      const buffer = await this.#piece(start);
      if (run !== this.#run) return;
      if (buffer) this.#play(context, buffer, begins + (start - frame) / this.rate);
      const ahead = begins + (start + this.piece - frame) / this.rate - context.currentTime - PIECE_S / 2;
      if (ahead > 0) await wait(ahead * 1000);
      if (run !== this.#run) return;
    }
  }

  /** @param {AudioContext} context  @param {AudioBuffer} buffer  @param {number} at  the context's time of its first sample */
  #play(context, buffer, at) {
    const late = Math.max(0, context.currentTime - at);
    if (late >= buffer.duration) return;
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => this.#playing.delete(source);
    source.start(at + late, late);
    this.#playing.add(source);
  }

  /** @param {number} start  @returns {Promise<AudioBuffer | null>} */
  #piece(start) {
    const known = this.#pieces.get(start);
    if (known) return known;
    const last = Math.min(this.shot.range.last, start + this.piece - 1);
    const made = bytes(`${this.shot.place}/sound.wav?first=${start}&last=${last}`).then(async ({ blob, status }) => {
      if (status === 204 || !blob.size) return null;
      return /** @type {AudioContext} */ (this.#context).decodeAudioData(await blob.arrayBuffer());
    }).catch(() => {
      this.#pieces.delete(start); // the next run asks again
      return null;
    });
    this.#pieces.set(start, made);
    if (this.#pieces.size > 8) this.#pieces.delete(/** @type {number} */ (this.#pieces.keys().next().value));
    return made;
  }
}

/** @param {number} milliseconds  @returns {Promise<undefined>} */
function wait(milliseconds) {
  return new Promise((done) => setTimeout(() => done(undefined), milliseconds));
}
