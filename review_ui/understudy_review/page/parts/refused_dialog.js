/** Somebody else changed the same thing first: the artist sees whose change it is and decides, at once or after a look. */

import { html, useChange, usePage } from "../core/view.js";
import { Dialog } from "./dialog.js";

/**
 * @param {{ shot: import("../core/shot.js").OpenShot, later: string, setLater: (id: string) => void }} props
 * `later` is the change that is decided later: the dialog is closed meanwhile.
 */
export function RefusedDialog({ shot, later, setLater }) {
  const { tell } = usePage();
  useChange(shot, "save", "revision");
  const letter = shot.outbox.refused;
  if (!letter?.refused || letter.id === later) return null;
  const again = () => void shot.outbox.resend(shot.revision).catch((error) => tell("", { error }));
  const behind = shot.outbox.unsent - 1;
  const met = letter.refused.error === "EditConflict";
  return html`<${Dialog} title=${met ? "Somebody else changed this" : "The backend cannot take this change"} onClose=${() => setLater(letter.id)}>
    <p>${letter.refused.message}</p>
    <p class="quiet">Your change is kept.${met && " What they did is shown already."}
      ${behind > 0 && ` ${behind} later change${behind > 1 ? "s wait" : " waits"} behind it.`}</p>
    <div class="actions">
      <button onClick=${() => setLater(letter.id)}>Look first</button>
      <button onClick=${() => void shot.outbox.discard()}>Give mine up</button>
      <button class="primary" onClick=${again}>${met ? "Make mine on top of theirs" : "Try again"}</button>
    </div>
  </${Dialog}>`;
}
