/**
 * How a face's landmarks are drawn and which of them move together. Left and right are the performer's own.
 * Source of the numbers: the connections of MediaPipe's face mesh (Apache-2.0).
 */

const OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
  136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
const OUTER_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
const INNER_LIPS = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191];
const BETWEEN_LIPS = [
  76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 408, 304, 303, 302, 11, 72, 73, 74, 184,
  62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 407, 272, 271, 268, 12, 38, 41, 42, 183,
];
const RIGHT_EYE = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
const LEFT_EYE = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];
const RIGHT_IRIS = [469, 470, 471, 472];
const LEFT_IRIS = [474, 475, 476, 477];
const BROWS = [
  [70, 63, 105, 66, 107], [46, 53, 52, 65, 55], [300, 293, 334, 296, 336], [276, 283, 282, 295, 285],
];
const NOSE_RIDGE = [168, 6, 197, 195, 5, 4, 1, 19, 94, 2];
const NOSTRILS = [4, 45, 220, 115, 48, 64, 98, 97, 2, 326, 327, 294, 278, 344, 440, 275];

/**
 * Lines of a face: landmarks in order, whether the last is joined to the first.
 * @typedef {{ group: string, points: readonly number[], closed: boolean }} Contour
 * @type {readonly Contour[]}
 */
export const CONTOURS = [
  { group: "oval", points: OVAL, closed: true },
  ...BROWS.map((points) => ({ group: "brows", points, closed: false })),
  { group: "right_eye", points: RIGHT_EYE, closed: true },
  { group: "left_eye", points: LEFT_EYE, closed: true },
  { group: "right_eye", points: RIGHT_IRIS, closed: true },
  { group: "left_eye", points: LEFT_IRIS, closed: true },
  { group: "nose", points: NOSE_RIDGE, closed: false },
  { group: "nose", points: NOSTRILS, closed: true },
  { group: "mouth", points: OUTER_LIPS, closed: true },
  { group: "mouth", points: INNER_LIPS, closed: true },
];

/** Parts that are taken as one, in the order in which a key goes through them; as the service names them. */
export const GROUPS = /** @type {Record<string, { title: string, points: readonly number[] }>} */ ({
  mouth: { title: "Mouth", points: [...OUTER_LIPS, ...BETWEEN_LIPS, ...INNER_LIPS] },
  left_eye: { title: "Left eye", points: [...LEFT_EYE, 473, ...LEFT_IRIS] },
  right_eye: { title: "Right eye", points: [...RIGHT_EYE, 468, ...RIGHT_IRIS] },
  brows: { title: "Brows", points: BROWS.flat() },
  nose: { title: "Nose", points: [...new Set([...NOSE_RIDGE, ...NOSTRILS])] },
  oval: { title: "Jaw and outline", points: OVAL },
});

/** Every landmark, 0..477. */
export const ALL = Array.from({ length: 478 }, (_, point) => point);

/** The landmarks that lie on a line, and the middles of the irises: what is drawn, and can be taken, by default. */
export const DRAWN = [...new Set([...CONTOURS.flatMap((contour) => contour.points), 468, 473])];

/** The same lines with so few points that the service tells the paths of all of them at once (64 at most). */
export const GHOST = /** @type {readonly Contour[]} */ ([
  { group: "oval", points: everySecond(OVAL), closed: true },
  { group: "brows", points: BROWS[0], closed: false },
  { group: "brows", points: BROWS[2], closed: false },
  { group: "right_eye", points: everySecond(RIGHT_EYE), closed: true },
  { group: "left_eye", points: everySecond(LEFT_EYE), closed: true },
  { group: "nose", points: [168, 197, 5, 4, 2], closed: false },
  { group: "mouth", points: everySecond(OUTER_LIPS), closed: true },
]);
export const GHOST_POINTS = [...new Set(GHOST.flatMap((contour) => contour.points))];

/** The group of a landmark, or "". @param {number} point */
export function groupOf(point) {
  return Object.keys(GROUPS).find((name) => GROUPS[name].points.includes(point)) ?? "";
}

/** @param {number[]} points */
function everySecond(points) {
  return points.filter((_, at) => at % 2 === 0);
}
