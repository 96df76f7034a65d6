/** The mouse on the picture: what it takes hold of and what a drag does. */

import { ALL, DRAWN, groupOf } from "./contours.js";
import { corners, cropSquare, inside, nearest, turnAndGrowth, within } from "./geometry.js";
import { drawFaces, HANDLE_PX, TURN_PX } from "./overlay.js";

const POINT_PX = 9; // CSS pixels around a landmark
const SNAP_DEG = 5;
const CURSORS = { corner: "nwse-resize", turn: "grab", point: "pointer", whole: "move", other: "pointer", none: "crosshair" };

/**
 * @typedef {import("./geometry.js").Point} Point
 * @typedef {import("../../viewer/stage.js").Stage} Stage
 * @typedef {{ what: "corner" | "turn" | "point" | "whole" | "other" | "none", point: number, track: number }} Zone
 */

/** A `StageTool`. While it is in use, drags on the picture change the face in hand. */
export class AlignmentGrip {
  name = "alignment";
  cursor = "crosshair";
  /** @type {{ point: number, group: string }} */
  #over = { point: -1, group: "" };
  /** @type {{ from: Point, to: Point, add: boolean } | null} */
  #marquee = null;
  /** @type {{ from: Point, how: "move" | "scale" | "rotate" } | null} */
  #drag = null;

  /**
   * @param {import("./desk.js").AlignmentDesk} desk  @param {Stage} stage
   * @param {() => Map<number, string>} names  who is bound to each track
   */
  constructor(desk, stage, names) {
    this.desk = desk;
    this.stage = stage;
    this.names = names;
  }

  /** A place on the plate where the desk has its faces. @param {Point} at  @returns {Point} */
  #unsqueezed({ x, y }) {
    return { x: this.desk.aspect * x, y };
  }

  /** @param {Point} on  the plate  @param {PointerEvent} event */
  down(on, event) {
    if (event.button !== 0) return false;
    const at = this.#unsqueezed(on);
    const zone = this.#zone(at);
    if (zone.what === "other") {
      this.desk.shot.pickTrack(zone.track);
      return true;
    }
    if (zone.what === "none") return this.#downBeside(at, event);
    const { desk } = this;
    if (zone.what === "corner" || zone.what === "turn") {
      desk.begin(true, []);
      this.#drag = { from: at, how: zone.what === "corner" ? "scale" : "rotate" };
      return true;
    }
    if (zone.what === "point" && desk.grip === "point") this.#select(zone.point, event.shiftKey);
    if (zone.what === "point" && desk.grip === "group") desk.set({ group: groupOf(zone.point) });
    const box = desk.grip === "box";
    if (desk.begin(box, desk.held)) this.#drag = { from: at, how: desk.how };
    return true;
  }

  /** @param {Point} at  @param {PointerEvent} event */
  #downBeside(at, event) {
    const { face, grip } = this.desk;
    const near = face !== null && inside(cropSquare(cropSquare(face.square)), at);
    if (grip !== "point" || !face || !(near || event.shiftKey)) return false; // the picture is moved
    this.#marquee = { from: at, to: at, add: event.shiftKey };
    return true;
  }

  /** @param {Point} on  the plate  @param {PointerEvent} event */
  move(on, event) {
    const at = this.#unsqueezed(on);
    if (this.#marquee) {
      this.#marquee.to = at;
      this.stage.redraw();
    } else if (this.#drag) this.#drawn(at, event);
    else this.#hover(at);
  }

  /** @param {Point} at  @param {PointerEvent} event */
  #drawn(at, event) {
    const { gesture } = this.desk;
    if (!gesture || !this.#drag) return;
    const { from, how } = this.#drag;
    if (how === "move") return this.desk.update({ dx: at.x - from.x, dy: at.y - from.y });
    const { degrees, scale } = turnAndGrowth(gesture.centre, from, at);
    if (how === "scale") this.desk.update({ scale });
    else this.desk.update({ degrees: event.shiftKey ? Math.round(degrees / SNAP_DEG) * SNAP_DEG : degrees });
  }

  /** @param {Point} at */
  #hover(at) {
    const zone = this.#zone(at);
    const group = zone.what === "point" ? groupOf(zone.point) : "";
    this.cursor = zone.what === "point" && this.desk.grip !== "point" ? CURSORS.whole : CURSORS[zone.what];
    this.stage.pointers.showCursor();
    if (zone.point === this.#over.point && group === this.#over.group) return;
    this.#over = { point: this.desk.grip === "point" ? zone.point : -1, group: this.desk.grip === "point" ? "" : group };
    this.stage.redraw();
  }

  up() {
    if (this.#marquee) this.#choose(this.#marquee);
    this.#marquee = null;
    this.#drag = null;
    this.desk.end();
    this.stage.redraw();
  }

  /** Give up what the mouse is doing. */
  drop() {
    this.#marquee = null;
    this.#drag = null;
    this.desk.drop();
  }

  leave() {
    this.#over = { point: -1, group: "" };
    this.stage.redraw();
  }

  /** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage */
  draw(ctx, stage) {
    const { aspect } = this.desk;
    const ground = { view: stage.view, toView: (/** @type {number} */ x, /** @type {number} */ y) => stage.toView(x / aspect, y) };
    drawFaces(ctx, ground, this.desk, { names: this.names(), over: this.#over, marquee: this.#marquee });
  }

  /** What lies under the pointer; what is small comes first. @param {Point} at  @returns {Zone} */
  #zone(at) {
    const { face, grip, faces, shot } = this.desk;
    const reach = 1 / this.stage.view.scale;
    if (face) {
      const box = this.#cornerZone(face.square, at, reach);
      const point = grip === "box" ? -1 : nearest(face.landmarks, this.#takable(), at, POINT_PX * reach);
      if (box === "corner" && (grip === "box" || point < 0)) return { what: "corner", point: -1, track: face.track };
      if (point >= 0) return { what: "point", point, track: face.track };
      if ((grip === "box" || grip === "face") && inside(face.square, at)) return { what: "whole", point: -1, track: face.track };
      if (box === "turn") return { what: "turn", point: -1, track: face.track };
    }
    const other = faces.find((one) => one.track !== shot.track && inside(one.square, at));
    return { what: other ? "other" : "none", point: -1, track: other?.track ?? -1 };
  }

  #takable() {
    return this.desk.grip === "point" ? this.desk.takable : DRAWN;
  }

  /** @param {import("./geometry.js").Square} square  @param {Point} at  @param {number} reach */
  #cornerZone(square, at, reach) {
    const away = Math.min(...corners(square).map((corner) => Math.hypot(corner.x - at.x, corner.y - at.y)));
    if (away <= HANDLE_PX * reach) return "corner";
    return away <= TURN_PX * reach && !inside(square, at) ? "turn" : "";
  }

  /** @param {number} point  @param {boolean} add */
  #select(point, add) {
    const { desk } = this;
    if (desk.selected.has(point) && !add) return; // what is selected moves together
    const selected = new Set(add ? desk.selected : []);
    selected.add(point);
    desk.set({ selected });
  }

  /** @param {{ from: Point, to: Point, add: boolean }} marquee */
  #choose({ from, to, add }) {
    const { desk } = this;
    if (!desk.face) return;
    const found = within(desk.face.landmarks, desk.allPoints ? ALL : DRAWN, from, to);
    desk.set({ selected: new Set([...(add ? desk.selected : []), ...found]) });
  }
}
