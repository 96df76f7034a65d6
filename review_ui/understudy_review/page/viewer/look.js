/** How pictures are looked at: what is compared and how, exposure, channels. Nothing of it changes a picture. */

/** @typedef {"off" | "wipe" | "difference" | "blend" | "onion" | "two" | "four"} Compare */
/** @typedef {"all" | "r" | "g" | "b" | "luma" | "matte"} Channel */

/** @type {{ id: Compare, title: string, help: string }[]} */
export const COMPARES = [
  { id: "off", title: "A alone", help: "One picture. Hold ` to see B in its place." },
  { id: "wipe", title: "Wipe", help: "A on one side of the line, B on the other. Drag the handle, with Shift it turns." },
  { id: "difference", title: "Difference", help: "How far A and B are from each other; the gain makes little differences visible." },
  { id: "blend", title: "Blend", help: "A and B over each other." },
  { id: "onion", title: "Onion skin", help: "The frames before and after shine through." },
  { id: "two", title: "Side by side", help: "A and B beside each other, at the same place and scale." },
  { id: "four", title: "Four", help: "Plate, replaced, matte and crop, at the same place and scale." },
];

/** @type {{ id: Channel, title: string, key: string }[]} */
export const CHANNELS = [
  { id: "all", title: "RGB", key: "Alt+C" },
  { id: "r", title: "R", key: "Alt+R" },
  { id: "g", title: "G", key: "Alt+G" },
  { id: "b", title: "B", key: "Alt+B" },
  { id: "luma", title: "Luma", key: "Alt+L" },
  { id: "matte", title: "Matte", key: "Alt+A" },
];

const START = {
  compare: /** @type {Compare} */ ("off"), channel: /** @type {Channel} */ ("all"), exposure: 0, gamma: 1,
  gain: 4, share: 0.5, degrees: 0, wipeX: 0.5, wipeY: 0.5,
};
export const LIMITS = { exposure: [-8, 8], gamma: [0.2, 4], gain: [1, 64], share: [0, 1], degrees: [-180, 180] };

/** Events: `change`. */
export class Look extends EventTarget {
  constructor() {
    super();
    /** @type {Compare} */
    this.compare = START.compare;
    /** @type {Channel} */
    this.channel = START.channel;
    /** Stops. */
    this.exposure = START.exposure;
    this.gamma = START.gamma;
    /** Of the difference. */
    this.gain = START.gain;
    /** How much of B, or of the neighbours, is blended in. */
    this.share = START.share;
    /** The wipe's line: its turn (0 is upright, B to the right) and a point on it, in shares of the picture. */
    this.degrees = START.degrees;
    this.wipeX = START.wipeX;
    this.wipeY = START.wipeY;
    /** What A is compared with. @type {import("./sources.js").LookedAt} */
    this.b = { kind: "plate" };
    /** B in place of A while its key is down. */
    this.held = false;
  }

  /** @param {Partial<Pick<Look, "compare" | "channel" | "exposure" | "gamma" | "gain" | "share" | "degrees" | "wipeX" | "wipeY" | "b" | "held">>} values */
  set(values) {
    for (const [name, value] of Object.entries(values)) {
      const [least, most] = LIMITS[/** @type {keyof typeof LIMITS} */ (name)] ?? [-Infinity, Infinity];
      /** @type {any} */ (this)[name] = typeof value === "number" ? Math.min(most, Math.max(least, value)) : value;
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Exposure, gamma and channels as they are in the picture. */
  plain() {
    this.set({ exposure: START.exposure, gamma: START.gamma, channel: START.channel });
  }

  get isPlain() {
    return this.exposure === START.exposure && this.gamma === START.gamma && this.channel === START.channel;
  }

  /** A comparison on, or off when it is on. @param {Compare} compare */
  toggle(compare) {
    this.set({ compare: this.compare === compare ? "off" : compare });
  }

  /** How many pictures stand side by side: columns and rows. @returns {[number, number]} */
  get panes() {
    return this.compare === "four" ? [2, 2] : this.compare === "two" ? [2, 1] : [1, 1];
  }
}
