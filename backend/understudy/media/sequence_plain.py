"""Picture files through OpenImageIO: DPX, TIFF, PNG, and EXR files with more in them than a picture."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.media.picture_rate import likely_rates
from understudy.media.sequence_colour import StatedColour
from understudy.media.sequence_header import (
    KIND_BYTES,
    MAX_CHANNELS,
    PictureHeader,
    PixelKind,
    check_size,
    check_windows,
    pick_channels,
)

_FORMATS = frozenset({"dpx", "tiff", "png"})
_KINDS: dict[str, PixelKind] = {"uint8": "uint8", "uint16": "uint16", "half": "half", "float": "float"}
_TYPES = {"uint8": oiio.UINT8, "uint16": oiio.UINT16, "half": oiio.HALF, "float": oiio.FLOAT}
_NUMBERS = {"uint8": np.uint8, "uint16": np.uint16, "half": np.float16, "float": np.float32}
_OWN = ("oiio:", "openexr:", "PixelAspectRatio", "Orientation", "smpte:", "dpx:TimeCode", "ICCProfile")
_MOST_FACTS, _MOST_TEXT = 64, 200
_LIBRARY_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError)  # of what cannot be
_PNG_COLOUR = frozenset({b"sRGB", b"gAMA", b"cHRM", b"cICP"})

Array = np.ndarray[Any, np.dtype[Any]]
_DPX_FILM_END, _DPX_END = 1920, 2048  # bytes; SMPTE 268M
_DPX_FILM = (
    "FilmManufacturerId", "FilmType", "PerfsOffset", "Prefix", "Count", "Format", "FramePosition",
    "SequenceLength", "HeldCount", "FrameRate", "ShutterAngle", "FrameId", "SlateInfo",
)  # fmt: skip
_DPX_TELEVISION = (
    "smpte:TimeCode", "TimeCode", "UserBits", "Interlace", "FieldNumber", "VideoSignal",
    "HorizontalSampleRate", "VerticalSampleRate", "TemporalFrameRate", "TimeOffset", "Gamma",
    "BlackLevel", "BlackGain",
    "BreakPoint", "WhiteLevel", "IntegrationTimes", "FramesPerSecond",
)  # fmt: skip
_SEPARATED = 5  # TIFF: inks

Said = Mapping[str, Any]


def read_plain_header(path: Path) -> PictureHeader:
    """Raises: UnreadableMedia."""
    with _opened(path) as file:
        container = str(file.format_name())
        if container not in _FORMATS:
            raise UnreadableMedia(f"{path} is {container}, not {path.suffix[1:]}; give it its right name")
        header = _header(path, container, file.spec())
        if file.seek_subimage(1, 0):
            raise UnreadableMedia(f"{path} has several pages; give pictures of one page each")
        file.geterror()  # that there is none is no error
        return header


def _header(path: Path, container: str, spec: oiio.ImageSpec) -> PictureHeader:
    said: dict[str, Any] = {attribute.name: attribute.value for attribute in spec.extra_attribs}
    if container == "dpx":
        said = _within_header(path, said)
    kind = _KINDS.get(str(spec.format))
    if kind is None:
        raise UnreadableMedia(f"{path} stores its pixels as {spec.format}; write 8 or 16 bits, half or float")
    if int(said.get("Orientation", 1)) != 1:
        raise UnreadableMedia(f"{path} is stored turned or mirrored; write it upright")
    if said.get("tiff:PhotometricInterpretation") == _SEPARATED or said.get("oiio:BitsPerSample") == 1:
        raise UnreadableMedia(f"{path} is a picture for print (CMYK or one bit); write RGB of 8 or 16 bits")
    if not 1 <= spec.nchannels <= MAX_CHANNELS or spec.depth > 1:
        raise UnreadableMedia(f"{path} has {spec.nchannels} channels and {spec.depth} layers; give a picture")
    check_size(path, "picture", spec.width, spec.height, spec.nchannels * KIND_BYTES[kind])
    check_size(path, "display window", spec.full_width, spec.full_height, 3)
    window = Rect(spec.x - spec.full_x, spec.y - spec.full_y, spec.width, spec.height)
    check_windows(path, window, Rect(0, 0, spec.full_width, spec.full_height))
    bits = int(said.get("oiio:BitsPerSample", 0))
    full = 8 * KIND_BYTES[kind]
    return PictureHeader(
        path=path,
        container=container,
        width=spec.full_width,
        height=spec.full_height,
        window=window,
        kind=kind,
        bit_depth=bits if kind == "uint16" and 8 < bits < 16 else full,
        picture=pick_channels([("", tuple(spec.channelnames))], path),
        channels=tuple(spec.channelnames),
        compression=str(said.get("compression", "")),
        pixel_aspect=_aspect(said.get("PixelAspectRatio")),
        rate=_rate(said),
        timecode=_timecode(said.get("smpte:TimeCode")),
        reel=str(said.get("dpx:InputDevice") or said.get("reelName") or ""),
        colour=_colour(path, container, kind, said),
        all_bytes=spec.width * spec.height * spec.nchannels * KIND_BYTES[kind],
        facts=_facts(said),
    )


def _within_header(path: Path, said: dict[str, Any]) -> dict[str, Any]:
    """What a DPX file says before its pixels begin; OpenImageIO reads the last headers out of the pixels
    where a writer left them out."""
    with path.open("rb") as file:
        head = file.read(8).ljust(8, b"\0")
    (begins,) = struct.unpack(">I" if head[:4] == b"SDPX" else "<I", head[4:])
    left_out = (_DPX_FILM if begins < _DPX_FILM_END else ()) + (_DPX_TELEVISION if begins < _DPX_END else ())
    return {name: value for name, value in said.items() if name.removeprefix("dpx:") not in left_out}


def _colour(path: Path, container: str, kind: PixelKind, said: Said) -> StatedColour:
    if container == "dpx":
        return StatedColour(transfer=str(said.get("dpx:Transfer") or "Undefined"))
    space = str(said.get("oiio:ColorSpace") or "")
    profile = str(said.get("ICCProfile:profile_description") or "")
    if profile and "srgb" in profile.lower() and "linear" not in profile.lower():
        return StatedColour(space="srgb_rec709_scene")
    if profile:
        return StatedColour(profile=profile)
    if container == "png" and not _png_says_colour(path):
        space = ""  # OpenImageIO takes every PNG for sRGB
    return StatedColour(space=space, linear=kind in ("half", "float"))


def _png_says_colour(path: Path) -> bool:
    """Whether one of the blocks before the pixels is about colour."""
    with path.open("rb") as file:
        file.seek(8)
        for _ in range(64):
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IDAT":
                return False
            if head[4:] in _PNG_COLOUR:
                return True
            file.seek(struct.unpack(">I", head[:4])[0] + 4, 1)
    return False


def _aspect(stated: object) -> Fraction:
    if not isinstance(stated, float | int) or not math.isfinite(stated) or not 0.1 <= stated <= 10:
        return Fraction(1)
    return Fraction(stated).limit_denominator(1000)


def _rate(said: Said) -> Fraction | None:
    """The film header's rate, else the television header's."""
    for name in ("dpx:FrameRate", "dpx:TemporalFrameRate", "FramesPerSecond"):
        stated = said.get(name)
        if isinstance(stated, float | int) and math.isfinite(stated) and 1 <= stated <= 1000:
            return likely_rates([Fraction(stated).limit_denominator(1001)])[0]
    return None


def _timecode(stated: object) -> str:
    """SMPTE 12M's word of binary-coded decimals, hours on top, drop-frame in bit 6."""
    if not isinstance(stated, tuple) or not stated or int(stated[0]) == 0xFFFFFFFF:
        return ""
    word = int(stated[0])
    hours, minutes, seconds, frames = (
        (word >> low & 15) + 10 * (word >> low + 4 & tens) for low, tens in ((24, 3), (16, 7), (8, 7), (0, 3))
    )
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if word & 0x40 else ':'}{frames:02}"


