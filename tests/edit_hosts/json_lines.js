"use strict";
// Calls in lines of JSON on standard input, answers on standard output, one after the other.

const readline = require("node:readline");

/** Answer with `calls[name](...args)`; what is thrown as `Refused` (with kind and message) is a refusal. */
async function answerLines(calls, Refused) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { call, args } = JSON.parse(line);
    let said;
    try {
      said = { answer: (await calls[call](...args)) ?? null };
    } catch (error) {
      const refused = error instanceof Refused || (error && error.isRefusal === true);
      said = refused
        ? { refused: { kind: error.kind, message: error.message } }
        : { broken: String(error && error.stack ? error.stack : error) };
    }
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

module.exports = { answerLines };
