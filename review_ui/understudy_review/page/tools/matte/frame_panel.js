/** The frame in hand: where its matte comes from, and what can be taken over from other frames. */

import { MATTE_STATES } from "../../core/types.js";
import { html, useState } from "../../core/view.js";
import { rangeOf, WhichFrames } from "./frames.js";

const STATES = /** @type {Record<string, [string, string]>} */ ({
  machine: ["machine", "Nobody has touched the matte of this frame."],
  propagated: ["propagated", "A layer takes part in the matte of this frame."],
  interpolated: ["interpolated", "A shape stands here between its keys."],
  keyed: ["keyed", "An artist made the matte of this very frame."],
});

/** @param {{ desk: import("./desk.js").MatteDesk, plan: import("../../core/types.js").FramePlan | null }} props */
export function FramePanel({ desk, plan }) {
  const { shot } = desk;
  const [which, setWhich] = useState(/** @type {import("./frames.js").Which} */ ("frame"));
  const { frame } = shot;
  const state = plan?.matte ?? MATTE_STATES[shot.timeline.matteStates[frame - shot.timeline.first]] ?? "machine";
  const [name, words] = STATES[state];
  const drawn = plan ? [counted(plan.strokes.length, "stroke"), counted(plan.shapes.length, "shape"), ...plan.layers.map((layer) => `layer ${layer.name}`)].filter(Boolean).join(", ") : "";
  const work = (/** @type {Promise<unknown>} */ doing) => desk.try(doing);
  return html`<section class="column" aria-label="This frame">
    <div class="row"><h2>Frame ${frame}</h2><span class="badge matte-state ${state}">${name}</span></div>
    <p role="status">${words}${drawn && html` <span class="quiet">On it: ${drawn}.</span>`}</p>
    ${plan?.hold && html`<p class="warn">The plate is held here: nothing is replaced.</p>`}
    <div class="row wrap">
      <button title="Shift+C" onClick=${() => work(desk.copyFrom(frame - 1))}>From previous</button>
      <button title="Shift+V" onClick=${() => work(desk.copyFrom(frame + 1))}>From next</button>
      <button title="Ctrl+C" onClick=${() => work(desk.copy())}>Copy</button>
      <button title="Ctrl+V" disabled=${!desk.copied} onClick=${() => work(desk.paste())}>Paste${desk.copied && ` ${desk.copied.frame}`}</button>
    </div>
    <div class="row">
      <${WhichFrames} shot=${shot} label="Clear" value=${which} onChange=${setWhich} />
      <button title="Strokes, shapes and layers go off these frames" onClick=${() => desk.clear(rangeOf(shot, which))}>Clear</button>
    </div>
    <div><button onClick=${() => desk.trace()} title="Traces the matte at one half; the outline then makes the matte of this frame">Matte to shapes</button></div>
  </section>`;
}

/** @param {number} count  @param {string} name */
function counted(count, name) {
  return count ? `${count} ${name}${count > 1 ? "s" : ""}` : "";
}
