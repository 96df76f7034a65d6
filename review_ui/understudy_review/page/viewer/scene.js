/** From what is looked at to what is drawn: which pictures a comparison needs, and where each goes. */

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./wanted.js").Slot} Slot */
/** @typedef {import("./painter.js").Drawing} Drawing */
/** @typedef {import("./sources.js").LookedAt} LookedAt */

/** @type {Record<import("./look.js").Compare, import("./shader.js").Mode>} */
const MODES = { off: "single", wipe: "wipe", difference: "difference", blend: "blend", onion: "onion", two: "single", four: "single" };

/** The pictures that a frame needs, by the name of their place. @param {Stage} stage  @param {number} frame  @returns {Record<string, Slot>} */
export function slotsOf(stage, frame) {
  const { shot, look } = stage;
  const { range } = shot;
  const slots = /** @type {Record<string, Slot>} */ ({ a: { source: look.held ? look.b : stage.source, frame } });
  if (["wipe", "difference", "blend", "two"].includes(look.compare)) slots.b = { source: look.b, frame };
  if (look.compare === "onion") {
    if (frame > range.first) slots.b = { source: askedBy(stage.source, "before"), frame: frame - 1 };
    if (frame < range.last) slots.c = { source: askedBy(stage.source, "after"), frame: frame + 1 };
  }
  if (look.compare === "four") Object.assign(slots, fourSlots(shot, frame));
  if ((stage.overlay && !stage.mask) || look.channel === "matte") slots.matte = { source: matteSource(stage), frame };
  return slots;
}

/** Of one asker's previews only the newest is made: neighbours ask for themselves. @param {LookedAt} source  @param {string} asker  @returns {LookedAt} */
function askedBy(source, asker) {
  return source.kind === "preview" ? { ...source, asker } : source;
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {number} frame  @returns {Record<string, Slot>} */
function fourSlots(shot, frame) {
  return {
    a: { source: { kind: "plate" }, frame },
    b: { source: shot.take ? { kind: "take", layer: "replaced" } : { kind: "preview", layer: "overlay" }, frame },
    c: { source: shot.take ? { kind: "take", layer: "matte" } : { kind: "preview", layer: "matte" }, frame },
    d: { source: { kind: "preview", layer: "crop" }, frame },
  };
}

/** The matte that goes with what is looked at. @param {Stage} stage  @returns {LookedAt} */
function matteSource({ source, look }) {
  const seen = look.held ? look.b : source;
  return seen.kind === "take" ? { kind: "take", layer: "matte" } : { kind: "preview", layer: "matte" };
}

/** @param {Stage} stage  @returns {Drawing[]} */
export function drawingsOf(stage) {
  const { scene, look, place } = stage;
  if (!scene) return [];
  const [columns, rows] = look.panes;
  const names = columns * rows === 1 ? ["a"] : ["a", "b", "c", "d"].slice(0, columns * rows);
  return names.flatMap((name, at) => {
    const left = (at % columns) * place.width;
    const top = Math.floor(at / columns) * place.height;
    const first = scene.layers[name] ?? null;
    if (!first && (names.length > 1 || !scene.layers.b || scene.problems.a)) return [];
    return [drawing(stage, { left, top, first, alone: names.length > 1 })];
  });
}

/**
 * @param {Stage} stage
 * @param {{ left: number, top: number, first: import("./painter.js").Layer | null, alone: boolean }} pane
 * @returns {Drawing}
 */
function drawing(stage, { left, top, first, alone }) {
  const { look, place, ratio, scene } = stage;
  const { layers } = /** @type {import("./wanted.js").Shown} */ (scene);
  const toPlate = place.viewToPlate.multiply(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, -left, -top]));
  const masked = stage.overlay && stage.mask !== null;
  return {
    pane: device(left, top, place.width, place.height, ratio),
    box: groundBox(stage, left, top),
    toPlate, a: first, b: alone ? null : layers.b ?? null, c: alone ? null : layers.c ?? null,
    mode: look.held ? "single" : MODES[look.compare],
    matte: masked ? "mask" : layers.matte ?? null,
    tint: stage.overlay && (masked || Boolean(layers.matte)) && look.channel !== "matte",
    channel: look.channel, exposure: look.exposure, gamma: look.gamma, gain: look.gain, share: look.share,
    wipe: wipeLine(stage),
  };
}

/** Where the ground lies on the canvas. @param {Stage} stage  @param {number} left  @param {number} top */
function groundBox({ place, ratio }, left, top) {
  const { scale, x, y } = place.view;
  return device(left + x, top + y, place.ground.width * place.ground.aspect * scale, place.ground.height * scale, ratio);
}

/** @param {number} left  @param {number} top  @param {number} width  @param {number} height  @param {number} ratio */
function device(left, top, width, height, ratio) {
  const x = Math.round(left * ratio);
  const y = Math.round(top * ratio);
  return { left: x, top: y, width: Math.round((left + width) * ratio) - x, height: Math.round((top + height) * ratio) - y };
}

/** A point on the wipe's line and its normal, device pixels. @param {Stage} stage  @returns {[number, number, number, number]} */
function wipeLine({ look, place, ratio }) {
  const { scale, x, y } = place.view;
  const turn = (look.degrees * Math.PI) / 180;
  return [
    (x + look.wipeX * place.ground.width * place.ground.aspect * scale) * ratio, (y + look.wipeY * place.ground.height * scale) * ratio,
    Math.cos(turn), Math.sin(turn),
  ];
}

/** The lines between panes. @param {CanvasRenderingContext2D} ctx  @param {Stage} stage */
export function drawSeams(ctx, { look, place, width, height }) {
  const [columns, rows] = look.panes;
  ctx.fillStyle = "#000";
  if (columns > 1) ctx.fillRect(place.width - 1, 0, 2, height);
  if (rows > 1) ctx.fillRect(0, place.height - 1, width, 2);
}
