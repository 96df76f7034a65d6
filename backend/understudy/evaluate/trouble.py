"""One score per frame from all its measures: where would an artist look first?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from understudy.domain.measures import (
    FACE_LOST,
    FACE_MISSING,
    HELD,
    MEASURES,
    NO_FACE,
    REASONS,
    REASONS_KEPT,
    Measure,
    Treated,
)

F64 = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]

_LEAST_KNOWN = 5  # values that make a shot's own median worth a comparison
_SIGMAS = 5.0  # an outlier by so many robust standard deviations is half a trouble
_SIGMA_OF_MAD = 1.4826  # for normal noise
_WORTH_NAMING = 0.05  # a measure's own share of trouble below which it is no reason
_FIXED: dict[Treated, tuple[float, str]] = {
    Treated.MISSING: (0.99, FACE_MISSING),
    Treated.LOST: (0.9, FACE_LOST),
    Treated.HELD: (0.0, HELD),
    Treated.NO_FACE: (0.0, NO_FACE),
}


def trouble_of(values: Mapping[str, F64], treated_N: Int8) -> tuple[F64, Int8]:
    """Trouble (N,) 0..1, and the strongest reasons (N, 2) as places in `REASONS`, -1 for none.

    Every measure has a ratio to its worry: how far the value is from good against the measure's absolute
    scale, or how far it stands out of the shot (over the median, in robust standard deviations, but at least
    in steps of the measure's `notice`), whichever is more. A ratio of one is half a trouble. The troubles are
    joined as if independent: 1 - prod(1 - t).
    """
    count = len(treated_N)
    replaced_N = (treated_N == Treated.REPLACED) | (treated_N == Treated.BRIDGED)
    evidence = np.zeros((len(MEASURES), count))
    for place, measure in enumerate(MEASURES):
        known = np.where(replaced_N, values[measure.name], np.nan)
        evidence[place] = evidence_of(worry_ratio(measure, known))
    trouble_N = -np.expm1(-evidence.sum(axis=0))
    reason_N2 = np.full((count, REASONS_KEPT), -1, np.int8)
    for rank, places in enumerate(np.argsort(-evidence, axis=0, kind="stable")[:REASONS_KEPT]):
        strength = -np.expm1(-evidence[places, np.arange(count)])
        reason_N2[:, rank] = np.where(strength >= _WORTH_NAMING, places, -1)
    for state, (score, reason) in _FIXED.items():
        rows = treated_N == state
        trouble_N[rows] = score
        reason_N2[rows] = (REASONS.index(reason), -1)
    return np.asarray(trouble_N, np.float64), reason_N2


def worry_ratio(measure: Measure, values_N: F64) -> F64:
    """How troubling each value is, (N,): 0 is fine, 1 is worrying. NaN values are fine."""
    ratio = np.zeros(len(values_N))
    bad_N, from_median_N = _badness(measure, values_N)
    if measure.worry is not None:
        ratio = np.fmax(ratio, bad_N / measure.worry)
    known = from_median_N[np.isfinite(from_median_N)]
    if measure.notice is not None and len(known) >= _LEAST_KNOWN:
        sigma = _SIGMA_OF_MAD * float(np.median(np.abs(known - np.median(known))))
        outlying = from_median_N - np.median(known)
        if measure.worse == "*":
            outlying = np.abs(outlying)
        ratio = np.fmax(ratio, outlying / max(_SIGMAS * sigma, measure.notice))
    return np.asarray(ratio, np.float64)


def evidence_of(ratio_N: F64) -> F64:
    """-log(1 - trouble) of a measure alone: cubic up to half a trouble at 1, logarithmic beyond it.

    So what is small stays out of the sum, and what is large never becomes so sure that it cannot be ranked.
    """
    gentle = np.minimum(ratio_N, 1.0) ** 3
    return np.asarray(np.log(2.0) * (gentle + 3.0 * np.log(np.maximum(ratio_N, 1.0))), np.float64)


def _badness(measure: Measure, values_N: F64) -> tuple[F64, F64]:
    """How far from good, never below zero; and the same with its sign, to be compared with the median."""
    if measure.worse == "*":  # a ratio: in octaves, so that half and double are as far from one
        octaves = np.log2(np.maximum(values_N, 1e-3) / measure.good)
        return np.abs(octaves), octaves
    signed = (values_N - measure.good) * (1.0 if measure.worse == "+" else -1.0)
    return np.maximum(signed, 0.0), signed
