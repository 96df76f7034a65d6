"""Edits of frames: what is said of them, their settings, the shot's strength curve."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from understudy.domain.edit_keys import Interpolation
from understudy.domain.edit_points import check_range, require
from understudy.domain.errors import BadEdit

ADJUSTABLE = frozenset(
    {
        "colour_match",
        "light_match",
        "erode_px",
        "feather_px",
        "edge_erode_px",
        "edge_feather_px",
        "edge_feather",
        "despill",
        "temporal",
        "grain",
        "sharpen",
    }
)


class Mark(StrEnum):
    """What an artist says about a frame."""

    NONE = "none"
    APPROVED = "approved"
    FLAGGED = "flagged"
    HOLD_PLATE = "hold_plate"  # nothing is replaced here


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkFrames:
    """Approve frames, flag them with a note, or hold the plate there."""

    first: int
    last: int
    mark: Mark
    note: str = ""

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        require(len(self.note) <= 4000, "a note may have 4000 characters")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustConvert:
    """Convert settings for a range of frames; an empty table gives the range its defaults back.

    `settings` may hold those in `ADJUSTABLE`, with the meaning they have in `ConvertConfig`.
    """

    first: int
    last: int
    settings: dict[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
        if unknown := sorted(set(self.settings) - ADJUSTABLE):
            raise BadEdit(
                f"{unknown[0]!r} cannot be set for a range; these can: {', '.join(sorted(ADJUSTABLE))}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyStrength:
    """A key of the shot's strength curve: how much of the replaced face is shown, 0..1.

    Held before a camera take's first key and after its last; a take without keys goes on as the one before.
    """

    frame: int
    value: float
    interpolation: Interpolation = Interpolation.LINEAR

    def __post_init__(self) -> None:
        require(0 <= self.value <= 1, "strength must be 0..1")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveStrength:
    """Take the strength keys of a range away."""

    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)
