"""Small pictures of faces, cut as training cuts them, for choosing among many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import CropType
from understudy.domain.errors import BadInput
from understudy.domain.facesets import FacePictures
from understudy.domain.frame import ColourTags, Rect
from understudy.faces.align import crop_transform, invert_transform, transform_points
from understudy.faces.roi import Float
from understudy.media.preview_colour import screen_codes
from understudy.media.warp import least_scale, warp

_QUALITY = 90
_FILTER_PX = 4  # of the small picture: so far beyond its edge a resampling filter reaches

Bytes = npt.NDArray[np.uint8]


class Region(Protocol):
    """What is needed of a plate's picture: R'G'B' of a part of it, and what colours those are."""

    @property
    def window(self) -> Rect: ...
    @property
    def colour(self) -> ColourTags: ...
    def region(self, rect: Rect) -> Float: ...


def face_picture(
    picture: Region, landmarks_KC: Float, crop_type: CropType, size_px: int, *, pixel_aspect: float = 1.0
) -> Bytes:
    """The network's view of one face, (size_px, size_px, 3) in 8-bit display colour.

    It is black for landmarks that cannot be aligned, and for a face beside the picture.
    """
    black = np.zeros((size_px, size_px, 3), np.uint8)
    if not np.isfinite(landmarks_KC).all():
        return black
    try:
        matrix = crop_transform(landmarks_KC, crop_type, size_px, pixel_aspect=pixel_aspect)
    except BadInput:
        return black
    rect = _seen(matrix, size_px, picture.window)
    if rect is None:
        return black
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ (rect.x, rect.y)
    pixels = np.ascontiguousarray(screen_codes(picture.region(rect), picture.colour), np.float32)
    drawn = warp(pixels, local, (size_px, size_px), interpolation="cubic", border="replicate")
    return np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8)


def _seen(matrix_23: npt.NDArray[np.float64], size_px: int, window: Rect) -> Rect | None:
    """The part of the plate that a crop shows, and what its filter needs around it."""
    corners = np.array([[0, 0], [size_px, 0], [0, size_px], [size_px, size_px]], np.float64)
    plate = transform_points(invert_transform(matrix_23), corners)
    margin = 2 + _FILTER_PX / min(1.0, least_scale(matrix_23))
    x0, y0 = (math.floor(low - margin) for low in plate.min(axis=0))
    x1, y1 = (math.ceil(high + margin) for high in plate.max(axis=0))
    seen = Rect(x0, y0, x1 - x0, y1 - y0).intersect(window)
    return None if seen.empty else seen


def picture_grid(pictures: Sequence[Bytes]) -> FacePictures:
    """Pictures of one size in one JPEG, in about as many rows as columns."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    side = pictures[0].shape[0]
    sheet = np.zeros((rows * side, columns * side, 3), np.uint8)
    for number, picture in enumerate(pictures):
        y, x = side * (number // columns), side * (number % columns)
        sheet[y : y + side, x : x + side] = picture[:, :, ::-1]
    _, encoded = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return FacePictures(jpeg=encoded.tobytes(), columns=columns)
