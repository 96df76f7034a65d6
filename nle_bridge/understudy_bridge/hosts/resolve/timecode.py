"""Rates and timecode as Resolve writes them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...panel.rates import exact_rate, frame_of_timecode


def rate_of(said: Any) -> Fraction | None:
    """The exact rate of "23.976", 29.97, "29.97 DF" or "24"; None when it is none."""
    words = str(said).split()
    try:
        return exact_rate(float(words[0])) if words else None
    except ValueError:
        return None


def frame_of(text: str, rate: Fraction, drop_frame: bool) -> int | None:
    """The frame that a timecode numbers, None when it is none."""
    if drop_frame:
        text = ";".join(text.rsplit(":", 1))
    found = frame_of_timecode(text, rate)
    return found[0] if found else None


def timecode_of(frame: int, rate: Fraction, drop_frame: bool) -> str:
    """The timecode of a frame number."""
    per_second = -(-rate.numerator // rate.denominator)
    if drop_frame:
        drop = per_second // 15  # numbers left out in each minute but every tenth
        tens, rest = divmod(frame, per_second * 600 - 9 * drop)
        minutes = (rest - drop) // (per_second * 60 - drop) if rest >= per_second * 60 else 0
        frame += drop * (9 * tens + minutes)
    seconds, frames = divmod(frame, per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drop_frame else ':'}{frames:02d}"
