/** The face's surroundings as half floats in linear light, for what is brighter than a screen shows. */

import { bytes, path } from "../core/api.js";
import { cropSquare, pixelAspect } from "./crop.js";

const MOST_PX = 1024;

/**
 * Values of a rectangle of a frame as they are in the file.
 * @param {import("../core/shot.js").OpenShot} shot  @param {"plate" | "replaced" | "matte"} layer  @param {number} frame
 * @param {{ x: number, y: number, width: number, height: number }} rect  whole pixels
 * @param {"code" | "linear"} encoding  @param {AbortSignal} [signal]
 */
export async function pixels(shot, layer, frame, rect, encoding, signal) {
  const from = layer === "plate" ? { shot_id: shot.shot.id } : { take_id: shot.take?.id };
  const { blob, headers } = await bytes(path`/api/p/${shot.production}/pixels`, {
    body: { ...from, frame, layer, encoding, ...rect }, signal,
  });
  const [x, y, width, height, channels] = (headers.get("X-Rect") ?? "").split(",").map(Number);
  return {
    x, y, width, height, channels, bitDepth: Number(headers.get("X-Bit-Depth") ?? 8),
    halfs: new Uint16Array(await blob.arrayBuffer()),
  };
}

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {"plate" | "replaced"} layer  @param {number} frame
 * @returns {Promise<import("./painter.js").Layer>}
 */
export async function facePixels(shot, layer, frame) {
  const rect = rectAround(cropSquare(await shot.solved(frame), shot.track), shot.plate, pixelAspect(shot.plate));
  const got = await pixels(shot, layer, frame, rect, "linear");
  const fromPlate = new DOMMatrix().scale(1 / got.width, 1 / got.height).translate(-got.x, -got.y);
  return { picture: got, fromPlate };
}

/**
 * The rectangle around a crop; the middle of the plate where there is no face.
 * @param {import("./crop.js").CropSquare | null} square  @param {{ width: number, height: number }} plate
 * @param {number} aspect  of the plate's pixels
 */
export function rectAround(square, plate, aspect = 1) {
  const { x, y, side, degrees } = square ?? { x: (aspect * plate.width) / 2, y: plate.height / 2, side: MOST_PX, degrees: 0 };
  const turn = (degrees * Math.PI) / 180;
  const reach = Math.min(MOST_PX, Math.ceil(side * (Math.abs(Math.cos(turn)) + Math.abs(Math.sin(turn)))));
  const width = Math.min(Math.ceil(reach / aspect), MOST_PX, plate.width);
  const height = Math.min(reach, plate.height);
  const within = (/** @type {number} */ at, /** @type {number} */ most) => Math.round(Math.min(most, Math.max(0, at)));
  return { x: within(x / aspect - width / 2, plate.width - width), y: within(y - height / 2, plate.height - height), width, height };
}

/** The number a half float stands for. @param {number} half */
export function halfValue(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}
