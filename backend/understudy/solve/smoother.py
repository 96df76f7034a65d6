"""A smoother for tracked values: it looks both ways, drops single outliers and leaves sudden changes alone.

Around every frame a parabola is fitted to the neighbours, weighted by trust and nearness, for a few spans
one wider than the other. Each wider fit is taken over only as far as it agrees with the narrower one within
the noise: where the value stands or drifts the widest fit wins, at a blink or a snap of the mouth the value
stays as it is. The noise is read from the series' own second differences nearby. Values of one region are
judged together, since they move together.

A result depends on `SUPPORT_FRAMES` frames to either side and on nothing else, bit for bit, so that a part
of a track can be solved alone. Source: local polynomial regression after Cleveland, "Robust locally weighted
regression and smoothing scatterplots", JASA 74, 1979; the choice of span follows the idea of Goldenshluger
and Nemirovski, "On spatially adaptive estimation of nonparametric regression", 1997.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating]
Weights = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_WIDEST = 12  # frames to either side at full strength
_NOISE_FRAMES = 16  # the noise is read from so many frames to either side, every other one
_NOISE_RANK = 0.3  # the rank among those second differences that counts: speech may fill most of them
_AGREES, _DIFFERS = 2.0, 3.5  # distance of two fits, in standard deviations: taken over wholly, not at all
_OUTLIER = 6.0  # standard deviations
_SLOPE_PENALTY, _BEND_PENALTY = 1e-4, 1e-2
_DOUBTED = 0.05  # trust below which a value tells nothing of the noise
_CHUNK = 128  # rows worked on at once, so that they stay in the processor's cache
SUPPORT_FRAMES = _WIDEST + _NOISE_FRAMES + 2

# A squared Gaussian sample's mean divided by its quantile at `_NOISE_RANK`, for a region of 1, 2 and many
# values (which are so much alike that they count as about eight).
_OF_RANK = {1: 6.73, 2: 2.80}
_OF_RANK_MANY = 1.45


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Values (T, D) of consecutive frames with their trust (T,), above 0 to 1.

    starts: the first column of each region. Each region is judged as a whole.
    """

    values_TD: Float
    weight_T: Weights
    starts: tuple[int, ...] = (0,)

    @property
    def sizes_G(self) -> Int:
        """How many columns each region has."""
        return np.diff([*self.starts, self.values_TD.shape[1]])


