/** What the records say of one use of one person today, in words. */

import { html } from "../core/view.js";

export const USES = /** @type {Record<string, string>} */ ({
  train: "a model may learn this face",
  replace: "this performer's face may be replaced",
  likeness: "this likeness may be put in",
  deliver: "results may leave the house",
});

/** @param {{ production: import("../core/production.js").OpenProduction, personId: string, use: string }} props */
export function ConsentNote({ production, personId, use }) {
  const { state, until, days, marked } = production.consentFor(personId, use);
  const said = {
    holds: ["good", "✓", `until ${until}`],
    soon: ["warn", "!", days > 0 ? `ends in ${days} day${days === 1 ? "" : "s"}, on ${until}` : "ends today"],
    future: ["warn", "!", "has not begun yet"],
    expired: ["bad", "✕", `ended on ${until}`],
    revoked: ["bad", "✕", "was withdrawn"],
    missing: ["quiet", "–", "not agreed"],
  }[state];
  return html`<div class="row consent-note"><span class=${said[0]} aria-hidden="true">${said[1]}</span>
    <span>${USES[use] ?? use}</span><span class="spread ${said[0]}">${said[2]}</span>
    ${marked && html`<span class="badge warn" title="Footage under an evaluation licence: results are marked and stay in scratch">evaluation</span>`}</div>`;
}
