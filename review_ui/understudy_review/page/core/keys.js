/**
 * Commands and their keys. Every command of the page is listed here while its part of the page is shown, so
 * that `?` can show them all, artists can give them other keys, and two commands on one key are noticed.
 */

import { keep, kept } from "./kept.js";

const SLIDING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

/**
 * A key is written "Ctrl+Shift+Z", "N", "ArrowLeft", "?"; Ctrl stands for Cmd on a Mac.
 * `hold` commands run while the key is down: `run` at the start, `release` at its end.
 * @typedef {{ id: string, title: string, group: string, keys: string[],
 *   run: (event?: KeyboardEvent) => void, release?: () => void, when?: () => boolean,
 *   repeats?: boolean }} Command
 */

/** Events: `change` when commands or keys changed. */
export class Keymap extends EventTarget {
  /** @type {Map<string, Command>} */
  #commands = new Map();
  /** @type {Map<string, Command>} */
  #held = new Map();
  /** @type {Record<string, string[]>} */
  #own = kept("keys", {});

  /** @param {Window} window */
  constructor(window) {
    super();
    window.addEventListener("keydown", (event) => this.#down(event));
    window.addEventListener("keyup", (event) => this.#up(event));
    window.addEventListener("blur", () => this.#releaseAll());
  }

  /** List commands; gives back how to take them off again. @param {Command[]} commands */
  add(commands) {
    for (const command of commands) this.#commands.set(command.id, command);
    this.dispatchEvent(new Event("change"));
    return () => {
      for (const command of commands) {
        if (this.#commands.get(command.id) === command) this.#commands.delete(command.id);
      }
      this.dispatchEvent(new Event("change"));
    };
  }

  get commands() {
    return [...this.#commands.values()];
  }

  /** @param {Command} command */
  keysOf(command) {
    return this.#own[command.id] ?? command.keys;
  }

  /** Its first key, for a button's title. @param {string} id */
  keyOf(id) {
    const command = this.#commands.get(id);
    return command ? this.keysOf(command)[0] ?? "" : "";
  }

  /** Run a command by its id. @param {string} id */
  run(id) {
    const command = this.#commands.get(id);
    if (command && (command.when?.() ?? true)) command.run();
  }

  /** Whether a command has other keys than its own. @param {string} id */
  isRemapped(id) {
    return id in this.#own;
  }

  /** Give a command other keys; null gives it its own back. @param {string} id  @param {string[] | null} keys */
  remap(id, keys) {
    if (keys) this.#own[id] = keys;
    else delete this.#own[id];
    keep("keys", this.#own);
    this.dispatchEvent(new Event("change"));
  }

  /** Commands that share a key, by key. Those of different tools are never in hand at once. */
  get conflicts() {
    /** @type {Map<string, Command[]>} */
    const byKey = new Map();
    for (const command of this.commands) {
      const scope = command.when ? command.group : "";
      for (const key of this.keysOf(command)) byKey.set(`${key} ${scope}`, [...(byKey.get(`${key} ${scope}`) ?? []), command]);
    }
    return new Map([...byKey].filter(([, commands]) => commands.length > 1));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (event.defaultPrevented || isTyping(event)) return;
    const key = keyName(event);
    const fitting = this.commands.filter((one) => this.keysOf(one).includes(key) && (one.when?.() ?? true));
    const command = fitting.find((one) => one.when) ?? fitting[0]; // what is in hand goes before what always holds
    if (!command) return;
    event.preventDefault();
    if (event.repeat && !command.repeats) return;
    if (command.release) this.#held.set(event.code, command);
    command.run(event);
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    this.#held.get(event.code)?.release?.();
    this.#held.delete(event.code);
  }

  #releaseAll() {
    for (const command of this.#held.values()) command.release?.();
    this.#held.clear();
  }
}

/** How the key of an event is written. @param {KeyboardEvent} event */
export function keyName(event) {
  const sign = signOf(event);
  const letter = sign.length === 1 && /[a-z]/i.test(sign);
  const key = sign === " " ? "Space" : letter ? sign.toUpperCase() : sign;
  const written = event.getModifierState?.("AltGraph") && event.key.length === 1; // "[" where keyboards have it on AltGr
  if (written && !letter) return key;
  const shifted = event.shiftKey && (letter || sign.length > 1 || sign === " ");
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shifted ? "Shift+" : ""}${key}`;
}

/** Where Alt makes other signs of letters and digits (on a Mac), the key itself is meant. @param {KeyboardEvent} event */
function signOf({ key, code, altKey }) {
  const [, plain] = (altKey && !/^[ -~]$/.test(key) && /^(?:Key|Digit)(.)$/.exec(code)) || [];
  return plain ?? key;
}

/** Whether somebody writes text, where keys are letters. @param {KeyboardEvent} event */
function isTyping(event) {
  const at = /** @type {HTMLElement} */ (event.target);
  if (at.isContentEditable || at.closest?.("dialog[open]")) return true;
  if (at.tagName === "TEXTAREA" || at.tagName === "SELECT") return true;
  if (at.tagName === "INPUT") {
    const { type } = /** @type {HTMLInputElement} */ (at);
    if (type === "range") return !event.ctrlKey && !event.altKey && SLIDING.includes(event.key);
    return !["checkbox", "radio", "button"].includes(type) || event.key === " ";
  }
  return ["BUTTON", "SUMMARY"].includes(at.tagName) && (event.key === " " || event.key === "Enter");
}
