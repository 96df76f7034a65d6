"""A plate and the shot that uses it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from understudy.domain.errors import FrameOutOfRange
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.time import FIRST_FRAME, FrameRange, Timecode


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioInfo:
    """One audio stream of a file."""

    codec: str
    sample_rate: int
    channels: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plate:
    """The original pictures of a shot: a file or a sequence of files, and which part of it.

    Index 0 is the first picture of the *file*; the shot uses indices `first_index` to `last_index`
    and numbers them from `first_frame` on. `width` and `height` are as displayed, after the rotation tag:
    of a picture with a display window, that window's. Every coordinate counts from its top left corner.

    A sequence has the number in its first file's name as `sequence_start`; `path` has `#` for each digit of
    the padding ("plate.####.exr"), index i is the file numbered `sequence_start + i`, and `sha256` is the
    hash of its files' hashes (`media.sequence_files`). `data_window` is the smallest rectangle around the
    pixels of all its pictures where that is not the display window: overscan reaches beyond, a cropped
    render stays within.

    A `conformed` plate is read by time: index i is the picture that a clip of variable rate shows at
    i / `rate` seconds.

    `file_bytes` is the size of the file, or of all files of the sequence, 0 in records of older versions.
    """

    path: str
    sha256: str
    width: int
    height: int
    rate: Fraction
    file_frames: int
    first_index: int
    last_index: int
    first_frame: int = FIRST_FRAME
    codec: str = ""
    pixel_format: str = ""
    bit_depth: int = 8
    rotation_deg: int = 0
    pixel_aspect: Fraction = Fraction(1)
    variable_rate: bool = False
    colour: ColourTags = ColourTags()
    start_timecode: str | None = None
    reel: str = ""
    audio: AudioInfo | None = None
    sequence_start: int | None = None
    data_window: Rect | None = None
    conformed: bool = False
    file_bytes: int = 0

    @property
    def is_sequence(self) -> bool:
        return self.sequence_start is not None

    @property
    def frames(self) -> FrameRange:
        return FrameRange(self.first_frame, self.first_frame + self.last_index - self.first_index)

    @property
    def display_window(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    @property
    def window(self) -> Rect:
        """Where the plate has pixels."""
        return self.data_window or self.display_window

    def index_of(self, frame: int) -> int:
        """Position in the file of an editorial frame. Raises: FrameOutOfRange."""
        if frame not in self.frames:
            raise FrameOutOfRange(f"frame {frame} is not in this plate; it has {self.frames}")
        return self.first_index + frame - self.first_frame

    def timecode_of(self, frame: int) -> Timecode | None:
        """Source timecode of a frame, if the file has one."""
        if self.start_timecode is None:
            return None
        return Timecode.parse(self.start_timecode, self.rate) + self.index_of(frame)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A cut of the production: its plate and the person whose face is seen in it.

    `role` says what the footage is for: "plate" is to be converted, "learn" teaches a person's face.
    `faces` is the path of the extraction record below the production folder, empty before extraction.
    """

    id: str
    name: str
    person_id: str
    role: str
    plate: Plate
    faces: str = ""
    faces_sha256: str = ""
