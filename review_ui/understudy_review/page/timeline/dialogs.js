/** The two small questions of the timeline: what to say of a frame, and which frame to go to. */

import { frameAtTimecode, timecodeOf } from "../core/time.js";
import { html, usePage, useState } from "../core/view.js";
import { Dialog } from "../parts/dialog.js";
import { markFrames, markOf, rangeInHand, rangeWords } from "./marks.js";

const CHOICES = [["flagged", "Flag it"], ["approved", "Approve it"], ["hold_plate", "Hold the plate"], ["none", "Nothing"]];

/** @param {{ shot: import("../core/shot.js").OpenShot, onClose: () => void }} props */
export function NoteDialog({ shot, onClose }) {
  const { tell } = usePage();
  const before = shot.timeline.notes[shot.frame];
  const standing = markOf(shot, shot.frame);
  const [note, setNote] = useState(before?.note ?? "");
  const [mark, setMark] = useState(standing === "none" ? "flagged" : standing);
  const part = rangeInHand(shot);
  const [wide, setWide] = useState(false);
  const range = wide ? part : { first: shot.frame, last: shot.frame };
  const said = (/** @type {Event} */ event) => {
    event.preventDefault();
    markFrames(shot, range, mark, mark === "none" ? "" : note.trim()).catch((error) => tell("", { error }));
    onClose();
  };
  const quick = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && said(event);
  return html`<${Dialog} title="Frame ${shot.frame}" onClose=${onClose}>
    <form class="column note-dialog" onSubmit=${said} onKeyDown=${quick}>
      <label class="field"><span>Note</span>
        <textarea rows="3" maxlength="4000" autofocus value=${note} disabled=${mark === "none"}
          onInput=${(/** @type {any} */ event) => setNote(event.target.value)}></textarea></label>
      ${before?.author && html`<p class="quiet">${before.author} said this last.</p>`}
      <div class="row wrap" role="radiogroup" aria-label="Mark">${CHOICES.map(([value, title]) => html`
        <label class="inline"><input type="radio" name="mark" value=${value} checked=${mark === value} onChange=${() => setMark(value)} />${title}</label>`)}
      </div>
      ${part.first !== part.last && html`<label class="inline"><input type="checkbox" checked=${wide}
        onChange=${(/** @type {any} */ event) => setWide(event.target.checked)} />all of ${rangeWords(part)} (in to out)</label>`}
      <div class="actions"><button type="button" onClick=${onClose}>Cancel</button>
        <button class="primary" title="Ctrl+Enter">Keep</button></div>
    </form>
  </${Dialog}>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, onClose: () => void }} props */
export function GoDialog({ shot, onClose }) {
  const [text, setText] = useState("");
  const frame = frameMeant(shot, text);
  const timecode = frame === null ? "" : timecodeOf(shot.plate, frame);
  const go = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (frame === null) return;
    shot.goTo(frame);
    onClose();
  };
  return html`<${Dialog} title="Go to" onClose=${onClose}>
    <form class="column" onSubmit=${go}>
      <label class="field"><span>Frame, timecode, or +12, -3</span>
        <input autofocus value=${text} autocomplete="off" aria-describedby="go-meant"
          onInput=${(/** @type {any} */ event) => setText(event.target.value)} /></label>
      <p id="go-meant" class="quiet number">${meantWords(shot, text, frame, timecode)}</p>
      <div class="actions"><button type="button" onClick=${onClose}>Cancel</button>
        <button class="primary" disabled=${frame === null}>Go</button></div>
    </form>
  </${Dialog}>`;
}

/**
 * The frame that "1042", "01:00:01:12", "+12" or "-3" means, or null when it is none of the shot.
 * @param {import("../core/shot.js").OpenShot} shot  @param {string} text
 */
export function frameMeant(shot, text) {
  const said = text.trim();
  const relative = /^[+-]\d+$/.test(said) && !(said.startsWith("-") && shot.range.first < 0);
  const frame = relative ? shot.frame + Number(said)
    : /^-?\d+$/.test(said) ? Number(said) : frameAtTimecode(shot.plate, said);
  return frame !== null && frame >= shot.range.first && frame <= shot.range.last ? frame : null;
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {string} text  @param {number | null} frame  @param {string} timecode */
function meantWords(shot, text, frame, timecode) {
  const { first, last } = shot.range;
  if (frame !== null) return `frame ${frame}${timecode ? `, ${timecode}` : ""}`;
  return text.trim() ? `not a frame of this shot (${first}–${last})` : `${first}–${last}`;
}
