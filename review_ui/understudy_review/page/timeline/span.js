/** Which frames of the shot the timeline shows, and where each lies: the zoom. */

const LEAST_FRAMES = 6;

/** Event `change` when other frames are shown. */
export class Span extends EventTarget {
  /** @param {import("../core/types.js").Range} range */
  constructor(range) {
    super();
    this.range = range;
    this.first = range.first;
    this.count = this.whole;
    this.width = 1;
  }

  /** How many frames the shot has. */
  get whole() {
    return this.range.last - this.range.first + 1;
  }

  get zoomed() {
    return this.count < this.whole;
  }

  /** The whole frames that are seen, at least in part. */
  get seen() {
    return { first: Math.floor(this.first), last: Math.min(this.range.last, Math.ceil(this.first + this.count) - 1) };
  }

  get pxPerFrame() {
    return this.width / this.count;
  }

  /** Left edge of a frame; its right edge is that of the next. @param {number} frame */
  toX(frame) {
    return (frame - this.first) * this.pxPerFrame;
  }

  /** The frame under a place, within the shot. @param {number} x */
  toFrame(x) {
    const frame = Math.floor(this.first + x / this.pxPerFrame);
    return Math.min(this.range.last, Math.max(this.range.first, frame));
  }

  /** Show these frames. @param {number} first  @param {number} count */
  show(first, count) {
    const shown = Math.min(this.whole, Math.max(Math.min(LEAST_FRAMES, this.whole), count));
    const from = Math.min(this.range.last + 1 - shown, Math.max(this.range.first, first));
    if (from === this.first && shown === this.count) return;
    this.first = from;
    this.count = shown;
    this.dispatchEvent(new Event("change"));
  }

  /** What lies at `x` stays there. @param {number} factor  above 1 shows fewer frames  @param {number} x */
  zoom(factor, x) {
    const at = this.first + x / this.pxPerFrame;
    const count = Math.min(this.whole, Math.max(Math.min(LEAST_FRAMES, this.whole), this.count / factor));
    this.show(at - (x / this.width) * count, count);
  }

  /** @param {number} frames */
  pan(frames) {
    this.show(this.first + frames, this.count);
  }

  fit() {
    this.show(this.range.first, this.whole);
  }

  /** Turn the page when a frame is out of sight. @param {number} frame */
  follow(frame) {
    if (frame >= this.first && frame + 1 <= this.first + this.count) return;
    const margin = this.count * 0.1;
    const near = frame >= this.first + this.count && frame < this.first + 2 * this.count;
    const back = frame < this.first && frame >= this.first - this.count;
    this.show(near ? frame - margin : back ? frame + 1 + margin - this.count : frame - this.count / 2, this.count);
  }
}

/** Frames between two numbers of a ruler, so that they stand at least `leastPx` apart. @param {number} pxPerFrame  @param {number} leastPx */
export function rulerStep(pxPerFrame, leastPx) {
  for (let ten = 1; ; ten *= 10) {
    for (const step of [1, 2, 5]) if (ten * step * pxPerFrame >= leastPx) return ten * step;
  }
}
