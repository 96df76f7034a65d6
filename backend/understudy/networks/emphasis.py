"""Where a face speaks: eyes and mouth as a plane of weights beside the crops."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_ROOM = 1.3  # the outlines hug lids and lips; lashes and the lips' edge should count as well


def emphasis_planes(
    landmarks_NL2: npt.NDArray[np.float32], side_px: int, *, eyes: float, mouth: float
) -> npt.NDArray[np.uint8]:
    """Planes (N,K,K) where 255 stands for the larger of the two weights; landmarks in crop pixels."""
    planes = np.zeros((len(landmarks_NL2), side_px, side_px), np.uint8)
    top = max(eyes, mouth)
    if top <= 0:
        return planes
    for plane, landmarks in zip(planes, landmarks_NL2, strict=True):
        for outline, weight in ((LIPS, mouth), (RIGHT_EYE, eyes), (LEFT_EYE, eyes)):
            points = landmarks[list(outline)]
            centre = points.mean(0)
            # fillConvexPoly counts from the first pixel's centre, landmarks from its corner.
            hull = cv2.convexHull(((points - centre) * _ROOM + centre - 0.5).astype(np.float32))
            cv2.fillConvexPoly(plane, np.rint(hull).astype(np.int32), round(255 * weight / top))
    return planes
