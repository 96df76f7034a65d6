"""Which way a head is turned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.faces.align import MEAN_FACE_POINTS, MEAN_HEAD
from understudy.faces.roi import Float

# Without chin and mouth, which speech moves. Turned to x right, y up, z to the viewer.
_STILL = MEAN_HEAD[:, 1] < 0.6
_POINTS = MEAN_FACE_POINTS[_STILL]
_HEAD_M3 = MEAN_HEAD[_STILL] * (1, -1, -1)


def head_pose(landmarks_NK3: npt.NDArray[np.floating]) -> Float:
    """Pitch, yaw and roll in degrees, (N, 3), of landmarks (N, 478, 3) in plate pixels.

    Yaw is positive when the face looks to the picture's right, pitch when it looks down, roll when it tips
    anticlockwise in the picture; roll is applied first, then pitch, then yaw. Zero is the mean head seen from
    the front. The camera is taken to be far away.
    """
    seen = np.asarray(landmarks_NK3, np.float64)[:, _POINTS] * (1, -1, -1)
    seen -= seen.mean(1, keepdims=True)
    head = _HEAD_M3 - _HEAD_M3.mean(0)
    left, _, right = np.linalg.svd(seen.transpose(0, 2, 1) @ head)
    flip = np.ones((len(seen), 3))
    flip[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    rotation = (left * flip[:, None]) @ right
    yaw = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    pitch = -np.arcsin(np.clip(rotation[:, 1, 2], -1, 1))
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1])
    return np.asarray(np.degrees(np.stack([pitch, yaw, roll], 1)), np.float32)
