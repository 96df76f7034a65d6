"use strict";
// After Effects' scripting objects as its scripting guide tells them, over plain data:
//
// - layers are numbered from the top; `layers.add` puts a layer on top, with its sound on;
// - times are seconds as decimals; a comp at 23.976 keeps 23.9759998321533 frames a second;
// - setting startTime moves inPoint and outPoint along; layers of footage cannot reach beyond it, so trims are cut;
// - what runs backwards has its inPoint after its outPoint;
// - footage of pictures comes in at the preference's rate (30), until it is conformed; movies tell no timecode;
// - markers are keys of a property, with parameters that are texts; a key at a time that has one replaces it;
// - layer.id is unique in the project and kept in its file; indices change with every layer;
// - replaceSource keeps the layer's times, effects and transform; a name that was never set follows the source;
// - a missing file is told by footageMissing; importing one raises.

const fs = require("node:fs");

class MarkerValue {
  constructor(comment) {
    this.comment = comment;
    this.told = {};
  }

  setParameters(told) {
    this.told = Object.fromEntries(Object.entries(told).map(([key, value]) => [key, String(value)]));
  }

  getParameters() {
    return { ...this.told };
  }
}

/** Keys of markers, kept as [{time, comment, told}]. */
class MarkerProperty {
  constructor(keys) {
    this.keys = keys;
  }

  get numKeys() {
    return this.keys.length;
  }

  keyTime(at) {
    return this.keys[at - 1].time;
  }

  keyValue(at) {
    const value = new MarkerValue(this.keys[at - 1].comment);
    value.setParameters(this.keys[at - 1].told);
    return value;
  }

  nearestKeyIndex(time) {
    const apart = this.keys.map((one) => Math.abs(one.time - time));
    return apart.indexOf(Math.min(...apart)) + 1;
  }

  setValueAtKey(at, value) {
    if (MarkerProperty.refuses) throw new Error("internal verification failure");
    Object.assign(this.keys[at - 1], { comment: value.comment, told: value.told });
  }

  setValueAtTime(time, value) {
    if (MarkerProperty.refuses) throw new Error("internal verification failure");
    const same = this.keys.find((one) => Math.abs(one.time - time) < 1e-9);
    if (same) Object.assign(same, { comment: value.comment, told: value.told });
    else this.keys.push({ time, comment: value.comment, told: value.told });
    this.keys.sort((one, other) => one.time - other.time);
  }
}

class FileSource {}
class SolidSource {}

class Item {
  constructor(fake, data) {
    this.fake = fake;
    this.data = data;
  }

  get id() {
    return this.data.id;
  }

  get name() {
    return this.data.name;
  }

  get frameDuration() {
    return 1 / this.frameRate;
  }
}

class FolderItem extends Item {}

class FootageItem extends Item {
  get file() {
    return this.data.path ? new this.fake.File(this.data.path) : null;
  }

  get footageMissing() {
    return Boolean(this.data.path) && !(this.data.path in this.fake.disk);
  }

  get mainSource() {
    const { data } = this;
    const source = this.data.path ? new FileSource() : new SolidSource();
    Object.defineProperties(source, {
      isStill: { value: data.still === true },
      missingFootagePath: { value: data.path },
      conformFrameRate: { get: () => data.conform, set: (rate) => void (data.conform = rate) },
    });
    return source;
  }

  get frameRate() {
    return this.data.conform || this.data.rate;
  }

  get duration() {
    return this.data.frames / this.frameRate;
  }

  set parentFolder(folder) {
    this.data.folder = folder.id;
  }
}

class CompItem extends Item {
  get frameRate() {
    return this.data.rate;
  }

  get duration() {
    return this.data.duration;
  }

  get displayStartTime() {
    return this.data.displayStart * this.frameDuration;
  }

  get dropFrame() {
    return this.data.dropFrame;
  }

  get numLayers() {
    return this.data.layers.length;
  }

  layer(index) {
    return this.fake.layerObject(this.data, this.data.layers[index - 1]);
  }

  get layers() {
    return { add: (item) => this.fake.addLayer(this.data, item) };
  }

