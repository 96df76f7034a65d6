"""Faces from a landmarks file instead of the detector; what it does not tell is read from the plate."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import Stopped
from understudy.domain.face import EMBEDDING, LANDMARKS, ShotFaces
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.faces.align import similarity, transform_points, transform_scale, unsqueezed
from understudy.faces.crop_quality import crop_sharpness
from understudy.faces.cuts import CutFinder
from understudy.faces.face_models import FaceModels
from understudy.faces.landmark_file import GivenFace, GivenShot
from understudy.faces.landmarks import Mesh, two_passes
from understudy.faces.roi import Float, Picture, Roi, roi_of_eyes, roi_of_mesh, unsqueezed_picture
from understudy.faces.shot_record import shot_faces, squeezed_faces
from understudy.faces.sighting import Sighting
from understudy.faces.steering import LEFT_EYE_68, MESH_OF_68, RIGHT_EYE_68, box_of_68, steered
from understudy.faces.tracker import Piece

_EMBED_FIRST, _EMBED_EVERY = 3, 12  # faces of a track that are embedded, as extraction does


class _HasRgb8(Protocol):
    def rgb8(self) -> Picture: ...


class NumberedPicture(Protocol):
    """A frame as the media layer gives it."""

    @property
    def frame(self) -> int: ...
    @property
    def picture(self) -> _HasRgb8: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placed:
    """A given face with its sighting and the track it ends in."""

    sighting: Sighting
    track: int
    filled: bool


def frames_to_read(given: GivenShot, frames: Sequence[int]) -> list[int]:
    """The frames that must be decoded: those with faces, or all where cuts have to be looked for."""
    with_faces = {face.frame for face in given.faces}
    return [frame for frame in frames if given.cuts is None or frame in with_faces]


def given_faces(
    frames: Iterable[NumberedPicture],
    given: GivenShot,
    models: FaceModels,
    *,
    min_presence: float,
    cut_threshold: float,
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
    pixel_aspect: float = 1.0,
) -> ShotFaces:
    """The record of a landmarks file's faces.

    frames: those of `frames_to_read`, in order. Identity, expression and sharpness come from the pictures;
    of 68 points the mesh takes the rest, of 478 without depth it lends the depth, and where the file tells no
    presence the mesh's counts. A track that crosses a cut is another one after it. Raises: Stopped.
    """
    by_frame: dict[int, list[GivenFace]] = {}
    for face in given.faces:
        by_frame.setdefault(face.frame, []).append(face)
    progress = Progress(emit, len(by_frame), "frames")
    finder, seen = CutFinder(cut_threshold), dict.fromkeys({face.track for face in given.faces}, 0)
    sightings: list[tuple[GivenFace, Sighting]] = []
    for numbered in frames:
        if stopping():
            raise Stopped(f"the landmarks were taken up to frame {numbered.frame}; nothing is written")
        picture = unsqueezed_picture(numbered.picture.rgb8(), pixel_aspect)
        if given.cuts is None:
            finder.see(numbered.frame, picture)
        for face in by_frame.get(numbered.frame, ()):
            embed = not face.filled and _wants_embedding(seen[face.track])
            seen[face.track] += not face.filled
            sightings.append((face, _sighting(face, picture, models, min_presence, pixel_aspect, embed)))
        if numbered.frame in by_frame:
            progress.step()
    cuts = finder.cuts() if given.cuts is None else given.cuts
    return squeezed_faces(_record(_in_takes(sightings, cuts, emit), cuts), pixel_aspect)


def _wants_embedding(earlier: int) -> bool:
    return earlier < _EMBED_FIRST or earlier % _EMBED_EVERY == 0


def _sighting(
    face: GivenFace,
    picture: Picture,
    models: FaceModels,
    min_presence: float,
    pixel_aspect: float,
    embed: bool,
) -> Sighting:
    points = unsqueezed(face.points, pixel_aspect)
    landmarks, presence = points, face.presence
    if points.shape != (LANDMARKS, 3) or presence is None:
        landmarks, own = _completed(points, picture, models, min_presence)
        presence = own if presence is None else presence
    return Sighting(
        frame=face.frame,
        landmarks_K3=landmarks,
        presence=presence,
        score=1.0,
        expression_E=models.expression(landmarks),
        sharpness=crop_sharpness(picture, landmarks),
        embedding_D=models.identity.embed(picture, landmarks) if embed else None,
    )


def _completed(
    points: Float, picture: Picture, models: FaceModels, min_presence: float
) -> tuple[Float, float]:
    """All 478 landmarks with their depth, and how sure the mesh is of a face there."""
    whole = len(points) == LANDMARKS
    flat = np.pad(points, ((0, 0), (0, 3 - points.shape[1]))) if whole else points
    roi = roi_of_mesh(flat) if whole else _roi_of_68(points[:, :2])
    [mesh] = two_passes(models.mesh, [(picture, roi)], min_presence=min_presence)
    if not whole:
        return steered(_brought_near(mesh, points[:, :2]), points[:, :2]), mesh.presence
    if points.shape[1] == 3:
        return points, mesh.presence
    scale = transform_scale(similarity(mesh.landmarks_K3[:, :2], points[:, :2]))
    return np.concatenate([points, scale * mesh.landmarks_K3[:, 2:]], axis=1).astype(
        np.float32
    ), mesh.presence


def _roi_of_68(points_68: Float) -> Roi:
    right, left = (points_68[eye].mean(0) for eye in (RIGHT_EYE_68, LEFT_EYE_68))
    return roi_of_eyes(box_of_68(points_68), right, left)


def _brought_near(mesh: Mesh, points_68: npt.NDArray[np.floating]) -> Float:
    """The mesh where the 68 points are, though the network may have seen no face there."""
    to_points = similarity(mesh.landmarks_K3[MESH_OF_68, :2], points_68)
    moved = np.array(mesh.landmarks_K3, np.float32)
    moved[:, :2] = transform_points(to_points, mesh.landmarks_K3[:, :2])
    moved[:, 2] *= transform_scale(to_points)
    return moved


def _in_takes(
    sightings: Sequence[tuple[GivenFace, Sighting]], cuts: tuple[int, ...], emit: Callable[[Event], None]
) -> list[_Placed]:
    """Tracks that never cross a cut: what lies beyond one has a new number."""
    numbers: dict[tuple[int, int], int] = {}
    free = max(face.track for face, _ in sightings) + 1
    known: set[int] = set()
    for face, _ in sightings:
        key = face.track, bisect_right(cuts, face.frame)
        if key not in numbers:
            numbers[key] = free if face.track in known else face.track
            free += face.track in known
            known.add(face.track)
            if numbers[key] != face.track:
                told = (
                    f"track {face.track} crosses a cut; from frame {face.frame} on it is track {numbers[key]}"
                )
                emit(Event(kind=EventKind.NOTE, message=told))
    return [
        _Placed(
            sighting=sighting, track=numbers[face.track, bisect_right(cuts, face.frame)], filled=face.filled
        )
        for face, sighting in sightings
    ]


def _record(placed: Sequence[_Placed], cuts: tuple[int, ...]) -> ShotFaces:
    pieces: dict[int, Piece] = {}
    for face in placed:
        pieces.setdefault(face.track, Piece()).add(face.sighting)
    for piece in pieces.values():
        if not piece.embeddings:  # a track of nothing but filled faces: nobody is recognised in it
            piece.embeddings.append(np.zeros(EMBEDDING, np.float32))
    faces = shot_faces([[piece] for piece in pieces.values()], list(pieces), cuts, max_gap_frames=0)
    filled = {(face.sighting.frame, face.track) for face in placed if face.filled}
    keys = zip(faces.frame.tolist(), faces.track.tolist(), strict=True)
    filled_N = np.array([key in filled for key in keys], np.bool_)
    return replace(faces, filled=filled_N, embedding_ND=np.where(filled_N[:, None], 0, faces.embedding_ND))
