"""Rates and frame counts as files write them, made exact."""

from __future__ import annotations

import math
from fractions import Fraction

from understudy.domain.errors import BadSettings
from understudy.domain.time import Timecode
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import MOST_FRAMES

_NEAR_NTSC = Fraction(1, 100)
_ROUNDING = Fraction(1, 1000)


def rate_of_float(value: float) -> Fraction:
    """The exact rate that a decimal one means: 23.976 is 24000/1001. Raises: BadSettings."""
    if not math.isfinite(value) or not 0 < value <= 1_000_000:
        raise BadSettings(f"a rate of {value} frames per second is not possible")
    exact = Fraction(value).limit_denominator(1_000_000)
    nominal = round(value)
    if exact == nominal:
        return Fraction(nominal)
    ntsc = Fraction(nominal * 1000, 1001)
    return ntsc if nominal and abs(exact - ntsc) < _NEAR_NTSC and nominal < 1000 else exact


def whole(value: float, what: str) -> tuple[int, bool]:
    """The nearest whole frame, and whether the value was one. Raises: BadInterchange when it is no number."""
    if not math.isfinite(value) or abs(value) > MOST_FRAMES:
        raise BadInterchange(f"{what}: {value} is no frame number")
    frame = math.floor(Fraction(value) + Fraction(1, 2))
    return frame, abs(Fraction(value) - frame) <= _ROUNDING


def rounded(value: Fraction) -> int:
    """The nearest whole number, halves upwards."""
    return math.floor(value + Fraction(1, 2))


def nominal(rate: Fraction) -> int:
    """Frame labels per second: 24 for 24000/1001."""
    return -(-rate.numerator // rate.denominator)


def can_drop(rate: Fraction) -> bool:
    """Whether drop-frame timecode is defined at this rate."""
    return rate.denominator == 1001 and nominal(rate) % 30 == 0


def timecode_text(frame: int, rate: Fraction, drop_frame: bool) -> str:
    """HH:MM:SS:FF of a frame number, which may lie beyond midnight."""
    timecode = Timecode(0, rate, drop_frame and can_drop(rate))
    return str(Timecode(frame % timecode.frames_per_day, rate, timecode.drop_frame))
