/** Pictures on the graphics card: each is sent there once, the last few stay. Bounded by bytes. */

const MOST_BYTES = 112 * 2 ** 20; // 13 pictures of 1920x1080
const LEAST_KEPT = 6; // as many as one comparison needs, whatever their size

/**
 * Linear light in half floats, as POST /pixels gives it.
 * @typedef {{ halfs: Uint16Array, width: number, height: number, channels: number }} Halfs
 * @typedef {{ texture: WebGLTexture, bytes: number, width: number, height: number, kind: string }} Held
 */

export class Textures {
  /** @type {Map<object, Held>} */
  #held = new Map();
  /** @type {Held[]} */
  #spare = [];
  #bytes = 0;

  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.gl = gl;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  /** @param {object} picture  what it was sent under */
  has(picture) {
    return this.#held.has(picture);
  }

  /**
   * The texture of a picture; sent when it is not there yet. null for one that was given up.
   * @param {import("../core/pictures.js").Picture | Halfs} picture
   */
  of(picture) {
    const known = this.#held.get(picture);
    if (known) {
      this.#held.delete(picture);
      this.#held.set(picture, known); // it was used last
      return known.texture;
    }
    if ("bitmap" in picture && !picture.bitmap.width) return null; // the store gave it up before it was drawn
    const held = "bitmap" in picture ? this.#sendBitmap(picture) : this.#sendHalfs(picture);
    this.#held.set(picture, held);
    this.#bytes += held.bytes;
    this.#forgetOldest();
    return held.texture;
  }

  /** The card's memory is given back. */
  close() {
    for (const { texture } of [...this.#held.values(), ...this.#spare]) this.gl.deleteTexture(texture);
    this.#held.clear();
    this.#spare.length = this.#bytes = 0;
  }

  #forgetOldest() {
    for (const [picture, old] of this.#held) {
      if (this.#bytes <= MOST_BYTES || this.#held.size <= LEAST_KEPT) return;
      this.#held.delete(picture);
      this.#bytes -= old.bytes;
      if (this.#spare.length < 2) this.#spare.push(old);
      else this.gl.deleteTexture(old.texture);
    }
  }

  /** @param {import("../core/pictures.js").Picture} picture  @returns {Held} */
  #sendBitmap({ bitmap, width, height }) {
    const { gl } = this;
    const spare = this.#taken(width, height, "bitmap");
    if (spare) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    else gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    return spare ?? { texture: this.#bound, bytes: width * height * 4, width, height, kind: "bitmap" };
  }

  /** @param {Halfs} picture  @returns {Held} */
  #sendHalfs({ halfs, width, height, channels }) {
    const { gl } = this;
    const [inside, format] = channels === 3 ? [gl.RGB16F, gl.RGB] : [gl.R16F, gl.RED];
    this.#fresh();
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, width, height, 0, format, gl.HALF_FLOAT, halfs);
    return { texture: this.#bound, bytes: width * height * channels * 2, width, height, kind: "halfs" };
  }

  /** A spare texture of this size, bound; else a new one is bound. @param {number} width  @param {number} height  @param {string} kind */
  #taken(width, height, kind) {
    const at = this.#spare.findIndex((one) => one.width === width && one.height === height && one.kind === kind);
    if (at < 0) {
      this.#fresh();
      return null;
    }
    const [spare] = this.#spare.splice(at, 1);
    this.gl.bindTexture(this.gl.TEXTURE_2D, spare.texture);
    return spare;
  }

  #fresh() {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  get #bound() {
    return /** @type {WebGLTexture} */ (this.gl.getParameter(this.gl.TEXTURE_BINDING_2D));
  }
}

/** An artist's live mask on the card, one byte a pixel; parts of it are sent as they change. */
export class MaskTexture {
  /** @param {WebGL2RenderingContext} gl  @param {{ width: number, height: number, data: Uint8Array }} mask */
  constructor(gl, mask) {
    this.gl = gl;
    this.mask = mask;
    this.texture = /** @type {WebGLTexture} */ (gl.createTexture());
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, mask.width, mask.height, 0, gl.RED, gl.UNSIGNED_BYTE, mask.data);
  }

  /** @param {{ x: number, y: number, width: number, height: number }} rect  whole pixels of the plate */
  changed(rect) {
    const { gl, mask } = this;
    const x = Math.max(0, Math.floor(rect.x));
    const y = Math.max(0, Math.floor(rect.y));
    const width = Math.min(mask.width, Math.ceil(rect.x + rect.width)) - x;
    const height = Math.min(mask.height, Math.ceil(rect.y + rect.height)) - y;
    if (width <= 0 || height <= 0) return;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, mask.width);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, width, height, gl.RED, gl.UNSIGNED_BYTE, mask.data, y * mask.width + x);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
  }

  close() {
    this.gl.deleteTexture(this.texture);
  }
}
