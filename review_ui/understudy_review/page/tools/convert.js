/** The convert tool: settings for ranges tried on the frame in hand, rendering what changed, approving, delivering. */

import { path } from "../core/api.js";
import { html, useAnswer, useChange, useEffect, useMemo, usePage } from "../core/view.js";
import { Approve, Deliver } from "./convert/approve.js";
import { useShotJobs } from "./convert/jobs.js";
import { NewTake, Render } from "./convert/render.js";
import { RangeSettings } from "./convert/settings.js";
import { Strength } from "./convert/strength.js";
import { Trial } from "./convert/trial.js";

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage }} props */
export function ConvertTool({ shot, stage }) {
  const { tell } = usePage();
  useChange(shot, "frame", "revision", "timeline", "take", "models", "inout");
  const trial = useMemo(() => new Trial(shot, stage), [shot, stage]);
  useEffect(() => () => trial.close(), [trial]);
  useChange(trial, "change");
  const jobs = useShotJobs(shot);
  const { rendering } = jobs;
  useEffect(() => trial.setBase(rendering?.spec.settings ?? {}), [trial, rendering?.id]);
  const { data, error } = useAnswer(path`/api/p/${shot.production}/settings/convert`);
  const settings = /** @type {import("../core/types.js").Setting[]} */ (data?.settings ?? []);
  /** @type {import("./convert/settings.js").Send} */
  const send = async (actions) => {
    try {
      await shot.edit(actions);
      return true;
    } catch (problem) {
      if (/** @type {Error} */ (problem).name !== "EditConflict") tell("", { error: problem });
      return false;
    }
  };
  return html`<div class="convert column">
    ${error && html`<p class="bad" role="alert">${error.message}</p>`}
    <${RangeSettings} shot=${shot} trial=${trial} settings=${settings} send=${send} />
    <${Strength} shot=${shot} send=${send} />
    <${Render} shot=${shot} jobs=${jobs} />
    <${NewTake} shot=${shot} jobs=${jobs} settings=${settings.filter(({ adjustable }) => !adjustable)} />
    <${Approve} shot=${shot} send=${send} />
    <${Deliver} shot=${shot} jobs=${jobs} />
  </div>`;
}
