"""Giving a drawn face the plate's texture: its motion blur, its sharpness, its grain.

A network's picture is clean and a little soft, more so when it has been steadied over time; pasted into a
plate it looks like plastic. What is missing is measured on the plate in the region of the face and put onto
the drawing, in that order: blur along the motion, detail, grain. Measuring and putting on are apart, so that
the measurements can be averaged over the frames around.

Pictures are display-encoded R'G'B' 0..1, (h,w,3) float32, of one rect of the plate; mattes (h,w) 0..1 say
where the face is. Grain is told in luma and two colour differences, R'-Y' and B'-Y': codecs and sensors
treat brightness and colour apart.
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
_LUMA = np.asarray((0.2126, 0.7152, 0.0722), np.float32)
_AXES = np.stack([_LUMA, np.eye(3, dtype=np.float32)[0] - _LUMA, np.eye(3, dtype=np.float32)[2] - _LUMA])
_LEVELS = np.linspace(0.1, 0.9, 5)  # of luma, at which grain is told
_SAMPLE_PX = 256  # grain and motion blur are measured in the middle of the face, no larger than this
_LEAST_PIXELS = 150.0

_QUIET_SHARE = 0.4  # grain is looked for in so much of the face, where the picture changes least
_GRAIN_FLOOR_CODES = 0.4  # less than this is the codec's rounding
_MOST_GRAIN_BLUR_PX = 2.0

_MOST_DETAIL_GAIN = 1.0  # added to the finest band: at most twice as strong
_OVERSHOOT = 0.2  # of the local contrast, what sharpening may go beyond it: more would be a halo

_LEAST_MOTION_PX = 1.5  # slower than this, a frame, there is no motion blur to be seen
_SHUTTER = 1.0  # the longest blur, in frames of motion
_SAME_ANISOTROPY = 0.85  # faces differ so much without any blur

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """Energies of luma's Laplacian in the face, squares of code values 0..1, grain taken out.

    `plate`, `face`: of the two pictures; `band`: of the face's finest band alone; `shared`: of face and band.
    radius_px is the band's.
    """

    plate: float
    face: float
    shared: float
    band: float
    radius_px: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Smear:
    """Motion blur that a face lacks: the vector (x, y) in pixels of the plate along which it is blurred."""

    along_px_2: Double


@dataclass(frozen=True, kw_only=True, slots=True)
class Texture:
    """All that a face lacks of its plate's texture."""

    grain: Grain
    detail: Detail
    smear: Smear


def measure_texture(
    face_hw3: Float,
    plate_hw3: Float,
    matte_hw: Float,
    *,
    velocity_px: tuple[float, float] = (0.0, 0.0),
    radius_px: float = 1.0,
    before_hw3: Float | None = None,
) -> Texture:
    """What the drawn face lacks of the plate's texture inside the matte.

    velocity_px: motion of the face, pixels a frame. radius_px: of the finest band that the drawing has, 1
    or how far it was enlarged. before_hw3: the same rect of the frame before, which tells grain from pores.
    """
    grain = measure_grain(plate_hw3, matte_hw, before_hw3=before_hw3)
    smear = measure_smear(face_hw3, plate_hw3, matte_hw, velocity_px, grain=grain)
    smeared = put_smear(face_hw3, smear, 1.0)
    detail = measure_detail(smeared, plate_hw3, matte_hw, grain=grain, radius_px=radius_px)
    return Texture(grain=grain, detail=detail, smear=smear)


def match_texture(
    face_hw3: Float,
    texture: Texture,
    *,
    grain: float,
    sharpen: float,
    motion_blur: float,
    frame: int,
    track: int,
    seed: int = 1,
) -> Float:
    """The drawn face with the plate's texture; each strength 0..1, and with all at 0 the face itself."""
    face_hw3 = put_smear(face_hw3, texture.smear, motion_blur)
    face_hw3 = put_detail(face_hw3, texture.detail, sharpen)
    if grain <= 0 or texture.grain.strength_codes <= 0:
        return face_hw3
    noise = grain_for(texture.grain, _luma(face_hw3), frame=frame, track=track, seed=seed)
    return np.asarray(face_hw3 + np.float32(grain) * noise, np.float32)