  get selectedLayers() {
    return this.data.layers.filter((one) => one.selected).map((one) => this.fake.layerObject(this.data, one));
  }

  get markerProperty() {
    return new MarkerProperty(this.data.markers);
  }

  get time() {
    return this.data.time;
  }

  set time(seconds) {
    this.data.time = seconds;
  }
}

class TransformValue {
  constructor(owner, name) {
    this.owner = owner;
    this.name = name;
  }

  get value() {
    return this.owner.transform[this.name] ?? 0;
  }

  get numKeys() {
    return this.owner.keyed ? 2 : 0;
  }

  get expressionEnabled() {
    return false;
  }

  setValue(value) {
    this.owner.transform[this.name] = value;
  }
}

class AVLayer {
  constructor(fake, comp, data) {
    this.fake = fake;
    this.comp = comp;
    this.data = data;
  }

  get source() {
    return this.data.item ? this.fake.itemObject(this.fake.item(this.data.item)) : null;
  }

  get hasVideo() {
    return this.data.kind !== "sound";
  }

  get hasAudio() {
    return true;
  }

  get name() {
    return this.data.name || (this.source ? this.source.name : "");
  }

  set name(name) {
    this.data.name = name;
  }

  get isNameSet() {
    return this.data.name !== "";
  }

  set startTime(seconds) {
    const by = seconds - this.data.startTime;
    this.data.startTime = seconds;
    this.data.inPoint += by;
    this.data.outPoint += by;
  }

  get startTime() {
    return this.data.startTime;
  }

  get inPoint() {
    return this.data.inPoint;
  }

  get outPoint() {
    return this.data.outPoint;
  }

  // footage ends where it ends
  set inPoint(seconds) {
    this.data.inPoint = this.source && this.data.stretch > 0 ? Math.max(seconds, this.data.startTime) : seconds;
  }

  set outPoint(seconds) {
    const end = this.source ? this.data.startTime + (this.source.duration * this.data.stretch) / 100 : seconds;
    this.data.outPoint = this.data.stretch > 0 ? Math.min(seconds, end) : seconds;
  }

  property(name) {
    if (name === "ADBE Marker") return new MarkerProperty(this.data.markers);
    if (name === "ADBE Transform Group") return { property: (one) => new TransformValue(this.data, one) };
    return null;
  }

  replaceSource(item, fixExpressions) {
    if (typeof fixExpressions !== "boolean") throw new Error("replaceSource takes two arguments");
    this.data.item = item.id;
    this.outPoint = this.data.outPoint;
  }

  remove() {
    this.comp.layers = this.comp.layers.filter((one) => one !== this.data);
  }

  moveBefore(other) {
    this.comp.layers = this.comp.layers.filter((one) => one !== this.data);
    this.comp.layers.splice(this.comp.layers.indexOf(other.data), 0, this.data);
  }

  moveToEnd() {
    this.comp.layers = [...this.comp.layers.filter((one) => one !== this.data), this.data];
  }

  setParentWithJump(parent) {
    this.data.parent = parent.id;
  }

  get parent() {
    const own = this.comp.layers.find((one) => one.id === this.data.parent);
    return own ? this.fake.layerObject(this.comp, own) : null;
  }
}

for (const key of ["id", "locked", "enabled", "guideLayer", "nullLayer", "stretch", "timeRemapEnabled", "hasTrackMatte", "threeDLayer", "audioEnabled", "width", "height"]) {
  Object.defineProperty(AVLayer.prototype, key, {
    get() {
      return this.data[key];
    },
    set(value) {
      this.data[key] = value;
    },
  });
}

/** The editor with one project and one comp; `disk` has the files: path -> {frames, rate}. */
class FakeAfterEffects {
  constructor(disk) {
    this.disk = disk;
    this.groups = 0;
    this.saved = { serial: 0, items: [], comp: null, xmp: {}, file: "/show/show.aep" };
    const { disk: files } = this;
    this.File = class {
      constructor(path) {
        this.fsName = path;
        this.displayName = path.slice(path.lastIndexOf("/") + 1);
      }

      get exists() {
        return this.fsName in files || fs.existsSync(this.fsName);
      }

      open(mode) {
        return mode === "r" && this.exists;
      }

      read() {
        return fs.readFileSync(this.fsName, "utf-8");
      }

      close() {
        return true;
      }
    };
  }

