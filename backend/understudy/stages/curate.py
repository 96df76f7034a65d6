"""Curation: from all faces of one person in some shots to the crops a model learns from.

What is left out, in this order: what artists keep out, filled gaps, low landmark presence (hidden or
doubtful faces), faces cut off by the picture's edge, blurred ones, near-duplicates. If more are left than
wanted, those are chosen that lie farthest apart in pose and expression. All of it is decided from the face
records, so only the chosen frames are decoded, each once.
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
from understudy.domain.facesets import FaceChoice
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.faces.align import MEAN_FACE_POINTS, crop_transform, transform_points
from understudy.faces.alike import POSE_SCALE_DEG
from understudy.faces.crop_quality import cut_off_share
from understudy.matte.hull import hull_matte
from understudy.media.network_colour import NetworkColour, NetworkEncoding
from understudy.media.seen_crop import Matrix, SeenPicture, crop_cutter
from understudy.networks.faceset import FIELD, LoadedFaceset, load_faceset, save_faceset, stored_size

__all__ = ["ShotSource", "curate", "load_faceset", "save_faceset"]

ALGORITHM = 1
COMPARED_PX = 256  # near-duplicates are told apart in a crop of this size

_SHADOWS = 4  # directions in which near-duplicates are looked for first
_CELLS = 4  # bands of the face, down and across, that move by themselves there

Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]


class PictureOfFrame(Protocol):
    """A decoded frame and its editorial number."""

    @property
    def frame(self) -> int: ...
    @property
    def picture(self) -> SeenPicture: ...


@dataclass(frozen=True, kw_only=True)
class ShotSource:
    """One shot's faces of the person in question, and how to get at its pictures.

    `frames` decodes the given editorial frames in order; `width` and `height` are the plate's, `window` its
    data window; its pixels are `pixel_aspect` times as wide as high and `colour` says what they mean.
    `dropped` are track and frame of faces that an artist keeps out.
    """

    shot_sha256: str
    width: int
    height: int
    faces: ShotFaces
    frames: Callable[[Sequence[int]], Iterable[PictureOfFrame]]
    dropped: frozenset[tuple[int, int]] = frozenset()
    pixel_aspect: float = 1.0
    window: Rect | None = None
    colour: ColourTags = ColourTags()

    @property
    def pixels(self) -> Rect:
        """Where the picture that is shown has pixels: all over, or in a cropped render its data window."""
        shown = Rect(0, 0, self.width, self.height)
        return shown if self.window is None else shown.intersect(self.window)


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """Rows of all shots' faces that are kept: `source[i]` says which shot, `row[i]` which face of it."""

    source: npt.NDArray[np.int32]
    row: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.row)

    def only(self, kept: npt.NDArray[np.intp]) -> _Chosen:
        return _Chosen(source=self.source[kept], row=self.row[kept])

    def dropped(self, shots: Sequence[ShotSource]) -> Bool:
        """Which of them an artist keeps out."""
        if not any(shot.dropped for shot in shots):
            return np.zeros(len(self), np.bool_)
        names = zip(
            _column(shots, self, "track").tolist(), _column(shots, self, "frame").tolist(), strict=True
        )
        return np.array(
            [name in shots[source].dropped for name, source in zip(names, self.source, strict=True)], np.bool_
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is done with each face, (N,) as `FaceChoice`, shot by shot in the order of their faces.

    `lacking` says why no faceset comes of it, or nothing; `median_sharpness` is that of the faces which are
    whole and clear, 0 when there are none.
    """

    choices: npt.NDArray[np.int8]
    lacking: str
    median_sharpness: float


def curate(
    shots: Sequence[ShotSource],
    *,
    person_id: str,
    crop_type: CropType,
    size_px: int,
    config: CurateConfig,
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
    encoding: NetworkEncoding = "srgb",
) -> LoadedFaceset:
    """The faceset of one person for networks of `size_px`, in the encoding that those see.

    Raises: NoFaceFound when too little usable is left (the message says why), Stopped, what decoding raises.
    """
    chosen = choose(shots, crop_type=crop_type, config=config)
    kept = len(chosen)
    emit(Event(kind=EventKind.NOTE, message=_told(shots, kept, person_id)))
    side_px = stored_size(size_px)
    crops = np.zeros((kept, side_px, side_px, 3), np.uint8)
    mattes = np.zeros((kept, side_px, side_px), np.uint8)
    landmarks = np.zeros((kept, LANDMARKS, 2), np.float32)
    progress = Progress(emit, kept, "crops")
    for at, points, cut in _pictures(shots, chosen, encoding):
        aspect = shots[chosen.source[at]].pixel_aspect
        if stopping():
            raise Stopped("curation stopped; nothing was written")
        matrix = stored_transform(points, crop_type, side_px, pixel_aspect=aspect)
        crops[at] = cut(matrix, side_px)
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
        encoding=encoding,
        sharpness=_column(shots, chosen, "sharpness"),
        source=chosen.source,
        frame=_column(shots, chosen, "frame"),
        sources=tuple(shot.shot_sha256 for shot in shots),
    )


def _told(shots: Sequence[ShotSource], kept: int, person_id: str) -> str:
    found, dropped = sum(len(shot.faces) for shot in shots), int(_all(shots).dropped(shots).sum())
    by_hand = f"; artists keep {dropped} out" if dropped else ""
    return f"{kept} of {found} faces chosen to learn {person_id} from{by_hand}"


def stored_transform(
    landmarks_KC: Float, crop_type: CropType, side_px: int, *, pixel_aspect: float = 1.0
) -> npt.NDArray[np.float64]:
    """Plate to stored-crop pixels, (2,3): the network's crop in the middle, with FIELD's room around it."""
    inner_px = round(side_px / FIELD)
    matrix = crop_transform(landmarks_KC, crop_type, inner_px, pixel_aspect=pixel_aspect).copy()
    matrix[:, 2] += (side_px - inner_px) / 2
    return matrix


def choose(shots: Sequence[ShotSource], *, crop_type: CropType, config: CurateConfig) -> _Chosen:
    """Which faces to learn from, in order of shot and frame. Raises: NoFaceFound."""
    verdict = judge(shots, crop_type=crop_type, config=config)
    if verdict.lacking:
        raise NoFaceFound(verdict.lacking)
    return _all(shots).only(np.flatnonzero(verdict.choices == FaceChoice.CHOSEN))


def judge(shots: Sequence[ShotSource], *, crop_type: CropType, config: CurateConfig) -> Verdict:
    """Choose what to learn from and say of every other face why it is left out."""
    if not shots:
        return Verdict(
            choices=np.zeros(0, np.int8), lacking="no footage to learn from was given", median_sharpness=0.0
        )
    everything = _all(shots)
    choices = np.full(len(everything), FaceChoice.CHOSEN, np.int8)
    left = [f"{len(everything)} found"]
    lacking, median = "", 0.0
    for choice, name, usable in _reasons(shots, crop_type, config):
        rows = np.flatnonzero(choices == FaceChoice.CHOSEN)
        if choice is FaceChoice.BLURRED:
            median = float(np.median(_column(shots, everything.only(rows), "sharpness")))
        good = usable(everything.only(rows))
        if choice is FaceChoice.DROPPED and good.all():
            continue  # nobody said anything
        choices[rows[~good]] = choice
        left.append(f"{int(good.sum())} of them {name}")
        if not good.any():
            lacking = f"no face to learn from is left: {', '.join(left)}"
            return Verdict(choices=choices, lacking=lacking, median_sharpness=median)
    rows = np.flatnonzero(choices == FaceChoice.CHOSEN)
    if len(rows) < config.min_crops:
        lacking = (
            f"{len(rows)} faces are too few to learn from, {config.min_crops} are needed "
            f"({', '.join(left)}); bring more footage of this person, or lower curate.min_crops"
        )
    elif len(rows) > config.max_crops:
        most_telling = farthest_apart(telling_features(shots, everything.only(rows)), config.max_crops)
        choices[np.delete(rows, most_telling)] = FaceChoice.SPARE
    return Verdict(choices=choices, lacking=lacking, median_sharpness=median)


_Reason = tuple[FaceChoice, str, Callable[[_Chosen], Bool]]


def _reasons(shots: Sequence[ShotSource], crop_type: CropType, config: CurateConfig) -> tuple[_Reason, ...]:
    """Why a face is left out, what those that stay are called, and which of some faces those are."""
    return (
        (FaceChoice.DROPPED, "not kept out by artists", lambda c: ~c.dropped(shots)),
        (FaceChoice.FILLED, "seen, not filled in", lambda c: ~_column(shots, c, "filled")),
        (
            FaceChoice.UNCLEAR,
            "clearly seen",
            lambda c: _column(shots, c, "presence") >= config.min_presence,
        ),
        (FaceChoice.CUT_OFF, "whole", lambda c: _cut_off(shots, c) <= config.max_cut_off),
        (
            FaceChoice.BLURRED,
            "sharp",
            lambda c: _is_sharp(_column(shots, c, "sharpness"), config.min_sharpness),
        ),
        (
            FaceChoice.DUPLICATE,
            "different",
            lambda c: _is_new(_aligned(shots, c, crop_type), config.near_duplicate_px),
        ),
    )


def _all(shots: Sequence[ShotSource]) -> _Chosen:
    counts = [len(shot.faces) for shot in shots]
    return _Chosen(
        source=np.repeat(np.arange(len(shots), dtype=np.int32), counts),
        row=np.concatenate([np.arange(count) for count in counts]).astype(np.intp),
    )


def _column(shots: Sequence[ShotSource], chosen: _Chosen, name: str) -> npt.NDArray[Any]:
    """A column of the face records, at the chosen rows."""
    whole = np.concatenate([getattr(shot.faces, name) for shot in shots])
    starts = np.cumsum([0] + [len(shot.faces) for shot in shots])[:-1]
    return whole[starts[chosen.source] + chosen.row]


def _cut_off(shots: Sequence[ShotSource], chosen: _Chosen) -> Float:
    """Share of each face's outline that lies outside the picture, (N,)."""
    landmarks = _column(shots, chosen, "landmarks_NK3")
    shares = [
        cut_off_share(points, shots[source].pixels)
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
        transform_points(
            crop_transform(points, crop_type, COMPARED_PX, pixel_aspect=shots[source].pixel_aspect),
            points[telling, :2],
        )
        for points, source in zip(landmarks, chosen.source, strict=True)
    ]
    return np.asarray(aligned, np.float32)


def _is_new(aligned_NM2: Float, near_px: float) -> Bool:
    """Which faces moved, on average over the landmarks, at least `near_px` from every one kept before.

    Only faces whose shadows are as near are compared point by point.
    """
    shadows_SN = _shadows(aligned_NM2)
    shadows_so_far = np.empty_like(shadows_SN)
    margin_px = near_px * 1.001 + 0.001  # for what rounding does to shadows
    kept = np.zeros(len(aligned_NM2), np.bool_)
    so_far = np.empty_like(aligned_NM2)
    count = 0
    for i, points in enumerate(aligned_NM2):
        far = np.abs(shadows_so_far[0, :count] - shadows_SN[0, i]) >= margin_px
        for shadow, others in zip(shadows_SN[1:, i], shadows_so_far[1:, :count], strict=True):
            far |= np.abs(others - shadow) >= margin_px
        moves = np.linalg.norm(so_far[:count][~far] - points, axis=2).mean(axis=1)
        if not len(moves) or moves.min() >= near_px:
            kept[i] = True
            so_far[count], shadows_so_far[:, count] = points, shadows_SN[:, i]
            count += 1
    return kept


def _shadows(aligned_NM2: Float) -> npt.NDArray[np.float64]:
    """A few numbers per face, (S,N), none of which differs by more than the faces' mean landmark distance.

    Each is how far the face's parts reach along one unit direction per part, weighted by their share of the
    landmarks. Any directions would do; those in which these faces move most tell them apart best.
    """
    count, points = aligned_NM2.shape[:2]
    middle = np.nan_to_num(aligned_NM2[0])
    band = np.argsort(np.argsort(middle[:, 1], kind="stable"), kind="stable") * _CELLS // points
    cells = np.array_split(np.lexsort((middle[:, 0], band)), _CELLS * _CELLS)
    parts_NCD = np.stack([aligned_NM2[:, cell].sum(1, dtype=np.float64) / points for cell in cells], axis=1)
    flat = np.nan_to_num(parts_NCD.reshape(count, -1))
    flat -= flat.mean(0)
    _, directions = np.linalg.eigh(flat.T @ flat)
    most_SCD = directions.T[::-1][:_SHADOWS].reshape(_SHADOWS, -1, 2)
    most_SCD = most_SCD / np.maximum(np.linalg.norm(most_SCD, axis=2, keepdims=True), 1e-12)
    return np.ascontiguousarray(np.einsum("ncd,scd->sn", parts_NCD, most_SCD))


def telling_features(shots: Sequence[ShotSource], chosen: _Chosen) -> Float:
    """Pose and expression of each face in comparable units, (N,55)."""
    pose = _column(shots, chosen, "pose_N3") / POSE_SCALE_DEG
    return np.concatenate([pose, _column(shots, chosen, "expression_NE")], axis=1).astype(np.float32)


def farthest_apart(features_NF: Float, count: int) -> npt.NDArray[np.intp]:
    """Rows that cover the features best: the most ordinary one, then always the one farthest from all taken.

    Ascending row numbers. A row need not be measured when the newly taken one is more than twice as far from
    the row's nearest as the row itself is.
    Source: Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985.
    """
    taken = [int(_distances(features_NF, np.median(features_NF, axis=0)).argmin())]
    distance = _distances(features_NF, features_NF[taken[0]])
    distance[taken[0]] = -1.0
    nearest = np.zeros(len(features_NF), np.intp)  # which of those taken
    while len(taken) < min(count, len(features_NF)):
        taken.append(int(distance.argmax()))
        latest = features_NF[taken[-1]]
        between = _distances(features_NF[taken], latest)
        rows = np.flatnonzero(between[nearest] < 2.001 * distance)  # a little more, for what rounding does
        away = _distances(features_NF[rows], latest)
        closer = away < distance[rows]
        nearest[rows[closer]] = len(taken) - 1
        distance[rows[closer]] = away[closer]
        distance[taken[-1]] = -1.0  # equal faces must not be taken twice
    return np.sort(np.array(taken, np.intp))


def _distances(points_NF: Float, origin_F: Float) -> Float:
    apart_NF = points_NF - origin_F
    np.multiply(apart_NF, apart_NF, out=apart_NF)
    return np.asarray(np.sqrt(apart_NF.sum(axis=1)))


def _pictures(
    shots: Sequence[ShotSource], chosen: _Chosen, encoding: NetworkEncoding
) -> Iterator[tuple[int, Float, Callable[[Matrix, int], npt.NDArray[np.uint8]]]]:
    """Position among the chosen, plate landmarks and what cuts the decoded picture, of every chosen face."""
    for index, shot in enumerate(shots):
        positions = np.flatnonzero(chosen.source == index)
        if not len(positions):
            continue
        rows = chosen.row[positions]
        frames = shot.faces.frame[rows]
        wanted = sorted({int(frame) for frame in frames})
        for decoded in shot.frames(wanted):
            cut = crop_cutter(decoded.picture, NetworkColour(tags=shot.colour, encoding=encoding))
            for hit in np.flatnonzero(frames == decoded.frame):
                yield int(positions[hit]), shot.faces.landmarks_NK3[rows[hit]], cut
