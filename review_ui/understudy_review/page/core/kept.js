/** How somebody likes the room, kept in the browser. */

const UNDER = "understudy.";

/** @template T  @param {string} name  @param {T} otherwise  @returns {T} */
export function kept(name, otherwise) {
  try {
    const value = JSON.parse(localStorage.getItem(UNDER + name) ?? "null");
    return value !== null && typeof value === typeof otherwise ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name  @param {unknown} value */
export function keep(name, value) {
  try {
    localStorage.setItem(UNDER + name, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing: it is asked again next time
  }
}
