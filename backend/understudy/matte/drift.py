"""One number for how little a carried matte is to be trusted: 0 as drawn, 1 lost."""

from __future__ import annotations

from understudy.matte.carry import Measures


def drift_score(measures: Measures) -> float:
    """The worst of five doubts, each a ramp over a measured quantity (`Measures` says what they are).

    Every ramp rises with its quantity, so the score does too. The ends of the ramps were set on synthetic
    fingers (seeds and disturbances other than the benchmark's), so that mattes below an IoU of 0.9 score
    over a half.
    """
    doubts = (
        _ramp(measures.trip_px, 0.7, 3.0),
        _ramp(1 - measures.left, 0.45, 0.95),
        _ramp(measures.unlike, 0.10, 0.50),
        _ramp(measures.spill, 0.20, 0.70),
        _ramp(measures.stray_px, 1.2, 4.0),
        _ramp(measures.scale, 0.35, 1.0),
    )
    return max(doubts)


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
