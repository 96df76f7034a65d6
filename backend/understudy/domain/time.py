"""Exact editorial time: frame numbers, ranges, rates and timecode. No floats.

A *frame* is an editorial number (1001, 1002, ...), an *index* a zero-based position in a file.
Rates are `Fraction`. Drop-frame counting follows SMPTE ST 12-1: two frame labels (four at 59.94)
are left out at the start of every minute that is not a multiple of ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import fileseq
import fileseq.constants
from fileseq.exceptions import MaxSizeException, ParseException

from understudy.domain.errors import BadSettings

FIRST_FRAME = 1001
MOST_FRAMES = 1_000_000  # eleven hours at 24 frames per second
MOST_RANGE_CHARACTERS = 100_000
fileseq.constants.MAX_FRAME_SIZE = MOST_FRAMES  # its own bound lets a short text take gigabytes

_NTSC = {
    23970: Fraction(24000, 1001),
    23976: Fraction(24000, 1001),
    23980: Fraction(24000, 1001),
    29970: Fraction(30000, 1001),
    47952: Fraction(48000, 1001),
    59940: Fraction(60000, 1001),
    119880: Fraction(120000, 1001),
}


def parse_rate(text: str) -> Fraction:
    """Read a frame rate: `24`, `24000/1001`, `23.976`; the NTSC decimals mean their exact fraction.

    Raises: BadSettings.
    """
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError) as cause:
        raise BadSettings(f"{text!r} is not a frame rate; write 24, 23.976 or 24000/1001") from cause
    if not 0 < value <= 1000:
        raise BadSettings(f"a frame rate of {text} is not possible; it must be above 0 and at most 1000")
    return _NTSC.get(round(value * 1000), value) if "." in text else value


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last`, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadSettings(f"frame range {self.first}-{self.last} runs backwards; write it first-last")

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __contains__(self, frame: int) -> bool:
        return self.first <= frame <= self.last

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def parse_frames(text: str) -> tuple[int, ...]:
    """The sorted frames of a range such as `1001-1100x2,1120`, in the notation of `fileseq`.

    Raises: BadSettings when the text is no range, is empty, has fractional frames or far too many.
    """
    if len(text) > MOST_RANGE_CHARACTERS:
        raise BadSettings(f"a frame range of {len(text)} characters is too long; write 1001-1100x2,1120")
    try:
        frames = sorted({int(frame) for frame in fileseq.FrameSet(text) if frame == int(frame)})
    except MaxSizeException as cause:
        raise BadSettings(f"the frame range {text!r} has more than {MOST_FRAMES} frames") from cause
    except (ParseException, ValueError, TypeError, ArithmeticError) as cause:
        raise BadSettings(f"{text!r} is not a frame range; write 1001-1100 or 1001-1100x2,1120") from cause
    if not frames:
        raise BadSettings(f"the frame range {text!r} is empty; write 1001-1100 or 1001-1100x2,1120")
    return tuple(frames)


def format_frames(frames: tuple[int, ...] | list[int]) -> str:
    """The shortest range text for some frames, as `fileseq` writes it."""
    return str(fileseq.framesToFrameRange(frames, sort=True, compress=True)) if frames else ""


@dataclass(frozen=True, slots=True)
class Timecode:
    """A count of frames since midnight at a rate, shown as HH:MM:SS:FF (`;` before FF when drop-frame)."""

    count: int
    rate: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.drop_frame and self.rate.denominator != 1001:
            raise BadSettings(f"drop-frame timecode needs an NTSC rate, not {self.rate}")
        if self.drop_frame and self.nominal % 30:
            raise BadSettings(f"drop-frame timecode is defined at 29.97 and 59.94, not at {self.rate}")

    @property
    def nominal(self) -> int:
        """Frame labels per second: the rate rounded up (24 for 23.976)."""
        return -(-self.rate.numerator // self.rate.denominator)

    @property
    def frames_per_day(self) -> int:
        dropped = 9 * 6 * 24 * (self.nominal // 15) if self.drop_frame else 0
        return 86400 * self.nominal - dropped

    def __add__(self, frames: int) -> Timecode:
        return Timecode((self.count + frames) % self.frames_per_day, self.rate, self.drop_frame)

    @classmethod
    def parse(cls, text: str, rate: Fraction) -> Timecode:
        """Read `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame. Raises: BadSettings."""
        match = re.fullmatch(r"(\d{1,2}):(\d\d):(\d\d)([:;.,])(\d{2,3})", text.strip())
        if match is None:
            raise BadSettings(f"{text!r} is not a timecode; write HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame")
        hours, minutes, seconds, ff = (int(match.group(i)) for i in (1, 2, 3, 5))
        drop = match.group(4) != ":"
        zero = cls(0, rate, drop)
        if hours > 23 or minutes > 59 or seconds > 59 or ff >= zero.nominal:
            raise BadSettings(f"timecode {text} has a field out of range at {rate} frames per second")
        skipped = zero.nominal // 15 if drop else 0
        if drop and seconds == 0 and ff < skipped and minutes % 10:
            raise BadSettings(f"timecode {text} does not exist: drop-frame counting leaves this label out")
        total_minutes = 60 * hours + minutes
        count = (total_minutes * 60 + seconds) * zero.nominal + ff
        return cls(count - skipped * (total_minutes - total_minutes // 10), rate, drop)

    def __str__(self) -> str:
        nominal, count = self.nominal, self.count % self.frames_per_day
        if self.drop_frame:
            skipped = nominal // 15
            ten_minutes = 600 * nominal - 9 * skipped
            tens, rest = divmod(count, ten_minutes)
            extra_minutes = max(0, rest - skipped) // (60 * nominal - skipped)
            count += 9 * skipped * tens + skipped * extra_minutes
        seconds, ff = divmod(count, nominal)
        separator = ";" if self.drop_frame else ":"
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{ff:02}"
