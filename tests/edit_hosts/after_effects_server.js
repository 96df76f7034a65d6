"use strict";
// The After Effects adapter over the fake editor, in lines of JSON; the artist's hand beside it.

const { FakeAfterEffects, MarkerProperty } = require("./fake_after_effects.js");
const { loaded, HOST_FILES, PANEL_FILES } = require("./extendscript.js");
const { answerLines } = require("./json_lines.js");
const { Element } = require("./script_ui.js");
const { socketClass } = require("./waiting_socket.js");

const disk = {};
let fake;
let world;
let host;

let panel = null;

function restart() {
  world = loaded(fake.globals(), HOST_FILES);
  host = new world.understudy.Host();
}

/** The whole panel over a daemon; `eofKnows`: whether Socket.eof tells of data that came. */
function openPanel(folder, eofKnows) {
  const called = [];
  const globals = {
    ...fake.globals(),
    Socket: socketClass({ eofKnows }),
    Folder: () => ({ fsName: "/home/artist" }),
    system: { callSystem: (words) => called.push(words) },
    $: { os: "Macintosh OS 14", getenv: (name) => (name === "UNDERSTUDY_STATE" ? folder : null) },
  };
  world = loaded(globals, [...HOST_FILES, ...PANEL_FILES]);
  const us = world.understudy;
  host = new us.Host();
  panel = new us.Panel(new Element("panel"), new us.Daemon(us.stateFolder()), host);
  panel.called = called;
}

