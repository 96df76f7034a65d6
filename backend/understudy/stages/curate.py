"""Curation: from all faces of one person in some shots to the crops a model learns from.

What is left out, in this order: filled gaps, low landmark presence (hidden or doubtful faces), faces cut
off by the picture's edge, blurred ones, near-duplicates. If more are left than wanted, those are chosen
that lie farthest apart in pose and expression. All of it is decided from the face records, so only the
chosen frames are decoded, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from understudy.config import CropType, CurateConfig
from understudy.domain.errors import NoFaceFound, Stopped
from understudy.domain.face import LANDMARKS, ShotFaces
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.faces.align import MEAN_FACE_POINTS, crop_transform, transform_points
from understudy.faces.crop_quality import cut_off_share
from understudy.matte.hull import hull_matte
from understudy.media.warp import warp
from understudy.networks.faceset import FIELD, LoadedFaceset, load_faceset, save_faceset, stored_size

__all__ = ["ShotSource", "curate", "load_faceset", "save_faceset"]

ALGORITHM = 1
COMPARED_PX = 256  # near-duplicates are told apart in a crop of this size
POSE_SCALE_DEG = 15.0  # so much turning counts like one whole expression coming up

Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]


class RgbPicture(Protocol):
    """What curation needs of a plate's picture."""

    def rgb8(self) -> npt.NDArray[np.uint8]: ...


class PictureOfFrame(Protocol):
    """A decoded frame and its editorial number."""

    @property
    def frame(self) -> int: ...
    @property
    def picture(self) -> RgbPicture: ...


@dataclass(frozen=True, kw_only=True)
class ShotSource:
    """One shot's faces of the person in question, and how to get at its pictures.

    `frames` decodes the given editorial frames in order; `width` and `height` are the plate's.
    """

    shot_sha256: str
    width: int
    height: int
    faces: ShotFaces
    frames: Callable[[Sequence[int]], Iterable[PictureOfFrame]]


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """Rows of all shots' faces that are kept: `source[i]` says which shot, `row[i]` which face of it."""

    source: npt.NDArray[np.int32]
    row: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.row)

    def only(self, kept: npt.NDArray[np.intp]) -> _Chosen:
        return _Chosen(source=self.source[kept], row=self.row[kept])


def curate(
    shots: Sequence[ShotSource],
    *,
    person_id: str,
    crop_type: CropType,
    size_px: int,
    config: CurateConfig,
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
) -> LoadedFaceset:
    """The faceset of one person for networks of `size_px`.

    Raises: NoFaceFound when too little usable is left (the message says why), Stopped, what decoding raises.
    """
    chosen = choose(shots, crop_type=crop_type, config=config)
    found, kept = sum(len(shot.faces) for shot in shots), len(chosen)
    emit(Event(kind=EventKind.NOTE, message=f"{kept} of {found} faces chosen to learn {person_id} from"))
    side_px = stored_size(size_px)
    crops = np.zeros((kept, side_px, side_px, 3), np.uint8)
    mattes = np.zeros((kept, side_px, side_px), np.uint8)
    landmarks = np.zeros((kept, LANDMARKS, 2), np.float32)
    progress = Progress(emit, kept, "crops")
    for at, points, picture in _pictures(shots, chosen):
        if stopping():
            raise Stopped("curation stopped; nothing was written")
        matrix = stored_transform(points, crop_type, side_px)
        crops[at] = warp(picture, matrix, (side_px, side_px), interpolation="cubic", border="replicate")
        landmarks[at] = transform_points(matrix, points[:, :2])
        mattes[at] = np.rint(hull_matte(landmarks[at], (side_px, side_px)) * 255)
        progress.step()
    return LoadedFaceset(
        person_id=person_id,
        crop_type=crop_type,
        crops_NKK3=crops,
        matte_NKK=mattes,
        landmarks_NL2=landmarks,
        pose_N3=_column(shots, chosen, "pose_N3"),
        expression_NE=_column(shots, chosen, "expression_NE"),
        sharpness=_column(shots, chosen, "sharpness"),
        source=chosen.source,
        frame=_column(shots, chosen, "frame"),
        sources=tuple(shot.shot_sha256 for shot in shots),
    )


def stored_transform(landmarks_KC: Float, crop_type: CropType, side_px: int) -> npt.NDArray[np.float64]:
    """Plate to stored-crop pixels, (2,3): the network's crop in the middle, with FIELD's room around it."""
    inner_px = round(side_px / FIELD)
    matrix = crop_transform(landmarks_KC, crop_type, inner_px).copy()
    matrix[:, 2] += (side_px - inner_px) / 2
    return matrix


