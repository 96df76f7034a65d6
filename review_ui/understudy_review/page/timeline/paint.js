/** Draws the timeline's lanes on a canvas. Lengths are CSS pixels; the context is scaled by the caller. */

import { FLAG } from "../core/types.js";
import { LANE, HEIGHT, MARK_RANK, TAKE_RANK, UNIT, runs } from "./lanes.js";
import { rulerStep } from "./span.js";

const MATTE = { propagated: 1, interpolated: 2, keyed: 3 };
const FACE = { smoothed: 1, interpolated: 2, keyed: 3 };
const NUMBER_PX = 72 * UNIT; // between two numbers of the ruler
const DIAMOND_PX = 5 * UNIT;

/**
 * @typedef {{ surround: string, raised: string, line: string, text: string, quiet: string, accent: string,
 *   good: string, warn: string, bad: string, key: string, between: string, carried: string }} Colours
 */

/** The page's own colours. @returns {Colours} */
export function coloursOf(/** @type {Element} */ element) {
  const style = getComputedStyle(element);
  const names = ["surround", "raised", "line", "text", "quiet", "accent", "good", "warn", "bad", "key", "between", "carried"];
  return /** @type {Colours} */ (Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])));
}

/**
 * @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  columns of device pixels
 * @param {{ shot: import("../core/shot.js").OpenShot, span: import("./span.js").Span, colours: Colours, threshold: number }} about
 */
