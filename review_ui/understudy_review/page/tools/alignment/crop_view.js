/**
 * The crop that the network sees, beside the picture. While something is dragged the plate is drawn through the new
 * square here, at once; the service's own picture follows when the edit is in.
 */

import { html, useEffect, useRef, useState } from "../../core/view.js";
import { contourPath, stateColour } from "./overlay.js";
import { CONTOURS } from "./contours.js";
import { cropMatrix, mapped } from "./geometry.js";

const SIDE = 512; // canvas pixels
const RESTED_MS = 60;
const PLATE = /** @type {const} */ ({ kind: "plate" });

/** @typedef {"crop" | "raw" | "replaced"} Layer */

/**
 * The picture of one layer for the face in hand, always the newest one that was asked for.
 * Events: `shown`.
 */
class CropPicture extends EventTarget {
  #asks = 0;
  #waiting = 0;
  /** @type {import("../../core/pictures.js").Picture | null} */
  #picture = null;

  /** @param {import("./desk.js").AlignmentDesk} desk  @param {Layer} layer */
  constructor(desk, layer) {
    super();
    this.desk = desk;
    this.layer = layer;
    this.error = "";
    this.pending = false;
  }

  /** @type {import("../../core/pictures.js").Source} */
  get #source() {
    return { kind: "preview", layer: this.layer, asker: "alignment" };
  }

  /** The service's picture of the frame in hand, or null while it is not there. A picture may be dropped by the store. */
  get picture() {
    const { pictures, frame } = this.desk.shot;
    return this.#picture && this.#picture.frame === frame ? pictures.now(this.#source, frame) ?? null : null;
  }

  /** Something changed: what is shown is not the newest any more. */
  ask() {
    const ask = ++this.#asks;
    this.pending = true;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(async () => {
      if (this.desk.gesture) return this.ask();
      const { shot } = this.desk;
      const { frame, track } = shot;
      try {
        const there = (await shot.solved(frame)).faces.some((face) => face.track === track);
        if (ask !== this.#asks) return;
        const picture = there ? await shot.pictures.picture(this.#source, frame) : null;
        if (ask !== this.#asks) return; // a newer question is under way
        this.#picture = picture;
        this.error = "";
      } catch (error) {
        if (ask !== this.#asks) return;
        this.#picture = null;
        this.error = /** @type {Error} */ (error).message;
      }
      this.pending = false;
      this.dispatchEvent(new Event("shown"));
    }, RESTED_MS);
  }

  close() {
    this.#asks++;
    clearTimeout(this.#waiting);
  }
}

/** @param {{ shot: import("../../core/shot.js").OpenShot, desk: import("./desk.js").AlignmentDesk }} props */
export function CropViews({ shot, desk }) {
  const [lines, setLines] = useState(false);
  const [drawn, setDrawn] = useState(/** @type {Layer} */ ("raw"));
  return html`<section class="crop-views" aria-label="Crop">
    <div class="crop-pair">
      <${CropView} shot=${shot} desk=${desk} layer="crop" lines=${lines} title="What it sees" />
      ${shot.model && html`<${CropView} key=${drawn} shot=${shot} desk=${desk} layer=${drawn} lines=${lines}
        title=${drawn === "raw" ? "What it draws" : "Replaced"} />`}
    </div>
    <div class="row wrap">
      <label class="inline"><input type="checkbox" checked=${lines} onChange=${() => setLines(!lines)} /> lines</label>
      ${shot.model && html`<label class="inline"><span class="quiet">second</span>
        <select value=${drawn} onChange=${(/** @type {any} */ event) => setDrawn(event.target.value)}>
          <option value="raw">network's picture</option><option value="replaced">replaced</option>
        </select></label>`}
      <span class="spread"></span><span class="badge quiet">preview</span>
    </div>
  </section>`;
}

/** @param {{ shot: import("../../core/shot.js").OpenShot, desk: import("./desk.js").AlignmentDesk, layer: Layer, lines: boolean, title: string }} props */
function CropView({ shot, desk, layer, lines, title }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [told, tell] = useState("");
  useEffect(() => {
    const picture = new CropPicture(desk, layer);
    let drawing = 0;
    const draw = () => {
      drawing = 0;
      if (canvas.current) tell(drawCrop(canvas.current, desk, picture, lines, soon));
    };
    const soon = () => { drawing ||= requestAnimationFrame(draw); };
    const ask = () => {
      picture.ask();
      soon();
    };
    const stops = [
      heard(desk, "draw", soon), heard(picture, "shown", soon), heard(shot, "frame", ask), heard(shot, "revision", ask),
      heard(shot, "models", ask), heard(shot, "track", ask),
    ];
    ask();
    return () => {
      picture.close();
      cancelAnimationFrame(drawing);
      for (const stop of stops) stop();
    };
  }, [shot, desk, layer, lines]);
  return html`<figure class="crop-view">
    <canvas ref=${canvas} width=${SIDE} height=${SIDE} role="img" aria-label="${title}, frame ${shot.frame}"></canvas>
    <figcaption>${title}${told && html` <span class="quiet">${told}</span>`}</figcaption>
  </figure>`;
}

/**
 * Draw what there is now; says in words what it is.
 * @param {HTMLCanvasElement} canvas  @param {import("./desk.js").AlignmentDesk} desk  @param {CropPicture} picture
 * @param {boolean} lines  @param {() => void} again
 */
function drawCrop(canvas, desk, picture, lines, again) {
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { face } = desk;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, SIDE, SIDE);
  if (!face) return "no face of this track here";
  const local = face.touched || !picture.picture || (picture.layer !== "replaced" && !shownByService(desk, face.track));
  const matrix = cropMatrix(face.square, SIDE);
  const said = local ? drawLocally(ctx, desk, picture, matrix, again) : drawPicture(ctx, desk, picture, matrix);
  if (lines) drawLines(ctx, face, matrix);
  return said;
}

/** The service looks at the first bound track, or at the longest one: the crop of another is drawn here. @param {import("./desk.js").AlignmentDesk} desk  @param {number} track */
function shownByService({ shot, faces }, track) {
  const bound = Object.keys(shot.timeline.bindings).map(Number);
  const shown = bound.length ? bound : [shot.tracks[0]?.track ?? -1];
  const here = faces.map((face) => face.track).filter((one) => shown.includes(one));
  return (here[0] ?? faces[0]?.track) === track;
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./desk.js").AlignmentDesk} desk  @param {CropPicture} picture  @param {import("./geometry.js").Matrix} matrix  @param {() => void} again */
function drawLocally(ctx, desk, picture, matrix, again) {
  if (picture.layer !== "crop") ctx.globalAlpha = 0.45; // it stands for a picture that is not there yet
  const { pictures, frame, plate } = desk.shot;
  const known = pictures.now(PLATE, frame) ?? pictures.now(PLATE, frame, 1920);
  if (known) {
    ctx.imageSmoothingQuality = "high";
    ctx.setTransform(...matrix);
    ctx.scale((desk.aspect * plate.width) / known.width, plate.height / known.height);
    ctx.drawImage(known.bitmap, 0, 0);
  } else void pictures.picture(PLATE, frame).then(again, () => {});
  ctx.globalAlpha = 1;
  if (picture.layer === "crop") return desk.face?.touched ? "as you drag" : "";
  return picture.error || "…";
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./desk.js").AlignmentDesk} desk  @param {CropPicture} picture  @param {import("./geometry.js").Matrix} matrix */
function drawPicture(ctx, desk, picture, matrix) {
  const shown = /** @type {import("../../core/pictures.js").Picture} */ (picture.picture);
  ctx.imageSmoothingQuality = "high";
  if (picture.layer === "replaced") {
    ctx.setTransform(...matrix);
    ctx.scale((desk.aspect * desk.shot.plate.width) / shown.width, desk.shot.plate.height / shown.height);
    ctx.drawImage(shown.bitmap, 0, 0);
  } else ctx.drawImage(shown.bitmap, 0, 0, SIDE, SIDE);
  return picture.pending ? "…" : "";
}

/** @param {CanvasRenderingContext2D} ctx  @param {import("./desk.js").Face} face  @param {import("./geometry.js").Matrix} matrix */
function drawLines(ctx, face, matrix) {
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  const view = /** @type {any} */ ({ toView: (/** @type {number} */ x, /** @type {number} */ y) => mapped(matrix, x, y) });
  ctx.strokeStyle = stateColour(face.touched ? 3 : face.state);
  ctx.lineWidth = 2;
  ctx.stroke(contourPath(view, face.landmarks, CONTOURS));
}

/** @param {EventTarget} target  @param {string} name  @param {() => void} hear */
function heard(target, name, hear) {
  target.addEventListener(name, hear);
  return () => target.removeEventListener(name, hear);
}
