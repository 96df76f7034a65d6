/** The face in hand, to pick landmarks from: a click takes the nearest one, or lets it go. */

import { html, useChange, useEffect, useRef, useState } from "../../core/view.js";
import { FACE_PARTS, POINT_COLOURS, pointName } from "./face_parts.js";

const SIDE_PX = 168;
const MOST = POINT_COLOURS.length;

/**
 * @param {{ shot: import("../../core/shot.js").OpenShot, points: number[], onPick: (points: number[]) => void }} props
 */
export function FaceMap({ shot, points, onPick }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const face = useFace(shot);
  useEffect(() => {
    if (canvas.current) paint(canvas.current, face, points);
  }, [face, points]);
  const toggle = (/** @type {number} */ point) => onPick(points.includes(point)
    ? points.filter((one) => one !== point) : [...points, point].slice(-MOST));
  const clicked = (/** @type {MouseEvent} */ event) => {
    const near = face && nearest(face, event.offsetX, event.offsetY);
    if (near !== null) toggle(near);
  };
  const whole = (/** @type {typeof FACE_PARTS[number]} */ part) => part.points.map(([point]) => point);
  return html`<div class="face-map">
    <canvas ref=${canvas} onClick=${clicked} aria-hidden="true" title="Pick up to ${MOST} landmarks"></canvas>
    <div class="column">
      <div class="row wrap" role="group" aria-label="Part of the face">${FACE_PARTS.map((part) => html`
        <button class="small" aria-pressed=${whole(part).join() === points.join()} onClick=${() => onPick(whole(part))}>${part.title}</button>`)}
      </div>
      <ul class="picked" aria-label="Landmarks shown">${points.map((point, place) => html`<li key=${point}>
        <i style=${{ background: POINT_COLOURS[place] }}></i>${pointName(point)}
        <button class="plain small" aria-label="Let ${pointName(point)} go" onClick=${() => toggle(point)}>✕</button></li>`)}
        ${!points.length && html`<li class="quiet">None picked.</li>`}
      </ul>
    </div>
  </div>`;
}

/** The landmarks of the track in hand, upright in a square of the map; those of the last frame that had the face. @param {import("../../core/shot.js").OpenShot} shot */
function useFace(shot) {
  const [face, setFace] = useState(/** @type {[number, number][] | null} */ (null));
  useChange(shot, "track");
  useEffect(() => {
    let waiting = 0;
    const ask = () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => { // pictures go first
        const solved = await shot.solved(shot.frame).catch(() => null);
        const found = solved?.faces.find(({ track }) => track === shot.track);
        if (found) setFace(upright(found));
      }, 200);
    };
    ask();
    for (const name of ["frame", "revision"]) shot.addEventListener(name, ask);
    return () => {
      clearTimeout(waiting);
      for (const name of ["frame", "revision"]) shot.removeEventListener(name, ask);
    };
  }, [shot, shot.track]);
  return face;
}

/** @param {import("../../core/types.js").SolvedFace} face  @returns {[number, number][]} */
function upright({ square: [cx, cy, side, angle], landmarks }) {
  const turn = (-angle * Math.PI) / 180;
  const scale = (SIDE_PX * 0.8) / side;
  const found = /** @type {[number, number][]} */ ([]);
  for (let at = 0; at < landmarks.length; at += 2) {
    const [dx, dy] = [landmarks[at] - cx, landmarks[at + 1] - cy];
    found.push([
      SIDE_PX / 2 + scale * (dx * Math.cos(turn) - dy * Math.sin(turn)),
      SIDE_PX / 2 + scale * (dx * Math.sin(turn) + dy * Math.cos(turn)),
    ]);
  }
  return found;
}

/** @param {[number, number][]} face  @param {number} x  @param {number} y */
function nearest(face, x, y) {
  let best = /** @type {number | null} */ (null);
  let least = 14 ** 2;
  face.forEach(([px, py], point) => {
    const far = (px - x) ** 2 + (py - y) ** 2;
    if (far < least) [best, least] = [point, far];
  });
  return best;
}

/** @param {HTMLCanvasElement} canvas  @param {[number, number][] | null} face  @param {number[]} points */
function paint(canvas, face, points) {
  const ratio = devicePixelRatio;
  canvas.width = canvas.height = Math.round(SIDE_PX * ratio);
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.scale(ratio, ratio);
  ctx.fillStyle = "#a8a8a8";
  for (const [x, y] of face ?? []) ctx.fillRect(x - 0.6, y - 0.6, 1.2, 1.2);
  points.forEach((point, place) => {
    const at = face?.[point];
    if (!at) return;
    ctx.fillStyle = POINT_COLOURS[place];
    ctx.strokeStyle = "#1c1c1c";
    ctx.beginPath();
    ctx.arc(at[0], at[1], 4, 0, 7);
    ctx.fill();
    ctx.stroke();
  });
}
