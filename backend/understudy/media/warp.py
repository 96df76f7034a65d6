"""Moving pixels by an affine transform, in one convention: pixel centres at half-integers.

OpenCV puts the centre of the top-left pixel at (0, 0); everything else in this product puts it at
(0.5, 0.5). The conversion happens here and nowhere else. OpenCV rounds positions to 1/32 pixel.
"""

from __future__ import annotations

import math
from typing import Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect

Interpolation = Literal["cubic", "linear", "area"]
Border = Literal["zero", "replicate", "reflect"]
Pixels = TypeVar("Pixels", npt.NDArray[np.float32], npt.NDArray[np.uint8])

_FLAGS = {"cubic": cv2.INTER_CUBIC, "linear": cv2.INTER_LINEAR, "area": cv2.INTER_LINEAR}
_SQUARE = 1e-3  # scales along x and y that differ less are one
_BORDERS = {"zero": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT}


def warp(
    image: Pixels,
    matrix_23: npt.NDArray[np.float64],
    size_wh: tuple[int, int],
    *,
    interpolation: Interpolation = "cubic",
    border: Border = "zero",
) -> Pixels:
    """Draw `image` through `matrix_23` (source pixels to destination pixels) into a new picture.

    image: (H,W) or (H,W,C), float32 or uint8; the result has `size_wh` and the same type.
    Shrinking is anti-aliased in every mode: whole halvings by exact 2x2 means, the rest by a Gaussian
    ("cubic", "linear") or by area resampling ("area", quickest and softest). Pixels that are not square
    are shrunk along x and y by as much as each needs; exactly so where nothing is turned.
    `border` says what lies outside the source.
    """
    matrix = np.asarray(matrix_23, np.float64)
    scales = _scales(matrix)
    if min(scales) < 1.0:
        image, matrix = _needed_part(image, matrix, size_wh, min(scales))
        image, matrix, scales = _halved(image, matrix, scales)
        image, matrix = _prefiltered(image, matrix, scales, interpolation)
    drawn = cv2.warpAffine(
        image, _to_opencv(matrix), size_wh, flags=_FLAGS[interpolation], borderMode=_BORDERS[border]
    )
    return drawn  # type: ignore[return-value]


def least_scale(matrix_23: npt.NDArray[np.float64]) -> float:
    """How much a map shrinks where it shrinks most; for a similarity, how much it enlarges lengths."""
    return min(_scales(np.asarray(matrix_23, np.float64)))


def _scales(matrix: npt.NDArray[np.float64]) -> tuple[float, float]:
    """How much lengths along the source's x and y are enlarged."""
    both = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))
    x, y = math.hypot(matrix[0, 0], matrix[1, 0]), math.hypot(matrix[0, 1], matrix[1, 1])
    return (both, both) if abs(x - y) <= _SQUARE * max(x, y) else (x, y)


def invert(matrix_23: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The inverse transform, (2,3)."""
    matrix = np.asarray(matrix_23, np.float64)
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])


def compose(outer_23: npt.NDArray[np.float64], inner_23: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The transform that applies `inner_23` first and `outer_23` to its result, (2,3)."""
    outer, inner = np.asarray(outer_23, np.float64), np.asarray(inner_23, np.float64)
    return np.hstack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2:] + outer[:, 2:]])


def translate(x_px: float, y_px: float) -> npt.NDArray[np.float64]:
    """A pure move, (2,3)."""
    return np.array([[1.0, 0.0, x_px], [0.0, 1.0, y_px]])


