"""Finishing the drawn faces of one frame: steadied, graded, matted, textured and blended into a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import SIZES_ARE_FOR_A_FACE_OF_PX, ConvertConfig
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.solved import FramePlan
from understudy.faces.align import transform_points, transform_scale
from understudy.matte.combine import Combined
from understudy.matte.drawing import plan_reach
from understudy.matte.edges import despill
from understudy.matte.expression import parse
from understudy.matte.frame_matte import frame_matte
from understudy.matte.hull import hull_matte, soften
from understudy.media.colour import to_linear
from understudy.media.colour_match import ColourMap, light_gain
from understudy.media.colour_space import is_scene_referred
from understudy.media.layers import FaceLayers, FacePatch
from understudy.media.log_curve import log_decode, log_encode
from understudy.media.network_colour import (
    NetworkColour,
    light_of_shown,
    of_power_codes,
    power_codes,
    shown_codes,
)
from understudy.media.pyramid import over, pyramid_blend, pyramid_levels
from understudy.media.texture import match_texture, measure_texture
from understudy.media.warp import compose, invert, translate, warp
from understudy.stages.convert.face_place import (
    DrawnFace,
    DrawnFrame,
    Float,
    Matrix,
    PlacedFace,
    inner_matte,
    union_rect,
)
from understudy.stages.convert.temporal import SteadyInput, steady

_OF_A_FACE = frozenset({"face", "hull", "learned"})
_HALF_MAX = 65504.0
_FINE_STEPS = 4  # resampling of a regular grid is quick, and linear is exact enough on a fine one


@dataclass(frozen=True, kw_only=True, slots=True)
class GradedFace:
    """A drawn face, the map that gives it the plate's colours, its neighbours in time, and its motion.

    velocity_px: of the face's centre, pixels of the plate a frame.
    """

    drawn: DrawnFace
    grade: ColourMap
    around: tuple[DrawnFace, ...] = ()
    velocity_px: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameLook:
    """How one frame is to be finished: its settings, its plan, and the folder of every matte layer."""

    config: ConvertConfig
    plan: FramePlan
    tags: ColourTags
    layers: Mapping[str, Path]


def render_layers(frame: DrawnFrame, graded: Sequence[GradedFace], look: FrameLook) -> FaceLayers:
    """The layers of one frame; later tracks lie over earlier ones. Raises: BadMatte."""
    if frame.region is None:
        raise ValueError(f"frame {frame.frame} was looked at for its faces only")
    rect = union_rect([item.drawn.face.rect for item in graded])
    background = _light_of_plate(frame.region.part(rect), look.tags)
    colour, alpha, matte = background, np.zeros(background.shape[:2], np.float32), None
    for item in graded:
        inner = item.drawn.face.rect
        part = np.s_[inner.y - rect.y : inner.y1 - rect.y, inner.x - rect.x : inner.x1 - rect.x]
        others = [other.drawn.face for other in graded if other is not item]
        face_colour, face_alpha, face_matte = _render_face(item, background[part], look, others)
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
        replaced_HW4=_half(cv2.merge([_within_half(colour, look.tags), alpha])),
        matte_HW=_half(alpha if matte is None else matte),
        faces=tuple(_patch(item.drawn) for item in graded),
    )


def _render_face(
    item: GradedFace, background_HW3: Float, look: FrameLook, others: Sequence[PlacedFace]
) -> tuple[Float, Float, Float]:
    """Colour (linear, straight), alpha and matte of one face within its rect."""
    face, config = item.drawn.face, look.config
    size_wh = (face.rect.width, face.rect.height)
    to_rect = compose(translate(-face.rect.x, -face.rect.y), invert(face.matrix_23))
    raw_SS3, mask_SS = _steadied(item, config)
    matte = _matte(face, mask_SS, to_rect, size_wh, look)
    if others and _adds(look.plan):
        matte = Combined(_own_part(matte.outline_HW, face, others, config), matte.open_HW)
    linear_SS3 = NetworkColour(tags=look.tags, encoding=face.encoding).linear(raw_SS3)
    graded = np.maximum(item.grade.apply(linear_SS3), 0)
    if config.light_match > 0:
        plate_SS3 = _light_seen(item.drawn, background_HW3, to_rect, look.tags)
        graded = _lit_like_the_plate(graded, plate_SS3, matte.open_HW, face, to_rect, config.light_match)
    picture = _enlarged_light(graded, to_rect, size_wh, look.tags)
    if max(config.grain, config.sharpen, config.motion_blur) > 0:
        picture = _textured(picture, background_HW3, matte.matte_HW, item, look)
    if config.blend == "alpha":
        colour, alpha = picture, matte.matte_HW
    else:
        levels = pyramid_levels(face.blended_px)
        colour, alpha = pyramid_blend(background_HW3, picture, matte.outline_HW, levels=levels)
        alpha = (
            alpha * matte.open_HW
        )  # the blend is soft at the face's outline, not at what is in front of it
    if config.despill > 0:
        colour, alpha = despill(colour, alpha, matte.open_HW, background_HW3, strength=config.despill)
    strength = np.float32(config.strength * look.plan.strength)
    return colour, alpha * strength, matte.matte_HW * strength


def _steadied(item: GradedFace, config: ConvertConfig) -> tuple[Float, Float | None]:
    """The network's picture and mask, steadied by those of the frames around."""
    if not item.around:
        return item.drawn.raw_SS3, item.drawn.mask_SS
    around = [_steady_input(other) for other in item.around]
    raw_SS3, mask_SS = steady(_steady_input(item.drawn), around, config.temporal)
    return of_power_codes(raw_SS3, item.drawn.face.encoding), mask_SS


