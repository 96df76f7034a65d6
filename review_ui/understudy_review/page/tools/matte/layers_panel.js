/** The shot's matte layers: what made them, where they are used, how far they can be trusted. */

import { get } from "../../core/api.js";
import { html, useEffect, useState } from "../../core/view.js";
import { DriftChart } from "./drift_chart.js";
import { rangeOf, WhichFrames } from "./frames.js";

/**
 * @typedef {{ id: string, shot_id: string, name: string, origin: string, frames: string, job_id: string }} MatteLayer
 * @typedef {{ layer: MatteLayer, used: string, worst: import("./drift_chart.js").Score[] }} LayerSummary
 * @typedef {{ layers: LayerSummary[], keyed: string }} ShotMattes
 */

const ORIGINS = /** @type {Record<string, string>} */ ({
  propagate: "propagated from keyed frames", matte_net: "proposed by a matte net", import_matte: "brought in", parse_matte: "of a face parser",
});
const JOINS = [["&", "only where it is, too"], ["-", "without it"], ["+", "with it"]];

/** The shot's layers, asked again after edits and jobs. @param {import("../../core/shot.js").OpenShot} shot  @param {import("./jobs.js").MatteJobs} jobs  @returns {ShotMattes | null} */
export function useMattes(shot, jobs) {
  const [mattes, setMattes] = useState(/** @type {ShotMattes | null} */ (null));
  const { revision } = shot.timeline;
  const made = [...jobs.newest.values()].map((job) => `${job.id} ${job.state}`).join();
  useEffect(() => {
    let gone = false;
    get(`${shot.place}/mattes`).then((told) => gone || setMattes(told)).catch(() => {});
    return () => {
      gone = true;
    };
  }, [shot, revision, made]);
  return mattes;
}

/** @param {{ desk: import("./desk.js").MatteDesk, mattes: ShotMattes | null }} props */
export function LayersPanel({ desk, mattes }) {
  if (!mattes) return html`<p class="quiet">Asking for the layers …</p>`;
  if (!mattes.layers.length) return html`<p class="quiet">No layers yet. Propagate what you drew, or train a net on it.</p>`;
  return html`<ul class="layer-list">${mattes.layers.toReversed().map((one) => html`<${Layer} key=${one.layer.id} desk=${desk} of=${one} />`)}</ul>`;
}

/** @param {{ desk: import("./desk.js").MatteDesk, of: LayerSummary }} props */
function Layer({ desk, of: { layer, used, worst } }) {
  const { shot } = desk;
  const [which, setWhich] = useState(/** @type {import("./frames.js").Which} */ ("inout"));
  const [operator, setOperator] = useState(() => operatorOf(shot, layer));
  const use = (/** @type {string} */ id) => desk.try(shot.edit([{ kind: "use_layer", name: layer.name, layer_id: id, ...rangeOf(shot, which), operator }]));
  return html`<li><details>
    <summary><b>${layer.name}</b> <span class="quiet">${ORIGINS[layer.origin] ?? layer.origin}</span>
      <span class=${used ? "badge in-use" : "badge quiet"}>${used ? "in use" : "not in use"}</span></summary>
    <div class="column">
      <p class="small">Has frames ${spaced(layer.frames) || "none"}.
        ${used ? html` Used on ${spaced(used)}.` : " No frame uses it."}</p>
      <label class="choice"><span>The matte is</span><select value=${operator} onChange=${(/** @type {any} */ event) => setOperator(event.target.value)}>
        ${JOINS.map(([value, title]) => html`<option value=${value}>${title} (${value})</option>`)}</select></label>
      <${WhichFrames} shot=${shot} value=${which} onChange=${setWhich} />
      <div class="row wrap">
        <button onClick=${() => use(layer.id)}>Use it there</button>
        <button disabled=${!used} onClick=${() => use("")}>Do without it there</button>
      </div>
      <${DriftChart} shot=${shot} title=${layer.origin === "propagate" ? "Drift" : "Doubt"} frames=${layer.frames} scores=${worst} />
    </div>
  </details></li>`;
}

/** How the layer was joined last, or as its kind of layer usually is. @param {import("../../core/shot.js").OpenShot} shot  @param {MatteLayer} layer */
function operatorOf(shot, layer) {
  const last = shot.stack.done.findLast(({ action }) => action?.kind === "use_layer" && action.layer_id === layer.id);
  return last?.action?.operator ?? (layer.origin === "propagate" ? "-" : "&");
}

/** @param {string} frames */
function spaced(frames) {
  return frames.replaceAll(",", ", ");
}
