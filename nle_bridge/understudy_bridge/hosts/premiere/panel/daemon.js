"use strict";
// Asking the daemon, with fetch: one method for each request of docs/bridge.md. Loopback only.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Daemon = exports.DaemonTrouble = exports.PORT = void 0;
exports.PORT = 8431;
const MOST_ANSWER = 16 * 1024 * 1024;
const CALL_MS = 10_000;
const LONG_CALL_MS = 60_000;
const START = `start it with: understudy bridge serve (on its own port, ${exports.PORT})`;
/** A call had no result; the message says why and what to do. */
class DaemonTrouble extends Error {
    kind;
    status;
    constructor(kind, message, status = 0) {
        super(message);
        this.kind = kind;
        this.status = status;
        this.name = "DaemonTrouble";
    }
}
exports.DaemonTrouble = DaemonTrouble;
class Daemon {
    readFile;
    ask;
    /** `readFile` gives the text of bridge.json, or raises where it is not there. */
    constructor(readFile, ask) {
        this.readFile = readFile;
        this.ask = ask;
    }
    hello() {
        return this.get("/v1/hello");
    }
    async presets() {
        return (await this.get("/v1/presets")).presets;
    }
    async people() {
        return (await this.get("/v1/people")).people;
    }
    check(asked) {
        return this.post("/v1/check", asked);
    }
    create(asked) {
        return this.post("/v1/sendings", asked);
    }
    list(project, after, waitS) {
        const query = `project=${encodeURIComponent(project)}&after=${after}&wait=${waitS}`;
        return this.get(`/v1/sendings?${query}`, CALL_MS + waitS * 1000);
    }
    /** cancel, retry, or render a next version. */
    act(sendingId, verb) {
        return this.post(`${of(sendingId)}/${verb}`, {});
    }
    fetchVersion(sendingId, version) {
        return this.post(`${of(sendingId)}/fetch`, { version });
    }
    plan(sendingId, asked) {
        return this.post(`${of(sendingId)}/plan`, asked);
    }
    read(planId, timeline) {
        return this.post(`/v1/plans/${encodeURIComponent(planId)}/read`, { timeline });
    }
    room(sendingId, frame) {
        return this.post(`${of(sendingId)}/room`, frame);
    }
    /** The newest finished frame, as the address of a picture. */
    async picture(sendingId, widthPx) {
        const answer = await this.called("GET", `${of(sendingId)}/picture.jpg?width=${widthPx}`, undefined, LONG_CALL_MS);
        return `data:image/jpeg;base64,${base64(new Uint8Array(await answer.arrayBuffer()))}`;
    }
    async get(path, silentMs = CALL_MS) {
        return (await tableOf(await this.called("GET", path, undefined, silentMs)));
    }
    async post(path, asked) {
        return (await tableOf(await this.called("POST", path, JSON.stringify(asked), LONG_CALL_MS)));
    }
    async called(method, path, body, silentMs) {
        const { address, token } = await this.door();
        const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
        if (body !== undefined)
            headers["Content-Type"] = "application/json";
        const request = body === undefined ? { method, headers } : { method, headers, body };
        let answer;
        try {
            answer = await inTime(this.ask(`http://${address}${path}`, request), silentMs);
        }
        catch (cause) {
            throw down(address, cause);
        }
        if (answer.status !== 200)
            throw await refusal(answer);
        return answer;
    }
    async door() {
        let text;
        try {
            text = await this.readFile();
        }
        catch (cause) {
            throw new DaemonTrouble("DaemonDown", `the Understudy daemon is not running (${String(cause)}); ${START}`);
        }
        const door = doorOf(text);
        if (!door)
            throw new DaemonTrouble("DaemonDown", `bridge.json is damaged; ${START}, which writes it again`);
        return door;
    }
}
exports.Daemon = Daemon;
function doorOf(text) {
    try {
        const { address, token } = JSON.parse(text);
        const local = typeof address === "string" && /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(address);
        return local && typeof token === "string" && /^[\x21-\x7e]+$/.test(token) ? { address, token } : null;
    }
    catch (cause) {
        if (cause instanceof SyntaxError || cause instanceof TypeError)
            return null;
        throw cause;
    }
}
function of(sendingId) {
    return `/v1/sendings/${encodeURIComponent(sendingId)}`;
}
function inTime(call, silentMs) {
    return new Promise((resolve, reject) => {
        const clock = setTimeout(() => reject(new Error("it does not answer")), silentMs);
        call.then(resolve, reject).finally(() => clearTimeout(clock));
    });
}
function down(address, cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const elsewhere = address.endsWith(`:${exports.PORT}`) ? "" : ` (Premiere lets this panel ask port ${exports.PORT} only)`;
    return new DaemonTrouble("DaemonDown", `the Understudy daemon at ${address} was not reached: ${said}${elsewhere}; ${START}`);
}
async function refusal(answer) {
    const told = (await tableOf(answer));
    const kind = String(told.error?.kind ?? "BadAnswer");
    const message = String(told.error?.message ?? `the daemon answered with status ${answer.status} and no reason`);
    if (answer.status === 401)
        return new DaemonTrouble("WrongToken", `${message}; restart the daemon`, 401);
    return new DaemonTrouble(kind, message, answer.status);
}
async function tableOf(answer) {
    const text = await answer.text();
    if (text.length > MOST_ANSWER)
        throw new DaemonTrouble("BadAnswer", "the daemon answered with more than 16 MiB");
    let value;
    try {
        value = JSON.parse(text);
    }
    catch (cause) {
        if (!(cause instanceof SyntaxError))
            throw cause;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new DaemonTrouble("BadAnswer", `the daemon's answer (status ${answer.status}) is no JSON object`, answer.status);
    }
    return value;
}
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** UXP has no btoa in every version. */
function base64(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 3) {
        const [one = 0, two = 0, three = 0] = bytes.subarray(at, at + 3);
        const all = (one << 16) | (two << 8) | three;
        const signs = [18, 12, 6, 0].map((shift) => SIGNS.charAt((all >> shift) & 63)).join("");
        const missing = Math.max(0, at + 3 - bytes.length);
        parts.push(signs.slice(0, 4 - missing) + "=".repeat(missing));
    }
    return parts.join("");
}
