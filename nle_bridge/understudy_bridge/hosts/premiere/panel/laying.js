"use strict";
// Laying a take: never over anything, never over the artist's sound, and looked at afterwards.
Object.defineProperty(exports, "__esModule", { value: true });
exports.lay = lay;
const desk_js_1 = require("./desk.js");
const identity_js_1 = require("./identity.js");
const motion_js_1 = require("./motion.js");
const project_items_js_1 = require("./project_items.js");
const seen_js_1 = require("./seen.js");
const tables_js_1 = require("./tables.js");
const ticks_js_1 = require("./ticks.js");
const transaction_js_1 = require("./transaction.js");
/** Lay a clip on a free place; the step that lifts it again. Raises: HostRefused. */
async function lay(desk, step) {
    const { clip } = step;
    const media = playable(clip);
    const place = placeFor(desk, step, media);
    refuseOccupied(desk, place);
    const used = new Set(desk.tracks.flatMap((track) => track.clips.map((one) => one.media?.id ?? "")));
    const item = await (0, project_items_js_1.takeItem)(desk.ppro, desk.project, media, used);
    if ((0, ticks_js_1.ticksOfDecimal)(item.framesASecond) !== (0, ticks_js_1.ticksOfRate)(media.rate)) {
        throw new tables_js_1.HostRefused("Unsupported", `Premiere plays ${media.path} at ${item.framesASecond} frames a second`);
    }
    await cutTo(desk, item, place);
    const soundBefore = await (0, seen_js_1.seenSound)(desk.ppro, desk.sequence);
    const quiet = freeSoundTrack(soundBefore, place);
    await overwrite(desk, item, place, quiet, clip.name);
    return settled(desk, step, place, soundBefore);
}
function playable(clip) {
    if (!clip.media) {
        throw new tables_js_1.HostRefused("Unsupported", "only clips of files can be laid");
    }
    if ((clip.speed ?? "1") !== "1" || clip.curve) {
        throw new tables_js_1.HostRefused("Unsupported", "Premiere lets no panel change a speed; render the retime first");
    }
    return clip.media;
}
function placeFor(desk, step, media) {
    const { clip, track } = step;
    const used = desk.tracks.reduce((most, one) => (one.clips.length > 0 ? Math.max(most, one.number) : most), 0);
    if (!Number.isInteger(track) || track < 1 || track > used + 1) {
        throw new tables_js_1.HostRefused("NotOnTimeline", `there is no track V${track}`);
    }
    const start = BigInt((0, ticks_js_1.ticksAt)(clip.record_in, desk.ticksAFrame));
    const long = BigInt((0, ticks_js_1.ticksAt)(clip.duration, desk.ticksAFrame));
    const index = (clip.source_in ?? 0) - (media.start ?? 0);
    if (clip.record_in < 0 || clip.duration < 1 || index < 0) {
        throw new tables_js_1.HostRefused("Unsupported", "the clip begins before its file or before the sequence");
    }
    const from = BigInt((0, ticks_js_1.ticksAt)(index, (0, ticks_js_1.ticksOfRate)(media.rate)));
    return { track, start, end: start + long, from, to: from + long };
}
function refuseOccupied(desk, place) {
    const there = desk.tracks[place.track - 1]?.clips ?? [];
    const found = there.find((one) => BigInt(one.start) < place.end && place.start < BigInt(one.end));
    if (found) {
        throw new tables_js_1.HostRefused("Occupied", `${found.name} lies there on V${place.track}; move it`);
    }
}
/** Mark the in and out of the take's own project item, and see that Premiere has them: overwriting goes by them. */
async function cutTo(desk, item, place) {
    const { TickTime, Constants } = desk.ppro;
    (0, transaction_js_1.transact)(desk.project, "Understudy: cut the take", () => [
        item.clip.createSetInOutPointsAction(TickTime.createWithTicks(place.from.toString()), TickTime.createWithTicks(place.to.toString())),
    ]);
    const from = BigInt((await item.clip.getInPoint(Constants.MediaType.VIDEO)).ticks);
    const to = BigInt((await item.clip.getOutPoint(Constants.MediaType.VIDEO)).ticks);
    if (from !== place.from || to !== place.to) {
        throw new tables_js_1.HostRefused("Misplaced", `Premiere did not cut ${item.name} to its frames; lay it by hand`);
    }
}
/** An audio track that is free where the take's sound would fall. Raises: HostRefused. */
function freeSoundTrack(sound, place) {
    const overlaps = (one) => BigInt(one.start) < place.end && place.start < BigInt(one.end);
    const index = sound.findIndex((items) => !items.some(overlaps));
    if (index < 0) {
        const message = "Premiere lays a movie's sound with its picture, and no audio track is free there; add one";
        throw new tables_js_1.HostRefused("Occupied", message);
    }
    return index;
}
async function overwrite(desk, item, place, quiet, name) {
    const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
    const at = desk.ppro.TickTime.createWithTicks(place.start.toString());
    (0, transaction_js_1.transact)(desk.project, `Understudy: place ${name}`, () => [
        editor.createOverwriteItemAction(item.item, at, place.track - 1, quiet),
    ]);
}
/** Look at what came to lie there; take its sound away, give it its identity. Raises: HostRefused, all undone. */
async function settled(desk, step, place, soundBefore) {
    const now = await (0, desk_js_1.openDesk)(desk.ppro);
    const before = new Set(desk.tracks.flatMap((track) => track.clips.map(desk_js_1.placeOf)));
    const fresh = now.tracks.flatMap((track) => track.clips).filter((clip) => !before.has((0, desk_js_1.placeOf)(clip)));
    const sound = await freshSound(now, soundBefore);
    const laid = fresh.find((clip) => liesAt(clip, place));
    if (fresh.length !== 1 || !laid || (0, desk_js_1.placesOf)(now, laid) !== (0, desk_js_1.placesOf)(desk)) {
        await removeWrong(now, fresh, sound, desk, place);
    }
    const clip = laid;
    try {
        await dress(now, clip, sound, step.clip);
    }
    catch (cause) {
        removeItems(now, [clip], sound); // half a placing is none
        throw cause;
    }
    const done = await (0, desk_js_1.openDesk)(desk.ppro);
    const found = done.tracks[place.track - 1]?.clips.find((one) => liesAt(one, place));
    if (!found) {
        throw new tables_js_1.HostRefused("Misplaced", "the take changed its place while Premiere worked; press Undo");
    }
    return { do: "lift", track: step.track, uid: step.clip.uid, clip: (0, desk_js_1.tell)(done, found) };
}
function liesAt(clip, place) {
    const [start, end, from, to] = [clip.start, clip.end, clip.in, clip.out].map(BigInt);
    return (clip.number === place.track && start === place.start && end === place.end && from === place.from && to === place.to);
}
async function freshSound(now, before) {
    const known = new Set(before.flat().map((one) => `${one.index} ${one.start} ${one.end}`));
    const after = await (0, seen_js_1.seenSound)(now.ppro, now.sequence);
    return after.flat().filter((one) => !known.has(`${one.index} ${one.start} ${one.end}`));
}
/** Take away what came to lie wrongly, and say so. Raises: HostRefused, always. */
async function removeWrong(now, fresh, sound, desk, place) {
    const ours = fresh.filter((clip) => !desk.tracks.some((track) => track.clips.some((one) => one.item === clip.item)));
    if (ours.length === 0 && fresh.length === 0) {
        const message = `Premiere laid nothing on V${place.track}; unlock the track, or add an empty video track there`;
        throw new tables_js_1.HostRefused("Unsupported", message);
    }
    removeItems(now, fresh, sound);
    const after = await (0, desk_js_1.openDesk)(now.ppro);
    if ((0, desk_js_1.placesOf)(after) !== (0, desk_js_1.placesOf)(desk)) {
        throw new tables_js_1.HostRefused("Misplaced", "Premiere cut into other clips; press Undo until they are whole again");
    }
    throw new tables_js_1.HostRefused("Misplaced", "Premiere laid the take elsewhere than it was asked to; it was taken away again");
}
function removeItems(desk, clips, sound) {
    const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
    const items = [...clips.map((clip) => clip.item), ...sound.map((one) => one.item)];
    (0, transaction_js_1.transact)(desk.project, "Understudy: take it away", () => [
        editor.createRemoveItemsAction((0, transaction_js_1.selectionOf)(desk.ppro, items), false, desk.ppro.Constants.MediaType.ANY),
    ]);
}
async function dress(desk, laid, sound, asked) {
    const record = (0, identity_js_1.recordOf)(laid, asked.uid, asked.ours ?? {});
    const keep = await (0, desk_js_1.keepingRecords)(desk, new Map([[laid, record]]));
    const clips = desk.tracks.flatMap((track) => track.clips);
    const shot = (0, motion_js_1.shotUnder)(laid, clips, (clip) => (0, desk_js_1.uidOf)(desk, clip) === asked.ours?.["clip"]);
    const motion = shot ? await (0, motion_js_1.copyingMotion)(shot, laid) : () => [];
    const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
    (0, transaction_js_1.transact)(desk.project, `Understudy: place ${asked.name}`, () => {
        const actions = [keep(), ...motion()];
        if (sound.length > 0) {
            const selection = (0, transaction_js_1.selectionOf)(desk.ppro, sound.map((one) => one.item));
            actions.push(editor.createRemoveItemsAction(selection, false, desk.ppro.Constants.MediaType.AUDIO));
        }
        if (laid.name !== asked.name)
            actions.push(laid.item.createSetNameAction(asked.name));
        if (asked.enabled === false)
            actions.push(laid.item.createSetDisabledAction(true));
        return actions;
    });
}
