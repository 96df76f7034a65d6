"use strict";
// Where the panel begins: UXP's modules are asked for here and nowhere else.
Object.defineProperty(exports, "__esModule", { value: true });
const daemon_js_1 = require("./daemon.js");
const host_js_1 = require("./host.js");
const panel_js_1 = require("./panel.js");
const state_folder_js_1 = require("./state_folder.js");
const view_js_1 = require("./view.js");
const FOLDER_KEY = "understudy.state_folder";
function start(root, folderField) {
    const uxp = require("uxp");
    const os = require("os");
    const fs = require("fs");
    folderField.value = localStorage.getItem(FOLDER_KEY) ?? "";
    folderField.placeholder = (0, state_folder_js_1.stateFolder)(os.platform(), os.homedir());
    folderField.addEventListener("change", () => localStorage.setItem(FOLDER_KEY, folderField.value.trim()));
    const readFile = () => {
        const folder = folderField.value.trim() || (0, state_folder_js_1.stateFolder)(os.platform(), os.homedir());
        return fs.readFile((0, state_folder_js_1.fileUrl)(`${folder}/bridge.json`), { encoding: "utf-8" });
    };
    const panel = new panel_js_1.Panel(new daemon_js_1.Daemon(readFile, fetch.bind(globalThis)), new host_js_1.PremiereHost(require("premierepro"), uxp.host.version), (state) => (0, view_js_1.draw)(root, panel, state), async (url) => void (await uxp.shell.openExternal(url, "The review room at this shot")), (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    void panel.run();
}
start(document.getElementById("root"), document.getElementById("state-folder"));
