// Laying a take: never over anything, never over the artist's sound, and looked at afterwards.

import type { Action } from "@adobe/premierepro";
import { keepingRecords, openDesk, placeOf, placesOf, tell, uidOf, type Desk } from "./desk.js";
import { recordOf } from "./identity.js";
import { copyingMotion, shotUnder } from "./motion.js";
import { takeItem } from "./project_items.js";
import { seenSound, type SeenClip, type SeenMedia, type SeenSound } from "./seen.js";
import { HostRefused, type Clip, type Lay, type Lift, type Media } from "./tables.js";
import { ticksAt, ticksOfDecimal, ticksOfRate } from "./ticks.js";
import { selectionOf, transact } from "./transaction.js";

interface Place { track: number; start: bigint; end: bigint; from: bigint; to: bigint }

/** Lay a clip on a free place; the step that lifts it again. Raises: HostRefused. */
export async function lay(desk: Desk, step: Lay): Promise<Lift> {
  const { clip } = step;
  const media = playable(clip);
  const place = placeFor(desk, step, media);
  refuseOccupied(desk, place);
  const used = new Set(desk.tracks.flatMap((track) => track.clips.map((one) => one.media?.id ?? "")));
  const item = await takeItem(desk.ppro, desk.project, media, used);
  if (ticksOfDecimal(item.framesASecond) !== ticksOfRate(media.rate)) {
    throw new HostRefused("Unsupported", `Premiere plays ${media.path} at ${item.framesASecond} frames a second`);
  }
  await cutTo(desk, item, place);
  const soundBefore = await seenSound(desk.ppro, desk.sequence);
  const quiet = freeSoundTrack(soundBefore, place);
  await overwrite(desk, item, place, quiet, clip.name);
  return settled(desk, step, place, soundBefore);
}

function playable(clip: Clip): Media {
  if (!clip.media) {
    throw new HostRefused("Unsupported", "only clips of files can be laid");
  }
  if ((clip.speed ?? "1") !== "1" || clip.curve) {
    throw new HostRefused("Unsupported", "Premiere lets no panel change a speed; render the retime first");
  }
  return clip.media;
}

function placeFor(desk: Desk, step: Lay, media: Media): Place {
  const { clip, track } = step;
  const used = desk.tracks.reduce((most, one) => (one.clips.length > 0 ? Math.max(most, one.number) : most), 0);
  if (!Number.isInteger(track) || track < 1 || track > used + 1) {
    throw new HostRefused("NotOnTimeline", `there is no track V${track}`);
  }
  const start = BigInt(ticksAt(clip.record_in, desk.ticksAFrame));
  const long = BigInt(ticksAt(clip.duration, desk.ticksAFrame));
  const index = (clip.source_in ?? 0) - (media.start ?? 0);
  if (clip.record_in < 0 || clip.duration < 1 || index < 0) {
    throw new HostRefused("Unsupported", "the clip begins before its file or before the sequence");
  }
  const from = BigInt(ticksAt(index, ticksOfRate(media.rate)));
  return { track, start, end: start + long, from, to: from + long };
}

function refuseOccupied(desk: Desk, place: Place): void {
  const there = desk.tracks[place.track - 1]?.clips ?? [];
  const found = there.find((one) => BigInt(one.start) < place.end && place.start < BigInt(one.end));
  if (found) {
    throw new HostRefused("Occupied", `${found.name} lies there on V${place.track}; move it`);
  }
}

/** Mark the in and out of the take's own project item, and see that Premiere has them: overwriting goes by them. */
async function cutTo(desk: Desk, item: SeenMedia, place: Place): Promise<void> {
  const { TickTime, Constants } = desk.ppro;
  transact(desk.project, "Understudy: cut the take", () => [
    item.clip.createSetInOutPointsAction(
      TickTime.createWithTicks(place.from.toString()),
      TickTime.createWithTicks(place.to.toString()),
    ),
  ]);
  const from = BigInt((await item.clip.getInPoint(Constants.MediaType.VIDEO)).ticks);
  const to = BigInt((await item.clip.getOutPoint(Constants.MediaType.VIDEO)).ticks);
  if (from !== place.from || to !== place.to) {
    throw new HostRefused("Misplaced", `Premiere did not cut ${item.name} to its frames; lay it by hand`);
  }
}

/** An audio track that is free where the take's sound would fall. Raises: HostRefused. */
function freeSoundTrack(sound: readonly SeenSound[][], place: Place): number {
  const overlaps = (one: SeenSound) => BigInt(one.start) < place.end && place.start < BigInt(one.end);
  const index = sound.findIndex((items) => !items.some(overlaps));
  if (index < 0) {
    const message = "Premiere lays a movie's sound with its picture, and no audio track is free there; add one";
    throw new HostRefused("Occupied", message);
  }
  return index;
}

