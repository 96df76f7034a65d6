"""Values between keys: linear, Hermite or held, and how a correction fades out beyond the outermost keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Interpolation

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_CODES = {Interpolation.LINEAR: 0, Interpolation.HERMITE: 1, Interpolation.HOLD: 2}
_HERMITE, _HOLD = 1, 2


def code_of(interpolation: Interpolation) -> int:
    """The kind as a small number, for arrays of kinds."""
    return _CODES[interpolation]


def between_keys(frames_F: Int, values_FD: Float, kinds_F: npt.NDArray[np.int8], at_N: Int) -> Float:
    """Values (N, D) at some frames, held beyond the first and the last key.

    frames_F: the keys' frames, rising. kinds_F: how a value goes from each key to the next. A key's own
    frame gets exactly its value. Hermite slopes are those of the chord through the neighbours, flat at
    the two ends (Catmull and Rom, 1974, for uneven steps).
    """
    if len(frames_F) == 1:
        return np.repeat(values_FD, len(at_N), axis=0)
    left = np.clip(np.searchsorted(frames_F, at_N, side="right") - 1, 0, len(frames_F) - 2)
    step = (frames_F[left + 1] - frames_F[left]).astype(np.float64)
    share = np.clip((at_N - frames_F[left]) / step, 0.0, 1.0)[:, None]
    before, after, kind = values_FD[left], values_FD[left + 1], kinds_F[left][:, None]
    value = before + share * (after - before)
    if (kinds_F == _HERMITE).any():
        curve = _hermite(frames_F, values_FD, left, step[:, None], share)
        value = np.where(kind == _HERMITE, curve, value)
    value = np.where(kind == _HOLD, before, value)
    return np.where(share <= 0, before, np.where(share >= 1, after, value))


def _hermite(frames_F: Int, values_FD: Float, left_N: Int, step_N1: Float, share_N1: Float) -> Float:
    slopes = np.zeros_like(values_FD)
    spans = (frames_F[2:] - frames_F[:-2]).astype(np.float64)[:, None]
    slopes[1:-1] = (values_FD[2:] - values_FD[:-2]) / spans
    t = share_N1
    rise = values_FD[left_N + 1] - values_FD[left_N]
    start, end = slopes[left_N] * step_N1, slopes[left_N + 1] * step_N1
    eased = t * t * (3 - 2 * t)
    return values_FD[left_N] + eased * rise + t * (1 - t) ** 2 * start - t * t * (1 - t) * end


def fade(frames_F: Int, reach_F: Int, at_N: Int) -> Float:
    """1 from the first key to the last, easing to 0 beyond them, (N,).

    The last frame that is touched lies `reach` away from the outermost key; with 0 nothing beyond is.
    """
    beyond = np.maximum(frames_F[0] - at_N, at_N - frames_F[-1])
    reach = np.where(at_N < frames_F[0], reach_F[0], reach_F[-1])
    left = np.clip(1 - np.maximum(beyond, 0) / (reach + 1.0), 0.0, 1.0)
    return np.asarray(left * left * (3 - 2 * left), np.float64)


def near_keys(frames_F: Int, kinds_F: npt.NDArray[np.int8], at_N: Int) -> Int:
    """The keys' frames that values at some frames can depend on: one to either side, two for a curve."""
    if not len(at_N):
        return frames_F
    reach = 2 if (kinds_F == _HERMITE).any() else 1
    used = np.zeros(len(frames_F), np.bool_)
    left = np.searchsorted(frames_F, at_N, side="right") - 1
    for offset in range(1 - reach, reach + 1):
        used[np.clip(left + offset, 0, len(frames_F) - 1)] = True
    return frames_F[used]
