/**
 * Where the picture lies on the screen. Three planes: the view (CSS pixels of one pane), the ground (the plate, or
 * the upright square of a crop, in square pixels) and the plate itself.
 */

export const LEAST_SCALE = 0.02;
export const MOST_SCALE = 64;
const KEPT_IN_SIGHT_PX = 40;

/** @typedef {{ scale: number, x: number, y: number }} View  view px = ground px * scale + (x, y) */
/** @typedef {{ x: number, y: number }} Place */

export class Placement {
  /** @param {number} width  @param {number} height  of the plate  @param {number} aspect  width of its pixels by their height */
  constructor(width, height, aspect) {
    this.aspect = aspect;
    this.plate = { width, height };
    /** What is laid out: its size in pixels of so many times their height in width, and how it lies on the plate. */
    this.ground = { width, height, aspect, toPlate: new DOMMatrix() };
    /** @type {View} */
    this.view = { scale: 1, x: 0, y: 0 };
    /** The size of one pane. */
    this.width = 0;
    this.height = 0;
    /** Whether the view follows the size of the pane. */
    this.fitted = true;
    /** Device pixels to one of CSS: the picture begins at a whole one, so that 1:1 is sharp. */
    this.ratio = 1;
    this.fromPlate = new DOMMatrix();
  }

  /** Lay the whole plate out. */
  groundIsPlate() {
    this.ground = { ...this.plate, aspect: this.aspect, toPlate: new DOMMatrix() };
    this.fromPlate = new DOMMatrix();
  }

  /** Lay the upright square of a crop out. @param {import("./crop.js").CropSquare} square */
  groundIsCrop({ x, y, side, degrees }) {
    const unsqueezed = new DOMMatrix().translate(x, y).rotate(degrees).translate(-side / 2, -side / 2);
    const toPlate = new DOMMatrix().scale(1 / this.aspect, 1).multiply(unsqueezed);
    this.ground = { width: side, height: side, aspect: 1, toPlate };
    this.fromPlate = toPlate.inverse();
  }

  /** The whole picture in the pane. */
  fit() {
    this.fitted = true;
    const { width, height } = this.ground;
    const scale = Math.min(this.width / (width * this.ground.aspect), this.height / height) || 1;
    this.view = this.#bounded({
      scale, x: (this.width - width * this.ground.aspect * scale) / 2, y: (this.height - height * scale) / 2,
    });
  }

  /** A part of the plate in the pane, with some room around. @param {Place} centre  @param {number} side */
  fitAround(centre, side) {
    const scale = bounded((Math.min(this.width, this.height) / side) * 0.8);
    const middle = this.fromPlate.transformPoint(centre);
    this.fitted = false;
    this.view = this.#bounded({
      scale, x: this.width / 2 - middle.x * this.ground.aspect * scale, y: this.height / 2 - middle.y * scale,
    });
  }

  /** @param {number} width  @param {number} height */
  resize(width, height) {
    const grown = { x: (width - this.width) / 2, y: (height - this.height) / 2 };
    Object.assign(this, { width, height });
    if (this.fitted) this.fit();
    else this.moveBy(grown.x, grown.y);
  }

  /** Another scale; the point of the view stays where it is. @param {number} scale  @param {Place} at */
  zoomTo(scale, at) {
    const next = bounded(scale);
    const share = next / this.view.scale;
    this.fitted = false;
    this.view = this.#bounded({
      scale: next, x: at.x - (at.x - this.view.x) * share, y: at.y - (at.y - this.view.y) * share,
    });
  }

  /** @param {number} x  @param {number} y */
  moveBy(x, y) {
    this.fitted = false;
    this.view = this.#bounded({ ...this.view, x: this.view.x + x, y: this.view.y + y });
  }

  /** A bit of the picture always stays in sight. @param {View} view  @returns {View} */
  #bounded({ scale, x, y }) {
    const width = this.ground.width * this.ground.aspect * scale;
    const height = this.ground.height * scale;
    const inside = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) =>
      Math.round(Math.min(room - KEPT_IN_SIGHT_PX, Math.max(KEPT_IN_SIGHT_PX - size, at)) * this.ratio) / this.ratio;
    return { scale, x: inside(x, width, this.width), y: inside(y, height, this.height) };
  }

  /** From the view to the plate. @returns {DOMMatrix} */
  get viewToPlate() {
    const { scale, x, y } = this.view;
    const toGround = new DOMMatrix([1 / (scale * this.ground.aspect), 0, 0, 1 / scale, -x / (scale * this.ground.aspect), -y / scale]);
    return this.ground.toPlate.multiply(toGround);
  }

  /** @param {number} viewX  @param {number} viewY  @returns {Place} */
  toPlate(viewX, viewY) {
    const { scale, x, y } = this.view;
    return carried(this.ground.toPlate, (viewX - x) / (scale * this.ground.aspect), (viewY - y) / scale);
  }

  /** @param {number} plateX  @param {number} plateY  @returns {Place} */
  toView(plateX, plateY) {
    const { scale, x, y } = this.view;
    const on = carried(this.fromPlate, plateX, plateY);
    return { x: on.x * this.ground.aspect * scale + x, y: on.y * scale + y };
  }
}

/** @param {DOMMatrix} matrix  @param {number} x  @param {number} y  @returns {Place} */
function carried(matrix, x, y) {
  return { x: matrix.a * x + matrix.c * y + matrix.e, y: matrix.b * x + matrix.d * y + matrix.f };
}

/** @param {number} scale */
function bounded(scale) {
  return Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale));
}
