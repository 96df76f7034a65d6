"""Dense motion between two pictures, and smooth motion of one layer told from it.

Fields are in OpenCV's pixels, whose centres are whole numbers: a field (H, W, 2) of places says for every
pixel where it lies in another picture; a flow is such a field less the pixel's own place.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

_SMALLEST_PX = 24  # DIS wants pictures that hold a few patches
_REWEIGHTINGS = 6
_OUTLIER_PX = 0.75  # a residual of so much halves a sample's weight
_HOLD_PX2 = 9.0  # a part with less spread than 3 px says little about scale and turn


def dense_flow(from_HW: Bytes, to_HW: Bytes, *, start_HW2: F32 | None = None) -> F32:
    """Where every pixel of one grey picture went in another, (H, W, 2).

    Source: T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast Optical Flow using Dense Inverse Search", 2016.
    """
    height, width = from_HW.shape
    if min(height, width) < _SMALLEST_PX:
        return np.zeros((height, width, 2), np.float32)
    start = np.zeros((height, width, 2), np.float32) if start_HW2 is None else start_HW2.copy()
    return np.asarray(_engine().calc(from_HW, to_HW, start), np.float32)


@lru_cache(maxsize=1)
def _engine() -> cv2.DISOpticalFlow:
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    engine.setFinestScale(1)
    engine.setPatchSize(8)
    engine.setPatchStride(4)
    engine.setGradientDescentIterations(16)
    engine.setVariationalRefinementIterations(5)
    engine.setUseSpatialPropagation(True)
    return engine


def pixel_places(height: int, width: int) -> F32:
    """Every pixel's own place, (H, W, 2)."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=-1)


def sample(values: F32, places_HW2: F32, *, border: int = cv2.BORDER_REPLICATE) -> F32:
    """`values` (h, w) or (h, w, C) at places, linearly; (H, W) or (H, W, C)."""
    x, y = cv2.split(places_HW2)
    drawn = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(drawn, np.float32)


def round_trip_px(forward_HW2: F32, backward_HW2: F32, places_HW2: F32) -> F32:
    """How far a pixel misses itself after going there and back, (H, W)."""
    back = sample(backward_HW2, places_HW2 + forward_HW2)
    return np.asarray(cv2.magnitude(*cv2.split(forward_HW2 + back)), np.float32)


def spread(values: F32, weight_HW: F32, sigma_px: float) -> tuple[F32, F32]:
    """Values carried smoothly from where they have weight to everywhere; and how much weight was near.

    Normalised convolution on a coarse grid, so that a wide blur costs little.
    Source: H. Knutsson, C.-F. Westin, "Normalized and differential convolution", 1993.
    """
    height, width = weight_HW.shape
    step = max(1, int(sigma_px / 3))
    size = (max(1, width // step), max(1, height // step))
    weighted = cv2.resize(values * weight_HW[..., None], size, interpolation=cv2.INTER_AREA)
    weights = cv2.resize(weight_HW, size, interpolation=cv2.INTER_AREA)
    sigma = sigma_px / step
    total = cv2.GaussianBlur(weighted.reshape(size[1], size[0], -1), (0, 0), sigma)
    near = cv2.GaussianBlur(weights, (0, 0), sigma)
    smooth = total.reshape(size[1], size[0], -1) / np.maximum(near, 1e-12)[..., None]
    wide = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
    return np.asarray(wide, np.float32), np.asarray(cv2.resize(near, (width, height)), np.float32)


def robust_affine(from_N2: F64, to_N2: F64, weight_N: F64) -> F64:
    """The affine map (2, 3) that most of the samples agree on; iteratively reweighted least squares.

    Where the samples do not tell all of it (a thin or tiny part), it is held towards a pure move.
    """
    centre = np.average(from_N2, axis=0, weights=np.maximum(weight_N, 1e-12))
    local = from_N2 - centre
    moved = to_N2 - from_N2
    design = np.concatenate([local, np.ones((len(local), 1))], axis=1)
    weight: npt.NDArray[np.floating] = weight_N
    solution = np.zeros((3, 2))
    for _ in range(_REWEIGHTINGS):
        total = max(float(weight.sum()), 1e-9)
        held = np.diag([_HOLD_PX2 * total, _HOLD_PX2 * total, 0.0])
        normal = design.T @ (design * weight[:, None]) + held
        solution = np.linalg.solve(normal, design.T @ (moved * weight[:, None]))
        missed = np.linalg.norm(design @ solution - moved, axis=1)
        weight = weight_N / (1 + (missed / _OUTLIER_PX) ** 2)
    linear = np.eye(2) + solution[:2].T
    return np.hstack([linear, (solution[2] + centre - linear @ centre)[:, None]])
