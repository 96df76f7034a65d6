/** What has to be said over the picture: what it is, that it is a preview, that it is out of date or not there. */

import { html, useChange } from "../core/view.js";
import { TAKE_FRAME, takeName } from "../core/types.js";
import { choiceOf, isTake, same } from "./sources.js";

const PREVIEW = "Shown in 8-bit display colour. The files hold the final colour.";

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
export function Notices({ shot, stage }) {
  useChange(stage, "shown", "loading", "source", "overlay");
  useChange(stage.look, "change");
  useChange(shot, "take");
  return html`<div class="notices">
      ${labelsOf(stage).map(({ text, place }) => html`<span class="chip source ${place}" key=${place}>${text}</span>`)}
      <div class="notice-row">
        ${stage.loading && html`<span class="chip waiting" role="status"><span class="spinner"></span> loading ${shot.frame}</span>`}
        <${Words} shot=${shot} stage=${stage} />
      </div>
    </div>
    ${stage.problem && html`<${Problem} shot=${shot} stage=${stage} />`}`;
}

/** What a pane shows, in words. @param {import("./stage.js").Stage} stage */
function labelsOf(stage) {
  const { look, scene, shot } = stage;
  if (!scene) return [];
  const name = (/** @type {string} */ slot) => {
    const seen = scene.slots[slot];
    return seen ? titleOf(seen.source, shot) : "";
  };
  if (look.held) return [{ text: `B  ${name("a")}`, place: "top left" }];
  if (look.compare === "two") return [{ text: `A  ${name("a")}`, place: "top left" }, { text: `B  ${name("b")}`, place: "top middle" }];
  if (look.compare === "four") {
    return ["top left", "top middle", "centre left", "centre middle"].map((place, at) => ({ text: name("abcd"[at]), place }));
  }
  if (look.compare === "onion") return [{ text: `${name("a")}, ${scene.frame} with its neighbours`, place: "top left" }];
  if (look.compare !== "off") return [{ text: `A  ${name("a")}   B  ${name("b")}`, place: "top left" }];
  return [{ text: name("a"), place: "top left" }];
}

/** @param {import("./sources.js").LookedAt} source  @param {import("../core/shot.js").OpenShot} shot */
export function titleOf(source, shot) {
  const { title } = choiceOf(source);
  if (!isTake(source)) return title;
  const other = source.kind === "take" && source.take ? shot.takes.find(({ id }) => id === source.take) : null;
  const take = other ?? shot.take;
  return take ? title.replace("Take", takeName(take)).replace("of the take", `of ${takeName(take)}`) : title;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
function Words({ shot, stage }) {
  const { scene, look } = stage;
  if (!scene || stage.problem) return null;
  const { source } = scene.slots.a;
  const changed = isTake(source) && shot.takeState(scene.frame) === TAKE_FRAME.changed;
  const seen = Object.values(scene.slots).map((slot) => slot.source);
  const marked = shot.take?.marked && seen.some(isTake);
  return html`
    ${changed && html`<span class="chip warn">changed since ${takeName(/** @type {any} */ (shot.take))}
      <button class="plain" onClick=${() => stage.setSource({ kind: "preview", layer: "replaced" })}>See it now (V)</button></span>`}
    ${marked && html`<span class="chip warn" title="The licence of a person's footage allows evaluation only: every picture of this take is marked.">evaluation only</span>`}
    ${!look.isPlain && html`<span class="chip">${adjustmentsOf(look)}
      <button class="plain" aria-label="Exposure, gamma and channels as they are" onClick=${() => look.plain()}>✕</button></span>`}
    ${seen.some((one) => choiceOf(one).preview) && html`<span class="chip" title=${PREVIEW}>preview</span>`}`;
}

/** @param {import("./look.js").Look} look */
function adjustmentsOf(look) {
  const said = [];
  if (look.exposure) said.push(`${look.exposure > 0 ? "+" : "−"}${Math.abs(look.exposure).toFixed(1)} stops`);
  if (look.gamma !== 1) said.push(`gamma ${look.gamma.toFixed(2)}`);
  if (look.channel !== "all") said.push(look.channel.length === 1 ? `${look.channel.toUpperCase()} only` : look.channel);
  return said.join(", ");
}

/** @param {{ shot: import("../core/shot.js").OpenShot, stage: import("./stage.js").Stage }} props */
function Problem({ shot, stage }) {
  const now = /** @type {const} */ ({ kind: "preview", layer: "replaced" });
  const failed = stage.scene?.slots.a.source ?? stage.source;
  return html`<div class="no-picture" role="status">
    <p class="no-picture-words">${/** @type {Error} */ (stage.problem).message}</p>
    <div class="row">
      ${shot.model && !same(failed, now) && html`<button class="primary" onClick=${() => stage.setSource(now)}>See it now, with all edits (V)</button>`}
      ${failed.kind !== "plate" && html`<button onClick=${() => stage.setSource({ kind: "plate" })}>Show the plate</button>`}
      <button onClick=${() => stage.refresh()}>Try again</button>
    </div>
  </div>`;
}
