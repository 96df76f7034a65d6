/** Convert settings for frames: each with its value here and where that comes from; tried at once, applied to a range. */

import { takeName } from "../../core/types.js";
import { html } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";
import { usePlan } from "../plan.js";
import { told } from "./trial.js";

/** Pixel settings reach farther than a hand wants to drag; further values are typed where they are in use already. */
const COMFORTABLE = /** @type {Record<string, [number, number]>} */ ({
  erode_px: [-40, 60], feather_px: [0, 80], edge_erode_px: [-40, 40], edge_feather_px: [0, 60],
});

/**
 * @typedef {import("../../core/shot.js").OpenShot} OpenShot
 * @typedef {import("../../core/types.js").Setting} Setting
 * @typedef {(actions: import("../../core/types.js").Action[]) => Promise<boolean>} Send   whether they are in the journal
 */

/** @param {{ shot: OpenShot, trial: import("./trial.js").Trial, settings: Setting[], send: Send }} props */
export function RangeSettings({ shot, trial, settings, send }) {
  const plan = usePlan(shot);
  const { frame, inOut, range } = shot;
  const take = takeName(shot.take);
  const of = { tried: trial.tried, base: trial.base, plan: plan?.settings ?? {}, entries: shot.stack.done, frame, take };
  const narrowed = inOut.first !== range.first || inOut.last !== range.last;
  /** @param {import("../../core/types.js").Range} where  @param {Record<string, number | string>} values */
  const apply = async ({ first, last }, values) => {
    if (await send([{ kind: "adjust_convert", first, last, settings: values }]) && values === trial.tried) trial.clear();
  };
  const own = Object.keys(of.plan).length > 0;
  return html`<section class="column" aria-label="Settings for frames">
    <div class="row"><h2>Settings</h2><span class="spread"></span>
      <label class="inline"><input type="checkbox" checked=${trial.shown} onChange=${() => trial.show(!trial.shown)} /> show this frame made now</label>
      ${trial.shown && html`<span class="badge quiet">preview</span>`}
    </div>
    ${!shot.model && html`<p class="quiet">Without a model only the edge of the matte can be looked at.</p>`}
    <div class="settings">${settings.filter(({ adjustable }) => adjustable).map((setting) => html`
      <${SettingHere} key=${setting.name} setting=${setting} told=${told(setting, of)} trial=${trial} />`)}</div>
    <div class="row wrap apply" role="group" aria-label="Apply what is tried">
      <button class="primary" disabled=${!trial.count} onClick=${() => apply({ first: frame, last: frame }, trial.tried)}>Apply to frame ${frame}</button>
      ${narrowed && html`<button disabled=${!trial.count} onClick=${() => apply(inOut, trial.tried)}>to ${inOut.first}–${inOut.last}</button>`}
      <button disabled=${!trial.count} onClick=${() => apply(range, trial.tried)}>to the whole shot</button>
      <button class="plain" disabled=${!trial.count} onClick=${() => trial.clear()}>forget</button>
    </div>
    ${own && html`<div class="row wrap"><span class="quiet">Back to how the take is made:</span>
      <button onClick=${() => apply({ first: frame, last: frame }, {})}>frame ${frame}</button>
      <button onClick=${() => apply(inOut, {})}>${narrowed ? `${inOut.first}–${inOut.last}` : "whole shot"}</button></div>`}
  </section>`;
}

/** @param {{ setting: Setting, told: import("./trial.js").Told, trial: import("./trial.js").Trial }} props */
function SettingHere({ setting, told, trial }) {
  const { name, help, choices } = setting;
  const label = name === "edge_feather" ? "edge feather side" : name.replaceAll("_", " ").replace(/ px$/, "");
  const [least, most] = bounds(setting, told.value);
  const plain = told.from === "default";
  const unit = [name.endsWith("_px") ? "px" : "", plain ? "default" : ""].filter(Boolean).join("\u00a0·\u00a0");
  return html`<div class="setting ${told.from}">
    ${choices.length > 0
      ? html`<label class="choice" title=${help}><span>${label}${plain && html` <span class="quiet">default</span>`}</span><select value=${told.value} onChange=${(/** @type {any} */ event) => trial.set(name, event.target.value)}>
          ${choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}</select></label>`
      : html`<${Slider} label=${label} unit=${unit} title=${help} value=${told.value} least=${least} most=${most}
          step=${most - least > 4 ? 0.5 : 0.01} onInput=${(/** @type {number} */ value) => trial.set(name, value)} />`}
    ${!plain && html`<div class="from"><span class=${told.from === "trying" ? "warn" : "quiet"}>${told.said}</span>
      ${told.from === "trying" && html`<button class="plain" aria-label="Forget what is tried for ${label}" onClick=${() => trial.forget(name)}>✕</button>`}</div>`}
  </div>`;
}

/** @param {Setting} setting  @param {number} value  @returns {[number, number]} */
function bounds({ name, least, most }, value) {
  const [low, high] = COMFORTABLE[name] ?? [least ?? 0, most ?? 1];
  return [Math.min(low, value), Math.max(high, value)];
}
