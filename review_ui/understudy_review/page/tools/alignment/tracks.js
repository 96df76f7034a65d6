/** The shot's tracks as they are after the edits, and what is done to whole tracks. */

import { get } from "../../core/api.js";
import { html, useEffect, useState } from "../../core/view.js";
import { pixelAspect } from "../../viewer/crop.js";
import { freeTrack, swapFrom } from "./track_edits.js";

const BESIDE = 1.2; // sides of the face
const RENUMBERING = ["add_face", "remove_faces", "merge_tracks", "split_track"];

/**
 * @typedef {import("../../core/types.js").Track} Track
 * @typedef {import("../../core/types.js").Action} Action
 * @typedef {import("../../core/shot.js").OpenShot} OpenShot
 * @typedef {(actions: Action[], then?: () => void) => void} Send
 */

/** Tracks with the edits of tracks done; the machine's own while there are none. @param {OpenShot} shot  @returns {Track[]} */
export function useTracks(shot) {
  const edits = shot.stack.done.filter((entry) => RENUMBERING.includes(entry.action?.kind ?? "")).map((entry) => entry.revision).join();
  const [solved, setSolved] = useState(/** @type {{ edits: string, tracks: Track[] }} */ ({ edits: "", tracks: [] }));
  useEffect(() => {
    if (!edits) return;
    let gone = false;
    get(`${shot.place}/solved?first=${shot.range.first}&last=${shot.range.last}`)
      .then((told) => gone || setSolved({ edits, tracks: tracksOf(told.faces) }))
      .catch(() => {}); // the list of before stays
    return () => { gone = true; };
  }, [shot, edits]);
  return edits && solved.tracks.length ? solved.tracks : shot.tracks;
}

/** @param {import("../../core/types.js").SolvedFace[]} faces  @returns {Track[]} the longest first */
export function tracksOf(faces) {
  /** @type {Map<number, Track>} */
  const tracks = new Map();
  for (const { track, frame, filled, presence } of faces) {
    if (track < 0) continue; // nobody's: a stranger, a false find
    const of = tracks.get(track) ?? { track, first: frame, last: frame, faces: 0, filled: 0, mean_presence: 0 };
    tracks.set(track, {
      track, first: Math.min(of.first, frame), last: Math.max(of.last, frame), faces: of.faces + 1,
      filled: of.filled + (filled ? 1 : 0), mean_presence: (of.mean_presence * of.faces + presence) / (of.faces + 1),
    });
  }
  return [...tracks.values()].sort((a, b) => b.faces - a.faces);
}

/** @param {{ shot: OpenShot, tracks: Track[], send: Send }} props */
export function TrackList({ shot, tracks, send }) {
  const { bindings } = shot.timeline;
  return html`<section aria-label="Tracks">
    <h2>Tracks</h2>
    ${!tracks.length && html`<p class="quiet">No face was found in this shot. Run the extraction, or add a face.</p>`}
    ${tracks.length > 0 && html`<table class="tracks">
      <thead><tr><th>Track</th><th>Frames</th><th>Faces</th><th>Sure</th><th>Likeness of</th></tr></thead>
      <tbody>${tracks.map((track) => html`<tr key=${track.track}>
        <td><button aria-pressed=${track.track === shot.track} aria-label="Take track ${track.track} in hand"
          onClick=${() => shot.pickTrack(track.track)}>${track.track}</button></td>
        <td class="number"><button class="plain" title="Go to its first frame" onClick=${() => shot.goTo(track.first)}>${track.first}–${track.last}</button></td>
        <td class="number">${track.faces}${track.filled > 0 && html` <span class="quiet" title="bridged over gaps">(${track.filled})</span>`}</td>
        <td class="number">${Math.round(track.mean_presence * 100)} %</td>
        <td><select aria-label="Whose likeness goes onto track ${track.track}" value=${bindings[track.track] ?? ""}
          onChange=${(/** @type {any} */ event) => send([{ kind: "bind_track", track: track.track, person_id: event.target.value }])}>
          <option value="">nobody's</option>
          ${shot.people.map((person) => html`<option value=${person.id}>${person.name}</option>`)}
        </select></td>
      </tr>`)}</tbody>
    </table>`}
    ${tracks.length > 0 && !Object.keys(bindings).length && html`<p class="quiet">While no track is bound, the longest one is replaced.</p>`}
    <${TrackActions} shot=${shot} tracks=${tracks} send=${send} />
  </section>`;
}

