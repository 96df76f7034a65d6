/** The matte tool: brush and shapes on the frame in hand, carried to others, learnt by a net, put together. */

import { html, useCallback, useChange, useEffect, useMemo, usePage, useState } from "../core/view.js";
import { useMatteCommands } from "./matte/commands.js";
import { MatteDesk } from "./matte/desk.js";
import { DrawPanel } from "./matte/draw_panel.js";
import { EdgePanel } from "./matte/edge_panel.js";
import { ExpressionPanel } from "./matte/expression_panel.js";
import { FramePanel } from "./matte/frame_panel.js";
import { MatteJobs } from "./matte/jobs.js";
import { LayersPanel, useMattes } from "./matte/layers_panel.js";
import { NetPanel } from "./matte/net_panel.js";
import { CHOICE, PropagatePanel, specOf } from "./matte/propagate_panel.js";
import { ShapesPanel } from "./matte/shapes_panel.js";
import { usePlan } from "./plan.js";

/** @type {WeakMap<MatteDesk, MatteJobs>} */
const JOBS = new WeakMap();

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("../viewer/stage.js").Stage }} props */
export function MatteTool({ shot, stage }) {
  const { tell } = usePage();
  const desk = useMemo(() => MatteDesk.of(shot, stage), [shot, stage]);
  desk.tell = tell;
  const jobs = useMemo(() => jobsOf(desk), [desk]);
  useEffect(() => desk.enter(), [desk]);
  useChange(desk, "change");
  useChange(jobs, "change");
  useChange(shot, "frame", "revision", "timeline", "track", "inout");
  const plan = usePlan(shot);
  const mattes = useMattes(shot, jobs);
  const [choice, setChoice] = useState(CHOICE);
  const propagate = useCallback(() => {
    desk.endDrawing();
    if (jobs.working("propagate")) return tell("A propagation is under way already");
    desk.try(jobs.start("propagate", specOf(shot, choice)));
  }, [desk, jobs, choice]);
  useMatteCommands(desk, propagate);
  const choose = (/** @type {Partial<typeof CHOICE>} */ change) => setChoice((all) => ({ ...all, ...change }));
  return html`<div class="matte column">
    <${DrawPanel} desk=${desk} />
    <${FramePanel} desk=${desk} plan=${plan} />
    <${Part} title="Shapes" count=${desk.shapes.keys.size} open><${ShapesPanel} desk=${desk} /></${Part}>
    <${Part} title="Propagate" open><${PropagatePanel} desk=${desk} jobs=${jobs} mattes=${mattes} choice=${choice} choose=${choose} start=${propagate} /></${Part}>
    <${Part} title="Layers" count=${mattes?.layers.length}><${LayersPanel} desk=${desk} mattes=${mattes} /></${Part}>
    <${Part} title="Matte net"><${NetPanel} desk=${desk} jobs=${jobs} mattes=${mattes} /></${Part}>
    <${Part} title="How it is made"><${ExpressionPanel} desk=${desk} plan=${plan} /></${Part}>
    <${Part} title="Edges"><${EdgePanel} desk=${desk} plan=${plan} /></${Part}>
  </div>`;
}

/** A part of the panel that opens and closes. @param {{ title: string, count?: number, open?: boolean, children?: unknown }} props */
function Part({ title, count = 0, open = false, children }) {
  return html`<details class="part" open=${open}><summary>${title}${count > 0 && html` <span class="quiet number">${count}</span>`}</summary>${children}</details>`;
}

/** @param {MatteDesk} desk */
function jobsOf(desk) {
  const known = JOBS.get(desk) ?? new MatteJobs(desk.shot);
  JOBS.set(desk, known);
  return known;
}
