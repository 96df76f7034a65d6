"use strict";
// The tables of docs/bridge.md, and how an editor refuses.
Object.defineProperty(exports, "__esModule", { value: true });
exports.HostRefused = void 0;
/** The editor did not do a step, and the timeline is as it was; the message says why and what to do. */
class HostRefused extends Error {
    kind;
    constructor(kind, message) {
        super(message);
        this.name = "HostRefused";
        this.kind = kind;
    }
}
exports.HostRefused = HostRefused;
