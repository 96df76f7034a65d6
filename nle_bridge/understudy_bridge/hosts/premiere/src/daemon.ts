// Asking the daemon, with fetch: one method for each request of docs/bridge.md. Loopback only.

import type { Step, Timeline } from "./tables.js";

export const PORT = 8431;
const MOST_ANSWER = 16 * 1024 * 1024;
const CALL_MS = 10_000;
const LONG_CALL_MS = 60_000;
const START = `start it with: understudy bridge serve (on its own port, ${PORT})`;

export interface Production { id: string; name: string }
export interface Hello {
  version: string;
  backend: { state: "up" | "away" | "refused"; address: string; message: string; production: Production | null };
  notes?: string[];
}
export interface Preset { name: string; ready: boolean; message: string }
export interface Person { name: string; state: string; message: string }
export interface Shot { name: string; clip_uid: string }
export interface CheckedShot { shot: Shot; problems: { kind: string; refuses: boolean; message: string }[] }
export interface Version { version: number; state: "rendering" | "rendered" | "delivered" }
export interface Sending {
  id: string;
  name: string;
  shot: Shot & { record_in?: number };
  state: "waiting" | "running" | "finished" | "failed" | "cancelled";
  stage: string;
  progress: { done: number; total: number; left_s: number | null } | null;
  error: { kind: string; message: string } | null;
  versions: Version[];
  placed: { version: number; track: number; record_in: number }[];
  revision: number;
}
export interface Plan { id: string; kind: string; version: number; steps: Step[]; notes: string[] }
export interface Wish { version?: number; track?: number; remove?: true }

/** A call had no result; the message says why and what to do. */
export class DaemonTrouble extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly status = 0,
  ) {
    super(message);
    this.name = "DaemonTrouble";
  }
}

interface Door { address: string; token: string }

export class Daemon {
  /** `readFile` gives the text of bridge.json, or raises where it is not there. */
  constructor(
    private readonly readFile: () => Promise<string>,
    private readonly ask: typeof fetch,
  ) {}

  hello(): Promise<Hello> {
    return this.get("/v1/hello");
  }

  async presets(): Promise<Preset[]> {
    return (await this.get<{ presets: Preset[] }>("/v1/presets")).presets;
  }

  async people(): Promise<Person[]> {
    return (await this.get<{ people: Person[] }>("/v1/people")).people;
  }

  check(asked: { host: string; project: string; timeline: Timeline; clips: string[]; preset: string }) {
    return this.post<{ shots: CheckedShot[] }>("/v1/check", asked);
  }

  create(asked: { request_id: string; project: string; shot: Shot; preset: string }): Promise<Sending> {
    return this.post("/v1/sendings", asked);
  }

  list(project: string, after: number, waitS: number): Promise<{ revision: number; sendings: Sending[] }> {
    const query = `project=${encodeURIComponent(project)}&after=${after}&wait=${waitS}`;
    return this.get(`/v1/sendings?${query}`, CALL_MS + waitS * 1000);
  }

  /** cancel, retry, or render a next version. */
  act(sendingId: string, verb: "cancel" | "retry" | "render"): Promise<Sending> {
    return this.post(`${of(sendingId)}/${verb}`, {});
  }

  fetchVersion(sendingId: string, version: number): Promise<Sending> {
    return this.post(`${of(sendingId)}/fetch`, { version });
  }

  plan(sendingId: string, asked: Wish & { timeline: Timeline; capabilities: object }): Promise<Plan> {
    return this.post(`${of(sendingId)}/plan`, asked);
  }

  read(planId: string, timeline: Timeline): Promise<{ ok: boolean; faults: string[] }> {
    return this.post(`/v1/plans/${encodeURIComponent(planId)}/read`, { timeline });
  }

  room(sendingId: string, frame: { frame?: number; source?: number }): Promise<{ url: string }> {
    return this.post(`${of(sendingId)}/room`, frame);
  }

