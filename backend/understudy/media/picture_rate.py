"""The exact rate that a movie's timestamps follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

_STANDARD_RATES = tuple(
    Fraction(*pair)
    for pair in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1),
                 (60000, 1001), (60, 1), (100, 1), (120000, 1001), (120, 1))
)  # fmt: skip
_SNAP = 3e-4  # a stated rate this close (relative) to a standard one is tried as that one: 23.97 is
_UNEVEN = Fraction(1, 100)  # of a picture's time: less is rounding
UNSTATED = Fraction(24)


def likely_rates(stated: Iterable[Fraction | None]) -> list[Fraction]:
    """The rates that a file states, after the standard ones that are as good as the same."""
    known = [Fraction(rate) for rate in stated if rate]
    near = [standard for rate in known for standard in _STANDARD_RATES if abs(rate / standard - 1) < _SNAP]
    return [*near, *known]


def rate_of(
    times: list[int | None], time_base: Fraction, stated: Iterable[Fraction]
) -> tuple[Fraction, bool]:
    """The exact rate that the timestamps follow, and whether they follow none (a variable rate).

    A rate fits when every picture is within one tick, or a hundredth of a picture where ticks are fine, of
    where it says (program streams round each step on its own); of those stated the first that fits is
    taken, else the first stated one is the nominal rate of a variable plate.
    """
    candidates = [rate for rate in stated if rate > 0]
    known = [(index, time) for index, time in enumerate(times) if time is not None]
    if len(known) < 2:
        return (candidates[0] if candidates else UNSTATED), False
    (first_index, first_time), (last_index, last_time) = known[0], known[-1]
    if last_time > first_time:
        candidates.append(Fraction(last_index - first_index, last_time - first_time) / time_base)
    for rate in candidates:
        tick = 1 / (rate * time_base)  # ticks per picture
        slack = max(Fraction(1), tick * _UNEVEN)
        if all(abs(time - first_time - (index - first_index) * tick) <= slack for index, time in known):
            return rate, False
    return (candidates[0] if candidates else UNSTATED), True


def steps_of(times: Sequence[int | None]) -> tuple[int, int] | None:
    """The shortest and the longest time from one picture to the next, in ticks, if there are two pictures."""
    known = [time for time in times if time is not None]
    steps = [after - before for before, after in pairwise(known) if after > before]
    return (min(steps), max(steps)) if steps else None