def _steady_input(drawn: DrawnFace) -> SteadyInput:
    face = drawn.face
    return SteadyInput(
        frame=face.frame,
        crop_SS3=power_codes(drawn.crop_SS3, face.encoding),
        raw_SS3=power_codes(drawn.raw_SS3, face.encoding),
        mask_SS=drawn.mask_SS,
        landmarks_K2=transform_points(face.matrix_23, face.landmarks_K2),
        trust=face.trust,
    )


def _textured(
    picture_HW3: Float, background_HW3: Float, matte_HW: Float, item: GradedFace, look: FrameLook
) -> Float:
    """The picture with the plate's motion blur, sharpness and grain, measured where the face is seen."""
    face, config = item.drawn.face, look.config
    shown = shown_codes(picture_HW3, look.tags)
    texture = measure_texture(
        shown,
        shown_codes(background_HW3, look.tags),
        matte_HW,
        velocity_px=item.velocity_px,
        radius_px=max(1.0, 1 / transform_scale(face.matrix_23)),
    )
    textured = match_texture(
        shown,
        texture,
        grain=config.grain,
        sharpen=config.sharpen,
        motion_blur=config.motion_blur,
        frame=face.frame,
        track=face.track,
    )
    if is_scene_referred(look.tags):
        return np.maximum(light_of_shown(textured, look.tags), 0)
    return to_linear(np.maximum(textured, 0), look.tags)


def _light_seen(item: DrawnFace, background_HW3: Float, to_rect_23: Matrix, tags: ColourTags) -> Float:
    """The plate's linear light in the crop; without highlights where the network could not see those."""
    colour, size_px = NetworkColour(tags=tags, encoding=item.face.encoding), item.face.size_px
    if not colour.own_codes:
        return colour.linear(item.crop_SS3)
    to_crop = invert(to_rect_23)
    return warp(background_HW3, to_crop, (size_px, size_px), interpolation="cubic", border="replicate")


def _lit_like_the_plate(
    graded_SS3: Float,
    plate_SS3: Float,
    open_HW: Float,
    face: PlacedFace,
    to_rect_23: Matrix,
    strength: float,
) -> Float:
    size_wh, to_crop = (face.size_px, face.size_px), invert(to_rect_23)
    matte_SS = inner_matte(face)
    if open_HW.min() < 1:
        matte_SS = matte_SS * warp(open_HW, to_crop, size_wh, interpolation="area", border="replicate")
    gain = light_gain(np.maximum(plate_SS3, 0), graded_SS3, matte_SS)
    return graded_SS3 * gain ** np.float32(strength)


