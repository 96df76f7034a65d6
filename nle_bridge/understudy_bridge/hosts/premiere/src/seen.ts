// A sequence as Premiere has it at one moment: its items with their times in ticks, before they are told.

import type { ClipProjectItem, Sequence, VideoClipTrackItem, VideoTrack, premierepro } from "@adobe/premierepro";
import type { AudioClipTrackItem, ProjectItem } from "@adobe/premierepro";

/** What one project item is; read once for all clips that show it. */
export interface SeenMedia {
  id: string;
  item: ProjectItem;
  clip: ClipProjectItem;
  name: string;
  path: string;
  nested: boolean;
  offline: boolean;
  framesASecond: number;
  startTicks: string;
  durationTicks: string;
}

/** One clip of a video track. Times count from the sequence's beginning, in and out from the medium's. */
export interface SeenClip {
  item: VideoClipTrackItem;
  number: number;
  name: string;
  start: string;
  end: string;
  in: string;
  out: string;
  speed: number;
  reversed: boolean;
  adjustment: boolean;
  disabled: boolean;
  selected: boolean;
  media: SeenMedia | null;
}

export interface SeenTrack {
  track: VideoTrack;
  number: number;
  name: string;
  muted: boolean;
  clips: SeenClip[];
  transitions: { start: string; end: string; name: string }[];
}

/** All video tracks of a sequence, from the bottom up. */
export async function seenTracks(ppro: premierepro, sequence: Sequence): Promise<SeenTrack[]> {
  const known = new Map<string, Promise<SeenMedia>>();
  const count = await sequence.getVideoTrackCount();
  const indices = Array.from({ length: count }, (_, index) => index);
  return Promise.all(indices.map((index) => seenTrack(ppro, sequence, index, known)));
}

async function seenTrack(
  ppro: premierepro,
  sequence: Sequence,
  index: number,
  known: Map<string, Promise<SeenMedia>>,
): Promise<SeenTrack> {
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

async function seenClip(
  ppro: premierepro,
  item: VideoClipTrackItem,
  number: number,
  known: Map<string, Promise<SeenMedia>>,
): Promise<SeenClip> {
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

async function mediaOf(
  ppro: premierepro,
  item: VideoClipTrackItem,
  known: Map<string, Promise<SeenMedia>>,
): Promise<SeenMedia | null> {
  const projectItem = (await item.getProjectItem()) as ProjectItem | null;
  if (!projectItem) {
    return null; // a title or a graphic
  }
  const id = projectItem.getId();
  const found = known.get(id) ?? seenMedia(ppro, projectItem);
  known.set(id, found);
  return found;
}

/** What a project item is. */
export async function seenMedia(ppro: premierepro, item: ProjectItem): Promise<SeenMedia> {
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

/** Sound on one audio track, or on all of them. */
export interface SeenSound { item: AudioClipTrackItem; index: number; start: string; end: string }

export async function seenSound(ppro: premierepro, sequence: Sequence): Promise<SeenSound[][]> {
  const count = await sequence.getAudioTrackCount();
  const tracks: SeenSound[][] = [];
  for (let index = 0; index < count; index += 1) {
    const track = await sequence.getAudioTrack(index);
    const items = track.getTrackItems(ppro.Constants.TrackItemType.CLIP, false) as AudioClipTrackItem[];
    tracks.push(
      await Promise.all(
        items.map(async (item) => ({
          item,
          index,
          start: (await item.getStartTime()).ticks,
          end: (await item.getEndTime()).ticks,
        })),
      ),
    );
  }
  return tracks;
}
