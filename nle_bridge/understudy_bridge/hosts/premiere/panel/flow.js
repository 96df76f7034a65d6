"use strict";
// Sending, placing and removing: the steps of docs/bridge.md, as panel/flow.py has them. Nothing here waits: between
// its steps the editor goes on, so the timeline is compared before it is changed.
Object.defineProperty(exports, "__esModule", { value: true });
exports.submit = submit;
exports.place = place;
exports.sourceFrame = sourceFrame;
const daemon_js_1 = require("./daemon.js");
const tables_js_1 = require("./tables.js");
const IDENTITY = "us-";
const MOST_TRIES = 3;
/** Send the selected clips. Raises: HostRefused, DaemonTrouble. */
async function submit(daemon, host, preset) {
    const about = await host.about();
    const timeline = await host.timeline();
    const clips = await host.selected();
    if (clips.length === 0) {
        throw new tables_js_1.HostRefused("NothingSelected", "no clip is selected; select the shots to send");
    }
    const checked = await daemon.check({ host: about.host, project: about.project, timeline, clips, preset });
    const against = (refuses) => checked.shots.flatMap(({ shot, problems }) => problems.filter((one) => one.refuses === refuses).map((one) => `${shot.name}: ${one.message}`));
    const fit = checked.shots.filter((one) => !one.problems.some((problem) => problem.refuses)).map((one) => one.shot);
    if (fit.length === 0) {
        throw new tables_js_1.HostRefused("ShotRefused", against(true).join("; ") || "none of these clips is on the timeline");
    }
    if (!same(await host.timeline(), timeline)) {
        throw new tables_js_1.HostRefused("TimelineChanged", "the timeline was changed meanwhile; send the shots again");
    }
    const marked = [];
    for (const shot of fit) {
        const uid = shot.clip_uid.startsWith(IDENTITY) ? shot.clip_uid : IDENTITY + randomText();
        if (uid !== shot.clip_uid)
            await host.mark(shot.clip_uid, uid);
        marked.push({ ...shot, clip_uid: uid });
    }
    const { project } = await host.about(); // a project may get its id with the first mark
    const sendings = [];
    for (const shot of marked) {
        sendings.push(await daemon.create({ request_id: randomText(), project, shot, preset }));
    }
    return { sendings, refused: against(true), warnings: against(false) };
}
/** Put a take onto the timeline, swap its version, or remove it; notes for the artist. Raises: HostRefused, DaemonTrouble. */
async function place(daemon, host, sendingId, wish) {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { capabilities } = await host.about();
        const before = await host.timeline();
        const plan = await daemon.plan(sendingId, { ...wish, timeline: before, capabilities });
        if (same(await host.timeline(), before)) {
            await carried(daemon, host, plan.id, plan.steps, before);
            return plan.notes;
        }
    }
    throw new tables_js_1.HostRefused("TimelineChanged", "the timeline is being changed; place the take when it is at rest");
}
/** The source frame of a sent clip under the playhead; null where the playhead is elsewhere. Raises: HostRefused. */
async function sourceFrame(host, clipUid) {
    const [timeline, playhead] = [await host.timeline(), await host.playhead()];
    const clip = timeline.tracks.flatMap((track) => track.clips).find((one) => one.uid === clipUid);
    const into = clip ? playhead - clip.record_in : -1;
    return clip && into >= 0 && into < clip.duration ? (clip.source_in ?? 0) + into : null;
}
async function carried(daemon, host, planId, steps, before) {
    const undoing = [];
    let after;
    try {
        for (const step of steps)
            undoing.push(await host.carryOut(step));
        after = await host.timeline();
    }
    catch (cause) {
        await takeBack(host, undoing, cause instanceof Error ? cause.message : String(cause));
        throw cause;
    }
    const faults = await settled(daemon, planId, after);
    if (faults.length === 0)
        return;
    const now = await host.timeline();
    if (now.name !== after.name) {
        const message = `"${after.name}" is not in front any more, and what was done there remains; undo it`;
        throw new tables_js_1.HostRefused("Remains", `${faults.join("; ")}; ${message}`);
    }
    const untouched = same(now, after);
    await takeBack(host, undoing, faults.join("; "));
    if (untouched && !same(await host.timeline(), before)) {
        const message = `${faults.join("; ")}; it was taken back, but the timeline is not as it was; press Undo`;
        throw new tables_js_1.HostRefused("Remains", message);
    }
    throw new tables_js_1.HostRefused("Misplaced", `it was taken back: ${faults.join("; ")}`);
}
async function settled(daemon, planId, after) {
    try {
        const read = await daemon.read(planId, after);
        return read.ok ? [] : read.faults.length > 0 ? read.faults : ["the daemon did not say why"];
    }
    catch (cause) {
        if (!(cause instanceof daemon_js_1.DaemonTrouble))
            throw cause;
        return [`nobody can say whether it lies right: ${cause.message}`];
    }
}
/** Undo steps, the last first. Raises: HostRefused, which says exactly what remains. */
async function takeBack(host, undoing, because) {
    const remains = [];
    for (let step = undoing.pop(); step; step = undoing.pop()) {
        try {
            await host.carryOut(step);
        }
        catch (cause) {
            // Whatever Premiere throws: the steps before this one are still to be undone.
            remains.push(`${whatRemains(step)} (${cause instanceof Error ? cause.message : String(cause)})`);
        }
    }
    if (remains.length > 0) {
        throw new tables_js_1.HostRefused("Remains", `${because}; not everything could be taken back: ${remains.join("; ")}`);
    }
}
/** What is still there when a step that was to undo another is refused. */
function whatRemains(step) {
    if (step.do === "add_track" || step.do === "remove_track")
        return `track V${step.number} is not as it was`;
    const where = `"${step.clip.name}" on V${step.track} at frame ${step.clip.record_in} of the sequence`;
    if (step.do === "lift")
        return `${where} remains; delete it`;
    const path = step.clip.media?.path ?? "no file";
    return step.do === "lay" ? `${where} is gone; it showed ${path}` : `${where} shows another file than ${path}; replace it`;
}
function same(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
}
/** Enough to tell two requests apart; no secret. */
function randomText() {
    return Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join("");
}
