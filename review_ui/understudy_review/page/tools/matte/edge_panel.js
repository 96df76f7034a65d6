/** The matte's edges for a range of frames: how far in, how soft, and how the performer's colour is taken out. */

import { path } from "../../core/api.js";
import { html, useAnswer, useEffect, useRef, useState } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";
import { rangeOf, WhichFrames } from "./frames.js";

const REST_MS = 300; // arrow keys move a slider many times; where it comes to rest is one edit

/** The settings of edges, and how far a hand drags them. */
const EDGES = /** @type {[string, string, number, number][]} */ ([
  ["erode_px", "Draw in", -40, 60], ["feather_px", "Feather", 0, 80], ["edge_erode_px", "In front: draw in", -40, 40],
  ["edge_feather_px", "In front: feather", 0, 60], ["edge_feather", "Soft to", 0, 0], ["despill", "Despill", 0, 1],
]);

/** @param {{ desk: import("./desk.js").MatteDesk, plan: import("../../core/types.js").FramePlan | null }} props */
export function EdgePanel({ desk, plan }) {
  const { shot } = desk;
  const { data, error } = useAnswer(path`/api/p/${shot.production}/settings/convert`);
  const [which, setWhich] = useState(/** @type {import("./frames.js").Which} */ ("inout"));
  const [tried, setTried] = useState(/** @type {Record<string, number | string>} */ ({}));
  const settings = new Map(/** @type {import("../../core/types.js").Setting[]} */ (data?.settings ?? []).map((setting) => [setting.name, setting]));
  const known = EDGES.filter(([name]) => settings.get(name)?.adjustable);
  const standard = (/** @type {string} */ name) => JSON.parse(settings.get(name)?.default_json ?? "0");
  const waiting = useRef({ timer: 0, send: () => {} });
  useEffect(() => () => waiting.current.send(), []);
  const adjust = (/** @type {Record<string, number | string>} */ values) => {
    const frames = rangeOf(shot, which);
    const { current } = waiting;
    clearTimeout(current.timer);
    current.send = () => {
      clearTimeout(current.timer);
      current.send = () => {};
      desk.try(shot.edit([{ kind: "adjust_convert", ...frames, settings: { ...tried, ...values } }]).finally(() => setTried({})));
    };
    current.timer = setTimeout(() => current.send(), REST_MS);
  };
  if (error) return html`<p class="bad">${error.message}</p>`;
  return html`<div class="column">
    <${WhichFrames} shot=${shot} value=${which} onChange=${setWhich} />
    ${known.map(([name, label, least, most]) => {
      const value = tried[name] ?? plan?.settings[name] ?? standard(name);
      const { choices, help } = /** @type {import("../../core/types.js").Setting} */ (settings.get(name));
      const own = plan?.settings[name] !== undefined;
      if (choices.length) return html`<label class="choice" title=${help}><span>${label}${own && html` <span class="key-sign" title="set for a range">◆</span>`}</span>
        <select value=${value} onChange=${(/** @type {any} */ event) => adjust({ [name]: event.target.value })}>${choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}</select></label>`;
      const number = Number(value);
      return html`<${Slider} label="${label}${own ? " ◆" : ""}" title=${help} value=${number} least=${Math.min(least, number)} most=${Math.max(most, number)} step=${most > 1 ? 0.5 : 0.01}
        onInput=${(/** @type {number} */ to) => setTried((all) => ({ ...all, [name]: to }))} onChange=${(/** @type {number} */ to) => adjust({ [name]: to })} />`;
    })}
    <div><button disabled=${!known.length} onClick=${() => adjust(Object.fromEntries(known.map(([name]) => [name, standard(name)])))}>Edges as usual</button></div>
    <p class="quiet small">◆ is set for a range that this frame is in. Other settings for ranges are in Convert.</p>
  </div>`;
}