def mean_texture(textures: Sequence[Texture], weights: Sequence[float] | None = None) -> Texture:
    """The weighted mean of some measurements, field by field; at least one."""
    shares = np.full(len(textures), 1.0) if weights is None else np.asarray(weights, np.float64)
    shares = shares / shares.sum()
    pixels = np.stack([share * item.grain.weight_L for share, item in zip(shares, textures, strict=True)])
    by_level = pixels / np.maximum(pixels.sum(axis=0), 1e-12)
    by_frame = pixels.sum(axis=1) / max(float(pixels.sum()), 1e-12)
    variance = np.einsum("nl,nal->al", by_level, np.stack([np.square(t.grain.sigma_3L) for t in textures]))

    def mean(values: list[float]) -> float:
        return float(shares @ np.asarray(values))

    return Texture(
        grain=Grain(
            sigma_3L=np.sqrt(variance),
            weight_L=pixels.sum(axis=0),
            blur_px_3=by_frame @ np.stack([item.grain.blur_px_3 for item in textures]),
        ),
        detail=Detail(
            plate=mean([item.detail.plate for item in textures]),
            face=mean([item.detail.face for item in textures]),
            shared=mean([item.detail.shared for item in textures]),
            band=mean([item.detail.band for item in textures]),
            radius_px=mean([item.detail.radius_px for item in textures]),
        ),
        smear=Smear(along_px_2=shares @ np.stack([item.smear.along_px_2 for item in textures])),
    )


def measure_grain(plate_hw3: Float, matte_hw: Float, *, before_hw3: Float | None = None) -> Grain:
    """The plate's grain inside the matte, where the picture itself is quiet; robust against what is not.

    A single picture cannot tell grain from fine pores. With the frame before, only what the motion of the
    picture does not explain is grain.
    """
    middle = _middle(matte_hw)
    axes = _axes(plate_hw3[middle])
    smooth = cv2.GaussianBlur(np.ascontiguousarray(axes[..., 0]), (0, 0), 2.0)
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


