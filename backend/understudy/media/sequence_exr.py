"""OpenEXR files as plates: their header, and their pixels bit for bit."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.media.exr import EXR_ERRORS, rect_of
from understudy.media.picture_rate import likely_rates
from understudy.media.sequence_colour import Chromaticities, StatedColour
from understudy.media.sequence_header import (
    MAX_CHANNELS,
    ColourChannels,
    PictureHeader,
    PixelKind,
    check_size,
    check_windows,
    pick_channels,
)

_UINT, _HALF, _FLOAT = range(3)  # as a file numbers the types of its channels
_CHANNEL_BYTES = {_UINT: 4, _HALF: 2, _FLOAT: 4}
_MAGIC, _MULTI_PART = 20000630, 0x1000
_MOST_HEADER_BYTES = 4 << 20
_DEEP = (OpenEXR.deepscanline, OpenEXR.deeptile)
_STRUCTURE = frozenset(
    {
        "channels", "compression", "dataWindow", "displayWindow", "lineOrder", "type", "name", "chunkCount",
        "tiles", "version", "screenWindowCenter", "screenWindowWidth", "pixelAspectRatio", "framesPerSecond",
        "timeCode", "reelName", "dwaCompressionLevel", "preview",
    }
)  # fmt: skip
_MOST_FACTS, _MOST_TEXT = 64, 200

Header = Mapping[str, Any]


def read_exr_header(path: Path) -> PictureHeader:
    """Raises: UnreadableMedia, also for deep pictures, which are no plates."""
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            headers: list[Header] = [dict(part.header) for part in file.parts]
            return _header(path, headers, _channel_types(path))
    except (*EXR_ERRORS, AttributeError) as cause:  # an attribute may be of any type
        raise UnreadableMedia(f"{path} cannot be read as OpenEXR: {cause}; copy it again") from cause


def _header(path: Path, headers: list[Header], types: list[dict[str, int]]) -> PictureHeader:
    if not headers or len(types) != len(headers):
        raise UnreadableMedia(f"{path} holds no picture; copy it again")
    if any(header.get("type") in _DEEP for header in headers):
        raise UnreadableMedia(f"{path} is a deep picture; flatten it and give the flat one")
    names = [str(header.get("name", "")) for header in headers]
    parts = [tuple(channel.name for channel in header["channels"]) for header in headers]
    if sum(len(part) for part in parts) > MAX_CHANNELS:
        raise UnreadableMedia(f"{path} has more than {MAX_CHANNELS} channels; give one that has fewer")
    picture = pick_channels(list(zip(names, parts, strict=True)), path)
    header = headers[picture.part]
    kind = _kind(path, header, picture, types[picture.part])
    display, stored = rect_of(header["displayWindow"]), rect_of(header["dataWindow"])
    check_size(path, "display window", display.width, display.height, 3)
    check_size(path, "data window", stored.width, stored.height, 4 * (2 if kind == "half" else 4))
    tiles = header.get("tiles")
    if tiles is not None:  # a reader makes room for whole tiles, however small the picture
        check_size(path, "tile", int(tiles.xSize), int(tiles.ySize), 4 * (2 if kind == "half" else 4))
    window = Rect(stored.x - display.x, stored.y - display.y, stored.width, stored.height)
    check_windows(path, window, Rect(0, 0, display.width, display.height))
    return PictureHeader(
        path=path,
        container="openexr",
        width=display.width,
        height=display.height,
        window=window,
        kind=kind,
        bit_depth=16 if kind == "half" else 32,
        picture=picture,
        channels=tuple(
            f"{name}.{channel}" if len(headers) > 1 and name else channel
            for name, part in zip(names, parts, strict=True)
            for channel in part
        ),
        parts=tuple(names) if len(headers) > 1 else (),
        compression=str(header["compression"].name).removesuffix("_COMPRESSION").lower(),
        pixel_aspect=_aspect(header.get("pixelAspectRatio")),
        rate=_rate(header.get("framesPerSecond")),
        timecode=_timecode(header.get("timeCode")),
        reel=str(header.get("reelName") or ""),
        colour=StatedColour(
            space=str(header.get("colorInteropID") or header.get("oiio:ColorSpace") or ""),
            chromaticities=_chromaticities(header.get("chromaticities")),
            linear=True,
        ),
        all_bytes=sum(_all_bytes(part, kinds) for part, kinds in zip(headers, types, strict=True)),
        facts=_facts(header),
        pyramid=tiles is not None and tiles.mode != OpenEXR.ONE_LEVEL,
    )


def _kind(path: Path, header: Header, picture: ColourChannels, types: Mapping[str, int]) -> PixelKind:
    """How the colours are stored; where they differ, as the widest of them."""
    for channel in header["channels"]:
        if channel.name in picture.names and (channel.xSampling, channel.ySampling) != (1, 1):
            raise UnreadableMedia(f"{path} stores {channel.name} at less than full size; write it in full")
    kinds = {types[name] for name in picture.names}
    if _UINT in kinds:
        raise UnreadableMedia(f"{path} stores its colours as whole numbers; write them as half or float")
    return "float" if _FLOAT in kinds else "half"


def _all_bytes(header: Header, types: Mapping[str, int]) -> int:
    stored = rect_of(header["dataWindow"])
    return stored.width * stored.height * sum(_CHANNEL_BYTES[kind] for kind in types.values())


def _channel_types(path: Path) -> list[dict[str, int]]:
    """The type of each channel, part by part, from the file's own bytes: OpenEXR's reader does not tell it
    before it has read the pixels. Source: "The OpenEXR File Layout". Raises: EXR_ERRORS.
    """
    with path.open("rb") as file:
        data = file.read(_MOST_HEADER_BYTES)
    magic, version = struct.unpack_from("<II", data)
    if magic != _MAGIC:
        raise ValueError("it does not begin as one")
    parts, at = list[dict[str, int]](), 8
    while data[at]:
        found = dict[str, int]()
        while data[at]:
            _, at = _name(data, at)
            kind, at = _name(data, at)
            (size,) = struct.unpack_from("<i", data, at)
            if not 0 <= size <= len(data):
                raise ValueError("an attribute of its header is longer than the header")
            if kind == "chlist":
                found = _channel_list(data, at + 4)
            at += 4 + size
        parts.append(found)
        at += 1
        if not version & _MULTI_PART:
            break
    return parts


def _channel_list(data: bytes, at: int) -> dict[str, int]:
    types = {}
    while data[at]:
        name, at = _name(data, at)
        (types[name],) = struct.unpack_from("<i", data, at)
        at += 16
    return types


def _name(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return data[at:end].decode(errors="replace"), end + 1


def _aspect(stated: object) -> Fraction:
    if not isinstance(stated, float) or not math.isfinite(stated) or not 0.1 <= stated <= 10:
        return Fraction(1)
    return Fraction(stated).limit_denominator(1000)


def _rate(stated: object) -> Fraction | None:
    if not isinstance(stated, Fraction) or not 0 < stated <= 1000:
        return None
    return likely_rates([stated])[0]


def _timecode(stated: object) -> str:
    if not isinstance(stated, OpenEXR.TimeCode):
        return ""
    sign = ";" if stated.dropFrame else ":"
    return f"{stated.hours:02}:{stated.minutes:02}:{stated.seconds:02}{sign}{stated.frame:02}"


def _chromaticities(stated: object) -> Chromaticities | None:
    if not isinstance(stated, tuple) or len(stated) != 8 or not all(math.isfinite(value) for value in stated):
        return None
    return tuple(float(value) for value in stated)


def _facts(header: Header) -> tuple[tuple[str, str], ...]:
    """Everything else that can be said in a line: camera, lens, software, who rendered it."""
    said = {name: value for name, value in header.items() if name not in _STRUCTURE}
    plain = [(name, _text(value)) for name, value in said.items() if _text(value)]
    return tuple(plain[:_MOST_FACTS])


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple) and all(isinstance(item, float) for item in value):
        return ", ".join(f"{item:.6g}" for item in value)
    if isinstance(value, str | int | Fraction):
        return str(value)[:_MOST_TEXT]
    return ""


def read_exr_pixels(header: PictureHeader) -> np.ndarray[Any, np.dtype[Any]] | None:
    """All channels of a file that has the picture's and no others, (h,w,3 or 4); None when it has others.

    OpenEXR's own reader takes half the time of OpenImageIO's, but reads everything there is. Raises:
    UnreadableMedia.
    """
    picture = header.picture
    plain = picture.rgb == ("R", "G", "B") and picture.alpha in ("", "A")
    if header.parts or header.pyramid or not plain or len(header.channels) != len(picture.names):
        return None
    if header.all_bytes != header.picture_bytes:  # an alpha of another type
        return None
    try:
        # the caller reads several files at once: threads of the library's own only get in the way
        with OpenEXR.File(str(header.path), num_threads=0) as file:
            if not file.parts:  # it tells of damage on its own output only, and leaves the part out
                raise UnreadableMedia(f"{header.path} is damaged or cut off; copy it again")
            pixels = file.parts[0].channels["RGBA" if picture.alpha else "RGB"].pixels
            return np.asarray(pixels)
    except EXR_ERRORS as cause:
        raise UnreadableMedia(f"{header.path} is damaged ({cause}); copy it again") from cause
