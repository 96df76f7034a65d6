/** The page: which room an address shows, and the bar around it. A room is one file under rooms/. */

import { get, send } from "./core/api.js";
import { Keymap } from "./core/keys.js";
import { html, render, useEffect, useMemo, useState, PageContext } from "./core/view.js";
import { KeysDialog } from "./parts/keys_dialog.js";
import { Toasts, useToasts } from "./parts/toasts.js";
import { CurationRoom } from "./rooms/curation.js";
import { JobsRoom } from "./rooms/jobs.js";
import { PeopleRoom } from "./rooms/people.js";
import { ProductionRoom } from "./rooms/production.js";
import { ProductionsRoom } from "./rooms/productions.js";
import { ShotRoom } from "./rooms/shot.js";

/** Addresses and their rooms; the names are given to the room as properties. */
const ROOMS = /** @type {[RegExp, unknown][]} */ ([
  [/^\/$/, ProductionsRoom],
  [/^\/p\/(?<production>[^/]+)\/?$/, ProductionRoom],
  [/^\/p\/(?<production>[^/]+)\/people$/, PeopleRoom],
  [/^\/p\/(?<production>[^/]+)\/jobs(?:\/(?<job>[^/]+))?$/, JobsRoom],
  [/^\/p\/(?<production>[^/]+)\/faces(?:\/(?<person>[^/]+))?$/, CurationRoom],
  [/^\/p\/(?<production>[^/]+)\/shots\/(?<shot>[^/]+)(?:\/(?<frame>-?\d+)(?:\/(?<tool>\w+))?)?$/, ShotRoom],
]);

/** @param {{ keys: Keymap, session: { author: string, version: string, can_create: boolean } }} props */
function App({ keys, session }) {
  const [address, setAddress] = useState(location.pathname);
  const [author, setName] = useState(session.author);
  const { toasts, tell, drop } = useToasts();
  const page = useMemo(() => ({
    keys, author, tell, version: session.version, canCreate: session.can_create,
    go: (/** @type {string} */ to) => {
      history.pushState(null, "", to);
      setAddress(location.pathname);
    },
    setAuthor: async (/** @type {string} */ name) => setName((await send("/api/session", { author: name }, { method: "PUT" })).author),
  }), [keys, author]);

  useEffect(() => {
    const moved = () => setAddress(location.pathname);
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  useEffect(() => { // whatever failed and was told by nobody
    const failed = (/** @type {PromiseRejectionEvent} */ { reason }) => {
      if (!["AbortError", "EditConflict"].includes(reason?.name)) tell("", { error: reason });
    };
    addEventListener("unhandledrejection", failed);
    return () => removeEventListener("unhandledrejection", failed);
  }, [tell]);

  const { room: Room, names } = roomOf(address);
  return html`<${PageContext.Provider} value=${page}>
    <div class="shell" onClick=${(/** @type {MouseEvent} */ event) => follow(event, page.go)}>
      <${Room} key=${names.production + "/" + (names.shot ?? "")} ...${names} />
      <${Toasts} toasts=${toasts} drop=${drop} />
      <${KeysDialog} />
    </div>
  </${PageContext.Provider}>`;
}

/** @param {string} address  @returns {{ room: unknown, names: Record<string, string> }} */
function roomOf(address) {
  for (const [pattern, room] of ROOMS) {
    const match = pattern.exec(address);
    if (!match) continue;
    const said = Object.entries(match.groups ?? {}).filter(([, text]) => text !== undefined);
    try {
      return { room, names: Object.fromEntries(said.map(([name, text]) => [name, decodeURIComponent(text)])) };
    } catch {
      break; // a % that stands for nothing
    }
  }
  return { room: NoRoom, names: {} };
}

function NoRoom() {
  return html`<main class="centre"><h1>There is nothing here</h1><p><a href="/">All productions</a></p></main>`;
}

/** Links within the page change the room without loading the page again. @param {MouseEvent} event  @param {(to: string) => void} go */
function follow(event, go) {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[href^='/']");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !plain || link.getAttribute("href")?.startsWith("/api/") || link.hasAttribute("target")) return;
  event.preventDefault();
  go(/** @type {string} */ (link.getAttribute("href")));
}

async function start() {
  const root = /** @type {HTMLElement} */ (document.getElementById("app"));
  try {
    const session = await get("/api/session");
    root.textContent = "";
    render(html`<${App} keys=${new Keymap(window)} session=${session} />`, root);
  } catch (error) {
    const told = document.createElement("p");
    told.className = "centre";
    told.setAttribute("role", "alert");
    told.textContent = /** @type {any} */ (error).status === 401
      ? "This link was used already or has expired. Ask `understudy review` for a new one, or open the link it printed."
      : /** @type {Error} */ (error).message;
    root.replaceChildren(told);
  }
}

void start();
