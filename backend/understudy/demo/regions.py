"""Regions of the face, as soft masks over the neutral base mesh, so that they hold for every person.

All take `rest_N3`, positions on the neutral base head in decimetres (see head.py), and return (N,) 0..1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]

# Side view outline of the hair: z and the lowest y that carries hair, from nape to forehead.
HAIRLINE_Z_DM = (-0.7, 0.0, 0.16, 0.24, 0.34, 0.62, 0.67, 0.74, 0.82, 0.90, 1.02, 1.12, 1.25, 1.42, 1.7)
HAIRLINE_Y_DM = (6.35, 6.42, 6.60, 7.20, 7.50, 7.50, 7.15, 7.02, 7.10, 7.55, 7.72, 7.88, 7.97, 7.98, 8.05)
# Middle line of the brow: distance from the nose line, height, half thickness.
BROW_X_DM = (0.11, 0.20, 0.32, 0.43, 0.52, 0.59)
BROW_Y_DM = (7.455, 7.475, 7.500, 7.515, 7.49, 7.435)
BROW_HALF_DM = (0.030, 0.036, 0.033, 0.027, 0.017, 0.006)


def ramp(value: npt.ArrayLike, low: float, high: float) -> F32:
    """0 at `low`, 1 at `high`, smooth between; `low` may be the greater."""
    t = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def azimuth_deg(rest_N3: F32) -> F32:
    """Angle around the head's upright axis: 0 in front, positive to the picture's right."""
    return np.asarray(np.degrees(np.arctan2(rest_N3[:, 0], rest_N3[:, 2] - 0.35)), np.float32)


def face_radius(rest_N3: F32) -> F32:
    """0 in the middle of the face, 1 on the oval from hairline over cheek to chin, more outside."""
    across = azimuth_deg(rest_N3) / 62.0
    up = rest_N3[:, 1] - 7.05
    height = np.where(up > 0, 0.90, 0.92)
    oval = np.abs(across) ** 2.4 + np.abs(up / height) ** 2.4
    under_chin = ramp(rest_N3[:, 2], 0.75, 0.55)
    return np.asarray(oval ** (1 / 2.4) + 2 * under_chin, np.float32)


def face_matte(rest_N3: F32) -> F32:
    """The face that a replacement may change, with a narrow soft border."""
    return ramp(face_radius(rest_N3), 1.0, 0.9)


def features(rest_N3: F32) -> F32:
    """Where a replaced face has the donor's shape; it fades early enough to join without a step."""
    return ramp(face_radius(rest_N3), 1.0, 0.68)


def scalp(rest_N3: F32) -> F32:
    """Where hair grows on the head, less the ears."""
    line = np.interp(rest_N3[:, 2], HAIRLINE_Z_DM, HAIRLINE_Y_DM)
    wave = 0.015 * np.sin(23 * rest_N3[:, 0]) + 0.012 * np.sin(41 * rest_N3[:, 0] + 2)
    return np.asarray(ramp(rest_N3[:, 1] - line - wave, -0.02, 0.05) * (1 - ear(rest_N3)), np.float32)


def ear(rest_N3: F32) -> F32:
    """The two ears."""
    x, y, z = np.abs(rest_N3[:, 0]), rest_N3[:, 1], rest_N3[:, 2]
    inside = (x > 0.715) & (y > 6.8) & (y < 7.42) & (z > 0.28) & (z < 0.68)
    return inside.astype(np.float32)


def brow(rest_N3: F32) -> F32:
    """The two brows."""
    x = np.abs(rest_N3[:, 0])
    off = np.abs(rest_N3[:, 1] - np.interp(x, BROW_X_DM, BROW_Y_DM))
    inside = ramp(off / np.interp(x, BROW_X_DM, BROW_HALF_DM), 1.15, 0.75)
    ends = ramp(x, BROW_X_DM[0] - 0.02, BROW_X_DM[0] + 0.03) * ramp(x, BROW_X_DM[-1] + 0.02, BROW_X_DM[-1])
    return np.asarray(inside * ends * (rest_N3[:, 2] > 1.0), np.float32)


def beard(rest_N3: F32) -> F32:
    """Where a man's beard grows: lip, chin, jaw and sideburn, fading down the neck."""
    away = np.abs(azimuth_deg(rest_N3))
    line = np.interp(away, (0, 8, 16, 28, 45, 60, 75, 90), (6.84, 6.83, 6.76, 6.62, 6.66, 6.85, 7.1, 7.1))
    below = ramp(line - rest_N3[:, 1], -0.05, 0.12)
    return np.asarray(below * ramp(rest_N3[:, 1], 5.85, 6.15) * (1 - ear(rest_N3)), np.float32)


def spot(rest_N3: F32, centre: tuple[float, float, float], radius_dm: float) -> F32:
    """A soft round spot on both sides of the face; `centre` is that of one side."""
    away = rest_N3 - np.asarray(centre, np.float32)
    away[:, 0] = np.abs(rest_N3[:, 0]) - abs(centre[0])
    return ramp(np.linalg.norm(away, axis=1), radius_dm, 0.2 * radius_dm)


def waves(rest_N3: F32, *, per_dm: float, seed: int) -> F32:
    """Smooth noise, mean 0 and deviation 1: plane waves of about `per_dm` periods a decimetre."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(24, 3))
    directions *= (rng.uniform(0.6, 1.5, (24, 1)) * per_dm * 2 * np.pi) / np.linalg.norm(
        directions, axis=1, keepdims=True
    )
    phases = rng.uniform(0, 2 * np.pi, 24)
    total = np.sin(rest_N3 @ directions.T.astype(np.float32) + phases.astype(np.float32)).sum(axis=1)
    return np.asarray(total / np.sqrt(12.0), np.float32)
