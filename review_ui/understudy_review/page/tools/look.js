/** The Look tool: what is looked at and compared, and how. Nothing here changes a picture. */

import { takeName } from "../core/types.js";
import { html, useChange, usePage } from "../core/view.js";
import { Slider } from "../parts/slider.js";
import { CHANNELS, COMPARES, LIMITS } from "../viewer/look.js";
import { titleOf } from "../viewer/notices.js";
import { choicesOf, idOf, sourceOf } from "../viewer/sources.js";
import { DonorAtThisPose } from "./look/donor.js";

/** @typedef {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage }} Props */

/** @param {Props} props */
export function LookTool({ shot, stage }) {
  useChange(stage, "source", "overlay");
  useChange(stage.look, "change");
  useChange(shot, "take", "models");
  return html`<div class="look-tool">
    <${Sources} shot=${shot} stage=${stage} />
    <${Comparing} stage=${stage} />
    <${Display} stage=${stage} />
    <${DonorAtThisPose} shot=${shot} />
    <${Layers} shot=${shot} stage=${stage} />
  </div>`;
}

/** @param {Props} props */
function Sources({ shot, stage }) {
  const { tell } = usePage();
  const { look } = stage;
  const others = shot.takes.filter((take) => take.id !== shot.take?.id);
  const pickB = async (/** @type {any} */ event) => {
    const [, take] = /^other (.+)$/.exec(event.target.value) ?? [];
    try {
      if (take) await shot.pictures.knowTake(take);
      look.set({ b: take ? { kind: "take", layer: "replaced", take } : sourceOf(event.target.value) });
    } catch (error) {
      tell("", { error });
    }
  };
  const b = look.b.kind === "take" && look.b.take ? `other ${look.b.take}` : idOf(look.b);
  const choices = choicesOf(shot).map(({ id, source }) => html`<option value=${id} key=${id}>${titleOf(source, shot)}</option>`);
  return html`<section>
    <div class="ab">
      <b>A</b>
      <select aria-label="A" value=${idOf(stage.source)} onChange=${(/** @type {any} */ event) => stage.setSource(sourceOf(event.target.value))}>${choices}</select>
      <b>B</b>
      <select aria-label="B" value=${b} onChange=${pickB}>
        ${choices}
        ${others.length > 0 && html`<optgroup label="Other takes">
          ${others.map((take) => html`<option value="other ${take.id}" key=${take.id}>${takeName(take)}</option>`)}
        </optgroup>`}
      </select>
    </div>
    <div class="row wrap">
      <button title="Show B while held (\`)" onPointerDown=${() => look.set({ held: true })} onPointerUp=${() => look.set({ held: false })}
        onPointerLeave=${() => look.held && look.set({ held: false })}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => isPress(event) && !event.repeat && look.set({ held: true })}
        onKeyUp=${(/** @type {KeyboardEvent} */ event) => isPress(event) && look.set({ held: false })}
        onBlur=${() => look.held && look.set({ held: false })}>Hold to see B</button>
      <button disabled=${look.b.kind === "take" && Boolean(look.b.take)} onClick=${() => swap(stage)}>Swap A and B</button>
    </div>
  </section>`;
}

/** @param {KeyboardEvent} event */
function isPress(event) {
  return event.key === " " || event.key === "Enter";
}

/** @param {Props["stage"]} stage */
function swap(stage) {
  const { source } = stage;
  stage.setSource(stage.look.b);
  stage.look.set({ b: source });
}

/** @param {{ stage: Props["stage"] }} props */
function Comparing({ stage }) {
  const { keys } = usePage();
  const { look } = stage;
  const key = { wipe: "look.wipe", difference: "look.difference", two: "look.two", four: "look.four", onion: "look.onion" };
  /** @param {"gain" | "share" | "degrees"} name  @param {string} label  @param {number} step  @param {string} [unit] */
  const slider = (name, label, step, unit) => html`<${Slider} label=${label} unit=${unit} value=${round(look[name])} least=${LIMITS[name][0]}
    most=${LIMITS[name][1]} step=${step} onInput=${(/** @type {number} */ value) => look.set({ [name]: value })} />`;
  return html`<section>
    <h2 id="compare-title">Compare</h2>
    <div class="buttons" role="group" aria-labelledby="compare-title">
      ${COMPARES.map(({ id, title, help }) => html`<button key=${id} aria-pressed=${look.compare === id}
        title="${help}${id in key ? ` (${keys.keyOf(/** @type {any} */ (key)[id])})` : ""}" onClick=${() => look.set({ compare: id })}>${title}</button>`)}
    </div>
    ${look.compare === "wipe" && slider("degrees", "Angle", 1, "°")}
    ${look.compare === "difference" && slider("gain", "Gain", 1, "×")}
    ${(look.compare === "blend" || look.compare === "onion") && slider("share", look.compare === "blend" ? "B" : "Neighbours", 0.01)}
    <p class="quiet">${COMPARES.find(({ id }) => id === look.compare)?.help}</p>
  </section>`;
}

/** @param {{ stage: Props["stage"] }} props */
function Display({ stage }) {
  const { look } = stage;
  return html`<section>
    <div class="row"><h2 id="display-title">Display</h2><span class="spread"></span>
      <button class="plain" disabled=${look.isPlain} onClick=${() => look.plain()}>As it is</button></div>
    <${Slider} label="Exposure" unit="stops" value=${round(look.exposure)} least=${LIMITS.exposure[0]} most=${LIMITS.exposure[1]} step=${0.1}
      title="Hold E and move" onInput=${(/** @type {number} */ exposure) => look.set({ exposure })} />
    <${Slider} label="Gamma" value=${round(look.gamma)} least=${LIMITS.gamma[0]} most=${LIMITS.gamma[1]} step=${0.01}
      title="Hold Y and move" onInput=${(/** @type {number} */ gamma) => look.set({ gamma })} />
    <div class="buttons" role="group" aria-label="Channels">
      ${CHANNELS.map(({ id, title, key }) => html`<button key=${id} aria-pressed=${look.channel === id} title="${title} (${key})"
        onClick=${() => look.set({ channel: id })}>${title}</button>`)}
    </div>
    <label class="inline"><input type="checkbox" checked=${stage.overlay} onChange=${(/** @type {any} */ event) => stage.setOverlay(event.target.checked)} />
      Matte in green over the picture <kbd>O</kbd></label>
    <p class="quiet">All of this is for looking only. Pictures are shown in 8-bit display colour (a preview), except the two linear ones:
      they hold the true values around the face, above 1 too.</p>
  </section>`;
}

/** @param {Props} props */
function Layers({ shot, stage }) {
  return html`<section>
    <h2>What can be looked at</h2>
    <dl>${choicesOf(shot).map(({ id, source, help }) => html`<div key=${id}>
      <dt><button class="plain" aria-pressed=${idOf(stage.source) === id} onClick=${() => stage.setSource(source)}>${titleOf(source, shot)}</button></dt>
      <dd>${help}</dd></div>`)}</dl>
  </section>`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
