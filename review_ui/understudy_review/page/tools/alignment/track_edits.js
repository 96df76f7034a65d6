/** What the standing edits say of tracks, and the edits that change them. Pure: edits in, edits out. */

/**
 * The keys of one face: how many landmarks are keyed, whether its crop is, whether an artist drew it.
 * @typedef {{ landmarks: Set<number>, crop: boolean, drawn: boolean, interpolation: string, reach: number }} KeyHere
 */

/**
 * The alignment keys of a track by frame, as the standing edits leave them.
 * @param {readonly import("../../core/types.js").Action[]} actions  oldest first  @param {number} track
 * @returns {Map<number, KeyHere>} frames rising
 */
export function keysOf(actions, track) {
  /** @type {Map<number, Map<number, KeyHere>>} */
  const tracks = new Map();
  /** @param {number} number */
  const of = (number) => tracks.get(number) ?? tracks.set(number, new Map()).get(number) ?? new Map();
  /** @param {number} number  @param {number} frame */
  const at = (number, frame) => {
    const keys = of(number);
    const key = keys.get(frame) ?? { landmarks: new Set(), crop: false, drawn: false, interpolation: "linear", reach: 6 };
    keys.set(frame, key);
    return key;
  };
  for (const action of actions) replay(action, of, at);
  const found = [...of(track)].filter(([, key]) => key.landmarks.size || key.crop || key.drawn);
  return new Map(found.sort(([a], [b]) => a - b));
}

/**
 * @param {import("../../core/types.js").Action} action
 * @param {(track: number) => Map<number, KeyHere>} of  @param {(track: number, frame: number) => KeyHere} at
 */
function replay(action, of, at) {
  const { kind, track, frame, first, last } = action;
  if (kind === "move_landmarks" || kind === "place_crop") {
    const key = at(track, frame);
    Object.assign(key, { interpolation: action.interpolation, reach: action.reach_frames });
    if (kind === "place_crop") key.crop = true;
    else for (const point of action.points) key.landmarks.add(point);
  } else if (kind === "add_face") at(track, frame).drawn = true;
  else if (kind === "remove_keys") removeKeys(of(track), first, last, action.what);
  else if (kind === "remove_faces") {
    for (const [number, key] of of(track)) if (number >= first && number <= last) key.drawn = false;
  } else if (kind === "split_track") renumber(of(track), of(action.new_track), frame);
  else if (kind === "merge_tracks") renumber(of(action.other), of(track), -Infinity);
}

/** @param {Map<number, KeyHere>} keys  @param {number} first  @param {number} last  @param {string} what */
function removeKeys(keys, first, last, what) {
  for (const [frame, key] of keys) {
    if (frame < first || frame > last) continue;
    if (what !== "crop") key.landmarks.clear();
    if (what !== "landmarks") key.crop = false;
  }
}

/** @param {Map<number, KeyHere>} from  @param {Map<number, KeyHere>} to  @param {number} first */
function renumber(from, to, first) {
  for (const [frame, key] of from) {
    if (frame < first) continue;
    if (!to.has(frame)) to.set(frame, key);
    from.delete(frame);
  }
}

/** A track number that nobody has. @param {readonly number[]} taken */
export function freeTrack(taken) {
  return Math.max(-1, ...taken) + 1;
}

/**
 * The edits that swap two tracks from a frame on: what comes after it changes its number, what was before stays.
 * A track that only begins there has nothing to stay and passes its number on as a whole.
 * @param {{ track: number, first: number }} one  @param {{ track: number, first: number }} other
 * @param {number} frame  @param {Record<string, string>} bindings  track to person  @param {readonly number[]} taken
 * @returns {import("../../core/types.js").Action[]}
 */
export function swapFrom(one, other, frame, bindings, taken) {
  const [early, late] = one.first < other.first ? [one, other] : [other, one];
  if (early.first >= frame) return []; // both begin here: there is nothing to tell apart
  const aside = freeTrack(taken);
  const split = { kind: "split_track", track: early.track, frame, new_track: aside };
  if (late.first < frame) {
    const theirs = aside + 1;
    return [
      split, { kind: "split_track", track: late.track, frame, new_track: theirs },
      { kind: "merge_tracks", track: early.track, other: theirs },
      { kind: "merge_tracks", track: late.track, other: aside },
    ];
  }
  const swapped = [split, { kind: "merge_tracks", track: early.track, other: late.track }];
  const person = bindings[late.track] ?? "";
  if (person !== (bindings[early.track] ?? "")) swapped.push(/** @type {any} */ ({ kind: "bind_track", track: aside, person_id: person }));
  return swapped;
}
