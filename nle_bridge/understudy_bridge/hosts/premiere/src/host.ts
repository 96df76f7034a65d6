// Premiere Pro, as the daemon's steps need it. All of it is asynchronous; the editor is never held up.

import type { Action, premierepro } from "@adobe/premierepro";
import { lift, swap } from "./changing.js";
import { clipOf, keepingRecords, openDesk, openProject, uidOf } from "./desk.js";
import { PROJECT_PROPERTY, recordOf } from "./identity.js";
import { lay } from "./laying.js";
import { HostRefused, type About, type EditHost, type Marker, type Step, type Timeline } from "./tables.js";
import { isDropFrame, toldTracks } from "./telling.js";
import { frameAt, rateOfTicks, ticksAt } from "./ticks.js";
import { transact } from "./transaction.js";

export class PremiereHost implements EditHost {
  constructor(
    private readonly ppro: premierepro,
    private readonly version: string,
  ) {}

  async about(): Promise<About> {
    const project = await openProject(this.ppro);
    const kept = await this.ppro.Properties.getProperties(project);
    const named = kept.hasValue(PROJECT_PROPERTY) ? kept.getValue(PROJECT_PROPERTY) : "";
    return {
      host: "premiere",
      version: this.version,
      project: named || project.guid.toString(),
      project_name: project.name,
      capabilities: { retimes: false, undo: false, notices_open: true },
    };
  }

  async timeline(): Promise<Timeline> {
    const desk = await openDesk(this.ppro);
    const zero = await desk.sequence.getZeroPoint();
    const display = await desk.sequence.getSequenceVideoTimeDisplayFormat();
    return {
      name: desk.sequence.name,
      rate: rateOfTicks(desk.ticksAFrame),
      drop_frame: isDropFrame(display.type),
      start_frame: frameAt(zero.ticks, desk.ticksAFrame),
      inserts_tracks: false,
      tracks: toldTracks(desk.tracks, desk.who, desk.ticksAFrame),
      markers: await this.markers(desk.ticksAFrame),
    };
  }

  async selected(): Promise<string[]> {
    const desk = await openDesk(this.ppro);
    const chosen = desk.tracks.flatMap((track) => track.clips).filter((clip) => clip.selected);
    chosen.sort((one, other) => Number(BigInt(one.start) - BigInt(other.start)) || one.number - other.number);
    return chosen.map((clip) => uidOf(desk, clip));
  }

  async mark(uid: string, identity: string): Promise<void> {
    const desk = await openDesk(this.ppro);
    const clip = clipOf(desk, uid);
    const record = recordOf(clip, identity, desk.who.get(clip)?.ours ?? {});
    const keep = await keepingRecords(desk, new Map([[clip, record]]));
    const properties = await this.ppro.Properties.getProperties(desk.project);
    transact(desk.project, "Understudy: remember the clip", () => {
      const actions: Action[] = [keep()];
      if (!properties.hasValue(PROJECT_PROPERTY)) {
        const persistent = this.ppro.Constants.PropertyType.PERSISTENT;
        const id = desk.project.guid.toString();
        actions.push(properties.createSetValueAction(PROJECT_PROPERTY, id, persistent));
      }
      return actions;
    });
    const now = await openDesk(this.ppro);
    if (!now.records.some((one) => one.uid === identity)) {
      throw new HostRefused("Unsupported", "Premiere did not keep the clip's identity; save the project and try again");
    }
  }

  async carryOut(step: Step): Promise<Step> {
    if (step.do !== "lay" && step.do !== "swap" && step.do !== "lift") {
      const message = `Premiere lets no panel do "${step.do}"; add an empty video track by hand`;
      throw new HostRefused("Unsupported", message);
    }
    const desk = await openDesk(this.ppro);
    if (step.do === "lay") return lay(desk, step);
    return step.do === "swap" ? swap(desk, step) : lift(desk, step);
  }

  async seek(frame: number): Promise<void> {
    const desk = await openDesk(this.ppro);
    await desk.sequence.setPlayerPosition(this.ppro.TickTime.createWithTicks(ticksAt(frame, desk.ticksAFrame)));
  }

  async playhead(): Promise<number> {
    const desk = await openDesk(this.ppro);
    return frameAt((await desk.sequence.getPlayerPosition()).ticks, desk.ticksAFrame);
  }

  private async markers(ticksAFrame: bigint): Promise<Marker[]> {
    const project = await openProject(this.ppro);
    const kept = await this.ppro.Markers.getMarkers(await project.getActiveSequence());
    return kept.getMarkers().map((one) => ({
      frame: frameAt(one.getStart().ticks, ticksAFrame),
      name: one.getName(),
      comment: one.getComments(),
    }));
  }
}