  id() {
    this.saved.serial += 1;
    return this.saved.serial;
  }

  item(id) {
    return this.saved.items.find((one) => one.id === id);
  }

  itemObject(data) {
    if (data.kind === "folder") return new FolderItem(this, data);
    return data.kind === "comp" ? new CompItem(this, data) : new FootageItem(this, data);
  }

  layerObject(comp, data) {
    return new AVLayer(this, comp, data);
  }

  importFile(path) {
    const file = this.disk[path];
    if (!file) throw new Error(`After Effects error: ${path} was not found`);
    const [over, under] = file.rate.split("/").map(Number);
    const pictures = /\.(exr|dpx|png)$/.test(path);
    const data = {
      id: this.id(), kind: "footage", path, name: path.slice(path.lastIndexOf("/") + 1), conform: 0,
      rate: pictures ? 30 : Math.fround(Number((over / (under ?? 1)).toFixed(3))), frames: file.frames, still: false,
    };
    this.saved.items.push(data);
    return data;
  }

  newLayer(item, kind = "footage") {
    return {
      id: this.id(), kind, item: item ? item.id : 0, name: "", startTime: 0, inPoint: 0, outPoint: item ? item.frames / (item.conform || item.rate) : 1,
      stretch: 100, enabled: true, locked: false, guideLayer: false, nullLayer: kind === "null", timeRemapEnabled: false,
      hasTrackMatte: false, threeDLayer: false, audioEnabled: true, width: 1920, height: 1080, markers: [], transform: {},
      keyed: false, parent: 0, selected: false, grade: "",
    };
  }

  addLayer(comp, item) {
    const data = this.newLayer(item.data);
    comp.layers.unshift(data);
    return this.layerObject(comp, data);
  }

  saveAndReload() {
    this.saved = JSON.parse(JSON.stringify(this.saved));
  }

  /** What a script finds in its global object. */
  globals() {
    const fake = this;
    const project = {
      get activeItem() {
        return fake.saved.comp ? new CompItem(fake, fake.saved.comp) : null;
      },
      get numItems() {
        return fake.saved.items.length;
      },
      item: (at) => fake.itemObject(fake.saved.items[at - 1]),
      items: {
        addFolder(name) {
          const data = { id: fake.id(), kind: "folder", name, path: "" };
          fake.saved.items.push(data);
          return fake.itemObject(data);
        },
      },
      get file() {
        return new fake.File(fake.saved.file);
      },
      importFile: (options) => fake.itemObject(fake.importFile(options.file.fsName)),
      get xmpPacket() {
        return JSON.stringify(fake.saved.xmp);
      },
      set xmpPacket(text) {
        fake.saved.xmp = JSON.parse(text);
      },
    };
    class XMPMeta {
      constructor(packet) {
        this.told = JSON.parse(packet);
      }

      static registerNamespace() {}

      doesPropertyExist(space, name) {
        return `${space}${name}` in this.told;
      }

      getProperty(space, name) {
        return this.told[`${space}${name}`];
      }

      setProperty(space, name, value) {
        this.told[`${space}${name}`] = value;
      }

      serialize() {
        return JSON.stringify(this.told);
      }
    }
    function ExternalObject() {}
    class ImportOptions {
      constructor(file) {
        this.file = file;
        this.sequence = false;
      }
    }
    return {
      app: {
        version: "25.2", project,
        beginUndoGroup: () => void (fake.groups += 1),
        endUndoGroup: () => void (fake.groups -= 1),
      },
      File: fake.File, XMPMeta, ExternalObject, ImportOptions, MarkerValue, AVLayer, CompItem, FootageItem, FolderItem,
      FileSource, SolidSource,
    };
  }
}

module.exports = { FakeAfterEffects, MarkerProperty };
