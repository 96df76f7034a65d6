/** Where the crop lies on the plate. */

import { fraction } from "../core/time.js";

/** How many sides of the face's square the crop takes (the crop type "full": see faces/align.py). */
const FULL_CROP = 2 * 0.211 + Math.SQRT1_2;

/** @typedef {{ x: number, y: number, side: number, degrees: number }} CropSquare  centre, side, turn; unsqueezed: x counts the plate's pixel aspect times */

/**
 * The crop of a frame's face, or null where there is none.
 * @param {import("../core/types.js").SolvedFrame | null} solved  @param {number} track  the one in hand
 * @returns {CropSquare | null}
 */
export function cropSquare(solved, track) {
  const face = faceOf(solved, track);
  if (!face) return null;
  const [x, y, side, degrees] = face.square;
  return { x, y, side: side * FULL_CROP, degrees };
}

/** @param {import("../core/types.js").SolvedFrame | null} solved  @param {number} track */
export function faceOf(solved, track) {
  return solved?.faces.find((face) => face.track === track) ?? solved?.faces[0] ?? null;
}

/** From the plate to 0..1 of the crop. @param {CropSquare} square  @param {number} aspect  of the plate's pixels */
export function cropToUnit({ x, y, side, degrees }, aspect) {
  return new DOMMatrix().scale(1 / side).translate(side / 2, side / 2).rotate(-degrees).translate(-x, -y).scale(aspect, 1);
}

/** Width of a plate's pixels by their height. @param {{ pixel_aspect: string }} plate */
export function pixelAspect(plate) {
  const [wide, high] = fraction(plate.pixel_aspect || "1");
  return wide / high || 1;
}
