"""Steadying the drawn face over time, in the face's own space.

A network draws every frame anew, so noise in the plate and trembling alignments come out as shimmer. Here
each drawn picture is averaged with those of the frames around it, carried along by the motion of the
*plate's* crops: what the plate does not move or change should not change in the drawing either. A neighbour
counts, pixel by pixel, only as far as the plate says that it shows the same thing: its crop agrees there,
the flow closes on itself, mouth and lids stand open as far, and the drawn pictures do not contradict each
other outright. So an expression is not smeared into the next one.

Broad light is taken relative to the plate: a change that the plate shows passes at once, one that only the
network made is steadied. The window is finite and no result goes into another result, so that a frame
rendered alone has the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

_MATCH_PX = 96  # crops are matched at this size, whatever the network's; lengths below are in its pixels
_GRAIN_BLUR_PX = 1.0  # grain is neither motion nor change
_NEAR_PX = 1.5  # differences are looked at over so wide a spot
_LIGHT_SIGMA_PX = 6.0  # light broader than this is steadied relative to the plate
_LIGHT_STEP = 4
_LIGHT_GAIN = 1.5  # at most so much
_LIGHT_FLOOR = np.float32(0.02)

# each of these is where a neighbour's weight has fallen to a half
_AGREE_CODES = 2.0  # difference of the plates' crops
_AGREE_NOISE = 1.5  # or so many times that of the quietest tenth, where that is more (a noisy plate)
_CONTRADICT_CODES = 8.0  # difference of the drawings where the plates agree
_CLOSE_PX = 0.6  # what is left of the flow there and back again
_MOTION_PX = 6.0  # motion against the whole face's
_MOUTH_CHANGE = 0.04  # of the gap between the lips, in distances of the outer eye corners
_LID_CHANGE = 0.015  # of the gap between the lids
_FRAMES_APART = 2.5

_OUTER_EYE_CORNERS = (33, 263)
_MOUTH = ((13, 14), (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91))
_EYES = (
    ((159, 145), (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)),
    ((386, 374), (362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382)),
)
_OPENINGS = ((*_MOUTH, _MOUTH_CHANGE), *((*eye, _LID_CHANGE) for eye in _EYES))
_MESH_POINTS = 468


@dataclass(frozen=True, kw_only=True, slots=True)
class SteadyInput:
    """What one frame knows of a face: the plate's crop and the network's picture of it, display-encoded.

    crop_SS3, raw_SS3 (S,S,3); mask_SS the learned mask, if there is one; landmarks_K2 in pixels of the crop,
    pixel centres at half-integers; `trust` weighs the frame, 0..1.
    """

    frame: int
    crop_SS3: Float
    raw_SS3: Float
    mask_SS: Float | None
    landmarks_K2: npt.NDArray[np.floating]
    trust: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """A crop made ready to be matched, all at `_MATCH_PX`: grey, colours without grain, light, points."""

    grey_MM: npt.NDArray[np.uint8]
    plate_MM3: Float
    light_MM3: Float
    drawn_MM3: Float
    points_K2: npt.NDArray[np.float32]


def steady(centre: SteadyInput, around: Sequence[SteadyInput], strength: float) -> tuple[Float, Float | None]:
    """The drawn picture and mask of `centre`, steadied by the frames `around` it.

    `around` are neighbours of the same track within the same camera take, in any order; `centre` among them
    is passed over. `strength` 0..1 is how much a neighbour counts beside the frame itself; 0 gives the
    input's own bits.
    """
    neighbours = sorted((item for item in around if item.frame != centre.frame), key=lambda item: item.frame)
    if strength <= 0 or not neighbours:
        return centre.raw_SS3, centre.mask_SS
    here = _look(centre)
    total = np.ones(centre.raw_SS3.shape[:2], np.float32)
    raw, mask = centre.raw_SS3.copy(), None if centre.mask_SS is None else centre.mask_SS.copy()
    mask_total = np.ones_like(total)
    for item in neighbours:
        there = _look(item)
        flow = _flow(here.grey_MM, there.grey_MM)
        gain = _light_gain(here, there, flow)
        weight = _weight(here, there, flow, gain)
        weight *= np.float32(strength * item.trust * _half_at(abs(item.frame - centre.frame), _FRAMES_APART))
        weight, flow, gain = _at_size(weight, flow, gain, raw.shape[0])
        raw += weight[..., None] * _carried(item.raw_SS3, flow, cv2.INTER_LANCZOS4) * gain
        total += weight
        if mask is not None and item.mask_SS is not None:
            mask += weight * _carried(item.mask_SS, flow, cv2.INTER_LINEAR)
            mask_total += weight
    return raw / total[..., None], None if mask is None else mask / mask_total


def _look(item: SteadyInput) -> _Look:
    size = item.crop_SS3.shape[0]
    small = cv2.INTER_AREA if size > _MATCH_PX else cv2.INTER_CUBIC
    crop, drawn = (
        _blurred(_resized(picture, _MATCH_PX, small), _GRAIN_BLUR_PX)
        for picture in (item.crop_SS3, item.raw_SS3)
    )
    points = np.asarray(item.landmarks_K2[:, :2], np.float32) * np.float32(_MATCH_PX / size)
    return _Look(
        grey_MM=np.asarray(np.clip(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) * 255 + 0.5, 0, 255), np.uint8),
        plate_MM3=crop,
        light_MM3=_light(crop, points),
        drawn_MM3=drawn,
        points_K2=points,
    )


def _light(crop_MM3: Float, points_K2: npt.NDArray[np.float32]) -> Float:
    """Broad light of the face alone: a Gaussian normalised inside the landmarks' outline."""
    inside = np.full(crop_MM3.shape[:2], 1e-3, np.float32)
    outline = cv2.convexHull(points_K2[:_MESH_POINTS])
    cv2.fillConvexPoly(inside, np.round(np.clip(outline, -1e4, 1e4) - 0.5).astype(np.int32), 1.0)
    parts = (crop_MM3 * inside[..., None], inside)
    small = _MATCH_PX // _LIGHT_STEP  # so wide a blur needs few samples
    light, weight = (
        _blurred(_resized(part, small, cv2.INTER_AREA), _LIGHT_SIGMA_PX / _LIGHT_STEP) for part in parts
    )
    return np.maximum(_resized(light / weight[..., None], _MATCH_PX, cv2.INTER_LINEAR), 0)


