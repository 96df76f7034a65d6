"""OpenEXR: parts with the right windows and attributes, and the frame that goes to the compositor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

import understudy
from understudy.domain.errors import BadSettings
from understudy.domain.files import atomic_write
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.time import Timecode

EXR_ERRORS = (RuntimeError, ValueError, KeyError, IndexError, OSError, TypeError)
"""What the library raises for a file that is missing, cut short or something else."""

Half = npt.NDArray[np.float16]
Channels = Mapping[str, npt.NDArray[np.float16] | npt.NDArray[np.float32]]

_COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}

_CHROMATICITIES: dict[str, tuple[float, ...]] = {
    "bt709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "smpte170m": (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    "bt470bg": (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "smpte432": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""Red, green, blue and white x y per H.273 primaries name; what is not tagged is taken as BT.709."""


def exr_part(
    name: str,
    channels: Channels,
    data_window: Rect,
    *,
    display_window: Rect,
    compression: str,
    attributes: Mapping[str, object] | None = None,
) -> OpenEXR.Part:
    """One part of a file; arrays are (h,w) or (h,w,C) of the data window's size. Raises: BadSettings."""
    if compression not in _COMPRESSIONS:
        raise BadSettings(f"EXR compression {compression!r} is not known; choose {', '.join(_COMPRESSIONS)}")
    header = {
        **(attributes or {}),
        "compression": _COMPRESSIONS[compression],
        "type": OpenEXR.scanlineimage,
        "dataWindow": _box(data_window),
        "displayWindow": _box(display_window),
    }
    return OpenEXR.Part(header, {key: np.ascontiguousarray(value) for key, value in channels.items()}, name)


def rect_of(window: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]) -> Rect:
    """An EXR window (both corners included) as a `Rect`."""
    (x0, y0), (x1, y1) = window
    return Rect(int(x0), int(y0), int(x1 - x0 + 1), int(y1 - y0 + 1))


def _box(rect: Rect) -> tuple[tuple[int, int], tuple[int, int]]:
    return (rect.x, rect.y), (rect.x1 - 1, rect.y1 - 1)
