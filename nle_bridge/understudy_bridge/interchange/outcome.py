"""What reading and writing a timeline file tell beside the timeline: nothing is lost silently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy_bridge.core.timeline import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A timeline from a file, and what the file said that was skipped, guessed or rounded."""

    sequence: Sequence
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """The files that were written, and what of the timeline their format could not carry."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()
