"""Alignments smoothed: a face taken apart into its square and its landmarks within, each smoothed apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import SmoothAlignments
from understudy.domain.face import LANDMARKS, NO_TRACK
from understudy.faces.align import face_squares
from understudy.solve import regions
from understudy.solve.face_rows import FaceRows
from understudy.solve.smoother import SUPPORT_FRAMES, smoothed
from understudy.solve.snaps import SNAP_SUPPORT_FRAMES, Series

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

# Landmarks region after region, so that each region's columns lie side by side.
_ORDER = np.array([n for part in (*regions.FACE, *regions.MOUTH, *regions.EYES) for n in part], np.intp)
# Standard deviation above which a tremble is taken for movement: in sides of the face, and as much in its log
# side and its angle (radians), or so many pixels of the plate if that is more.
_MOST_NOISE, _MOST_NOISE_PX = 0.0015, 0.15
_APART = SNAP_SUPPORT_FRAMES  # rows between two runs, so that neither reads the other's noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Alignment:
    """Some rows' landmarks (M, 478, 3) and squares (M, 4), unsqueezed, and which were smoothed (M,)."""

    rows_M: Int
    landmarks_MK3: Float32
    squares_M4: Float
    smoothed_M: npt.NDArray[np.bool_]


def steadied(rows: FaceRows, rows_M: Int, how: SmoothAlignments | None) -> Alignment:
    """Landmarks and squares of some rows (rising), smoothed as asked; as the machine found them without.

    Faces that an artist drew and faces set aside stay as they are.
    """
    landmarks = rows.landmarks(rows_M)
    squares = face_squares(landmarks)
    moved = smoothed_rows(rows, rows_M, how)
    if how is not None and moved.any():
        place_of = np.full(len(rows), -1)
        place_of[rows_M] = np.arange(len(rows_M))
        runs = _laid_out(rows, rows_M[moved])
        if len(runs.chosen_M):
            _smooth(rows, runs, how, landmarks, squares, place_of[runs.rows_T[runs.chosen_M]])
    return Alignment(rows_M=rows_M, landmarks_MK3=landmarks, squares_M4=squares, smoothed_M=moved)


def smoothed_rows(rows: FaceRows, rows_M: Int, how: SmoothAlignments | None) -> npt.NDArray[np.bool_]:
    """Which of some rows are smoothed, (M,)."""
    if how is None or not any(_strengths(how)):
        return np.zeros(len(rows_M), np.bool_)
    return np.asarray((rows.track_N[rows_M] != NO_TRACK) & ~rows.added_N[rows_M])


def _strengths(how: SmoothAlignments) -> tuple[float, ...]:
    return how.position, how.rotation, how.scale, how.face, how.mouth, how.eyes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Runs:
    """Unbroken runs one after the other, so that all are smoothed at once.

    rows_T: row numbers. piece_T: the run, or -1 between two, where the ends are repeated. chosen_M: places
    of the rows to smooth.
    """

    rows_T: Int
    piece_T: Int
    chosen_M: Int


def _laid_out(rows: FaceRows, rows_M: Int) -> _Runs:
    parts, pieces, chosen, length = (
        [np.zeros(0, np.int64)],
        [np.zeros(0, np.int64)],
        [np.zeros(0, np.int64)],
        0,
    )
    for number, (around, wanted) in enumerate(_clusters(rows, rows_M)):
        parts.append(np.pad(around, _APART, mode="edge"))
        piece = np.full(len(parts[-1]), -1)
        piece[_APART:-_APART] = number
        pieces.append(piece)
        chosen.append(wanted + length + _APART)
        length += len(piece)
    return _Runs(
        rows_T=np.concatenate(parts), piece_T=np.concatenate(pieces), chosen_M=np.concatenate(chosen)
    )


def _clusters(rows: FaceRows, rows_M: Int) -> Iterator[tuple[Int, Int]]:
    """Unbroken runs of one track's rows around the wanted ones, and which of the run are wanted.

    A run ends at a cut and at a hole; it reaches `SUPPORT_FRAMES` beyond what is wanted, no more.
    """
    order = np.lexsort((rows.frame_N, rows.track_N))
    track, frame, take = rows.track_N[order], rows.frame_N[order], rows.take_N[order]
    breaks = (np.diff(track) != 0) | (np.diff(frame) != 1) | (np.diff(take) != 0)
    starts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    ends = np.concatenate([starts[1:], [len(order)]])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    wanted = np.sort(place[rows_M])
    piece = np.searchsorted(starts, wanted, side="right") - 1
    apart = (np.diff(piece) != 0) | (np.diff(wanted) > 2 * SUPPORT_FRAMES)
    for group in np.split(np.arange(len(wanted)), np.flatnonzero(apart) + 1):
        if not len(group):
            continue
        start, end = starts[piece[group[0]]], ends[piece[group[0]]]
        low = max(int(start), int(wanted[group[0]]) - SUPPORT_FRAMES)
        high = min(int(end), int(wanted[group[-1]]) + SUPPORT_FRAMES + 1)
        yield order[low:high], wanted[group] - low


