// The sequence in front of the artist, as it is now, with everything that a step needs at hand.

import type { Action, Project, Sequence, premierepro } from "@adobe/premierepro";
import { CLIPS_PROPERTY, recordOf, recordsOf, textOf, whoIsWho, type ClipRecord } from "./identity.js";
import { seenTracks, type SeenClip, type SeenTrack } from "./seen.js";
import { HostRefused, type Clip } from "./tables.js";
import { passingUid, toldClip } from "./telling.js";
import { frameAt } from "./ticks.js";

export interface Desk {
  ppro: premierepro;
  project: Project;
  sequence: Sequence;
  ticksAFrame: bigint;
  tracks: SeenTrack[];
  records: ClipRecord[];
  who: Map<SeenClip, ClipRecord>;
}

/** Look at the open sequence. Raises: HostRefused when there is none. */
export async function openDesk(ppro: premierepro): Promise<Desk> {
  const project = await openProject(ppro);
  const sequence = (await project.getActiveSequence()) as Sequence | null;
  if (!sequence) {
    throw new HostRefused("NoTimeline", "no sequence is open; open the one that you edit");
  }
  const tracks = await seenTracks(ppro, sequence);
  const kept = await ppro.Properties.getProperties(sequence);
  const records = kept.hasValue(CLIPS_PROPERTY) ? recordsOf(kept.getValue(CLIPS_PROPERTY)) : [];
  const ticksAFrame = BigInt(await sequence.getTimebase());
  return { ppro, project, sequence, ticksAFrame, tracks, records, who: whoIsWho(records, tracks) };
}

export async function openProject(ppro: premierepro): Promise<Project> {
  const project = (await ppro.Project.getActiveProject()) as Project | null;
  if (!project) {
    throw new HostRefused("NoTimeline", "no project is open");
  }
  return project;
}

export function uidOf(desk: Desk, clip: SeenClip): string {
  return desk.who.get(clip)?.uid ?? passingUid(clip);
}

export function tell(desk: Desk, clip: SeenClip): Clip {
  return toldClip(clip, desk.who.get(clip), desk.ticksAFrame);
}

/** The clip with a uid; where it is on another track than expected, it was moved. Raises: HostRefused. */
export function clipOf(desk: Desk, uid: string, track?: number, recordIn?: number): SeenClip {
  const found = desk.tracks
    .flatMap((one) => one.clips)
    .find(
      (clip) =>
        uidOf(desk, clip) === uid &&
        (track === undefined || clip.number === track) &&
        (recordIn === undefined || frameAt(clip.start, desk.ticksAFrame) === recordIn),
    );
  if (!found) {
    throw new HostRefused("NotOnTimeline", `the clip ${uid} is no longer where it was; look at the timeline again`);
  }
  return found;
}

/** An action that keeps the records: those of clips that are there are brought up to date; null forgets one. */
export async function keepingRecords(
  desk: Desk,
  fresh: ReadonlyMap<SeenClip, ClipRecord | null>,
): Promise<() => Action> {
  const known = new Set(desk.who.values());
  const records = desk.records.filter((record) => !known.has(record)); // of clips that are away: they may come back
  for (const [clip, record] of desk.who) {
    if (!fresh.has(clip)) records.push(recordOf(clip, record.uid, record.ours));
  }
  for (const record of fresh.values()) {
    if (record) records.push(record);
  }
  const properties = await desk.ppro.Properties.getProperties(desk.sequence);
  const persistent = desk.ppro.Constants.PropertyType.PERSISTENT;
  return () => properties.createSetValueAction(CLIPS_PROPERTY, textOf(records), persistent);
}

/** Where every clip lies and what it shows, but for one; two of these are compared. */
export function placesOf(desk: Desk, without?: SeenClip): string {
  const clips = desk.tracks.flatMap((track) => track.clips);
  return clips.filter((clip) => clip !== without).map(placeOf).join("\n");
}

export function placeOf(clip: SeenClip): string {
  return [clip.number, clip.start, clip.end, clip.in, clip.out, clip.media?.id ?? ""].join(" ");
}
