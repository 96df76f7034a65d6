// Who is who. A track item carries nothing of its own that a panel could write, so what identifies it is kept in a
// property of the sequence: where each of our clips was when we last wrote, and what it showed. A clip that the
// artist moved or trimmed since is found again by that; where two would fit, none is taken.

import type { SeenClip, SeenTrack } from "./seen.js";

export const CLIPS_PROPERTY = "understudy.clips";
export const PROJECT_PROPERTY = "understudy.project";
const MOST_RECORDS = 4000;

export interface ClipRecord {
  uid: string;
  item: string;
  track: number;
  start: string;
  end: string;
  in: string;
  out: string;
  ours: Record<string, unknown>;
}

/** The records of a sequence; damaged ones are left out. */
export function recordsOf(text: string): ClipRecord[] {
  let told: unknown = null;
  try {
    told = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return Array.isArray(told) ? told.filter(isRecord) : [];
}

function isRecord(told: unknown): told is ClipRecord {
  const one = told as ClipRecord | null;
  return (
    typeof one === "object" && one !== null && typeof one.uid === "string" && typeof one.item === "string" &&
    Number.isInteger(one.track) && typeof one.ours === "object" && one.ours !== null &&
    [one.start, one.end, one.in, one.out].every((ticks) => typeof ticks === "string" && /^-?\d{1,19}$/.test(ticks))
  );
}

export function textOf(records: readonly ClipRecord[]): string {
  return JSON.stringify(records.slice(-MOST_RECORDS));
}

export function recordOf(clip: SeenClip, uid: string, ours: Record<string, unknown>): ClipRecord {
  const { start, end, out } = clip;
  return { uid, item: clip.media?.id ?? "", track: clip.number, start, end, in: clip.in, out, ours };
}

type Fits = (record: ClipRecord, clip: SeenClip) => boolean;

const sameFrames: Fits = (record, clip) => record.in === clip.in && record.out === clip.out;

const inItsPlace: Fits = (record, clip) =>
  record.track === clip.number && record.start === clip.start && record.end === clip.end && sameFrames(record, clip);

/** Trimmed: every frame that is left lies where it lay. */
const trimmed: Fits = (record, clip) =>
  record.track === clip.number &&
  BigInt(record.start) - BigInt(record.in) === BigInt(clip.start) - BigInt(clip.in) &&
  BigInt(record.start) < BigInt(clip.end) &&
  BigInt(clip.start) < BigInt(record.end);

/** A take has a project item to itself. */
const ourOwn: Fits = (record) => Object.keys(record.ours).length > 0;

/** The record of each clip that has one. */
export function whoIsWho(records: readonly ClipRecord[], tracks: readonly SeenTrack[]): Map<SeenClip, ClipRecord> {
  const found = new Map<SeenClip, ClipRecord>();
  const byItem = new Map<string, SeenClip[]>();
  for (const clip of tracks.flatMap((track) => track.clips)) {
    const id = clip.media?.id ?? "";
    byItem.set(id, [...(byItem.get(id) ?? []), clip]);
  }
  let left = [...records];
  for (const fits of [inItsPlace, sameFrames, trimmed, ourOwn]) {
    const pairs = left.flatMap((record) =>
      (byItem.get(record.item) ?? [])
        .filter((clip) => !found.has(clip) && fits(record, clip))
        .map((clip) => ({ record, clip })),
    );
    const counts = new Map<ClipRecord | SeenClip, number>();
    for (const one of pairs.flatMap((pair) => [pair.record, pair.clip])) {
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    for (const { record, clip } of pairs) {
      if (counts.get(record) === 1 && counts.get(clip) === 1) found.set(clip, record);
    }
    const taken = new Set(found.values());
    left = left.filter((record) => !taken.has(record));
  }
  return found;
}
