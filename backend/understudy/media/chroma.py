"""Subsampled colour: to full resolution and back, without loss for what did not change.

Going up is linear interpolation at the samples' true positions. Going down is its least-squares inverse,
so that down(up(c)) is c: a filter of the usual kind would blur a plate's colour a little in every round.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
REACH = 1  # chroma samples beyond an area that going up looks at


@dataclass(frozen=True, slots=True)
class Siting:
    """One axis of a chroma plane: halved or not, and where a sample sits in its pair of luma pixels.

    `position` is 0 on the first pixel of the pair, 0.5 between the two, 1 on the second.
    """

    halved: bool
    position: float = 0.0

    @property
    def flipped(self) -> Siting:
        return Siting(self.halved, 1.0 - self.position)


def upsample(chroma_hw: Floats, x: Siting, y: Siting) -> Floats:
    """One plane at full resolution; the input has `REACH` extra samples on each side of halved axes."""
    rows = _up(chroma_hw, y.position) if y.halved else chroma_hw
    return _up(rows.T, x.position).T if x.halved else rows


def downsample(full_HW: Floats, x: Siting, y: Siting) -> Floats:
    """The plane whose `upsample` comes closest to `full_HW`, which is taken as zero outside.

    Halved axes must have even lengths; the result has half of them.
    """
    rows = _gather(full_HW, y.position) if y.halved else full_HW
    halved = _gather(rows.T, x.position).T if x.halved else rows
    kernel_x = _inverse_kernel(x.position) if x.halved else np.ones(1)
    kernel_y = _inverse_kernel(y.position) if y.halved else np.ones(1)
    filtered = cv2.sepFilter2D(
        np.ascontiguousarray(halved), cv2.CV_32F, kernel_x, kernel_y, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(filtered, np.float32)


def any_in_sample(mask_HW: Mask, x: Siting, y: Siting) -> Mask:
    """Which chroma samples have a true pixel; halved axes must have even lengths."""
    rows = mask_HW[0::2] | mask_HW[1::2] if y.halved else mask_HW
    return rows[:, 0::2] | rows[:, 1::2] if x.halved else rows


def _weights(position: float) -> tuple[float, float, float, float]:
    """What pixel 2k takes of samples k-1 and k, and pixel 2k+1 of samples k and k+1."""
    before = position / 2
    after = (1.0 - position) / 2
    return before, 1.0 - before, 1.0 - after, after


def _up(samples: Floats, position: float) -> Floats:
    before, first, second, after = (np.float32(w) for w in _weights(position))
    inner = samples[1:-1]
    full = (
        np.empty((inner.shape[1], 2 * inner.shape[0]), np.float32).T
        if samples.flags.f_contiguous
        else (np.empty((2 * inner.shape[0], inner.shape[1]), np.float32))
    )
    full[0::2] = inner if before == 0 else first * inner + before * samples[:-2]
    full[1::2] = inner if after == 0 else second * inner + after * samples[2:]
    return full


def _gather(full: Floats, position: float) -> Floats:
    """The transpose of `_up`."""
    before, first, second, after = (np.float32(w) for w in _weights(position))
    even, odd = full[0::2], full[1::2]
    gathered = first * even + second * odd
    if before:
        gathered[:-1] += before * even[1:]
    if after:
        gathered[1:] += after * odd[:-1]
    return gathered


def _inverse_kernel(position: float) -> npt.NDArray[np.float64]:
    """The inverse of `_up` transposed times `_up`, a tridiagonal (b, a, b) whose inverse decays as r^|n|."""
    before, first, second, after = _weights(position)
    a = before**2 + first**2 + second**2 + after**2
    b = before * first + second * after
    root = float(np.sqrt(a * a - 4 * b * b))
    r = (root - a) / (2 * b)
    powers: npt.NDArray[np.float64] = r ** np.abs(np.arange(-7, 8)).astype(np.float64) / root
    return powers
