/** Drawing faces over the picture: contours and crops, coloured by where they come from. */

import { CONTOURS, GHOST, GROUPS } from "./contours.js";
import { corners, cropSquare } from "./geometry.js";

export const HANDLE_PX = 9; // CSS pixels around a corner that take hold of it
export const TURN_PX = 26; // and outside of it, that turn
const COLOURS = ["--quiet", "--text", "--between", "--key"];
const HALO = "rgb(0 0 0 / 55%)"; // lines are seen on light skin too

/**
 * @typedef {import("./desk.js").AlignmentDesk} Desk
 * @typedef {import("./desk.js").Face} Face
 * @typedef {Pick<import("../../viewer/stage.js").Stage, "view" | "toView">} Stage   of unsqueezed positions, as the desk's
 */

/** Colours of the page's style by name; asked once, drawing must be quick. @type {Map<string, string>} */
const known = new Map();

/** @param {string} name */
export function colour(name) {
  const found = known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  known.set(name, found);
  return found;
}

/** @param {number} state */
export function stateColour(state) {
  return colour(COLOURS[state] ?? COLOURS[0]);
}

/**
 * Everything of the tool that lies over the picture.
 * @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Desk} desk
 * @param {{ names: Map<number, string>, over: { point: number, group: string }, marquee: { from: any, to: any } | null }} extra
 */
export function drawFaces(ctx, stage, desk, { names, over, marquee }) {
  ctx.lineJoin = "round";
  for (const face of desk.faces) {
    if (face.track !== desk.shot.track) drawQuiet(ctx, stage, face, names.get(face.track) ?? "");
  }
  const { face, ghost } = desk;
  if (ghost && face && desk.ghosts && (face.touched || face.state > 0)) drawGhost(ctx, stage, ghost);
  if (face) drawInHand(ctx, stage, desk, face, over, names.get(face.track) ?? "");
  if (marquee) drawMarquee(ctx, stage, marquee);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Face} face  @param {string} name */
function drawQuiet(ctx, stage, face, name) {
  ctx.globalAlpha = 0.7;
  stroke(ctx, contourPath(stage, face.landmarks, CONTOURS), stateColour(face.state), 1);
  stroke(ctx, squarePath(stage, face.square), stateColour(face.state), 1);
  ctx.globalAlpha = 1;
  label(ctx, stage, face, name, colour("--quiet"));
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Desk} desk  @param {Face} face  @param {{ point: number, group: string }} over  @param {string} name */
function drawInHand(ctx, stage, desk, face, over, name) {
  const paint = stateColour(desk.gesture ? 3 : face.state);
  const box = desk.grip === "box";
  ctx.setLineDash([5, 4]);
  stroke(ctx, squarePath(stage, cropSquare(face.square)), paint, 1);
  ctx.setLineDash([]);
  stroke(ctx, squarePath(stage, face.square), paint, box ? 2 : 1.25);
  ctx.globalAlpha = box ? 0.6 : 1;
  stroke(ctx, contourPath(stage, face.landmarks, CONTOURS), paint, 1.25);
  ctx.globalAlpha = 1;
  const lit = over.group || (desk.grip === "group" ? desk.group : "");
  if (!box && lit) stroke(ctx, contourPath(stage, face.landmarks, CONTOURS.filter(({ group }) => group === lit)), colour("--accent"), 2);
  if (!box) drawPoints(ctx, stage, desk, face, over, paint);
  for (const corner of corners(face.square)) drawHandle(ctx, stage, corner, paint, box);
  label(ctx, stage, face, name, paint);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Desk} desk  @param {Face} face  @param {{ point: number }} over  @param {string} paint */
function drawPoints(ctx, stage, desk, face, over, paint) {
  const shown = desk.takable;
  ctx.fillStyle = paint;
  const small = Math.min(1.7, Math.max(0.6, 0.006 * face.square[2] * stage.view.scale)); // eyes stay open from afar
  for (const point of shown) dot(ctx, stage, face.landmarks, point, small);
  const held = desk.grip === "group" ? GROUPS[desk.group].points : desk.grip === "point" ? desk.selected : [];
  ctx.fillStyle = colour("--accent");
  for (const point of held) dot(ctx, stage, face.landmarks, point, 3);
  const { gesture } = desk;
  if (gesture && !gesture.box && desk.grip !== "face") drawFollowers(ctx, stage, face.landmarks, gesture.weights);
  if (over.point >= 0) {
    const { x, y } = stage.toView(face.landmarks[2 * over.point], face.landmarks[2 * over.point + 1]);
    ctx.beginPath();
    ctx.arc(x, y, 6, 0, 2 * Math.PI);
    ctx.strokeStyle = colour("--accent");
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }
}

