"""A shot as its artists left it, for a bundle: extraction and edits solved, and its matte layers."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

import numpy as np

from understudy.domain.artefact import MatteLayer
from understudy.domain.errors import BadBundle, BadInput
from understudy.domain.face import NO_TRACK, ShotFaces, load_faces
from understudy.domain.files import sha256_of
from understudy.domain.job import JobKind
from understudy.domain.plain import to_json
from understudy.domain.shot import Shot
from understudy.domain.solved import SolvedShot, save_solved
from understudy.faces.roi import box_overlap
from understudy.jobs.bundle import InputFile, plate_input, read_bundle
from understudy.jobs.whose_face import performer_of, recognised
from understudy.matte.layer import INDEX_NAME
from understudy.solve import solve_list
from understudy.store.production import Production
from understudy.work import SolvedPlate

_SAME_FACE_OVERLAP = 0.5


def solve_shot(shot: Shot, production: Production) -> SolvedShot:
    """The shot's faces with its standing edits. Raises: BadInput before extraction."""
    if not shot.faces:
        raise BadInput(f"shot {shot.name} has no faces yet; run `understudy extract {shot.name}` first")
    entries = production.edits(shot.id)
    faces = load_faces(production.path(shot.faces))
    aspect = float(shot.plate.pixel_aspect)
    return solve_list(faces, entries, frames=shot.plate.frames, pixel_aspect=aspect)


def solved_plate(shot: Shot, production: Production, *, solved: SolvedShot | None = None) -> SolvedPlate:
    """Solve a shot, keep the result beside its faces under its revision and hash, and say where all is.

    `solved` spares the solving to those who did it. Raises: BadInput, ConsentForeign for an unknown face.
    """
    solved = solved or solve_shot(shot, production)
    people = performers_on(solved, shot, production)
    folder = production.folder / "shots" / shot.id / "solved"
    target = folder / f"{solved.revision}-{_content_sha256(solved)[:24]}.safetensors"
    if not target.exists():
        save_solved(solved, target, header={"shot_id": shot.id, "people": ",".join(people)})
    return SolvedPlate(
        shot_id=shot.id,
        shot_name=shot.name,
        people=people,
        plate=shot.plate,
        solved=str(target),
        solved_sha256=sha256_of(target),
        layers={layer.id: str(production.path(layer.path)) for layer in production.matte_layers(shot.id)},
        marked=uses_marked_layer(solved, production),
    )


def uses_marked_layer(solved: SolvedShot, production: Production) -> bool:
    """Whether a matte layer in use was made by a job whose grant carries the evaluation mark.

    A net may have learnt from marked footage of another shot. A mark never comes off: a net's layer whose
    grant is gone counts as marked.
    """
    used = {use.layer_id for plan in solved.plans.values() for use in plan.layers}
    return any(_marked(layer, production) for layer in production.matte_layers() if layer.id in used)


def _marked(layer: MatteLayer, production: Production) -> bool:
    try:
        return read_bundle(production.folder / "jobs" / layer.job_id)[1].marked
    except BadBundle:
        return layer.origin == JobKind.MATTE_NET


def solved_inputs(plate: SolvedPlate) -> tuple[InputFile, ...]:
    """The files that work on a solved plate reads: the plate, the solved shot, the index of every layer."""
    indices = [Path(folder) / INDEX_NAME for folder in plate.layers.values()]
    return (
        plate_input(plate.plate),
        InputFile(path=plate.solved, sha256=plate.solved_sha256),
        *(InputFile(path=str(index), sha256=sha256_of(index)) for index in indices if index.exists()),
    )


def performers_on(
    solved: SolvedShot, shot: Shot, production: Production, *, tracks: tuple[int, ...] = ()
) -> tuple[str, ...]:
    """Ids of those seen on `tracks`; without any, on the bound ones, else on the longest.

    A track that an artist added has no likeness to tell by; it counts as the person the shot is filed under.
    Where an added or merged face lies on a track that the machine found, whoever is known there counts too.
    """
    tracks = tracks or solved.replaced_tracks
    people = [
        performer_of(track, solved.faces, shot, production)
        if _recognisable(track, solved.faces)
        else shot.person_id
        for track in tracks
    ]
    base = load_faces(production.path(shot.faces))
    people += recognised(_lain_on(tracks, solved.faces, base), base, production)
    return tuple(dict.fromkeys(people)) or (shot.person_id,)


def _lain_on(tracks: tuple[int, ...], faces: ShotFaces, base: ShotFaces) -> set[int]:
    """Tracks of the machine, of other numbers, on whose faces these lie somewhere."""
    found: set[int] = set()
    others = (base.track != NO_TRACK) & ~base.filled
    for row in np.flatnonzero(np.isin(faces.track, tracks)):
        start, end = np.searchsorted(base.frame, (faces.frame[row], faces.frame[row] + 1))
        for other in start + np.flatnonzero(others[start:end] & (base.track[start:end] != faces.track[row])):
            if box_overlap(faces.box_N4[row], base.box_N4[other]) >= _SAME_FACE_OVERLAP:
                found.add(int(base.track[other]))
    return found


def _recognisable(track: int, faces: ShotFaces) -> bool:
    own = (faces.track == track) & ~faces.filled
    return not own.any() or bool(np.any(faces.embedding_ND[own]))


def _content_sha256(solved: SolvedShot) -> str:
    """Equal for equal contents; the bytes of the file are not, since its header has no fixed order."""
    digest = hashlib.sha256()
    columns = {f.name: getattr(solved.faces, f.name) for f in fields(solved.faces) if f.name != "cuts"}
    for name, array in sorted({**columns, "square": solved.square_N4, "state": solved.state_N}.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    rest = (solved.plans, solved.bindings, solved.marks, solved.orphans, solved.revision, solved.faces.cuts)
    for part in rest:
        digest.update(to_json(part).encode())
    return digest.hexdigest()
