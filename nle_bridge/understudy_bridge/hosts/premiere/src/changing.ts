// Other media in a clip's place, and lifting a clip: both looked at afterwards, both undone when they went wrong.

import { clipOf, keepingRecords, openDesk, placesOf, tell, type Desk } from "./desk.js";
import { recordOf } from "./identity.js";
import { firstFile } from "./project_items.js";
import { toldMedia } from "./telling.js";
import { HostRefused, type Clip, type Lay, type Lift, type Media, type Swap } from "./tables.js";
import type { SeenClip, SeenMedia } from "./seen.js";
import { ticksAt, ticksOfRate } from "./ticks.js";
import { selectionOf, transact } from "./transaction.js";

/** Lift one clip; a gap stays. The step that lays it again. Raises: HostRefused. */
export async function lift(desk: Desk, step: Lift): Promise<Lay> {
  const clip = clipOf(desk, step.uid, step.track, step.clip.record_in);
  const was = tell(desk, clip);
  const keep = await keepingRecords(desk, new Map([[clip, null]]));
  const editor = desk.ppro.SequenceEditor.getEditor(desk.sequence);
  transact(desk.project, `Understudy: remove ${clip.name}`, () => [
    editor.createRemoveItemsAction(selectionOf(desk.ppro, [clip.item]), false, desk.ppro.Constants.MediaType.VIDEO),
    keep(),
  ]);
  const now = await openDesk(desk.ppro);
  if (placesOf(now) !== placesOf(desk, clip)) {
    throw new HostRefused("Misplaced", `Premiere did not lift ${clip.name} alone; press Undo, and unlock its track`);
  }
  return { do: "lay", track: step.track, clip: was };
}

/** Other media for a clip's own project item, so that effects, grade and transform stay. Raises: HostRefused. */
export async function swap(desk: Desk, step: Swap): Promise<Swap> {
  const clip = clipOf(desk, step.uid, step.track, step.clip.record_in);
  const was = tell(desk, clip);
  const seen = ownMedia(desk, clip);
  const media = step.clip.media;
  if (!media || (step.clip.speed ?? "1") !== "1") {
    throw new HostRefused("Unsupported", "only a file at its own speed can be put into a clip's place");
  }
  await changePath(seen, firstFile(media).file);
  try {
    const wrong = await slipped(desk, clip, step.clip, media);
    if (wrong) throw new HostRefused("Misplaced", wrong);
    await rename(desk, clip, seen, step.clip, was);
  } catch (cause) {
    const left = await backAgain(desk, clip, seen);
    throw cause instanceof HostRefused ? new HostRefused(cause.kind, `${cause.message}; ${left}`) : cause;
  }
  const done = await openDesk(desk.ppro);
  return { ...step, clip: was, was: tell(done, clipOf(done, step.uid, step.track, step.clip.record_in)) };
}

/** The project item of a clip, which no other clip of the sequence shows. Raises: HostRefused. */
function ownMedia(desk: Desk, clip: SeenClip): SeenMedia {
  const seen = clip.media;
  if (!seen || !seen.path) {
    throw new HostRefused("Unsupported", `${clip.name} shows no file`);
  }
  const users = desk.tracks.flatMap((track) => track.clips).filter((one) => one.media?.id === seen.id);
  if (users.length > 1) {
    const message = `${users.length} clips show ${seen.name}, and all of them would change; remove the copies`;
    throw new HostRefused("Unsupported", message);
  }
  return seen;
}

/** Raises: HostRefused (MediaMissing). Premiere cannot undo this by itself. */
async function changePath(seen: SeenMedia, path: string): Promise<void> {
  const changed = (await seen.clip.canChangeMediaPath()) && (await seen.clip.changeMediaFilePath(path));
  if (!changed) {
    throw new HostRefused("MediaMissing", `Premiere could not take ${path} instead of ${seen.name}; is it there?`);
  }
}

/** Set the clip's in and out in the other medium; what is wrong then, "" when nothing. */
async function slipped(desk: Desk, clip: SeenClip, asked: Clip, media: Media): Promise<string> {
  const long = BigInt(clip.end) - BigInt(clip.start);
  const index = (asked.source_in ?? 0) - (media.start ?? 0);
  const from = BigInt(ticksAt(index, ticksOfRate(media.rate)));
  setInOut(desk, clip, from, from + long);
  const now = await openDesk(desk.ppro);
  const found = now.tracks[clip.number - 1]?.clips.find((one) => one.start === clip.start);
  if (!found || found.end !== clip.end || placesOf(now, found) !== placesOf(desk, clip)) {
    return "Premiere moved clips while it changed the take";
  }
  const told = toldMedia(found.media);
  if (!told || told.rate !== media.rate || (told.frames ?? 0) < index + (asked.duration ?? 0)) {
    return `${media.path} has another rate or fewer frames than the clip shows`;
  }
  return BigInt(found.in) === from && BigInt(found.out) === from + long ? "" : "Premiere shows other frames of it";
}

function setInOut(desk: Desk, clip: SeenClip, from: bigint, to: bigint): void {
  const { TickTime } = desk.ppro;
  transact(desk.project, "Understudy: change version", () => [
    clip.item.createSetInPointAction(TickTime.createWithTicks(from.toString())),
    clip.item.createSetOutPointAction(TickTime.createWithTicks(to.toString())),
  ]);
}

/** Put the old medium back; what is left to do then. */
async function backAgain(desk: Desk, clip: SeenClip, seen: SeenMedia): Promise<string> {
  await changePath(seen, seen.path);
  setInOut(desk, clip, BigInt(clip.in), BigInt(clip.out));
  const now = await openDesk(desk.ppro);
  return placesOf(now) === placesOf(desk) ? "it is as it was" : "press Undo until the clip is as it was";
}

/** A clip that bore its file's name bears the new file's; another name stays. */
async function rename(desk: Desk, clip: SeenClip, seen: SeenMedia, asked: Clip, was: Clip): Promise<void> {
  const now = await openDesk(desk.ppro);
  const found = now.tracks[clip.number - 1]?.clips.find((one) => one.start === clip.start) ?? clip;
  const record = recordOf(found, asked.uid, asked.ours ?? {});
  const own = desk.who.get(clip);
  const keep = await keepingRecords(now, new Map([[found, own ? { ...record, uid: own.uid } : record]]));
  const name = asked.media?.name ?? "";
  const bearsFile = was.name === was.media?.name && name !== "" && name !== was.name;
  transact(desk.project, "Understudy: change version", () => [
    keep(),
    ...(bearsFile ? [clip.item.createSetNameAction(name), seen.clip.createSetNameAction(name)] : []),
  ]);
}
