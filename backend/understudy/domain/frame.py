"""Geometry and colour meaning of a frame, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """Whole pixels of the plate: `x`, `y` of the top-left pixel, and the size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def x1(self) -> int:
        return self.x + self.width

    @property
    def y1(self) -> int:
        return self.y + self.height

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def intersect(self, other: Rect) -> Rect:
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Rect(x, y, max(0, min(self.x1, other.x1) - x), max(0, min(self.y1, other.y1) - y))

    def expand(self, px: int) -> Rect:
        return Rect(self.x - px, self.y - px, self.width + 2 * px, self.height + 2 * px)

    def snap(self, step: int) -> Rect:
        """Grow outwards until every edge is a multiple of `step` (chroma siting needs even edges)."""
        x, y = self.x // step * step, self.y // step * step
        x1, y1 = -(-self.x1 // step) * step, -(-self.y1 // step) * step
        return Rect(x, y, x1 - x, y1 - y)


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourTags:
    """What a file says about its colour, in ffmpeg's and ITU-T H.273's names; `unknown` is kept as such.

    `space` names the colour space of its R'G'B' values as OpenColorIO's configuration does ("ARRI LogC4",
    "ACEScg"); empty, primaries and transfer tell it.
    """

    primaries: str = "unknown"
    transfer: str = "unknown"
    matrix: str = "unknown"
    full_range: bool = False
    space: str = ""
