"""Crops of a plate as a network is shown them, in 8 bit: for the facesets it learns from."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Protocol

import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.media.network_colour import NetworkColour
from understudy.media.warp import compose, corners_of, halving_block_px, least_scale, translate, warp

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


class SeenPicture(Protocol):
    """What a crop needs of a plate's picture."""

    @property
    def window(self) -> Rect: ...
    def rgb8(self) -> Bytes: ...
    def region(self, rect: Rect) -> Floats: ...


def crop_cutter(picture: SeenPicture, colour: NetworkColour) -> Callable[[Matrix, int], Bytes]:
    """Cuts (S,S,3) out of one picture by a matrix, plate to crop, and a size in pixels.

    A network that sees a plate's own codes learns from its 8-bit picture; in any other encoding highlights
    and shadows are taken from the plate's full values.
    """
    if not colour.own_codes:
        return lambda matrix_23, size_px: _cut(picture, colour, matrix_23, size_px)
    rgb8_HW3 = picture.rgb8()
    return lambda matrix_23, size_px: warp(
        rgb8_HW3, matrix_23, (size_px, size_px), interpolation="cubic", border="replicate"
    )


def _cut(picture: SeenPicture, colour: NetworkColour, matrix_23: Matrix, size_px: int) -> Bytes:
    scale = least_scale(matrix_23)
    around = corners_of(matrix_23, size_px).expand(ceil(4 / scale) + 4)
    rect = around.snap(halving_block_px(scale)).intersect(picture.window)
    if rect.empty:
        return np.zeros((size_px, size_px, 3), np.uint8)
    to_crop = compose(matrix_23, translate(rect.x, rect.y))
    seen_HW3 = colour.seen(picture.region(rect))
    crop = warp(seen_HW3, to_crop, (size_px, size_px), interpolation="cubic", border="replicate")
    return np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
