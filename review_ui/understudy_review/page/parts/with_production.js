/** Opens a production for a room, says so when it cannot, and draws the room again when it changes. */

import { OpenProduction } from "../core/production.js";
import { html, useChange, useEffect, useState, usePage } from "../core/view.js";
import { Bar } from "./bar.js";

/**
 * @param {{ name: string, here: string, children: (production: OpenProduction) => unknown }} props
 * `here` is the room's name in the bar.
 */
export function WithProduction({ name, here, children: room }) {
  const { tell } = usePage();
  const [production, setProduction] = useState(/** @type {OpenProduction | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  useChange(production, "change");
  useEffect(() => {
    let gone = false;
    let opened = /** @type {OpenProduction | null} */ (null);
    OpenProduction.open(name).then((one) => {
      opened = one;
      if (gone) return one.close();
      one.addEventListener("problem", (event) => tell("", { error: /** @type {CustomEvent} */ (event).detail }));
      document.title = `${one.info.name} · ${here} · Understudy`;
      setProduction(one);
    }).catch(setError);
    return () => {
      gone = true;
      opened?.close();
    };
  }, [name]);
  const line = production && (!production.live.up ? "No line to the review room" : !production.live.backendUp ? "The backend does not answer; what runs goes on" : "");
  return html`<${Bar} production=${name} here=${here} title=${production?.info.name ?? ""}>
      ${line && html`<span class="warn" role="alert">${line}</span>`}
    </${Bar}>
    <main class="room">${production ? room(production)
      : error ? html`<p class="centre bad" role="alert">${error.message}</p>`
      : html`<p class="centre quiet">Opening the production; where its server does not run, starting it takes a few seconds …</p>`}</main>`;
}
