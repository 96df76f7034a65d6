"use strict";
// Premiere Pro's `premierepro` module as Adobe's reference (25.6 to 26.3) and its users tell it, over plain data:
//
// - actions can only be made, and transactions only run, while the project is locked (26.3);
// - time is ticks, told as text; frame rates of footage are decimals, cut to three places;
// - overwriting lays picture and sound, cuts into whatever lies there, and goes by the project item's in and out;
// - a track index beyond the last makes a track (said for inserting; for overwriting `newTracks` switches it, since
//   an overwrite to a track that is not there was seen to do nothing: leancoderkavy/premiere-pro-mcp#130);
// - on a locked track nothing happens, and nothing is said;
// - changeMediaFilePath changes every clip that shows the project item, and Undo does not bring it back;
// - track items carry no metadata of their own; properties of a project or sequence last when they are PERSISTENT;
// - getTrackItems takes exactly a type and whether empty ones are wanted.

const TICKS_A_SECOND = 254016000000n;

const Constants = {
  TrackItemType: { EMPTY: 0, CLIP: 1, TRANSITION: 2, PREVIEW: 3, FEEDBACK: 4 },
  MediaType: { ANY: 0, DATA: 1, VIDEO: 2, AUDIO: 3 },
  PropertyType: { PERSISTENT: 0, NON_PERSISTENT: 1 },
};

class TickTime {
  constructor(ticks) {
    this.ticks = String(BigInt(ticks));
  }

  get seconds() {
    return Number(this.ticks) / Number(TICKS_A_SECOND);
  }

  static createWithTicks(ticks) {
    if (typeof ticks !== "string") throw new Error("Illegal Parameter type");
    return new TickTime(ticks);
  }
}

/** The editor with one project; `disk` has the files: path -> {frames, rate, start}. */
class FakePremiere {
  constructor(disk, quirks = {}) {
    this.disk = disk;
    this.quirks = { newTracks: true, ignoresInOut: false, trimsBySlip: false, refusesProperties: false, keepsInOut: false, cutsElsewhere: false, refusesMotion: false, refusesNames: false, ...quirks };
    this.locks = 0;
    this.transactions = [];
    this.open({ guid: "11111111-2222-3333-4444-555555555555", name: "show.prproj", serial: 0, properties: {}, items: [], sequence: null });
    this.ppro = this.module();
  }

  open(project) {
    this.project = project;
  }

  /** What saving and opening again leaves: data alone. */
  saveAndReload() {
    const kept = (owner) => Object.fromEntries(Object.entries(owner.properties).filter(([, one]) => one.persistent));
    const saved = JSON.parse(JSON.stringify(this.project));
    saved.properties = kept(saved);
    if (saved.sequence) saved.sequence.properties = kept(saved.sequence);
    this.open(saved);
    this.transactions = [];
  }

  /** The Edit menu's Undo: one transaction back, but for paths of media. */
  undo() {
    const { before } = this.transactions.pop();
    const paths = new Map(this.project.items.map((one) => [one.id, one.path]));
    this.open(JSON.parse(before));
    for (const item of this.project.items) item.path = paths.get(item.id) ?? item.path;
  }

  id(kind) {
    this.project.serial += 1;
    return `${kind}-${this.project.serial}`;
  }

  action(run) {
    if (this.locks === 0) throw new Error("Action created outside of lockedAccess");
    return { run };
  }

  item(id) {
    return this.project.items.find((one) => one.id === id);
  }

  importFile(path, bin) {
    const file = this.disk[path];
    if (!file) return null;
    const [over, under] = file.rate.split("/").map(BigInt);
    const frame = (TICKS_A_SECOND * (under ?? 1n)) / over;
    const item = {
      id: this.id("item"), type: 1, name: path.slice(path.lastIndexOf("/") + 1), path, bin,
      fps: Number((Number(over) / Number(under ?? 1n)).toFixed(3)),
      start: String(BigInt(file.start ?? 0) * frame), duration: String(BigInt(file.frames) * frame), in: null, out: null,
      sequence: false,
    };
    this.project.items.push(item);
    return item;
  }

