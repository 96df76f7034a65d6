/** A question over the page; Escape closes it. The browser's own dialog keeps the focus inside. */

import { html, useEffect, useRef } from "../core/view.js";

/** @param {{ title: string, onClose: () => void, children?: unknown }} props */
export function Dialog({ title, onClose, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (!box.current?.open) box.current?.showModal();
  }, []);
  return html`<dialog ref=${box} aria-label=${title} onClose=${onClose}>
    <h2>${title}</h2>
    ${children}
  </dialog>`;
}
