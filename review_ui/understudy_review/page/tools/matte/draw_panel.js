/** What is in the artist's hand: brush or shapes, include or exclude, size and edge. */

import { html, usePage } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";

const MODES = /** @type {const} */ ([
  ["brush", "Brush", "Paint strokes. Alt erases meanwhile, Shift-click draws a straight line"],
  ["polygon", "Polygon", "Click corner after corner; click the first or press Enter to close"],
  ["spline", "Spline", "Click point after point of a smooth outline; click the first or press Enter to close"],
  ["edit", "Edit", "Drag points, groups and feathers of shapes; Ctrl-click an edge for a new point"],
]);

/** @param {{ desk: import("./desk.js").MatteDesk }} props */
export function DrawPanel({ desk }) {
  const { keys } = usePage();
  const { mode, brush, exclude, eraser, shapeTool, mask } = desk;
  const titled = (/** @type {string} */ title, /** @type {string} */ id) => `${title} (${keys.keyOf(id)})`;
  return html`<section class="column" aria-label="Draw">
    <div class="row modes" role="group" aria-label="Draw with">
      ${MODES.map(([id, title, help]) => html`<button key=${id} aria-pressed=${mode === id} title=${titled(help, `matte.${id}`)}
        onClick=${() => desk.setMode(id)}>${title}</button>`)}
    </div>
    <div class="row modes" role="group" aria-label="What drawing does">
      <button aria-pressed=${!exclude} title=${titled("Replaced here, whatever the machine says", "matte.switch")} onClick=${() => desk.set({ exclude: false })}>+ include</button>
      <button aria-pressed=${exclude} title=${titled("The plate stays here: something is in front of the face", "matte.switch")} onClick=${() => desk.set({ exclude: true })}>− exclude</button>
      <button aria-pressed=${eraser} title=${titled("Turns include and exclude round", "matte.eraser")} onClick=${() => desk.set({ eraser: !eraser })}>Eraser</button>
    </div>
    ${mode === "brush" && html`
      <${Slider} label="Radius" unit="px" value=${Math.round(brush.radius * 10) / 10} least=${0.5} most=${Math.max(400, brush.radius)} step=${0.5}
        title="- and =, Ctrl and the wheel, or S held" onInput=${(/** @type {number} */ radius) => desk.setBrush({ radius })} />
      <${Slider} label="Soft edge" value=${brush.softness} least=${0} most=${1} title="The share of the radius that fades out. Shift+- and Shift+="
        onInput=${(/** @type {number} */ softness) => desk.setBrush({ softness })} />
      <p class="quiet small">A stroke has one radius from end to end; the pressure of a pen does not change it.</p>`}
    ${(mode === "polygon" || mode === "spline") && html`
      <label class="inline"><input type="checkbox" checked=${desk.follows} onChange=${() => desk.set({ follows: !desk.follows })} />
        New shapes are carried by the face of track ${desk.shot.track}</label>
      ${shapeTool.drawing
        ? html`<div class="row wrap"><span class="spread">${shapeTool.drawing.points.length / 2} points on frame ${shapeTool.drawing.frame}</span>
            <button disabled=${shapeTool.drawing.points.length < 6} onClick=${() => shapeTool.close()}>Close</button>
            <button onClick=${() => shapeTool.drop()}>Drop</button></div>`
        : html`<p class="quiet small">Click in the picture. Enter closes, Delete takes the last point back, Escape drops it.</p>`}`}
    ${mode === "edit" && html`<p class="quiet small">Drag points, or a box around them to move, scale and turn them together; the knob beside the
      outline is its feather. Ctrl-click an edge for a new point. G moves what is selected with the pointer.</p>`}
    <${Sight} mask=${mask} />
  </section>`;
}

/** What the mask in the picture is just now. @param {{ mask: import("./live_mask.js").LiveMask }} props */
function Sight({ mask }) {
  if (mask.problem) return html`<p class="bad" role="alert">The matte of frame ${mask.frame} cannot be shown: ${mask.problem}</p>`;
  return html`<p class="quiet small" role="status">${mask.solved ? "preview: the matte of this frame with your strokes, in 8 bit" : "The matte of this frame is on its way …"}</p>`;
}
