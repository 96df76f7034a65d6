"""How a take stands with every frame of its shot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TakeFrameState(StrEnum):
    """How a take stands with a frame."""

    MISSING = "missing"  # it is not rendered
    CURRENT = "current"  # rendered, and it would look the same again
    CHANGED = "changed"  # rendered, and edits or settings changed since


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeFrames:
    """The states and versions of a shot's frames, from `first_frame` on; no version where it is missing.

    `revision` is that of the edits which the states were told by.
    """

    first_frame: int
    states: tuple[TakeFrameState, ...]
    versions: tuple[str, ...]
    revision: int