/** Let the timer run until nothing is under way; what the panel says then, and the longest step's milliseconds. */
async function ticked(rounds) {
  let longest = 0;
  const seen = fake.groups;
  for (let at = 0; at < rounds || panel.busy || !panel.daemon.isIdle(); at += 1) {
    if (at > 4000) throw new Error("the panel does not come to rest");
    const before = process.hrtime.bigint();
    panel.tick();
    longest = Math.max(longest, Number(process.hrtime.bigint() - before) / 1e6);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return {
    connection: panel.connection.text, message: panel.message.text, longest_ms: longest, groups: fake.groups - seen,
    rows: panel.list.items.map((one) => [one.text, one.subItems[0].text, one.subItems[1].text]),
    presets: panel.preset.items.map((one) => one.text), versions: panel.version.items.map((one) => one.text),
    called: panel.called,
  };
}

function number(rate) {
  const [over, under] = rate.split("/").map(Number);
  return Math.fround(Number((over / (under ?? 1)).toFixed(3)));
}

function build(timeline) {
  fake = new FakeAfterEffects(disk);
  const rate = number(timeline.rate);
  const comp = {
    id: fake.id(), kind: "comp", name: timeline.name, rate, displayStart: timeline.start_frame ?? 0, dropFrame: timeline.drop_frame,
    duration: 4000 / rate, time: 0, layers: [], markers: (timeline.markers ?? []).map((one) => ({ time: one.frame / rate, comment: one.name, told: {} })),
  };
  fake.saved.comp = comp;
  fake.saved.items.push(comp);
  for (const track of timeline.tracks) {
    for (const clip of track.clips) {
      const layer = builtLayer(clip, rate);
      Object.assign(layer, { locked: track.locked === true, enabled: track.enabled !== false && clip.enabled !== false });
      comp.layers.unshift(layer);
    }
  }
  restart();
}

function builtLayer(clip, rate) {
  const path = clip.media ? clip.media.path : "";
  const item = clip.media ? (fake.saved.items.find((one) => one.path === path) ?? fake.importFile(path)) : null;
  const index = clip.media ? clip.source_in - (clip.media.start ?? 0) : 0;
  const layer = fake.newLayer(item);
  const startTime = clip.record_in / rate - (item ? index / item.rate : 0);
  return { ...layer, name: clip.name, startTime, inPoint: clip.record_in / rate, outPoint: (clip.record_in + clip.duration) / rate };
}

function layerOf(uid) {
  const told = host.timeline();
  for (const track of told.tracks) {
    for (const clip of track.clips) {
      const comp = world.app.project.activeItem;
      if (clip.uid === uid) return { comp: fake.saved.comp, layer: host.layerOf(comp, uid, track.number).data };
    }
  }
  throw new Error(`no layer ${uid}`);
}

function disturb(uid, what, amount) {
  const { comp, layer } = layerOf(uid);
  const by = amount / comp.rate;
  if (what === "move") {
    for (const key of ["startTime", "inPoint", "outPoint"]) layer[key] += by;
    for (const one of layer.markers) one.time += by;
  } else if (what === "trim_head") layer.inPoint += by;
  else if (what === "delete") comp.layers = comp.layers.filter((one) => one !== layer);
  else if (what === "rename") layer.name = `renamed ${amount}`;
  else if (what === "select") layer.selected = true;
  else if (what === "lock") layer.locked = true;
  else if (what === "matte") layer.hasTrackMatte = true;
  else if (what === "remap") layer.timeRemapEnabled = true;
  else if (what === "key") layer.keyed = true;
  else if (what === "place") layer.transform["ADBE Position"] = [amount, 2];
  else if (what === "stretch") {
    const into = layer.inPoint - layer.startTime;
    layer.stretch = amount;
    if (amount < 0) {
      layer.startTime = layer.outPoint + into; // the last record frame shows what the first one showed
      [layer.inPoint, layer.outPoint] = [layer.outPoint, layer.inPoint];
    } else layer.startTime = layer.inPoint - into * (amount / 100);
  } else if (what === "note") layer.markers.push({ time: layer.inPoint, comment: "look here", told: {} });
  else if (what === "duplicate") {
    const copy = { ...JSON.parse(JSON.stringify(layer)), id: fake.id() };
    const end = Math.max(...comp.layers.map((one) => one.outPoint)) + 5 / comp.rate;
    const later = end - copy.inPoint;
    for (const key of ["startTime", "inPoint", "outPoint"]) copy[key] += later;
    comp.layers.splice(comp.layers.indexOf(layer), 0, copy);
  } else if (what === "occupy") {
    const title = { ...fake.newLayer(null, "text"), name: "title", inPoint: layer.inPoint, outPoint: layer.outPoint };
    comp.layers.splice(comp.layers.indexOf(layer), 0, title);
  } else if (what === "camera") comp.layers.splice(comp.layers.indexOf(layer), 0, { ...fake.newLayer(null, "sound"), name: "camera" });
  else throw new Error(what);
}

/** A value made by the script's own world, whose lists are its own. */
function within(value) {
  return world.understudy.jsonValue(JSON.stringify(value));
}

answerLines(
  {
    about: () => host.about(),
    timeline: () => host.timeline(),
    selected: () => host.selected(),
    mark: (uid, identity) => host.mark(uid, identity),
    carry_out: (step) => host.carryOut(within(step)),
    seek: (frame) => host.seek(frame),
    build,
    file: (file, facts) => void (disk[file] = facts),
    lose: (file) => void delete disk[file],
    disturb,
    save_and_reload() {
      fake.saveAndReload();
      restart();
    },
    open_panel: openPanel,
    press(text) {
      panel.window.find(text).onClick();
    },
    choose: (row) => void (panel.list.selection = row),
    choose_version: (row) => void (panel.version.selection = row),
    ticked,
    /** The next look at the comp meets a fault of the editor. */
    break_next() {
      const { timeline } = host;
      host.timeline = () => {
        host.timeline = timeline;
        throw new Error("internal verification failure");
      };
    },
    /** Nothing can be lifted: the editor throws. */
    break_lifting() {
      const { carryOut } = host;
      host.carryOut = (step) => {
        if (step.do === "lift") throw new Error("internal verification failure");
        return carryOut.call(host, step);
      };
    },
    refuse_markers: (refuses) => void (MarkerProperty.refuses = refuses),
    layers: () => fake.saved.comp.layers,
    playhead: () => fake.saved.comp.time,
    json_text: (value) => world.understudy.jsonText(within(value)),
    json_value: (text) => world.understudy.jsonValue(text),
    rate_text: (value) => world.understudy.rateText(value),
    speed_text: (stretch) => world.understudy.speedText(stretch),
  },
  class extends Error {},
);