def _flow(here_MM: npt.NDArray[np.uint8], there_MM: npt.NDArray[np.uint8]) -> Float:
    """Both flows between two greys, (M,M,4): here to there, and what is left after the way back."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    start = np.zeros((*here_MM.shape, 2), np.float32)
    away = np.asarray(engine.calc(here_MM, there_MM, start.copy()), np.float32)
    back = np.asarray(engine.calc(there_MM, here_MM, start.copy()), np.float32)
    return np.concatenate([away, away + _carried(back, away, cv2.INTER_LINEAR)], axis=-1)


def _light_gain(here: _Look, there: _Look, flow_MM4: Float) -> Float:
    light = _carried(there.light_MM3, flow_MM4, cv2.INTER_LINEAR)
    gain = (here.light_MM3 + _LIGHT_FLOOR) / (light + _LIGHT_FLOOR)
    return np.asarray(np.clip(gain, 1 / _LIGHT_GAIN, _LIGHT_GAIN), np.float32)


def _weight(here: _Look, there: _Look, flow_MM4: Float, gain_MM3: Float) -> Float:
    """How far a neighbour shows the same thing, (M,M) 0..1."""
    plate = _carried(there.plate_MM3, flow_MM4, cv2.INTER_LINEAR) * gain_MM3
    drawn = _carried(there.drawn_MM3, flow_MM4, cv2.INTER_LINEAR) * gain_MM3
    change = _difference_codes(plate, here.plate_MM3)
    quarter = _MATCH_PX // 4
    noise = float(np.quantile(change[quarter:-quarter:2, quarter:-quarter:2], 0.1))
    weight = _half_at(change, max(_AGREE_CODES, _AGREE_NOISE * noise))
    weight *= _half_at(_difference_codes(drawn, here.drawn_MM3), _CONTRADICT_CODES)
    weight *= _half_at(np.hypot(flow_MM4[..., 2], flow_MM4[..., 3]), _CLOSE_PX)
    motion = flow_MM4[..., :2] - np.median(flow_MM4[::4, ::4, :2], axis=(0, 1))
    weight *= _half_at(np.hypot(motion[..., 0], motion[..., 1]), _MOTION_PX)
    weight *= _same_openings(here.points_K2, there.points_K2)
    return _blurred(weight, 1.0)


def _same_openings(here_K2: npt.NDArray[np.float32], there_K2: npt.NDArray[np.float32]) -> Float:
    """Low in the mouth and round the eyes where these stand open otherwise than here, (M,M) 0..1."""
    weight = np.ones((_MATCH_PX, _MATCH_PX), np.float32)
    for gap, ring, half in _OPENINGS:
        change = abs(_opening(here_K2, gap) - _opening(there_K2, gap))
        kept = float(_half_at(change, half))
        area = np.zeros_like(weight)
        for points_K2 in (here_K2, there_K2):
            outline = np.clip(cv2.convexHull(points_K2[list(ring)]), -1e4, 1e4) - 0.5
            cv2.fillConvexPoly(area, np.round(outline).astype(np.int32), 1.0)
        area = np.minimum(_blurred(area, 3.0) * 2, 1)
        weight *= 1 - area * np.float32(1 - kept)
    return weight


def _opening(points_K2: npt.NDArray[np.float32], gap: tuple[int, int]) -> float:
    right, left = _OUTER_EYE_CORNERS
    eyes = float(np.hypot(*(points_K2[left] - points_K2[right])))
    return float(np.hypot(*(points_K2[gap[0]] - points_K2[gap[1]]))) / max(eyes, 1e-6)


def _difference_codes(one_MM3: Float, other_MM3: Float) -> Float:
    squares = cv2.GaussianBlur(np.square(one_MM3 - other_MM3).mean(axis=-1), (0, 0), _NEAR_PX)
    return np.asarray(np.sqrt(np.maximum(squares, 0)) * np.float32(255), np.float32)


def _blurred(picture: Float, sigma_px: float) -> Float:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)


def _resized(picture: Float, size: int, interpolation: int) -> Float:
    if picture.shape[0] == size:
        return picture
    return np.asarray(cv2.resize(picture, (size, size), interpolation=interpolation), np.float32)


def _half_at(value: npt.ArrayLike, half: float) -> Float:
    """1 at 0 and a half at `half`, as a bell."""
    return np.asarray(np.exp(np.square(np.asarray(value, np.float32) / half) * np.log(0.5)), np.float32)


def _at_size(weight_MM: Float, flow_MM4: Float, gain_MM3: Float, size: int) -> tuple[Float, Float, Float]:
    """The same fields for a picture of another size."""
    flow = _resized(flow_MM4[..., :2] * np.float32(size / _MATCH_PX), size, cv2.INTER_LINEAR)
    return _resized(weight_MM, size, cv2.INTER_LINEAR), flow, _resized(gain_MM3, size, cv2.INTER_LINEAR)


def _carried(picture: Float, flow: Float, interpolation: int) -> Float:
    """A picture seen through a flow from here to it."""
    x, y = _grid(picture.shape[0])
    return np.asarray(
        cv2.remap(
            picture, x + flow[..., 0], y + flow[..., 1], interpolation, borderMode=cv2.BORDER_REPLICATE
        ),
        np.float32,
    )


@lru_cache(maxsize=8)
def _grid(size: int) -> tuple[Float, Float]:
    x, y = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    return x, y
