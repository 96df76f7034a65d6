/** The measures of a take in words: what each says, in what, and where good lies. docs/measures.md defines them. */

/** @typedef {{ name: string, title: string, reason: string, unit: string, good: number }} Measure */

/** @type {Measure[]} */
export const MEASURES = [
  { name: "identity_donor", title: "Likeness to the donor", reason: "less like the donor", unit: "cosine", good: 1 },
  { name: "identity_performer", title: "Likeness to the performer", reason: "more like the performer", unit: "cosine", good: 0 },
  { name: "luma_flicker", title: "Brightness flicker", reason: "brightness flickers", unit: "code values", good: 0 },
  { name: "chroma_flicker", title: "Colour flicker", reason: "colour flickers", unit: "code values", good: 0 },
  { name: "sharpness", title: "Sharpness", reason: "sharpness", unit: "x plate", good: 1 },
  { name: "sharpness_jump", title: "Jump of sharpness", reason: "sharpness jumps", unit: "octaves", good: 0 },
  { name: "warping_error", title: "Unsteady texture", reason: "unsteady texture", unit: "x plate", good: 1 },
  { name: "landmark_jitter", title: "Jitter, solved", reason: "landmarks jump", unit: "px, face 256", good: 0 },
  { name: "machine_jitter", title: "Jitter, as found", reason: "the machine's landmarks jump", unit: "px, face 256", good: 0 },
  { name: "tracking_confidence", title: "Tracking confidence", reason: "tracking unsure", unit: "0..1", good: 1 },
  { name: "result_presence", title: "Face in the result", reason: "no face in the result", unit: "0..1", good: 1 },
  { name: "expression", title: "Expression off", reason: "expression differs", unit: "0..1", good: 0 },
  { name: "features_off", title: "Features off", reason: "features misplaced", unit: "% of the eyes' distance", good: 0 },
  { name: "mouth_change", title: "Mouth unsteady", reason: "mouth unstable", unit: "code values", good: 0 },
  { name: "teeth_change", title: "Teeth come and go", reason: "teeth come and go", unit: "of the lips", good: 0 },
  { name: "seam", title: "Seam", reason: "seam shows", unit: "codes/px", good: 0 },
  { name: "matte_instability", title: "Matte unsteady", reason: "matte unstable", unit: "px, face 256", good: 0 },
];

const REASONS = new Map(MEASURES.map(({ name, reason }) => [name, reason]));

/** A reason of trouble in words. @param {string} reason */
export function reasonWords(reason) {
  return REASONS.get(reason) ?? reason.replaceAll("_", " ");
}

/** "landmarks jump, seam shows". @param {string[]} reasons */
export function reasonsWords(reasons) {
  return reasons.map(reasonWords).join(", ");
}
