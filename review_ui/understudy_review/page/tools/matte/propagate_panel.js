/** Carrying what is drawn on keyed frames to the frames around them, both ways. */

import { MATTE_STATES } from "../../core/types.js";
import { frameList } from "../../core/time.js";
import { html } from "../../core/view.js";
import { JobLine } from "../../parts/job_line.js";
import { Slider } from "../../parts/slider.js";
import { badName } from "./shape_keys.js";
import { DriftChart } from "./drift_chart.js";

const SOURCES = [["cut", "what is drawn to exclude"], ["keep", "what is drawn to include"], ["matte", "the whole matte"]];
const KEYED = MATTE_STATES.indexOf("keyed");

/** @typedef {{ keys: "here" | "inout" | "all", frames: "trusted" | "inout", source: string, name: string, reach: number, drift: number }} Choice */

/** How propagation is asked for at first. @type {Choice} */
export const CHOICE = { keys: "here", frames: "trusted", source: "cut", name: "propagated", reach: 100, drift: 0.5 };

/** The keyed frames of a range, or of the shot. @param {import("../../core/shot.js").OpenShot} shot  @param {import("../../core/types.js").Range} range */
export function keyedFrames({ timeline }, { first, last }) {
  const frames = [];
  for (let frame = first; frame <= last; frame++) if (timeline.matteStates[frame - timeline.first] === KEYED) frames.push(frame);
  return frames;
}

/** What the backend is asked for. @param {import("../../core/shot.js").OpenShot} shot  @param {Choice} choice */
export function specOf(shot, { keys, frames, source, name, reach, drift }) {
  const { inOut, frame } = shot;
  return {
    keys: keys === "here" ? `${frame}` : keys === "inout" ? frameList(keyedFrames(shot, inOut)) : "",
    frames: frames === "inout" ? `${inOut.first}-${inOut.last}` : "", source, name, settings: { max_frames: reach, drift_limit: drift },
  };
}

/**
 * @param {{ desk: import("./desk.js").MatteDesk, jobs: import("./jobs.js").MatteJobs, mattes: import("./layers_panel.js").ShotMattes | null,
 *   choice: Choice, choose: (change: Partial<Choice>) => void, start: () => void }} props
 */
export function PropagatePanel({ desk, jobs, mattes, choice, choose, start }) {
  const { shot } = desk;
  const { inOut, range } = shot;
  const job = jobs.newest.get("propagate");
  const keyed = { here: keyedFrames(shot, { first: shot.frame, last: shot.frame }), inout: keyedFrames(shot, inOut), all: keyedFrames(shot, range) };
  const problem = badName(choice.name) || (keyed[choice.keys].length ? "" : choice.keys === "here" ? "Draw on this frame first: propagation starts from keyed frames." : "There is no keyed frame there.");
  const layer = mattes?.layers.find((one) => one.layer.id === job?.result?.layer_id);
  /** @param {keyof Choice} name */
  const picked = (name) => (/** @type {any} */ event) => choose({ [name]: event.target.value });
  return html`<div class="column">
    <label class="choice"><span>From</span><select value=${choice.keys} onChange=${picked("keys")}>
      <option value="here">this frame (${shot.frame})</option>
      <option value="inout">keyed frames in to out (${keyed.inout.length})</option>
      <option value="all">every keyed frame (${keyed.all.length})</option></select></label>
    <label class="choice"><span>To</span><select value=${choice.frames} onChange=${picked("frames")}>
      <option value="trusted">as far as it can be trusted</option>
      <option value="inout">in to out (${inOut.first}–${inOut.last})</option></select></label>
    <label class="choice"><span>Carry</span><select value=${choice.source} onChange=${picked("source")}>
      ${SOURCES.map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></label>
    <details><summary>More</summary><div class="column">
      <label class="choice"><span>Layer's name</span><input value=${choice.name} maxlength="40" onInput=${picked("name")} /></label>
      <${Slider} label="Reach" unit="frames" value=${choice.reach} least=${1} most=${500} step=${1} title="How far from a key it goes, either way" onInput=${(/** @type {number} */ reach) => choose({ reach })} />
      <${Slider} label="Stops at drift" value=${choice.drift} least=${0.05} most=${1} step=${0.01} title="Drift score above which it stops and says so" onInput=${(/** @type {number} */ drift) => choose({ drift })} />
    </div></details>
    <div class="row"><button class="primary" disabled=${problem !== "" || jobs.working("propagate")} onClick=${start} title="Both ways (T)">Propagate both ways</button></div>
    ${problem && html`<p class="quiet small" role="status">${problem}</p>`}
    ${job && html`<${JobLine} production=${/** @type {any} */ (jobs)} job=${job} />`}
    ${job?.state === "done" && html`
      <p class="small">${job.result.frames ? html`Made frames ${job.result.frames.replaceAll(",", ", ")}.` : "It made no frame."}</p>
      <${Stops} shot=${shot} notes=${job.result.notes ?? []} />
      <${DriftChart} shot=${shot} title="Drift" frames=${job.result.frames ?? ""} scores=${layer?.worst ?? job.result.worst ?? []} limit=${job.spec.settings?.drift_limit ?? CHOICE.drift} />`}
  </div>`;
}

/** Where it stopped, each with its frame to go to. @param {{ shot: import("../../core/shot.js").OpenShot, notes: string[] }} props */
function Stops({ shot, notes }) {
  if (!notes.length) return html`<p class="good small">It went all the way without stopping.</p>`;
  return html`<ul class="notes">${notes.map((note) => {
    const frame = Number(/frame (-?\d+)/.exec(note)?.[1] ?? NaN);
    return html`<li class="warn">${note} ${Number.isFinite(frame) && html`<button onClick=${() => shot.goTo(frame)}>Go to ${frame}</button>`}</li>`;
  })}</ul>`;
}
