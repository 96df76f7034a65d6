/** Mouse, pen, fingers and wheel over the picture: the tool in use gets them, what it leaves moves the view. */

const WHEEL_DOUBLE = 300; // wheel units that double the scale
const ZOOM_DOUBLE_PX = 120; // of a drag with the zoom key down
const STOP_PX = 120; // of a drag with the exposure key down
const CLICK_PX = 3;

/**
 * @typedef {{ x: number, y: number, viewX: number, viewY: number }} Point  plate pixels and CSS pixels of its pane
 * @typedef {{ name: string, cursor?: string, down?(at: Point, event: PointerEvent): boolean | void,
 *   move?(at: Point, event: PointerEvent, dragging: boolean): void, up?(at: Point, event: PointerEvent): void, leave?(): void,
 *   draw?(ctx: CanvasRenderingContext2D, stage: import("./stage.js").Stage): void,
 *   wheel?(at: Point, event: WheelEvent): boolean }} StageTool   `down` giving back false lets the view move
 * @typedef {"pan" | "zoom" | "exposure" | "gamma"} Hold  what a key that is down makes of the pointer
 */

export class Pointers {
  /** @type {Map<number, { x: number, y: number }>} */
  #fingers = new Map();
  /** @type {{ tool: StageTool, pointer: number } | null} */
  #dragged = null;
  /** @type {{ pointer: number, kind: "pan" | "zoom", x: number, y: number, from: { x: number, y: number } } | null} */
  #moved = null;
  #lastX = 0;

  /** @param {import("./stage.js").Stage} stage  @param {HTMLElement} area */
  constructor(stage, area) {
    this.stage = stage;
    this.area = area;
    /** @type {Hold | null} */
    this.hold = null;
    area.addEventListener("pointerdown", (event) => this.#down(event));
    area.addEventListener("pointermove", (event) => this.#move(event));
    area.addEventListener("pointerup", (event) => this.#up(event));
    area.addEventListener("pointercancel", (event) => this.#up(event));
    area.addEventListener("lostpointercapture", (event) => this.#up(event));
    area.addEventListener("pointerleave", () => this.#leave());
    area.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    area.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @param {Hold | null} hold */
  setHold(hold) {
    this.hold = hold;
    this.showCursor();
  }

  showCursor() {
    const { hold, stage } = this;
    const free = stage.tool ? stage.tool.cursor ?? "crosshair" : "grab";
    this.area.style.cursor = this.#moved?.kind === "pan" ? "grabbing" : hold === "pan" ? "grab" : hold === "zoom" ? "zoom-in" : hold ? "ew-resize" : free;
  }

  /** @param {MouseEvent} event  @returns {Point} */
  #at(event) {
    const box = this.area.getBoundingClientRect();
    return this.stage.pointAt(event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 1) return;
    const at = this.#at(event);
    this.#fingers.set(event.pointerId, { x: at.viewX, y: at.viewY });
    this.area.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch" && this.#fingers.size === 2) return this.#pinchBegins(event);
    if (this.#dragged || this.#moved) return;
    const holds = this.hold === "pan" || this.hold === "zoom" ? this.hold : null;
    if (event.button === 0 && !holds) {
      for (const tool of this.stage.tools) {
        if (!tool.down || tool.down(at, event) === false) continue;
        this.#dragged = { tool, pointer: event.pointerId };
        return;
      }
    }
    event.preventDefault(); // no scrolling with the middle button
    this.#moved = { pointer: event.pointerId, kind: holds ?? "pan", x: at.viewX, y: at.viewY, from: { x: at.viewX, y: at.viewY } };
    this.showCursor();
  }

  /** @param {PointerEvent} event */
  #pinchBegins(event) {
    if (this.#dragged) this.#dragged.tool.up?.(this.#at(event), event);
    this.#dragged = null;
    this.#moved = null;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#at(event);
    const stepX = event.clientX - this.#lastX;
    this.#lastX = event.clientX;
    if (this.#fingers.size === 2 && this.#fingers.has(event.pointerId)) return this.#pinch(event.pointerId, at);
    if (this.#dragged?.pointer === event.pointerId) return this.#toTool(this.#dragged.tool, event, true);
    if (this.#moved?.pointer === event.pointerId) return this.#moveView(at);
    if (this.hold === "exposure") this.stage.look.set({ exposure: this.stage.look.exposure + stepX / STOP_PX });
    if (this.hold === "gamma") this.stage.look.set({ gamma: this.stage.look.gamma * 2 ** (stepX / STOP_PX) });
    this.stage.hovered(at);
    for (const tool of this.stage.tools) this.#toTool(tool, event, false);
  }

  /** Every position that the device gave counts, not one a picture. @param {StageTool} tool  @param {PointerEvent} event  @param {boolean} dragging */
  #toTool(tool, event, dragging) {
    if (!tool.move) return;
    const all = dragging ? event.getCoalescedEvents?.() ?? [] : [];
    for (const one of all.length ? all : [event]) tool.move(this.#at(one), one, dragging);
  }

  /** @param {Point} at */
  #moveView(at) {
    const moved = this.#moved;
    if (!moved) return;
    const { stage } = this;
    if (moved.kind === "pan") stage.moveBy(at.viewX - moved.x, at.viewY - moved.y);
    else stage.zoomTo(stage.view.scale * 2 ** ((at.viewX - moved.x) / ZOOM_DOUBLE_PX), moved.from.x, moved.from.y);
    Object.assign(moved, { x: at.viewX, y: at.viewY });
  }

  /** @param {number} pointer  @param {Point} at */
  #pinch(pointer, at) {
    const before = [...this.#fingers.values()];
    this.#fingers.set(pointer, { x: at.viewX, y: at.viewY });
    const after = [...this.#fingers.values()];
    const middle = (/** @type {{ x: number, y: number }[]} */ two) => ({ x: (two[0].x + two[1].x) / 2, y: (two[0].y + two[1].y) / 2 });
    const apart = (/** @type {{ x: number, y: number }[]} */ two) => Math.hypot(two[0].x - two[1].x, two[0].y - two[1].y) || 1;
    const [from, to] = [middle(before), middle(after)];
    this.stage.moveBy(to.x - from.x, to.y - from.y);
    this.stage.zoomTo((this.stage.view.scale * apart(after)) / apart(before), to.x, to.y);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#fingers.delete(event.pointerId);
    const at = this.#at(event);
    if (this.#dragged?.pointer === event.pointerId) {
      const { tool } = this.#dragged;
      this.#dragged = null;
      tool.up?.(at, event);
    }
    const moved = this.#moved;
    if (moved?.pointer !== event.pointerId) return;
    this.#moved = null;
    const clicked = Math.hypot(at.viewX - moved.from.x, at.viewY - moved.from.y) < CLICK_PX;
    if (moved.kind === "zoom" && clicked && event.type === "pointerup") this.stage.zoomTo(this.stage.view.scale * (event.altKey ? 0.5 : 2), at.viewX, at.viewY);
    this.showCursor();
  }

  #leave() {
    this.stage.hovered(null);
    for (const tool of this.stage.tools) tool.leave?.();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const at = this.#at(event);
    for (const tool of this.stage.tools) if (tool.wheel?.(at, event)) return;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
    const stretch = event.ctrlKey && event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 4 : 1; // a pinch on a touch pad
    this.stage.zoomTo(this.stage.view.scale * 2 ** ((-event.deltaY * unit * stretch) / WHEEL_DOUBLE), at.viewX, at.viewY);
  }
}
