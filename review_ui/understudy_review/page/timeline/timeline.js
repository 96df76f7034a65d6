/** The foot of the shot room: what to do next, the timeline, the filmstrip. */

import { html, useChange, useEffect, useMemo, usePage, useState } from "../core/view.js";
import { Band } from "./band.js";
import { useTimelineCommands } from "./commands.js";
import { GoDialog, NoteDialog } from "./dialogs.js";
import { Filmstrip, stripHeight } from "./filmstrip.js";
import { FILTERS } from "./filters.js";
import { keep, kept } from "../core/kept.js";
import { NotesList, Threshold, TroubleList } from "./lists.js";
import { markOf, notesOf } from "./marks.js";
import { Span } from "./span.js";
import { Thumbnails } from "./thumbnails.js";
import { Trouble } from "./trouble.js";
import { TakeWork, useTakeJobs } from "./work.js";

const SIZES = [["0", "No filmstrip"], ["40", "Small"], ["60", "Middle"], ["96", "Large"], ["140", "Huge"]];
const STEPS = [1, 2, 5, 10, 25, 50, 100, 250];

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage }} props */
export function Timeline({ shot, stage }) {
  const span = useMemo(() => new Span(shot.range), [shot]);
  const trouble = useMemo(() => new Trouble(shot), [shot]);
  const thumbs = useMemo(() => new Thumbnails(shot), [shot]);
  useEffect(() => () => {
    trouble.close();
    thumbs.close();
  }, [shot]);
  const [dialog, ask] = useState(/** @type {"note" | "go" | null} */ (null));
  const [list, setList] = useKept("list", "");
  const [size, setSize] = useKept("size", innerHeight < 850 ? "40" : innerHeight < 1500 ? "60" : "96");
  const [pictures, setPictures] = useKept("pictures", "take");
  const [filter, setFilter] = useState("all");
  const [step, setStep] = useState(1);
  const jobs = useTakeJobs(shot);
  useTimelineCommands(shot, trouble, ask);
  const strip = { filter, setFilter, step, setStep, size, setSize, pictures, setPictures };
  return html`<div class="timeline ${list && "listed"}">
    <div class="timeline-bar" onMouseDown=${keepFocus}>
      <${TroubleBar} shot=${shot} trouble=${trouble} list=${list} setList=${setList} />
      <${MarkBar} shot=${shot} />
      <${RangeBar} shot=${shot} span=${span} />
      <${TakeWork} shot=${shot} jobs=${jobs} />
      <span class="spread"></span>
      <${StripBar} ...${strip} />
    </div>
    <div class="timeline-main">
      <${Band} shot=${shot} stage=${stage} span=${span} trouble=${trouble} />
      ${size !== "0" && html`<${Filmstrip} shot=${shot} trouble=${trouble} thumbs=${thumbs} source=${pictures}
        filter=${filter} step=${step} height=${stripHeight(Number(size), shot.plate)} />`}
    </div>
    ${list && html`<div class="timeline-list" role="region" aria-label=${list === "notes" ? "Notes" : "Trouble"} tabindex="0" onMouseDown=${keepFocus}>
      ${list === "notes" ? html`<${NotesList} shot=${shot} />` : html`<${TroubleList} shot=${shot} trouble=${trouble} jobs=${jobs} />`}</div>`}
    ${dialog === "note" && html`<${NoteDialog} shot=${shot} onClose=${() => ask(null)} />`}
    ${dialog === "go" && html`<${GoDialog} shot=${shot} onClose=${() => ask(null)} />`}
  </div>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, trouble: Trouble, list: string, setList: (list: string) => void }} props */
function TroubleBar({ shot, trouble, list, setList }) {
  const { keys } = usePage();
  useChange(trouble, "change");
  useChange(shot, "timeline");
  const left = trouble.open.length;
  const words = !trouble.measured ? "not measured" : left ? `${left} of ${trouble.spots.length} open` : `all ${trouble.spots.length} settled`;
  const toggle = (/** @type {string} */ name) => () => setList(list === name ? "" : name);
  return html`<div class="row" role="group" aria-label="Trouble">
    <button class="small" aria-label="Previous trouble" title=${titled(keys, "Previous trouble", "trouble.previous")} onClick=${() => keys.run("trouble.previous")}>◂</button>
    <button class="small" aria-pressed=${list === "trouble"} title="The worst frames and why" onClick=${toggle("trouble")}>
      Trouble <span class="quiet number">${words}</span></button>
    <button class="small" aria-label="Next trouble" title=${titled(keys, "Next trouble", "trouble.next")} onClick=${() => keys.run("trouble.next")}>▸</button>
    <${Threshold} trouble=${trouble} />
    <button class="small" aria-pressed=${list === "notes"} title="What was written on frames" onClick=${toggle("notes")}>
      Notes <span class="quiet number">${notesOf(shot).length}</span></button>
  </div>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot }} props */