  /** The newest finished frame, as the address of a picture. */
  async picture(sendingId: string, widthPx: number): Promise<string> {
    const answer = await this.called("GET", `${of(sendingId)}/picture.jpg?width=${widthPx}`, undefined, LONG_CALL_MS);
    return `data:image/jpeg;base64,${base64(new Uint8Array(await answer.arrayBuffer()))}`;
  }

  private async get<T>(path: string, silentMs = CALL_MS): Promise<T> {
    return (await tableOf(await this.called("GET", path, undefined, silentMs))) as T;
  }

  private async post<T>(path: string, asked: object): Promise<T> {
    return (await tableOf(await this.called("POST", path, JSON.stringify(asked), LONG_CALL_MS))) as T;
  }

  private async called(method: string, path: string, body: string | undefined, silentMs: number): Promise<Response> {
    const { address, token } = await this.door();
    const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const request: RequestInit = body === undefined ? { method, headers } : { method, headers, body };
    let answer: Response;
    try {
      answer = await inTime(this.ask(`http://${address}${path}`, request), silentMs);
    } catch (cause) {
      throw down(address, cause);
    }
    if (answer.status !== 200) throw await refusal(answer);
    return answer;
  }

  private async door(): Promise<Door> {
    let text: string;
    try {
      text = await this.readFile();
    } catch (cause) {
      throw new DaemonTrouble("DaemonDown", `the Understudy daemon is not running (${String(cause)}); ${START}`);
    }
    const door = doorOf(text);
    if (!door) throw new DaemonTrouble("DaemonDown", `bridge.json is damaged; ${START}, which writes it again`);
    return door;
  }
}

function doorOf(text: string): Door | null {
  try {
    const { address, token } = JSON.parse(text) as Partial<Door>;
    const local = typeof address === "string" && /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(address);
    return local && typeof token === "string" && /^[\x21-\x7e]+$/.test(token) ? { address, token } : null;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return null;
    throw cause;
  }
}

function of(sendingId: string): string {
  return `/v1/sendings/${encodeURIComponent(sendingId)}`;
}

function inTime<T>(call: Promise<T>, silentMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const clock = setTimeout(() => reject(new Error("it does not answer")), silentMs);
    call.then(resolve, reject).finally(() => clearTimeout(clock));
  });
}

function down(address: string, cause: unknown): DaemonTrouble {
  const said = cause instanceof Error ? cause.message : String(cause);
  const elsewhere = address.endsWith(`:${PORT}`) ? "" : ` (Premiere lets this panel ask port ${PORT} only)`;
  return new DaemonTrouble("DaemonDown", `the Understudy daemon at ${address} was not reached: ${said}${elsewhere}; ${START}`);
}

async function refusal(answer: Response): Promise<DaemonTrouble> {
  const told = (await tableOf(answer)) as { error?: { kind?: unknown; message?: unknown } };
  const kind = String(told.error?.kind ?? "BadAnswer");
  const message = String(told.error?.message ?? `the daemon answered with status ${answer.status} and no reason`);
  if (answer.status === 401) return new DaemonTrouble("WrongToken", `${message}; restart the daemon`, 401);
  return new DaemonTrouble(kind, message, answer.status);
}

async function tableOf(answer: Response): Promise<object> {
  const text = await answer.text();
  if (text.length > MOST_ANSWER) throw new DaemonTrouble("BadAnswer", "the daemon answered with more than 16 MiB");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DaemonTrouble("BadAnswer", `the daemon's answer (status ${answer.status}) is no JSON object`, answer.status);
  }
  return value;
}

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** UXP has no btoa in every version. */
function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [one = 0, two = 0, three = 0] = bytes.subarray(at, at + 3);
    const all = (one << 16) | (two << 8) | three;
    const signs = [18, 12, 6, 0].map((shift) => SIGNS.charAt((all >> shift) & 63)).join("");
    const missing = Math.max(0, at + 3 - bytes.length);
    parts.push(signs.slice(0, 4 - missing) + "=".repeat(missing));
  }
  return parts.join("");
}
