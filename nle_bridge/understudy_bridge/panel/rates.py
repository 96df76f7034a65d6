"""Rates and timecode as editors tell them, made exact: fractions as text, frames as whole numbers."""

from __future__ import annotations

import re
from fractions import Fraction

_NEAR = Fraction(1, 100)
_TIMECODE = re.compile(r"(\d{1,2})[:;.](\d{2})[:;.](\d{2})([:;.])(\d{2,3})")


def exact_rate(value: float) -> Fraction:
    """The rate that an editor's decimal number means: 23.976 is 24000/1001. Raises: ValueError."""
    if not 0 < value < 1000:  # also what is no number
        raise ValueError(f"{value} is no frame rate")
    exact = Fraction(value).limit_denominator(1_000_000)
    nominal = round(value)
    if exact == nominal:
        return Fraction(nominal)
    ntsc = Fraction(nominal * 1000, 1001)
    return ntsc if nominal and abs(exact - ntsc) < _NEAR else exact


def rate_text(rate: Fraction) -> str:
    """As `docs/bridge.md` writes rates: "24", "24000/1001"."""
    return str(rate)


def frame_of_timecode(text: str, rate: Fraction) -> tuple[int, bool] | None:
    """The frame that a timecode names, and whether it drops labels; None when it is no timecode."""
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, frames = (int(found.group(number)) for number in (1, 2, 3, 5))
    nominal = -(-rate.numerator // rate.denominator)
    if minutes > 59 or seconds > 59 or frames >= nominal:
        return None
    drops = found.group(4) == ";" and rate.denominator == 1001 and nominal % 30 == 0
    count = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if not drops:
        return count, False
    dropped = nominal // 15  # labels left out in nine of ten minutes
    whole_minutes = hours * 60 + minutes
    return count - dropped * (whole_minutes - whole_minutes // 10), True