export function paintLanes(ctx, columns, { shot, span, colours, threshold }) {
  const px = span.width / columns.width; // one column in CSS pixels
  ctx.clearRect(0, 0, span.width, HEIGHT);
  paintRuler(ctx, span, colours);
  for (const [from, to, held] of runs(columns.cached)) if (held) band(ctx, "cached", colours.accent, from * px, to * px);
  paintTake(ctx, columns, colours, px);
  paintTrouble(ctx, columns, colours, px, threshold);
  paintMatte(ctx, columns, colours, px);
  paintFace(ctx, columns, colours, px);
  paintMarks(ctx, columns, colours, px);
  paintPlan(ctx, columns, colours, px);
  paintCuts(ctx, shot, span, colours);
  paintInOut(ctx, shot, span, colours);
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./span.js").Span} span  @param {Colours} colours */
function paintRuler(ctx, span, colours) {
  const step = rulerStep(span.pxPerFrame, NUMBER_PX);
  const fine = rulerStep(span.pxPerFrame, 7);
  const { first, last } = span.seen;
  const half = span.pxPerFrame / 2; // numbers stand over the middle of their frame
  ctx.font = `${10.5 * UNIT}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (let frame = Math.ceil(first / fine) * fine; frame <= last; frame += fine) {
    const x = span.toX(frame) + half;
    const numbered = frame % step === 0;
    ctx.fillStyle = numbered ? colours.quiet : colours.line;
    const long = (numbered ? 6 : 3) * UNIT;
    ctx.fillRect(Math.round(x), LANE.ruler.height - long, 1, long);
    const room = x > 14 && x < span.width - 14;
    if (numbered && room) ctx.fillText(String(frame), x, 0);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px */
function paintTake(ctx, columns, colours, px) {
  ground(ctx, "take", colours, columns.width * px);
  for (const [from, to, rank] of runs(columns.take)) {
    if (rank === TAKE_RANK.current) band(ctx, "take", mixed(colours.good, 0.62), from * px, to * px);
    if (rank === TAKE_RANK.changed) band(ctx, "take", colours.warn, from * px, Math.max(to * px, from * px + 1.5));
    if (rank === TAKE_RANK.missing) line(ctx, "take", colours.line, from * px, to * px, 0.5, 2);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px  @param {number} threshold */
function paintTrouble(ctx, columns, colours, px, threshold) {
  const { top, height } = LANE.trouble;
  ground(ctx, "trouble", colours, columns.width * px);
  for (const [from, to, trouble] of runs(columns.trouble)) {
    if (trouble <= 0) continue;
    const bar = Math.max(1, trouble * height);
    ctx.fillStyle = trouble >= threshold ? colours.bad : mixed(colours.quiet, 0.55);
    ctx.fillRect(from * px, top + height - bar, (to - from) * px, bar);
  }
  ctx.fillStyle = mixed(colours.text, 0.45);
  ctx.fillRect(0, Math.round(top + height - threshold * height), columns.width * px, 1);
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px */
function paintMatte(ctx, columns, colours, px) {
  ground(ctx, "matte", colours, columns.width * px);
  for (const [from, to, state] of runs(columns.matte)) {
    if (state === MATTE.propagated) band(ctx, "matte", mixed(colours.carried, 0.75), from * px, to * px);
    if (state === MATTE.interpolated) line(ctx, "matte", colours.between, from * px, to * px, 0.5, 2.5);
    if (state === MATTE.keyed) keys(ctx, "matte", colours, from * px, to * px);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px */
function paintFace(ctx, columns, colours, px) {
  const seen = columns.face.map((state, x) => (columns.faceless[x] ? 255 : state));
  for (const [from, to, state] of runs(seen)) {
    if (state === 255) {
      line(ctx, "face", mixed(colours.bad, 0.8), from * px, to * px, 0.5, 1);
      continue;
    }
    band(ctx, "face", state === FACE.smoothed ? "#53646f" : colours.raised, from * px, to * px);
    if (state === FACE.interpolated) line(ctx, "face", colours.between, from * px, to * px, 0.5, 2.5);
    if (state === FACE.keyed) keys(ctx, "face", colours, from * px, to * px);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px */
function paintMarks(ctx, columns, colours, px) {
  const { top, height } = LANE.marks;
  ground(ctx, "marks", colours, columns.width * px);
  const middle = top + height / 2;
  const shown = columns.marks.map((mark, x) => (mark === MARK_RANK.approved && columns.open[x] ? 9 : mark));
  for (const [from, to, mark] of runs(shown)) {
    const [left, right] = [from * px, to * px];
    if (mark === MARK_RANK.approved) band(ctx, "marks", mixed(colours.good, 0.7), left, right);
    if (mark === 9) line(ctx, "marks", colours.good, left, right, 0.8, 3); // some of its frames
    if (mark === MARK_RANK.approved && right - left >= 12) tick(ctx, (left + right) / 2, middle);
    if (mark === MARK_RANK.held) hatch(ctx, colours, left, right, top, height);
    if (mark === MARK_RANK.flagged) flag(ctx, colours, (left + right) / 2, top, left, right);
  }
  columns.notes.forEach((noted, x) => {
    if (!noted) return;
    ctx.fillStyle = colours.text;
    ctx.beginPath();
    ctx.arc(x * px, top + height - 3, 2.4, 0, 7);
    ctx.fill();
  });
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./lanes.js").Columns} columns  @param {Colours} colours  @param {number} px */
function paintPlan(ctx, columns, colours, px) {
  const { top, height } = LANE.plan;
  ground(ctx, "plan", colours, columns.width * px);
  for (const [from, to, flags] of runs(columns.flags.map((flags) => flags & (FLAG.settings | FLAG.layer)))) {
    if (flags & FLAG.settings) line(ctx, "plan", colours.accent, from * px, to * px, 0.94, 2);
    if (flags & FLAG.layer) line(ctx, "plan", colours.carried, from * px, to * px, 0.06, 2);
  }
  if (!columns.strength.some((strength) => strength < 255) && !columns.flags.some((flags) => flags & FLAG.strengthKey)) return;
  const y = (/** @type {number} */ strength) => top + 2 + (1 - strength / 255) * (height - 4);
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 1.25;
  ctx.beginPath();
  runs(columns.strength).forEach(([from, to, strength]) => {
    ctx.lineTo(from * px, y(strength));
    ctx.lineTo(to * px, y(strength));
  });
  ctx.stroke();
  for (const [from, to, keyed] of runs(columns.flags.map((flags) => flags & FLAG.strengthKey))) {
    if (keyed) diamond(ctx, colours.key, (from + to) / 2 * px, y(columns.strength[from]), 3.5);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("../core/shot.js").OpenShot} shot  @param {import("./span.js").Span} span  @param {Colours} colours */
function paintCuts(ctx, shot, span, colours) {
  ctx.fillStyle = mixed(colours.text, 0.75);
  for (const cut of shot.timeline.cuts) {
    const x = Math.round(span.toX(cut));
    if (x < 0 || x > span.width) continue;
    for (let y = 4; y < HEIGHT; y += 5) ctx.fillRect(x, y, 1, 3);
  }
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("../core/shot.js").OpenShot} shot  @param {import("./span.js").Span} span  @param {Colours} colours */
function paintInOut(ctx, shot, span, colours) {
  const { first, last } = shot.inOut;
  if (first === shot.range.first && last === shot.range.last) return;
  const [left, right] = [span.toX(first), span.toX(last + 1)];
  ctx.fillStyle = "#1c1c1c70";
  if (left > 0) ctx.fillRect(0, LANE.ruler.height, left, HEIGHT);
  if (right < span.width) ctx.fillRect(right, LANE.ruler.height, span.width - right, HEIGHT);
  ctx.fillStyle = mixed(colours.accent, 0.3);
  ctx.fillRect(left, 0, right - left, LANE.ruler.height);
  ctx.fillStyle = colours.accent;
  ctx.fillRect(left, 0, 2, HEIGHT);
  ctx.fillRect(right - 2, 0, 2, HEIGHT);
}

/** @param {CanvasRenderingContext2D} ctx  @param {string} lane  @param {Colours} colours  @param {number} width */
function ground(ctx, lane, colours, width) {
  band(ctx, lane, mixed(colours.surround, 0.75), 0, width);
}

/** @param {CanvasRenderingContext2D} ctx  @param {string} lane  @param {string} colour  @param {number} left  @param {number} right */
function band(ctx, lane, colour, left, right) {
  ctx.fillStyle = colour;
  ctx.fillRect(left, LANE[lane].top, right - left, LANE[lane].height);
}

/** @param {CanvasRenderingContext2D} ctx  @param {string} lane  @param {string} colour  @param {number} left  @param {number} right  @param {number} at  0 top, 1 bottom  @param {number} thick */
function line(ctx, lane, colour, left, right, at, thick) {
  const { top, height } = LANE[lane];
  ctx.fillStyle = colour;
  ctx.fillRect(left, top + Math.round((height - thick) * at), right - left, thick);
}

/** Keys as diamonds; where they lie too close, as a band. @param {CanvasRenderingContext2D} ctx  @param {string} lane  @param {Colours} colours  @param {number} left  @param {number} right */
function keys(ctx, lane, colours, left, right) {
  const { top, height } = LANE[lane];
  if (right - left > 3 * DIAMOND_PX) band(ctx, lane, mixed(colours.key, 0.55), left, right);
  else diamond(ctx, colours.key, (left + right) / 2, top + height / 2, DIAMOND_PX);
}

/** @param {CanvasRenderingContext2D} ctx  @param {string} colour  @param {number} x  @param {number} y  @param {number} radius */
function diamond(ctx, colour, x, y, radius) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x, y - radius);
  ctx.lineTo(x + radius, y);
  ctx.lineTo(x, y + radius);
  ctx.lineTo(x - radius, y);
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx  @param {number} x  @param {number} y */
function tick(ctx, x, y) {
  ctx.strokeStyle = "#10210f";
  ctx.lineWidth = 1.8;
  ctx.beginPath();
  ctx.moveTo(x - 3.5, y);
  ctx.lineTo(x - 1, y + 3);
  ctx.lineTo(x + 4, y - 3.5);
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx  @param {Colours} colours  @param {number} x  @param {number} top  @param {number} left  @param {number} right */
function flag(ctx, colours, x, top, left, right) {
  ctx.fillStyle = mixed(colours.bad, 0.35);
  ctx.fillRect(left, top, right - left, LANE.marks.height);
  ctx.fillStyle = colours.bad;
  ctx.fillRect(x - 1, top, 1.5, LANE.marks.height);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x + 7, top + 3.5);
  ctx.lineTo(x, top + 7);
  ctx.fill();
}

/** @param {CanvasRenderingContext2D} ctx  @param {Colours} colours  @param {number} left  @param {number} right  @param {number} top  @param {number} height */
function hatch(ctx, colours, left, right, top, height) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, height);
  ctx.clip();
  ctx.strokeStyle = colours.quiet;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (let x = Math.floor(left / 6) * 6 - height; x < right; x += 6) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** A colour with some transparency. @param {string} colour  "#rrggbb"  @param {number} alpha */
export function mixed(colour, alpha) {
  return colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
