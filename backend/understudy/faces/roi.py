"""Regions of interest: turned squares of a picture that a network looks at, and cutting them out.

Coordinates are plate pixels with centres at half-integers; OpenCV's integer centres occur in `cut_out` only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

_MARGIN = 1.5  # the landmark network wants the face with half as much again around it
_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners, of the person seen


@dataclass(frozen=True, slots=True)
class Roi:
    """A square with its centre, side and clockwise turn as seen in the picture."""

    x: float
    y: float
    side_px: float
    turn_rad: float

    def matrix(self, size_px: int) -> Matrix:
        """The similarity (2, 3) from plate pixels to pixels of a cut-out of `size_px`."""
        scale = size_px / self.side_px
        cos, sin = scale * math.cos(self.turn_rad), scale * math.sin(self.turn_rad)
        linear = np.array([[cos, sin], [-sin, cos]])
        shift = size_px / 2 - linear @ (self.x, self.y)
        return np.hstack([linear, shift[:, None]])

    def overlap(self, other: Roi) -> float:
        """Intersection over union of the two squares, both taken as upright."""
        half, other_half = self.side_px / 2, other.side_px / 2
        boxes = [(r.x - h, r.y - h, 2 * h, 2 * h) for r, h in ((self, half), (other, other_half))]
        return box_overlap(np.array(boxes[0]), np.array(boxes[1]))


def roi_of_eyes(box_4: Float, right_eye_2: Float, left_eye_2: Float) -> Roi:
    """The region of a detected face: its box made square, turned so that the eyes are level."""
    dx, dy = (float(v) for v in left_eye_2 - right_eye_2)
    x, y, width, height = (float(v) for v in box_4)
    side = _MARGIN * max(width, height)
    return Roi(x + width / 2, y + height / 2, side, math.atan2(dy, dx))


def roi_of_mesh(landmarks_K3: Float) -> Roi:
    """The region of a face whose landmarks (478, 3) are known."""
    dx, dy = (float(v) for v in landmarks_K3[_LEFT_EYE, :2] - landmarks_K3[_RIGHT_EYE, :2])
    turn = math.atan2(dy, dx)
    upright = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    points = landmarks_K3[:, :2].astype(np.float64) @ upright.T
    low, high = points.min(0), points.max(0)
    centre = upright.T @ ((low + high) / 2)
    side = _MARGIN * max(float((high - low).max()), 1.0)
    return Roi(float(centre[0]), float(centre[1]), side, turn)


def box_of_mesh(landmarks_K3: Float) -> Float:
    """x, y, width, height of the upright box round the landmarks, (4,)."""
    low, high = landmarks_K3[:, :2].min(0), landmarks_K3[:, :2].max(0)
    return np.concatenate([low, high - low]).astype(np.float32)


def box_overlap(a_4: npt.NDArray[np.floating], b_4: npt.NDArray[np.floating]) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    shared = _shared_area(a_4, b_4)
    return shared / max(float(a_4[2] * a_4[3] + b_4[2] * b_4[3]) - shared, 1e-9)


def box_cover(a_4: npt.NDArray[np.floating], b_4: npt.NDArray[np.floating]) -> float:
    """How much of the smaller of two boxes lies in the larger, 0 to 1."""
    return _shared_area(a_4, b_4) / max(min(float(a_4[2] * a_4[3]), float(b_4[2] * b_4[3])), 1e-9)


def _shared_area(a_4: npt.NDArray[np.floating], b_4: npt.NDArray[np.floating]) -> float:
    low = np.maximum(a_4[:2], b_4[:2])
    high = np.minimum(a_4[:2] + a_4[2:], b_4[:2] + b_4[2:])
    width, height = (float(v) for v in np.maximum(high - low, 0))
    return width * height


def cut_out(picture_HW3: Picture, matrix_23: Matrix, size_px: int) -> Picture:
    """The square (size, size, 3) that a similarity (2, 3) brings to (0..size); black outside the picture.

    A region much larger than the cut-out is shrunk by areas first, so that fine detail does not alias.
    """
    scale = math.sqrt(abs(float(np.linalg.det(matrix_23[:, :2]))))
    picture, matrix = picture_HW3, matrix_23
    if (shrink := int(1 / scale)) >= 2:
        picture, matrix = _shrunk(picture, matrix, size_px, shrink)
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # half-integer centres to OpenCV's integer centres
    flags = cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(picture, centred, (size_px, size_px), flags=flags), np.uint8)


def unsqueezed_picture(picture_HW3: Picture, pixel_aspect: float) -> Picture:
    """A picture as its pixels are shown, each `pixel_aspect` times as wide; x becomes exactly so many x."""
    if pixel_aspect == 1.0:
        return picture_HW3
    way = cv2.INTER_CUBIC if pixel_aspect > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture_HW3, None, fx=pixel_aspect, fy=1.0, interpolation=way), np.uint8)


def _shrunk(picture: Picture, matrix: Matrix, size_px: int, shrink: int) -> tuple[Picture, Matrix]:
    """The part of the picture that is needed, `shrink` times smaller, and the matrix that fits it."""
    corners = np.array([[0, 0], [size_px, 0], [0, size_px], [size_px, size_px]]) - matrix[:, 2]
    there = corners @ np.linalg.inv(matrix[:, :2]).T
    height, width = picture.shape[:2]
    x0, y0 = (int(v) for v in np.clip(np.floor(there.min(0)) - shrink, 0, (width, height)))
    x1, y1 = (int(v) for v in np.clip(np.ceil(there.max(0)) + shrink, 0, (width, height)))
    columns, rows = (x1 - x0) // shrink, (y1 - y0) // shrink
    if columns < 1 or rows < 1:
        return picture, matrix
    part = picture[y0 : y0 + rows * shrink, x0 : x0 + columns * shrink]
    small = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    shift = matrix[:, :2] @ (x0, y0) + matrix[:, 2]
    return small, np.hstack([matrix[:, :2] * shrink, shift[:, None]])