def _smooth(
    rows: FaceRows,
    runs: _Runs,
    how: SmoothAlignments,
    landmarks_NK3: Float32,
    squares_N4: Float,
    places_M: Int,
) -> None:
    """Smooth the chosen rows of the runs and write them to their places."""
    points = rows.landmarks(runs.rows_T)[:, :, :2]
    squares = face_squares(points)
    weight = np.where(runs.piece_T >= 0, rows.weight_N[runs.rows_T], 1e-6)
    most = np.maximum(_MOST_NOISE, _MOST_NOISE_PX / squares[:, 2])
    trusted = Series(values_TD=squares, weight_T=weight, piece_T=runs.piece_T, ceiling_T=most)
    result = _smooth_squares(squares, trusted, runs.chosen_M, how)
    within = _within(points[:, _ORDER], squares).reshape(len(points), -1)
    values = np.empty((len(runs.chosen_M), within.shape[1]), np.float32)
    first = 0
    for parts, strength in ((regions.FACE, how.face), (regions.MOUTH, how.mouth), (regions.EYES, how.eyes)):
        ends = np.cumsum([2 * len(part) for part in parts])
        own = slice(first, first + int(ends[-1]))
        starts = (0, *(int(end) for end in ends[:-1]))
        series = replace(trusted, values_TD=within[:, own], starts=starts)
        values[:, own] = smoothed(series, runs.chosen_M, strength, drop_outliers=parts is regions.FACE)
        first = own.stop
    placed = _placed(values.reshape(len(values), LANDMARKS, 2), result)
    landmarks_NK3[places_M[:, None], _ORDER, :2] = placed
    squares_N4[places_M] = result


def _smooth_squares(squares_T4: Float, trusted: Series, chosen_M: Int, how: SmoothAlignments) -> Float:
    """Position, log side and angle each by itself; the angle as a point on a circle, which has no seam."""
    result = squares_T4[chosen_M]
    if how.position > 0:
        most_px = np.maximum(_MOST_NOISE * squares_T4[:, 2], _MOST_NOISE_PX)
        series = replace(trusted, values_TD=np.ascontiguousarray(squares_T4[:, :2]), ceiling_T=most_px)
        result[:, :2] = smoothed(series, chosen_M, how.position, drop_outliers=True)
    if how.scale > 0:
        series = replace(trusted, values_TD=np.log(squares_T4[:, 2:3]))
        result[:, 2] = np.exp(smoothed(series, chosen_M, how.scale, drop_outliers=True)[:, 0])
    if how.rotation > 0:
        angle = np.radians(squares_T4[:, 3])
        series = replace(trusted, values_TD=np.stack([np.cos(angle), np.sin(angle)], axis=1), freedom=1)
        turned = smoothed(series, chosen_M, how.rotation, drop_outliers=True)
        result[:, 3] = np.degrees(np.arctan2(turned[:, 1], turned[:, 0]))
    return result


def _within(points_TK2: Float32, squares_T4: Float) -> Float32:
    """Landmarks seen from the square's centre, upright, in sides of the square, (T, 478, 2)."""
    within = np.empty((len(points_TK2), LANDMARKS, 2), np.float32)
    for start in range(0, len(points_TK2), 256):
        part = slice(start, start + 256)
        x, y, side, angle = (column[:, None] for column in squares_T4[part].T)
        cos, sin = np.cos(np.radians(angle)) / side, np.sin(np.radians(angle)) / side
        right, down = points_TK2[part, :, 0] - x, points_TK2[part, :, 1] - y
        within[part, :, 0] = right * cos + down * sin
        within[part, :, 1] = down * cos - right * sin
    return within


def _placed(within_MK2: Float32, squares_M4: Float) -> Float32:
    """The inverse of `_within`."""
    x, y, side, angle = (column[:, None] for column in squares_M4.T)
    cos, sin = side * np.cos(np.radians(angle)), side * np.sin(np.radians(angle))
    right, down = within_MK2[:, :, 0].astype(np.float64), within_MK2[:, :, 1].astype(np.float64)
    return np.stack([x + right * cos - down * sin, y + right * sin + down * cos], axis=2).astype(np.float32)
