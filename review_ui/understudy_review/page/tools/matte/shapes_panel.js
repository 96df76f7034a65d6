/** The shot's shapes with their keys, and what the one in hand is like. */

import { INTERPOLATIONS } from "../../core/types.js";
import { html, useState } from "../../core/view.js";
import { Slider } from "../../parts/slider.js";
import { badName, nearestKey } from "./shape_keys.js";
import { firstCrossing } from "./outline.js";


/** @param {{ desk: import("./desk.js").MatteDesk }} props */
export function ShapesPanel({ desk }) {
  const { shapes, shot } = desk;
  const here = new Map(shapes.list.map((shape) => [shape.name, shape]));
  const names = [...new Set([...shapes.keys.keys(), ...here.keys()])];
  const elsewhere = shapes.unsent.filter(({ frame }) => frame !== shot.frame);
  const pick = (/** @type {string} */ name) => {
    if (!here.has(name)) shot.goTo(nearestKey(shapes.keys.get(name), shot.frame)?.frame ?? shot.frame);
    shapes.select(name);
    desk.setMode("edit");
  };
  return html`<div class="column">
    ${elsewhere.map(({ frame, name }) => html`<p class="warn" role="alert">${name} crosses itself on frame ${frame} and is not saved there.
      <button onClick=${() => { shot.goTo(frame); shapes.select(name); desk.setMode("edit"); }}>Go there</button></p>`)}
    ${!names.length && html`<p class="quiet">No shapes yet. P draws a polygon, Shift+P a spline.</p>`}
    <ul class="shape-list">${names.map((name) => {
      const shape = here.get(name);
      const mode = shape?.mode ?? nearestKey(shapes.keys.get(name), shot.frame)?.mode;
      return html`<li key=${name}>
        <button class="plain" aria-pressed=${shapes.selected === name} onClick=${() => pick(name)}>
          <span class=${mode === "include" ? "good" : "bad"} aria-label=${mode}>${mode === "include" ? "+" : "−"}</span> ${name}
          <span class="quiet">${!shape ? "not on this frame" : shape.keyed ? "keyed here" : "between keys"}</span></button>
        <${Keys} desk=${desk} name=${name} />
      </li>`;
    })}</ul>
    <div><button onClick=${() => desk.addShape()} title="A round one over the face; move its points or all of it">Add a round shape</button></div>
    ${shapes.inHand && html`<${InHand} key=${shapes.inHand.name} desk=${desk} shape=${shapes.inHand} />`}
  </div>`;
}

/** A shape's keyed frames; a click goes there. @param {{ desk: import("./desk.js").MatteDesk, name: string }} props */
function Keys({ desk, name }) {
  const frames = [...(desk.shapes.keys.get(name)?.keys() ?? [])].sort((a, b) => a - b);
  const shown = frames.length > 14 ? [...frames.slice(0, 7), ...frames.slice(-7)] : frames;
  return html`<span class="keys" role="group" aria-label="Keys of ${name}">${shown.map((frame, at) => html`
    ${frames.length > 14 && at === 7 && html`<span class="quiet">…</span>`}
    <button class="plain key number" aria-current=${frame === desk.shot.frame ? "true" : null} aria-label="Key of ${name} on frame ${frame}" onClick=${() => desk.shot.goTo(frame)}>◆${frame}</button>`)}</span>`;
}

/** @param {{ desk: import("./desk.js").MatteDesk, shape: import("../../core/types.js").Shape }} props */
function InHand({ desk, shape }) {
  const { shapes, shot } = desk;
  const [name, setName] = useState(shape.name);
  const [feather, setFeather] = useState(/** @type {number | null} */ (null));
  const key = nearestKey(shapes.keys.get(shape.name), shot.frame);
  const crossing = firstCrossing(shape.points);
  const carrier = key?.follow === "face" ? `face ${key.track}` : "plate";
  const tracks = [...new Set([...shot.tracks.map(({ track }) => track), ...(key?.follow === "face" ? [key.track] : [])])];
  const problem = name === shape.name ? "" : shapes.keys.has(name) ? "Another shape has this name." : badName(name);
  const selected = shapes.points.size;
  /** @param {string} to */
  const carry = (to) => desk.try(shapes.change(shape, to === "plate" ? { follow: "plate" } : { follow: "face", track: Number(to.split(" ")[1]) }));
  return html`<fieldset class="column"><legend>${shape.name}: ${shape.points.length / 2} points${selected > 0 && `, ${selected} selected`}</legend>
    ${crossing && html`<p class="bad" role="alert">It crosses itself between points ${crossing[0] + 1} and ${crossing[1] + 1}, so it is not saved: move a point.
      <button onClick=${() => shapes.revert(shape.name)}>As it was</button></p>`}
    <div class="row">
      <label class="choice"><span>Name</span><input value=${name} maxlength="40" onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
      <button disabled=${name === shape.name || problem !== ""} onClick=${() => desk.try(shapes.rename(shape, name))}>Rename</button>
    </div>
    ${problem && html`<p class="bad">${problem}</p>`}
    <label class="choice"><span>Does</span><select value=${shape.mode} onChange=${(/** @type {any} */ event) => desk.try(shapes.change(shape, { mode: event.target.value }))}>
      <option value="include">include: replaced here</option><option value="exclude">exclude: the plate stays</option></select></label>
    <label class="choice"><span>Outline</span><select value=${shape.curve} onChange=${(/** @type {any} */ event) => desk.try(shapes.change(shape, { curve: event.target.value }))}>
      <option value="polygon">polygon</option><option value="spline">spline</option></select></label>
    <label class="choice"><span>Carried by</span><select value=${carrier} onChange=${(/** @type {any} */ event) => carry(event.target.value)}>
      <option value="plate">the plate: it stands still</option>
      ${tracks.map((track) => html`<option value="face ${track}">the face of track ${track}</option>`)}</select></label>
    <label class="choice"><span>To next key</span><select value=${key?.interpolation ?? "linear"}
      onChange=${(/** @type {any} */ event) => desk.try(shapes.key(shape, { interpolation: event.target.value }))}>
      ${INTERPOLATIONS.map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></label>
    <${Slider} label="Feather" unit="px" value=${feather ?? shape.feather_px} least=${0} most=${(feather ?? shape.feather_px) > 100 ? 1000 : 100} step=${0.5}
      onInput=${(/** @type {number} */ value) => { setFeather(value); shapes.draft({ ...shape, feather_px: value }); }}
      onChange=${(/** @type {number} */ value) => { setFeather(null); desk.try(shapes.key({ ...shape, feather_px: value })); }} />
    <div class="row wrap">
      <button disabled=${shape.keyed} onClick=${() => desk.try(shapes.key(shape))}>Key here</button>
      <button disabled=${!shape.keyed} onClick=${() => desk.try(shapes.removeKey(shape.name))}>Remove key</button>
      <button onClick=${() => desk.try(shapes.remove(shape.name, shot.inOut))} title="Off frames ${shot.inOut.first}–${shot.inOut.last}; its keys there go too">Off in to out</button>
      <button onClick=${() => desk.try(shapes.remove(shape.name, shot.range))}>Remove shape</button>
    </div>
  </fieldset>`;
}
