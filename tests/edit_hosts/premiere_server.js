"use strict";
// The Premiere adapter over the fake editor, in lines of JSON; the artist's hand beside it.

const fs = require("node:fs");
const path = require("node:path");
const { FakePremiere, TICKS_A_SECOND } = require("./fake_premiere.js");
const { answerLines } = require("./json_lines.js");

const PANEL = path.resolve(__dirname, "../../nle_bridge/understudy_bridge/hosts/premiere/panel");
const { PremiereHost } = require(path.join(PANEL, "host.js"));
const { HostRefused } = require(path.join(PANEL, "tables.js"));
const { Daemon, DaemonTrouble } = require(path.join(PANEL, "daemon.js"));
const { Panel } = require(path.join(PANEL, "panel.js"));
const { draw } = require(path.join(PANEL, "view.js"));
const { stateFolder, fileUrl } = require(path.join(PANEL, "state_folder.js"));
const { ticksOfRate, rateOfTicks, ticksOfDecimal, frameAt } = require(path.join(PANEL, "ticks.js"));

const disk = {};
let fake = new FakePremiere(disk);
let host = new PremiereHost(fake.ppro, "26.3.0");

function build(timeline, quirks = {}) {
  fake = new FakePremiere(disk, quirks);
  host = new PremiereHost(fake.ppro, "26.3.0");
  const frame = ticksOfRate(timeline.rate);
  const blank = (kind, number) => ({ id: `${kind}${number}`, name: `${kind} ${number}`, muted: false, locked: false, items: [], transitions: [] });
  const sequence = {
    name: timeline.name, timebase: String(frame), zero: String(BigInt(timeline.start_frame ?? 0) * frame),
    display: timeline.drop_frame ? 102 : 110, playhead: "0", properties: {}, video: [],
    audio: [blank("Audio", 1), blank("Audio", 2)],
  };
  fake.project.sequence = sequence;
  for (const track of timeline.tracks) {
    while (sequence.video.length < track.number) sequence.video.push(blank("Video", sequence.video.length + 1));
    const made = sequence.video[track.number - 1];
    Object.assign(made, { name: track.name ?? made.name, muted: track.enabled === false, locked: track.locked === true });
    made.items = track.clips.map((clip) => builtItem(clip, frame));
    made.transitions = (track.transitions ?? []).map((one, at) => ({
      id: `transition${at}`, name: one.name ?? "Cross Dissolve", project: "",
      start: String(BigInt(one.at - one.in_offset) * frame), end: String(BigInt(one.at + one.out_offset) * frame),
      in: "0", out: "0", speed: 1, reversed: 0,
    }));
  }
  // the sound of what is on V1 lies on A1
  sequence.audio[0].items = sequence.video[0].items.map((one) => ({ ...one, id: fake.id("sound") }));
}

function builtItem(clip, frame) {
  const start = BigInt(clip.record_in) * frame;
  const long = BigInt(clip.duration) * frame;
  if (!clip.media) return { ...fake.trackItem(null, start, start + long, 0n, long), name: clip.name };
  const item = fake.project.items.find((one) => one.path === clip.media.path) ?? fake.importFile(clip.media.path, "root");
  const from = BigInt(clip.source_in - (clip.media.start ?? 0)) * ticksOfRate(clip.media.rate);
  const made = fake.trackItem(item, start, start + long, from, from + long);
  return { ...made, name: clip.name, disabled: clip.enabled === false, speed: Number(clip.speed ?? 1) };
}

async function itemOf(uid) {
  const told = await host.timeline();
  for (const track of told.tracks) {
    const clip = track.clips.find((one) => one.uid === uid);
    const frame = ticksOfRate(told.rate);
    if (clip) {
      const own = fake.project.sequence.video[track.number - 1];
      return { track: own, number: track.number, frame, item: own.items.find((one) => BigInt(one.start) === BigInt(clip.record_in) * frame) };
    }
  }
  throw new Error(`no clip ${uid}`);
}

