"""One face of one frame on its way through conversion: cut out, measured, put back as a layer.

Pure work on arrays. The order of these steps over a whole shot is in `conversion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import ConvertConfig, CropType
from understudy.domain.face import ShotFaces
from understudy.domain.frame import ColourTags, Rect
from understudy.faces.align import crop_transform, face_height_px, transform_points, transform_scale
from understudy.matte.hull import MESH_POINTS, hull_matte, soften
from understudy.media.colour import to_linear
from understudy.media.colour_match import ColourMap, FaceColours, light_gain, measure_colour
from understudy.media.layers import FaceLayers, FacePatch
from understudy.media.pyramid import over, pyramid_blend, pyramid_levels, pyramid_reach_px
from understudy.media.warp import compose, corners_of, invert, translate, warp

Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

SIZES_ARE_FOR_A_FACE_OF_PX = 256.0
_MEASURE_ERODE_PX = 12.0  # colour is measured well inside the face, away from hair and background
_FINE_STEPS = 4  # resampling of a regular grid is quick, and linear is exact enough on a fine one
_BRIDGED_TRUST = 0.1  # how much a face that was interpolated over a gap says about colour


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedFace:
    """Where a bound face is: `matrix_23` plate to crop; the result changes `rect`, the crop shows `seen`.

    landmarks_K2 are plate pixels. `trust` weighs its colours; `filled` says that extraction bridged a gap
    here.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A part of a plate, display-encoded R'G'B'."""

    rect: Rect
    rgb_HW3: Float

    def part(self, rect: Rect) -> Float:
        """The pixels of a smaller rect."""
        x, y = rect.x - self.rect.x, rect.y - self.rect.y
        return self.rgb_HW3[y : y + rect.height, x : x + rect.width]


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnFace:
    """A face with what the network made of it, in crop space and display-encoded, and the colours of both."""

    face: PlacedFace
    raw_SS3: Float
    mask_SS: Float | None
    colours: FaceColours | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnFrame:
    """A frame with its drawn faces; `region` is None where only its colours are wanted."""

    frame: int
    region: Region | None
    faces: tuple[DrawnFace, ...]


GradedFaces = Sequence[tuple[DrawnFace, ColourMap]]


def place_face(
    faces: ShotFaces,
    row: int,
    *,
    person_id: str,
    crop_type: CropType,
    size_px: int,
    window: Rect,
    config: ConvertConfig,
) -> PlacedFace | None:
    """Where a face lies in its plate; None when it lies outside the picture. Raises: BadInput."""
    landmarks_K2 = np.asarray(faces.landmarks_NK3[row, :, :2], np.float64)
    matrix_23 = crop_transform(landmarks_K2, crop_type, size_px)
    height_px = face_height_px(landmarks_K2)
    low, high = landmarks_K2[:MESH_POINTS].min(0), landmarks_K2[:MESH_POINTS].max(0)
    hull = Rect(int(low[0]), int(low[1]), ceil(high[0]) - int(low[0]), ceil(high[1]) - int(low[1]))
    crop = corners_of(matrix_23, size_px)
    changed = crop if config.matte == "learned" else hull.intersect(crop)
    if changed.intersect(window).empty:
        return None
    grown_px = max(0.0, -config.erode_px) * height_px / SIZES_ARE_FOR_A_FACE_OF_PX
    reach_px = pyramid_reach_px(pyramid_levels(height_px)) + ceil(grown_px) + 1
    margin_px = ceil(4 / transform_scale(matrix_23)) + 4  # what resampling looks at beyond the crop
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
        seen=crop.expand(margin_px).intersect(window),
        trust=float(faces.presence[row]) * (_BRIDGED_TRUST if filled else 1.0),
        filled=filled,
    )


def cut_crop(face: PlacedFace, region: Region) -> Float:
    """The upright square that the network sees, (S,S,3) display-encoded 0..1."""
    matrix_23 = compose(face.matrix_23, translate(region.rect.x, region.rect.y))
    # as curation cuts the crops that the network learned from
    crop = warp(
        region.rgb_HW3, matrix_23, (face.size_px, face.size_px), interpolation="cubic", border="replicate"
    )
    return np.clip(crop, 0, 1)


