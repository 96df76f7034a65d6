"""Despill: where something soft lies over the face, the plate's own pixels still hold the performer's skin.

In the band where `open` is between 0 and 1 the plate shows `open * skin + (1 - open) * front`. Laying the new
face over that at `open` would keep `(1 - open) * open` of the old skin: a halo around every finger. Here the
skin is taken out and what is in front is put back.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Rows = tuple[npt.NDArray[np.intp], ...]

_SOLID = 0.02  # this close to 0 or 1 a pixel shows one thing alone
_FINEST, _COARSEST = 2, 5  # halvings: colours are looked for some 3 to 50 px away, the nearest counts most
_ENOUGH = 0.02  # share of known pixels in a neighbourhood that is enough to rely on
_MARGIN_PX = 64
_TINY = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Nearby:
    """A colour as it is seen alone near some pixels, and how far it is known, 0..1."""

    colour_N3: Float
    trust_N: Float


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
    rows = np.nonzero(band[area])
    opened_N, alpha_N, plate_N3 = open_HW[area][rows], alpha_HW[area][rows], plate_HW3[area][rows]
    front, skin = _known_nearby(open_HW[area], alpha_HW[area], plate_HW3[area], rows)
    outline_N = np.minimum(alpha_N / opened_N, 1)
    gain_N = np.float32(strength) * np.maximum(front.trust_N, skin.trust_N) * outline_N
    # without despill the plate itself stands where only the front should be
    change_N3 = _front_part(opened_N, plate_N3, front, skin) - (1 - opened_N)[:, None] * plate_N3
    colour_N3 = colour_HW3[area][rows]
    wanted_N3 = plate_N3 + alpha_N[:, None] * (colour_N3 - plate_N3) + gain_N[:, None] * change_N3
    new_colour_N3, new_alpha_N = _layer_for(np.maximum(wanted_N3, 0), alpha_N, plate_N3)
    touched_N = gain_N > 0
    result_colour, result_alpha = colour_HW3.copy(), alpha_HW.copy()
    result_colour[area][rows] = np.where(touched_N[:, None], new_colour_N3, colour_N3)
    result_alpha[area][rows] = np.where(touched_N, new_alpha_N, alpha_N)
    return result_colour, result_alpha


def _around(band_HW: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(band_HW.view(np.uint8))
    return (
        slice(max(0, y - _MARGIN_PX), y + height + _MARGIN_PX),
        slice(max(0, x - _MARGIN_PX), x + width + _MARGIN_PX),
    )


def _known_nearby(opened_HW: Float, alpha_HW: Float, plate_HW3: Float, rows: Rows) -> tuple[Nearby, Nearby]:
    """What is in front, and the skin behind it, as each is seen alone near the pixels `rows`."""
    front = _spread(plate_HW3, opened_HW <= _SOLID)[rows]
    skin = _spread(plate_HW3, (opened_HW >= 1 - _SOLID) & (alpha_HW >= 0.5))[rows]
    return Nearby(front[:, :3], front[:, 3]), Nearby(skin[:, :3], skin[:, 3])


def _front_part(opened_N: Float, plate_N3: Float, front: Nearby, skin: Nearby) -> Float:
    """`(1 - open) * front` for every pixel, (N,3).

    Where the front is nearly solid the pixel itself says it best (its detail stays); the skin behind it, seen
    near by, is taken off. Where the front is thin its colour comes from where it is solid, near by.
    """
    taken_off = np.maximum(plate_N3 - opened_N[:, None] * skin.colour_N3, 0)
    from_near = (1 - opened_N)[:, None] * front.colour_N3
    share_N = opened_N * front.trust_N
    share_N = share_N / np.maximum(share_N + (1 - opened_N) * skin.trust_N, _TINY)
    return np.asarray(taken_off + share_N[:, None] * (from_near - taken_off), np.float32)


def _spread(picture_HW3: Float, known_HW: npt.NDArray[np.bool_]) -> Float:
    """Colours spread from known pixels to those around them, and how far they are known, 0..1: (h,w,4).

    From coarse to fine: a level's mean of known pixels counts where enough of them are near.
    Source: H. Knutsson and C.-F. Westin, "Normalized and differential convolution", 1993.
    """
    mask = known_HW.view(np.uint8)
    known = cv2.bitwise_and(picture_HW3, picture_HW3, mask=mask)
    levels = [np.asarray(cv2.merge([known, mask.astype(np.float32)]), np.float32)]
    while len(levels) <= _COARSEST and min(levels[-1].shape[:2]) > 2:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    spread = np.zeros_like(levels[-1])
    for number in reversed(range(len(levels))):
        level = levels[number]
        if spread.shape != level.shape:
            height, width = level.shape[:2]
            spread = np.asarray(cv2.pyrUp(spread, dstsize=(width, height)), np.float32)
        if number < min(_FINEST, len(levels) - 1):
            continue  # a few pixels alone would bring their noise along
        here = np.minimum(level[..., 3] * np.float32(1 / _ENOUGH), 1)
        mean = level[..., :3] / np.maximum(level[..., 3:], _TINY)
        spread[..., :3] += here[..., None] * (mean - spread[..., :3])
        spread[..., 3] = np.minimum(np.maximum(spread[..., 3], here), 1)
    return spread


def _layer_for(wanted_N3: Float, alpha_N: Float, plate_N3: Float) -> tuple[Float, Float]:
    """The layer that gives `wanted` over the plate: alpha as it was, more where colours would be negative."""
    needed_N = 1 - (wanted_N3 / np.maximum(plate_N3, _TINY)).min(axis=1)
    new_alpha_N = np.clip(np.maximum(alpha_N, needed_N), _TINY, 1)
    shown_N1 = new_alpha_N[:, None]
    return np.maximum((wanted_N3 - (1 - shown_N1) * plate_N3) / shown_N1, 0), new_alpha_N
