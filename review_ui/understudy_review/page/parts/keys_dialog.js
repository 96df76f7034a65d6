/** All commands with their keys, on `?`; each can be given another key. */

import { html, useChange, useCommands, useState, usePage } from "../core/view.js";
import { keyName } from "../core/keys.js";
import { Dialog } from "./dialog.js";

const MODIFIERS = ["Control", "Shift", "Alt", "Meta"];

/** A key as it is printed on keyboards. @param {string} key */
function inSigns(key) {
  return key.replace("ArrowLeft", "←").replace("ArrowRight", "→").replace("ArrowUp", "↑").replace("ArrowDown", "↓");
}

export function KeysDialog() {
  const { keys } = usePage();
  const [shown, show] = useState(false);
  const [waiting, setWaiting] = useState("");
  useChange(keys, "change");
  useCommands(() => [
    { id: "page.keys", title: "Show all keys", group: "Page", keys: ["?"], run: () => show(true) },
  ], []);
  if (!shown) return null;

  const groups = Map.groupBy(keys.commands, (command) => command.group);
  const conflicts = new Set([...keys.conflicts].flatMap(([, commands]) => commands.map((command) => command.id)));
  /** @param {KeyboardEvent} event  @param {string} id */
  const given = (event, id) => {
    if (MODIFIERS.includes(event.key) || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") keys.remap(id, [keyName(event)]);
    setWaiting("");
  };
  return html`<${Dialog} title="Keys" onClose=${() => show(false)}>
    <p class="quiet">Press a command's key to give it another one. Commands that share a key are marked.</p>
    ${[...groups].map(([group, commands]) => html`<section key=${group}>
      <h3>${group}</h3>
      <table><tbody>${commands.map((command) => html`<tr key=${command.id}>
        <td>${command.title}</td>
        <td>
          <button aria-label="Key for ${command.title}" aria-pressed=${waiting === command.id}
            onClick=${() => setWaiting(command.id)}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => waiting === command.id && given(event, command.id)}>
            ${waiting === command.id ? "press a key …" : keys.keysOf(command).map(inSigns).join(" or ") || "none"}
          </button>
          ${conflicts.has(command.id) && html` <span class="warn">shared</span>`}
        </td>
        <td>${keys.isRemapped(command.id) && html`<button class="plain" onClick=${() => keys.remap(command.id, null)}>default</button>`}</td>
      </tr>`)}</tbody></table>
    </section>`)}
    <div class="actions"><button class="primary" onClick=${() => show(false)}>Close</button></div>
  </${Dialog}>`;
}
