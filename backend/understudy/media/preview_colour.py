"""Scene-referred pictures for looking at: quickly, in 8 bit, faces as a screen would show them.

A table over all half floats takes a log curve apart, another one after the primaries does the shoulder and
the screen's code: no power and no logarithm is taken of a pixel.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import is_scene_linear, is_scene_referred, linear_space_of
from understudy.media.ocio import DISPLAY_GAMUT, config_id, convert_space, matrix_33

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_KNEE = np.float32(0.5)  # linear; below it a screen's code is that of sRGB
_GREATEST = np.float32(65504)  # of a half float
_SEPARABLE = 1e-3  # how far a curve and a matrix may be from what the configuration says


def needs_preview(tags: ColourTags) -> bool:
    """Whether code values of this colour are no picture for a screen. Raises: BadSettings."""
    return is_scene_referred(tags)


def preview_rgb8(rgb_HW3: npt.NDArray[Any], tags: ColourTags) -> Bytes:
    """A plate's R'G'B' as an 8-bit picture, (h,w,3).

    rgb_HW3: uint8 or uint16 (full scale), or half or single floats. Display-referred values are only
    rounded. Others become linear light of BT.709 primaries, a soft shoulder above one half, which holds
    every highlight, and sRGB: 0.18 is mid grey, 118. NaN is black. Raises: BadSettings.
    """
    if rgb_HW3.size == 0:
        return np.zeros(rgb_HW3.shape, np.uint8)
    if not is_scene_referred(tags):
        if rgb_HW3.dtype == np.uint8:
            return np.ascontiguousarray(rgb_HW3, np.uint8)
        scaled = _floats(rgb_HW3) * np.float32(255)
        return np.asarray(np.rint(np.clip(np.nan_to_num(scaled), 0, 255)), np.uint8)
    light_HW3 = _light(rgb_HW3, tags)
    source = linear_space_of(tags)
    if source != DISPLAY_GAMUT:
        light_HW3 = np.minimum(light_HW3, _GREATEST)  # infinite light less infinite light is no number
        light_HW3 = np.asarray(cv2.transform(light_HW3, matrix_33(source, DISPLAY_GAMUT)), np.float32)
    return np.asarray(np.take(_shoulder_table(), _half(light_HW3)), np.uint8)


def screen_codes(rgb_HW3: Floats, tags: ColourTags) -> Floats:
    """A plate's R'G'B' as codes of a screen, 0..1, (h,w,3): for what judges pictures as people see them.

    Display-referred values are given back themselves. Raises: BadSettings.
    """
    if not is_scene_referred(tags):
        return rgb_HW3
    return preview_rgb8(rgb_HW3, tags).astype(np.float32) * np.float32(1 / 255)


def _light(rgb_HW3: npt.NDArray[Any], tags: ColourTags) -> Floats:
    """Working linear light, to the precision of a half float."""
    if is_scene_linear(tags):
        return _floats(rgb_HW3)
    curve = _curve(tags.space, config_id())
    if curve is None:
        return to_linear(_floats(rgb_HW3), tags)
    table, matrix = curve
    return np.asarray(cv2.transform(np.take(table, _half(_floats(rgb_HW3))), matrix), np.float32)


@cache
def _curve(space: str, _config: str) -> tuple[Floats, npt.NDArray[np.float64]] | None:
    """A log space taken apart into a curve, over all half floats, and a matrix; None where that is not it."""
    target = linear_space_of(ColourTags(space=space))
    greys = np.repeat(_all_halfs()[:, None], 3, axis=1)
    table = np.ascontiguousarray(convert_space(greys, space, target)[:, 1])
    codes = np.random.default_rng(0).uniform(0.1, 0.7, (64, 3)).astype(np.float16).astype(np.float32)
    wanted = convert_space(codes, space, target).astype(np.float64)
    curved = table[_half(codes)].astype(np.float64)
    matrix = np.asarray(np.linalg.lstsq(curved, wanted, rcond=None)[0].T, np.float64)
    apart = np.abs(curved @ matrix.T - wanted).max() / max(np.abs(wanted).max(), 1e-6)
    return (table, matrix) if apart < _SEPARABLE else None


def soft_shoulder(light: Floats) -> Floats:
    """Linear light from 0 to any height brought below 1; up to one half it stays as it is."""
    beyond = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    return np.asarray(np.minimum(light, _KNEE) + (1 - _KNEE) * (beyond / (1 + beyond)), np.float32)


@cache
def _shoulder_table() -> Bytes:
    """8-bit sRGB of every half float."""
    codes = from_linear(soft_shoulder(np.maximum(_all_halfs(), 0)), ColourTags(transfer="iec61966-2-1"))
    return np.asarray(np.rint(np.clip(codes, 0, 1) * 255), np.uint8)


@cache
def _all_halfs() -> Floats:
    """The value of every half float by its bits; NaN counts as 0, infinity as the greatest number."""
    halfs = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    return np.asarray(np.nan_to_num(halfs, copy=False, nan=0.0, posinf=65504.0, neginf=-65504.0))


def _half(values: Floats) -> npt.NDArray[np.uint16]:
    """The bits of the nearest half floats, as indices of a table."""
    flat = np.ascontiguousarray(values, np.float32)
    halfs = np.asarray(cv2.convertFp16(flat.reshape(len(flat), -1)))
    return halfs.view(np.uint16).reshape(values.shape)


def _floats(rgb: npt.NDArray[Any]) -> Floats:
    if rgb.dtype == np.float16:
        bits = np.ascontiguousarray(rgb).view(np.int16)
        return np.asarray(cv2.convertFp16(bits.reshape(len(bits), -1)), np.float32).reshape(rgb.shape)
    if rgb.dtype == np.float32:
        return np.ascontiguousarray(rgb, np.float32)
    return rgb.astype(np.float32) * np.float32(1 / {"uint8": 255.0, "uint16": 65535.0}[rgb.dtype.name])
