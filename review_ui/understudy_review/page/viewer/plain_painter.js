/**
 * Draws pictures as they are on a 2D canvas: no copy to the graphics card is needed, which makes a step as quick
 * as it can be where the browser draws in software. Whatever changes or combines pixels is the Painter's work.
 */

const PIXELS_FROM = 2; // so many device pixels to one of the picture and it is drawn pixel by pixel
const SMOOTHED_BELOW = 0.7; // smaller than this and neighbours are averaged, which takes some milliseconds more

/** Whether nothing is done to the picture. @param {import("./painter.js").Drawing} drawing */
export function isPlain({ mode, exposure, gamma, channel, tint, a }) {
  const plain = mode === "single" && exposure === 0 && gamma === 1 && channel === "all" && !tint;
  return plain && (!a || "bitmap" in a.picture);
}

export class PlainPainter {
  /** @param {HTMLCanvasElement} canvas  @param {string} surround */
  constructor(canvas, surround) {
    this.canvas = canvas;
    this.surround = surround;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  }

  /**
   * @param {import("./painter.js").Drawing[]} drawings  @param {boolean} quick  a step: a finer drawing follows at rest
   * @returns {boolean} false when a picture was given up before it was drawn
   */
  paint(drawings, quick) {
    if (drawings.some(({ a }) => a && !bitmapOf(a).width)) return false;
    const { ctx } = this;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = this.surround;
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const drawing of drawings) this.#draw(drawing, quick);
    return true;
  }

  /** @param {import("./painter.js").Drawing} drawing  @param {boolean} quick */
  #draw({ pane, toPlate, a }, quick) {
    if (!a) return;
    const { ctx } = this;
    const bitmap = bitmapOf(a);
    const onScreen = toPlate.inverse().multiply(a.fromPlate.inverse()).scale(1 / bitmap.width, 1 / bitmap.height);
    const size = Math.hypot(onScreen.a, onScreen.b);
    ctx.save();
    ctx.beginPath();
    ctx.rect(pane.left, pane.top, pane.width, pane.height);
    ctx.clip();
    ctx.setTransform(onScreen);
    ctx.imageSmoothingEnabled = size < PIXELS_FROM;
    ctx.imageSmoothingQuality = size < SMOOTHED_BELOW && !quick ? "medium" : "low";
    ctx.drawImage(bitmap, 0, 0);
    ctx.restore();
  }
}

/** @param {import("./painter.js").Layer} layer */
function bitmapOf({ picture }) {
  return /** @type {import("../core/pictures.js").Picture} */ (picture).bitmap;
}
