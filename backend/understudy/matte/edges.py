"""Despill: where something soft lies over the face, the plate's own pixels still hold the performer's skin.

In the band where `open` is between 0 and 1 the plate shows `open * skin + (1 - open) * front`. Laying the new
face over that at `open` would keep `(1 - open) * open` of the old skin: a halo around every finger. Here the
skin is taken out and what is in front is put back.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

_SOLID = 0.02  # this close to 0 or 1 a pixel shows one thing alone
_SIGMAS_PX = (32.0, 8.0, 2.5)  # colours are looked for so far away, the nearest that is known counts most
_ENOUGH = 0.02  # share of known pixels in a neighbourhood that is enough to rely on
_MARGIN_PX = 64
_TINY = np.float32(1e-6)


def despill(
    colour_HW3: Float, alpha_HW: Float, open_HW: Float, plate_HW3: Float, strength: float
) -> tuple[Float, Float]:
    """Colour (straight) and alpha whose composite over the plate has no performer's skin in soft edges.

    All scene-linear; `alpha_HW` already holds `open_HW`. At full strength the composite becomes
    `open * face + (1 - open) * front` within the face's outline; strength 0 gives back the very arrays. Where
    neither the front nor the skin is seen alone near by, nothing is changed.
    """
    band = (open_HW > _SOLID) & (open_HW < 1 - _SOLID) & (alpha_HW > 0)
    if strength <= 0 or not band.any():
        return colour_HW3, alpha_HW
    area = _around(band)
    colour, alpha, opened, plate = colour_HW3[area], alpha_HW[area], open_HW[area], plate_HW3[area]
    front_part, trust = _front_part(opened, alpha, plate)
    outline = np.minimum(alpha / np.maximum(opened, _TINY), 1)
    # `front_part` is (1 - open) * front; without despill it is (1 - open) * plate
    gain = (np.float32(strength) * trust * outline * band[area])[..., None]
    change = gain * (front_part - (1 - opened)[..., None] * plate)
    wanted = np.maximum(plate + alpha[..., None] * (colour - plate) + change, 0)
    new_colour, new_alpha = _layer_for(wanted, colour, alpha, plate)
    touched = (gain[..., 0] > 0) & (alpha > 0)
    result_colour, result_alpha = colour_HW3.copy(), alpha_HW.copy()
    result_colour[area] = np.where(touched[..., None], new_colour, colour)
    result_alpha[area] = np.where(touched, new_alpha, alpha)
    return result_colour, result_alpha


def _around(band_HW: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(band_HW.view(np.uint8))
    return (
        slice(max(0, y - _MARGIN_PX), y + height + _MARGIN_PX),
        slice(max(0, x - _MARGIN_PX), x + width + _MARGIN_PX),
    )


def _front_part(opened_HW: Float, alpha_HW: Float, plate_HW3: Float) -> tuple[Float, Float]:
    """`(1 - open) * front` for every pixel, (h,w,3), and how far it can be relied on, (h,w).

    Where the front is nearly solid the pixel itself says it best (its detail stays); the skin behind it, seen
    near by, is taken off. Where the front is thin its colour comes from where it is solid, near by.
    """
    front, front_trust = _nearby(plate_HW3, opened_HW <= _SOLID)
    skin, skin_trust = _nearby(plate_HW3, (opened_HW >= 1 - _SOLID) & (alpha_HW >= 0.5))
    opened = opened_HW[..., None]
    taken_off = np.maximum(plate_HW3 - opened * skin, 0)
    from_near = (1 - opened) * front
    share = opened_HW * front_trust
    share = (share / np.maximum(share + (1 - opened_HW) * skin_trust, _TINY))[..., None]
    return taken_off + share * (from_near - taken_off), np.maximum(front_trust, skin_trust)


def _nearby(picture_HW3: Float, known_HW: npt.NDArray[np.bool_]) -> tuple[Float, Float]:
    """Colours spread from known pixels to those around them, (h,w,3), and how far they are known, 0..1 (h,w).

    Source: H. Knutsson and C.-F. Westin, "Normalized and differential convolution", 1993.
    """
    weight = known_HW.astype(np.float32)
    weighted = np.dstack([picture_HW3 * weight[..., None], weight])
    colour, trust = np.zeros_like(picture_HW3), np.zeros_like(weight)
    for sigma_px in _SIGMAS_PX:
        blurred = _blurred(weighted, sigma_px)
        here = np.minimum(blurred[..., 3] * np.float32(1 / _ENOUGH), 1)
        mean = blurred[..., :3] / np.maximum(blurred[..., 3:], _TINY)
        colour += here[..., None] * (mean - colour)
        trust = np.maximum(trust, here)
    return colour, trust


def _blurred(picture: Float, sigma_px: float) -> Float:
    """A Gaussian blur; wide ones on a coarser grid."""
    height, width = picture.shape[:2]
    step = max(1, int(sigma_px / 4))
    if step == 1 or min(height, width) < 4 * step:
        return np.asarray(
            cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.float32
        )
    small = cv2.resize(picture, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma_px / step, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _layer_for(
    wanted_HW3: Float, colour_HW3: Float, alpha_HW: Float, plate_HW3: Float
) -> tuple[Float, Float]:
    """The layer that gives `wanted` over the plate: alpha as it was, more where colours would be negative."""
    needed = 1 - (wanted_HW3 / np.maximum(plate_HW3, _TINY)).min(axis=-1)
    alpha = np.clip(np.maximum(alpha_HW, needed), 0, 1)
    shown = np.maximum(alpha, _TINY)[..., None]
    colour = np.maximum((wanted_HW3 - (1 - shown) * plate_HW3) / shown, 0)
    return np.where(alpha[..., None] > 0, colour, colour_HW3), alpha
