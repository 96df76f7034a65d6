"""What tells movement from noise in a tracked series: its noise, its single outliers and its jumps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating]
Weights = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_NOISE_FRAMES = 16  # the noise is read from so many frames to either side, every other one
_DOUBTED = 0.05  # trust below which a value tells nothing of the noise
_OUTLIER = 6.0  # standard deviations
_JUMP = 5.0  # standard deviations
_MARGIN = 3  # frames beside the wanted ones that jumps are read from
_JUDGES = 8  # landmarks of a region that stand for it
SNAP_SUPPORT_FRAMES = _MARGIN + _NOISE_FRAMES + 2

# Which rank among those second differences counts, and what the mean of squared Gaussian samples is in units
# of that quantile, by how many values they are taken over: the median for single values, a lower rank for a
# region of landmarks, since speech may fill most frames (its values are so much alike that they count as
# about eight).
_RANKS = {1: (0.5, 2.20), 2: (0.5, 1.44)}
_RANK_OF_MANY = (0.3, 1.45)


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Values (T, D) of consecutive frames with their trust (T,), above 0 to 1.

    starts: the first column of each region. A region of points holds x and y in turn. freedom: how many
    of a region's columns vary by themselves, where that is fewer than there are. piece_T: numbers of what
    belongs together, where several pieces follow each other. ceiling_T: standard deviation above which it is
    not noise but movement.
    """

    values_TD: Float
    weight_T: Weights
    starts: tuple[int, ...] = (0,)
    freedom: int | None = None
    piece_T: Int | None = None
    ceiling_T: Weights | None = None

    @property
    def layout(self) -> Layout:
        return layout_of(self.starts, self.values_TD.shape[1])


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The columns of each region; those that judge it, where each region's begin and how many there are."""

    regions: tuple[slice, ...]
    judges: Int
    judge_starts: Int
    judge_sizes: Int


