"use strict";
// A sequence as Premiere has it at one moment: its items with their times in ticks, before they are told.
Object.defineProperty(exports, "__esModule", { value: true });
exports.seenTracks = seenTracks;
exports.seenMedia = seenMedia;
exports.seenSound = seenSound;
/** All video tracks of a sequence, from the bottom up. */
async function seenTracks(ppro, sequence) {
    const known = new Map();
    const count = await sequence.getVideoTrackCount();
    const indices = Array.from({ length: count }, (_, index) => index);
    return Promise.all(indices.map((index) => seenTrack(ppro, sequence, index, known)));
}
async function seenTrack(ppro, sequence, index, known) {
    const track = await sequence.getVideoTrack(index);
    const types = ppro.Constants.TrackItemType;
    const clips = track.getTrackItems(types.CLIP, false).map((item) => seenClip(ppro, item, index + 1, known));
    const transitions = track.getTrackItems(types.TRANSITION, false).map(async (item) => ({
        start: (await item.getStartTime()).ticks,
        end: (await item.getEndTime()).ticks,
        name: await item.getName(),
    }));
    return {
        track,
        number: index + 1,
        name: track.name,
        muted: await track.isMuted(),
        clips: await Promise.all(clips),
        transitions: await Promise.all(transitions),
    };
}
async function seenClip(ppro, item, number, known) {
    const [start, end, from, to] = await Promise.all([
        item.getStartTime(),
        item.getEndTime(),
        item.getInPoint(),
        item.getOutPoint(),
    ]);
    return {
        item,
        number,
        name: await item.getName(),
        start: start.ticks,
        end: end.ticks,
        in: from.ticks,
        out: to.ticks,
        speed: await item.getSpeed(),
        reversed: Boolean(await item.isSpeedReversed()),
        adjustment: await item.isAdjustmentLayer(),
        disabled: await item.isDisabled(),
        selected: await item.getIsSelected(),
        media: await mediaOf(ppro, item, known),
    };
}
async function mediaOf(ppro, item, known) {
    const projectItem = (await item.getProjectItem());
    if (!projectItem) {
        return null; // a title or a graphic
    }
    const id = projectItem.getId();
    const found = known.get(id) ?? seenMedia(ppro, projectItem);
    known.set(id, found);
    return found;
}
/** What a project item is. */
async function seenMedia(ppro, item) {
    const clip = ppro.ClipProjectItem.cast(item);
    const nested = (await clip.isSequence()) || (await clip.isMulticamClip()) || (await clip.isMergedClip());
    const path = nested ? "" : await clip.getMediaFilePath();
    const file = { id: item.getId(), item, clip, name: item.name, path, nested };
    if (!path) {
        return { ...file, offline: false, framesASecond: 0, startTicks: "0", durationTicks: "0" };
    }
    const [offline, shown, media] = await Promise.all([
        clip.isOffline(),
        clip.getFootageInterpretation(),
        clip.getMedia(),
    ]);
    return {
        ...file,
        offline,
        framesASecond: shown.getFrameRate(),
        startTicks: media.start.ticks,
        durationTicks: media.duration.ticks,
    };
}
async function seenSound(ppro, sequence) {
    const count = await sequence.getAudioTrackCount();
    const tracks = [];
    for (let index = 0; index < count; index += 1) {
        const track = await sequence.getAudioTrack(index);
        const items = track.getTrackItems(ppro.Constants.TrackItemType.CLIP, false);
        tracks.push(await Promise.all(items.map(async (item) => ({
            item,
            index,
            start: (await item.getStartTime()).ticks,
            end: (await item.getEndTime()).ticks,
        }))));
    }
    return tracks;
}