def measure_face(
    face: PlacedFace, crop_SS3: Float, raw_SS3: Float, tags: ColourTags, window: Rect
) -> FaceColours | None:
    """Colours of plate and drawn picture inside the face's eroded hull, as far as the plate shows it."""
    size, in_crop = face.size_px, transform_points(face.matrix_23, face.landmarks_K2)
    erode_px = (
        _MEASURE_ERODE_PX / SIZES_ARE_FOR_A_FACE_OF_PX * face.height_px * transform_scale(face.matrix_23)
    )
    matte = hull_matte(in_crop, (size, size), erode_px=erode_px, feather_px=1.0)
    centres = np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5), axis=-1)
    in_plate = transform_points(invert(face.matrix_23), centres)
    shown = (in_plate >= (window.x, window.y)) & (in_plate <= (window.x1, window.y1))
    matte = matte * shown.all(axis=-1)
    plate = measure_colour(to_linear(crop_SS3, tags), matte)
    drawn = measure_colour(to_linear(raw_SS3, tags), matte)
    if plate is None or drawn is None:
        return None
    return FaceColours(frame=face.frame, plate=plate, drawn=drawn, trust=face.trust)


def render_layers(
    frame: DrawnFrame, graded: GradedFaces, *, config: ConvertConfig, tags: ColourTags
) -> FaceLayers:
    """The layers of one frame: each face graded, matted and blended; later tracks lie over earlier ones."""
    if frame.region is None:
        raise ValueError(f"frame {frame.frame} was looked at for its colours only")
    rect = union_rect([item.face.rect for item, _ in graded])
    background = to_linear(frame.region.part(rect), tags)
    colour, alpha, matte = background, np.zeros(background.shape[:2], np.float32), None
    for item, grade in graded:
        inner = item.face.rect
        part = np.s_[inner.y - rect.y : inner.y1 - rect.y, inner.x - rect.x : inner.x1 - rect.x]
        face_colour, face_alpha, face_matte = _render_face(
            item, grade, background[part], config=config, tags=tags
        )
        if inner == rect and matte is None:  # the one face, or the first of several that fills the rect
            colour, alpha, matte = face_colour, face_alpha, face_matte
        else:
            colour, alpha = _layer_over(part, face_colour, face_alpha, colour, alpha)
            matte = np.zeros_like(alpha) if matte is None else matte
            matte[part] = np.maximum(matte[part], face_matte)
        if len(graded) > 1:
            background = background.copy()
            background[part] = over(face_colour, face_alpha, background[part])
    return FaceLayers(
        frame=frame.frame,
        rect=rect,
        replaced_HW4=_half(cv2.merge([colour, alpha])),
        matte_HW=_half(alpha if matte is None else matte),
        faces=tuple(_patch(item) for item, _ in graded),
    )


def union_rect(rects: Sequence[Rect]) -> Rect:
    """The smallest rect around some."""
    x, y = min(rect.x for rect in rects), min(rect.y for rect in rects)
    return Rect(x, y, max(rect.x1 for rect in rects) - x, max(rect.y1 for rect in rects) - y)


def _render_face(
    drawn: DrawnFace, grade: ColourMap, background_HW3: Float, *, config: ConvertConfig, tags: ColourTags
) -> tuple[Float, Float, Float]:
    """Colour (linear, straight), alpha and matte of one face within its rect."""
    face = drawn.face
    size_wh = (face.rect.width, face.rect.height)
    to_rect = compose(translate(-face.rect.x, -face.rect.y), invert(face.matrix_23))
    matte = _matte(drawn, to_rect, size_wh, config)
    graded = np.maximum(grade.apply(to_linear(drawn.raw_SS3, tags)), 0)
    if config.light_match > 0:
        graded = _lit_like_the_plate(graded, background_HW3, face, to_rect, config.light_match)
    # enlarged as square roots: in linear light a cubic rings visibly below dark edges
    graded = np.sqrt(graded)
    enlarged = _enlarge(graded, to_rect, size_wh)
    picture = enlarged * enlarged
    strength = np.float32(config.strength)
    if config.blend == "alpha":
        return picture, matte * strength, matte * strength
    levels = pyramid_levels(face.height_px)
    colour, alpha = pyramid_blend(background_HW3, picture, matte, levels=levels)
    return colour, alpha * strength, matte * strength


