/**
 * What happens at the backend while the page is open, as one stream a tab: other people's edits, jobs, whether
 * the backend answers. The stream is taken up again by itself; edits come each once and in order.
 */

const PATIENCE_MS = 25_000; // the gateway sends a heartbeat every 10 s
const HIDDEN_MS = 60_000; // then a tab that nobody sees leaves its line to others: a browser has six for one server

/**
 * Events: `edit` (detail Entry), `job` (detail { job, progress, message }), `jobevent` (detail JobEvent),
 * `backend` (detail { up }), `line` (detail { up }: whether the gateway answers).
 */
export class Live extends EventTarget {
  /** @type {EventSource | null} */
  #source = null;
  #heard = 0;
  #revision = 0;
  #shot = "";
  #watchdog = 0;

  /** @param {string} production  its key */
  constructor(production) {
    super();
    this.production = production;
    /** Taken for granted until it fails. */
    this.up = true;
    this.backendUp = true;
  }

  #hidden = 0;
  #seen = () => {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.#disconnect(), HIDDEN_MS);
    else if (!this.#source) this.#connect();
  };

  /** Follow a shot's edits from a revision on, or none with an empty `shot`. @param {string} shot  @param {number} after */
  follow(shot, after) {
    this.#shot = shot;
    this.#revision = after;
    document.addEventListener("visibilitychange", this.#seen);
    this.#connect();
  }

  close() {
    document.removeEventListener("visibilitychange", this.#seen);
    clearTimeout(this.#hidden);
    this.#disconnect();
  }

  #disconnect() {
    clearInterval(this.#watchdog);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#disconnect();
    const query = this.#shot ? `?shot=${encodeURIComponent(this.#shot)}&after=${this.#revision}` : "";
    const source = new EventSource(`/api/p/${encodeURIComponent(this.production)}/live${query}`);
    this.#source = source;
    this.#heard = Date.now();
    source.onopen = () => this.#line(true);
    source.onerror = () => this.#line(false);
    for (const kind of ["edit", "job", "jobevent", "backend", "beat"]) {
      source.addEventListener(kind, (event) => this.#take(kind, JSON.parse(/** @type {MessageEvent} */ (event).data)));
    }
    this.#watchdog = setInterval(() => {
      const closed = source.readyState === EventSource.CLOSED; // the browser gave up; we don't
      if (!closed && Date.now() - this.#heard <= PATIENCE_MS) return;
      this.#line(false);
      this.#connect();
    }, 3000);
  }

  /** @param {string} kind  @param {any} detail */
  #take(kind, detail) {
    this.#heard = Date.now();
    if (kind === "beat") return;
    if (kind === "edit") {
      if (detail.revision <= this.#revision) return;
      this.#revision = detail.revision;
    }
    if (kind === "backend") this.backendUp = detail.up;
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  /** @param {boolean} up */
  #line(up) {
    this.#heard = Date.now();
    if (up === this.up) return;
    this.up = up;
    this.dispatchEvent(new CustomEvent("line", { detail: { up } }));
  }
}
