"""Blending band by band in linear light: low frequencies over a wide border, fine ones over the matte's own.

The blend is given as a layer with straight alpha, `replaced`, so that a compositor's plain `over` makes it:
colour = plate + change / alpha, where `change` is what the Laplacian blend does to the plate and `alpha` is
its support. Where the matte is full alpha is 1 and the colour is the blend itself; in the border the colour
carries on smoothly, and it does not hold the plate's own picture multiplied in twice.
"""

from __future__ import annotations

from math import log2

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

_FACE_PER_COARSEST_PX = 24.0  # the coarsest band's pixel is so small a part of the face's height
_MOST_LEVELS = 6
_SUPPORT_GAIN = 2.0  # alpha is full where the coarsest matte is at least half
_DARKEST_SHARE = 0.5  # of the darker of the two pictures: nothing in the blend is darker than that
_SUPPORT_FLOOR = 0.04  # the far tail of the coarsest matte, which would change the plate by less than a code


def pyramid_levels(face_height_px: float) -> int:
    """How many bands a face of this height is blended in."""
    return int(np.clip(round(log2(max(face_height_px, 1.0) / _FACE_PER_COARSEST_PX)), 1, _MOST_LEVELS))


def pyramid_reach_px(levels: int) -> int:
    """How far outside the matte the blend can change the plate."""
    return int(2 * 2**levels)


def pyramid_blend(
    background_HW3: Float, foreground_HW3: Float, matte_HW: Float, *, levels: int
) -> tuple[Float, Float]:
    """Blend foreground into background; returns colour (H,W,3) and straight alpha (H,W).

    All in linear light. Since the Laplacian pyramid is linear, only the difference of the pictures is taken
    apart: the background keeps its finest detail to the last bit where nothing changes.
    Source: P. Burt and E. Adelson, "A multiresolution spline with application to image mosaics", 1983.
    """
    mattes = [matte_HW]
    bands = []
    rest = foreground_HW3 - background_HW3
    for _ in range(_possible_levels(matte_HW.shape, levels)):
        smaller = np.asarray(cv2.pyrDown(rest), np.float32)
        bands.append(rest - _up(smaller, rest.shape))
        mattes.append(np.asarray(cv2.pyrDown(mattes[-1]), np.float32))
        rest = smaller
    change = rest * mattes[-1][..., None]
    support = mattes[-1]
    for band, matte in zip(reversed(bands), reversed(mattes[:-1]), strict=True):
        change = _up(change, band.shape)
        band *= matte[..., None]
        change += band
        support = _up(support, matte.shape)
    full = np.minimum(np.maximum(support * np.float32(_SUPPORT_GAIN), matte_HW), 1)
    alpha = np.maximum((full - np.float32(_SUPPORT_FLOOR)) / np.float32(1 - _SUPPORT_FLOOR), 0)
    # dividing by the support before its tail was cut keeps the change continuous where alpha runs out
    change *= ((alpha > 0) / np.maximum(full, np.float32(1e-3)))[..., None]
    change += background_HW3
    # where something dark ends near the edge, bands blended apart can add up to less than nothing
    darkest = np.minimum(foreground_HW3, background_HW3) * np.float32(_DARKEST_SHARE)
    return np.maximum(change, darkest), alpha


def over(
    colour_HW3: npt.NDArray[np.floating], alpha_HW: npt.NDArray[np.floating], background_HW3: Float
) -> Float:
    """Straight-alpha colour over a background, in linear light."""
    alpha = np.asarray(alpha_HW, np.float32)[..., None]
    return background_HW3 + alpha * (np.asarray(colour_HW3, np.float32) - background_HW3)


def _possible_levels(shape: tuple[int, ...], wanted: int) -> int:
    """A tiny picture cannot be halved often."""
    return max(0, min(wanted, int(log2(max(min(shape[:2]) / 2, 1)))))


def _up(picture: npt.NDArray[np.floating], shape: tuple[int, ...]) -> Float:
    return np.asarray(cv2.pyrUp(picture, dstsize=(shape[1], shape[0])), np.float32)
