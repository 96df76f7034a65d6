"""A hand and forearm of the CC0 body, to pass before a face."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .head import BASE_MESH, read_obj
from .subdivision import refinements, smooth

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

ELBOW_X_DM = 3.35


@lru_cache(maxsize=2)
def hand_mesh(head_data: Path) -> tuple[F32, I32]:
    """Refined vertices (V, 3) and quads of the left hand and forearm, fingers up, wrist at the origin."""
    positions, _, groups = read_obj(head_data / BASE_MESH)
    body = groups["body"][0]
    quads = body[positions[body][:, :, 0].min(axis=1) > ELBOW_X_DM]
    used, corners = np.unique(quads, return_inverse=True)
    levels = refinements(corners.reshape(quads.shape).astype(np.int32), len(used), 2)
    upright = _upright(positions[used])
    return smooth(levels, upright), levels[-1].fine_4F4


def hand_vertices(head_data: Path, place: tuple[float, float, float, float]) -> F32:
    """Vertices of the hand at x, y, z (dm), leaning by the fourth number (degrees, right-handed about z)."""
    vertices, _ = hand_mesh(head_data)
    lean = np.radians(place[3])
    turn = np.asarray(
        [[np.cos(lean), -np.sin(lean), 0], [np.sin(lean), np.cos(lean), 0], [0, 0, 1]], np.float32
    )
    return np.asarray(vertices @ turn.T + np.asarray(place[:3], np.float32), np.float32)


def _upright(points_N3: F32) -> F32:
    """The arm turned so that its long axis points up and the palm's widest side faces the camera."""
    centre = points_N3.mean(axis=0)
    _, _, axes = np.linalg.svd(points_N3 - centre, full_matrices=False)
    up = axes[0] * np.sign(axes[0][0])
    hand = (points_N3 - centre) @ up > 0.2
    _, _, flat = np.linalg.svd(points_N3[hand] - points_N3[hand].mean(axis=0), full_matrices=False)
    wide = flat[1] - (flat[1] @ up) * up
    wide /= np.linalg.norm(wide)
    frame = np.stack([wide, up, np.cross(wide, up)])
    turned = (points_N3 - centre) @ frame.T
    turned[:, 1] -= np.quantile(turned[:, 1], 0.35)
    return np.asarray(turned, np.float32)
