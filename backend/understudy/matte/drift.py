"""One number for how little a carried matte is to be trusted: 0 as drawn, 1 lost."""

from __future__ import annotations

from understudy.matte.carry import Measures

_FORGET = 0.9  # of a doubt about one step stays at the next: what was lost seldom comes back


def drift_score(measures: Measures, *, before: float = 0.0) -> float:
    """How likely something is wrong, from several doubts, each a ramp over a measured quantity.

    `before` is the score of the step before. Doubts add up as independent ones do, so the score rises with
    every measure. The ends of the ramps were set on synthetic fingers (paths and disturbances other than the
    benchmark's: leaps, blur, noise, tiny faces), so that mattes below an IoU of 0.9 score over a half.
    """
    doubts = (
        _ramp(measures.trip_px, 0.7, 3.0),
        _ramp(1 - measures.left, 0.5, 1.0),
        _ramp(measures.unlike, 0.06, 0.38),
        _ramp(measures.spill, 0.2, 0.7),
        _ramp(measures.stray_px, 0.9, 3.5),
        _ramp(measures.scale, 0.2, 0.8),
    )
    trust = 1.0
    for doubt in doubts:
        trust *= 1 - doubt
    return max(1 - trust, _FORGET * before)


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
