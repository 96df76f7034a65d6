"""One face of one frame before it is finished: where it lies, its crop, what the network drew, its colours.

Pure work on arrays. The order of these steps over a whole shot is in `conversion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
import numpy.typing as npt

from understudy.config import SIZES_ARE_FOR_A_FACE_OF_PX, ConvertConfig, CropType
from understudy.domain.errors import BadInput
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.solved import SolvedShot
from understudy.faces.align import crop_of_square, square_transform, transform_points, transform_scale
from understudy.matte.drawing import plan_reach
from understudy.matte.expression import parse
from understudy.matte.hull import MESH_POINTS, hull_matte
from understudy.media.colour_match import FaceColours, measure_colour
from understudy.media.network_colour import NetworkColour, NetworkEncoding
from understudy.media.pyramid import pyramid_levels, pyramid_reach_px
from understudy.media.warp import (
    compose,
    corners_of,
    halving_block_px,
    invert,
    least_scale,
    translate,
    warp,
)

Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

_MEASURE_ERODE_PX = 12.0  # colour is measured well inside the face, away from hair and background
_WITHIN_HULL_OR_KEPT = frozenset({"face", "hull", "keep"})
_BRIDGED_TRUST = 0.1  # how much a face that was interpolated over a gap says about colour


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedFace:
    """Where a bound face is: `matrix_23` plate to crop; the result changes `rect`, the crop shows `seen`.

    landmarks_K2 are plate pixels, which are `pixel_aspect` times as wide as high; height_px counts their
    heights. `trust` weighs its colours; `filled` says that extraction bridged a gap here. The network that
    draws it sees colours in `encoding`.
    """

    frame: int
    track: int
    person_id: str
    size_px: int
    landmarks_K2: Matrix
    height_px: float
    matrix_23: Matrix
    rect: Rect
    seen: Rect
    trust: float
    filled: bool
    encoding: NetworkEncoding = "srgb"
    pixel_aspect: float = 1.0

    @property
    def blended_px(self) -> float:
        """The size that the blend is set by: between the face's height and its squeezed width."""
        return self.height_px / sqrt(self.pixel_aspect)

    @property
    def centre_px_2(self) -> Matrix:
        """Where the middle of the crop lies in the plate."""
        half = self.size_px / 2
        return transform_points(invert(self.matrix_23), np.array([half, half]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A part of a plate, R'G'B' in its own encoding."""

    rect: Rect
    rgb_HW3: Float

    def part(self, rect: Rect) -> Float:
        """The pixels of a smaller rect."""
        x, y = rect.x - self.rect.x, rect.y - self.rect.y
        return self.rgb_HW3[y : y + rect.height, x : x + rect.width]


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnFace:
    """A face with its crop and what the network made of it, as networks see, and the colours of both."""

    face: PlacedFace
    crop_SS3: Float
    raw_SS3: Float
    mask_SS: Float | None
    colours: FaceColours | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnFrame:
    """A frame with its drawn faces; `region` is None where only its faces are wanted."""

    frame: int
    region: Region | None
    faces: tuple[DrawnFace, ...]


def place_face(
    solved: SolvedShot,
    row: int,
    *,
    person_id: str,
    crop_type: CropType,
    size_px: int,
    window: Rect,
    config: ConvertConfig,
    encoding: NetworkEncoding = "srgb",
) -> PlacedFace | None:
    """Where a face lies in its plate; None when it lies outside the picture. Raises: BadInput."""
    faces, square_4 = solved.faces, solved.square_N4[row]
    landmarks_K2 = np.asarray(faces.landmarks_NK3[row, :, :2], np.float64)
    if not (np.isfinite(landmarks_K2).all() and np.isfinite(square_4).all() and square_4[2] > 0):
        raise BadInput("the landmarks of this face are undefined; move them or remove the face")
    aspect = solved.pixel_aspect
    matrix_23 = crop_of_square(square_transform(square_4, pixel_aspect=aspect), crop_type, size_px)
    height_px = float(square_4[2])
    crop = corners_of(matrix_23, size_px)
    changed = _changed(solved, int(faces.frame[row]), landmarks_K2, crop, config)
    if changed.intersect(window).empty:
        return None
    grown_px = max(0.0, -config.erode_px) * height_px / SIZES_ARE_FOR_A_FACE_OF_PX / min(1.0, aspect)
    reach_px = pyramid_reach_px(pyramid_levels(height_px / sqrt(aspect))) + ceil(grown_px) + 1
    scale = least_scale(matrix_23)
    margin_px = ceil(4 / scale) + 4  # what resampling looks at beyond the crop
    filled = bool(faces.filled[row])
    return PlacedFace(
        frame=int(faces.frame[row]),
        track=int(faces.track[row]),
        person_id=person_id,
        size_px=size_px,
        landmarks_K2=landmarks_K2,
        height_px=height_px,
        matrix_23=matrix_23,
        rect=changed.expand(reach_px).snap(2).intersect(window),
        seen=crop.expand(margin_px).snap(halving_block_px(scale)).intersect(window),
        trust=float(faces.presence[row]) * (_BRIDGED_TRUST if filled else 1.0),
        filled=filled,
        encoding=encoding,
        pixel_aspect=aspect,
    )


def _changed(solved: SolvedShot, frame: int, landmarks_K2: Matrix, crop: Rect, config: ConvertConfig) -> Rect:
    """What the matte can cover: the hull, and what artists and layers add to it; never beyond the crop."""
    plan = solved.plan(frame)
    added = {step.source for step in parse(plan.expression) if step.operator == "+"}
    if config.matte == "learned" or not added <= _WITHIN_HULL_OR_KEPT:
        return crop  # a layer or the learned mask may add to the matte wherever it likes
    low, high = landmarks_K2[:MESH_POINTS].min(0), landmarks_K2[:MESH_POINTS].max(0)
    x, y = floor(low[0]), floor(low[1])
    hull = Rect(x, y, ceil(high[0]) - x, ceil(high[1]) - y)
    kept = plan_reach(plan)
    return (hull if kept is None else union_rect([hull, kept])).intersect(crop)


def cut_crop(face: PlacedFace, region: Region, tags: ColourTags) -> Float:
    """The upright square that the network sees, (S,S,3) 0..1 in its own encoding."""
    # from the same pixels whatever else is wanted of the frame, or a frame alone would have other bits
    matrix_23 = compose(face.matrix_23, translate(face.seen.x, face.seen.y))
    # as curation cuts the crops that the network learned from
    crop = warp(
        NetworkColour(tags=tags, encoding=face.encoding).seen(region.part(face.seen)),
        matrix_23,
        (face.size_px, face.size_px),
        interpolation="cubic",
        border="replicate",
    )
    return np.nan_to_num(np.clip(crop, 0, 1), copy=False)  # a network that sees one NaN draws nothing else


def inner_matte(face: PlacedFace) -> Float:
    """The face well inside its hull, in crop space, (S,S): where colour and light are measured."""
    scale = transform_scale(face.matrix_23, pixel_aspect=face.pixel_aspect)
    erode_px = _MEASURE_ERODE_PX / SIZES_ARE_FOR_A_FACE_OF_PX * face.height_px * scale
    in_crop = transform_points(face.matrix_23, face.landmarks_K2)
    return hull_matte(in_crop, (face.size_px, face.size_px), erode_px=erode_px, feather_px=1.0)


def measure_face(
    face: PlacedFace,
    crop_SS3: Float,
    raw_SS3: Float,
    tags: ColourTags,
    window: Rect,
    open_SS: Float | None = None,
) -> FaceColours | None:
    """Colours of plate and drawn picture inside the face's eroded hull, as far as the plate shows it.

    `open_SS` is 0 where something is in front of the face, in crop space.
    """
    size = face.size_px
    matte = inner_matte(face)
    centres = np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5), axis=-1)
    in_plate = transform_points(invert(face.matrix_23), centres)
    shown = (in_plate >= (window.x, window.y)) & (in_plate <= (window.x1, window.y1))
    matte = matte * shown.all(axis=-1)
    if open_SS is not None:
        matte = matte * open_SS
    colour = NetworkColour(tags=tags, encoding=face.encoding)
    plate = measure_colour(colour.linear(crop_SS3), matte)
    drawn = measure_colour(colour.linear(raw_SS3), matte)
    if plate is None or drawn is None:
        return None
    return FaceColours(frame=face.frame, plate=plate, drawn=drawn, trust=face.trust)


def union_rect(rects: Sequence[Rect]) -> Rect:
    """The smallest rect around some."""
    x, y = min(rect.x for rect in rects), min(rect.y for rect in rects)
    return Rect(x, y, max(rect.x1 for rect in rects) - x, max(rect.y1 for rect in rects) - y)
