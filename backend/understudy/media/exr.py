"""OpenEXR: parts with the right windows and attributes, and the frame that goes to the compositor."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from understudy.domain.errors import BadSettings
from understudy.domain.files import atomic_write
from understudy.domain.frame import Rect

EXR_ERRORS = (RuntimeError, ValueError, KeyError, IndexError, OSError, TypeError)
"""What the library raises for a file that is missing, cut short or something else."""

Channels = Mapping[str, npt.NDArray[np.float16] | npt.NDArray[np.float32]]

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}

_NEARLY_FULL_BYTES = 16 << 20


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
    if compression not in COMPRESSIONS:
        raise BadSettings(f"EXR compression {compression!r} is not known; choose {', '.join(COMPRESSIONS)}")
    header = {
        **(attributes or {}),
        "compression": COMPRESSIONS[compression],
        "type": OpenEXR.scanlineimage,
        "dataWindow": _box(data_window),
        "displayWindow": _box(display_window),
    }
    return OpenEXR.Part(header, {key: np.ascontiguousarray(value) for key, value in channels.items()}, name)


def write_parts(parts: Sequence[OpenEXR.Part], target: Path) -> None:
    """Write a file atomically. Raises: DiskFull."""
    with atomic_write(target) as temporary:
        try:
            OpenEXR.File(list(parts)).write(str(temporary))
        except RuntimeError as cause:
            if shutil.disk_usage(target.parent).free < _NEARLY_FULL_BYTES:  # the library hides the reason
                raise OSError(errno.ENOSPC, str(cause)) from cause
            raise


def rect_of(window: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]) -> Rect:
    """An EXR window (both corners included) as a `Rect`."""
    (x0, y0), (x1, y1) = window
    return Rect(int(x0), int(y0), int(x1 - x0 + 1), int(y1 - y0 + 1))


def _box(rect: Rect) -> tuple[tuple[int, int], tuple[int, int]]:
    return (rect.x, rect.y), (rect.x1 - 1, rect.y1 - 1)
