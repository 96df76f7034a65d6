/** The line of the wipe on the screen: drag its handle to move it, with Shift (or by its ends) to turn it. */

const GRIP_PX = 11;
const ARM_PX = 70;

export class WipeHandle {
  name = "wipe";
  #turning = false;

  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
  }

  get #on() {
    return this.stage.look.compare === "wipe" && !this.stage.look.held;
  }

  /** Where the handle is, and the direction of the line. */
  get #line() {
    const { look, place } = this.stage;
    const { scale, x, y } = place.view;
    const turn = (look.degrees * Math.PI) / 180;
    return {
      x: x + look.wipeX * place.ground.width * place.ground.aspect * scale, y: y + look.wipeY * place.ground.height * scale,
      alongX: -Math.sin(turn), alongY: Math.cos(turn),
    };
  }

  /** @param {import("./pointers.js").Point} at  @param {PointerEvent} event */
  down(at, event) {
    if (!this.#on) return false;
    const { x, y, alongX, alongY } = this.#line;
    const fromX = at.viewX - x;
    const fromY = at.viewY - y;
    const along = Math.abs(fromX * alongX + fromY * alongY);
    const across = Math.abs(fromX * alongY - fromY * alongX);
    const grips = Math.hypot(fromX, fromY) <= GRIP_PX * 1.5 || (across <= GRIP_PX && Math.abs(along - ARM_PX) <= GRIP_PX);
    if (!grips && !(across <= 5 && !this.stage.tool)) return false;
    this.#turning = event.shiftKey || Math.abs(along - ARM_PX) <= GRIP_PX;
    return true;
  }

  /** @param {import("./pointers.js").Point} at  @param {PointerEvent} event  @param {boolean} dragging */
  move(at, event, dragging) {
    if (!dragging || !this.#on) return;
    const { look, place } = this.stage;
    const { x, y } = this.#line;
    if (this.#turning) {
      const degrees = (Math.atan2(at.viewY - y, at.viewX - x) * 180) / Math.PI - 90;
      const near = event.ctrlKey ? Math.round(degrees / 15) * 15 : degrees;
      look.set({ degrees: Math.abs(near) > 180 ? near - Math.sign(near) * 360 : near });
      return;
    }
    const { scale, x: left, y: top } = place.view;
    const share = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
    look.set({
      wipeX: share((at.viewX - left) / (place.ground.width * place.ground.aspect * scale)),
      wipeY: share((at.viewY - top) / (place.ground.height * scale)),
    });
  }

  /** @param {CanvasRenderingContext2D} ctx */
  draw(ctx) {
    if (!this.#on) return;
    const { x, y, alongX, alongY } = this.#line;
    const far = this.stage.width + this.stage.height;
    for (const [colour, width] of /** @type {[string, number][]} */ ([["#000a", 3], ["#fff", 1]])) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.beginPath();
      ctx.moveTo(x - alongX * far, y - alongY * far);
      ctx.lineTo(x + alongX * far, y + alongY * far);
      ctx.stroke();
    }
    knob(ctx, x, y, GRIP_PX);
    knob(ctx, x + alongX * ARM_PX, y + alongY * ARM_PX, 5);
    knob(ctx, x - alongX * ARM_PX, y - alongY * ARM_PX, 5);
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (const [letter, side] of /** @type {[string, number][]} */ ([["A", -1], ["B", 1]])) {
      const at = { x: x + side * alongY * 26, y: y - side * alongX * 26 };
      ctx.fillStyle = "#000b";
      ctx.fillRect(at.x - 8, at.y - 8, 16, 16);
      ctx.fillStyle = "#fff";
      ctx.fillText(letter, at.x, at.y + 0.5);
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {number} x  @param {number} y  @param {number} radius */
function knob(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = "#fff";
  ctx.fill();
  ctx.strokeStyle = "#000a";
  ctx.lineWidth = 2;
  ctx.stroke();
}