def _lit_like_the_plate(
    graded_SS3: Float, background_HW3: Float, face: PlacedFace, to_rect_23: Matrix, strength: float
) -> Float:
    size = face.size_px
    plate_SS3 = warp(
        background_HW3, invert(to_rect_23), (size, size), interpolation="cubic", border="replicate"
    )
    erode_px = (
        _MEASURE_ERODE_PX / SIZES_ARE_FOR_A_FACE_OF_PX * face.height_px * transform_scale(face.matrix_23)
    )
    in_crop = transform_points(face.matrix_23, face.landmarks_K2)
    matte_SS = hull_matte(in_crop, (size, size), erode_px=erode_px, feather_px=1.0)
    gain = light_gain(np.maximum(plate_SS3, 0), graded_SS3, matte_SS)
    return graded_SS3 * gain ** np.float32(strength)


def _matte(drawn: DrawnFace, to_rect_23: Matrix, size_wh: tuple[int, int], config: ConvertConfig) -> Float:
    """The hull, the learned mask or what both agree on; never beyond the crop; eroded and feathered."""
    face, size = drawn.face, drawn.face.size_px
    inside = np.zeros((size, size), np.float32)
    inside[1:-1, 1:-1] = 1
    if config.matte != "hull" and drawn.mask_SS is not None:
        inside *= drawn.mask_SS
    matte = warp(inside, to_rect_23, size_wh, interpolation="linear")
    if config.matte != "learned":
        matte = np.minimum(matte, hull_matte(face.landmarks_K2 - (face.rect.x, face.rect.y), size_wh))
    scale = face.height_px / SIZES_ARE_FOR_A_FACE_OF_PX
    return soften(matte, erode_px=config.erode_px * scale, feather_px=config.feather_px * scale)


def _enlarge(picture_SS3: Float, to_rect_23: Matrix, size_wh: tuple[int, int]) -> Float:
    """A crop drawn into its rect: where it grows much, cubic to a finer grid and linear from there."""
    if transform_scale(to_rect_23) < _FINE_STEPS:
        return warp(picture_SS3, to_rect_23, size_wh, interpolation="cubic", border="replicate")
    fine_px = picture_SS3.shape[0] * _FINE_STEPS
    fine = cv2.resize(picture_SS3, (fine_px, fine_px), interpolation=cv2.INTER_CUBIC)
    matrix_23 = to_rect_23 @ np.diag([1 / _FINE_STEPS, 1 / _FINE_STEPS, 1.0])
    return warp(np.asarray(fine, np.float32), matrix_23, size_wh, interpolation="linear", border="replicate")


def _layer_over(
    part: tuple[slice, slice], top_colour: Float, top_alpha: Float, colour: Float, alpha: Float
) -> tuple[Float, Float]:
    """One straight-alpha layer put over part of another."""
    colour, alpha = colour.copy(), alpha.copy()
    under = alpha[part] * (1 - top_alpha)
    both = top_alpha + under
    share = (top_alpha / np.maximum(both, np.float32(1e-6)))[..., None]
    colour[part] = np.where(
        both[..., None] > 0, top_colour * share + colour[part] * (1 - share), colour[part]
    )
    alpha[part] = both
    return colour, alpha


def _patch(drawn: DrawnFace) -> FacePatch:
    face = drawn.face
    return FacePatch(
        track=face.track, person_id=face.person_id, raw_SS3=_half(drawn.raw_SS3), matrix_23=face.matrix_23
    )


def _half(values: npt.ArrayLike) -> npt.NDArray[np.float16]:
    array = np.ascontiguousarray(values, np.float32)
    # eight times as quick as astype, and the same bits
    return np.asarray(cv2.convertFp16(array)).view(np.float16).reshape(array.shape)
