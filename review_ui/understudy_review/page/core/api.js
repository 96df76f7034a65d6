/** Talking to the gateway: JSON and bytes out and in, errors with the backend's own names. */

const OURS = { "X-Understudy": "1" };

/** What the backend or the gateway said was wrong. `passing` means that trying again may help. */
export class ApiError extends Error {
  /** @param {number} status  @param {string} name  @param {string} message  @param {any} [body] */
  constructor(status, name, message, body = {}) {
    super(message);
    this.status = status;
    this.name = name;
    this.body = body;
  }

  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @param {string} path  @param {{ signal?: AbortSignal }} [options]  @returns {Promise<any>} */
export async function get(path, { signal } = {}) {
  return read(await asked(path, { signal }), signal, (answer) => answer.json());
}

/**
 * A change: JSON out, JSON in.
 * @param {string} path  @param {unknown} [body]
 * @param {{ method?: string, signal?: AbortSignal, keepalive?: boolean }} [options]  @returns {Promise<any>}
 */
export async function send(path, body = {}, { method = "POST", signal, keepalive } = {}) {
  const answer = await asked(path, {
    method, signal, keepalive, headers: { ...OURS, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return answer.status === 204 ? null : read(answer, signal, () => answer.json());
}

/**
 * Bytes: pictures, pixels, sound. With a body it is a POST of JSON.
 * @param {string} path  @param {{ body?: unknown, signal?: AbortSignal, priority?: "high" | "low" | "auto" }} [options]
 * @returns {Promise<{ blob: Blob, headers: Headers, status: number }>}
 */
export async function bytes(path, { body, signal, priority } = {}) {
  const posted = body === undefined ? {} : {
    method: "POST", headers: { ...OURS, "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await asked(path, { ...posted, signal, priority });
  return { blob: await read(answer, signal, () => answer.blob()), headers: answer.headers, status: answer.status };
}

/**
 * A file, streamed, with progress 0..1.
 * @param {string} path  @param {File} file  @param {(share: number) => void} onProgress  @returns {Promise<any>}
 */
export function upload(path, file, onProgress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(OURS)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = request.onabort = () => failed(unreachable());
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status < 300) done(body);
      else failed(new ApiError(request.status, body.error ?? "Error", body.message ?? request.statusText, body));
    };
    request.send(file);
  });
}

/** @param {string} path  @param {RequestInit} options */
async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  }
  if (answer.ok) return answer;
  const body = parsed(await read(answer, options.signal ?? undefined, () => answer.text()));
  throw new ApiError(answer.status, body.error ?? "Error", body.message ?? answer.statusText, body);
}

/**
 * What an answer says. A line that breaks in the middle of it is as one that was never there.
 * @template T  @param {Response} answer  @param {AbortSignal | undefined} signal  @param {(answer: Response) => Promise<T>} how
 */
async function read(answer, signal, how) {
  try {
    return await how(answer);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

function unreachable() {
  return new ApiError(0, "Unreachable", "The review room's server does not answer. Is it still running?");
}

/** @param {string} text  @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Words of a path, encoded. @param {TemplateStringsArray} texts  @param {(string | number)[]} values */
export function path(texts, ...values) {
  return texts.reduce((all, text, at) => all + encodeURIComponent(values[at - 1]) + text);
}

/** A fresh id for a request that may have to be sent twice. */
export function requestId() {
  return crypto.randomUUID();
}
