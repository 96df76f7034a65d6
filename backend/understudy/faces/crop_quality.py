"""How much a face crop can teach: sharpness, and how much of the face the picture shows."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.faces.align import crop_transform
from understudy.faces.roi import Picture, cut_out

_SIZE_PX = 256


def crop_sharpness(picture_HW3: Picture, landmarks_KC: npt.NDArray[np.floating]) -> float:
    """Variance of the Laplacian over that of the luma in the face's 256 px crop, in thousandths.

    Dividing by the luma's own variance takes contrast and exposure out. A small face, enlarged to
    256 px, is soft and counts as such. It compares pictures of one person, not of two.
    """
    crop = cut_out(picture_HW3, crop_transform(landmarks_KC, "mid", _SIZE_PX), _SIZE_PX)
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = cv2.Laplacian(luma, cv2.CV_32F)
    return (
        1000 * float(edges.var()) / (float(luma.var()) + 25.0)
    )  # the 25 keeps sensor noise in the dark down


def cut_off_share(landmarks_KC: npt.NDArray[np.floating], window: Rect) -> float:
    """Share of the face's hull that lies where a picture has no pixels, 0 to 1."""
    hull = cv2.convexHull(np.ascontiguousarray(landmarks_KC[:, :2], np.float32))
    area = cv2.contourArea(hull)
    if area <= 0:
        return 1.0
    x, y, x1, y1 = window.x, window.y, window.x1, window.y1
    frame = np.array([[x, y], [x1, y], [x1, y1], [x, y1]], np.float32)
    inside, _ = cv2.intersectConvexConvex(hull, frame)
    return float(np.clip(1 - inside / area, 0, 1))
