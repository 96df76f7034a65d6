/** Draws pictures with WebGL2: which texture, which variant of the shader, where. It knows nothing of frames. */

import { fragment, VERTEX } from "./shader.js";
import { MaskTexture, Textures } from "./textures.js";

const PIXELS_FROM = 2; // so many device pixels to one of the picture and it is drawn pixel by pixel
const SMOOTHED_FROM = 1.7; // so many pixels of the picture to one of the device and four are looked at

/**
 * A picture and how it lies: from plate pixels to 0..1 of it.
 * @typedef {{ picture: import("../core/pictures.js").Picture | import("./textures.js").Halfs, fromPlate: DOMMatrix }} Layer
 * @typedef {{ left: number, top: number, width: number, height: number }} Box  device pixels
 * @typedef {{ pane: Box, box: Box, toPlate: DOMMatrix, mode: import("./shader.js").Mode, a: Layer | null, b: Layer | null,
 *   c: Layer | null, matte: Layer | "mask" | null, tint: boolean, channel: string, exposure: number, gamma: number,
 *   gain: number, share: number, wipe: [number, number, number, number] }} Drawing
 *   `toPlate` goes from device pixels to the plate; nothing is drawn outside `box`
 */

/** Grey around pictures, as --surround. */
const SURROUND = 0x1c / 255;
const NOWHERE = new DOMMatrix([0, 0, 0, 0, -1, -1]);

export class Painter {
  /** @type {Map<string, { program: WebGLProgram, at: Record<string, WebGLUniformLocation | null> }>} */
  #programs = new Map();
  /** @type {MaskTexture | null} */
  #mask = null;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser cannot draw with WebGL2, which the viewer needs.");
    this.gl = gl;
    this.canvas = canvas;
    this.textures = new Textures(gl);
  }

  /** The card forgot everything (another program crashed it, the machine slept). */
  restore() {
    const mask = this.#mask?.mask ?? null;
    this.textures = new Textures(this.gl);
    this.#programs.clear();
    this.#mask = mask && new MaskTexture(this.gl, mask);
  }

  /** @param {{ width: number, height: number, data: Uint8Array } | null} mask */
  setMask(mask) {
    this.#mask?.close();
    this.#mask = mask && new MaskTexture(this.gl, mask);
  }

  /** @param {{ x: number, y: number, width: number, height: number }} rect */
  maskChanged(rect) {
    this.#mask?.changed(rect);
  }

  /** @param {Drawing[]} drawings  @returns {boolean} false when a picture was given up before it was drawn */
  paint(drawings) {
    const { gl } = this;
    const layers = drawings.flatMap(({ a, b, c, matte }) => [a, b, c, matte === "mask" ? null : matte]);
    if (layers.some((layer) => layer && !this.textures.of(layer.picture))) return false;
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(SURROUND, SURROUND, SURROUND, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    for (const drawing of drawings) this.#draw(drawing);
    gl.flush();
    return true;
  }

  /** @param {Drawing} drawing */
  #draw(drawing) {
    const { gl } = this;
    const matte = drawing.matte === "mask" ? this.#maskLayer() : drawing.matte;
    const layers = [drawing.a, drawing.b, drawing.c, matte];
    const [toA, toB, toC, toMatte] = layers.map((layer) => (layer ? layer.fromPlate.multiply(drawing.toPlate) : NOWHERE));
    const density = Math.max(pixelsOf(drawing.a, toA), pixelsOf(drawing.b, toB));
    const { program, at } = this.#program({
      mode: drawing.mode, channel: drawing.channel, tint: drawing.tint && matte !== null,
      adjusted: drawing.exposure !== 0 || drawing.gamma !== 1, smooth: density > SMOOTHED_FROM,
      floatA: isFloat(drawing.a), floatB: isFloat(drawing.b),
    });
    const { left, top, width, height } = overlap(drawing.pane, drawing.box);
    if (width <= 0 || height <= 0) return;
    gl.useProgram(program);
    layers.forEach((layer, unit) => this.#bind(layer, unit, density));
    gl.uniform4f(at.place, left, top, width, height);
    gl.uniform2fv(at.axes, [...columns(toA), ...columns(toB), ...columns(toMatte)]);
    gl.uniform2fv(at.cAxes, columns(toC));
    gl.uniform3f(at.surround, SURROUND, SURROUND, SURROUND);
    for (const name of /** @type {const} */ (["exposure", "gamma", "gain", "share"])) gl.uniform1f(at[name], drawing[name]);
    gl.uniform4fv(at.wipe, drawing.wipe);
    const bottom = this.canvas.height - top - height;
    gl.viewport(left, bottom, width, height);
    gl.scissor(left, bottom, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** @returns {Layer | null} */
  #maskLayer() {
    if (!this.#mask) return null;
    const { width, height } = this.#mask.mask;
    return { picture: /** @type {any} */ (this.#mask), fromPlate: new DOMMatrix().scale(1 / width, 1 / height) };
  }

  /** @param {Layer | null} layer  @param {number} unit  @param {number} density */
  #bind(layer, unit, density) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    if (!layer) return gl.bindTexture(gl.TEXTURE_2D, null);
    if (/** @type {unknown} */ (layer.picture) === this.#mask) return gl.bindTexture(gl.TEXTURE_2D, this.#mask?.texture ?? null);
    const texture = this.textures.of(layer.picture); // may bind on this unit
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, density * PIXELS_FROM <= 1 ? gl.NEAREST : gl.LINEAR);
  }

  /** @param {import("./shader.js").Variant} variant */
  #program(variant) {
    const key = Object.values(variant).join();
    const known = this.#programs.get(key);
    if (known) return known;
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment(variant)]])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const logs = (gl.getAttachedShaders(program) ?? []).map((shader) => gl.getShaderInfoLog(shader));
      throw new Error(`the viewer's shader does not compile: ${[gl.getProgramInfoLog(program), ...logs].join(" ")}`);
    }
    gl.useProgram(program);
    ["a", "b", "c", "matte"].forEach((name, unit) => gl.uniform1i(gl.getUniformLocation(program, name), unit));
    const names = ["place", "axes", "cAxes", "surround", "exposure", "gamma", "gain", "share", "wipe"];
    const made = { program, at: Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)])) };
    this.#programs.set(key, made);
    return made;
  }
}

/** @param {Layer | null} layer */
function isFloat(layer) {
  return layer !== null && "halfs" in layer.picture;
}

/** Pixels of the picture to one of the device. @param {Layer | null} layer  @param {DOMMatrix} matrix */
function pixelsOf(layer, matrix) {
  return layer ? Math.hypot(matrix.a * layer.picture.width, matrix.b * layer.picture.height) : 0;
}

/** @param {DOMMatrix} matrix */
function columns(matrix) {
  return [matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f];
}

/** @param {Box} one  @param {Box} other  @returns {Box} */
function overlap(one, other) {
  const left = Math.max(one.left, other.left);
  const top = Math.max(one.top, other.top);
  return {
    left, top, width: Math.min(one.left + one.width, other.left + other.width) - left,
    height: Math.min(one.top + one.height, other.top + other.height) - top,
  };
}
