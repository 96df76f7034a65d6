"use strict";
// Our takes among the project's items: each in a bin of ours, with a project item to itself.
Object.defineProperty(exports, "__esModule", { value: true });
exports.takeItem = takeItem;
exports.firstFile = firstFile;
const seen_js_1 = require("./seen.js");
const tables_js_1 = require("./tables.js");
const telling_js_1 = require("./telling.js");
const transaction_js_1 = require("./transaction.js");
const BIN = "Understudy";
/** A take's project item: one of our bin that no clip shows, else imported. Raises: HostRefused (MediaMissing). */
async function takeItem(ppro, project, media, inUse) {
    const bin = await ourBin(ppro, project);
    const free = (await takesIn(ppro, bin, media.path)).find((one) => !inUse.has(one.id) && !one.offline);
    if (free) {
        return free;
    }
    const before = new Set((await bin.getItems()).map((item) => item.getId()));
    const { file, numbered } = firstFile(media);
    const imported = await project.importFiles([file], true, ppro.ProjectItem.cast(bin), numbered);
    const made = (await bin.getItems()).find((item) => !before.has(item.getId()));
    if (!imported || !made) {
        throw new tables_js_1.HostRefused("MediaMissing", `Premiere could not import ${media.path}; is the file there?`);
    }
    return (0, seen_js_1.seenMedia)(ppro, made);
}
/** What Premiere is given: a movie, or the first picture of a sequence (name.####.exr). */
function firstFile(media) {
    const hashes = /#+/.exec(media.path);
    if (!hashes) {
        return { file: media.path, numbered: false };
    }
    const number = String(media.start ?? 0).padStart(hashes[0].length, "0");
    return { file: media.path.replace(hashes[0], number), numbered: true };
}
async function takesIn(ppro, bin, path) {
    const clips = (await bin.getItems()).filter((item) => item.type === ppro.ProjectItem.TYPE_CLIP);
    const seen = await Promise.all(clips.map((item) => (0, seen_js_1.seenMedia)(ppro, item)));
    return seen.filter((one) => (0, telling_js_1.toldPath)(one.path).path === path);
}
async function ourBin(ppro, project) {
    const root = await project.getRootItem();
    const found = await binIn(ppro, root);
    if (found) {
        return found;
    }
    (0, transaction_js_1.transact)(project, "Understudy: a bin for takes", () => [root.createBinAction(BIN, false)]);
    const made = await binIn(ppro, root);
    if (!made) {
        throw new tables_js_1.HostRefused("Unsupported", "Premiere made no bin for the takes");
    }
    return made;
}
async function binIn(ppro, root) {
    const named = (item) => item.type === ppro.ProjectItem.TYPE_BIN && item.name === BIN;
    const found = (await root.getItems()).find(named);
    return found ? ppro.FolderItem.cast(found) : null;
}
