"use strict";
// Premiere Pro, as the daemon's steps need it. All of it is asynchronous; the editor is never held up.
Object.defineProperty(exports, "__esModule", { value: true });
exports.PremiereHost = void 0;
const changing_js_1 = require("./changing.js");
const desk_js_1 = require("./desk.js");
const identity_js_1 = require("./identity.js");
const laying_js_1 = require("./laying.js");
const tables_js_1 = require("./tables.js");
const telling_js_1 = require("./telling.js");
const ticks_js_1 = require("./ticks.js");
const transaction_js_1 = require("./transaction.js");
class PremiereHost {
    ppro;
    version;
    constructor(ppro, version) {
        this.ppro = ppro;
        this.version = version;
    }
    async about() {
        const project = await (0, desk_js_1.openProject)(this.ppro);
        const kept = await this.ppro.Properties.getProperties(project);
        const named = kept.hasValue(identity_js_1.PROJECT_PROPERTY) ? kept.getValue(identity_js_1.PROJECT_PROPERTY) : "";
        return {
            host: "premiere",
            version: this.version,
            project: named || project.guid.toString(),
            project_name: project.name,
            capabilities: { retimes: false, undo: false, notices_open: true },
        };
    }
    async timeline() {
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        const zero = await desk.sequence.getZeroPoint();
        const display = await desk.sequence.getSequenceVideoTimeDisplayFormat();
        return {
            name: desk.sequence.name,
            rate: (0, ticks_js_1.rateOfTicks)(desk.ticksAFrame),
            drop_frame: (0, telling_js_1.isDropFrame)(display.type),
            start_frame: (0, ticks_js_1.frameAt)(zero.ticks, desk.ticksAFrame),
            inserts_tracks: false,
            tracks: (0, telling_js_1.toldTracks)(desk.tracks, desk.who, desk.ticksAFrame),
            markers: await this.markers(desk.ticksAFrame),
        };
    }
    async selected() {
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        const chosen = desk.tracks.flatMap((track) => track.clips).filter((clip) => clip.selected);
        chosen.sort((one, other) => Number(BigInt(one.start) - BigInt(other.start)) || one.number - other.number);
        return chosen.map((clip) => (0, desk_js_1.uidOf)(desk, clip));
    }
    async mark(uid, identity) {
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        const clip = (0, desk_js_1.clipOf)(desk, uid);
        const record = (0, identity_js_1.recordOf)(clip, identity, desk.who.get(clip)?.ours ?? {});
        const keep = await (0, desk_js_1.keepingRecords)(desk, new Map([[clip, record]]));
        const properties = await this.ppro.Properties.getProperties(desk.project);
        (0, transaction_js_1.transact)(desk.project, "Understudy: remember the clip", () => {
            const actions = [keep()];
            if (!properties.hasValue(identity_js_1.PROJECT_PROPERTY)) {
                const persistent = this.ppro.Constants.PropertyType.PERSISTENT;
                const id = desk.project.guid.toString();
                actions.push(properties.createSetValueAction(identity_js_1.PROJECT_PROPERTY, id, persistent));
            }
            return actions;
        });
        const now = await (0, desk_js_1.openDesk)(this.ppro);
        if (!now.records.some((one) => one.uid === identity)) {
            throw new tables_js_1.HostRefused("Unsupported", "Premiere did not keep the clip's identity; save the project and try again");
        }
    }
    async carryOut(step) {
        if (step.do !== "lay" && step.do !== "swap" && step.do !== "lift") {
            const message = `Premiere lets no panel do "${step.do}"; add an empty video track by hand`;
            throw new tables_js_1.HostRefused("Unsupported", message);
        }
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        if (step.do === "lay")
            return (0, laying_js_1.lay)(desk, step);
        return step.do === "swap" ? (0, changing_js_1.swap)(desk, step) : (0, changing_js_1.lift)(desk, step);
    }
    async seek(frame) {
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        await desk.sequence.setPlayerPosition(this.ppro.TickTime.createWithTicks((0, ticks_js_1.ticksAt)(frame, desk.ticksAFrame)));
    }
    async playhead() {
        const desk = await (0, desk_js_1.openDesk)(this.ppro);
        return (0, ticks_js_1.frameAt)((await desk.sequence.getPlayerPosition()).ticks, desk.ticksAFrame);
    }
    async markers(ticksAFrame) {
        const project = await (0, desk_js_1.openProject)(this.ppro);
        const kept = await this.ppro.Markers.getMarkers(await project.getActiveSequence());
        return kept.getMarkers().map((one) => ({
            frame: (0, ticks_js_1.frameAt)(one.getStart().ticks, ticksAFrame),
            name: one.getName(),
            comment: one.getComments(),
        }));
    }
}
exports.PremiereHost = PremiereHost;