def apply(matrix_23: npt.NDArray[np.float64], points_K2: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Move points, (K,2) to (K,2)."""
    matrix = np.asarray(matrix_23, np.float64)
    return np.asarray(points_K2, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def corners_of(matrix_23: npt.NDArray[np.float64], crop_size: int) -> Rect:
    """The whole pixels of the plate that a crop covers; `matrix_23` is plate to crop."""
    size = float(crop_size)
    corners = apply(invert(matrix_23), np.array([[0, 0], [size, 0], [size, size], [0, size]]))
    (x0, y0), (x1, y1) = np.floor(corners.min(0)), np.ceil(corners.max(0))
    return Rect(int(x0), int(y0), int(x1 - x0), int(y1 - y0))


def resized_to(image: Pixels, width: int, height: int) -> Pixels:
    """A whole picture, (H,W) or (H,W,C), in another size."""
    grown = width * height >= image.shape[0] * image.shape[1]
    way = cv2.INTER_LINEAR if grown else cv2.INTER_AREA
    return cv2.resize(image, (width, height), interpolation=way)  # type: ignore[return-value]


def halving_block_px(scale: float) -> int:
    """So many source pixels a side are averaged into one when `warp` shrinks by `scale`.

    A part of a plate that begins at a multiple of it is shrunk to the same bits as the whole plate.
    """
    return 1 << max(0, math.floor(-math.log2(scale)))


def st_map(matrix_23: npt.NDArray[np.float64], rect: Rect, crop_size: int) -> npt.NDArray[np.float32]:
    """Where each plate pixel of `rect` lies in the crop, for a compositor's STMap node, (h,w,2) in 0..1.

    matrix_23: plate to crop. S runs left to right, T bottom to top, both over the whole crop, which is
    how Nuke reads them; values outside 0..1 lie outside the crop.
    """
    matrix = np.asarray(matrix_23, np.float64)
    x_W = np.arange(rect.x, rect.x1) + 0.5
    y_H1 = (np.arange(rect.y, rect.y1) + 0.5)[:, None]
    crop_x = matrix[0, 0] * x_W + matrix[0, 1] * y_H1 + matrix[0, 2]
    crop_y = matrix[1, 0] * x_W + matrix[1, 1] * y_H1 + matrix[1, 2]
    return np.stack([crop_x / crop_size, 1.0 - crop_y / crop_size], axis=-1).astype(np.float32)


def _to_opencv(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Half-integer centres to OpenCV's whole-number centres."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return shifted


def _needed_part(
    image: Pixels, matrix: npt.NDArray[np.float64], size_wh: tuple[int, int], scale: float
) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """Only the source pixels that the result can depend on, so that filtering costs little.

    The part begins at a multiple of the halvings to come: the same source pixels are then always averaged
    together, and a crop that moves by a pixel does not shimmer.
    """
    width, height = size_wh
    margin_px = 4.0 / scale + 4
    block = halving_block_px(scale)
    corners = apply(invert(matrix), np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
    rows, columns = image.shape[:2]
    x0, y0 = (
        int(v) // block * block for v in np.clip(corners.min(0) - margin_px, 0, (columns - 1, rows - 1))
    )
    x1, y1 = (int(v) for v in np.ceil(np.clip(corners.max(0) + margin_px, (x0 + 1, y0 + 1), (columns, rows))))
    return image[y0:y1, x0:x1], compose(matrix, translate(x0, y0))


def _halved(
    image: Pixels, matrix: npt.NDArray[np.float64], scales: tuple[float, float]
) -> tuple[Pixels, npt.NDArray[np.float64], tuple[float, float]]:
    """Exact means of two while the result is at most half the size; (x, y) becomes (x/2, y/2)."""
    along_x, along_y = scales
    while min(along_x, along_y) <= 0.5 and min(image.shape[:2]) >= 2:
        across, down = 1 + (along_x <= 0.5), 1 + (along_y <= 0.5)
        rows, columns = image.shape[:2]
        if rows % down or columns % across:
            image = cv2.copyMakeBorder(image, 0, rows % down, 0, columns % across, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
            rows, columns = image.shape[:2]
        image = cv2.resize(image, (columns // across, rows // down), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        matrix = compose(matrix, np.diag([float(across), float(down), 0.0])[:2])
        along_x, along_y = along_x * across, along_y * down
    return image, matrix, (along_x, along_y)


def _prefiltered(
    image: Pixels,
    matrix: npt.NDArray[np.float64],
    scales: tuple[float, float],
    interpolation: Interpolation,
) -> tuple[Pixels, npt.NDArray[np.float64]]:
    if min(scales) > 0.98:
        return image, matrix
    along_x, along_y = (min(1.0, scale) for scale in scales)
    if interpolation == "area":
        rows, columns = image.shape[:2]
        small = max(1, round(columns * along_x)), max(1, round(rows * along_y))
        resized = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        back = np.array([[columns / small[0], 0, 0], [0, rows / small[1], 0]])
        return resized, compose(matrix, back)  # type: ignore[return-value]
    across, down = (max(0.01, 0.5 * math.sqrt(1.0 / scale**2 - 1.0)) for scale in (along_x, along_y))
    blurred = cv2.GaussianBlur(image, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REPLICATE)
    return blurred, matrix  # type: ignore[return-value]
