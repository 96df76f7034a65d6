/** The canvases: pictures as they are, pictures that are changed or combined, and what tools draw over them. */

import { Painter } from "./painter.js";
import { isPlain, PlainPainter } from "./plain_painter.js";

const SURROUND = "#1c1c1c"; // as --surround

/** Events: `restored` when the graphics card forgot everything and pictures have to be sent again. */
export class Screen extends EventTarget {
  /** @type {Painter | null} */
  #painter = null;
  /** @type {{ width: number, height: number, data: Uint8Array } | null} */
  #mask = null;
  #reader = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  constructor() {
    super();
    this.element = document.createElement("div");
    this.element.className = "stage";
    this.element.setAttribute("role", "img");
    this.plainCanvas = this.#canvas("stage-picture");
    this.mixedCanvas = this.#canvas("stage-picture");
    this.over = this.#canvas("stage-over");
    this.plain = new PlainPainter(this.plainCanvas, SURROUND);
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.over.getContext("2d"));
    this.ratio = 1;
    /** Whether the picture is on the 2D canvas. */
    this.isPlain = true;
  }

  /** @param {string} name */
  #canvas(name) {
    const canvas = document.createElement("canvas");
    canvas.className = name;
    this.element.append(canvas);
    return canvas;
  }

  /** What changes pixels; made when it is first needed. */
  get painter() {
    if (this.#painter) return this.#painter;
    this.#painter = new Painter(this.mixedCanvas);
    this.mixedCanvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.mixedCanvas.addEventListener("webglcontextrestored", () => {
      this.#painter?.restore();
      this.dispatchEvent(new Event("restored"));
    });
    return this.#painter;
  }

  /** @param {number} width  @param {number} height  @param {number} ratio  device pixels to one of CSS */
  resize(width, height, ratio) {
    this.ratio = ratio;
    for (const canvas of [this.plainCanvas, this.mixedCanvas, this.over]) {
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    }
  }

  /**
   * @param {import("./painter.js").Drawing[]} drawings  @param {boolean} quick  a step; a finer drawing follows at rest
   * @returns {boolean} false when a picture was given up before it was drawn: it has to be asked for again
   */
  paint(drawings, quick) {
    this.isPlain = drawings.every(isPlain);
    const there = this.isPlain ? this.plain.paint(drawings, quick) : this.painter.paint(drawings);
    this.mixedCanvas.style.visibility = this.isPlain ? "hidden" : "visible";
    return there;
  }

  /** Nothing is drawn for now: what the card holds is given back at once, not when the browser gets to it. */
  close() {
    this.#painter?.textures.close();
    this.setMask(null);
  }

  /** Send a picture to the card before its turn comes. Gives back whether there was something to do. @param {import("./painter.js").Layer} layer */
  send({ picture }) {
    if (this.isPlain || this.painter.textures.has(picture)) return false;
    this.painter.textures.of(picture);
    return true;
  }

  /** @param {{ width: number, height: number, data: Uint8Array } | null} mask */
  setMask(mask) {
    this.#mask = mask;
    if (mask || this.#painter) this.painter.setMask(mask);
  }

  /** @param {{ x: number, y: number, width: number, height: number }} rect */
  maskChanged(rect) {
    if (this.#mask) this.painter.maskChanged(rect);
  }

  /** The overlay, empty, in CSS pixels. */
  clearOver() {
    const { ctx } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.over.width, this.over.height);
    ctx.scale(this.ratio, this.ratio);
    return ctx;
  }

  /** The value of a picture's pixel, 0..255 each. @param {import("../core/pictures.js").Picture} picture  @param {number} x  @param {number} y */
  valueAt({ bitmap }, x, y) {
    if (!this.#reader || !bitmap.width) return null;
    this.#reader.drawImage(bitmap, x, y, 1, 1, 0, 0, 1, 1);
    return [...this.#reader.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }
}
