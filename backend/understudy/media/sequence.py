"""Sequences of pictures that hold a matte: one channel of one of them.

PNG, TIFF, EXR and whatever else OpenImageIO reads. A channel is one of the file itself ("A"), of one part of
a multi-part file ("hand.A"), or "luma".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from understudy.domain.errors import BadMatte
from understudy.media import sequence_files
from understudy.media.colour import BT709_LUMA
from understudy.media.sequence_files import PictureSequence

Float = npt.NDArray[np.float32]

_SUFFIXES = frozenset({".exr", ".png", ".tif", ".tiff", ".tga", ".dpx", ".sgi", ".bmp", ".jpg", ".jpeg"})
_LUMA = dict(zip("rgb", BT709_LUMA, strict=True))
_FULL_NAMES = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}


@dataclass(frozen=True, slots=True)
class _Channel:
    """Where a channel is: part of the file, place in the part, and what it may be called."""

    part: int
    place: int
    name: str
    part_name: str

    @property
    def full_name(self) -> str:
        return f"{self.part_name}.{self.name}" if self.part_name else self.name


def find_sequence(path: str) -> PictureSequence:
    """The files of a matte; see `sequence_files.find_sequence`. Raises: BadMatte."""
    return sequence_files.find_sequence(path, suffixes=_SUFFIXES, refusal=BadMatte)


def channel_names(path: Path) -> tuple[str, ...]:
    """Every channel of a picture, its part's name before it where there are several. Raises: BadMatte."""
    with _opened(path) as file:
        return tuple(channel.full_name for channel in _channels(file))


def read_channel(path: Path, channel: str, size_wh: tuple[int, int]) -> Float:
    """One channel on the picture's display window, (h,w); integer files give 0..1, others what they hold.

    channel: a name in any case, "r", "g", "b", "a", "luma", or "" for the only one there is, else alpha, else
    luma. Pixels outside the data window are 0. Raises: BadMatte for another size than `size_wh`, a channel
    that is not there, a damaged file.
    """
    with _opened(path) as file:
        channels = _channels(file)
        total = np.zeros((size_wh[1], size_wh[0]), np.float32)
        for source, weight in _chosen(channels, channel, path):
            plane = _plane(file, source, size_wh, path)
            total = plane if weight == 1 else total + np.float32(weight) * plane
        return total


@contextmanager
def _opened(path: Path) -> Iterator[oiio.ImageInput]:
    plain = oiio.ImageSpec()
    plain.attribute("oiio:UnassociatedAlpha", 1)  # colours as they are in the file
    file = oiio.ImageInput.open(str(path), plain)
    if file is None:
        raise BadMatte(f"{path} cannot be read as a picture: {oiio.geterror() or 'it is not there'}")
    try:
        yield file
    finally:
        file.close()


def _channels(file: oiio.ImageInput) -> list[_Channel]:
    parts = list(_parts(file))
    names = [str(spec.getattribute("oiio:subimagename") or "") if len(parts) > 1 else "" for spec in parts]
    return [
        _Channel(part, place, name, names[part])
        for part, spec in enumerate(parts)
        for place, name in enumerate(spec.channelnames)
    ]


def _parts(file: oiio.ImageInput) -> Iterator[oiio.ImageSpec]:
    part = 0
    while file.seek_subimage(part, 0):
        yield file.spec(part, 0)
        part += 1
    file.geterror()  # asking for one part too many is how the end is found


def _chosen(channels: list[_Channel], wanted: str, path: Path) -> list[tuple[_Channel, float]]:
    """The channels to add up, with their weights."""
    if wanted.lower() == "luma":
        return _luma(channels, path)
    if wanted:
        return [(_named(channels, wanted, path), 1.0)]
    if len(channels) == 1:
        return [(channels[0], 1.0)]
    alpha = next((c for c in channels if _short(c) == "a"), None)
    return [(alpha, 1.0)] if alpha is not None else _luma(channels, path)


def _luma(channels: list[_Channel], path: Path) -> list[tuple[_Channel, float]]:
    if len(channels) == 1 or _short(channels[0]) == "y":
        return [(channels[0], 1.0)]
    return [(_named(channels, name, path), weight) for name, weight in _LUMA.items()]


def _named(channels: list[_Channel], wanted: str, path: Path) -> _Channel:
    low = wanted.lower()
    ways = (
        [c for c in channels if wanted in (c.full_name, c.name)],
        [c for c in channels if low in (c.full_name.lower(), c.name.lower())],
        [c for c in channels if _short(c) == _FULL_NAMES.get(low, low)],
    )
    for found in ways:
        if found:
            return found[0]
    of_part = [channel for channel in channels if channel.part_name.lower() == low]
    if len(of_part) == 1:
        return of_part[0]
    names = ", ".join(channel.full_name for channel in channels)
    raise BadMatte(f"{path} has no channel {wanted!r}; it has {names}, and luma")


def _short(channel: _Channel) -> str:
    """A channel's own letter: `mask.Alpha` is "a"."""
    last = channel.name.rsplit(".", 1)[-1].lower()
    return _FULL_NAMES.get(last, last)


def _plane(file: oiio.ImageInput, channel: _Channel, size_wh: tuple[int, int], path: Path) -> Float:
    spec = file.spec(channel.part, 0)
    if (spec.full_width, spec.full_height) != size_wh:
        raise BadMatte(
            f"{path} is {spec.full_width}x{spec.full_height}, the plate is {size_wh[0]}x{size_wh[1]}; "
            "render the matte at the plate's size"
        )
    if spec.width * spec.height > 16 * size_wh[0] * size_wh[1]:
        raise BadMatte(f"the data window of {path} is {spec.width}x{spec.height}, far larger than the plate")
    pixels = file.read_image(channel.part, 0, channel.place, channel.place + 1, oiio.FLOAT)
    if pixels is None or file.has_error:
        raise BadMatte(f"{path} is damaged: {file.geterror()}; copy it again")
    stored = np.asarray(pixels, np.float32).reshape(spec.height, spec.width)
    x, y = spec.x - spec.full_x, spec.y - spec.full_y
    if (x, y) == (0, 0) and stored.shape == (size_wh[1], size_wh[0]):
        return stored
    plane = np.zeros((size_wh[1], size_wh[0]), np.float32)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + spec.width, size_wh[0]), min(y + spec.height, size_wh[1])
    if left < right and top < bottom:
        plane[top:bottom, left:right] = stored[top - y : bottom - y, left - x : right - x]
    return plane
