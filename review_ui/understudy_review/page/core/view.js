/** The view library and the few hooks of our own. */

export { html, h, render, createContext, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState }
  from "../vendor/preact-htm.js";

import { createContext, useContext, useEffect, useLayoutEffect, useState } from "../vendor/preact-htm.js";
import { get } from "./api.js";

/**
 * What every part of the page can reach.
 * @typedef {{ keys: import("./keys.js").Keymap, author: string, version: string, canCreate: boolean,
 *   go: (to: string) => void, tell: (text: string, options?: { kind?: "good" | "bad" | "plain", error?: unknown }) => void,
 *   setAuthor: (name: string) => Promise<void> }} Page
 */
export const PageContext = createContext(/** @type {Page} */ (/** @type {unknown} */ (null)));

/** @returns {Page} */
export const usePage = () => useContext(PageContext);

/** Draw again whenever one of these events of `target` comes. @param {EventTarget | null} target  @param {...string} names */
export function useChange(target, ...names) {
  const [, again] = useState(0);
  useLayoutEffect(() => { // with the drawing: an event between the two would never be seen
    const heard = () => again((count) => count + 1);
    for (const name of names) target?.addEventListener(name, heard);
    return () => {
      for (const name of names) target?.removeEventListener(name, heard);
    };
  }, [target, names.join()]);
}

/** List commands while this part is shown. @param {() => import("./keys.js").Command[]} make  @param {readonly unknown[]} inputs */
export function useCommands(make, inputs) {
  const { keys } = usePage();
  useEffect(() => keys.add(make()), [keys, ...inputs]);
}

/**
 * What an address answers: { data, error, loading, again }. Never what another address answered before.
 * @param {string | null} address  null asks for nothing
 * @returns {{ data: any, error: Error | null, loading: boolean, again: () => void }}
 */
export function useAnswer(address) {
  const [answer, setAnswer] = useState(/** @type {{ of: string | null, data: any, error: Error | null }} */ ({ of: null, data: null, error: null }));
  const [asked, again] = useState(0);
  useEffect(() => {
    if (!address) return;
    const controller = new AbortController();
    get(address, { signal: controller.signal })
      .then((data) => setAnswer({ of: address, data, error: null }))
      .catch((error) => controller.signal.aborted || setAnswer((before) => ({ of: address, data: before.of === address ? before.data : null, error })));
    return () => controller.abort();
  }, [address, asked]);
  const there = address !== null && answer.of === address;
  return { data: there ? answer.data : null, error: there ? answer.error : null, loading: address !== null && !there, again: () => again((count) => count + 1) };
}