async function overwrite(desk: Desk, item: SeenMedia, place: Place, quiet: number, name: string): Promise<void> {
  const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
  const at = desk.ppro.TickTime.createWithTicks(place.start.toString());
  transact(desk.project, `Understudy: place ${name}`, () => [
    editor.createOverwriteItemAction(item.item, at, place.track - 1, quiet),
  ]);
}

/** Look at what came to lie there; take its sound away, give it its identity. Raises: HostRefused, all undone. */
async function settled(desk: Desk, step: Lay, place: Place, soundBefore: SeenSound[][]): Promise<Lift> {
  const now = await openDesk(desk.ppro);
  const before = new Set(desk.tracks.flatMap((track) => track.clips.map(placeOf)));
  const fresh = now.tracks.flatMap((track) => track.clips).filter((clip) => !before.has(placeOf(clip)));
  const sound = await freshSound(now, soundBefore);
  const laid = fresh.find((clip) => liesAt(clip, place));
  if (fresh.length !== 1 || !laid || placesOf(now, laid) !== placesOf(desk)) {
    await removeWrong(now, fresh, sound, desk, place);
  }
  const clip = laid as SeenClip;
  try {
    await dress(now, clip, sound, step.clip);
  } catch (cause) {
    removeItems(now, [clip], sound); // half a placing is none
    throw cause;
  }
  const done = await openDesk(desk.ppro);
  const found = done.tracks[place.track - 1]?.clips.find((one) => liesAt(one, place));
  if (!found) {
    throw new HostRefused("Misplaced", "the take changed its place while Premiere worked; press Undo");
  }
  return { do: "lift", track: step.track, uid: step.clip.uid, clip: tell(done, found) };
}

function liesAt(clip: SeenClip, place: Place): boolean {
  const [start, end, from, to] = [clip.start, clip.end, clip.in, clip.out].map(BigInt);
  return (
    clip.number === place.track && start === place.start && end === place.end && from === place.from && to === place.to
  );
}

async function freshSound(now: Desk, before: readonly SeenSound[][]): Promise<SeenSound[]> {
  const known = new Set(before.flat().map((one) => `${one.index} ${one.start} ${one.end}`));
  const after = await seenSound(now.ppro, now.sequence);
  return after.flat().filter((one) => !known.has(`${one.index} ${one.start} ${one.end}`));
}

/** Take away what came to lie wrongly, and say so. Raises: HostRefused, always. */
async function removeWrong(
  now: Desk,
  fresh: readonly SeenClip[],
  sound: readonly SeenSound[],
  desk: Desk,
  place: Place,
): Promise<never> {
  const ours = fresh.filter((clip) => !desk.tracks.some((track) => track.clips.some((one) => one.item === clip.item)));
  if (ours.length === 0 && fresh.length === 0) {
    const message = `Premiere laid nothing on V${place.track}; unlock the track, or add an empty video track there`;
    throw new HostRefused("Unsupported", message);
  }
  removeItems(now, fresh, sound);
  const after = await openDesk(now.ppro);
  if (placesOf(after) !== placesOf(desk)) {
    throw new HostRefused("Misplaced", "Premiere cut into other clips; press Undo until they are whole again");
  }
  throw new HostRefused("Misplaced", "Premiere laid the take elsewhere than it was asked to; it was taken away again");
}

function removeItems(desk: Desk, clips: readonly SeenClip[], sound: readonly SeenSound[]): void {
  const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
  const items = [...clips.map((clip) => clip.item), ...sound.map((one) => one.item)];
  transact(desk.project, "Understudy: take it away", () => [
    editor.createRemoveItemsAction(selectionOf(desk.ppro, items), false, desk.ppro.Constants.MediaType.ANY),
  ]);
}

async function dress(desk: Desk, laid: SeenClip, sound: readonly SeenSound[], asked: Clip): Promise<void> {
  const record = recordOf(laid, asked.uid, asked.ours ?? {});
  const keep = await keepingRecords(desk, new Map([[laid, record]]));
  const clips = desk.tracks.flatMap((track) => track.clips);
  const shot = shotUnder(laid, clips, (clip) => uidOf(desk, clip) === asked.ours?.["clip"]);
  const motion = shot ? await copyingMotion(shot, laid) : () => [];
  const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
  transact(desk.project, `Understudy: place ${asked.name}`, () => {
    const actions: Action[] = [keep(), ...motion()];
    if (sound.length > 0) {
      const selection = selectionOf(desk.ppro, sound.map((one) => one.item));
      actions.push(editor.createRemoveItemsAction(selection, false, desk.ppro.Constants.MediaType.AUDIO));
    }
    if (laid.name !== asked.name) actions.push(laid.item.createSetNameAction(asked.name));
    if (asked.enabled === false) actions.push(laid.item.createSetDisabledAction(true));
    return actions;
  });
}
