"""Giving a drawn face the plate's texture: its motion blur, its sharpness, its grain.

A network's picture is clean and a little soft, more so when it has been steadied over time; pasted into a
plate it looks like plastic. What is missing is measured on the plate in the region of the face and put onto
the drawing, in that order: blur along the motion, detail, grain.

Pictures are display-encoded R'G'B' 0..1, (h,w,3) float32, of one rect of the plate; mattes (h,w) 0..1 say
where the face is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.media.grain import (
    Double,
    Float,
    Grain,
    grain_energy,
    grain_for,
    luma,
    measure_grain,
    middle_of,
)

_MOST_DETAIL_GAIN = 1.0  # added to the finest band: at most twice as strong
_OVERSHOOT = 0.2  # of the local contrast, what sharpening may go beyond it: more would be a halo

_LEAST_PIXELS = 150
_LEAST_MOTION_PX = 1.5  # slower than this, a frame, there is no motion blur to be seen
_SHUTTER = 1.0  # the longest blur, in frames of motion
_SAME_ANISOTROPY = 0.72  # two faces without any blur differ by so much


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
) -> Texture:
    """What the drawn face lacks of the plate's texture inside the matte.

    velocity_px: motion of the face, pixels a frame. radius_px: of the finest band that the drawing has, 1
    or how far it was enlarged.
    """
    grain = measure_grain(plate_hw3, matte_hw)
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
    noise = grain_for(texture.grain, luma(face_hw3), frame=frame, track=track, seed=seed)
    return np.asarray(face_hw3 + np.float32(grain) * noise, np.float32)


def measure_detail(
    face_hw3: Float, plate_hw3: Float, matte_hw: Float, *, grain: Grain | None = None, radius_px: float = 1.0
) -> Detail:
    """How sharp the plate and the face are well inside the matte, and how much a boost would add."""
    core = cv2.erode((matte_hw > 0.99).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not core.any():
        return Detail(plate=0, face=0, shared=0, band=0, radius_px=radius_px)
    y = luma(face_hw3)
    of_plate, of_face, of_band = (
        cv2.Laplacian(picture, cv2.CV_32F, ksize=3)[core].astype(np.float64)
        for picture in (luma(plate_hw3), y, _finest(y, radius_px))
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
    y = luma(face_hw3)
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
    middle = middle_of(matte_hw)
    core = matte_hw[middle] > 0.5
    if speed < _LEAST_MOTION_PX or int(core.sum()) < _LEAST_PIXELS:
        return none
    along = np.asarray(velocity_px, np.float64) / speed
    noise = 0.0 if grain is None else _gradient_energy(grain)
    wanted = _anisotropy(plate_hw3[middle], core, along, noise)
    lengths = np.linspace(0, speed * _SHUTTER, 6)
    y = luma(face_hw3[middle])
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


def _laplacian_energy(grain: Grain) -> float:
    return grain_energy(grain, np.asarray([[2, 0, 2], [0, -8, 0], [2, 0, 2]], np.float32))


def _gradient_energy(grain: Grain) -> float:
    return grain_energy(grain, np.asarray(cv2.getGaussianKernel(7, 1.0) @ _slope_kernel(), np.float32))


def _slope_kernel() -> Double:
    gaussian = cv2.getGaussianKernel(7, 1.0)[:, 0]
    return np.asarray(-np.arange(-3, 4) * gaussian)[None]


def _anisotropy(picture: Float, core: npt.NDArray[np.bool_], along_2: Double, noise: float) -> float:
    """Energy of the slopes along a direction by that across it."""
    y = luma(picture) if picture.ndim == 3 else picture
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
    return np.asarray(y_hw - _blurred(y_hw, max(radius_px, 0.5)), np.float32)


def _blurred(y_hw: Float, sigma_px: float) -> Float:
    """A Gaussian; a wide one is made of few samples, each the mean of whole pixels."""
    step = 1
    while sigma_px / step >= 4:
        step *= 2
    if step == 1:
        return np.asarray(cv2.GaussianBlur(y_hw, (0, 0), sigma_px), np.float32)
    height, width = y_hw.shape
    whole = cv2.copyMakeBorder(y_hw, 0, -height % step, 0, -width % step, cv2.BORDER_REPLICATE)
    full_wh = whole.shape[1], whole.shape[0]
    small = cv2.resize(whole, (full_wh[0] // step, full_wh[1] // step), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma_px / step)
    return np.asarray(cv2.resize(blurred, full_wh, interpolation=cv2.INTER_LINEAR), np.float32)[
        :height, :width
    ]