def smoothed(series: Series, rows_M: Int, strength: float, *, drop_outliers: bool) -> Float:
    """Smoothed values (M, D) of some rows; strength 0 to 1 widens the span. 0 gives the values themselves.

    drop_outliers: whether a value that leaves for a single frame and comes back is an error.
    """
    if strength <= 0 or len(series.values_TD) < 3 or not len(rows_M):
        return series.values_TD[rows_M]
    first = max(int(rows_M.min()) - _WIDEST, 0)
    last = min(int(rows_M.max()) + _WIDEST, len(series.values_TD) - 1)
    bends_TG = _bends(series, first - _NOISE_FRAMES, last + _NOISE_FRAMES)
    variance_TG = _noise(bends_TG, first, last)
    if drop_outliers:
        series = _without_outliers(series, bends_TG, variance_TG, first)
    variance_MG = variance_TG[rows_M - first]
    result = np.empty((len(rows_M), series.values_TD.shape[1]), series.values_TD.dtype)
    for start in range(0, len(rows_M), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _adapted(series, rows_M[part], variance_MG[part], _spans(strength))
    return result


def _spans(strength: float) -> tuple[int, ...]:
    widest = max(2, round(_WIDEST * strength))
    return tuple(sorted({2, max(2, round(widest / 2)), widest}))


def _adapted(series: Series, rows_M: Int, variance_MG: Weights, spans: tuple[int, ...]) -> Float:
    """The widest fit that agrees with the narrower ones, region by region."""
    narrower = series.values_TD[rows_M]
    result = narrower.copy()
    spread_M = 1 / series.weight_T[rows_M]  # variance of the fit so far, in units of the noise
    share_MG = np.ones_like(variance_MG)
    for span in spans:
        taps, weights = _parabola(series.weight_T, rows_M, span)
        wider = _weighted(series.values_TD, taps, weights)
        new_spread_M = (weights**2 / series.weight_T[taps]).sum(1)
        step = wider - narrower
        apart_MG = np.add.reduceat(step * step, series.starts, axis=1) / series.sizes_G
        expected_MG = variance_MG * np.maximum(spread_M - new_spread_M, 0.02 * spread_M)[:, None]
        ratio_MG = np.sqrt(apart_MG / expected_MG)
        share_MG = share_MG * np.clip((_DIFFERS - ratio_MG) / (_DIFFERS - _AGREES), 0, 1)
        step *= np.repeat(share_MG, series.sizes_G, axis=1).astype(step.dtype)
        result += step
        narrower, spread_M = wider, new_spread_M
    return result


def _weighted(values_TD: Float, taps_MJ: Int, weights_MJ: Weights) -> Float:
    total = np.zeros((len(taps_MJ), values_TD.shape[1]), values_TD.dtype)
    weights = weights_MJ.astype(values_TD.dtype)
    for j in range(taps_MJ.shape[1]):
        part = values_TD[taps_MJ[:, j]]
        part *= weights[:, j, None]
        total += part
    return total


def _parabola(trust_T: Weights, rows_M: Int, span: int) -> tuple[Int, Weights]:
    """Row numbers and weights (M, 2 span + 1) that give the value at the middle of a fitted parabola.

    A small penalty on slope and bend keeps the fit quiet where it has neighbours on one side only.
    """
    offsets = np.arange(-span, span + 1)
    taps = rows_M[:, None] + offsets
    inside = (taps >= 0) & (taps < len(trust_T))
    taps = np.clip(taps, 0, len(trust_T) - 1)
    x = offsets / (span + 1)
    near = np.where(inside, trust_T[taps], 0.0) * (1 - np.abs(x) ** 3) ** 3
    s0, s1, s2, s3, s4 = ((near * x**k).sum(1) for k in range(5))
    slope, bend = s2 + _SLOPE_PENALTY * s0, s4 + _BEND_PENALTY * s0
    a, b, c = slope * bend - s3 * s3, s2 * s3 - s1 * bend, s1 * s3 - slope * s2
    whole = s0 * a + s1 * b + s2 * c
    weights = near * (a[:, None] + b[:, None] * x + c[:, None] * (x * x)) / whole[:, None]
    return taps, weights


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bends:
    """Second differences of the rows from `first` on: mean squares (T, G), undefined where there is none."""

    first: int
    squares_TG: Weights
    sizes_G: Int


def _second_difference(values_TD: Float, first: int, last: int) -> Float:
    """Of rows first to last, which have neighbours."""
    middle = values_TD[first : last + 1]
    return np.asarray(values_TD[first - 1 : last] - 2 * middle + values_TD[first + 1 : last + 2])


def _bends(series: Series, first: int, last: int) -> _Bends:
    first, last = max(first, 1), min(last, len(series.values_TD) - 2)
    squares = np.empty((last - first + 1, len(series.starts)))
    for start in range(first, last + 1, _CHUNK):
        end = min(start + _CHUNK - 1, last)
        bend = _second_difference(series.values_TD, start, end)
        squares[start - first : end - first + 1] = np.add.reduceat(bend * bend, series.starts, axis=1)
    doubted = series.weight_T < _DOUBTED
    beside = doubted[first - 1 : last] | doubted[first : last + 1] | doubted[first + 1 : last + 2]
    squares[beside] = np.inf
    return _Bends(first=first, squares_TG=squares / series.sizes_G, sizes_G=series.sizes_G)


def _noise(bends: _Bends, first: int, last: int) -> Weights:
    """Variance of the noise (rows first to last, G), from the lower second differences nearby."""
    count, regions = bends.squares_TG.shape
    padded = np.full((last - first + 1 + 2 * _NOISE_FRAMES, regions), np.inf)
    shift = bends.first - (first - _NOISE_FRAMES)
    padded[shift : shift + count] = bends.squares_TG
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NOISE_FRAMES + 1, axis=0)[:, :, ::2]
    ranked = np.sort(windows, axis=2)
    known = np.isfinite(ranked).sum(2)
    place = (_NOISE_RANK * np.maximum(known - 1, 0)).astype(np.int64)
    chosen = np.take_along_axis(ranked, place[:, :, None], axis=2)[:, :, 0]
    scale = np.array([_OF_RANK.get(int(size), _OF_RANK_MANY) for size in bends.sizes_G])
    return np.asarray(np.where(known > 0, chosen, 0.0) * scale / 6 + 1e-14)


def _without_outliers(series: Series, bends: _Bends, variance_TG: Weights, first: int) -> Series:
    """Values that left for one frame are put where their neighbours' cubic passes."""
    squares = bends.squares_TG
    start = first - bends.first  # of the rows with a known variance, among the bends
    rows = np.arange(max(start, 1), min(start + len(variance_TG), len(squares) - 1))
    limit = 6 * _OUTLIER**2 * variance_TG[rows - start]
    high = np.isfinite(squares[rows]) & (squares[rows] > limit)
    found = np.argwhere(high)
    if not len(found):
        return series
    values = series.values_TD.copy()
    old = series.values_TD
    ends = (*series.starts[1:], old.shape[1])
    for i, region in found:
        row, columns = int(rows[i]) + bends.first, slice(series.starts[region], ends[region])
        near = old[row - 2 : row + 3, columns] if row >= 2 else old[:0]
        if len(near) == 5 and _is_spike(near):
            values[row, columns] = (4 * (near[1] + near[3]) - near[0] - near[4]) / 6
    return Series(values_TD=values, weight_T=series.weight_T, starts=series.starts)


def _is_spike(near_5D: Float) -> bool:
    """Whether the middle one of five stands alone: its bend is twice its neighbours' and opposite."""
    bend = near_5D[:-2] - 2 * near_5D[1:-1] + near_5D[2:]
    size = float(np.square(bend[1]).sum())
    rest = max(float(np.square(bend[i] + bend[1] / 2).sum()) for i in (0, 2))
    return rest < 0.1 * size
