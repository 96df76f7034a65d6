"use strict";
// Where the daemon keeps bridge.json. UXP tells no environment variables, so another place is typed in by hand.
Object.defineProperty(exports, "__esModule", { value: true });
exports.stateFolder = stateFolder;
exports.fileUrl = fileUrl;
function stateFolder(platform, home) {
    const plain = home.replace(/\\/g, "/").replace(/\/$/, "");
    return platform === "win32" ? `${plain}/AppData/Local/understudy` : `${plain}/.local/state/understudy`;
}
/** "C:\show" -> "file:/C:/show"; UXP reads files of the disk by such an address. */
function fileUrl(path) {
    const plain = path.replace(/\\/g, "/");
    return `file:/${plain.replace(/^\/+/, "")}`;
}
