/**
 * Where the crop goes when landmarks are moved: the mean face's square is fitted to some of them, by least squares,
 * as the service does it. So the crop beside the picture moves while the mouse still drags.
 */

import { wrapped } from "./geometry.js";

/** Landmark, x and y in the mean face's unit square. Source: the canonical mesh of MediaPipe's face landmarker. */
export const MEAN_FACE = /** @type {[number, number, number][]} */ ([
  [70, 0.1424, 0.1341], [63, 0.1884, 0.0998], [105, 0.2508, 0.0807], [66, 0.3275, 0.0812], [107, 0.4128, 0.0868],
  [336, 0.5872, 0.0868], [296, 0.6725, 0.0812], [334, 0.7492, 0.0807], [293, 0.8116, 0.0998], [300, 0.8576, 0.1341],
  [9, 0.5000, 0.0946], [8, 0.5000, 0.1488], [33, 0.2221, 0.2335], [159, 0.3014, 0.2147], [133, 0.3840, 0.2384],
  [145, 0.3014, 0.2566], [362, 0.6160, 0.2384], [386, 0.6986, 0.2147], [263, 0.7779, 0.2335], [374, 0.6986, 0.2566],
  [168, 0.5000, 0.1956], [6, 0.5000, 0.2454], [197, 0.5000, 0.2920], [195, 0.5000, 0.3338], [5, 0.5000, 0.3771],
  [4, 0.5000, 0.4289], [1, 0.5000, 0.4704], [2, 0.5000, 0.5306], [98, 0.4121, 0.5071], [327, 0.5879, 0.5071],
  [48, 0.3995, 0.4589], [278, 0.6005, 0.4589], [116, 0.0959, 0.3414], [345, 0.9041, 0.3414], [117, 0.1713, 0.3409],
  [346, 0.8287, 0.3409], [50, 0.2022, 0.4438], [280, 0.7978, 0.4438], [61, 0.3465, 0.6714], [291, 0.6535, 0.6714],
  [164, 0.5000, 0.5576], [132, 0.0456, 0.5807], [361, 0.9544, 0.5807], [58, 0.0800, 0.6993], [288, 0.9200, 0.6993],
  [172, 0.1287, 0.7890], [397, 0.8713, 0.7890], [136, 0.1822, 0.8487], [365, 0.8178, 0.8487], [150, 0.2457, 0.8996],
  [379, 0.7543, 0.8996], [149, 0.2993, 0.9333], [378, 0.7007, 0.9333], [152, 0.5000, 0.9877],
]);

const CENTRE = { x: mean(1), y: mean(2) };

/** @param {1 | 2} column */
function mean(column) {
  return MEAN_FACE.reduce((sum, row) => sum + row[column], 0) / MEAN_FACE.length;
}

/** The square that fits 478 points best. @param {ArrayLike<number>} points  @returns {import("./geometry.js").Square} */
export function fittedSquare(points) {
  const count = MEAN_FACE.length;
  let [meanX, meanY] = [0, 0];
  for (const [point] of MEAN_FACE) {
    meanX += points[2 * point] / count;
    meanY += points[2 * point + 1] / count;
  }
  let [along, across, spread] = [0, 0, 0];
  for (const [point, faceX, faceY] of MEAN_FACE) {
    const [x, y] = [points[2 * point] - meanX, points[2 * point + 1] - meanY];
    const [u, v] = [faceX - CENTRE.x, faceY - CENTRE.y];
    along += x * u + y * v;
    across += y * u - x * v;
    spread += x * x + y * y;
  }
  const side = spread / Math.hypot(along, across);
  const angle = Math.atan2(across, along);
  const [offX, offY] = [0.5 - CENTRE.x, 0.5 - CENTRE.y];
  const [cos, sin] = [side * Math.cos(angle), side * Math.sin(angle)];
  return [meanX + cos * offX - sin * offY, meanY + sin * offX + cos * offY, side, (angle * 180) / Math.PI];
}

/**
 * A solved square after its landmarks were moved from `before` to `after`.
 * @param {import("./geometry.js").Square} square  @param {ArrayLike<number>} before  @param {ArrayLike<number>} after
 * @returns {import("./geometry.js").Square}
 */
export function carriedSquare(square, before, after) {
  const [old, now] = [fittedSquare(before), fittedSquare(after)];
  if (!now.every(Number.isFinite)) return square;
  return [
    square[0] + now[0] - old[0], square[1] + now[1] - old[1], (square[2] * now[2]) / old[2],
    wrapped(square[3] + now[3] - old[3]),
  ];
}