def choose(shots: Sequence[ShotSource], *, crop_type: CropType, config: CurateConfig) -> _Chosen:
    """Which faces to learn from, in order of shot and frame. Raises: NoFaceFound."""
    if not shots:
        raise NoFaceFound("no footage to learn from was given")
    counts = [len(shot.faces) for shot in shots]
    chosen = _Chosen(
        source=np.repeat(np.arange(len(shots), dtype=np.int32), counts),
        row=np.concatenate([np.arange(count) for count in counts]).astype(np.intp),
    )
    left = [f"{len(chosen)} found"]
    for name, usable in (
        ("seen, not filled in", lambda c: ~_column(shots, c, "filled")),
        ("clearly seen", lambda c: _column(shots, c, "presence") >= config.min_presence),
        ("whole", lambda c: _cut_off(shots, c) <= config.max_cut_off),
        ("sharp", lambda c: _is_sharp(_column(shots, c, "sharpness"), config.min_sharpness)),
        ("different", lambda c: _is_new(_aligned(shots, c, crop_type), config.near_duplicate_px)),
    ):
        chosen = chosen.only(np.flatnonzero(usable(chosen)))
        left.append(f"{len(chosen)} of them {name}")
        if not len(chosen):
            raise NoFaceFound(f"no face to learn from is left: {', '.join(left)}")
    if len(chosen) < config.min_crops:
        raise NoFaceFound(
            f"{len(chosen)} faces are too few to learn from, {config.min_crops} are needed "
            f"({', '.join(left)}); bring more footage of this person, or lower curate.min_crops"
        )
    if len(chosen) > config.max_crops:
        chosen = chosen.only(farthest_apart(telling_features(shots, chosen), config.max_crops))
    return chosen


def _column(shots: Sequence[ShotSource], chosen: _Chosen, name: str) -> npt.NDArray[Any]:
    """A column of the face records, at the chosen rows."""
    whole = np.concatenate([getattr(shot.faces, name) for shot in shots])
    starts = np.cumsum([0] + [len(shot.faces) for shot in shots])[:-1]
    return whole[starts[chosen.source] + chosen.row]


def _cut_off(shots: Sequence[ShotSource], chosen: _Chosen) -> Float:
    """Share of each face's outline that lies outside the picture, (N,)."""
    landmarks = _column(shots, chosen, "landmarks_NK3")
    shares = [
        cut_off_share(points, shots[source].width, shots[source].height)
        for points, source in zip(landmarks, chosen.source, strict=True)
    ]
    return np.array(shares, np.float32)


def _is_sharp(sharpness: Float, share_of_median: float) -> Bool:
    return np.asarray(sharpness >= share_of_median * np.median(sharpness))


def _aligned(shots: Sequence[ShotSource], chosen: _Chosen, crop_type: CropType) -> Float:
    """Landmarks (N,M,2) in an upright crop of COMPARED_PX, and lids, lips and irises with them."""
    landmarks = _column(shots, chosen, "landmarks_NK3")
    telling = np.union1d(MEAN_FACE_POINTS, np.arange(0, LANDMARKS, 4))
    aligned = [
        transform_points(crop_transform(points, crop_type, COMPARED_PX), points[telling, :2])
        for points in landmarks
    ]
    return np.asarray(aligned, np.float32)


def _is_new(aligned_NM2: Float, near_px: float) -> Bool:
    """Which faces moved, on average over the landmarks, at least `near_px` from every one kept before."""
    kept = np.zeros(len(aligned_NM2), np.bool_)
    so_far = np.empty_like(aligned_NM2)
    count = 0
    for i, points in enumerate(aligned_NM2):
        moves = np.linalg.norm(so_far[:count] - points, axis=2).mean(axis=1)
        if not count or moves.min() >= near_px:
            kept[i] = True
            so_far[count] = points
            count += 1
    return kept


def telling_features(shots: Sequence[ShotSource], chosen: _Chosen) -> Float:
    """Pose and expression of each face in comparable units, (N,55)."""
    pose = _column(shots, chosen, "pose_N3") / POSE_SCALE_DEG
    return np.concatenate([pose, _column(shots, chosen, "expression_NE")], axis=1).astype(np.float32)


def farthest_apart(features_NF: Float, count: int) -> npt.NDArray[np.intp]:
    """Rows that cover the features best: the most ordinary one, then always the one farthest from all taken.

    Ascending row numbers. Source: Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985.
    """
    first = int(np.linalg.norm(features_NF - np.median(features_NF, axis=0), axis=1).argmin())
    taken = [first]
    distance = np.linalg.norm(features_NF - features_NF[first], axis=1)
    distance[first] = -1.0
    while len(taken) < min(count, len(features_NF)):
        taken.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(features_NF - features_NF[taken[-1]], axis=1))
        distance[taken] = -1.0  # equal faces must not be taken twice
    return np.sort(np.array(taken, np.intp))


def _pictures(
    shots: Sequence[ShotSource], chosen: _Chosen
) -> Iterator[tuple[int, Float, npt.NDArray[np.uint8]]]:
    """Position among the chosen, plate landmarks and the decoded picture of every chosen face."""
    for index, shot in enumerate(shots):
        positions = np.flatnonzero(chosen.source == index)
        if not len(positions):
            continue
        rows = chosen.row[positions]
        frames = shot.faces.frame[rows]
        wanted = sorted({int(frame) for frame in frames})
        for decoded in shot.frames(wanted):
            picture = decoded.picture.rgb8()
            for hit in np.flatnonzero(frames == decoded.frame):
                yield int(positions[hit]), shot.faces.landmarks_NK3[rows[hit]], picture