def _facts(said: Said) -> tuple[tuple[str, str], ...]:
    plain = [  # what a terminal can show
        (name, f"{value:.6g}" if isinstance(value, float) else str(value)[:_MOST_TEXT])
        for name, value in said.items()
        if not name.startswith(_OWN) and isinstance(value, str | int | float) and str(value).isprintable()
    ]
    return tuple(plain[:_MOST_FACTS])


def read_plain_pixels(header: PictureHeader) -> tuple[Array, Array | None]:
    """Colours (h,w,3) and alpha (h,w) or None, as they are stored. Raises: UnreadableMedia."""
    picture = header.picture
    with _opened(header.path, exr=header.container == "openexr") as file:
        if not file.seek_subimage(picture.part, 0):
            raise UnreadableMedia(f"{header.path} is damaged; copy it again")
        names = list(file.spec(picture.part, 0).channelnames)
        try:
            places = [names.index(name) for name in picture.names]
        except ValueError as cause:
            raise UnreadableMedia(f"{header.path} has other channels than before; ingest it again") from cause
        first, last = min(places), max(places)
        near = last - first < len(places) + 2  # what lies between is read along
        spans = [(first, last + 1)] if near else [(place, place + 1) for place in places]
        pixels = np.concatenate([_channels(file, header, *span) for span in spans], axis=2)
    at = [place - first for place in places] if near else list(range(len(places)))
    rgb = at[:1] * 3 if picture.grey else at[:3]
    in_order = rgb == [0, 1, 2] and pixels.shape[2] == 3
    colours = pixels if in_order else np.ascontiguousarray(pixels[..., rgb])
    alpha = np.ascontiguousarray(pixels[..., at[-1]]) if picture.alpha else None
    return colours, alpha


def _channels(file: oiio.ImageInput, header: PictureHeader, begin: int, end: int) -> Array:
    pixels = file.read_image(header.picture.part, 0, begin, end, _TYPES[header.kind])
    if pixels is None or file.has_error:
        raise UnreadableMedia(f"{header.path} is damaged ({_first_line(file.geterror())}); copy it again")
    shape = header.window.height, header.window.width, end - begin
    return np.asarray(pixels, _NUMBERS[header.kind]).reshape(shape)


@contextmanager
def _opened(path: Path, *, exr: bool = False) -> Iterator[oiio.ImageInput]:
    plain = oiio.ImageSpec()
    plain.attribute("oiio:UnassociatedAlpha", 1)  # colours as they are in the file
    file = oiio.ImageInput.open(str(path), plain)
    if file is None:
        kind = "OpenEXR" if exr else "a picture"
        said = _first_line(oiio.geterror()) or "it is damaged"
        raise UnreadableMedia(f"{path} cannot be read as {kind}: {said}; copy it again")
    try:
        yield file
    except _LIBRARY_ERRORS as cause:
        raise UnreadableMedia(f"{path} is damaged ({_first_line(str(cause))}); copy it again") from cause
    finally:
        file.close()


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip(".")
