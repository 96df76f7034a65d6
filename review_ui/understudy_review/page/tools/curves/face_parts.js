/** Parts of the face with a few landmarks that stand for each. Left and right are the performer's own. */

/** @typedef {{ id: string, title: string, points: [number, string][] }} FacePart */

/** @type {FacePart[]} */
export const FACE_PARTS = [
  { id: "mouth", title: "Mouth", points: [[61, "right corner"], [291, "left corner"], [13, "upper lip"], [14, "lower lip"]] },
  { id: "right_eye", title: "Right eye", points: [[33, "outer corner"], [133, "inner corner"], [159, "upper lid"], [145, "lower lid"]] },
  { id: "left_eye", title: "Left eye", points: [[263, "outer corner"], [362, "inner corner"], [386, "upper lid"], [374, "lower lid"]] },
  { id: "brows", title: "Brows", points: [[105, "right, middle"], [55, "right, inner end"], [334, "left, middle"], [285, "left, inner end"]] },
  { id: "jaw", title: "Jaw", points: [[152, "chin"], [172, "right"], [397, "left"], [234, "right cheek"]] },
  { id: "nose", title: "Nose", points: [[1, "tip"], [168, "bridge"], [98, "right wing"], [327, "left wing"]] },
];

const NAMES = new Map(FACE_PARTS.flatMap(({ title, points }) => points.map(([point, name]) => [point, `${title.toLowerCase()}, ${name}`])));

/** "mouth, right corner" or "landmark 17". @param {number} point */
export function pointName(point) {
  return NAMES.get(point) ?? `landmark ${point}`;
}

/** Landmarks that tell how a region trembles. */
export const REGION_POINTS = { face: [1, 152], mouth: [61, 14], eyes: [159, 386] };

/** Colours of the chosen landmarks, in their order. */
export const POINT_COLOURS = ["#7ab8ff", "#ffd27a", "#c3a8ea", "#7fd18b"];
