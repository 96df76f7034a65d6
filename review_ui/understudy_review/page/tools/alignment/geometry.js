/**
 * The plane geometry of aligning a face: squares, similarities, soft selections. Points are flat (x0, y0, x1, y1 ...)
 * in pixels of the plate, squares are [centre x, centre y, side, degrees clockwise] as the service has them.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {[number, number, number, number]} Square
 * @typedef {[number, number, number, number, number, number]} Matrix   a b c d e f of x' = a x + c y + e, y' = b x + d y + f
 */

const NEGLIGIBLE = 1e-3; // a weight below it moves nothing that could be seen

/** How much head a crop shows around the mean face's square: the `full` crop that previews show. */
const CROP_SIDE = 2 * 0.211 + Math.SQRT1_2;

/** From plate pixels to a square's 0..1. @param {Square} square  @returns {Matrix} */
export function squareMatrix([x, y, side, degrees]) {
  const turn = (degrees * Math.PI) / 180;
  const cos = Math.cos(turn) / side;
  const sin = Math.sin(turn) / side;
  return [cos, -sin, sin, cos, 0.5 - cos * x - sin * y, 0.5 + sin * x - cos * y];
}

/** From plate pixels to the pixels of the crop that is cut around a square. @param {Square} square  @param {number} sizePx  @returns {Matrix} */
export function cropMatrix(square, sizePx) {
  const scale = sizePx / CROP_SIDE;
  const corner = 0.5 - CROP_SIDE / 2;
  const [a, b, c, d, e, f] = squareMatrix(square);
  return [a * scale, b * scale, c * scale, d * scale, (e - corner) * scale, (f - corner) * scale];
}

/** The square that the crop itself covers. @param {Square} square  @returns {Square} */
export function cropSquare([x, y, side, degrees]) {
  return [x, y, side * CROP_SIDE, degrees];
}

/** @param {Matrix} matrix  @param {number} x  @param {number} y  @returns {Point} */
export function mapped([a, b, c, d, e, f], x, y) {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** Its corners, from the one at the upper left on, clockwise. @param {Square} square  @returns {Point[]} */
export function corners([x, y, side, degrees]) {
  const turn = (degrees * Math.PI) / 180;
  const along = { x: (Math.cos(turn) * side) / 2, y: (Math.sin(turn) * side) / 2 };
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => ({
    x: x + u * along.x - v * along.y, y: y + u * along.y + v * along.x,
  }));
}

/** @param {Square} square  @param {Point} at */
export function inside(square, at) {
  const { x, y } = mapped(squareMatrix(square), at.x, at.y);
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** An angle in -180..180. @param {number} degrees */
export function wrapped(degrees) {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

/**
 * How far each point follows when `anchors` are moved: they fully, others less the farther they are from the
 * nearest anchor, nothing from `radius` on.
 * @param {ArrayLike<number>} points  @param {readonly number[]} anchors  @param {number} radius  plate pixels
 * @returns {Float64Array}
 */
export function softWeights(points, anchors, radius) {
  const count = points.length / 2;
  const weights = new Float64Array(count);
  if (radius > 0) {
    for (let point = 0; point < count; point++) {
      let nearest = Infinity;
      for (const anchor of anchors) {
        const away = Math.hypot(points[2 * point] - points[2 * anchor], points[2 * point + 1] - points[2 * anchor + 1]);
        if (away < nearest) nearest = away;
      }
      const share = Math.max(0, 1 - nearest / radius);
      weights[point] = share * share * (3 - 2 * share);
    }
  }
  for (const anchor of anchors) weights[anchor] = 1;
  return weights;
}

/** Numbers of the points that move noticeably. @param {Float64Array} weights */
export function moving(weights) {
  const found = [];
  for (let point = 0; point < weights.length; point++) if (weights[point] > NEGLIGIBLE) found.push(point);
  return found;
}

/**
 * What a gesture does to points and squares: a shift, or a turn and growth about a centre.
 * @typedef {{ dx: number, dy: number, scale: number, degrees: number, centre: Point }} Change
 */

/** @param {Partial<Change>} change  @returns {Change} */
export function change({ dx = 0, dy = 0, scale = 1, degrees = 0, centre = { x: 0, y: 0 } }) {
  return { dx, dy, scale, degrees, centre };
}

/** All points after a change, each as far as its weight goes. @param {ArrayLike<number>} points  @param {Float64Array} weights  @param {Change} by */
export function changedPoints(points, weights, by) {
  const to = Float64Array.from(points);
  for (const point of moving(weights)) {
    const weight = weights[point];
    const turn = (by.degrees * weight * Math.PI) / 180;
    const scale = 1 + (by.scale - 1) * weight;
    const x = points[2 * point] - by.centre.x;
    const y = points[2 * point + 1] - by.centre.y;
    to[2 * point] = by.centre.x + scale * (Math.cos(turn) * x - Math.sin(turn) * y) + weight * by.dx;
    to[2 * point + 1] = by.centre.y + scale * (Math.sin(turn) * x + Math.cos(turn) * y) + weight * by.dy;
  }
  return to;
}

/** @param {Square} square  @param {Change} by  @returns {Square} */
export function changedSquare([x, y, side, degrees], by) {
  const turn = (by.degrees * Math.PI) / 180;
  const [dx, dy] = [x - by.centre.x, y - by.centre.y];
  return [
    by.centre.x + by.scale * (Math.cos(turn) * dx - Math.sin(turn) * dy) + by.dx,
    by.centre.y + by.scale * (Math.sin(turn) * dx + Math.cos(turn) * dy) + by.dy,
    Math.max(1, side * by.scale),
    wrapped(degrees + by.degrees),
  ];
}

/** The middle of some points. @param {ArrayLike<number>} points  @param {readonly number[]} which  @returns {Point} */
export function middle(points, which) {
  let [x, y] = [0, 0];
  for (const point of which) {
    x += points[2 * point];
    y += points[2 * point + 1];
  }
  return { x: x / which.length, y: y / which.length };
}

/** How far a drag about a centre turns and grows. @param {Point} centre  @param {Point} from  @param {Point} to */
export function turnAndGrowth(centre, from, to) {
  const before = Math.hypot(from.x - centre.x, from.y - centre.y);
  const after = Math.hypot(to.x - centre.x, to.y - centre.y);
  const turned = Math.atan2(to.y - centre.y, to.x - centre.x) - Math.atan2(from.y - centre.y, from.x - centre.x);
  return { degrees: wrapped((turned * 180) / Math.PI), scale: before > 0 ? Math.max(0.05, after / before) : 1 };
}

/** The nearest of some points within `reach`, or -1. @param {ArrayLike<number>} points  @param {readonly number[]} which  @param {Point} at  @param {number} reach */
export function nearest(points, which, at, reach) {
  let [best, found] = [reach, -1];
  for (const point of which) {
    const away = Math.hypot(points[2 * point] - at.x, points[2 * point + 1] - at.y);
    if (away <= best) [best, found] = [away, point];
  }
  return found;
}

/** Points within an upright rectangle. @param {ArrayLike<number>} points  @param {readonly number[]} which  @param {Point} a  @param {Point} b */
export function within(points, which, a, b) {
  const [x0, x1] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [y0, y1] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return which.filter((point) => {
    const [x, y] = [points[2 * point], points[2 * point + 1]];
    return x >= x0 && x <= x1 && y >= y0 && y <= y1;
  });
}
