"""How fast a clip plays, as far as Resolve says: by the source frames that its record frames show.

No documented call tells a clip's speed. `GetLeftOffset` is the source position divided by the speed,
`GetSourceStartFrame` is the true one, and may be one frame off.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from ...panel.host import Table
from .program import Learnt, offset_of, whole

if TYPE_CHECKING:
    from fusionscript import TimelineItem

SLACK = 1  # frames that the program's own rounding may take away or add


class Pace(NamedTuple):
    """speed: source frames per record frame. first: frames of the medium before the first that is shown."""

    speed: Fraction
    first: int
    problem: Table | None = None


def pace_of(learnt: Learnt, item: TimelineItem, duration: int, first_number: int, ratio: Fraction) -> Pace:
    """`ratio`: the medium's rate over the timeline's. `first_number`: the medium's "Start" property."""
    offset = offset_of(item) or 0
    plain = Pace(Fraction(1), offset)
    begin = whole(item.GetSourceStartFrame()) if learnt.has(item, "GetSourceStartFrame") else None
    end = whole(item.GetSourceEndFrame()) if learnt.has(item, "GetSourceEndFrame") else None
    if begin is None or end is None or (begin == end == 0 and duration > 1):
        return plain._replace(problem=_unknown())
    span, expected = end - begin, duration * ratio
    if abs(span - expected) <= SLACK and (ratio != 1 or abs(begin - first_number - offset) <= SLACK):
        return plain
    first = min(begin, end) - first_number
    if abs(span) <= SLACK and expected > 2 * SLACK:
        return Pace(Fraction(0), max(0, first), _refused("it is a freeze frame"))
    speed = _speed(span, expected, begin - first_number, offset)
    message = f"it plays at about {float(speed * 100):g} %, or at changing speed"
    return Pace(speed, max(0, first), _refused(message))


def _speed(span: int, expected: Fraction, position: int, offset: int) -> Fraction:
    if abs(span - expected) <= SLACK:
        # Too near 100 % to be seen in its length; its place in the medium tells.
        return Fraction(position, offset).limit_denominator(1000) if offset else Fraction(1)
    speed = Fraction(span) / expected
    percent = Fraction(round(speed * 100), 100)
    return percent if percent and abs(percent * expected - span) <= SLACK else speed.limit_denominator(1000)


def _refused(what: str) -> Table:
    return {
        "kind": "retimed",
        "refuses": True,
        "message": f"{what}; scripts cannot set a clip's speed in Resolve: render it in place, and send that",
    }


def _unknown() -> Table:
    return {
        "kind": "speed_unknown",
        "refuses": False,
        "message": "Resolve does not say how fast it plays; if its speed was changed, render it in place",
    }