  overwrite(itemId, ticks, video, audio) {
    const item = this.item(itemId);
    const whole = this.quirks.ignoresInOut || item.in === null;
    const from = whole ? 0n : BigInt(item.in);
    const to = whole ? BigInt(item.duration) : BigInt(item.out);
    const start = BigInt(ticks);
    if (this.quirks.cutsElsewhere) this.project.sequence.video[0].items.pop();
    for (const [tracks, index, kind] of [[this.project.sequence.video, video, "Video"], [this.project.sequence.audio, audio, "Audio"]]) {
      if (index >= tracks.length && this.quirks.newTracks) {
        tracks.push({ id: this.id("track"), name: `${kind} ${tracks.length + 1}`, muted: false, locked: false, items: [], transitions: [] });
      }
      const track = tracks[Math.min(index, tracks.length)];
      if (!track || track.locked) continue;
      this.cutAway(track, start, start + to - from);
      track.items.push(this.trackItem(item, start, start + to - from, from, to));
      track.items.sort((one, other) => Number(BigInt(one.start) - BigInt(other.start)));
    }
  }

  trackItem(item, start, end, from, to) {
    return {
      id: this.id("clip"), name: item ? item.name : "Title", project: item ? item.id : "", start: String(start), end: String(end),
      in: String(from), out: String(to), speed: 1, reversed: 0, adjustment: false, disabled: false, selected: false, grade: "",
      motion: { Position: [0.5, 0.5], Scale: 100, Rotation: 0 }, moves: false,
    };
  }

  /** Intrinsic effects of a clip; keyframes belong to their parameter, and carry a value in a value. */
  components(id, own) {
    const fake = this;
    const names = () => Object.keys(own().motion);
    const param = (name) => ({
      displayName: name,
      isTimeVarying: () => own().moves,
      getStartValue: async () => {
        const value = own().motion[name];
        return { value: { value: Array.isArray(value) ? { x: value[0], y: value[1] } : value } };
      },
      createKeyframe(value) {
        if (fake.quirks.refusesMotion) throw new Error("Illegal Parameter type");
        return { of: name, value: { value } };
      },
      createSetValueAction: (key) => {
        if (key.of !== name) throw new Error("a keyframe of another parameter");
        const { value } = key.value;
        const kept = typeof value === "object" ? [value.x, value.y] : value;
        return fake.action(() => fake.change(id, { motion: { ...own().motion, [name]: kept } }));
      },
    });
    const component = (matchName, params) => ({
      getMatchName: async () => matchName,
      getParamCount: () => params().length,
      getParam: (at) => param(params()[at]),
    });
    const all = [component("AE.ADBE Opacity", () => []), component("AE.ADBE Motion", names)];
    return { getComponentCount: () => all.length, getComponentAtIndex: (at) => all[at] };
  }

  cutAway(track, start, end) {
    const kept = [];
    for (const one of track.items) {
      const [first, last] = [BigInt(one.start), BigInt(one.end)];
      if (last <= start || end <= first) {
        kept.push(one);
        continue;
      }
      if (first < start) kept.push({ ...one, end: String(start), out: String(BigInt(one.out) - (last - start)) });
      if (end < last) {
        kept.push({ ...one, id: this.id("clip"), start: String(end), in: String(BigInt(one.in) + (end - first)) });
      }
    }
    track.items = kept;
  }

  trackOf(id) {
    const { video, audio } = this.project.sequence;
    return [...video, ...audio].find((track) => track.items.some((one) => one.id === id));
  }

  change(id, fields) {
    const track = this.trackOf(id);
    if (track.locked) return;
    const item = track.items.find((one) => one.id === id);
    Object.assign(item, fields);
  }

