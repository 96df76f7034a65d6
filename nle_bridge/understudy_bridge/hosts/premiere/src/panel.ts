// What the panel knows and does; how it looks is in view.ts.

import type { Daemon, Hello, Person, Preset, Sending, Wish } from "./daemon.js";
import { DaemonTrouble } from "./daemon.js";
import { place, sourceFrame, submit } from "./flow.js";
import { HostRefused, type EditHost } from "./tables.js";

const POLL_WAIT_S = 20;
const SHORTEST_ROUND_MS = 500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const PICTURE_WIDTH_PX = 160;

export interface PanelState {
  connection: string;
  hello: Hello | null;
  presets: Preset[];
  preset: string;
  people: Person[];
  sendings: Sending[];
  pictures: ReadonlyMap<string, string>;
  busy: boolean;
  message: string;
}

export class Panel {
  state: PanelState = {
    connection: "looking for the daemon",
    hello: null,
    presets: [],
    preset: "",
    people: [],
    sendings: [],
    pictures: new Map(),
    busy: false,
    message: "",
  };

  private ended = false;
  private project = "";
  private revision = 0;
  private isFirst = true; // of a project: what is known already is shown without waiting

  constructor(
    private readonly daemon: Daemon,
    private readonly host: EditHost,
    private readonly show: (state: PanelState) => void,
    private readonly openPage: (url: string) => Promise<void>,
    private readonly pause: (ms: number) => Promise<void>,
  ) {}

  /** Keep looking at the daemon and at what became of the project's sendings, until `stop`. */
  async run(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    while (!this.ended) {
      try {
        await this.round();
        wait = FIRST_PAUSE_MS;
        await this.pause(SHORTEST_ROUND_MS);
      } catch (cause) {
        this.change({ connection: wordsOf(cause), hello: cause instanceof DaemonTrouble ? null : this.state.hello });
        await this.pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  stop(): void {
    this.ended = true;
  }

  /** One look: connection and presets first, then news of the open project's sendings. */
  async round(waitS = POLL_WAIT_S): Promise<void> {
    if (!this.state.hello) await this.meet();
    const { project } = await this.host.about();
    if (project !== this.project) {
      this.project = project; // another project was opened: what finished meanwhile is offered
      this.revision = 0;
      this.isFirst = true;
      this.change({ sendings: [], pictures: new Map() });
    }
    const news = await this.daemon.list(project, this.revision, this.isFirst ? 0 : waitS);
    if (project !== this.project) return;
    this.isFirst = false;
    this.revision = news.revision >= this.revision ? news.revision : 0; // another journal: all of it is news
    if (news.sendings.length > 0) await this.take(news.sendings);
  }

  private async meet(): Promise<void> {
    const hello = await this.daemon.hello();
    const { state, message, production } = hello.backend;
    const connection = state === "up" ? `connected: ${production?.name ?? "no production"}` : `backend is ${state}: ${message}`;
    if (state !== "up") {
      this.change({ connection });
      throw new DaemonTrouble("ServerUnreachable", connection);
    }
    const presets = await this.daemon.presets();
    const kept = presets.some((one) => one.name === this.state.preset);
    const preset = kept ? this.state.preset : (presets.find((one) => one.ready) ?? presets[0])?.name ?? "";
    this.change({ hello, connection, presets, preset, people: await this.daemon.people() });
  }

  private async take(changed: readonly Sending[]): Promise<void> {
    const byId = new Map(this.state.sendings.map((one) => [one.id, one]));
    for (const one of changed) byId.set(one.id, one);
    const sendings = [...byId.values()].sort((one, other) => other.revision - one.revision);
    this.change({ sendings });
    for (const one of changed) {
      const pictures = new Map(this.state.pictures);
      try {
        pictures.set(one.id, await this.daemon.picture(one.id, PICTURE_WIDTH_PX));
        this.change({ pictures });
      } catch (cause) {
        if (!(cause instanceof DaemonTrouble)) throw cause; // no picture yet
      }
    }
  }

  choosePreset(name: string): void {
    this.change({ preset: name });
  }

  send(): Promise<void> {
    return this.doing(async () => {
      const sent = await submit(this.daemon, this.host, this.state.preset);
      const lines = [`sent: ${sent.sendings.map((one) => one.name).join(", ")}`];
      if (sent.refused.length > 0) lines.push(`not sent: ${sent.refused.join("; ")}`);
      lines.push(...sent.warnings);
      return lines.join("\n");
    });
  }

  place(sending: Sending, wish: Wish): Promise<void> {
    return this.doing(async () => {
      const notes = await place(this.daemon, this.host, sending.id, wish);
      return [wish.remove ? `${sending.name} was removed` : `${sending.name} was placed`, ...notes].join("\n");
    });
  }

  act(sending: Sending, verb: "cancel" | "retry" | "render"): Promise<void> {
    return this.doing(async () => {
      await this.daemon.act(sending.id, verb);
      return "";
    });
  }

  fetchVersion(sending: Sending, version: number): Promise<void> {
    return this.doing(async () => {
      await this.daemon.fetchVersion(sending.id, version);
      return `version ${version} of ${sending.name} is being delivered`;
    });
  }

  openRoom(sending: Sending): Promise<void> {
    return this.doing(async () => {
      const source = await sourceFrame(this.host, sending.shot.clip_uid);
      const { url } = await this.daemon.room(sending.id, source === null ? {} : { source });
      await this.openPage(url);
      return "";
    });
  }

  goTo(sending: Sending): Promise<void> {
    return this.doing(async () => {
      await this.host.seek(sending.placed[0]?.record_in ?? sending.shot.record_in ?? 0);
      return "";
    });
  }

  private async doing(task: () => Promise<string>): Promise<void> {
    if (this.state.busy) return;
    this.change({ busy: true, message: "" });
    try {
      this.change({ message: await task() });
    } catch (cause) {
      this.change({ message: wordsOf(cause) });
    } finally {
      this.change({ busy: false });
    }
  }

  private change(fields: Partial<PanelState>): void {
    this.state = { ...this.state, ...fields };
    this.show(this.state);
  }
}

/** What the artist is told; whatever Premiere's own objects throw ends here, so that the panel goes on. */
function wordsOf(cause: unknown): string {
  if (cause instanceof DaemonTrouble || cause instanceof HostRefused) return cause.message;
  console.error(cause);
  return `Premiere broke off (${cause instanceof Error ? cause.message : String(cause)}); press Undo if a clip is not as it was`;
}
