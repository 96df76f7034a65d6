// Where the panel begins: UXP's modules are asked for here and nowhere else.

import type { premierepro } from "@adobe/premierepro";
import { Daemon } from "./daemon.js";
import { PremiereHost } from "./host.js";
import { Panel } from "./panel.js";
import { stateFolder, fileUrl } from "./state_folder.js";
import { draw } from "./view.js";

interface Uxp {
  host: { version: string };
  shell: { openExternal(url: string, why: string): Promise<string> };
}
interface Os { platform(): string; homedir(): string }
interface Fs { readFile(path: string, options: { encoding: string }): Promise<string> }

declare function require(name: string): unknown;

const FOLDER_KEY = "understudy.state_folder";

function start(root: HTMLElement, folderField: HTMLInputElement): void {
  const uxp = require("uxp") as Uxp;
  const os = require("os") as Os;
  const fs = require("fs") as Fs;
  folderField.value = localStorage.getItem(FOLDER_KEY) ?? "";
  folderField.placeholder = stateFolder(os.platform(), os.homedir());
  folderField.addEventListener("change", () => localStorage.setItem(FOLDER_KEY, folderField.value.trim()));
  const readFile = () => {
    const folder = folderField.value.trim() || stateFolder(os.platform(), os.homedir());
    return fs.readFile(fileUrl(`${folder}/bridge.json`), { encoding: "utf-8" });
  };
  const panel: Panel = new Panel(
    new Daemon(readFile, fetch.bind(globalThis)),
    new PremiereHost(require("premierepro") as premierepro, uxp.host.version),
    (state) => draw(root, panel, state),
    async (url) => void (await uxp.shell.openExternal(url, "The review room at this shot")),
    (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  );
  void panel.run();
}

start(
  document.getElementById("root") as HTMLElement,
  document.getElementById("state-folder") as HTMLInputElement,
);
