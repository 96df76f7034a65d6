/** The viewer's commands and their keys, as in the review tools that artists know. */

import { useCommands } from "../core/view.js";
import { CHANNELS } from "./look.js";
import { choicesOf, idOf, same } from "./sources.js";

/** @typedef {import("../core/keys.js").Command} Command */

/**
 * @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage
 * @param {import("./player.js").Player} player
 */
export function useViewerCommands(shot, stage, player) {
  useCommands(() => [...playing(shot, stage, player), ...placing(stage), ...looking(shot, stage)], [shot, stage, player]);
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage  @param {import("./player.js").Player} player  @returns {Command[]} */
function playing(shot, stage, player) {
  const group = "Play";
  /** @param {number} frames */
  const step = (frames) => (/** @type {KeyboardEvent | undefined} */ event) => {
    player.stop();
    stage.step(frames, event?.repeat);
  };
  /** @param {() => number} frame */
  const jump = (frame) => () => {
    player.stop();
    shot.goTo(frame());
  };
  return [
    { id: "viewer.play", title: "Play or stop", group, keys: ["Space"], run: () => player.toggle() },
    { id: "viewer.shuttle.forward", title: "Play forward, again: faster", group, keys: ["L"], run: () => player.shuttle(1) },
    { id: "viewer.shuttle.stop", title: "Stop", group, keys: ["K"], run: () => player.stop() },
    { id: "viewer.shuttle.back", title: "Play backward, again: faster", group, keys: ["J"], run: () => player.shuttle(-1) },
    { id: "viewer.forward", title: "Frame after", group, keys: ["ArrowRight"], run: step(1), repeats: true },
    { id: "viewer.back", title: "Frame before", group, keys: ["ArrowLeft"], run: step(-1), repeats: true },
    { id: "viewer.forward10", title: "Ten frames on", group, keys: ["Shift+ArrowRight"], run: step(10), repeats: true },
    { id: "viewer.back10", title: "Ten frames back", group, keys: ["Shift+ArrowLeft"], run: step(-10), repeats: true },
    { id: "viewer.first", title: "First frame (in)", group, keys: ["Home"], run: jump(() => (shot.frame > shot.inOut.first ? shot.inOut.first : shot.range.first)) },
    { id: "viewer.last", title: "Last frame (out)", group, keys: ["End"], run: jump(() => (shot.frame < shot.inOut.last ? shot.inOut.last : shot.range.last)) },
  ];
}

/** @param {import("./stage.js").Stage} stage  @returns {Command[]} */
function placing(stage) {
  const group = "View";
  /** @param {import("./pointers.js").Hold} hold  @returns {Pick<Command, "run" | "release">} */
  const held = (hold) => ({ run: () => stage.pointers.setHold(hold), release: () => stage.pointers.setHold(null) });
  return [
    { id: "viewer.fit", title: "Fit the picture", group, keys: ["F"], run: () => stage.fit() },
    { id: "viewer.fit_face", title: "Fit the face", group, keys: ["Shift+F"], run: () => void stage.fitFace() },
    { id: "viewer.one", title: "One pixel for one", group, keys: ["Alt+1"], run: () => stage.zoomTo(1 / stage.ratio) },
    { id: "viewer.two", title: "Two pixels for one", group, keys: ["Alt+2"], run: () => stage.zoomTo(2 / stage.ratio) },
    { id: "viewer.zoom", title: "Hold: drag zooms, click doubles", group, keys: ["Z"], ...held("zoom") },
    { id: "viewer.pan", title: "Hold: drag moves the picture", group, keys: ["X"], ...held("pan") },
    { id: "viewer.exposure", title: "Hold: move for exposure", group, keys: ["E"], ...held("exposure") },
    { id: "viewer.gamma", title: "Hold: move for gamma", group, keys: ["Y"], ...held("gamma") },
    { id: "viewer.plain", title: "Exposure, gamma, channels as they are", group, keys: ["Alt+0"], run: () => stage.look.plain() },
  ];
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage  @returns {Command[]} */
function looking(shot, stage) {
  const { look } = stage;
  const group = "Look";
  /** @param {number} by */
  const source = (by) => () => {
    const choices = choicesOf(shot);
    const at = choices.findIndex(({ id }) => id === idOf(stage.source));
    stage.setSource(choices[(at + by + choices.length) % choices.length].source);
  };
  return [
    { id: "look.b", title: "Hold: show B (the plate) instead", group, keys: ["`"], run: () => look.set({ held: true }), release: () => look.set({ held: false }) },
    { id: "look.now", title: "This frame now, with all edits; back to the take", group, keys: ["V"], run: () => now(shot, stage) },
    { id: "look.next", title: "Look at the next layer", group, keys: ["ArrowDown"], run: source(1) },
    { id: "look.previous", title: "Look at the layer before", group, keys: ["ArrowUp"], run: source(-1) },
    { id: "look.wipe", title: "Wipe A and B", group, keys: ["W"], run: () => look.toggle("wipe") },
    { id: "look.difference", title: "Difference of A and B", group, keys: ["D"], run: () => look.toggle("difference") },
    { id: "look.two", title: "Side by side", group, keys: ["Shift+W"], run: () => look.toggle("two") },
    { id: "look.four", title: "Plate, replaced, matte and crop", group, keys: ["Shift+Q"], run: () => look.toggle("four") },
    { id: "look.onion", title: "Onion skin", group, keys: ["Shift+O"], run: () => look.toggle("onion") },
    { id: "look.overlay", title: "Matte over the picture", group, keys: ["O"], run: () => stage.setOverlay(!stage.overlay) },
    ...CHANNELS.map(({ id, title, key }) => ({
      id: `look.channel.${id}`, title: `Channel ${title}`, group, keys: [key],
      run: () => look.set({ channel: look.channel === id ? "all" : id }),
    })),
  ];
}

/** @param {import("../core/shot.js").OpenShot} shot  @param {import("./stage.js").Stage} stage */
function now(shot, stage) {
  const made = /** @type {const} */ ({ kind: "preview", layer: "replaced" });
  if (!same(stage.source, made)) return stage.setSource(shot.model ? made : { kind: "preview", layer: "overlay" });
  return stage.setSource(shot.take ? { kind: "take", layer: "replaced" } : { kind: "plate" });
}
