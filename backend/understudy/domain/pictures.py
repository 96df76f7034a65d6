"""What a client is given to look at: pictures with versions, pixel values, strips of small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_PIXELS_SIDE_PX = 1024
MAX_STRIP_FRAMES = 64
STRIP_HEIGHTS_PX = (16, 256)  # least and most
MAX_SOUND_S = 10


class Encoding(StrEnum):
    """How pixel values are meant."""

    CODE = "code"  # the plate's own R'G'B', 0 black, 1 white
    LINEAR = "linear"  # light of the scene; highlights may be above 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FramePicture:
    """A JPEG in 8-bit display colour. Another picture of the same source and frame has another version."""

    jpeg: bytes
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pixels:
    """Values of a rectangle of the plate: half floats, little-endian, row by row, `channels` a pixel.

    The rectangle is what was asked for, cut to the picture. `bit_depth` is that of the plate's file.
    """

    x: int
    y: int
    width: int
    height: int
    channels: int
    halfs: bytes
    version: str
    bit_depth: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """One JPEG of small pictures from left to right, each `width_px` wide."""

    jpeg: bytes
    width_px: int