def _matte(
    face: PlacedFace, mask_SS: Float | None, to_rect_23: Matrix, size_wh: tuple[int, int], look: FrameLook
) -> Combined:
    """The frame's matte in the face's rect, never beyond the crop."""
    inside = np.zeros((face.size_px, face.size_px), np.float32)
    inside[1:-1, 1:-1] = 1
    learned = None
    if mask_SS is not None:
        learned = warp(inside * mask_SS, to_rect_23, size_wh, interpolation="linear")
    matte = frame_matte(
        look.plan,
        [face.landmarks_K2],
        face.rect,
        frame=face.frame,
        layers=look.layers,
        config=look.config,
        learned_HW=learned,
        pixel_aspect=face.pixel_aspect,
    )
    within = warp(inside, to_rect_23, size_wh, interpolation="linear")
    scale = face.height_px / SIZES_ARE_FOR_A_FACE_OF_PX
    within = soften(
        within,
        erode_px=max(0.0, look.config.erode_px) * scale,
        feather_px=look.config.feather_px * scale,
        pixel_aspect=face.pixel_aspect,
    )
    return Combined(outline_HW=np.minimum(matte.outline_HW, within), open_HW=matte.open_HW)


def _adds(plan: FramePlan) -> bool:
    """Whether something is in the matte beside the faces themselves."""
    added = {step.source for step in parse(plan.expression) if step.operator == "+"} - _OF_A_FACE
    return bool(added - {"keep"}) or ("keep" in added and plan_reach(plan) is not None)


def _own_part(
    outline_HW: Float, face: PlacedFace, others: Sequence[PlacedFace], config: ConvertConfig
) -> Float:
    """A face's share of what was added to the matte: all that no other replaced face is nearer to.

    Without it the crop of one face would be laid over what an artist painted at its neighbour.
    """
    own = _away(face, face.rect)
    mine = np.all([own <= _away(other, face.rect) for other in others], axis=0)
    scale = face.height_px / SIZES_ARE_FOR_A_FACE_OF_PX
    hull_HW = hull_matte(
        face.landmarks_K2 - (face.rect.x, face.rect.y),
        (face.rect.width, face.rect.height),
        erode_px=config.erode_px * scale,
        feather_px=config.feather_px * scale,
        pixel_aspect=face.pixel_aspect,
    )
    return np.where(mine, outline_HW, np.minimum(outline_HW, hull_HW))


def _away(face: PlacedFace, rect: Rect) -> Float:
    """How far the pixels of a rect are from the middle of a face, in its heights, (h,w)."""
    x, y = face.centre_px_2
    x_W, y_H = np.arange(rect.x, rect.x1) + (0.5 - x), np.arange(rect.y, rect.y1) + (0.5 - y)
    return np.asarray(np.hypot(x_W * face.pixel_aspect, y_H[:, None]) / face.height_px, np.float32)


def _light_of_plate(codes_HW3: Float, tags: ColourTags) -> Float:
    """The plate's linear light, to be blended with: one undefined pixel must not spread over the face."""
    light = to_linear(codes_HW3, tags)
    return _within_half(light, tags)


def _within_half(light_HW3: Float, tags: ColourTags) -> Float:
    """As it is, of a plate of video tags; else finite, and not beyond what a half float can say."""
    if not (tags.space or is_scene_referred(tags)):
        return light_HW3
    finite = np.nan_to_num(light_HW3, nan=0.0, posinf=_HALF_MAX, neginf=-_HALF_MAX)
    return np.asarray(np.clip(finite, -_HALF_MAX, _HALF_MAX, out=finite), np.float32)


def _enlarged_light(
    light_SS3: Float, to_rect_23: Matrix, size_wh: tuple[int, int], tags: ColourTags
) -> Float:
    """Linear light of a crop in its rect: in linear light itself a cubic rings visibly below dark edges."""
    if is_scene_referred(tags):  # beside a highlight it would do so in square roots as well
        return np.maximum(log_decode(_enlarge(log_encode(light_SS3), to_rect_23, size_wh)), 0)
    enlarged = _enlarge(np.sqrt(light_SS3), to_rect_23, size_wh)
    return enlarged * enlarged


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
        track=face.track,
        person_id=face.person_id,
        raw_SS3=_half(drawn.raw_SS3),
        matrix_23=face.matrix_23,
        encoding=face.encoding,
    )


def _half(values: npt.ArrayLike) -> npt.NDArray[np.float16]:
    array = np.ascontiguousarray(values, np.float32)
    # eight times as quick as astype, and the same bits
    return np.asarray(cv2.convertFp16(array)).view(np.float16).reshape(array.shape)