/** The points that follow a drag, the brighter the more. @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {ArrayLike<number>} points  @param {Float64Array} weights */
function drawFollowers(ctx, stage, points, weights) {
  ctx.fillStyle = colour("--key");
  weights.forEach((weight, point) => {
    if (weight <= 0.02) return;
    ctx.globalAlpha = 0.25 + 0.75 * weight;
    dot(ctx, stage, points, point, 1.2 + 1.6 * weight);
  });
  ctx.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {NonNullable<Desk["ghost"]>} ghost */
function drawGhost(ctx, stage, ghost) {
  const points = new Float64Array(2 * 478);
  for (const [point, [x, y]] of ghost.points) points.set([x, y], 2 * point);
  ctx.setLineDash([3, 3]);
  ctx.strokeStyle = colour("--carried");
  ctx.lineWidth = 1.25;
  ctx.stroke(contourPath(stage, points, GHOST));
  ctx.stroke(squarePath(stage, ghost.square));
  ctx.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {{ from: any, to: any }} marquee */
function drawMarquee(ctx, stage, { from, to }) {
  const [a, b] = [stage.toView(from.x, from.y), stage.toView(to.x, to.y)];
  const path = new Path2D();
  path.rect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(b.x - a.x), Math.abs(b.y - a.y));
  ctx.setLineDash([4, 3]);
  stroke(ctx, path, colour("--accent"), 1);
  ctx.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {{ x: number, y: number }} corner  @param {string} paint  @param {boolean} large */
function drawHandle(ctx, stage, corner, paint, large) {
  const { x, y } = stage.toView(corner.x, corner.y);
  const half = large ? 5 : 3;
  ctx.fillStyle = HALO;
  ctx.fillRect(x - half - 1, y - half - 1, 2 * half + 2, 2 * half + 2);
  ctx.fillStyle = paint;
  ctx.fillRect(x - half, y - half, 2 * half, 2 * half);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {Face} face  @param {string} name  @param {string} paint */
function label(ctx, stage, face, name, paint) {
  const all = corners(cropSquare(face.square)).map((corner) => stage.toView(corner.x, corner.y));
  const top = all.reduce((best, corner) => (corner.y < best.y ? corner : best));
  const text = name ? `${face.track} · ${name}` : `${face.track}`;
  ctx.font = "600 12px system-ui, sans-serif";
  const width = ctx.measureText(text).width;
  ctx.fillStyle = HALO;
  ctx.fillRect(top.x - 4, top.y - 21, width + 10, 18);
  ctx.fillStyle = paint;
  ctx.fillText(text, top.x + 1, top.y - 8);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Stage} stage  @param {ArrayLike<number>} points  @param {number} point  @param {number} radius */
function dot(ctx, stage, points, point, radius) {
  const { x, y } = stage.toView(points[2 * point], points[2 * point + 1]);
  ctx.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** @param {CanvasRenderingContext2D} ctx  @param {Path2D} path  @param {string} paint  @param {number} width */
function stroke(ctx, path, paint, width) {
  ctx.strokeStyle = HALO;
  ctx.lineWidth = width + 1.5;
  ctx.stroke(path);
  ctx.strokeStyle = paint;
  ctx.lineWidth = width;
  ctx.stroke(path);
}

/** @param {Stage} stage  @param {ArrayLike<number>} points  @param {readonly import("./contours.js").Contour[]} contours */
export function contourPath(stage, points, contours) {
  const path = new Path2D();
  for (const contour of contours) {
    contour.points.forEach((point, at) => {
      const { x, y } = stage.toView(points[2 * point], points[2 * point + 1]);
      if (at) path.lineTo(x, y);
      else path.moveTo(x, y);
    });
    if (contour.closed) path.closePath();
  }
  return path;
}

/** @param {Stage} stage  @param {import("./geometry.js").Square} square */
function squarePath(stage, square) {
  const path = new Path2D();
  corners(square).forEach((corner, at) => {
    const { x, y } = stage.toView(corner.x, corner.y);
    if (at) path.lineTo(x, y);
    else path.moveTo(x, y);
  });
  path.closePath();
  return path;
}
