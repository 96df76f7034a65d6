/** The donor as the footage shows it, in the pose and expression of the frame in hand: what a good result looks like. */

import { bytes, get, path } from "../../core/api.js";
import { html, useChange, useEffect, useState } from "../../core/view.js";

const SIZE_PX = 192;
const REST_MS = 150;
const POSE_SCALE_DEG = 15; // so much turning counts like a whole expression coming up
const TELLING = /** @type {[string, number][]} */ ([
  ["yaw_deg", POSE_SCALE_DEG], ["pitch_deg", POSE_SCALE_DEG], ["roll_deg", 2 * POSE_SCALE_DEG], ["mouth_open", 1], ["eyes_closed", 1], ["smile", 1],
]);

/** @typedef {{ shot_ids: string[], shots: number[], frames: number[], tracks: number[], presence: number[] } & Record<string, number[]>} Columns */

/**
 * The face of one person that is nearest to a face of another in pose and expression, or null.
 * @param {Columns} faces  @param {number} face  @param {Columns} others  @returns {number | null}
 */
export function nearestFace(faces, face, others) {
  let nearest = null;
  let least = Infinity;
  for (let other = 0; other < others.frames.length; other++) {
    let distance = 0;
    for (const [column, scale] of TELLING) distance += ((faces[column][face] - others[column][other]) / scale) ** 2;
    if (distance < least) [nearest, least] = [other, distance];
  }
  return nearest;
}

/** @param {{ shot: import("../../core/shot.js").OpenShot }} props */
export function DonorAtThisPose({ shot }) {
  useChange(shot, "frame", "track", "models");
  const bound = shot.timeline.bindings[shot.track];
  const donorId = bound ?? shot.model?.people.find((person) => person !== shot.shot.person_id) ?? "";
  const donor = shot.people.find((person) => person.id === donorId);
  const [columns, setColumns] = useState(/** @type {{ seen: Columns, donor: Columns } | null} */ (null));
  const [picture, setPicture] = useState({ url: "", frame: 0 });
  useEffect(() => {
    let gone = false;
    setColumns(null);
    if (!donorId || !shot.shot.faces) return;
    const place = (/** @type {string} */ person) => path`/api/p/${shot.production}/people/${person}/faces`;
    Promise.all([get(`${place(shot.shot.person_id)}?shots=${shot.shot.id}`), get(place(donorId))])
      .then(([seen, donorFaces]) => gone || setColumns({ seen, donor: donorFaces }))
      .catch(() => {}); // a donor without footage here has no picture to show
    return () => {
      gone = true;
    };
  }, [donorId, shot.shot.faces_sha256]);
  const face = columns ? columns.seen.frames.indexOf(shot.frame) : -1;
  const nearest = columns && face >= 0 ? nearestFace(columns.seen, face, columns.donor) : null;
  useEffect(() => {
    if (!columns || nearest === null) return;
    const { shot_ids, shots, frames, tracks } = columns.donor;
    const wanted = { shot_id: shot_ids[shots[nearest]], frame: frames[nearest], track: tracks[nearest] };
    const controller = new AbortController();
    const resting = setTimeout(() => {
      bytes(path`/api/p/${shot.production}/faces/pictures`, { body: { faces: [wanted], size_px: SIZE_PX }, signal: controller.signal })
        .then(({ blob }) => setPicture({ url: URL.createObjectURL(blob), frame: wanted.frame }))
        .catch(() => {}); // the next frame asks again
    }, REST_MS);
    return () => {
      clearTimeout(resting);
      controller.abort();
    };
  }, [columns, nearest]);
  useEffect(() => () => URL.revokeObjectURL(picture.url), [picture.url]);
  if (!donor || nearest === null || !picture.url) return null;
  return html`<section>
    <h2>${donor.name} in this pose</h2>
    <img class="donor" src=${picture.url} width=${SIZE_PX} height=${SIZE_PX} alt="${donor.name}, frame ${picture.frame} of the footage learnt from" />
    <p class="quiet">The nearest of ${columns?.donor.frames.length} faces in the donor's own footage.</p>
  </section>`;
}