@lru_cache(maxsize=16)
def layout_of(starts: tuple[int, ...], columns: int) -> Layout:
    """All columns of a small region judge it, some points of a large one."""
    regions = tuple(slice(start, end) for start, end in zip(starts, (*starts[1:], columns), strict=True))
    chosen = [_chosen(region) for region in regions]
    sizes = np.array([len(part) for part in chosen], np.int64)
    return Layout(
        regions=regions,
        judges=np.concatenate(chosen),
        judge_starts=np.cumsum(sizes) - sizes,
        judge_sizes=sizes,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """About the rows from the asked first to the asked last. values_TD: the whole series without outliers.

    variance_TG: of the noise, for full trust. run_TG: a number that goes up by one at every jump.
    """

    values_TD: Float
    variance_TG: Weights
    run_TG: Int


def _chosen(columns: slice) -> Int:
    size = columns.stop - columns.start
    if size <= 2 * _JUDGES:
        return np.arange(columns.start, columns.stop)
    points = np.linspace(0, size // 2 - 1, _JUDGES).round().astype(np.int64)
    return np.asarray((columns.start + 2 * points[:, None] + (0, 1)).reshape(-1))


def judged(series: Series, first: int, last: int, *, drop_outliers: bool) -> Judgement:
    """Noise, outliers and jumps of rows first to last."""
    judges = np.ascontiguousarray(series.values_TD[:, series.layout.judges])
    low, high = max(first - _MARGIN, 0), min(last + _MARGIN, len(judges) - 1)
    squares = _bends(series, judges, low - _NOISE_FRAMES, high + _NOISE_FRAMES)
    variance = _noise(series, squares, low - _NOISE_FRAMES, high - low + 1)
    if series.ceiling_T is not None:
        variance = np.minimum(variance, np.square(series.ceiling_T[low : high + 1])[:, None])
    values = series.values_TD
    if drop_outliers:
        known = squares[_NOISE_FRAMES : _NOISE_FRAMES + high - low + 1]
        values = _without_outliers(series, judges, known, variance, low)
        judges = (
            judges if values is series.values_TD else np.ascontiguousarray(values[:, series.layout.judges])
        )
    run = _runs(series, judges, variance, low, first, last)
    return Judgement(values_TD=values, variance_TG=variance[first - low : last - low + 1], run_TG=run)


def _bends(series: Series, judges_TS: Float, first: int, last: int) -> Weights:
    """Mean squared second differences (last - first + 1, G); undefined beside ends and doubted values."""
    result = np.full((last - first + 1, len(series.starts)), np.inf)
    low, high = max(first, 1), min(last, len(judges_TS) - 2)
    if high < low:
        return result
    bend = judges_TS[low - 1 : high] - 2 * judges_TS[low : high + 1] + judges_TS[low + 1 : high + 2]
    known = np.add.reduceat(bend * bend, series.layout.judge_starts, axis=1) / series.layout.judge_sizes
    doubted = series.weight_T < _DOUBTED
    known[doubted[low - 1 : high] | doubted[low : high + 1] | doubted[low + 1 : high + 2]] = np.inf
    result[low - first : high - first + 1] = known
    return result


def _noise(series: Series, squares_TG: Weights, first: int, count: int) -> Weights:
    """Variance of the noise (count, G), from the lower second differences nearby."""
    windows = np.lib.stride_tricks.sliding_window_view(squares_TG, 2 * _NOISE_FRAMES + 1, axis=0)[:, :, ::2]
    ranked = np.sort(windows[:count], axis=2)
    known = np.isfinite(ranked).sum(2)
    free = [series.freedom or int(size) for size in series.layout.judge_sizes]
    rank, scale = np.array([_RANKS.get(size, _RANK_OF_MANY) for size in free]).T
    place = (rank * np.maximum(known - 1, 0)).astype(np.int64)
    chosen = np.take_along_axis(ranked, place[:, :, None], axis=2)[:, :, 0]
    return np.asarray(np.where(known > 0, chosen, 0.0) * scale / 6 + 1e-14)


def _without_outliers(
    series: Series, judges_TS: Float, squares_TG: Weights, variance_TG: Weights, first: int
) -> Float:
    """Values that left for one frame are put where their neighbours' cubic passes."""
    old = series.values_TD
    high = np.isfinite(squares_TG) & (squares_TG > 6 * _OUTLIER**2 * variance_TG)
    values = old.copy() if high.any() else old
    for i, region in np.argwhere(high):
        row = int(i) + first
        start = int(series.layout.judge_starts[region])
        own = slice(start, start + int(series.layout.judge_sizes[region]))
        inside = 2 <= row < len(old) - 2 and _one_piece(series, row - 2, row + 2)
        if inside and _stands_alone(judges_TS[row - 2 : row + 3, own]):
            columns = series.layout.regions[region]
            near = old[row - 2 : row + 3, columns]
            values[row, columns] = (4 * (near[1] + near[3]) - near[0] - near[4]) / 6
    return values


def _one_piece(series: Series, first: int, last: int) -> bool:
    return series.piece_T is None or bool(series.piece_T[first] == series.piece_T[last])


def _stands_alone(near_5S: Float) -> bool:
    """Whether the middle one of five is a spike: its bend is twice its neighbours' and opposite."""
    bend = near_5S[:-2] - 2 * near_5S[1:-1] + near_5S[2:]
    size = float(np.square(bend[1]).sum())
    rest = max(float(np.square(bend[i] + bend[1] / 2).sum()) for i in (0, 2))
    return rest < 0.1 * size


def _runs(series: Series, judges_TS: Float, variance_TG: Weights, low: int, first: int, last: int) -> Int:
    """Counts the jumps from row `first` on: steps far from the middle one of the steps around them."""
    run = np.zeros((last - first + 1, len(series.starts)), np.int64)
    if last == first:
        return run
    rows = np.arange(first, last)  # the step from each to the next
    steps = np.diff(judges_TS, axis=0)
    around = [np.clip(rows + k, 0, len(steps) - 1) for k in (-2, -1, 1, 2)]
    near = [steps[at] for at in around]
    most, least = np.maximum(near[0], near[1]), np.minimum(near[0], near[1])
    most, least = (
        np.maximum(most, np.maximum(near[2], near[3])),
        np.minimum(least, np.minimum(near[2], near[3])),
    )
    usual = (near[0] + near[1] + near[2] + near[3] - most - least) / 2
    off = steps[rows] - usual
    apart = np.add.reduceat(off * off, series.layout.judge_starts, axis=1) / series.layout.judge_sizes
    trust = np.minimum(series.weight_T[rows], series.weight_T[rows + 1])[:, None]
    noise = np.maximum(variance_TG[rows - low], variance_TG[rows + 1 - low])
    jumps = apart * trust > _JUMP**2 * noise
    if series.piece_T is not None:
        jumps |= (series.piece_T[rows] != series.piece_T[rows + 1])[:, None]
    run[1:] = np.cumsum(jumps, axis=0)
    return run
