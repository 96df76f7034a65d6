/** The bar below the picture: play controls, frame and timecode, what is looked at and how large. */

import { html, useChange, useEffect, usePage, useRef } from "../core/view.js";
import { TAKE_FRAME, takeName } from "../core/types.js";
import { timecodeOf } from "../core/time.js";
import { COMPARES } from "./look.js";
import { titleOf } from "./notices.js";
import { choicesOf, idOf, sourceOf } from "./sources.js";

/** Signs of the buttons, drawn in 16 by 16. */
const SIGNS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z", back: "M11 3v10L4 8z", play: "M4 2.5v11L13 8z", stop: "M3.5 3.5h9v9h-9z",
  forward: "M5 3v10l7-5z", last: "M11 3h2v10h-2zM3 3v10l7-5z",
  loop: "M8 3V1l3.5 3L8 7V5a3.5 3.5 0 1 0 3.5 3.5h2A5.5 5.5 0 1 1 8 3z",
};

/** @typedef {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage, player: import("./player.js").Player }} Props */

/** @param {Props} props */
export function FrameBar({ shot, stage, player }) {
  return html`<div class="frame-bar" role="toolbar" aria-label="Playing and looking">
    <${PlayControls} player=${player} stage=${stage} shot=${shot} />
    <${FrameNumber} shot=${shot} stage=${stage} />
    <${Rate} player=${player} />
    <span class="spread"></span>
    <${TakeState} shot=${shot} stage=${stage} />
    <${Pickers} shot=${shot} stage=${stage} />
  </div>`;
}

/** @param {{ name: keyof typeof SIGNS }} props */
function Sign({ name }) {
  return html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path fill="currentColor" d=${SIGNS[name]} /></svg>`;
}

/** @param {Props} props */
function PlayControls({ shot, stage, player }) {
  const { keys } = usePage();
  useChange(player, "state");
  /** @param {keyof typeof SIGNS} name  @param {string} title  @param {() => void} run */
  const button = (name, title, run) => html`<button class="plain icon" aria-label=${title} title="${title} (${keys.keyOf(`viewer.${name}`)})" onClick=${run}><${Sign} name=${name} /></button>`;
  const fast = Math.abs(player.speed) > 1 ? `${player.speed < 0 ? "−" : ""}${Math.abs(player.speed)}×` : player.speed < 0 ? "−1×" : "";
  return html`<div class="row tight">
    ${button("first", "First frame", () => shot.goTo(shot.inOut.first))}
    ${button("back", "Frame before", () => stage.step(-1))}
    <button class="icon play" aria-pressed=${player.playing} aria-label=${player.playing ? "Stop" : "Play"}
      title="${player.playing ? "Stop" : "Play"} (Space; J K L)" onClick=${() => player.toggle()}><${Sign} name=${player.playing ? "stop" : "play"} /></button>
    ${button("forward", "Frame after", () => stage.step(1))}
    ${button("last", "Last frame", () => shot.goTo(shot.inOut.last))}
    ${fast && html`<span class="number">${fast}</span>`}
    <button class="plain icon" aria-pressed=${player.loops} aria-label="Loop" title="Begin again at the end" onClick=${() => player.switch("loops")}><${Sign} name="loop" /></button>
    <button class="plain" aria-pressed=${player.everyFrame} onClick=${() => player.switch("everyFrame")}
      title=${player.everyFrame ? "Plays every frame, however long each takes" : "Plays in real time: late frames are left out and counted"}>
      ${player.everyFrame ? "every frame" : "real time"}</button>
  </div>`;
}

/** Written straight into the page: it changes with every frame that is played. @param {{ shot: Props["shot"], stage: Props["stage"] }} props */
function FrameNumber({ shot, stage }) {
  const number = useRef(/** @type {HTMLElement | null} */ (null));
  const code = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const write = () => {
      if (!number.current || !code.current) return;
      const { shownFrame } = stage;
      number.current.textContent = String(shownFrame);
      code.current.textContent = timecodeOf(shot.plate, shownFrame);
    };
    write();
    stage.addEventListener("shown", write);
    return () => stage.removeEventListener("shown", write);
  }, [shot, stage]);
  return html`<div class="row tight">
    <span class="frame-number mono" ref=${number} title="The frame on the screen" data-what="frame"></span>
    <span class="quiet mono" ref=${code} title="Timecode of the plate"></span>
  </div>`;
}

/** @param {{ player: Props["player"] }} props */
function Rate({ player }) {
  useChange(player, "rate", "state");
  if (!player.playing && !player.dropped) return null;
  return html`<span class="number quiet rate">
    ${player.playing && player.fps > 0 && html`${player.fps.toFixed(1)} fps `}
    ${player.dropped > 0 && html`<span class="bad" title="Frames that came too late in this run">● ${player.dropped} dropped</span>`}</span>`;
}

/** @param {{ shot: Props["shot"], stage: Props["stage"] }} props */
function TakeState({ shot, stage }) {
  useChange(stage, "shown");
  useChange(shot, "take");
  if (!shot.take) return null;
  const name = takeName(shot.take);
  const said = {
    [TAKE_FRAME.missing]: ["quiet", `not in ${name}`], [TAKE_FRAME.current]: ["good", `${name} is up to date`],
    [TAKE_FRAME.changed]: ["warn", `changed since ${name}`],
  }[shot.takeState(stage.shownFrame)];
  return said ? html`<span class="take-state ${said[0]}">${said[1]}</span>` : null;
}

/** @param {{ shot: Props["shot"], stage: Props["stage"] }} props */
function Pickers({ shot, stage }) {
  const { look } = stage;
  useChange(stage, "source", "view", "overlay");
  useChange(shot, "take", "models");
  useChange(look, "change");
  return html`<div class="row tight pickers">
    <select aria-label="What is looked at" title="What is looked at (arrow up and down)" value=${idOf(stage.source)}
      onChange=${(/** @type {any} */ event) => stage.setSource(sourceOf(event.target.value))}>
      ${choicesOf(shot).map(({ id, source }) => html`<option value=${id} key=${id}>${titleOf(source, shot)}</option>`)}
    </select>
    <select aria-label="Comparison" title="Comparison (W wipe, D difference)" value=${look.compare}
      onChange=${(/** @type {any} */ event) => look.set({ compare: event.target.value })}>
      ${COMPARES.map(({ id, title }) => html`<option value=${id} key=${id}>${title}</option>`)}
    </select>
    <button aria-pressed=${stage.overlay} title="Matte in green over the picture (O)" onClick=${() => stage.setOverlay(!stage.overlay)}>Matte</button>
    <${Zoom} stage=${stage} />
  </div>`;
}

/** @param {{ stage: Props["stage"] }} props */
function Zoom({ stage }) {
  const pixels = stage.view.scale * stage.ratio; // device pixels to one of the plate
  const shown = `${Math.round(pixels * 100)} %`;
  const picked = (/** @type {any} */ event) => {
    const { value } = event.target;
    if (value === "fit") stage.fit();
    else if (value === "face") void stage.fitFace();
    else stage.zoomTo(Number(value) / stage.ratio);
    event.target.value = "now";
  };
  return html`<select class="zoom" aria-label="Size of the picture" title="Size of the picture (F fits it, the wheel zooms)" value="now" onChange=${picked}>
    <option value="now" disabled hidden>${stage.place.fitted ? `Fit ${shown}` : shown}</option>
    <option value="fit">Fit</option><option value="face">Face</option>
    <option value="0.5">1:2</option><option value="1">1:1</option><option value="2">2:1</option><option value="4">4:1</option><option value="8">8:1</option>
  </select>`;
}
