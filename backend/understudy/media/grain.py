"""The grain of a plate: measured where the picture is quiet, and made anew for what lacks it.

Pictures are display-encoded R'G'B' 0..1, (h,w,3) float32; mattes (h,w) 0..1. Grain is told in luma and two
colour differences, R'-Y' and B'-Y': codecs and sensors treat brightness and colour apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

CODE = 1 / 255
LUMA = np.asarray((0.2126, 0.7152, 0.0722), np.float32)
_AXES = np.stack([LUMA, np.eye(3, dtype=np.float32)[0] - LUMA, np.eye(3, dtype=np.float32)[2] - LUMA])
_LEVELS = np.linspace(0.1, 0.9, 5)  # of luma, at which grain is told
_SAMPLE_PX = 256  # measured in the middle of the face, no larger than this
_LEAST_PIXELS = 150.0
_QUIET_SHARE = 0.4  # grain is looked for in so much of the face, where the picture changes least
_GRAIN_FLOOR_CODES = 0.4  # less than this is the codec's rounding
_MOST_GRAIN_BLUR_PX = 2.0
_LOW_SHARE = 0.3  # which of several frames is believed: what is taken for grain by mistake only adds

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


def measure_grain(plate_hw3: Float, matte_hw: Float, *, before_hw3: Float | None = None) -> Grain:
    """The plate's grain inside the matte, where the picture itself is quiet; robust against what is not.

    A single picture cannot tell grain from fine pores. With the frame before, only what the motion of the
    picture does not explain is grain.
    """
    middle = middle_of(matte_hw)
    if matte_hw[middle].size < _LEAST_PIXELS:
        return Grain(
            sigma_3L=np.zeros((3, len(_LEVELS))), weight_L=np.zeros(len(_LEVELS)), blur_px_3=np.zeros(3)
        )
    axes = _axes(plate_hw3[middle])
    smooth = np.asarray(cv2.GaussianBlur(np.ascontiguousarray(axes[..., 0]), (0, 0), 2.0), np.float32)
    quiet = _quiet(smooth, matte_hw[middle])
    level_of = np.clip(smooth * len(_LEVELS), 0, len(_LEVELS) - 1).astype(np.int8)
    fine, coarse = _noise_bands(axes)
    if before_hw3 is not None:
        between = (axes - _carried_whole_px(_axes(before_hw3[middle]), axes)) * np.float32(np.sqrt(0.5))
        fine_between, coarse_between = _noise_bands(between)
    sigma_3L, weight_L = np.zeros((3, len(_LEVELS))), np.zeros(len(_LEVELS))
    blurs_3 = np.zeros(3)
    for level in range(len(_LEVELS)):
        inside = quiet & (level_of == level)
        count = float(inside.sum())
        if count < _LEAST_PIXELS:
            continue
        weight_L[level] = count
        for axis in range(3):
            sigma, ratio = _spread(fine, coarse, inside, axis)
            if before_hw3 is not None:
                sigma, ratio = min((sigma, ratio), _spread(fine_between, coarse_between, inside, axis))
            blur_px = _blur_of(ratio)
            sigma_3L[axis, level] = sigma / _response(blur_px)[0]
            blurs_3[axis] += count * blur_px
    sigma_3L = np.sqrt(np.maximum(np.square(sigma_3L) - (_GRAIN_FLOOR_CODES * CODE) ** 2, 0))
    return Grain(sigma_3L=sigma_3L, weight_L=weight_L, blur_px_3=blurs_3 / max(float(weight_L.sum()), 1.0))


def mean_grain(grains: Sequence[Grain]) -> Grain:
    """One grain out of those of several frames: level by level a low quantile, since errors only add."""
    weight_NL = np.stack([grain.weight_L for grain in grains])
    sigma_N3L = np.stack([grain.sigma_3L for grain in grains])
    sigma_3L = np.zeros_like(grains[0].sigma_3L)
    for level in range(len(_LEVELS)):
        known = sigma_N3L[weight_NL[:, level] > 0, :, level]
        if len(known):
            sigma_3L[:, level] = np.quantile(known, _LOW_SHARE, axis=0)
    shares = weight_NL.sum(axis=1) / max(float(weight_NL.sum()), 1.0)
    return Grain(
        sigma_3L=sigma_3L,
        weight_L=weight_NL.sum(axis=0),
        blur_px_3=shares @ np.stack([grain.blur_px_3 for grain in grains]),
    )


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
    g = y - (LUMA[0] * r_y + LUMA[2] * b_y) / LUMA[1]
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
    return np.asarray(cv2.transform(np.ascontiguousarray(rgb_hw3, np.float32), LUMA[None]), np.float32)


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


def _noise_bands(axes_hw3: Float) -> tuple[Float, Float]:
    """The finest noise and that of half its frequency, which tell how far noise is blurred."""
    fine = cv2.filter2D(axes_hw3, cv2.CV_32F, _NOISE_KERNEL)
    return np.asarray(fine, np.float32), np.asarray(cv2.filter2D(axes_hw3, cv2.CV_32F, _coarse_kernel()))


def _spread(fine: Float, coarse: Float, inside: npt.NDArray[np.bool_], axis: int) -> tuple[float, float]:
    """Robust sigma of the finest band, and that of the coarser one in proportion to it."""
    one, other = (_robust_sigma(band[..., axis][inside]) for band in (fine, coarse))
    return one, other / max(one, 1e-9)


def _robust_sigma(values_N: Float) -> float:
    """Root mean square with what is far off brought nearer.

    No median: in interpolated chroma half of the second differences are zero.
    """
    sizes = np.abs(values_N)
    limit = 2 * np.quantile(sizes, 0.75)
    return float(np.sqrt(np.mean(np.square(np.minimum(sizes, limit))))) / 0.98


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


def _carried_whole_px(before_axes_hw3: Float, axes_hw3: Float) -> Float:
    """The frame before moved onto this one by whole pixels: interpolation would blur its grain away."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    here, there = (
        np.asarray(np.clip(cv2.GaussianBlur(axes[..., 0], (0, 0), 1.2) * 255, 0, 255), np.uint8)
        for axes in (axes_hw3, before_axes_hw3)
    )
    height, width = here.shape
    flow = engine.calc(here, there, np.zeros((height, width, 2), np.float32))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    places = x + np.round(flow[..., 0]), y + np.round(flow[..., 1])
    return np.asarray(
        cv2.remap(before_axes_hw3, *places, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
