"""What a client sees of a shot's edits: the list, and what they solve to on some frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Mark
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import Bool, Float, Int
from understudy.domain.solved import FrameMark, FramePlan, MatteState, Orphan
from understudy.domain.time import FrameRange

MAX_ACTIONS = 500
"""Edits that one request may add."""
MAX_AUTHOR = 200
"""Characters of an author's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EditList:
    """Entries of a shot after some revision, the shot's present revision, and which revisions stand now."""

    entries: tuple[EditEntry, ...]
    revision: int
    standing: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EditsAdded:
    """The new entries, and the revision of the shot with them."""

    entries: tuple[EditEntry, ...]
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SolvedFrames:
    """The solved faces and plans of some frames.

    Row i of every array is the same face: frame, track (N,) int32; state_N (N,) int8 of `FaceState`;
    presence (N,) 0..1; filled (N,); square_N4 centre x, centre y, side, angle, unsqueezed as in `SolvedShot`;
    landmarks_NK2 (N,478,2) plate pixels, or (0,478,2) when they were not asked for. `plans` has only frames
    whose plan is not the default one.
    """

    revision: int
    frames: FrameRange
    frame: Int
    track: Int
    state_N: npt.NDArray[np.int8]
    presence: Float
    filled: Bool
    square_N4: npt.NDArray[np.float64]
    landmarks_NK2: Float
    plans: dict[int, FramePlan] = field(default_factory=dict)
    marks: dict[int, FrameMark] = field(default_factory=dict)
    bindings: dict[int, str] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()

    def row(self, track: int, frame: int) -> int | None:
        """The row of a track's face on a frame, if it has one."""
        rows = np.flatnonzero((self.track == track) & (self.frame == frame))
        return int(rows[0]) if len(rows) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Curves:
    """A track frame by frame as the machine found it ("raw") and as solved; NaN where there is no face.

    frame, state_N (N,); raw_square_N4, square_N4 as in `SolvedFrames`; for the P landmarks `points`:
    raw_NP2, solved_NP2 in plate pixels.
    """

    revision: int
    track: int
    points: tuple[int, ...]
    frame: Int
    state_N: npt.NDArray[np.int8]
    raw_square_N4: npt.NDArray[np.float64]
    square_N4: npt.NDArray[np.float64]
    raw_NP2: Float
    solved_NP2: Float


class TimelineFlag(IntFlag):
    """What there is on one frame of a timeline."""

    STROKES = 1
    SHAPE_KEY = 2
    ALIGNMENT_KEY = 4  # of landmarks or of the crop, or a face that an artist drew
    SETTINGS = 8  # convert settings of its own
    STRENGTH_KEY = 16
    HOLD = 32
    LAYER = 64


MATTE_NUMBERS = {state: number for number, state in enumerate(MatteState, 1)}
MARK_NUMBERS = {mark: number for number, mark in enumerate(Mark, 1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """What a timeline shows of a shot. Every bytes field has one byte a frame, first to last.

    faces: how many faces of tracks, 255 at most. face_states: `FaceState` + 1 of the one that was changed
    most, 0 without a face. matte_states: as in `MATTE_NUMBERS`. marks: as in `MARK_NUMBERS`, 0 where nobody
    said anything. flags: `TimelineFlag`. strengths: 0..255. `cuts` are the first frames of new camera takes;
    `notes` has a frame only where somebody said something.
    """

    revision: int
    frames: FrameRange
    faces: bytes
    face_states: bytes
    matte_states: bytes
    marks: bytes
    flags: bytes
    strengths: bytes
    cuts: tuple[int, ...] = ()
    notes: dict[int, FrameMark] = field(default_factory=dict)
    bindings: dict[int, str] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()
