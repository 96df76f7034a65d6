/** A production in three steps: footage and people, train, replace. */

import { html } from "../core/view.js";
import { WithProduction } from "../parts/with_production.js";
import { FootageStep } from "./production/footage.js";
import { ReplaceStep } from "./production/replace.js";
import { TrainStep } from "./production/train.js";

/** @param {{ production: string }} props */
export function ProductionRoom({ production: name }) {
  return html`<${WithProduction} name=${name} here="Steps">${(/** @type {import("../core/production.js").OpenProduction} */ production) => {
    const { footage, models, takes } = production;
    const learnt = new Set(footage.filter((shot) => shot.role === "learn" && shot.faces).map((shot) => shot.person_id));
    const steps = [
      { title: "Footage and people", done: learnt.size >= 2 && footage.some((shot) => shot.role === "plate" && shot.faces), part: FootageStep },
      { title: "Train", done: models.length > 0, part: TrainStep },
      { title: "Replace", done: takes.length > 0, part: ReplaceStep },
    ];
    const next = steps.findIndex((step) => !step.done);
    return html`<div class="page steps">${steps.map(({ title, done, part: Step }, at) => html`
      <section class="step" key=${title} aria-labelledby="step-${at}">
        <h2 id="step-${at}"><span class="step-number ${done ? "good" : at === next ? "next" : "quiet"}" aria-hidden="true">${done ? "✓" : at + 1}</span>
          ${title} ${done ? html`<span class="unseen">done</span>` : at === next ? html`<span class="badge">next</span>` : null}</h2>
        <${Step} production=${production} />
      </section>`)}</div>`;
  }}</${WithProduction}>`;
}
