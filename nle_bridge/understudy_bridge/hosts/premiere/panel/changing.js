"use strict";
// Other media in a clip's place, and lifting a clip: both looked at afterwards, both undone when they went wrong.
Object.defineProperty(exports, "__esModule", { value: true });
exports.lift = lift;
exports.swap = swap;
const desk_js_1 = require("./desk.js");
const identity_js_1 = require("./identity.js");
const project_items_js_1 = require("./project_items.js");
const telling_js_1 = require("./telling.js");
const tables_js_1 = require("./tables.js");
const ticks_js_1 = require("./ticks.js");
const transaction_js_1 = require("./transaction.js");
/** Lift one clip; a gap stays. The step that lays it again. Raises: HostRefused. */
async function lift(desk, step) {
    const clip = (0, desk_js_1.clipOf)(desk, step.uid, step.track, step.clip.record_in);
    const was = (0, desk_js_1.tell)(desk, clip);
    const keep = await (0, desk_js_1.keepingRecords)(desk, new Map([[clip, null]]));
    const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
    (0, transaction_js_1.transact)(desk.project, `Understudy: remove ${clip.name}`, () => [
        editor.createRemoveItemsAction((0, transaction_js_1.selectionOf)(desk.ppro, [clip.item]), false, desk.ppro.Constants.MediaType.VIDEO),
        keep(),
    ]);
    const now = await (0, desk_js_1.openDesk)(desk.ppro);
    if ((0, desk_js_1.placesOf)(now) !== (0, desk_js_1.placesOf)(desk, clip)) {
        throw new tables_js_1.HostRefused("Misplaced", `Premiere did not lift ${clip.name} alone; press Undo, and unlock its track`);
    }
    return { do: "lay", track: step.track, clip: was };
}
/** Other media for a clip's own project item, so that effects, grade and transform stay. Raises: HostRefused. */
async function swap(desk, step) {
    const clip = (0, desk_js_1.clipOf)(desk, step.uid, step.track, step.clip.record_in);
    const was = (0, desk_js_1.tell)(desk, clip);
    const seen = ownMedia(desk, clip);
    const media = step.clip.media;
    if (!media || (step.clip.speed ?? "1") !== "1") {
        throw new tables_js_1.HostRefused("Unsupported", "only a file at its own speed can be put into a clip's place");
    }
    await changePath(seen, (0, project_items_js_1.firstFile)(media).file);
    try {
        const wrong = await slipped(desk, clip, step.clip, media);
        if (wrong)
            throw new tables_js_1.HostRefused("Misplaced", wrong);
        await rename(desk, clip, seen, step.clip, was);
    }
    catch (cause) {
        const left = await backAgain(desk, clip, seen);
        throw cause instanceof tables_js_1.HostRefused ? new tables_js_1.HostRefused(cause.kind, `${cause.message}; ${left}`) : cause;
    }
    const done = await (0, desk_js_1.openDesk)(desk.ppro);
    return { ...step, clip: was, was: (0, desk_js_1.tell)(done, (0, desk_js_1.clipOf)(done, step.uid, step.track, step.clip.record_in)) };
}
/** The project item of a clip, which no other clip of the sequence shows. Raises: HostRefused. */
function ownMedia(desk, clip) {
    const seen = clip.media;
    if (!seen || !seen.path) {
        throw new tables_js_1.HostRefused("Unsupported", `${clip.name} shows no file`);
    }
    const users = desk.tracks.flatMap((track) => track.clips).filter((one) => one.media?.id === seen.id);
    if (users.length > 1) {
        const message = `${users.length} clips show ${seen.name}, and all of them would change; remove the copies`;
        throw new tables_js_1.HostRefused("Unsupported", message);
    }
    return seen;
}
/** Raises: HostRefused (MediaMissing). Premiere cannot undo this by itself. */
async function changePath(seen, path) {
    const changed = (await seen.clip.canChangeMediaPath()) && (await seen.clip.changeMediaFilePath(path));
    if (!changed) {
        throw new tables_js_1.HostRefused("MediaMissing", `Premiere could not take ${path} instead of ${seen.name}; is it there?`);
    }
}
/** Set the clip's in and out in the other medium; what is wrong then, "" when nothing. */
async function slipped(desk, clip, asked, media) {
    const long = BigInt(clip.end) - BigInt(clip.start);
    const index = (asked.source_in ?? 0) - (media.start ?? 0);
    const from = BigInt((0, ticks_js_1.ticksAt)(index, (0, ticks_js_1.ticksOfRate)(media.rate)));
    setInOut(desk, clip, from, from + long);
    const now = await (0, desk_js_1.openDesk)(desk.ppro);
    const found = now.tracks[clip.number - 1]?.clips.find((one) => one.start === clip.start);
    if (!found || found.end !== clip.end || (0, desk_js_1.placesOf)(now, found) !== (0, desk_js_1.placesOf)(desk, clip)) {
        return "Premiere moved clips while it changed the take";
    }
    const told = (0, telling_js_1.toldMedia)(found.media);
    if (!told || told.rate !== media.rate || (told.frames ?? 0) < index + (asked.duration ?? 0)) {
        return `${media.path} has another rate or fewer frames than the clip shows`;
    }
    return BigInt(found.in) === from && BigInt(found.out) === from + long ? "" : "Premiere shows other frames of it";
}
function setInOut(desk, clip, from, to) {
    const { TickTime } = desk.ppro;
    (0, transaction_js_1.transact)(desk.project, "Understudy: change version", () => [
        clip.item.createSetInPointAction(TickTime.createWithTicks(from.toString())),
        clip.item.createSetOutPointAction(TickTime.createWithTicks(to.toString())),
    ]);
}
/** Put the old medium back; what is left to do then. */
async function backAgain(desk, clip, seen) {
    await changePath(seen, seen.path);
    setInOut(desk, clip, BigInt(clip.in), BigInt(clip.out));
    const now = await (0, desk_js_1.openDesk)(desk.ppro);
    return (0, desk_js_1.placesOf)(now) === (0, desk_js_1.placesOf)(desk) ? "it is as it was" : "press Undo until the clip is as it was";
}
/** A clip that bore its file's name bears the new file's; another name stays. */
async function rename(desk, clip, seen, asked, was) {
    const now = await (0, desk_js_1.openDesk)(desk.ppro);
    const found = now.tracks[clip.number - 1]?.clips.find((one) => one.start === clip.start) ?? clip;
    const record = (0, identity_js_1.recordOf)(found, asked.uid, asked.ours ?? {});
    const own = desk.who.get(clip);
    const keep = await (0, desk_js_1.keepingRecords)(now, new Map([[found, own ? { ...record, uid: own.uid } : record]]));
    const name = asked.media?.name ?? "";
    const bearsFile = was.name === was.media?.name && name !== "" && name !== was.name;
    (0, transaction_js_1.transact)(desk.project, "Understudy: change version", () => [
        keep(),
        ...(bearsFile ? [clip.item.createSetNameAction(name), seen.clip.createSetNameAction(name)] : []),
    ]);
}
