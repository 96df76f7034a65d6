"""Edits of alignments and tracks, and of which faces are learnt from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from understudy.domain.edit_keys import Interpolation
from understudy.domain.edit_points import (
    Points,
    canonical_frames,
    check_points,
    check_range,
    frames_named,
    require,
)
from understudy.domain.face import LANDMARKS


class Keyed(StrEnum):
    """Which keys to take away."""

    LANDMARKS = "landmarks"
    CROP = "crop"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveLandmarks:
    """A landmark key: at `frame`, landmarks `points` of the track lie at `to` (two numbers a point).

    Between keys their distance from what the machine found is interpolated; beyond the outermost keys it
    eases out over `reach_frames`. Never across a cut.
    """

    track: int
    frame: int
    points: tuple[int, ...]
    to: Points
    interpolation: Interpolation = Interpolation.LINEAR
    reach_frames: int = 6

    def __post_init__(self) -> None:
        require(len(self.points) > 0, "a landmark key needs at least one point")
        require(len(set(self.points)) == len(self.points), "a landmark is named twice in one key")
        require(all(0 <= point < LANDMARKS for point in self.points), f"landmarks are 0..{LANDMARKS - 1}")
        check_points(self.to, len(self.points), "a landmark key")
        require(0 <= self.reach_frames <= 1000, "reach_frames must be 0..1000")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceCrop:
    """A crop key: at `frame` the mean face's square has this centre, side and angle (degrees, clockwise).

    The square spans from above the brows to below the chin; every crop type is cut around it. It is
    unsqueezed: its x counts the plate's pixel aspect times. Between keys
    the distance from the machine's square is interpolated as for `MoveLandmarks`.
    """

    track: int
    frame: int
    centre_x: float
    centre_y: float
    side_px: float
    angle_deg: float
    interpolation: Interpolation = Interpolation.LINEAR
    reach_frames: int = 6

    def __post_init__(self) -> None:
        values = (self.centre_x, self.centre_y, self.side_px, self.angle_deg)
        fits = all(math.isfinite(value) and abs(value) <= 1e6 for value in values)
        require(fits, "a crop key has an undefined number")
        require(1 <= self.side_px <= 1e5, "a crop key's side_px must be 1..100000")
        require(0 <= self.reach_frames <= 1000, "reach_frames must be 0..1000")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveKeys:
    """Take the alignment keys of a track away in a range of frames."""

    track: int
    first: int
    last: int
    what: Keyed = Keyed.ALL

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothAlignments:
    """How strongly the shot's alignments are smoothed, 0 (not at all) to 1 each. The last one counts.

    position, rotation, scale: of the head. face: of the landmarks within the head; mouth and eyes apart,
    since blinks and speech must keep their snap.
    """

    position: float = 0.7
    rotation: float = 0.7
    scale: float = 0.8
    face: float = 0.7
    mouth: float = 0.4
    eyes: float = 0.4

    def __post_init__(self) -> None:
        for name in ("position", "rotation", "scale", "face", "mouth", "eyes"):
            require(0 <= getattr(self, name) <= 1, f"smoothing {name} must be 0..1")


@dataclass(frozen=True, kw_only=True, slots=True)
class AddFace:
    """A face that the machine missed: all 478 landmarks at `frame`, of a known or a new track.

    Frames between two added faces, or between one and the machine's, are interpolated within the take.
    """

    track: int
    frame: int
    landmarks: Points

    def __post_init__(self) -> None:
        require(0 <= self.track < 100_000, "a track number must be 0..99999")
        check_points(self.landmarks, LANDMARKS, "an added face")


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoveFaces:
    """Delete a track's faces in a range of frames."""

    track: int
    first: int
    last: int

    def __post_init__(self) -> None:
        check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeTracks:
    """The faces of `other` become faces of `track`, which keeps its own where both have one."""

    track: int
    other: int

    def __post_init__(self) -> None:
        require(self.track != self.other, "a track cannot be merged with itself")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitTrack:
    """From `frame` on, the faces of `track` become the new track `new_track`."""

    track: int
    frame: int
    new_track: int

    def __post_init__(self) -> None:
        require(self.track != self.new_track, "a split needs a new track number")
        require(0 <= self.new_track < 100_000, "a track number must be 0..99999")


@dataclass(frozen=True, kw_only=True, slots=True)
class BindTrack:
    """Whose likeness goes onto a track; an empty person unbinds it."""

    track: int
    person_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CurateFaces:
    """Keep faces that the machine found out of what models learn from (`keep` False), or let them in again.

    `frames` is a range text such as `1001-1010,1020`; it is kept in its shortest form. Nothing in the shot
    itself changes.
    """

    track: int
    frames: str
    keep: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", canonical_frames(self.frames))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The frames, rising."""
        return frames_named(self.frames)
