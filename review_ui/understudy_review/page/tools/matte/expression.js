/** The small language that says how a matte is made, as the backend reads it: `face - hand + keep - cut`. */

/** Sources that are always there, in words. */
export const SOURCES = /** @type {Record<string, string>} */ ({
  face: "the face", hull: "the outline of the landmarks", learned: "the mask the network learnt",
  keep: "what is drawn to include", cut: "what is drawn to exclude",
});
const OPERATORS = /** @type {Record<string, string>} */ ({ "+": "with", "-": "without", "&": "only where also" });

/** @typedef {{ operator: string, source: string }} Step */

/**
 * The steps of an expression, or what is wrong with it.
 * @param {string} text  @param {readonly string[]} layers  names of layers that are in use there
 * @returns {{ steps: Step[], problem: string }}
 */
export function parsed(text, layers) {
  /** @type {Step[]} */
  const steps = [];
  let at = skipped(text, 0);
  let operator = "+";
  for (;;) {
    const name = /^[A-Za-z][A-Za-z0-9_]{0,39}/.exec(text.slice(at))?.[0];
    if (!name) return { steps, problem: `${found(text, at)}, where a source is needed: ${[...Object.keys(SOURCES), ...layers].join(", ")}.` };
    if (!(name in SOURCES) && !layers.includes(name)) return { steps, problem: `There is no source “${name}” here. There are ${[...Object.keys(SOURCES), ...layers].join(", ")}.` };
    steps.push({ operator, source: name });
    at = skipped(text, at + name.length);
    if (at === text.length) return { steps, problem: "" };
    operator = text[at];
    if (!(operator in OPERATORS)) return { steps, problem: `${found(text, at)}, where + (with), - (without) or & (only where also) is needed.` };
    at = skipped(text, at + 1);
  }
}

/** An expression in a sentence. @param {readonly Step[]} steps */
export function inWords(steps) {
  const named = (/** @type {string} */ source) => SOURCES[source] ?? `layer ${source}`;
  const sentence = steps.map(({ operator, source }, at) => (at ? `${OPERATORS[operator]} ${named(source)}` : named(source))).join(", ");
  return sentence ? `${sentence[0].toUpperCase()}${sentence.slice(1)}.` : "";
}

/** @param {string} text  @param {number} at */
function skipped(text, at) {
  while (at < text.length && /\s/.test(text[at])) at++;
  return at;
}

/** @param {string} text  @param {number} at */
function found(text, at) {
  return at >= text.length ? "It ends" : `There is “${text[at]}” at place ${at + 1}`;
}
