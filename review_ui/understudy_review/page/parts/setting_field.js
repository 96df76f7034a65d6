/** One setting as the backend describes it: its kind decides how it is asked for. */

import { html } from "../core/view.js";
import { Slider } from "./slider.js";

/**
 * @param {{ setting: import("../core/types.js").Setting, value: unknown, onChange: (value: unknown) => void }} props
 * An undefined `value` shows the default.
 */
export function SettingField({ setting, value, onChange }) {
  const { name, type, choices, least, most, help } = setting;
  const now = value ?? JSON.parse(setting.default_json);
  const label = name.replaceAll("_", " ");
  if (type === "switch") {
    return html`<label class="inline" title=${help}><input type="checkbox" checked=${now} onChange=${(/** @type {any} */ event) => onChange(event.target.checked)} />${label}</label>`;
  }
  if (choices.length) {
    return html`<label class="field" title=${help}><span>${label}</span><select value=${now} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
      ${choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}</select></label>`;
  }
  if (type === "number" && least !== null && most !== null && most - least <= 20) {
    return html`<${Slider} label=${label} title=${help} value=${now} least=${least} most=${most} step=${(most - least) / 100} onInput=${onChange} />`;
  }
  const isNumber = type === "number" || type === "integer";
  return html`<label class="field" title=${help}><span>${label}${help && html` <span class="quiet">(${help})</span>`}</span>
    <input type=${isNumber ? "number" : "text"} min=${least} max=${most} step=${type === "integer" ? 1 : "any"} value=${Array.isArray(now) ? now.join(", ") : now}
      onChange=${(/** @type {any} */ event) => onChange(isNumber ? Number(event.target.value) : type === "list" ? event.target.value.split(/,\s*/).filter(Boolean) : event.target.value)} /></label>`;
}