/** What is done to the track in hand. @param {{ shot: OpenShot, tracks: Track[], send: Send }} props */
function TrackActions({ shot, tracks, send }) {
  const [chosen, choose] = useState(-1);
  const { frame, inOut, timeline } = shot;
  const numbers = tracks.map(({ track }) => track);
  const mine = tracks.find(({ track }) => track === shot.track);
  const others = tracks.filter(({ track }) => track !== shot.track);
  const other = others.find(({ track }) => track === chosen) ?? others[0];
  const range = inOut.first === shot.range.first && inOut.last === shot.range.last ? { first: frame, last: frame } : inOut;
  const where = range.first === range.last ? "on this frame" : `in ${range.first}–${range.last}`;
  const aside = freeTrack(numbers);
  const swapped = mine && other ? swapFrom(mine, other, frame, timeline.bindings, numbers) : [];
  return html`<div class="column track-actions" role="group" aria-label="Track ${shot.track}">
    ${mine && html`<div class="row wrap">
      <button disabled=${frame <= mine.first || frame > mine.last} title="From here on its faces are track ${aside}"
        onClick=${() => send([{ kind: "split_track", track: mine.track, frame, new_track: aside }])}>Split here</button>
      <button onClick=${() => send([{ kind: "remove_faces", track: mine.track, ...range }])}
        title="Set an in and an out point to remove more">Remove its faces ${where}</button>
    </div>`}
    ${mine && other && html`<div class="row wrap">
      <label class="inline"><span class="quiet">with track</span>
        <select value=${other.track} onChange=${(/** @type {any} */ event) => choose(Number(event.target.value))}>
          ${others.map(({ track }) => html`<option value=${track}>${track}</option>`)}
        </select></label>
      <button title="Its faces become faces of track ${mine.track}"
        onClick=${() => send([{ kind: "merge_tracks", track: mine.track, other: other.track }])}>Merge</button>
      <button disabled=${!swapped.length} title="From this frame on the two tracks change places (${swapped.length} edits, undone one by one)"
        onClick=${() => send(swapped)}>Swap from here</button>
    </div>`}
    <${AddFace} shot=${shot} mine=${mine} aside=${aside} send=${send} />
  </div>`;
}

/** A face that the machine missed is drawn from the nearest one of its track. @param {{ shot: OpenShot, mine: Track | undefined, aside: number, send: Send }} props */
function AddFace({ shot, mine, aside, send }) {
  const [working, setWorking] = useState(false);
  const here = shot.solvedNow(shot.frame)?.faces.some((face) => face.track === shot.track);
  /** @param {number} track */
  const add = async (track) => {
    if (!mine) return;
    setWorking(true);
    try {
      const nearest = await nearestFace(shot, mine);
      if (!nearest) return;
      const landmarks = track === mine.track ? nearest.landmarks : besides(nearest, shot.plate.width, pixelAspect(shot.plate));
      send([{ kind: "add_face", track, frame: shot.frame, landmarks }], () => shot.pickTrack(track));
    } finally {
      setWorking(false);
    }
  };
  if (!mine) return html`<p class="quiet">Track ${shot.track} has no faces: take another one in hand.</p>`;
  return html`<div class="row wrap">
    <button disabled=${working || here} title=${here ? "It has a face here already" : "Copy its nearest face to this frame, then drag it into place"}
      onClick=${() => void add(mine.track)}>Add its face here</button>
    <button disabled=${working} title="Copy this track's nearest face beside it as the new track ${aside}, then drag it into place"
      onClick=${() => void add(aside)}>Add as a new track</button>
  </div>`;
}

/** A face's landmarks beside it, where there is more room: drawn over another face they would be that face. @param {import("../../core/types.js").SolvedFace} face  @param {number} width  of the plate  @param {number} aspect  of its pixels */
export function besides({ landmarks, square: [x, , side] }, width, aspect = 1) {
  const shift = ((x < (aspect * width) / 2 ? 1 : -1) * BESIDE * side) / aspect;
  return landmarks.map((value, at) => (at % 2 ? value : value + shift));
}

/** The face of a track that is nearest to the frame in hand. @param {OpenShot} shot  @param {Track} track */
async function nearestFace(shot, track) {
  for (let away = 0; away <= shot.range.last - shot.range.first; away++) {
    for (const frame of away ? [shot.frame - away, shot.frame + away] : [shot.frame]) {
      if (frame < track.first || frame > track.last) continue;
      const found = (await shot.solved(frame)).faces.find((face) => face.track === track.track);
      if (found) return found;
    }
  }
  return null;
}

/** Edits whose face has gone, kept and tried again at every solve. @param {{ shot: OpenShot }} props */
export function Orphans({ shot }) {
  const { orphans } = shot.timeline;
  if (!orphans.length) return null;
  return html`<section aria-label="Edits without a face">
    <h2 class="warn">${orphans.length} edit${orphans.length > 1 ? "s" : ""} without a face</h2>
    <p class="quiet">They are kept, and count again as soon as their face is there.</p>
    <ul class="orphans">${orphans.map(({ revision, reason }) => {
      const entry = shot.entries[revision - 1];
      const frame = entry?.action?.frame ?? entry?.action?.first;
      return html`<li key=${revision}>
        <span>${(entry?.action?.kind ?? "edit").replaceAll("_", " ")}${entry && html` <span class="quiet">by ${entry.author}</span>`}: ${reason}</span>
        ${frame !== undefined && html` <button class="plain" onClick=${() => shot.goTo(frame)}>go to ${frame}</button>`}
      </li>`;
    })}</ul>
  </section>`;
}