  remove(ids) {
    for (const track of [...this.project.sequence.video, ...this.project.sequence.audio]) {
      if (!track.locked) track.items = track.items.filter((one) => !ids.includes(one.id));
    }
  }

  module() {
    const fake = this;
    const clipOf = (item) => fake.clipProjectItem(item.getId());
    return {
      Constants,
      TickTime,
      Project: { getActiveProject: async () => fake.projectObject() },
      ProjectItem: { TYPE_CLIP: 1, TYPE_BIN: 2, cast: (item) => item },
      FolderItem: { cast: (item) => fake.folder(item.getId()) },
      ClipProjectItem: { cast: clipOf },
      Properties: { getProperties: async (owner) => fake.properties(owner.data) },
      Markers: { getMarkers: async () => ({ getMarkers: () => [] }) },
      SequenceEditor: { getEditor: () => fake.editor() },
      TrackItemSelection: {
        createEmptySelection(callback) {
          const items = [];
          callback({ items, addItem: (item) => items.push(item) > 0 });
          return true;
        },
      },
    };
  }

  properties(owner) {
    const fake = this;
    return {
      hasValue: (name) => name in owner().properties,
      getValue: (name) => owner().properties[name].value,
      createSetValueAction: (name, value, flag) =>
        fake.action(() => {
          if (!fake.quirks.refusesProperties) {
            owner().properties[name] = { value, persistent: flag === Constants.PropertyType.PERSISTENT };
          }
        }),
    };
  }

  editor() {
    const fake = this;
    return {
      createOverwriteItemAction: (item, time, video, audio) =>
        fake.action(() => fake.overwrite(item.getId(), time.ticks, video, audio)),
      createRemoveItemsAction: (selection, ripple, mediaType) => {
        if (ripple) throw new Error("this would move the rest");
        return fake.action(() => {
          const wanted = selection.items.filter((one) => mediaType === 0 || one.media === mediaType);
          fake.remove(wanted.map((one) => one.id));
        });
      },
    };
  }

  projectObject() {
    const fake = this;
    return {
      data: () => fake.project,
      guid: { toString: () => fake.project.guid },
      name: fake.project.name,
      getActiveSequence: async () => (fake.project.sequence ? fake.sequenceObject() : null),
      getRootItem: async () => fake.folder("root"),
      async importFiles(paths, _quiet, bin) {
        return paths.every((path) => fake.importFile(path, bin.getId()) !== null);
      },
      lockedAccess(callback) {
        fake.locks += 1;
        try {
          callback();
        } finally {
          fake.locks -= 1;
        }
      },
      executeTransaction(callback, title) {
        if (fake.locks === 0) throw new Error("executeTransaction outside of lockedAccess");
        const actions = [];
        const before = JSON.stringify(fake.project);
        callback({ addAction: (action) => actions.push(action) > 0 });
        for (const action of actions) action.run();
        fake.transactions.push({ title, before });
        return true;
      },
    };
  }

  folder(id) {
    const fake = this;
    const own = fake.item(id);
    return {
      getId: () => id,
      type: 2,
      name: own ? own.name : "root",
      getItems: async () => fake.project.items.filter((one) => one.bin === id).map((one) => fake.projectItem(one.id)),
      createBinAction: (name) =>
        fake.action(() => fake.project.items.push({ id: fake.id("bin"), type: 2, name, path: "", bin: id })),
    };
  }

  projectItem(id) {
    const own = this.item(id);
    return { getId: () => id, type: own.type, name: own.name };
  }

