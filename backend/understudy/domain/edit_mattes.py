"""Edits of mattes: strokes, shapes, layers, expressions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from understudy.domain.edit_keys import Interpolation
from understudy.domain.edit_points import (
    Points,
    check_name,
    check_points,
    check_range,
    first_crossing,
    require,
)
from understudy.domain.errors import BadEdit

SOURCES = frozenset({"face", "hull", "learned", "keep", "cut"})
"""Matte sources that are always there; `face` is what `convert.matte` says."""


class Mode(StrEnum):
    """What a stroke or shape does to the matte. Where they overlap, the later one counts."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Curve(StrEnum):
    """How a shape's points are joined."""

    POLYGON = "polygon"
    SPLINE = "spline"  # closed Catmull-Rom through the points


class Follow(StrEnum):
    """What carries a shape between its keys."""

    PLATE = "plate"
    FACE = "face"  # the shape moves, turns and grows with the track


@dataclass(frozen=True, kw_only=True, slots=True)
class PaintStroke:
    """One stroke of the brush on one frame. `softness` is the share of the radius that fades out."""

    frame: int
    mode: Mode
    points: Points
    radius_px: float
    softness: float = 0.5

    def __post_init__(self) -> None:
        check_points(self.points, None, "a stroke", least=1)
        require(0.1 <= self.radius_px <= 10_000, "a brush radius must be 0.1..10000 px")
        require(0 <= self.softness <= 1, "softness must be 0..1")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyShape:
    """A key of the shape named `shape`. Keys of one shape have the same number of points.

    Between keys the points are interpolated; before the first and after the last key of a camera take they
    are held. `track` says which face carries a shape that follows one.
    """

    shape: str
    frame: int
    mode: Mode
    points: Points
    curve: Curve = Curve.SPLINE
    feather_px: float = 2.0
    interpolation: Interpolation = Interpolation.LINEAR
    follow: Follow = Follow.PLATE
    track: int = 0

    def __post_init__(self) -> None:
        check_name(self.shape, "a shape")
        check_points(self.points, None, "a shape", least=3)
        require(0 <= self.feather_px <= 1000, "feather_px must be 0..1000")
        if crossing := first_crossing(self.points):
            a, b = crossing
            raise BadEdit(
                f"shape {self.shape!r} crosses itself between points {a} and {b}; "
                "move a point or use two shapes"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveShape:
    """Take a shape off a range of frames; its keys there go too."""

    shape: str
    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClearMatte:
    """Take strokes, shapes and layers off a range of frames."""

    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class UseLayer:
    """Use a matte layer (propagated, of a net, imported ...) under a name in a range of frames.

    `operator` is how it joins the default expression: "+", "-" or "&". An empty `layer_id` takes the name
    away in the range.
    """

    name: str
    layer_id: str
    first: int
    last: int
    operator: str = "&"

    def __post_init__(self) -> None:
        check_name(self.name, "a matte layer")
        require(self.name not in SOURCES, f"{self.name!r} is a matte source already; choose another name")
        check_range(self.first, self.last)
        require(self.operator in ("+", "-", "&"), "a layer's operator is +, - or &")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposeMatte:
    """Say in so many words how the matte is made in a range; an empty expression is the default again.

    Sources `face`, `hull`, `learned`, `keep`, `cut` and the names of layers, joined in order by `+` (union),
    `-` (minus) and `&` (intersect): `hull & net - hand + keep - cut`.
    """

    first: int
    last: int
    expression: str

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        require(len(self.expression) <= 1000, "a matte expression may have 1000 characters")
