/** Short messages in the corner. Bad news stays until it is closed. */

import { html, useCallback, useState } from "../core/view.js";

const SHOWN_MS = 5000;

/** @typedef {{ id: number, text: string, kind: "good" | "bad" | "plain" }} Toast */

/** The messages, and how to say and close one. An `error` says its own text after `text`. */
export function useToasts() {
  const [toasts, setToasts] = useState(/** @type {Toast[]} */ ([]));
  const drop = useCallback((/** @type {number} */ id) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const tell = useCallback((/** @type {string} */ text, /** @type {{ kind?: Toast["kind"], error?: unknown }} */ { kind, error } = {}) => {
    const id = performance.now();
    const said = error instanceof Error ? [text, error.message].filter(Boolean).join(": ") : text;
    const sort = kind ?? (error ? "bad" : "plain");
    setToasts((all) => [...all.filter((toast) => toast.text !== said), { id, text: said, kind: sort }].slice(-4));
    if (sort !== "bad") setTimeout(() => drop(id), SHOWN_MS);
  }, []);
  return { toasts, tell, drop };
}

/** @param {{ toasts: Toast[], drop: (id: number) => void }} props */
export function Toasts({ toasts, drop }) {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map((toast) => html`<div class="toast ${toast.kind}" key=${toast.id}>
      <span class="spread">${toast.text}</span>
      <button class="plain" aria-label="Close this message" onClick=${() => drop(toast.id)}>✕</button>
    </div>`)}
  </div>`;
}
