/** People and what they agreed to: what holds, what ends soon, what the gate says; and the custody log. */

import { send } from "../core/api.js";
import { localDay, stateOf } from "../core/production.js";
import { html, useAnswer, useState, usePage } from "../core/view.js";
import { ConsentDialog } from "../parts/consent_dialog.js";
import { ConsentNote, USES } from "../parts/consent_note.js";
import { Dialog } from "../parts/dialog.js";
import { WithProduction } from "../parts/with_production.js";

const STATES = { holds: "holds", soon: "ends soon", future: "has not begun", expired: "has ended", revoked: "withdrawn", missing: "" };
const LOG_PAGE = 50;

/** @typedef {import("../core/production.js").OpenProduction} OpenProduction */

/** @param {{ production: string }} props */
export function PeopleRoom({ production: name }) {
  return html`<${WithProduction} name=${name} here="People">${(/** @type {OpenProduction} */ production) => html`<div class="page">
    ${!production.people.length && html`<p class="quiet">Nobody yet. Add people in the first of the <a href="/p/${production.key}">three steps</a>.</p>`}
    ${production.people.map((person) => html`<${PersonRecord} key=${person.id} production=${production} person=${person} />`)}
    <${CustodyLog} production=${production} />
  </div>`}</${WithProduction}>`;
}

/** @param {{ production: OpenProduction, person: import("../core/types.js").Person }} props */
function PersonRecord({ production, person }) {
  const [asking, ask] = useState(false);
  const [revoking, revoke] = useState(/** @type {import("../core/types.js").Consent | null} */ (null));
  const records = production.consents.filter((consent) => consent.person_id === person.id);
  const today = localDay(new Date());
  const stateText = (/** @type {import("../core/types.js").Consent} */ record) => {
    const { state, days } = stateOf(record, today);
    const colour = { holds: "good", soon: "warn", future: "warn", expired: "bad", revoked: "bad", missing: "" }[state];
    return html`<span class=${colour}>${STATES[state]}${state === "soon" ? ` (${days} days)` : ""}</span>`;
  };
  return html`<section class="card column" aria-labelledby="person-${person.id}">
    <div class="row"><h2 class="spread" id="person-${person.id}">${person.name}</h2><button onClick=${() => ask(true)}>Record consent</button></div>
    <div class="uses">${Object.keys(USES).map((use) => html`<${ConsentNote} key=${use} production=${production} personId=${person.id} use=${use} />`)}</div>
    ${records.length > 0 && html`<table><thead><tr><th>State</th><th>Basis</th><th>Allows</th><th>Term</th><th>What was agreed</th><th><span class="unseen">Actions</span></th></tr></thead>
      <tbody>${records.map((record) => html`<tr key=${record.id}>
        <td>${stateText(record)}</td><td>${record.basis}</td><td>${record.uses.join(", ")}</td><td class="number">${record.valid_from} to ${record.valid_to}</td>
        <td>${record.description}${record.revoked_why && html`<br /><span class="bad">withdrawn: ${record.revoked_why}</span>`}</td>
        <td>${!record.revoked_at && html`<button class="plain bad" onClick=${() => revoke(record)}>Withdraw …</button>`}</td></tr>`)}</tbody></table>`}
    ${asking && html`<${ConsentDialog} production=${production} person=${person} onClose=${() => ask(false)} />`}
    ${revoking && html`<${RevokeDialog} production=${production} consent=${revoking} name=${person.name} onClose=${() => revoke(null)} />`}
  </section>`;
}

/** @param {{ production: OpenProduction, consent: import("../core/types.js").Consent, name: string, onClose: () => void }} props */
function RevokeDialog({ production, consent, name, onClose }) {
  const { tell } = usePage();
  const [why, setWhy] = useState("");
  const withdraw = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await send(`${production.place}/consents/${consent.id}/revoke`, { why: why.trim() });
      await production.refresh();
      onClose();
    } catch (error) {
      tell("", { error });
    }
  };
  return html`<${Dialog} title="Withdraw ${name}'s consent" onClose=${onClose}>
    <form onSubmit=${withdraw}>
      <p>From now on nothing rests on this record: running jobs that do are stopped, takes and previews that do are not shown any more, and nothing
        of it can be delivered. What was delivered already is outside this program. This cannot be taken back; a new consent can be recorded.</p>
      <label class="field"><span>Why, for the custody log</span><textarea rows="2" required value=${why} onInput=${(/** @type {any} */ event) => setWhy(event.target.value)}></textarea></label>
      <div class="actions"><button type="button" onClick=${onClose}>Keep it</button><button class="primary" disabled=${!why.trim()}>Withdraw it</button></div>
    </form>
  </${Dialog}>`;
}

/** @param {{ production: OpenProduction }} props */
function CustodyLog({ production }) {
  const [chosen, choose] = useState(-1); // -1: the last page
  const state = useAnswer(`${production.place}/custody/state`);
  const after = chosen >= 0 ? chosen : Math.max(0, (state.data?.entries ?? 0) - LOG_PAGE);
  const { data, error } = useAnswer(state.loading ? null : `${production.place}/custody?after=${after}&limit=${LOG_PAGE}`);
  const entries = /** @type {{ sequence: number, time: string, event: string, facts: Record<string, unknown> }[]} */ (data ?? []);
  return html`<section class="card column" aria-labelledby="custody">
    <div class="row"><h2 class="spread" id="custody">Custody log</h2>
      <button onClick=${() => { choose(-1); state.again(); }}>Verify</button>
      <button disabled=${after === 0} onClick=${() => choose(Math.max(0, after - LOG_PAGE))}>Earlier</button>
      <button disabled=${after + LOG_PAGE >= (state.data?.entries ?? 0)} onClick=${() => choose(after + LOG_PAGE)}>Later</button></div>
    <p class="quiet">Every decision about people, each line bound to the one before by its hash.</p>
    ${state.error ? html`<p class="bad" role="alert">${state.error.message}</p>`
      : state.data && html`<p class="good">The whole log of ${state.data.entries} entries was checked just now and is unbroken.</p>`}
    ${error && html`<p class="bad">${error.message}</p>`}
    <table><thead><tr><th>Nr</th><th>When</th><th>What</th><th>Particulars</th></tr></thead>
      <tbody>${entries.map((entry) => html`<tr key=${entry.sequence}><td class="number">${entry.sequence}</td><td class="number">${entry.time.slice(0, 19).replace("T", " ")}</td>
        <td class=${entry.event.endsWith("refused") ? "bad" : ""}>${entry.event}</td><td class="facts">${Object.entries(entry.facts).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}`).join("; ")}</td></tr>`)}</tbody></table>
  </section>`;
}
