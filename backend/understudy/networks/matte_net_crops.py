"""What the matte net sees of a shot: crops steadied on the face, neighbours in time, the hull.

Crops are cut around the mean face's square of the solved alignment, each frame's by its own: the head then
stands still and what passes before it moves. A stored crop shows FIELD times as wide as the network's,
as room for augmentation. No torch here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from understudy.config import CropType
from understudy.domain.frame import Rect
from understudy.domain.solved import SolvedShot
from understudy.faces.align import crop_of_square, square_transform, transform_points
from understudy.matte.hull import hull_matte
from understudy.media.warp import compose, corners_of, invert, translate, warp

Bytes = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

OFFSETS = (-1, 0, 1)  # frames seen at once, counted from the one whose matte is wanted
CENTRE = OFFSETS.index(0)
PICTURE_PLANES = 3 * len(OFFSETS)
INPUT_PLANES = PICTURE_PLANES + 1  # and the hull
CROP_TYPE: CropType = "whole"
FIELD = 1.25


class NumberedPicture(Protocol):
    """A decoded frame and its editorial number."""

    @property
    def frame(self) -> int: ...
    @property
    def picture(self) -> _HasRgb8: ...


class _HasRgb8(Protocol):
    def rgb8(self) -> Bytes: ...


class Pictures(Protocol):
    """A plate that can be read frame by frame, in ascending order."""

    def frames(self, frames: Iterable[int]) -> Iterator[NumberedPicture]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceStack:
    """One face in one frame as the net sees it.

    planes_CKK uint8: R, G, B of every frame of OFFSETS, then the hull; to_stored_23: plate to stored pixels.
    """

    frame: int
    track: int
    planes_CKK: Bytes
    to_stored_23: Matrix


def stored_px(size_px: int) -> int:
    """Side of a stored crop for a net of `size_px`; even, so that the net's crop lies on whole pixels."""
    return size_px + 2 * round(size_px * (FIELD - 1) / 2)


def stored_transform(
    square_4: npt.NDArray[np.floating], size_px: int, *, pixel_aspect: float = 1.0
) -> Matrix:
    """Plate to stored-crop pixels, (2,3): the net's crop in the middle."""
    inner = crop_of_square(square_transform(square_4, pixel_aspect=pixel_aspect), CROP_TYPE, size_px)
    margin_px = (stored_px(size_px) - size_px) / 2
    return compose(translate(margin_px, margin_px), inner)


def inner_transform(to_stored_23: Matrix, size_px: int) -> Matrix:
    """Plate to the net's own crop, from what takes it to the stored one."""
    margin_px = (stored_px(size_px) - size_px) / 2
    return compose(translate(-margin_px, -margin_px), to_stored_23)


def face_stacks(
    plate: Pictures, solved: SolvedShot, frames: Iterable[int], *, size_px: int
) -> Iterator[FaceStack]:
    """The replaced faces of `frames`, by frame and track; frames without one give nothing.

    Every picture is decoded once and few crops are held. A neighbour that the track does not have (a cut, the
    shot's end) is replaced by the frame itself.
    """
    rows = _rows(solved, solved.replaced_tracks)
    wanted = sorted({key for key in rows if key[0] in set(frames)})
    seen = {(frame + offset, track) for frame, track in wanted for offset in OFFSETS} & rows.keys()
    crops: dict[tuple[int, int], Bytes] = {}
    waiting = list(wanted)
    ordered = sorted({frame for frame, _ in seen})
    for decoded in plate.frames(ordered):
        picture = decoded.picture.rgb8()
        for key in (key for key in seen if key[0] == decoded.frame):
            crops[key] = _crop(picture, _stored(solved, rows[key], size_px), size_px)
        while waiting and (waiting[0][0] + OFFSETS[-1] <= decoded.frame or decoded.frame == ordered[-1]):
            key = waiting.pop(0)
            yield _stack(key, crops, solved, rows[key], size_px)
            for old in [old for old in crops if old[0] < key[0] + OFFSETS[0]]:
                del crops[old]


def _rows(solved: SolvedShot, tracks: Sequence[int]) -> dict[tuple[int, int], int]:
    """Row of the face record by frame and track."""
    faces = solved.faces
    keys = zip(faces.frame.tolist(), faces.track.tolist(), strict=True)
    return {(frame, track): row for row, (frame, track) in enumerate(keys) if track in tracks}


def _stored(solved: SolvedShot, row: int, size_px: int) -> Matrix:
    return stored_transform(solved.square_N4[row], size_px, pixel_aspect=solved.pixel_aspect)


def _crop(picture_HW3: Bytes, to_stored_23: Matrix, size_px: int) -> Bytes:
    side = stored_px(size_px)
    drawn = warp(picture_HW3, to_stored_23, (side, side), border="replicate")
    return np.ascontiguousarray(drawn.transpose(2, 0, 1))


def _stack(
    key: tuple[int, int], crops: Mapping[tuple[int, int], Bytes], solved: SolvedShot, row: int, size_px: int
) -> FaceStack:
    frame, track = key
    matrix, side = _stored(solved, row, size_px), stored_px(size_px)
    planes = np.empty((INPUT_PLANES, side, side), np.uint8)
    for at, offset in enumerate(OFFSETS):
        planes[3 * at : 3 * at + 3] = crops.get((frame + offset, track), crops[key])
    points = transform_points(matrix, solved.faces.landmarks_NK3[row, :, :2])
    planes[-1] = np.rint(hull_matte(points, (side, side)) * 255)
    return FaceStack(frame=frame, track=track, planes_CKK=planes, to_stored_23=matrix)


def place_in_plate(
    matte_SS: Float, to_stored_23: Matrix, *, display_window: Rect
) -> tuple[Rect, Float] | None:
    """A proposed matte in the plate: its rect and (h,w) 0..1; None when the crop lies outside the picture."""
    size_px = len(matte_SS)
    to_inner = inner_transform(to_stored_23, size_px)
    rect = corners_of(to_inner, size_px).intersect(display_window)
    if rect.empty:
        return None
    to_rect = compose(translate(-rect.x, -rect.y), invert(to_inner))
    drawn = warp(matte_SS, to_rect, (rect.width, rect.height), interpolation="linear")
    return rect, drawn.clip(0, 1)
