/** The bar on top of every room: where one is, and whose name edits carry. */

import { html, usePage, useState } from "../core/view.js";
import { Dialog } from "./dialog.js";

/** @param {{ production?: string, here?: string, title?: string, children?: unknown }} props */
export function Bar({ production, here = "", title = "", children }) {
  const page = usePage();
  const [asking, ask] = useState(false);
  const places = [["", "Steps"], ["/people", "People"], ["/faces", "Faces"], ["/jobs", "Jobs"]];
  return html`<header class="bar">
    <nav aria-label="Rooms">
      <a href="/" title="All productions" aria-label="All productions"><b>Understudy</b></a>
      ${production && places.map(([to, name]) => html`<a href="/p/${encodeURIComponent(production)}${to}" aria-current=${here === name ? "page" : null}>${name}</a>`)}
    </nav>
    ${title && html`<h1 class="bar-title">${title}</h1>`}
    ${children}
    <span class="spread"></span>
    <button class="plain" title="Whose name your edits carry" onClick=${() => ask(true)}>${page.author || "your name?"}</button>
    <button class="plain" aria-label="Keys" title="Keys (?)" onClick=${() => page.keys.run("page.keys")}>?</button>
    ${(asking || !page.author) && html`<${NameDialog} key=${asking} onClose=${() => ask(false)} />`}
  </header>`;
}

/** @param {{ onClose: () => void }} props */
function NameDialog({ onClose }) {
  const { author, setAuthor, tell } = usePage();
  const [name, setName] = useState(author);
  const said = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await setAuthor(name.trim());
      onClose();
    } catch (error) {
      tell("", { error });
    }
  };
  return html`<${Dialog} title="Your name" onClose=${onClose}>
    <form onSubmit=${said}>
      <p>Every edit is kept with the name of whoever made it.</p>
      <label class="field"><span>Name</span>
        <input value=${name} required maxlength="200" autofocus onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
      <div class="actions"><button class="primary" disabled=${!name.trim()}>Use this name</button></div>
    </form>
  </${Dialog}>`;
}
