"""Putting a take's layers over its plate, in linear light, and marking what must not leave the house."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.media.colour import from_linear, to_linear
from understudy.media.layers import FaceLayers
from understudy.media.picture import Picture, RgbPicture

Floats = npt.NDArray[np.float32]
PlatePicture = TypeVar("PlatePicture", bound=Picture)

EVALUATION_MARK = "EVALUATION ONLY - NOT FOR RELEASE"
_STRIP_SHARE = 0.05  # of the picture's height
_STRIP_MIN_PX = 16
_STRIP_DIM = np.float32(0.45)  # what is left of the picture under the strip


def composite(picture: PlatePicture, layers: FaceLayers) -> PlatePicture:
    """The plate with the replaced face over it; pixels of zero alpha keep their code values."""
    area = covered(layers, picture.window)
    if area.empty:
        return picture
    replaced_HW4 = _part(layers, area)
    below = to_linear(picture.region(area), picture.colour)
    rgb = from_linear(_over(replaced_HW4, below), picture.colour)
    return picture.with_region(area, rgb, replaced_HW4[..., 3] > 0)


def linear_beauty(picture: Picture, layers: FaceLayers) -> Floats:
    """The same composite of the picture's window in linear light, (H,W,3), never rounded to code values."""
    window = picture.window
    return laid_over(to_linear(picture.region(window), picture.colour), layers, window)[0]


def full_matte(layers: FaceLayers, window: Rect, rect: Rect | None = None) -> Floats:
    """The alpha of the replaced face on the whole frame, or in `rect` of it, (h,w) float32 0..1."""
    rect = rect or window
    matte_HW = np.zeros((rect.height, rect.width), np.float32)
    area = layers.rect.intersect(window).intersect(rect)
    if not area.empty:
        here = np.s_[area.y - rect.y : area.y1 - rect.y, area.x - rect.x : area.x1 - rect.x]
        matte_HW[here] = _part(layers, area)[..., 3]
    return matte_HW


def laid_over(below_HW3: Floats, layers: FaceLayers, rect: Rect) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The replaced face over the linear light in `rect` of the plate, and where it covers that, (h,w)."""
    over_HW3, changed_HW = np.array(below_HW3), np.zeros(below_HW3.shape[:2], bool)
    area = covered(layers, rect)
    if not area.empty:
        here = np.s_[area.y - rect.y : area.y1 - rect.y, area.x - rect.x : area.x1 - rect.x]
        replaced_HW4 = _part(layers, area)
        over_HW3[here] = _over(replaced_HW4, over_HW3[here])
        changed_HW[here] = replaced_HW4[..., 3] > 0
    return over_HW3, changed_HW


def _part(layers: FaceLayers, area: Rect) -> Floats:
    x, y = area.x - layers.rect.x, area.y - layers.rect.y
    return layers.replaced_HW4[y : y + area.height, x : x + area.width].astype(np.float32)


def _over(replaced_HW4: Floats, below_HW3: Floats) -> Floats:
    change = cv2.cvtColor(replaced_HW4, cv2.COLOR_BGRA2BGR)  # the first three; quicker than taking them apart
    alpha = cv2.cvtColor(np.ascontiguousarray(replaced_HW4[..., 3]), cv2.COLOR_GRAY2BGR)
    undefined = ~np.isfinite(below_HW3)  # only a plate of floats has such pixels
    if undefined.any():  # there is nothing to blend with
        below_HW3 = np.where(undefined & (alpha > 0), change, below_HW3)
    cv2.subtract(change, below_HW3, dst=change)
    cv2.multiply(change, alpha, dst=change)
    over_HW3 = np.asarray(cv2.add(below_HW3, change), np.float32)
    return np.where(undefined, below_HW3, over_HW3) if undefined.any() else over_HW3


def covered(layers: FaceLayers, window: Rect) -> Rect:
    """The smallest area of the plate outside which alpha is zero."""
    covers_HW = layers.replaced_HW4[..., 3] > 0
    x, y, width, height = cv2.boundingRect(covers_HW.view(np.uint8))
    return Rect(layers.rect.x + x, layers.rect.y + y, width, height).intersect(window)


@dataclass(frozen=True, slots=True)
class Mark:
    """A strip of text along the bottom of every picture; `text_HW` is its coverage 0..1.

    Its `rect` is in the plate's pixels.
    """

    rect: Rect
    text_HW: Floats

    def burn(self, picture: PlatePicture) -> PlatePicture:
        """The picture with the strip in its pixels."""
        everywhere = np.ones(self.text_HW.shape, bool)
        return picture.with_region(self.rect, self.over(picture.region(self.rect)), everywhere)

    def over(self, strip_HW3: Floats, text_HW: Floats | None = None) -> Floats:
        """The strip drawn over the display-encoded pixels of `rect`, or of a part of it with its text."""
        dimmed = np.clip(np.nan_to_num(strip_HW3), 0, 1) * _STRIP_DIM
        text_HW = self.text_HW if text_HW is None else text_HW
        return dimmed + text_HW[..., None] * (np.float32(1.0) - dimmed)


def marked_sheet(sheet_HW3: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture made of pictures, with the evaluation mark burnt in."""
    height, width = sheet_HW3.shape[:2]
    return make_mark(width, height).burn(RgbPicture(rgb_HW3=sheet_HW3)).rgb8()


def mark_for(picture: Picture) -> Mark:
    """The strip laid out where the picture has pixels that are seen; all of them, if none are."""
    seen = picture.window.intersect(Rect(0, 0, picture.width, picture.height))
    return _mark_in(picture.window if seen.empty else seen)


@lru_cache(maxsize=8)
def _mark_in(seen: Rect) -> Mark:
    mark = make_mark(seen.width, seen.height)
    return replace(mark, rect=replace(mark.rect, x=seen.x + mark.rect.x, y=seen.y + mark.rect.y))


def make_mark(width: int, height: int, text: str = EVALUATION_MARK) -> Mark:
    """Lay the strip out for pictures of one size."""
    strip_height = min(height, max(_STRIP_MIN_PX, round(height * _STRIP_SHARE)))
    rect = Rect(0, height - strip_height, width, strip_height)
    font = cv2.FONT_HERSHEY_DUPLEX
    (text_width, text_height), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(0.95 * width / text_width, 0.6 * strip_height / text_height)
    origin = round((width - text_width * scale) / 2), round((strip_height + text_height * scale) / 2)
    coverage = np.zeros((strip_height, width), np.uint8)
    cv2.putText(coverage, text, origin, font, scale, 255, max(1, round(scale)), cv2.LINE_AA)
    return Mark(rect, coverage.astype(np.float32) / np.float32(255))
