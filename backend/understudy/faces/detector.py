"""Finding faces in a picture with YuNet.

One picture at a time: a batch brings nothing on a CPU, and beside a GPU it is not what takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from understudy.faces.roi import Float, Picture, Roi, box_cover, box_overlap, roi_of_eyes

_MOST_FACES = 200
_SAME_FACE_OVERLAP = 0.3
_SAME_FACE_COVER = 0.65  # the network sometimes finds a face twice, once much smaller


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """One found face in plate pixels: box_4 x, y, width, height; points_52 eyes, nose, mouth corners."""

    box_4: Float
    points_52: Float
    score: float

    @property
    def roi(self) -> Roi:
        return roi_of_eyes(self.box_4, self.points_52[0], self.points_52[1])


class FaceDetector:
    """YuNet (2023mar). Not safe for use by two threads at once."""

    def __init__(self, model: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(model), "", (320, 320), 0.5, 0.9, 5000)

    def detect(
        self, picture_HW3: Picture, *, longer_side_px: int, min_score: float, min_face_px: float
    ) -> list[Detection]:
        """Faces in an RGB picture (H, W, 3), best first. A larger picture is shrunk to `longer_side_px`."""
        height, width = picture_HW3.shape[:2]
        shrink = min(1.0, longer_side_px / max(height, width))
        size = (max(32, round(width * shrink)), max(32, round(height * shrink)))
        small = cv2.resize(picture_HW3, size, interpolation=cv2.INTER_AREA)
        self._net.setInputSize(size)
        self._net.setScoreThreshold(min_score)
        _, rows = self._net.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        scale = np.array([width / size[0], height / size[1]], np.float32)
        found = [_detection(np.asarray(row, np.float32), scale) for row in rows]
        return without_doubles([face for face in found if face.box_4[3] >= min_face_px])


def _detection(row_15: Float, scale_2: Float) -> Detection:
    return Detection(
        box_4=row_15[:4] * np.tile(scale_2, 2),
        points_52=row_15[4:14].reshape(5, 2) * scale_2,
        score=float(row_15[14]),
    )


def without_doubles(found: list[Detection]) -> list[Detection]:
    """Keep the best of every group of finds that show the same face; best first."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score)[:_MOST_FACES]:
        if not any(_same_face(face.box_4, other.box_4) for other in kept):
            kept.append(face)
    return kept


def _same_face(a_4: Float, b_4: Float) -> bool:
    return box_overlap(a_4, b_4) > _SAME_FACE_OVERLAP or box_cover(a_4, b_4) > _SAME_FACE_COVER
