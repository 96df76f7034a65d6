/** How the matte is made, in words and as an expression that can be written anew for a range. */

import { html, useEffect, useState } from "../../core/view.js";
import { rangeOf, WhichFrames } from "./frames.js";
import { inWords, parsed, SOURCES } from "./expression.js";

/** @param {{ desk: import("./desk.js").MatteDesk, plan: import("../../core/types.js").FramePlan | null }} props */
export function ExpressionPanel({ desk, plan }) {
  const { shot } = desk;
  const made = plan?.expression ?? "";
  const [text, setText] = useState(made);
  const [which, setWhich] = useState(/** @type {import("./frames.js").Which} */ ("inout"));
  useEffect(() => setText(made), [made]);
  const layers = plan?.layers.map((layer) => layer.name) ?? [];
  const { steps, problem } = parsed(text, layers);
  const compose = (/** @type {string} */ expression) => desk.try(shot.edit([{ kind: "compose_matte", ...rangeOf(shot, which), expression }]));
  return html`<div class="column">
    <p>${inWords(problem ? parsed(made, layers).steps : steps)}</p>
    <label class="field"><span>Expression</span>
      <input class="mono" value=${text} maxlength="1000" spellcheck=${false} aria-invalid=${problem !== ""} aria-describedby="matte-problem"
        onInput=${(/** @type {any} */ event) => setText(event.target.value)} /></label>
    <p id="matte-problem" class=${problem ? "bad" : "quiet small"} role="status">${problem || "+ with, - without, & only where also; from left to right."}</p>
    <${WhichFrames} shot=${shot} value=${which} onChange=${setWhich} />
    <div class="row wrap">
      <button class="primary" disabled=${problem !== "" || text === made} onClick=${() => compose(text)}>Make it so</button>
      <button disabled=${text === made} onClick=${() => setText(made)}>As it is</button>
      <button onClick=${() => compose("")} title="Face, layers, what is drawn">Default again</button>
    </div>
    <dl class="sources">${Object.entries(SOURCES).map(([name, words]) => html`<dt class="mono">${name}</dt><dd class="quiet">${words}</dd>`)}
      ${plan?.layers.map(({ name }) => html`<dt class="mono">${name}</dt><dd class="quiet">a layer in use on this frame</dd>`)}</dl>
  </div>`;
}
