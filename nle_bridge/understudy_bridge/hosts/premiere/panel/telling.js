"use strict";
// A sequence that was seen, as the daemon's tables have it.
Object.defineProperty(exports, "__esModule", { value: true });
exports.isDropFrame = isDropFrame;
exports.passingUid = passingUid;
exports.toldTracks = toldTracks;
exports.toldClip = toldClip;
exports.toldMedia = toldMedia;
exports.toldPath = toldPath;
const ticks_js_1 = require("./ticks.js");
/** How a sequence counts: 29.97 and 59.94 with drop-frame timecode. */
const DROP_FRAME_DISPLAYS = [102, 106];
function isDropFrame(displayType) {
    return DROP_FRAME_DISPLAYS.includes(displayType);
}
/** The uid of a clip that has no record: enough to find it again as long as nothing changes. */
function passingUid(clip) {
    return `V${clip.number} ${clip.start} ${clip.media?.id ?? ""}`;
}
/** Tracks up to the one above the highest that is in use; that one may not be there yet. */
function toldTracks(seen, who, ticksAFrame) {
    const used = seen.reduce((most, track) => (track.clips.length > 0 ? Math.max(most, track.number) : most), 0);
    const tracks = seen.slice(0, used + 1).map((track) => toldTrack(track, who, ticksAFrame));
    if (tracks.length === used) {
        tracks.push({ number: used + 1, name: `Video ${used + 1}`, enabled: true, locked: false, clips: [], transitions: [] });
    }
    return tracks;
}
function toldTrack(seen, who, ticksAFrame) {
    return {
        number: seen.number,
        name: seen.clips.length > 0 ? seen.name : `Video ${seen.number}`,
        enabled: !seen.muted,
        locked: false, // Premiere tells panels nothing about locks; a locked track refuses by itself
        clips: seen.clips.map((clip) => toldClip(clip, who.get(clip), ticksAFrame)),
        transitions: seen.transitions.map((one) => toldTransition(one, seen, ticksAFrame)),
    };
}
function toldTransition(one, seen, ticksAFrame) {
    const first = (0, ticks_js_1.frameAt)(one.start, ticksAFrame);
    const last = (0, ticks_js_1.frameAt)(one.end, ticksAFrame);
    const cuts = seen.clips.flatMap((clip) => [(0, ticks_js_1.frameAt)(clip.start, ticksAFrame), (0, ticks_js_1.frameAt)(clip.end, ticksAFrame)]);
    const at = cuts.find((cut) => first <= cut && cut <= last) ?? first;
    return { at, in_offset: at - first, out_offset: last - at, name: one.name };
}
function toldClip(clip, record, ticksAFrame) {
    const recordIn = (0, ticks_js_1.frameAt)(clip.start, ticksAFrame);
    const duration = (0, ticks_js_1.frameAt)(clip.end, ticksAFrame) - recordIn;
    const media = clip.adjustment ? null : toldMedia(clip.media);
    const mediaTicks = media ? (0, ticks_js_1.ticksOfDecimal)(clip.media?.framesASecond ?? 0) : ticksAFrame;
    const index = (0, ticks_js_1.frameAt)(clip.in, mediaTicks);
    const speed = speedOf(clip);
    return {
        uid: record?.uid ?? passingUid(clip),
        name: clip.name,
        record_in: recordIn,
        duration,
        source_in: (media?.start ?? 0) + index,
        source_rate: (0, ticks_js_1.rateOfTicks)(mediaTicks),
        speed,
        curve: curveOf(clip, speed, ticksAFrame),
        enabled: !clip.disabled,
        media,
        nested: clip.media?.nested ?? false,
        ours: record?.ours ?? {},
        markers: [],
        problems: problemsOf(clip, media, index, speed),
    };
}
function toldMedia(seen) {
    if (seen === null || !seen.path) {
        return null;
    }
    const ticksAFrame = (0, ticks_js_1.ticksOfDecimal)(seen.framesASecond);
    const start = (0, ticks_js_1.frameAt)(seen.startTicks, ticksAFrame);
    const { path, first } = toldPath(seen.path);
    return {
        path,
        name: seen.name,
        rate: (0, ticks_js_1.rateOfTicks)(ticksAFrame),
        start: first ?? (start === 0 ? null : start), // Premiere says 0 of media without a timecode, too
        frames: (0, ticks_js_1.frameAt)(seen.durationTicks, ticksAFrame),
        drop_frame: false,
        reel: "",
        colour_space: "",
    };
}
const PICTURES = /^(.*?)(\d+)(\.(?:exr|dpx|png|tiff?|jpe?g|tga|cin))$/i;
/** A movie's path as it is; a sequence's, which Premiere tells by its first picture, as name.####.exr. */
function toldPath(path) {
    const [, head, number, tail] = PICTURES.exec(path) ?? [];
    if (head === undefined || number === undefined || tail === undefined) {
        return { path, first: null };
    }
    return { path: head + "#".repeat(number.length) + tail, first: Number(number) };
}
function speedOf(clip) {
    const thousandths = Math.round(clip.speed * 1000) * (clip.reversed ? -1 : 1);
    const divisor = greatestCommonDivisor(Math.abs(thousandths), 1000);
    return divisor === 1000 ? `${thousandths / 1000}` : `${thousandths / divisor}/${1000 / divisor}`;
}
/** At normal speed a clip shows as much of its medium as it is long; where not, its time is remapped. */
function curveOf(clip, speed, ticksAFrame) {
    const shown = BigInt(clip.out) - BigInt(clip.in);
    const long = BigInt(clip.end) - BigInt(clip.start);
    const apart = shown > long ? shown - long : long - shown;
    return speed === "1" && clip.media?.path && apart >= ticksAFrame ? "time remapping" : "";
}
function problemsOf(clip, media, index, speed) {
    const problems = [];
    if (media && clip.media?.offline) {
        problems.push({ kind: "media_away", refuses: true, message: `${media.path} is offline; link it again` });
    }
    if (media && (index < 0 || index >= (media.frames ?? 0))) {
        const message = "Premiere tells a source frame that the file does not have; export the timeline instead";
        problems.push({ kind: "source_frames", refuses: true, message });
    }
    if (media && speed !== "1") {
        const message = "Premiere does not tell the exact source frames of a clip at another speed; render it first";
        problems.push({ kind: "retime", refuses: true, message });
    }
    return problems;
}
function greatestCommonDivisor(first, second) {
    return second === 0 ? first : greatestCommonDivisor(second, first % second);
}
