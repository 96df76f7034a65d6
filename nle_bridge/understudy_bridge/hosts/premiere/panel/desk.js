"use strict";
// The sequence in front of the artist, as it is now, with everything that a step needs at hand.
Object.defineProperty(exports, "__esModule", { value: true });
exports.openDesk = openDesk;
exports.openProject = openProject;
exports.uidOf = uidOf;
exports.tell = tell;
exports.clipOf = clipOf;
exports.keepingRecords = keepingRecords;
exports.placesOf = placesOf;
exports.placeOf = placeOf;
const identity_js_1 = require("./identity.js");
const seen_js_1 = require("./seen.js");
const tables_js_1 = require("./tables.js");
const telling_js_1 = require("./telling.js");
const ticks_js_1 = require("./ticks.js");
/** Look at the open sequence. Raises: HostRefused when there is none. */
async function openDesk(ppro) {
    const project = await openProject(ppro);
    const sequence = (await project.getActiveSequence());
    if (!sequence) {
        throw new tables_js_1.HostRefused("NoTimeline", "no sequence is open; open the one that you edit");
    }
    const tracks = await (0, seen_js_1.seenTracks)(ppro, sequence);
    const kept = await ppro.Properties.getProperties(sequence);
    const records = kept.hasValue(identity_js_1.CLIPS_PROPERTY) ? (0, identity_js_1.recordsOf)(kept.getValue(identity_js_1.CLIPS_PROPERTY)) : [];
    const ticksAFrame = BigInt(await sequence.getTimebase());
    return { ppro, project, sequence, ticksAFrame, tracks, records, who: (0, identity_js_1.whoIsWho)(records, tracks) };
}
async function openProject(ppro) {
    const project = (await ppro.Project.getActiveProject());
    if (!project) {
        throw new tables_js_1.HostRefused("NoTimeline", "no project is open");
    }
    return project;
}
function uidOf(desk, clip) {
    return desk.who.get(clip)?.uid ?? (0, telling_js_1.passingUid)(clip);
}
function tell(desk, clip) {
    return (0, telling_js_1.toldClip)(clip, desk.who.get(clip), desk.ticksAFrame);
}
/** The clip with a uid; where it is on another track than expected, it was moved. Raises: HostRefused. */
function clipOf(desk, uid, track, recordIn) {
    const found = desk.tracks
        .flatMap((one) => one.clips)
        .find((clip) => uidOf(desk, clip) === uid &&
        (track === undefined || clip.number === track) &&
        (recordIn === undefined || (0, ticks_js_1.frameAt)(clip.start, desk.ticksAFrame) === recordIn));
    if (!found) {
        throw new tables_js_1.HostRefused("NotOnTimeline", `the clip ${uid} is no longer where it was; look at the timeline again`);
    }
    return found;
}
/** An action that keeps the records: those of clips that are there are brought up to date; null forgets one. */
async function keepingRecords(desk, fresh) {
    const known = new Set(desk.who.values());
    const records = desk.records.filter((record) => !known.has(record)); // of clips that are away: they may come back
    for (const [clip, record] of desk.who) {
        if (!fresh.has(clip))
            records.push((0, identity_js_1.recordOf)(clip, record.uid, record.ours));
    }
    for (const record of fresh.values()) {
        if (record)
            records.push(record);
    }
    const properties = await desk.ppro.Properties.getProperties(desk.sequence);
    const persistent = desk.ppro.Constants.PropertyType.PERSISTENT;
    return () => properties.createSetValueAction(identity_js_1.CLIPS_PROPERTY, (0, identity_js_1.textOf)(records), persistent);
}
/** Where every clip lies and what it shows, but for one; two of these are compared. */
function placesOf(desk, without) {
    const clips = desk.tracks.flatMap((track) => track.clips);
    return clips.filter((clip) => clip !== without).map(placeOf).join("\n");
}
function placeOf(clip) {
    return [clip.number, clip.start, clip.end, clip.in, clip.out, clip.media?.id ?? ""].join(" ");
}