  clipProjectItem(id) {
    const fake = this;
    const own = () => fake.item(id);
    const time = (ticks) => new TickTime(ticks);
    return {
      isSequence: async () => own().sequence,
      isMulticamClip: async () => false,
      isMergedClip: async () => false,
      isOffline: async () => Boolean(own().path) && !(own().path in fake.disk),
      getMediaFilePath: async () => own().path,
      getFootageInterpretation: async () => ({ getFrameRate: () => own().fps }),
      getMedia: async () => ({ start: time(own().start), duration: time(own().duration) }),
      getInPoint: async () => time(own().in ?? 0),
      getOutPoint: async () => time(own().out ?? own().duration),
      createSetInOutPointsAction: (from, to) =>
        fake.action(() => {
          if (!fake.quirks.keepsInOut) Object.assign(own(), { in: from.ticks, out: to.ticks });
        }),
      createSetNameAction: (name) => fake.action(() => Object.assign(own(), { name })),
      canChangeMediaPath: async () => true,
      async changeMediaFilePath(path) {
        if (!(path in fake.disk)) return false;
        const { fps, start, duration } = fake.importFile(path, "nowhere");
        fake.project.items.pop();
        Object.assign(own(), { path, fps, start, duration });
        return true;
      },
    };
  }

  sequenceObject() {
    const fake = this;
    const own = fake.project.sequence;
    return {
      data: () => fake.project.sequence,
      name: own.name,
      getTimebase: async () => own.timebase,
      getZeroPoint: async () => new TickTime(own.zero),
      getSequenceVideoTimeDisplayFormat: async () => ({ type: own.display }),
      getVideoTrackCount: async () => own.video.length,
      getAudioTrackCount: async () => own.audio.length,
      getVideoTrack: async (index) => fake.trackObject(own.video[index], index, Constants.MediaType.VIDEO),
      getAudioTrack: async (index) => fake.trackObject(own.audio[index], index, Constants.MediaType.AUDIO),
      getPlayerPosition: async () => new TickTime(own.playhead),
      setPlayerPosition: async (time) => {
        own.playhead = time.ticks;
        return true;
      },
    };
  }

  trackObject(track, index, media) {
    const fake = this;
    return {
      name: track.name,
      isMuted: async () => track.muted,
      getTrackItems(type, empty) {
        if (typeof type !== "number" || typeof empty !== "boolean") throw new Error("Illegal Parameter type");
        const listed = type === Constants.TrackItemType.CLIP ? track.items : type === Constants.TrackItemType.TRANSITION ? track.transitions : [];
        return listed.map((one) => fake.itemObject(one, index, media));
      },
    };
  }

  itemObject(data, index, media) {
    const fake = this;
    const { id } = data;
    const own = () => fake.trackOf(id)?.items.find((one) => one.id === id) ?? data;
    const time = (key) => async () => new TickTime(own()[key]);
    const setting = (key) => (value) => fake.action(() => fake.change(id, { [key]: value }));
    return {
      id, media,
      getName: async () => own().name,
      getStartTime: time("start"),
      getEndTime: time("end"),
      getInPoint: time("in"),
      getOutPoint: time("out"),
      getSpeed: async () => own().speed,
      isSpeedReversed: async () => own().reversed,
      isAdjustmentLayer: async () => own().adjustment,
      isDisabled: async () => own().disabled,
      getIsSelected: async () => own().selected,
      getComponentChain: async () => fake.components(id, own),
      getTrackIndex: async () => index,
      getProjectItem: async () => (own().project ? fake.projectItem(own().project) : null),
      createSetNameAction(name) {
        if (fake.quirks.refusesNames) throw new Error("Illegal Parameter type");
        return setting("name")(name);
      },
      createSetDisabledAction: setting("disabled"),
      createSetInPointAction: (at) =>
        fake.action(() => {
          const by = BigInt(at.ticks) - BigInt(own().in);
          const start = fake.quirks.trimsBySlip ? String(BigInt(own().start) + by) : own().start;
          fake.change(id, { in: at.ticks, start });
        }),
      createSetOutPointAction: (at) => fake.action(() => fake.change(id, { out: at.ticks })),
    };
  }
}

module.exports = { FakePremiere, TICKS_A_SECOND };
