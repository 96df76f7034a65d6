/** All productions this room knows: open one, make one. */

import { path, send } from "../core/api.js";
import { html, useAnswer, useState, usePage } from "../core/view.js";
import { Bar } from "../parts/bar.js";

const STATES = { open: "open", closed: "not running", unreachable: "does not answer" };

export function ProductionsRoom() {
  const { canCreate } = usePage();
  const { data, error, loading, again } = useAnswer("/api/productions");
  const cards = /** @type {import("../core/types.js").ProductionCard[]} */ (data ?? []);
  return html`<${Bar} />
    <main class="room"><div class="page">
      <h1>Productions</h1>
      ${error && html`<p class="bad" role="alert">${error.message}</p>`}
      ${!loading && !cards.length && html`<p class="quiet">A production holds the people, their consent, the footage and everything made from it.
        ${canCreate && " Make one to begin; three steps lead through the rest."}</p>`}
      <ul class="cards">${cards.map((card) => html`<li key=${card.key}><${Card} card=${card} opened=${again} /></li>`)}</ul>
      ${canCreate && html`<${NewProduction} />`}
    </div></main>`;
}

/** @param {{ card: import("../core/types.js").ProductionCard, opened: () => void }} props */
function Card({ card, opened }) {
  const { go, tell } = usePage();
  const [opening, setOpening] = useState(false);
  const open = async () => {
    setOpening(true);
    try {
      if (card.state !== "open") await send(path`/api/productions/${card.key}/open`);
      go(path`/p/${card.key}`);
    } catch (error) {
      tell("", { error });
      setOpening(false);
      opened();
    }
  };
  return html`<button class="card production-card" onClick=${open} disabled=${opening}>
    <b>${card.name}</b>
    <span class="quiet">${card.folder}</span>
    <span class=${card.state === "unreachable" ? "bad" : "quiet"}>${opening ? "starting its server, a few seconds …" : STATES[card.state]}</span>
  </button>`;
}

function NewProduction() {
  const { go, tell } = usePage();
  const [name, setName] = useState("");
  const [making, setMaking] = useState(false);
  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setMaking(true);
    try {
      const { key } = await send("/api/productions", { name: name.trim() });
      await send(path`/api/productions/${key}/open`);
      go(path`/p/${key}`);
    } catch (error) {
      tell("", { error });
      setMaking(false);
    }
  };
  return html`<form class="card row wrap" onSubmit=${make}>
    <label class="field spread"><span>Name of a new production, as consent records will say it</span>
      <input value=${name} required maxlength="200" onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>
    <button class="primary" disabled=${making || !name.trim()}>${making ? "Making it …" : "Make it"}</button>
  </form>`;
}
