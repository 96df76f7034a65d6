/** The values of the pixel under the pointer: what the screen shows at once, the plate's own after a moment. */

import { html, useEffect, useRef } from "../core/view.js";
import { halfValue, pixels } from "./float_face.js";
import { isCrop, isTake } from "./sources.js";

const REST_MS = 120;

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
export function Inspector({ shot, stage }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => inspect(shot, stage, /** @type {HTMLElement} */ (box.current)), [shot, stage]);
  return html`<div class="inspector mono" ref=${box} hidden aria-hidden="true"></div>`;
}

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage  @param {HTMLElement} box
 * @returns {() => void}
 */
function inspect(shot, stage, box) {
  /** @type {{ x: number, y: number } | null} */
  let pixel = null;
  let resting = 0;
  let asked = new AbortController();

  const look = (/** @type {boolean} */ again) => {
    clearTimeout(resting);
    asked.abort();
    const on = pixel && stage.look.panes.join() === "1,1";
    box.hidden = !on;
    if (!on || !pixel) return;
    const values = shown(stage, pixel);
    box.replaceChildren(line(`x ${pixel.x}.5  y ${pixel.y}.5`, values ? `8-bit ${values}` : ""));
    if (again) resting = setTimeout(() => void ask(/** @type {any} */ (pixel)), REST_MS);
  };
  const ask = async (/** @type {{ x: number, y: number }} */ at) => {
    asked = new AbortController();
    const frame = stage.shownFrame;
    const lines = await trueValues(shot, stage, frame, at, asked.signal).catch(() => []);
    if (pixel === at && stage.shownFrame === frame) box.append(...lines);
  };
  const hover = (/** @type {any} */ event) => {
    const at = event.detail;
    const next = at && { x: Math.floor(at.x), y: Math.floor(at.y) };
    const inside = next && next.x >= 0 && next.y >= 0 && next.x < shot.plate.width && next.y < shot.plate.height;
    if (inside && pixel && next.x === pixel.x && next.y === pixel.y) return;
    pixel = inside ? next : null;
    look(true);
  };
  const moved = () => pixel && look(true);
  stage.addEventListener("hover", hover);
  stage.addEventListener("shown", moved);
  return () => {
    clearTimeout(resting);
    asked.abort();
    stage.removeEventListener("hover", hover);
    stage.removeEventListener("shown", moved);
  };
}

/** What the picture on the screen has there. @param {import("./stage.js").Stage} stage  @param {{ x: number, y: number }} pixel */
function shown(stage, pixel) {
  const layer = stage.scene?.layers.a;
  const picture = stage.shown;
  if (!layer || !picture) return null;
  const at = layer.fromPlate.transformPoint({ x: pixel.x + 0.5, y: pixel.y + 0.5 });
  if (at.x < 0 || at.y < 0 || at.x >= 1 || at.y >= 1) return "outside";
  return stage.screen.valueAt(picture, Math.floor(at.x * picture.width), Math.floor(at.y * picture.height))?.join(" ");
}

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage  @param {number} frame
 * @param {{ x: number, y: number }} at  @param {AbortSignal} signal  @returns {Promise<HTMLElement[]>}
 */
async function trueValues(shot, stage, frame, at, signal) {
  const { source } = stage;
  const rect = { ...at, width: 1, height: 1 };
  const taken = isTake(source) && !isCrop(source) && shot.takeVersion(frame);
  const layers = /** @type {("plate" | "replaced" | "matte")[]} */ (taken ? ["plate", "replaced", "matte"] : ["plate"]);
  return Promise.all(layers.map(async (layer) => {
    const [linear, code] = await Promise.all([
      pixels(shot, layer, frame, rect, "linear", signal),
      layer === "plate" ? pixels(shot, layer, frame, rect, "code", signal) : null,
    ]);
    const most = 2 ** linear.bitDepth - 1;
    const codes = code ? [...code.halfs].map((half) => Math.round(halfValue(half) * most)).join(" ") : "";
    const numbers = [...linear.halfs].map((half) => halfValue(half).toFixed(4)).join(" ");
    const title = layer === "replaced" ? "take" : layer;
    return line(title, layer === "matte" ? numbers : `linear ${numbers}`, code ? `${linear.bitDepth}-bit ${codes}` : "");
  }));
}

/** @param {string[]} words */
function line(...words) {
  const row = document.createElement("div");
  row.textContent = words.filter(Boolean).join("   ");
  return row;
}
