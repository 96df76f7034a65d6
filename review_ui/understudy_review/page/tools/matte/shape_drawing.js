/** How shapes look over the picture. Include is green with a plus, exclude red with a minus; keys are solid. */

import { boxOf, featherPlace, firstCrossing, outlineOf, pointOf } from "./outline.js";

export const FEATHER_OFF_PX = 16; // of the feather's handle from the edge of the feather
export const TURN_OFF_PX = 20; // of the turning knob above the box
const COLOURS = { include: "#7fd18b", exclude: "#ff8f80" };
const BANDS = { include: "#7fd18b38", exclude: "#ff8f8038" };
const POINT_PX = 3.5;

/**
 * @typedef {import("../../core/types.js").Shape} Shape
 * @typedef {import("../../viewer/stage.js").Stage} Stage
 * @typedef {{ x: number, y: number }} Place
 */

/**
 * @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Shape} shape
 * @param {{ selected: boolean, points: Set<number>, handle: Place | null }} how
 */
export function drawShape(ctx, stage, shape, { selected, points, handle }) {
  const path = pathOf(stage, outlineOf(shape.points, shape.curve), true);
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  const band = shape.feather_px * stage.view.scale;
  if (band > 2) {
    ctx.lineWidth = band;
    ctx.strokeStyle = BANDS[shape.mode];
    ctx.stroke(path);
  }
  ctx.lineWidth = selected ? 4 : 3;
  ctx.strokeStyle = "#000a";
  ctx.stroke(path);
  ctx.setLineDash(shape.keyed ? [] : [6, 4]);
  ctx.lineWidth = selected ? 2 : 1.25;
  ctx.strokeStyle = COLOURS[shape.mode];
  ctx.stroke(path);
  ctx.setLineDash([]);
  label(ctx, stage, shape);
  if (!selected) return;
  if (handle) drawHandle(ctx, stage, shape, handle);
  for (let at = 0; at < shape.points.length / 2; at++) dot(ctx, stage, pointOf(shape.points, at), points.has(at));
  drawCrossing(ctx, stage, shape);
}

/** @param {Stage} stage  @param {readonly number[]} points  @param {boolean} closed */
function pathOf(stage, points, closed) {
  const path = new Path2D();
  for (let at = 0; at < points.length; at += 2) {
    const { x, y } = stage.toView(points[at], points[at + 1]);
    if (at) path.lineTo(x, y);
    else path.moveTo(x, y);
  }
  if (closed) path.closePath();
  return path;
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Place} point  @param {boolean} selected */
function dot(ctx, stage, point, selected) {
  const { x, y } = stage.toView(point.x, point.y);
  const half = selected ? POINT_PX + 1 : POINT_PX;
  ctx.fillStyle = selected ? "#ffd27a" : "#fff";
  ctx.strokeStyle = "#000";
  ctx.lineWidth = 1;
  ctx.fillRect(x - half, y - half, 2 * half, 2 * half);
  ctx.strokeRect(x - half, y - half, 2 * half, 2 * half);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Shape} shape  @param {Place} handle */
function drawHandle(ctx, stage, shape, handle) {
  const edge = featherPlace(shape.points, shape.curve);
  line(ctx, [stage.toView(edge.x, edge.y), handle], "#fff", 1);
  knob(ctx, handle, "#fff");
}

/** The two edges that cross, and why nothing is saved. @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Shape} shape */
function drawCrossing(ctx, stage, shape) {
  const crossing = firstCrossing(shape.points);
  if (!crossing) return;
  for (const edge of crossing) {
    const a = pointOf(shape.points, edge), b = pointOf(shape.points, edge + 1);
    line(ctx, [stage.toView(a.x, a.y), stage.toView(b.x, b.y)], "#ff4030", 4);
  }
  const box = boxOf(shape.points);
  const { x, y } = stage.toView((box.left + box.right) / 2, box.bottom);
  text(ctx, "crosses itself: not saved", x - 60, y + 20, "#ff8f80");
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Shape} shape */
function label(ctx, stage, shape) {
  let top = { x: 0, y: Infinity };
  for (let at = 0; at < shape.points.length / 2; at++) {
    const place = stage.toView(shape.points[2 * at], shape.points[2 * at + 1]);
    if (place.y < top.y) top = place;
  }
  text(ctx, `${shape.mode === "include" ? "+" : "−"} ${shape.name}${shape.keyed ? "" : " (between keys)"}`, top.x + 8, top.y - 8, COLOURS[shape.mode]);
}

/** @param {CanvasRenderingContext2D} ctx  @param {string} words  @param {number} x  @param {number} y  @param {string} colour */
function text(ctx, words, x, y, colour) {
  ctx.font = "12px system-ui, sans-serif";
  ctx.lineWidth = 3;
  ctx.strokeStyle = "#000c";
  ctx.strokeText(words, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
}

/** The box of a group with its handles. @param {CanvasRenderingContext2D} ctx  @param {{ corners: Place[], turn: Place }} handles */
export function drawTransform(ctx, { corners, turn }) {
  ctx.setLineDash([4, 4]);
  line(ctx, [...corners, corners[0]], "#ffd27a", 1);
  ctx.setLineDash([]);
  line(ctx, [{ x: (corners[0].x + corners[1].x) / 2, y: corners[0].y }, turn], "#ffd27a", 1);
  for (const { x, y } of corners) {
    ctx.fillStyle = "#ffd27a";
    ctx.fillRect(x - 4, y - 4, 8, 8);
  }
  knob(ctx, turn, "#ffd27a");
}

/** A shape that is being drawn, with the way to the pointer. @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {{ curve: Shape["curve"], points: number[] }} drawing  @param {Place | null} at  @param {boolean} excludes */
export function drawDrawing(ctx, stage, drawing, at, excludes) {
  const points = at ? [...drawing.points, at.x, at.y] : drawing.points;
  const outline = points.length >= 6 ? outlineOf(points, drawing.curve) : points;
  const colour = COLOURS[excludes ? "exclude" : "include"];
  ctx.setLineDash([5, 4]);
  ctx.lineWidth = 3;
  ctx.strokeStyle = "#000a";
  ctx.stroke(pathOf(stage, outline, true));
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colour;
  ctx.stroke(pathOf(stage, outline, true));
  ctx.setLineDash([]);
  for (let index = 0; index < drawing.points.length / 2; index++) dot(ctx, stage, pointOf(drawing.points, index), index === 0);
}

/** @param {CanvasRenderingContext2D} ctx  @param {{ viewX: number, viewY: number }} from  @param {{ viewX: number, viewY: number }} to */
export function drawMarquee(ctx, from, to) {
  ctx.setLineDash([4, 3]);
  ctx.lineWidth = 1;
  ctx.strokeStyle = "#fff";
  ctx.strokeRect(from.viewX, from.viewY, to.viewX - from.viewX, to.viewY - from.viewY);
  ctx.fillStyle = "#ffffff18";
  ctx.fillRect(from.viewX, from.viewY, to.viewX - from.viewX, to.viewY - from.viewY);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Place[]} places  @param {string} colour  @param {number} width */
function line(ctx, places, colour, width) {
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.beginPath();
  places.forEach(({ x, y }, at) => (at ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx  @param {Place} place  @param {string} colour */
function knob(ctx, { x, y }, colour) {
  ctx.beginPath();
  ctx.arc(x, y, 5, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = "#000";
  ctx.stroke();
}