async function disturb(uid, what, amount) {
  const { track, number, frame, item } = await itemOf(uid);
  const by = BigInt(amount) * frame;
  const shifted = (ticks, step) => String(BigInt(ticks) + step);
  if (what === "move") Object.assign(item, { start: shifted(item.start, by), end: shifted(item.end, by) });
  else if (what === "trim_head") Object.assign(item, { start: shifted(item.start, by), in: shifted(item.in, by) });
  else if (what === "delete") track.items = track.items.filter((one) => one !== item);
  else if (what === "rename") item.name = `renamed ${amount}`;
  else if (what === "place") item.motion = { ...item.motion, Position: [amount, 0.25], Scale: 50 };
  else if (what === "key") item.moves = true;
  else if (what === "stretch_out") item.end = shifted(item.end, by);
  else if (what === "select") item.selected = true;
  else if (what === "duplicate") {
    const end = track.items.reduce((most, one) => (BigInt(one.end) > most ? BigInt(one.end) : most), 0n) + 5n * frame;
    const long = BigInt(item.end) - BigInt(item.start);
    track.items.push({ ...item, id: fake.id("clip"), start: String(end), end: String(end + long) });
  } else if (what === "occupy") {
    const { video } = fake.project.sequence;
    if (video.length === number) {
      video.push({ id: fake.id("track"), name: `Video ${number + 1}`, muted: false, locked: false, items: [], transitions: [] });
    }
    video[number].items.push({ ...fake.trackItem(null, item.start, item.end, 0n, 0n), name: "title", out: String(BigInt(item.end) - BigInt(item.start)) });
  } else throw new Error(what);
}

let panel = null;
let opened = [];

/** The whole panel over a daemon, its page drawn into elements that are nothing but text. */
function openPanel(folder) {
  const root = pageElement("root");
  opened = [];
  panel = new Panel(
    new Daemon(() => fs.promises.readFile(path.join(folder, "bridge.json"), "utf-8"), fetch),
    host,
    (state) => draw(root, panel, state),
    async (url) => void opened.push(url),
    async () => {},
  );
  panel.root = root;
}

function pageElement(tag) {
  const listeners = {};
  return {
    tag, children: [], className: "", textContent: "", style: {}, attributes: {},
    append(...made) {
      this.children.push(...made);
    },
    replaceChildren(...made) {
      this.children = made;
    },
    setAttribute(name, value) {
      this.attributes[name] = value;
    },
    addEventListener: (name, listener) => void (listeners[name] = listener),
    press: () => listeners.click(),
    words() {
      return [this.textContent, ...this.children.flatMap((one) => one.words())].filter(Boolean);
    },
    find(text) {
      return this.textContent === text ? this : this.children.map((one) => one.find(text)).find(Boolean);
    },
  };
}

globalThis.document = { createElement: pageElement };

/** Press a button and wait until it is done; what the page says then. */
async function press(text) {
  panel.root.find(text).press();
  while (panel.state.busy) await new Promise((resolve) => setTimeout(resolve, 1));
  return panel.root.children.flatMap((one) => one.words());
}

async function look() {
  let trouble = "";
  try {
    await panel.round(0);
  } catch (error) {
    if (!(error instanceof DaemonTrouble)) throw error;
    trouble = `${error.kind}: ${error.message}`;
  }
  return { trouble, words: panel.root.children.flatMap((one) => one.words()), opened };
}

answerLines(
  {
    about: () => host.about(),
    timeline: () => host.timeline(),
    selected: () => host.selected(),
    mark: (uid, identity) => host.mark(uid, identity),
    carry_out: (step) => host.carryOut(step),
    seek: (frame) => host.seek(frame),
    build,
    file: (file, facts) => void (disk[file] = facts),
    lose: (file) => void delete disk[file],
    disturb,
    save_and_reload() {
      fake.saveAndReload();
      host = new PremiereHost(fake.ppro, "26.3.0");
    },
    open_panel: openPanel,
    /** The next look at the sequence meets a fault of the editor. */
    break_next() {
      const { timeline } = host;
      host.timeline = async () => {
        host.timeline = timeline;
        throw new Error("Illegal Parameter type");
      };
    },
    /** Nothing can be lifted: the editor throws. */
    break_lifting() {
      const { carryOut } = host;
      host.carryOut = async (step) => {
        if (step.do === "lift") throw new Error("Illegal Parameter type");
        return carryOut.call(host, step);
      };
    },
    press,
    look,
    state_folder: (platform, home) => stateFolder(platform, home),
    file_url: (file) => fileUrl(file),
    rate_of_decimal: (value) => rateOfTicks(ticksOfDecimal(value)),
    frame_at: (ticks, rate) => frameAt(ticks, ticksOfRate(rate)),
    quirk: (name, value) => void (fake.quirks[name] = value),
    /** Sound all along on every audio track. */
    fill_audio() {
      for (const one of fake.project.sequence.audio) one.items = [fake.trackItem(null, "0", "99999999999999", "0", "99999999999999")];
    },
    spoil: (text) => void (fake.project.sequence.properties["understudy.clips"] = { value: text, persistent: true }),
    undo: () => fake.undo(),
    titles: () => fake.transactions.map((one) => one.title),
    raw: () => fake.project.sequence,
    ticks_a_second: () => String(TICKS_A_SECOND),
  },
  HostRefused,
);
