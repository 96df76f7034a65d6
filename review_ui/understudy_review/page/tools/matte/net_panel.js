/** The matte net: a small network that learns this shot's mattes from keyed frames and proposes the others. */

import { path } from "../../core/api.js";
import { frameList } from "../../core/time.js";
import { html, useState } from "../../core/view.js";
import { JobLine } from "../../parts/job_line.js";
import { Slider } from "../../parts/slider.js";
import { badName } from "./shape_keys.js";
import { DriftChart } from "./drift_chart.js";
import { rangeOf, WhichFrames } from "./frames.js";
import { keyedFrames } from "./propagate_panel.js";

/** @param {{ desk: import("./desk.js").MatteDesk, jobs: import("./jobs.js").MatteJobs, mattes: import("./layers_panel.js").ShotMattes | null }} props */
export function NetPanel({ desk, jobs, mattes }) {
  const { shot } = desk;
  const [minutes, setMinutes] = useState(4);
  const [labels, setLabels] = useState("all");
  const [which, setWhich] = useState(/** @type {import("./frames.js").Which} */ ("shot"));
  const [startFrom, setStartFrom] = useState("");
  const [name, setName] = useState("net");
  const job = jobs.newest.get("matte_net");
  const nets = mattes?.layers.filter(({ layer }) => layer.origin === "matte_net") ?? [];
  const keyed = keyedFrames(shot, labels === "all" ? shot.range : shot.inOut);
  const problem = badName(name) || (keyed.length || startFrom ? "" : "It learns from keyed frames: draw on a few first, the more different the better.");
  const { first, last } = rangeOf(shot, which);
  const start = () => desk.try(jobs.start("matte_net", {
    labels: labels === "all" ? "" : frameList(keyed), frames: which === "shot" ? "" : `${first}-${last}`, start_from: startFrom, name, settings: { minutes },
  }));
  const made = nets.find(({ layer }) => layer.id === job?.result?.layer_id) ?? (jobs.working("matte_net") ? undefined : nets.at(-1));
  const preview = job && jobs.previews.get(job.id);
  return html`<div class="column">
    <p class="quiet small">Learns the mattes of the frames you drew on, then proposes one for each other frame.</p>
    <${Slider} label="Train for" unit="min" value=${minutes} least=${0} most=${30} step=${0.5} title="0 applies the earlier net without training" onInput=${setMinutes} />
    <label class="choice"><span>Learn from</span><select value=${labels} onChange=${(/** @type {any} */ event) => setLabels(event.target.value)}>
      <option value="all">every keyed frame (${keyedFrames(shot, shot.range).length})</option>
      <option value="inout">keyed frames in to out (${keyedFrames(shot, shot.inOut).length})</option></select></label>
    <${WhichFrames} shot=${shot} label="Propose for" value=${which} onChange=${setWhich} />
    <label class="choice"><span>Begin with</span><select value=${startFrom} onChange=${(/** @type {any} */ event) => setStartFrom(event.target.value)}>
      <option value="">a fresh net</option>
      ${nets.toReversed().map(({ layer }) => html`<option value=${layer.id}>${layer.name}, made for ${layer.frames}</option>`)}</select></label>
    <label class="choice"><span>Layer's name</span><input value=${name} maxlength="40" onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
    <div class="row"><button class="primary" disabled=${problem !== "" || jobs.working("matte_net")} onClick=${start}>Train and propose</button></div>
    ${problem && html`<p class="quiet small" role="status">${problem}</p>`}
    ${job && html`<${JobLine} production=${/** @type {any} */ (jobs)} job=${job} />`}
    ${job && jobs.working("matte_net") && preview && html`<img class="net-preview" alt="What the net has learnt so far: pictures, their mattes, its proposals"
      src=${path`/api/p/${shot.production}/jobs/${job.id}/preview.jpg` + `?sequence=${preview}`} />`}
    ${made && html`<h3>What ${made.layer.name} proposes, the most doubtful first</h3>
      <${DriftChart} shot=${shot} title="Doubt" frames=${made.layer.frames} scores=${made.worst} />
      <p class="quiet small">Go to a doubtful frame, correct it, and train on from this net: corrected frames are learnt from.</p>`}
  </div>`;
}
