"""The grain of a plate: measured where the picture is quiet, and made anew for what lacks it.

Pictures are display-encoded R'G'B' 0..1, (h,w,3) float32; mattes (h,w) 0..1. Grain is told in luma and two
colour differences, R'-Y' and B'-Y': codecs and sensors treat brightness and colour apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from understudy.media.colour import BT709_LUMA

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

CODE = 1 / 255
_LUMA = np.asarray(BT709_LUMA, np.float32)
_AXES = np.stack([_LUMA, np.eye(3, dtype=np.float32)[0] - _LUMA, np.eye(3, dtype=np.float32)[2] - _LUMA])
_LEVELS = np.linspace(0.1, 0.9, 5)  # of luma, at which grain is told
_SAMPLE_PX = 256  # measured in the middle of the face, no larger than this
_LEAST_PIXELS = 250
_QUIET_SHARE = 0.4  # grain is looked for in so much of the face, where the picture changes least
_TILE_PX, _TILE_SHARE = 7, 0.2  # and there in the quietest tiles: stubble and pores only add
_TILE_BIAS = 0.85  # what so quiet a tile shows of evenly spread noise
_ROUNDING_CODES = 0.3  # in the finest band; less than this is the rounding to code values
_MOST_GRAIN_BLUR_PX = 1.5

# Source: J. Immerkaer, "Fast noise variance estimation", 1996: blind to edges and shading, scaled for sigma.
_NOISE_KERNEL = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32) / np.float32(6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grain:
    """Noise of a plate: sigma_3L in code values 0..1 by axis (Y', R'-Y', B'-Y') and level of luma.

    weight_L is how many pixels said it; blur_px_3 how far the noise of each axis is blurred (a Gaussian's
    sigma; 0 is white).
    """

    sigma_3L: Double
    weight_L: Double
    blur_px_3: Double

    @property
    def strength_codes(self) -> float:
        """Mean sigma of luma, in 8-bit code values."""
        total = float(self.weight_L.sum())
        return float(self.sigma_3L[0] @ self.weight_L) / total / CODE if total > 0 else 0.0


def measure_grain(plate_hw3: Float, matte_hw: Float) -> Grain:
    """The plate's grain inside the matte, taken where the picture itself is quiet."""
    sigma_3L, blurs_3L, weight_L = (np.zeros((3, len(_LEVELS))) for _ in range(3))
    middle = middle_of(matte_hw)
    if matte_hw[middle].size >= _LEAST_PIXELS:
        axes = _axes(plate_hw3[middle])
        smooth = np.asarray(cv2.GaussianBlur(np.ascontiguousarray(axes[..., 0]), (0, 0), 2.0), np.float32)
        quiet = _quiet(smooth, matte_hw[middle])
        level_of = np.clip(smooth * len(_LEVELS), 0, len(_LEVELS) - 1).astype(np.int8)
        tiles = [_tiles(axes, kernel) for kernel in (_NOISE_KERNEL, _coarse_kernel())]
        for level in range(len(_LEVELS)):
            inside = quiet & (level_of == level)
            if (count := int(inside.sum())) >= _LEAST_PIXELS:
                fine_3, coarse_3 = (_quietest(tile[inside]) for tile in tiles)
                sigma_3L[:, level], blurs_3L[:, level] = _unblurred(fine_3, coarse_3)
                weight_L[:, level] = count
    blur_px_3 = (blurs_3L * weight_L).sum(axis=1) / np.maximum(weight_L.sum(axis=1), 1)
    return Grain(sigma_3L=sigma_3L, weight_L=weight_L[0], blur_px_3=blur_px_3)


def grain_for(grain: Grain, luma_hw: Float, *, frame: int, track: int, seed: int) -> Float:
    """Noise (h,w,3) like the plate's, to be added to a display-encoded picture of this luma.

    The same frame, track and seed give the same noise.
    """
    known = grain.weight_L > 0
    height, width = luma_hw.shape
    if not known.any():
        return np.zeros((height, width, 3), np.float32)
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, frame, track])))
    white = random.standard_normal((height, width), dtype=np.float32)
    axes = []
    for axis in range(3):
        if not grain.sigma_3L[axis].any():
            axes.append(np.zeros((height, width), np.float32))
            continue
        # one field serves all axes: moved so far, it is noise of its own
        noise = np.roll(white, (axis * height // 3, axis * width // 3), (0, 1))
        table = np.interp(np.linspace(0, 1, 256), _LEVELS[known], grain.sigma_3L[axis, known])
        sigma_hw = cv2.LUT(np.asarray(np.clip(luma_hw, 0, 1) * 255, np.uint8), table.astype(np.float32))
        axes.append(_blurred_noise(noise, float(grain.blur_px_3[axis])) * sigma_hw)
    y, r_y, b_y = axes
    g = y - (_LUMA[0] * r_y + _LUMA[2] * b_y) / _LUMA[1]
    return np.asarray(cv2.merge([y + r_y, g, y + b_y]), np.float32)


def grain_energy(grain: Grain, kernel: Float) -> float:
    """Mean square of the plate's luma grain behind a filter."""
    total = float(grain.weight_L.sum())
    if total <= 0:
        return 0.0
    spot = _blurred_noise(np.pad(np.ones((1, 1), np.float32), 16), float(np.round(grain.blur_px_3[0], 1)))
    energy = float(np.square(cv2.filter2D(spot, cv2.CV_32F, kernel)).sum())
    return energy * float(np.square(grain.sigma_3L[0]) @ grain.weight_L) / total


def luma(rgb_hw3: Float) -> Float:
    """BT.709 luma, (h,w)."""
    return np.asarray(cv2.transform(np.ascontiguousarray(rgb_hw3, np.float32), _LUMA[None]), np.float32)


def middle_of(matte_hw: Float) -> tuple[slice, slice]:
    """The middle of what the matte covers, at most `_SAMPLE_PX` wide and high."""
    x, y, width, height = cv2.boundingRect((matte_hw > 0.5).astype(np.uint8))
    inset_x, inset_y = max(0, width - _SAMPLE_PX) // 2, max(0, height - _SAMPLE_PX) // 2
    return np.s_[y + inset_y : y + height - inset_y, x + inset_x : x + width - inset_x]


def _axes(rgb_hw3: Float) -> Float:
    return np.asarray(cv2.transform(np.ascontiguousarray(rgb_hw3, np.float32), _AXES), np.float32)


def _quiet(smooth_hw: Float, matte_hw: Float) -> npt.NDArray[np.bool_]:
    """Where the face's picture, without its grain, changes least."""
    inside = cv2.erode((matte_hw > 0.9).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not inside.any():
        return inside
    slope = np.hypot(cv2.Sobel(smooth_hw, cv2.CV_32F, 1, 0), cv2.Sobel(smooth_hw, cv2.CV_32F, 0, 1))
    return np.asarray(inside & (slope <= np.quantile(slope[inside], _QUIET_SHARE)))


def _tiles(axes_hw3: Float, kernel: Float) -> Float:
    """Root mean squares of one band of noise over small tiles, one round every pixel, (h,w,3)."""
    band = cv2.filter2D(axes_hw3, cv2.CV_32F, kernel)
    return np.asarray(np.sqrt(np.maximum(cv2.blur(np.square(band), (_TILE_PX, _TILE_PX)), 0)), np.float32)


def _quietest(tiles_N3: Float) -> Double:
    """Sigma of each axis in the quietest of some tiles."""
    return np.asarray(np.quantile(tiles_N3, _TILE_SHARE, axis=0) / _TILE_BIAS, np.float64)


def _unblurred(fine_3: Double, coarse_3: Double) -> tuple[Double, Double]:
    """Sigma and blur of noise, by axis, from what its finest band and that of half the frequency show."""
    rounding = _ROUNDING_CODES * CODE
    blurs_3 = np.asarray([_blur_of(c / max(f, 1e-9)) for f, c in zip(fine_3, coarse_3, strict=True)])
    seen_3 = np.sqrt(np.maximum(np.square(fine_3) - rounding**2, 0))
    return seen_3 / [_response(float(blur))[0] for blur in blurs_3], blurs_3


@lru_cache(maxsize=1)
def _coarse_kernel() -> Float:
    """The noise kernel at twice its size: holes filled by a small Gaussian, scaled for white noise."""
    wide = np.zeros((5, 5), np.float32)
    wide[::2, ::2] = _NOISE_KERNEL
    wide = np.pad(wide, 2)
    kernel = cv2.GaussianBlur(wide, (5, 5), 0.8, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(kernel / np.sqrt(np.square(kernel).sum()), np.float32)


@lru_cache(maxsize=64)
def _response(blur_px: float) -> tuple[float, float]:
    """What both kernels make of noise of sigma 1 that is blurred so far."""
    spot = _blurred_noise(np.pad(np.ones((1, 1), np.float32), 16), blur_px)
    return tuple(  # type: ignore[return-value]
        float(np.sqrt(np.square(cv2.filter2D(spot, cv2.CV_32F, kernel)).sum()))
        for kernel in (_NOISE_KERNEL, _coarse_kernel())
    )


@lru_cache(maxsize=1)
def _blurs() -> tuple[Double, Double]:
    blurs = np.round(np.arange(0, _MOST_GRAIN_BLUR_PX + 0.01, 0.1), 1)
    ratios = [coarse / fine for fine, coarse in (_response(float(blur)) for blur in blurs)]
    return blurs, np.maximum.accumulate(np.asarray(ratios))


def _blur_of(ratio: float) -> float:
    blurs, ratios = _blurs()
    return float(np.round(np.interp(ratio, ratios, blurs), 1))


def _blurred_noise(noise_hw: Float, blur_px: float) -> Float:
    """Noise blurred and brought back to the strength it had."""
    if blur_px < 0.2:
        return noise_hw
    kernel = cv2.getGaussianKernel(2 * int(np.ceil(3 * blur_px)) + 1, blur_px)
    blurred = cv2.sepFilter2D(noise_hw, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred / np.square(kernel).sum(), np.float32)
