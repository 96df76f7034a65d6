"""How much of each pixel a polygon covers, exactly: the area itself, not a count of samples.

Corners and every crossing with the pixel grid are whole numbers of 1/4096 pixel and all sums are exact, so
a pixel's value does not depend on which part of the plate is asked for, and a slowly moving edge does not
tremble.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_UNIT = 4096


def polygon_coverage(points_N2: npt.NDArray[np.floating], rect: Rect) -> Float:
    """Coverage 0..1 of the pixels of `rect` by a closed polygon in plate pixels, (h,w).

    Where the outline winds around a pixel more than once it counts once. The sums are those of a scanline
    renderer: every piece of an edge within one pixel adds its height there and to all pixels right of it.
    """
    starts_E2 = np.rint(np.asarray(points_N2, np.float64) * _UNIT)
    ends_E2 = np.roll(starts_E2, -1, axis=0)
    rows = _split_rows(starts_E2, ends_E2, rect)
    at, weight = _split_columns(rows, rect)
    width = rect.width + 1  # what a pixel adds to those right of it may fall just outside
    summed = np.bincount(at, weight, rect.height * width).reshape(rect.height, width)
    winding = np.cumsum(summed, axis=1)[:, : rect.width]
    covered = np.minimum(np.abs(winding) * (0.5 / _UNIT**2), 1.0)
    return np.asarray(covered, np.float32)


_Pieces = tuple[Int, Real, Real, Real, Real, Real]
"""Row, x and y of the upper end, x and y of the lower end, and the direction of the edge (+1 down)."""


def _split_rows(starts_E2: Real, ends_E2: Real, rect: Rect) -> _Pieces:
    """Edges cut at every row of pixels of the rect."""
    falls = ends_E2[:, 1] > starts_E2[:, 1]
    top = np.where(falls[:, None], starts_E2, ends_E2)
    low = np.where(falls[:, None], ends_E2, starts_E2)
    first = np.maximum(np.floor(top[:, 1] / _UNIT), rect.y).astype(np.int64)
    last = np.minimum(np.ceil(low[:, 1] / _UNIT) - 1, rect.y1 - 1).astype(np.int64)
    edge, row = _expanded(first, np.where(top[:, 1] == low[:, 1], first - 1, last))
    slope = (low[edge, 0] - top[edge, 0]) / (low[edge, 1] - top[edge, 1])

    def x_at(y: Real) -> Real:
        x: Real = np.rint(top[edge, 0] + (y - top[edge, 1]) * slope)
        x[y == low[edge, 1]] = low[edge, 0][y == low[edge, 1]]  # an end is not where rounding puts it
        return x

    upper = np.maximum(top[edge, 1], row * _UNIT)
    lower = np.minimum(low[edge, 1], (row + 1) * _UNIT)
    return row, x_at(upper), upper, x_at(lower), lower, np.where(falls[edge], 1.0, -1.0)


def _split_columns(pieces: _Pieces, rect: Rect) -> tuple[Int, Real]:
    """Pieces cut at every column: positions in the rect's (h, w + 1) grid, and what to add there."""
    row, x_up, y_up, x_low, y_low, direction = pieces
    rightward = x_low >= x_up
    x0, x1 = np.minimum(x_up, x_low), np.maximum(x_up, x_low)
    y0, y1 = np.where(rightward, y_up, y_low), np.where(rightward, y_low, y_up)
    sign = np.where(rightward, direction, -direction)
    slope = (y1 - y0) / np.maximum(x1 - x0, 1)

    def y_at(which: Int | slice, x: Real) -> Real:
        y = np.rint(y0[which] + (x - x0[which]) * slope[which])
        return np.where(x >= x1[which], y1[which], np.where(x <= x0[which], y0[which], y))

    begin = (row - rect.y) * (rect.width + 1)
    left = np.full_like(x0, rect.x * _UNIT)
    beyond = 2 * _UNIT * sign * (y_at(slice(None), left) - y0)  # what lies left of the rect covers all of it
    first = np.maximum(np.floor(x0 / _UNIT), rect.x).astype(np.int64)
    last = np.minimum(np.maximum(np.ceil(x1 / _UNIT) - 1, np.floor(x0 / _UNIT)), rect.x1 - 1).astype(np.int64)
    piece, column = _expanded(first, last)
    from_x = np.maximum(x0[piece], column * _UNIT)
    to_x = np.minimum(x1[piece], (column + 1) * _UNIT)
    # an upright piece has its whole height in one column
    height = np.where(x0[piece] == x1[piece], y1[piece] - y0[piece], y_at(piece, to_x) - y_at(piece, from_x))
    beyond = np.where((x0 == x1) & (x0 < left), 2 * _UNIT * sign * (y1 - y0), beyond)
    beyond = np.where((x0 == x1) & (x0 >= left), 0.0, beyond)
    inside = from_x + to_x - 2 * column * _UNIT
    here = sign[piece] * height * (2 * _UNIT - inside)
    after = sign[piece] * height * inside
    at = begin[piece] + column - rect.x
    return np.concatenate([begin, at, at + 1]), np.concatenate([beyond, here, after])


def _expanded(first: Int, last: Int) -> tuple[Int, Int]:
    """For each range of whole numbers its own number, repeated, and the numbers in it."""
    counts = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(first)), counts)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, first[which] + within
