/** The whole shot in a few pixels above the timeline's part of it: where one is, and where trouble lies. */

import { html, useChange, useEffect, useRef } from "../core/view.js";
import { TAKE_FRAME } from "../core/types.js";
import { coloursOf, mixed } from "./paint.js";

const HIGH_PX = 8;

/** @param {{ shot: import("../core/shot.js").OpenShot, span: import("./span.js").Span, trouble: import("./trouble.js").Trouble }} props */
export function Minimap({ shot, span, trouble }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useChange(span, "change");
  useChange(shot, "timeline", "take", "measures");
  useEffect(() => {
    if (canvas.current) paint(canvas.current, { shot, span, trouble });
  });
  const drag = (/** @type {PointerEvent} */ event) => {
    const at = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.type === "pointerdown") at.setPointerCapture(event.pointerId);
    if (!(event.buttons & 1)) return;
    const share = event.offsetX / at.clientWidth;
    span.show(shot.range.first + share * span.whole - span.count / 2, span.count);
  };
  return html`<canvas class="band-map" ref=${canvas} title="The whole shot: drag to move what is shown, double-click for all of it"
    aria-hidden="true" onPointerDown=${drag} onPointerMove=${drag} onDblClick=${() => span.fit()}></canvas>`;
}

/** @param {HTMLCanvasElement} canvas  @param {{ shot: import("../core/shot.js").OpenShot, span: import("./span.js").Span, trouble: import("./trouble.js").Trouble }} parts */
function paint(canvas, { shot, span, trouble }) {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(HIGH_PX * devicePixelRatio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const colours = coloursOf(canvas);
  ctx.fillStyle = colours.surround;
  ctx.fillRect(0, 0, width, height);
  const x = (/** @type {number} */ frame) => ((frame - shot.range.first) / span.whole) * width;
  for (let frame = shot.range.first; frame <= shot.range.last; frame++) {
    const troubled = trouble.of(frame);
    const changed = shot.takeState(frame) === TAKE_FRAME.changed;
    if (changed) {
      ctx.fillStyle = colours.warn;
      ctx.fillRect(x(frame), height - 2, Math.max(1.5, width / span.whole), 2);
    }
    if (troubled < trouble.threshold) continue;
    ctx.fillStyle = colours.bad;
    ctx.fillRect(x(frame), 0, Math.max(1.5, width / span.whole), height - 2);
  }
  if (!span.zoomed) return;
  ctx.fillStyle = mixed(colours.accent, 0.25);
  ctx.strokeStyle = colours.accent;
  const [left, wide] = [x(span.first), Math.max(4, (span.count / span.whole) * width)];
  ctx.fillRect(left, 0, wide, height);
  ctx.strokeRect(left + 0.5, 0.5, wide - 1, height - 1);
}