function MarkBar({ shot }) {
  const { keys } = usePage();
  useChange(shot, "frame", "timeline");
  const mark = markOf(shot, shot.frame);
  const command = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ title, /** @type {string} */ pressed) => html`
    <button class="small mark-${pressed}" aria-pressed=${mark === pressed} title=${titled(keys, title, id)} onClick=${() => keys.run(id)}>${name}</button>`;
  return html`<div class="row" role="group" aria-label="Frame ${shot.frame}">
    ${command("mark.approve", "✓ Approve", "Approve and go to the next trouble", "approved")}
    ${command("mark.flag", "⚑ Flag", "Flag with a note", "flagged")}
    ${command("mark.hold", "‖ Hold", "Hold the plate: nothing is replaced", "hold_plate")}
  </div>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, span: Span }} props */
function RangeBar({ shot, span }) {
  const { keys } = usePage();
  useChange(shot, "inout");
  const { first, last } = shot.inOut;
  const part = first !== shot.range.first || last !== shot.range.last;
  return html`<div class="row" role="group" aria-label="In and out">
    <button class="small" aria-label="In here" title=${titled(keys, "In here", "range.in")} onClick=${() => keys.run("range.in")}>[</button>
    <button class="small number ${part ? "" : "plain"}" title=${part ? "Show in to out" : "The whole shot; Shift and drag on the timeline picks a part"}
      onClick=${() => span.show(first, last - first + 1)}>${first}–${last}</button>
    <button class="small" aria-label="Out here" title=${titled(keys, "Out here", "range.out")} onClick=${() => keys.run("range.out")}>]</button>
    ${part && html`<button class="small plain" aria-label="The whole shot" title=${titled(keys, "The whole shot", "range.reset")} onClick=${() => keys.run("range.reset")}>✕</button>`}
  </div>`;
}

/**
 * @param {{ filter: string, setFilter: (filter: string) => void, step: number, setStep: (step: number) => void,
 *   size: string, setSize: (size: string) => void, pictures: string, setPictures: (pictures: string) => void }} props
 */
function StripBar({ filter, setFilter, step, setStep, size, setSize, pictures, setPictures }) {
  const choice = (/** @type {string} */ title, /** @type {unknown} */ value, /** @type {(value: any) => void} */ then, /** @type {(string | number)[][]} */ choices) => html`
    <label class="field"><span>${title}</span>
      <select value=${value} onChange=${(/** @type {any} */ event) => then(event.target.value)}>
        ${choices.map(([each, words]) => html`<option value=${each}>${words}</option>`)}</select></label>`;
  return html`<div class="row" role="group" aria-label="Filmstrip">
    <select class="small" aria-label="Frames of the filmstrip" value=${filter} onChange=${(/** @type {any} */ event) => setFilter(event.target.value)}>
      ${Object.entries(FILTERS).map(([name, { title }]) => html`<option value=${name}>${title}</option>`)}</select>
    <button class="small" popovertarget="filmstrip-menu" title="Size, pictures and steps of the filmstrip">Strip ▴</button>
    <div id="filmstrip-menu" class="filmstrip-menu" popover="auto">
      ${choice("Size", size, setSize, SIZES)}
      ${choice("Pictures", pictures, setPictures, [["take", "Replaced"], ["plate", "Plate"]])}
      ${choice("Frames", step, (value) => setStep(Number(value)), STEPS.map((every) => [every, every === 1 ? "each" : `1 in ${every}`]))}
    </div>
  </div>`;
}

/** A button that is clicked does not take the keys: Enter goes on approving. @param {MouseEvent} event */
function keepFocus(event) {
  if (/** @type {HTMLElement} */ (event.target).closest("button")) event.preventDefault();
}

/** @param {import("../core/keys.js").Keymap} keys  @param {string} title  @param {string} command */
function titled(keys, title, command) {
  const key = keys.keyOf(command);
  return key ? `${title} (${key})` : title;
}

/** @param {string} name  @param {string} otherwise  @returns {[string, (value: string) => void]} */
function useKept(name, otherwise) {
  const [value, setValue] = useState(() => kept(`timeline.${name}`, otherwise));
  return [value, (next) => {
    keep(`timeline.${name}`, next);
    setValue(next);
  }];
}
