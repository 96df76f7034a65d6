"""What a client sees of jobs beside the jobs themselves: parts of their logs, and the settings they have."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LOG_BYTES = 1 << 20
"""Of one part of a log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPart:
    """Whole lines of a job's log. `offset` is where they begin, `next_offset` where to go on, in bytes."""

    text: str
    offset: int
    next_offset: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of a kind of job.

    `type` is number, integer, switch, word or list; `choices` are the words it may be, none when anything
    goes. `least` and `most` bound it; the bound itself may be excluded. `adjustable`: an artist may set it
    for a range of frames.
    """

    name: str
    type: str
    default: object
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    help: str = ""
    adjustable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingList:
    """The settings of a kind of job in the order of the settings file, and its named starting points."""

    settings: tuple[Setting, ...]
    presets: tuple[str, ...] = ()
