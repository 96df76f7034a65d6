"use strict";
// Runs .jsx files as ExtendScript would: ECMAScript 3, one global object, none of the later built-in functions.

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const SCRIPT = path.resolve(__dirname, "../../nle_bridge/understudy_bridge/hosts/after_effects/script");

// What ECMAScript 5 and later brought; ExtendScript has none of it.
const WITHOUT = `
(function () {
  var later = {
    Array: ["forEach", "map", "filter", "some", "every", "reduce", "reduceRight", "indexOf", "lastIndexOf", "find", "findIndex", "includes", "fill", "flat", "flatMap", "at", "entries", "keys", "values", "copyWithin", "findLast", "findLastIndex", "toReversed", "toSorted", "toSpliced", "with"],
    String: ["trim", "trimStart", "trimEnd", "startsWith", "endsWith", "includes", "repeat", "padStart", "padEnd", "codePointAt", "normalize", "matchAll", "replaceAll", "at"],
    Function: ["bind"], Date: ["toISOString", "toJSON"]
  };
  for (var kind in later) {
    for (var at = 0; at < later[kind].length; at += 1) delete globalThis[kind].prototype[later[kind][at]];
  }
  delete Array.isArray; delete Array.from; delete Array.of; delete Date.now; delete Number.isInteger; delete Number.isFinite;
  delete Object.keys; delete Object.entries; delete Object.values; delete Object.assign; delete Object.create; delete Object.defineProperty;
  delete globalThis.JSON; delete globalThis.Map; delete globalThis.Set; delete globalThis.Promise; delete globalThis.Symbol;
  delete globalThis.Reflect; delete globalThis.Proxy; delete globalThis.WeakMap; delete globalThis.BigInt;
}());`;

/** A world with some global objects, and its `understudy` after loading the scripts. */
function loaded(globals, names) {
  const world = vm.createContext({ ...globals });
  vm.runInContext(WITHOUT, world);
  world.$ = { ...(globals.$ ?? {}), global: world };
  for (const name of names) {
    const file = path.join(SCRIPT, name);
    vm.runInContext(fs.readFileSync(file, "utf-8"), world, { filename: file });
  }
  return world;
}

const HOST_FILES = ["json.jsx", "times.jsx", "identity.jsx", "transform.jsx", "layers.jsx", "project.jsx", "host.jsx", "steps.jsx"];
const PANEL_FILES = ["http.jsx", "daemon.jsx", "flow.jsx", "panel.jsx"];

module.exports = { loaded, HOST_FILES, PANEL_FILES, SCRIPT };
