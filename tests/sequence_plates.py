"""Plates of numbered picture files, drawn in code: every kind with everything that must survive."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio

from understudy.domain.shot import Plate
from understudy.stages.ingest import ingest

DISPLAY_WH = (64, 48)
OVERSCAN = (-4, -3, 72, 54)
"""Data window: x, y, width, height."""

Array = npt.NDArray[Any]

_OIIO_TYPES = {"uint8": oiio.UINT8, "uint16": oiio.UINT16, "float32": oiio.FLOAT}


def difficult_rgb(index: int, size_wh: tuple[int, int], kind: type = np.float16) -> Array:
    """Noise with highlights of 16, negative values, infinities and NaN, (h,w,3)."""
    width, height = size_wh
    rng = np.random.default_rng(index)
    rgb = rng.random((height, width, 3)).astype(kind)
    rgb[5:9, 40:60] = 16
    rgb[12, ::7] = -0.5
    rgb[1, 1], rgb[2, 3, 0] = np.nan, np.inf
    rgb[3, 3] = -0.0
    return rgb


def exr_attributes(index: int) -> dict[str, Any]:
    """What a camera's file says, in many types."""
    timecode = OpenEXR.TimeCode()
    timecode.hours, timecode.minutes, timecode.seconds, timecode.frame = 1, 2, 3, index
    return {
        "timeCode": timecode,
        "framesPerSecond": Fraction(24000, 1001),
        "reelName": "A003C009",
        "chromaticities": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),  # AP1
        "cameraModel": "Drawn",
        "lensFocal": 32.5,
        "slate": 7,
        "worldToCamera": np.eye(4, dtype=np.float32),
        "notes": ["a", "b"],
        "pixelAspectRatio": 2.0,
    }


def write_exr_plate(
    folder: Path,
    count: int,
    *,
    kind: type = np.float16,
    compression: str = "ZIP",
    window: tuple[int, int, int, int] = OVERSCAN,
    first: int = 86,
    extra: bool = True,
    origin_xy: tuple[int, int] = (0, 0),
) -> Plate:
    """EXR files with alpha, depth, ids and a second part (`extra`), numbered from `first` on."""
    x, y, width, height = window
    ox, oy = origin_xy
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = np.random.default_rng(1000 + index)
        rgb = difficult_rgb(index, (width, height), kind)
        channels: dict[str, Array] = {name: rgb[..., place].copy() for place, name in enumerate("RGB")}
        channels["A"] = rng.random((height, width)).astype(kind)
        windows = {
            "dataWindow": ((x + ox, y + oy), (x + ox + width - 1, y + oy + height - 1)),
            "displayWindow": ((ox, oy), (ox + DISPLAY_WH[0] - 1, oy + DISPLAY_WH[1] - 1)),
        }
        header = {
            **exr_attributes(index),
            **windows,
            "compression": getattr(OpenEXR, f"{compression}_COMPRESSION"),
            "type": OpenEXR.scanlineimage,
        }
        parts = []
        if extra:
            channels["Z"] = rng.random((height, width)).astype(np.float32) * 100
            channels["id"] = rng.integers(0, 2**31, (height, width)).astype(np.uint32)
            shared = {
                name: header[name]
                for name in ("displayWindow", "pixelAspectRatio", "chromaticities", "timeCode")
            }
            normals = {"N.x": rng.random((9, 11)).astype(np.float16)}
            about = {
                **shared, "dataWindow": ((0, 0), (10, 8)), "compression": OpenEXR.PIZ_COMPRESSION,
                "type": OpenEXR.scanlineimage,
            }  # fmt: skip
            parts = [OpenEXR.Part(about, normals, "normals")]
        parts.insert(0, OpenEXR.Part(header, channels, "rgba" if extra else ""))
        OpenEXR.File(parts).write(str(folder / f"plate.{first + index:04}.exr"))
    return ingest(folder / "plate.####.exr")


def write_plain_plate(
    folder: Path, suffix: str, kind: type, *, bits: int = 0, alpha: bool = False, count: int = 2, **said: Any
) -> Plate:
    """DPX, TIFF or PNG files of noise."""
    width, height = DISPLAY_WH
    folder.mkdir(parents=True, exist_ok=True)
    channels = 3 + alpha
    for index in range(count):
        rng = np.random.default_rng(index)
        if np.issubdtype(kind, np.integer):
            top = (1 << bits) if bits else np.iinfo(kind).max + 1
            codes = rng.integers(0, top, (height, width, channels)).astype(kind)
            pixels = codes << (16 - bits) | codes >> (2 * bits - 16) if bits and kind is np.uint16 else codes
        else:
            pixels = rng.random((height, width, channels)).astype(kind) * 3 - 1
        spec = oiio.ImageSpec(width, height, channels, _OIIO_TYPES[np.dtype(kind).name])
        if bits:
            spec.attribute("oiio:BitsPerSample", bits)
        if alpha:
            spec.alpha_channel = 3
            spec.attribute("oiio:UnassociatedAlpha", 1)
        for name, value in said.items():
            spec.attribute(name.replace("__", ":"), value)
        path = str(folder / f"plate.{86 + index:04}{suffix}")
        file = oiio.ImageOutput.create(path)
        assert file.open(path, spec) and file.write_image(np.ascontiguousarray(pixels)) and file.close()
    return ingest(folder / f"plate.####{suffix}")


def channels_of(path: Path) -> dict[str, Array]:
    """Every channel of an EXR file, with its part's number before it."""
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {
            f"{number}.{name}": channel.pixels.copy()
            for number, part in enumerate(file.parts)
            for name, channel in part.channels.items()
        }


def headers_of(path: Path) -> list[dict[str, str]]:
    """Every attribute of every part, as text."""
    with OpenEXR.File(str(path), header_only=True) as file:
        return [{name: str(value) for name, value in part.header.items()} for part in file.parts]


def stored(path: Path) -> Array:
    """Pixels of any other file as they are stored, (h,w,c)."""
    plain = oiio.ImageSpec()
    plain.attribute("oiio:UnassociatedAlpha", 1)
    file = oiio.ImageInput.open(str(path), plain)
    assert file is not None, oiio.geterror()
    spec = file.spec()
    pixels = file.read_image(0, 0, 0, spec.nchannels, spec.format)
    file.close()
    return np.asarray(pixels).reshape(spec.height, spec.width, spec.nchannels)
