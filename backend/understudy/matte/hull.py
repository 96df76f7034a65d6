"""The face's outline as a matte: the union of the projected mesh triangles.

The oval of the mesh is not enough, since it crosses itself when the head turns to profile; the
triangles cover the right area from every side.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from math import erf, sqrt

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

MESH_POINTS = 468  # the landmarks that the triangles join; 468-477 are the irises
_FACE_TOP, _FACE_BOTTOM, _BROWS = 10, 152, (105, 334)
_SUPERSAMPLING = 2
_SUBPIXEL_BITS = 4


@lru_cache(maxsize=1)
def mesh_triangles() -> npt.NDArray[np.int32]:
    """Point indices of the face mesh's triangles, (898,3).

    Source: the canonical mesh in MediaPipe's face_landmarker.task (Apache-2.0); the table names its hash.
    """
    text = resources.files(__package__).joinpath("mesh_triangles.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return np.array(rows, np.int32)


def hull_matte(
    landmarks_K2: npt.NDArray[np.floating],
    size_wh: tuple[int, int],
    *,
    erode_px: float = 0.0,
    feather_px: float = 0.0,
    brow_lift: float = 0.0,
    pixel_aspect: float = 1.0,
) -> Float:
    """Cover the face with a matte of 0..1, shape (h,w), in whatever pixels the landmarks are in.

    landmarks_K2 (468 or more, 2 or more columns), pixel centres at half-integers, relative to the matte's
    top-left corner. `erode_px` and `feather_px` as in `soften`; `brow_lift` moves the top edge up by that
    share of the distance from brows to the mesh's top.
    """
    points_K2 = np.asarray(landmarks_K2[:MESH_POINTS, :2], np.float64)
    if brow_lift:
        points_K2 = _lift_forehead(points_K2, brow_lift)
    hull_HW = _rasterise(points_K2, size_wh)
    return soften(hull_HW, erode_px=erode_px, feather_px=feather_px, pixel_aspect=pixel_aspect)


def _rasterise(points_K2: npt.NDArray[np.float64], size_wh: tuple[int, int]) -> Float:
    """Union of the triangles; smoothed and supersampled, or an upright edge would jump by half pixels."""
    width, height = size_wh
    canvas = np.zeros((height * _SUPERSAMPLING, width * _SUPERSAMPLING), np.uint8)
    # cv2 draws around integer pixel centres; far-off points are clipped so that fixed point cannot overflow
    near = np.clip(points_K2 * _SUPERSAMPLING - 0.5, -1e5, 1e5)
    fixed_T32 = np.round(near * (1 << _SUBPIXEL_BITS)).astype(np.int32)[mesh_triangles()]
    for triangle_32 in fixed_T32:
        cv2.fillConvexPoly(canvas, triangle_32, 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    return cv2.resize(canvas, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)


def _lift_forehead(points_K2: npt.NDArray[np.float64], lift: float) -> npt.NDArray[np.float64]:
    """Stretch what lies above the brows upwards along the face's own axis; brows and below stay."""
    axis = points_K2[_FACE_TOP] - points_K2[_FACE_BOTTOM]
    axis /= max(float(np.hypot(*axis)), 1e-6)
    above_brows = points_K2 @ axis - float((points_K2[list(_BROWS)] @ axis).mean())
    stretched: npt.NDArray[np.float64] = points_K2 + np.maximum(above_brows, 0)[:, None] * lift * axis
    return stretched


def soften(matte_HW: Float, *, erode_px: float, feather_px: float, pixel_aspect: float = 1.0) -> Float:
    """Move a matte's edge inwards and make it soft, without a jump when sizes change by parts of a pixel.

    The result is 0 up to `erode_px` inside the old edge and 1 from `feather_px` further in. A negative
    erosion grows the matte; it feathers outwards where `erode_px` is `-feather_px`. The picture border takes
    nothing away. Sizes are heights of pixels, which are `pixel_aspect` times as wide. The depth below the
    edge is read from a Gaussian blur: a distance transform would be quantised to whole pixels, which
    flickers.
    """
    if erode_px == 0 and feather_px == 0:
        return matte_HW
    inner_px = erode_px + max(feather_px, 1.0)  # an edge narrower than a pixel would not be smooth
    sigma_px = max(abs(erode_px), abs(inner_px), 1.0) / 2
    height, width = matte_HW.shape
    step = 1
    thinnest_px = sigma_px / max(1.0, pixel_aspect)
    while thinnest_px / step >= 4 and min(height, width) > 8 * step:
        step *= 2  # a wide blur needs few samples
    small = _resized(matte_HW, -(-width // step), -(-height // step), cv2.INTER_AREA)
    across, down = sigma_px / pixel_aspect / step, sigma_px / step
    blurred = cv2.GaussianBlur(small, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REPLICATE)
    depths, responses = _step_response()
    depth_px = np.interp(blurred, responses, depths * sigma_px).astype(np.float32)
    ramp = np.clip((depth_px - np.float32(erode_px)) / np.float32(inner_px - erode_px), 0, 1)
    return _resized(ramp * ramp * (3 - 2 * ramp), width, height, cv2.INTER_LINEAR)


def _resized(matte_HW: Float, width: int, height: int, interpolation: int) -> Float:
    if matte_HW.shape == (height, width):
        return matte_HW
    return np.asarray(cv2.resize(matte_HW, (width, height), interpolation=interpolation), np.float32)


@lru_cache(maxsize=1)
def _step_response() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What a unit Gaussian makes of a straight edge: depths below the edge, and the blurred value there."""
    depths = np.linspace(-3, 3, 121)
    return depths, np.array([0.5 * (1 + erf(depth / sqrt(2))) for depth in depths])