def measure_detail(
    face_hw3: Float, plate_hw3: Float, matte_hw: Float, *, grain: Grain | None = None, radius_px: float = 1.0
) -> Detail:
    """How sharp the plate and the face are well inside the matte, and how much a boost would add."""
    core = cv2.erode((matte_hw > 0.99).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not core.any():
        return Detail(plate=0, face=0, shared=0, band=0, radius_px=radius_px)
    y = _luma(face_hw3)
    of_plate, of_face, of_band = (
        cv2.Laplacian(picture, cv2.CV_32F, ksize=3)[core].astype(np.float64)
        for picture in (_luma(plate_hw3), y, _finest(y, radius_px))
    )
    noise = 0.0 if grain is None else _laplacian_energy(grain)
    return Detail(
        plate=max(float(np.mean(of_plate**2)) - noise, 0.0),
        face=float(np.mean(of_face**2)),
        shared=float(np.mean(of_face * of_band)),
        band=float(np.mean(of_band**2)),
        radius_px=radius_px,
    )


def put_detail(face_hw3: Float, detail: Detail, strength: float) -> Float:
    """The face with its finest band boosted until it is as sharp as the plate, within bounds; never softer.

    Only luma is changed, so that no coloured fringes appear, and it stays within the contrast around each
    pixel and a little more, so that no halo does.
    """
    gain = strength * detail_gain(detail)
    if gain <= 0:
        return face_hw3
    y = _luma(face_hw3)
    reach = np.ones((3, 3), np.uint8) if detail.radius_px < 2 else np.ones((5, 5), np.uint8)
    low, high = cv2.erode(y, reach), cv2.dilate(y, reach)
    beyond = (high - low) * np.float32(_OVERSHOOT)
    sharper = np.clip(y + np.float32(gain) * _finest(y, detail.radius_px), low - beyond, high + beyond)
    return np.asarray(face_hw3 + (sharper - y)[..., None], np.float32)


def detail_gain(detail: Detail) -> float:
    """What share of its finest band the face must gain to be as sharp as the plate, 0 to 1."""
    lacking = detail.plate - detail.face
    if lacking <= 0 or detail.band <= 0:
        return 0.0
    half = detail.shared / detail.band
    gain = -half + float(np.sqrt(half**2 + lacking / detail.band))
    return float(np.clip(gain, 0, _MOST_DETAIL_GAIN))


def measure_smear(
    face_hw3: Float,
    plate_hw3: Float,
    matte_hw: Float,
    velocity_px: tuple[float, float],
    *,
    grain: Grain | None = None,
) -> Smear:
    """How far the face must be blurred along its motion to be as much softer along it as the plate is.

    The blur is never longer than the motion of one frame, and nothing where the plate is not softer along the
    motion than across it.
    """
    none = Smear(along_px_2=np.zeros(2))
    speed = float(np.hypot(*velocity_px))
    middle = _middle(matte_hw)
    core = matte_hw[middle] > 0.5
    if speed < _LEAST_MOTION_PX or int(core.sum()) < _LEAST_PIXELS:
        return none
    along = np.asarray(velocity_px, np.float64) / speed
    noise = 0.0 if grain is None else _gradient_energy(grain)
    wanted = _anisotropy(plate_hw3[middle], core, along, noise)
    lengths = np.linspace(0, speed * _SHUTTER, 6)
    y = _luma(face_hw3[middle])
    found = np.asarray([_anisotropy(_smeared(y, along * length), core, along, 0.0) for length in lengths])
    if wanted >= _SAME_ANISOTROPY * found[0]:
        return none
    falling = np.minimum.accumulate(found)
    length = float(np.interp(-wanted / _SAME_ANISOTROPY, -falling, lengths))
    return Smear(along_px_2=along * length)


def put_smear(face_hw3: Float, smear: Smear, strength: float) -> Float:
    """The face blurred along its motion."""
    along = smear.along_px_2 * strength
    return face_hw3 if float(np.hypot(*along)) < 0.5 else _smeared(face_hw3, along)


def _axes(rgb_hw3: Float) -> Float:
    return np.asarray(cv2.transform(np.ascontiguousarray(rgb_hw3, np.float32), _AXES), np.float32)


def _luma(rgb_hw3: Float) -> Float:
    return np.asarray(cv2.transform(np.ascontiguousarray(rgb_hw3, np.float32), _LUMA[None]), np.float32)


def _middle(matte_hw: Float) -> tuple[slice, slice]:
    """The middle of what the matte covers, at most `_SAMPLE_PX` wide and high."""
    x, y, width, height = cv2.boundingRect((matte_hw > 0.5).astype(np.uint8))
    inset_x, inset_y = max(0, width - _SAMPLE_PX) // 2, max(0, height - _SAMPLE_PX) // 2
    return np.s_[y + inset_y : y + height - inset_y, x + inset_x : x + width - inset_x]


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


def _laplacian_energy(grain: Grain) -> float:
    return _filtered_energy(grain, np.asarray([[2, 0, 2], [0, -8, 0], [2, 0, 2]], np.float32))


def _gradient_energy(grain: Grain) -> float:
    return _filtered_energy(grain, np.asarray(cv2.getGaussianKernel(7, 1.0) @ _slope_kernel(), np.float32))


def _filtered_energy(grain: Grain, kernel: Float) -> float:
    """Mean square of the plate's luma grain behind a filter."""
    total = float(grain.weight_L.sum())
    if total <= 0:
        return 0.0
    spot = _blurred_noise(np.pad(np.ones((1, 1), np.float32), 16), float(np.round(grain.blur_px_3[0], 1)))
    energy = float(np.square(cv2.filter2D(spot, cv2.CV_32F, kernel)).sum())
    return energy * float(np.square(grain.sigma_3L[0]) @ grain.weight_L) / total


def _slope_kernel() -> Double:
    gaussian = cv2.getGaussianKernel(7, 1.0)[:, 0]
    return np.asarray(-np.arange(-3, 4) * gaussian)[None]


def _anisotropy(picture: Float, core: npt.NDArray[np.bool_], along_2: Double, noise: float) -> float:
    """Energy of the slopes along a direction by that across it."""
    y = _luma(picture) if picture.ndim == 3 else picture
    across_kernel, along_kernel = cv2.getGaussianKernel(7, 1.0), _slope_kernel().T
    dx = cv2.sepFilter2D(y, cv2.CV_32F, along_kernel, across_kernel)[core].astype(np.float64)
    dy = cv2.sepFilter2D(y, cv2.CV_32F, across_kernel, along_kernel)[core].astype(np.float64)
    along = float(np.mean((along_2[0] * dx + along_2[1] * dy) ** 2)) - noise
    across = float(np.mean((along_2[0] * dy - along_2[1] * dx) ** 2)) - noise
    return max(along, 1e-9) / max(across, 1e-9)


def _smeared(picture: Float, along_px_2: Double) -> Float:
    """A mean along a line centred on each pixel."""
    length = float(np.hypot(*along_px_2))
    if length < 1e-3:
        return picture
    half = int(np.ceil(length / 2)) + 1
    steps = max(8, int(4 * length))
    places = (np.arange(steps) + 0.5) / steps - 0.5
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for x, y in places[:, None] * along_px_2 + half:
        left, top = int(x), int(y)
        for cell_x, share_x in ((left, 1 - (x - left)), (left + 1, x - left)):
            for cell_y, share_y in ((top, 1 - (y - top)), (top + 1, y - top)):
                if share_x * share_y > 0:
                    kernel[cell_y, cell_x] += share_x * share_y
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(picture, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)


def _finest(y_hw: Float, radius_px: float) -> Float:
    return np.asarray(y_hw - cv2.GaussianBlur(y_hw, (0, 0), max(radius_px, 0.5)), np.float32)


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
