"""Small sequences written with the film libraries themselves, for the tests of reading them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio

from understudy.domain.frame import Rect

Array = np.ndarray[Any, np.dtype[Any]]

AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, 0.32168, 0.33767)
AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
NUMPY = {"uint8": np.uint8, "uint16": np.uint16, "half": np.float16, "float": np.float32}


def noise(kind: str, width: int = 96, height: int = 64, channels: int = 3, *, seed: int = 0) -> Array:
    """Random pixels of a kind: "uint8", "uint10", "uint12", "uint16", "half" or "float".

    Floats have highlights, negative values, infinities and NaN; 10 and 12 bits are spread over 16.
    """
    rng = np.random.default_rng(seed)
    if kind.startswith("uint"):
        bits = int(kind[4:])
        codes = rng.integers(0, 1 << bits, (height, width, channels))
        if bits in (10, 12):
            codes = codes << (16 - bits) | codes >> (2 * bits - 16)
        return codes.astype(np.uint8 if bits == 8 else np.uint16)
    pixels = rng.normal(0.3, 1.0, (height, width, channels)).astype(np.float32)
    pixels[::7, ::5] *= 900
    pixels = pixels.astype(NUMPY[kind])
    pixels[3, 4, 0], pixels[5, 6, 1], pixels[7, 8, 2] = np.nan, np.inf, -np.inf
    pixels[9, 10, 0] = -0.0
    return pixels


def write_exr(
    path: Path,
    pixels: Array,
    *,
    data: Rect | None = None,
    display: Rect | None = None,
    part: str = "",
    compression: OpenEXR.Compression = OpenEXR.ZIP_COMPRESSION,
    extra: Mapping[str, Array] | None = None,
    **attributes: object,
) -> Path:
    """One scanline EXR, (h,w,3 or 4), through OpenEXR."""
    OpenEXR.File([exr_part(pixels, data, display, part, compression, extra, attributes)]).write(str(path))
    return path


def exr_part(
    pixels: Array,
    data: Rect | None = None,
    display: Rect | None = None,
    part: str = "",
    compression: OpenEXR.Compression = OpenEXR.ZIP_COMPRESSION,
    extra: Mapping[str, Array] | None = None,
    attributes: Mapping[str, object] | None = None,
) -> OpenEXR.Part:
    height, width, channels = pixels.shape
    data = data or Rect(0, 0, width, height)
    header = {
        **(attributes or {}),
        "compression": compression,
        "type": OpenEXR.scanlineimage,
        "dataWindow": _box(data),
        "displayWindow": _box(display or data),
    }
    planes = {"RGBA" if channels == 4 else "RGB": pixels, **(extra or {})}
    planes = {name: plane.copy() for name, plane in planes.items()}  # the library takes no heed of strides
    return OpenEXR.Part(header, planes, part)


def timecode(hours: int, minutes: int, seconds: int, frame: int, *, drop: bool = False) -> OpenEXR.TimeCode:
    made = OpenEXR.TimeCode()
    made.hours, made.minutes, made.seconds, made.frame = hours, minutes, seconds, frame
    made.dropFrame = drop
    return made


def write_plain(path: Path, pixels: Array, kind: str, **attributes: object) -> Path:
    """DPX, TIFF, PNG or EXR through OpenImageIO; a fourth channel is alpha, apart from the colours."""
    height, width, channels = pixels.shape
    bits = int(kind[4:]) if kind.startswith("uint") else 0
    spec = oiio.ImageSpec(width, height, channels, "uint16" if bits in (10, 12) else kind)
    spec.attribute("oiio:UnassociatedAlpha", 1)
    if path.suffix == ".dpx":
        spec.attribute("oiio:BitsPerSample", bits)
        spec.attribute("dpx:Packing", "Filled, method A")
    tile = attributes.pop("tile", 0)
    spec.tile_width = spec.tile_height = tile
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    file = oiio.ImageOutput.create(str(path))
    assert file is not None and file.open(str(path), spec), oiio.geterror()
    assert file.write_image(pixels), file.geterror()
    file.close()
    return path


def write_sequence(
    folder: Path,
    kind: str,
    suffix: str,
    numbers: range | tuple[int, ...],
    *,
    channels: int = 3,
    **attributes: Any,
) -> str:
    """Numbered pictures of noise, each another; returns the sequence's name."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        path, pixels = folder / f"plate.{number:04}{suffix}", noise(kind, channels=channels, seed=number)
        if suffix == ".exr":
            write_exr(path, pixels, framesPerSecond=Fraction(24), **attributes)
        else:
            write_plain(path, pixels, kind, **attributes)
    return str(folder / f"plate.####{suffix}")


def _box(rect: Rect) -> tuple[tuple[int, int], tuple[int, int]]:
    return (rect.x, rect.y), (rect.x1 - 1, rect.y1 - 1)
