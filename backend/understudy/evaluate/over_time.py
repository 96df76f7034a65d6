"""From what was measured of single frames to the measures of a take: changes, flicker, jitter.

Nothing is ever compared across a cut or a hole: `follows_N` is False where a frame does not follow the one
before it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.measures import MEASURE_NAMES
from understudy.media.colour import BT709_LUMA

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FACE_PX = 256.0  # lengths are told as if the face were so high
_NAN = float("nan")
_STEP = 0.5  # what a change to only one neighbour counts
_MEDIAN_FRAMES = 5
_LUMA = np.asarray(BT709_LUMA)
_STRONGEST = 5  # expression scores
_ENOUGH = 12  # frames that tell how two faces differ in the network's eyes whatever they do


@dataclass(frozen=True, slots=True)
class MeasuredFrame:
    """Numbers of one frame by name, and by how much its expression scores (52,) exceed the plate's."""

    numbers: Mapping[str, float]
    expression_off_E: F32 | None = None


NOTHING = MeasuredFrame({})
Rows = Sequence[MeasuredFrame]


def columns_of(rows: Rows, follows_N: Bools) -> dict[str, F64]:
    """The measures (N,) of frames in order; `NOTHING` stands for a frame in which nothing was measured.

    follows_N: False where a frame does not follow the one before it, so that nothing is compared.
    The jitter columns are NaN here: they come from the landmarks alone.
    """
    columns = {name: _column(rows, name) for name in MEASURE_NAMES}
    octaves = np.log2(np.maximum(columns["sharpness"], 1e-3))
    teeth = _step(_column(rows, "result teeth"), follows_N) - _step(_column(rows, "plate teeth"), follows_N)
    columns |= {
        "expression": expression_off([row.expression_off_E for row in rows]),
        "warping_error": both_sides(_column(rows, "warping change"), follows_N),
        "matte_instability": both_sides(_column(rows, "matte change"), follows_N),
        "mouth_change": both_sides(_column(rows, "mouth change"), follows_N),
        "teeth_change": both_sides(np.maximum(teeth, 0.0), follows_N),
        "sharpness_jump": both_sides(_step(octaves, follows_N), follows_N),
    }
    result, plate = (_colours(rows, name, follows_N) for name in ("result", "plate"))
    deviation_N3 = result - plate
    bright_N = deviation_N3 @ _LUMA
    columns["luma_flicker"] = np.abs(bright_N)
    columns["chroma_flicker"] = np.linalg.norm(deviation_N3 - bright_N[:, None], axis=1)
    return columns


def expression_off(off_NE: Sequence[F32 | None]) -> F64:
    """How much the expressions of result and plate differ, (N,) 0..1, NaN where one of them was not read.

    The mean of two means of absolute differences: over all scores, and over the five that differ most. The
    score network judges a face against an average one, so two faces differ in its eyes whatever they do: with
    12 frames or more the median difference of every score is taken away first.
    """
    out = np.full(len(off_NE), _NAN)
    known = [n for n, off_E in enumerate(off_NE) if off_E is not None]
    if not known:
        return out
    off = np.stack([np.asarray(off_E, np.float64) for off_E in off_NE if off_E is not None])
    if len(known) >= _ENOUGH:
        off = off - np.median(off, axis=0)
    size = np.sort(np.abs(off), axis=1)
    out[known] = (size.mean(axis=1) + size[:, -_STRONGEST:].mean(axis=1)) / 2
    return out


def both_sides(change_N: F64, follows_N: Bools) -> F64:
    """Changes from the frame before, (N,), turned into one value per frame that points at the frame itself.

    A frame that differs from both neighbours has the smaller of the two changes, and its neighbours none of
    it: they are not bad. What a change leaves over, a step that stays, counts half on either side. At the end
    of a camera take the one change there is counts in full; the first frame of a take has no value.
    """
    before_N = np.where(follows_N, change_N, _NAN)
    after_N = np.append(before_N[1:], _NAN)
    alone_N = np.where(follows_N, np.fmin(before_N, after_N), _NAN)
    earlier_N = np.append(_NAN, alone_N[:-1])
    left_N = np.maximum(before_N - np.fmax(np.fmax(alone_N, earlier_N), 0.0), 0.0)
    step_N = np.fmax(left_N, np.append(left_N[1:], _NAN))
    return np.where(follows_N, alone_N + _STEP * np.fmax(step_N, 0.0), _NAN)


def deviation_from_median(values_NC: F64, follows_N: Bools) -> F64:
    """Values (N, C) less their moving median of five frames in each camera take; NaN in takes under three.

    The median does not look across holes: rows of NaN stand alone.
    """
    out = np.full(values_NC.shape, _NAN)
    half = _MEDIAN_FRAMES // 2
    for first, last in runs_of(follows_N):
        if last - first + 1 < 3:
            continue
        for n in range(first, last + 1):
            near = values_NC[max(first, n - half) : min(last, n + half) + 1]
            out[n] = values_NC[n] - np.median(near, axis=0)
    return out


def runs_of(follows_N: Bools) -> list[tuple[int, int]]:
    """First and last row of every unbroken run."""
    starts = np.flatnonzero(~follows_N)
    ends = np.append(starts[1:], len(follows_N)) - 1
    return [(int(first), int(last)) for first, last in zip(starts, ends, strict=True)]


def jitter(landmarks_NKC: F32, face_px_N: F64, follows_N: Bools) -> F64:
    """Second difference of landmarks (N, K, >=2): root mean square over the points, px at face height 256.

    NaN at both ends of a camera take.
    """
    out = np.full(len(landmarks_NKC), _NAN)
    for n in range(1, len(landmarks_NKC) - 1):
        if follows_N[n] and follows_N[n + 1]:
            before, now, after = (landmarks_NKC[m, :, :2].astype(np.float64) for m in (n - 1, n, n + 1))
            bend = np.square(before - 2 * now + after).sum(axis=1).mean()
            out[n] = math.sqrt(bend) * FACE_PX / face_px_N[n]
    return out


def _step(values_N: F64, follows_N: Bools) -> F64:
    """Size of the change from the row before; NaN where a row follows nothing."""
    out = np.full(len(values_N), _NAN)
    out[1:] = np.abs(np.diff(values_N))
    return np.where(follows_N, out, _NAN)


def _colours(rows: Rows, name: str, follows_N: Bools) -> F64:
    table = np.stack([_column(rows, f"{name} {channel}") for channel in ("red", "green", "blue")], axis=1)
    return deviation_from_median(table, follows_N)


def _column(rows: Rows, name: str) -> F64:
    return np.asarray([row.numbers.get(name, _NAN) for row in rows], np.float64)


def between_turns(values_N: F64, in_turn_N: Bools, measured_N: Bools, follows_N: Bools) -> F64:
    """Values (N,) known at some frames, carried linearly to the frames between those whose turn it was.

    Within each camera take; frames known out of turn keep their value and lend it to nobody, since they were
    looked at because something was wrong with them.
    """
    out = values_N.copy()
    for first, last in runs_of(follows_N):
        places = np.arange(first, last + 1)
        given = places[in_turn_N[first : last + 1] & np.isfinite(values_N[first : last + 1])]
        missing = places[~np.isfinite(values_N[first : last + 1]) & measured_N[first : last + 1]]
        missing = missing[~in_turn_N[missing]]  # looked at in turn and not found stays unknown
        if len(given):
            out[missing] = np.interp(missing, given, values_N[given])
    return out
