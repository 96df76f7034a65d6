"""From landmarks to the upright square that a network sees.

Coordinates are pixels with centres at half-integers on both sides: the top-left pixel of the plate, and
of the crop, has its centre at (0.5, 0.5), so a crop of `size_px` spans 0 to `size_px`.

Where the pixels of a plate are not square, landmarks stay in its pixels and a face's square is found
unsqueezed, where x counts `pixel_aspect` times: only there is a face as wide as it is.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from understudy.config import CropType
from understudy.domain.errors import BadInput

Matrix = npt.NDArray[np.float64]
Points = TypeVar("Points", npt.NDArray[np.float32], npt.NDArray[np.float64])

# Where some landmarks of the 478 lie in the mean face's unit square (x to the right, y down) and how far away
# (z, 0 at the tip of the nose). They are the canonical mesh (`geometry_pipeline_metadata_landmarks` in
# face_landmarker.task, centimetres, y up, z to the viewer) seen from the front: x = (X + 8) / 16,
# y = (6.4 - Y) / 16, z = (7.6 - Z) / 16, so the square is 16 cm wide and reaches from just above the brows to
# just below the chin. Chosen: points on bone or close to it, few that speech moves, left as right.
_MEAN_FACE: dict[int, tuple[float, float, float]] = {
    # brows
    70: (0.1424, 0.1341, 0.2981),
    63: (0.1884, 0.0998, 0.2405),
    105: (0.2508, 0.0807, 0.1959),
    66: (0.3275, 0.0812, 0.1615),
    107: (0.4128, 0.0868, 0.1427),
    336: (0.5872, 0.0868, 0.1427),
    296: (0.6725, 0.0812, 0.1615),
    334: (0.7492, 0.0807, 0.1959),
    293: (0.8116, 0.0998, 0.2405),
    300: (0.8576, 0.1341, 0.2981),
    # between the brows
    9: (0.5000, 0.0946, 0.1384),
    8: (0.5000, 0.1488, 0.1447),
    # eyes: corners and lids
    33: (0.2221, 0.2335, 0.2767),
    159: (0.3014, 0.2147, 0.2327),
    133: (0.3840, 0.2384, 0.2401),
    145: (0.3014, 0.2566, 0.2390),
    362: (0.6160, 0.2384, 0.2401),
    386: (0.6986, 0.2147, 0.2327),
    263: (0.7779, 0.2335, 0.2767),
    374: (0.6986, 0.2566, 0.2390),
    # nose
    168: (0.5000, 0.1956, 0.1477),
    6: (0.5000, 0.2454, 0.1132),
    197: (0.5000, 0.2920, 0.0802),
    195: (0.5000, 0.3338, 0.0516),
    5: (0.5000, 0.3771, 0.0223),
    4: (0.5000, 0.4289, 0.0008),
    1: (0.5000, 0.4704, 0.0078),
    2: (0.5000, 0.5306, 0.0964),
    98: (0.4121, 0.5071, 0.1474),
    327: (0.5879, 0.5071, 0.1474),
    48: (0.3995, 0.4589, 0.1116),
    278: (0.6005, 0.4589, 0.1116),
    # cheekbones
    116: (0.0959, 0.3414, 0.3694),
    345: (0.9041, 0.3414, 0.3694),
    117: (0.1713, 0.3409, 0.2891),
    346: (0.8287, 0.3409, 0.2891),
    50: (0.2022, 0.4438, 0.2541),
    280: (0.7978, 0.4438, 0.2541),
    # mouth corners and the groove above
    61: (0.3465, 0.6714, 0.2073),
    291: (0.6535, 0.6714, 0.2073),
    164: (0.5000, 0.5576, 0.1042),
    # jaw
    132: (0.0456, 0.5807, 0.6158),
    361: (0.9544, 0.5807, 0.6158),
    58: (0.0800, 0.6993, 0.5841),
    288: (0.9200, 0.6993, 0.5841),
    172: (0.1287, 0.7890, 0.5145),
    397: (0.8713, 0.7890, 0.5145),
    136: (0.1822, 0.8487, 0.4303),
    365: (0.8178, 0.8487, 0.4303),
    150: (0.2457, 0.8996, 0.3547),
    379: (0.7543, 0.8996, 0.3547),
    149: (0.2993, 0.9333, 0.2999),
    378: (0.7007, 0.9333, 0.2999),
    152: (0.5000, 0.9877, 0.2085),
}

MEAN_FACE_POINTS: npt.NDArray[np.intp] = np.array(list(_MEAN_FACE), np.intp)
"""Numbers of the landmarks that an alignment rests on, (M,)."""
MEAN_HEAD: Matrix = np.array(list(_MEAN_FACE.values()))
"""Their place in space, (M, 3), in sides of the unit square."""
MEAN_FACE: Matrix = MEAN_HEAD[:, :2]
"""Their place in the unit square, (M, 2)."""

# How much head a crop takes: padding beyond a square whose half diagonal is half a unit, so that its half
# side is padding + 0.5 / sqrt 2 units, and how far it moves up, in crop sides, to take in forehead and hair.
_PADDING: dict[CropType, float] = {"mid": 0.0675, "full": 0.211, "whole": 0.40, "head": 0.70}
_RAISED: dict[CropType, float] = {"mid": 0.0, "full": 0.0, "whole": 0.07, "head": 0.14}


def similarity(source_N2: npt.NDArray[np.floating], target_N2: npt.NDArray[np.floating]) -> Matrix:
    """The rotation, scale and shift that bring source points closest to target points, (2, 3).

    Never a mirror image. Source: Umeyama, "Least-squares estimation of transformation parameters between
    two point patterns", IEEE PAMI 13(4), 1991.
    Raises: BadInput when the source points all coincide or are not finite.
    """
    source, target = np.asarray(source_N2, np.float64), np.asarray(target_N2, np.float64)
    source_mean, target_mean = source.mean(0), target.mean(0)
    centred, wanted = source - source_mean, target - target_mean
    variance = float((centred**2).sum())
    if not math.isfinite(variance) or variance < 1e-12:
        raise BadInput("landmarks that lie in one point, or nowhere, cannot be aligned; drop this face")
    left, stretch, right = np.linalg.svd(wanted.T @ centred)
    sign = np.array([1.0, 1.0 if np.linalg.det(left) * np.linalg.det(right) > 0 else -1.0])
    linear = (left * sign) @ right * (float((stretch * sign).sum()) / variance)
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def unsqueezed(points_NC: Points, pixel_aspect: float) -> Points:
    """Points (..., 2 or more) of a plate as they lie where its pixels are drawn square; the same at 1."""
    if pixel_aspect == 1.0:
        return points_NC
    wide = points_NC.copy()
    wide[..., 0] *= pixel_aspect
    return wide


def squeezed(points_NC: Points, pixel_aspect: float) -> Points:
    """The inverse of `unsqueezed`."""
    return unsqueezed(points_NC, 1.0 / pixel_aspect)


def from_squeezed(matrix_23: Matrix, pixel_aspect: float) -> Matrix:
    """A map (2, 3) of unsqueezed positions as one of plate pixels; the same at 1."""
    if pixel_aspect == 1.0:
        return matrix_23
    return matrix_23 * (pixel_aspect, 1.0, 1.0)


def mean_face_transform(landmarks_KC: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0) -> Matrix:
    """The map (2, 3) from plate pixels to the mean face's unit square; landmarks (478, 2 or 3).

    A similarity of unsqueezed positions.
    """
    points_M2 = np.asarray(landmarks_KC)[MEAN_FACE_POINTS, :2]
    if pixel_aspect == 1.0:
        return similarity(points_M2, MEAN_FACE)
    wide = unsqueezed(points_M2.astype(np.float64), pixel_aspect)
    return from_squeezed(similarity(wide, MEAN_FACE), pixel_aspect)


def crop_transform(
    landmarks_KC: npt.NDArray[np.floating], crop_type: CropType, size_px: int, *, pixel_aspect: float = 1.0
) -> Matrix:
    """The map (2, 3) from plate pixels to crop pixels, for one face.

    landmarks_KC: (478, 2 or 3) plate pixels. Raises: BadInput.
    """
    return crop_of_square(mean_face_transform(landmarks_KC, pixel_aspect=pixel_aspect), crop_type, size_px)


def crop_of_square(to_unit_23: Matrix, crop_type: CropType, size_px: int) -> Matrix:
    """The crop around a mean face's square; `to_unit_23` takes plate pixels to that square's 0..1."""
    side = 2 * _PADDING[crop_type] + math.sqrt(0.5)
    corner = np.array([0.5 - side / 2, 0.5 - side / 2 - _RAISED[crop_type] * side])
    unit = np.array(to_unit_23, np.float64)
    unit[:, 2] -= corner
    return unit * (size_px / side)


def face_square(
    landmarks_KC: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0
) -> npt.NDArray[np.float64]:
    """Where the mean face's square lies, (4,): centre x, centre y, side, angle.

    Unsqueezed pixels, and degrees clockwise. Raises: BadInput.
    """
    square: npt.NDArray[np.float64] = face_squares(np.asarray(landmarks_KC)[None], pixel_aspect=pixel_aspect)[
        0
    ]
    if not (np.isfinite(square).all() and square[2] > 0):
        raise BadInput("landmarks that lie in one point, or nowhere, cannot be aligned; drop this face")
    return square


def face_squares(
    landmarks_NKC: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0
) -> npt.NDArray[np.float64]:
    """`face_square` of many faces, (N, 4); undefined numbers where a face cannot be aligned.

    In the plane the least-squares similarity is a ratio of sums, so all faces are fitted at once.
    """
    points = unsqueezed(landmarks_NKC[:, MEAN_FACE_POINTS, :2].astype(np.float64), pixel_aspect)
    x, y = np.ascontiguousarray(points[:, :, 0]), np.ascontiguousarray(points[:, :, 1])
    mean_x, mean_y = x.mean(1), y.mean(1)
    x -= mean_x[:, None]
    y -= mean_y[:, None]
    u, v = (MEAN_FACE - MEAN_FACE.mean(0)).T
    along, across = (x * u + y * v).sum(1), (y * u - x * v).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        side = (x * x + y * y).sum(1) / np.hypot(along, across)
        angle = np.arctan2(across, along)
    off_x, off_y = np.array([0.5, 0.5]) - MEAN_FACE.mean(0)
    cos, sin = side * np.cos(angle), side * np.sin(angle)
    centre_x, centre_y = mean_x + cos * off_x - sin * off_y, mean_y + sin * off_x + cos * off_y
    return np.stack([centre_x, centre_y, side, np.degrees(angle)], axis=1)


def square_transform(square_4: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0) -> Matrix:
    """The map (2, 3) from plate pixels to a face square's 0..1; the inverse of `face_square`."""
    x, y, side, angle = (float(value) for value in square_4)
    cos, sin = math.cos(math.radians(angle)) / side, math.sin(math.radians(angle)) / side
    linear = np.array([[cos, sin], [-sin, cos]])
    to_unit = np.hstack([linear, (np.array([0.5, 0.5]) - linear @ (x, y))[:, None]])
    return from_squeezed(to_unit, pixel_aspect)


