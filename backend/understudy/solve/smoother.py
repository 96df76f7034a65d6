"""A smoother for tracked values: it looks both ways, drops single outliers and leaves sudden changes alone.

Around every frame a parabola is fitted to the neighbours, weighted by trust and nearness, for a few spans
one wider than the other. No fit looks across a jump, which is where the speed of a region leaves what it
was before and is after. Each wider fit is taken over only as far as it agrees with the narrower one within
the noise: where a value stands or drifts the widest fit wins, in a blink or a snap of the mouth it stays as
it is. The noise is read from the series' own second differences nearby, up to a ceiling (`snaps`). Values
of one region are judged together, since they move together, by a few of them.

A result depends on `SUPPORT_FRAMES` frames to either side and on nothing else, bit for bit, so that a part
of a track can be solved alone. Source: local polynomial regression after Cleveland, "Robust locally weighted
regression and smoothing scatterplots", JASA 74, 1979; the choice of span follows the idea of Goldenshluger
and Nemirovski, "On spatially adaptive estimation of nonparametric regression", 1997.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from understudy.solve.snaps import SNAP_SUPPORT_FRAMES, Float, Int, Series, Weights, judged

WIDEST_FRAMES = 12  # to either side at full strength
SUPPORT_FRAMES = WIDEST_FRAMES + SNAP_SUPPORT_FRAMES
_AGREES, _DIFFERS = 3.0, 5.0  # distance of two fits, in standard deviations: taken over wholly, not at all
_SLOPE_PENALTY, _BEND_PENALTY = 1e-4, 1e-2
_CHUNK = 128  # rows worked on at once, so that they stay in the processor's cache


def smoothed(series: Series, rows_M: Int, strength: float, *, drop_outliers: bool) -> Float:
    """Smoothed values (M, D) of some rows; strength 0 to 1 widens the span. 0 gives the values themselves.

    rows_M: rising. drop_outliers: whether a value that leaves for a single frame and comes back is an error.
    """
    if strength <= 0 or len(series.values_TD) < 3 or not len(rows_M):
        return series.values_TD[rows_M]
    first = max(int(rows_M[0]) - WIDEST_FRAMES, 0)
    last = min(int(rows_M[-1]) + WIDEST_FRAMES, len(series.values_TD) - 1)
    judgement = judged(series, first, last, drop_outliers=drop_outliers)
    cleaned = replace(series, values_TD=judgement.values_TD)
    result = np.empty((len(rows_M), series.values_TD.shape[1]), series.values_TD.dtype)
    for start in range(0, len(rows_M), _CHUNK):
        part = rows_M[start : start + _CHUNK]
        variance_MG = judgement.variance_TG[part - first]
        result[start : start + _CHUNK] = _adapted(
            cleaned, part, variance_MG, judgement.run_TG, first, _spans(strength)
        )
    return result


def _spans(strength: float) -> tuple[int, ...]:
    widest = max(2, round(WIDEST_FRAMES * strength))
    return tuple(sorted({2, max(2, round(widest / 2)), widest}))


def _adapted(
    series: Series, rows_M: Int, variance_MG: Weights, run_TG: Int, first: int, spans: tuple[int, ...]
) -> Float:
    """The widest fit that agrees with the narrower ones, region by region."""
    narrower = series.values_TD[rows_M]
    result = narrower.copy()
    spread_MG = np.repeat((1 / series.weight_T[rows_M])[:, None], len(series.starts), axis=1)
    share_MG = np.ones_like(variance_MG)
    for span in spans:
        taps_MJ, weights_MJG = _parabola(series.weight_T, rows_M, run_TG, first, span)
        wider = _weighted(series, taps_MJ, weights_MJG)
        new_spread_MG = (weights_MJG**2 / series.weight_T[taps_MJ][:, :, None]).sum(1)
        step = wider - narrower
        of_judges = step[:, series.layout.judges]
        apart_MG = (
            np.add.reduceat(of_judges * of_judges, series.layout.judge_starts, axis=1)
            / series.layout.judge_sizes
        )
        expected_MG = variance_MG * np.maximum(spread_MG - new_spread_MG, 0.02 * spread_MG)
        ratio_MG = np.sqrt(apart_MG / expected_MG)
        share_MG = share_MG * np.clip((_DIFFERS - ratio_MG) / (_DIFFERS - _AGREES), 0, 1)
        for region, columns in enumerate(series.layout.regions):
            step[:, columns] *= share_MG[:, region, None].astype(step.dtype)
        result += step
        narrower, spread_MG = wider, new_spread_MG
    return result


def _weighted(series: Series, taps_MJ: Int, weights_MJG: Weights) -> Float:
    values, rows = series.values_TD, len(taps_MJ)
    total = np.zeros((rows, values.shape[1]), values.dtype)
    weights = weights_MJG.astype(values.dtype)
    part = np.empty_like(total)
    for j in range(taps_MJ.shape[1]):
        taps = taps_MJ[:, j]
        unbroken = int(taps[-1]) - int(taps[0]) == rows - 1 and bool((np.diff(taps) == 1).all())
        near = values[int(taps[0]) : int(taps[0]) + rows] if unbroken else values[taps]
        for region, columns in enumerate(series.layout.regions):
            np.multiply(near[:, columns], weights[:, j, region, None], out=part[:, columns])
        total += part
    return total


def _parabola(trust_T: Weights, rows_M: Int, run_TG: Int, first: int, span: int) -> tuple[Int, Weights]:
    """Row numbers (M, 2 span + 1) and weights (M, 2 span + 1, G) that give a fitted parabola at its middle.

    A small penalty on slope and bend keeps the fit quiet where it has neighbours on one side only.
    """
    offsets = np.arange(-span, span + 1)
    taps = rows_M[:, None] + offsets
    inside = (taps >= 0) & (taps < len(trust_T))
    taps = np.clip(taps, 0, len(trust_T) - 1)
    x = (offsets / (span + 1))[:, None]
    near = np.where(inside, trust_T[taps], 0.0)[:, :, None] * (1 - np.abs(x) ** 3) ** 3
    near = near * (run_TG[taps - first] == run_TG[rows_M - first][:, None])
    s0, s1, s2, s3, s4 = ((near * x**k).sum(1) for k in range(5))
    slope, bend = s2 + _SLOPE_PENALTY * s0, s4 + _BEND_PENALTY * s0
    a, b, c = slope * bend - s3 * s3, s2 * s3 - s1 * bend, s1 * s3 - slope * s2
    whole = s0 * a + s1 * b + s2 * c
    weights = near * (a[:, None] + b[:, None] * x + c[:, None] * (x * x)) / whole[:, None]
    return taps, weights
