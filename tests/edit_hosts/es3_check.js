"use strict";
// Are the scripts ECMAScript 3, and free of what ExtendScript is known to read wrongly? Run by `npm run es3` with acorn.
// ExtendScript takes conditional operators inside one another, and && beside ||, in another order than the language
// says unless parentheses tell.

const fs = require("node:fs");
const path = require("node:path");
const acorn = require(require.resolve("acorn", { paths: [process.cwd()] }));

const FOLDER = path.resolve(__dirname, "../../nle_bridge/understudy_bridge/hosts/after_effects");

function faultsOf(file) {
  const text = fs.readFileSync(file, "utf-8");
  const faults = /[^\x00-\x7f]/.test(text) ? ["it is not all ASCII"] : [];
  try {
    const tree = acorn.parse(text, { ecmaVersion: 3, allowReserved: "never", preserveParens: true, locations: true });
    walk(tree, (node, inner) => {
      const mixes = node.type === "LogicalExpression" && inner.type === "LogicalExpression" && node.operator !== inner.operator;
      const nests = node.type === "ConditionalExpression" && inner.type === "ConditionalExpression";
      if (mixes || nests) faults.push(`line ${inner.loc.start.line}: put parentheses around it`);
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    faults.push(error.message);
  }
  return faults;
}

function walk(node, look) {
  for (const value of Object.values(node)) {
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (inner && typeof inner.type === "string") {
        look(node, inner);
        walk(inner, look);
      }
    }
  }
}

const files = [FOLDER, path.join(FOLDER, "script")].flatMap((folder) =>
  fs.readdirSync(folder).filter((name) => name.endsWith(".jsx")).map((name) => path.join(folder, name)),
);
const told = files.flatMap((file) => faultsOf(file).map((fault) => `${path.relative(process.cwd(), file)}: ${fault}`));
for (const line of told) console.error(line);
if (files.length < 2) throw new Error(`no scripts in ${FOLDER}`);
process.exit(told.length === 0 ? 0 : 1);