def invert_transform(matrix_23: npt.NDArray[np.floating]) -> Matrix:
    """The inverse of a (2, 3) affine map, as (2, 3)."""
    linear = np.linalg.inv(np.asarray(matrix_23[:, :2], np.float64))
    return np.hstack([linear, (-linear @ matrix_23[:, 2])[:, None]])


def transform_points(matrix_23: npt.NDArray[np.floating], points_N2: npt.NDArray[np.floating]) -> Matrix:
    """Points (..., 2) after a (2, 3) affine map."""
    return np.asarray(points_N2 @ matrix_23[:, :2].T + matrix_23[:, 2], np.float64)


def transform_scale(matrix_23: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0) -> float:
    """How much a map of plate pixels enlarges lengths, those of unsqueezed pixels."""
    return math.sqrt(abs(float(np.linalg.det(matrix_23[:, :2]))) / pixel_aspect)


def face_height_px(landmarks_KC: npt.NDArray[np.floating], *, pixel_aspect: float = 1.0) -> float:
    """Height of the face in plate pixels: the mean face's square, from above the brows to below the chin.

    It comes from the whole fit, so speech and a nod change it little. Raises: BadInput.
    """
    to_unit = mean_face_transform(landmarks_KC, pixel_aspect=pixel_aspect)
    return 1.0 / transform_scale(to_unit, pixel_aspect=pixel_aspect)
