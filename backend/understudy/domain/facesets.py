"""What a client sees of the faces that models learn from: what there is, what is chosen, what is lacking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from understudy.domain.face import Float, Int

MAX_PICTURES = 128
"""Faces whose pictures fit into one answer."""
PICTURE_SIZES_PX = (32, 256)
"""Smallest and largest side of a face's picture."""

ENOUGH = 3
"""A donor lacks what they show less often than this."""


class FaceChoice(IntEnum):
    """What curation does with a face; of several reasons to leave it out, the first in this order."""

    CHOSEN = 1
    DROPPED = 2  # an artist keeps it out
    FILLED = 3  # not seen but filled in between others
    UNCLEAR = 4  # hidden or doubtful
    CUT_OFF = 5  # by the picture's edge
    BLURRED = 6
    DUPLICATE = 7  # another one is nearly the same
    SPARE = 8  # there are enough that tell more


USABLE = (FaceChoice.CHOSEN, FaceChoice.DUPLICATE, FaceChoice.SPARE)
"""Faces with which nothing is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonFaces:
    """A person's faces, one value a face in every column; by shot, then frame.

    shot_ids, revisions: the shots and the revision of each one's edits. shots (N,): which of shot_ids;
    frames, tracks (N,): the frame, and the track as `CurateFaces` names it. Degrees as in `ShotFaces`;
    mouth_open, eyes_closed, smile, presence 0..1; sharpness over the person's median; likeness: cosine to the
    person's mean face, 0 where unknown; alike_order: place in an order in which neighbours look alike;
    choices: as `FaceChoice`. `lacking` says why no faceset can be made of these faces, or nothing.
    """

    shot_ids: tuple[str, ...]
    revisions: tuple[int, ...]
    shots: Int
    frames: npt.NDArray[np.int64]
    tracks: npt.NDArray[np.int64]
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    mouth_open: Float
    eyes_closed: Float
    smile: Float
    sharpness: Float
    likeness: Float
    presence: Float
    alike_order: Int
    choices: npt.NDArray[np.int8]
    lacking: str = ""

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"PersonFaces({len(self)} faces of {len(self.shot_ids)} shots)"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceName:
    """One face: the shot's id or name, the frame, the track as `CurateFaces` names it."""

    shot_id: str
    frame: int
    track: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FacePictures:
    """Pictures of faces in one JPEG, in rows of `columns`."""

    jpeg: bytes
    columns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What a person shows, counted: poses in rows of pitch from up to down, in each yaw from left to right
    (as the picture has it); the others in ten steps from 0 to 1."""

    person_id: str
    poses: tuple[int, ...]
    mouth_open: tuple[int, ...]
    eyes_closed: tuple[int, ...]
    smile: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageReport:
    """A performer against a donor.

    `lacking`: what the performer shows and the donor does not, in words, the most needed first.
    """

    yaw_edges_deg: tuple[float, ...]
    pitch_edges_deg: tuple[float, ...]
    performer: Coverage
    donor: Coverage
    lacking: tuple[str, ...]
