/** What can be looked at, in an artist's words. */

/**
 * `float` is the face's surroundings in linear light, as it is in the plate or the take, not in display colour.
 * @typedef {import("../core/pictures.js").Source | { kind: "float", layer: "plate" | "replaced" }} LookedAt
 * @typedef {{ id: string, title: string, help: string, source: LookedAt, preview: boolean, needs?: "take" | "model" }} Choice
 *   `preview`: 8-bit display colour stands for the final picture
 */

/** @type {Choice[]} */
export const CHOICES = [
  { id: "plate", title: "Plate", help: "The original picture.", source: { kind: "plate" }, preview: true },
  { id: "take.replaced", title: "Take", help: "The rendered take over the plate.", source: { kind: "take", layer: "replaced" }, preview: true, needs: "take" },
  { id: "take.matte", title: "Take: matte", help: "What the take replaces, white where it is whole.", source: { kind: "take", layer: "matte" }, preview: true, needs: "take" },
  { id: "take.overlay", title: "Take: matte over plate", help: "The plate with the take's matte in green.", source: { kind: "take", layer: "overlay" }, preview: true, needs: "take" },
  { id: "take.raw", title: "Take: network picture", help: "What the network drew, before colour and matte.", source: { kind: "take", layer: "raw" }, preview: true, needs: "take" },
  { id: "preview.replaced", title: "Now: replaced", help: "This frame made now, with all your edits.", source: { kind: "preview", layer: "replaced" }, preview: true, needs: "model" },
  { id: "preview.matte", title: "Now: matte", help: "The matte with all your edits.", source: { kind: "preview", layer: "matte" }, preview: true },
  { id: "preview.overlay", title: "Now: matte over plate", help: "The plate with the matte of now in green.", source: { kind: "preview", layer: "overlay" }, preview: true },
  { id: "preview.crop", title: "Now: crop", help: "The upright square of the face that the network sees.", source: { kind: "preview", layer: "crop" }, preview: true },
  { id: "preview.raw", title: "Now: network picture", help: "What the network draws from the crop, before colour and matte.", source: { kind: "preview", layer: "raw" }, preview: true, needs: "model" },
  { id: "float.plate", title: "Face of the plate, linear", help: "True values in linear light: lower the exposure to see above 1.", source: { kind: "float", layer: "plate" }, preview: false },
  { id: "float.replaced", title: "Face of the take, linear", help: "True values of the take in linear light, above 1 kept.", source: { kind: "float", layer: "replaced" }, preview: false, needs: "take" },
];

/** @param {LookedAt} source */
export function idOf(source) {
  return source.kind === "plate" ? "plate" : `${source.kind}.${source.layer}`;
}

/** @param {LookedAt} source  @returns {Choice} */
export function choiceOf(source) {
  return CHOICES.find(({ id }) => id === idOf(source)) ?? CHOICES[0];
}

/** @param {string} id */
export function sourceOf(id) {
  return CHOICES.find((choice) => choice.id === id)?.source ?? CHOICES[0].source;
}

/** What can be looked at of this shot now. @param {import("../core/shot.js").OpenShot} shot */
export function choicesOf(shot) {
  return CHOICES.filter(({ needs }) => !needs || (needs === "take" ? shot.take : shot.model));
}

/** Whether its picture is the upright square of a crop. @param {LookedAt} source */
export function isCrop(source) {
  return source.kind !== "float" && source.kind !== "plate" && (source.layer === "crop" || source.layer === "raw");
}

/** Whether it stands for the final picture: a plate or a finished take. @param {LookedAt} source */
export function isTake(source) {
  return source.kind === "take" || (source.kind === "float" && source.layer === "replaced");
}

/** Whether two are the same picture. @param {LookedAt} one  @param {LookedAt} other */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
