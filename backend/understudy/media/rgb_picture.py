"""A picture in RGB of any encoding, as picture files hold it: whole numbers, halfs or floats, in a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags, Rect
from understudy.media.colour_space import is_scene_referred
from understudy.media.preview_colour import preview_rgb8
from understudy.media.video_frame import tagged

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Pixels = npt.NDArray[Any]
Rgb = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.float16] | npt.NDArray[np.float32]

_WHITE = {"uint8": 255, "uint16": 65535}
_HALF_MAX = 65504.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RgbPicture:
    """RGB in one array, (H,W,3): uint8, uint16 (full scale), float16 or float32 (1.0 is white).

    a_HW: the file's alpha, of any of these types, never changed. bit_depth: how many bits of a uint16 count
    (10 and 12 of DPX files, whose codes are spread over all 16 by repeating their upper bits); 0, all.
    origin_xy: where the array's first pixel lies in the display window, whose size is `display_wh`; None, it
    is the array's. Pixels that are not in the array are black, and stay what they are.
    """

    rgb_HW3: Rgb
    colour: ColourTags = ColourTags(matrix="rgb", full_range=True)
    a_HW: Rgb | None = None
    bit_depth: int = 0
    origin_xy: tuple[int, int] = (0, 0)
    display_wh: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        return int(self.rgb_HW3.shape[1]) if self.display_wh is None else self.display_wh[0]

    @property
    def height(self) -> int:
        return int(self.rgb_HW3.shape[0]) if self.display_wh is None else self.display_wh[1]

    @property
    def window(self) -> Rect:
        return Rect(*self.origin_xy, int(self.rgb_HW3.shape[1]), int(self.rgb_HW3.shape[0]))

    @property
    def nbytes(self) -> int:
        return self.rgb_HW3.nbytes + (0 if self.a_HW is None else self.a_HW.nbytes)

    def region(self, rect: Rect) -> Floats:
        if rect.empty:
            raise ValueError(f"{rect} has no pixels")
        inside = rect.intersect(self.window)
        part = self._values(self._part(inside))
        if inside == rect:
            return part
        whole = np.zeros((rect.height, rect.width, 3), np.float32)
        if not inside.empty:
            whole[_slices(inside, rect)] = part
        return whole

    def with_region(self, rect: Rect, rgb_HW3: Floats, where_HW: Mask) -> RgbPicture:
        """As `Picture.with_region`; what lies beyond the window has no pixels and is left out.

        Floats take any value; a half keeps within what a half can say.
        """
        inside = rect.intersect(self.window)
        if inside.empty:
            return self
        here = _slices(inside, rect)
        pixels: Pixels = self.rgb_HW3.copy()
        target = pixels[_slices(inside, self.window)]
        codes = self._codes(np.asarray(rgb_HW3, np.float32)[here])
        np.copyto(target, codes, where=where_HW[here][..., None], casting="unsafe")
        return replace(self, rgb_HW3=pixels)

    def rgb8(self) -> Bytes:
        shown = self.window.intersect(Rect(0, 0, self.width, self.height))
        if shown.empty:
            return np.zeros((self.height, self.width, 3), np.uint8)
        part = self._eight_bit(self._part(shown))
        if (shown.width, shown.height) == (self.width, self.height):
            return part
        whole = np.zeros((self.height, self.width, 3), np.uint8)
        whole[shown.y : shown.y1, shown.x : shown.x1] = part
        return whole

    def video_frame(self) -> av.VideoFrame:
        if self.rgb_HW3.dtype == np.uint8:
            pixels = np.ascontiguousarray(self._displayed(), np.uint8)
            return tagged(av.VideoFrame.from_ndarray(pixels, "rgb24"), self.colour)
        shown = self._displayed()
        words = shown if shown.dtype == np.uint16 else _words(shown)
        return tagged(av.VideoFrame.from_ndarray(np.ascontiguousarray(words), "rgb48le"), self.colour)

    def rotated(self, quarter_turns: int) -> RgbPicture:
        """Turned counter-clockwise by so many quarters; for pictures without a window of their own."""
        if not quarter_turns % 4:
            return self
        if self.window != Rect(0, 0, self.width, self.height):
            raise ValueError("a picture with a data window is not turned")
        alpha = None if self.a_HW is None else np.rot90(self.a_HW, quarter_turns)
        turned = np.rot90(self.rgb_HW3, quarter_turns)
        return replace(self, rgb_HW3=turned, a_HW=alpha, display_wh=None)

    def _part(self, rect: Rect) -> Pixels:
        part: Pixels = self.rgb_HW3[_slices(rect, self.window)]
        return part

    def _displayed(self) -> Pixels:
        """The display window, black beyond the data window."""
        shown = Rect(0, 0, self.width, self.height)
        if shown == self.window:
            return self.rgb_HW3
        whole = np.zeros((self.height, self.width, 3), self.rgb_HW3.dtype)
        inside = shown.intersect(self.window)
        whole[_slices(inside, shown)] = self._part(inside)
        return whole

    def _values(self, part: Pixels) -> Floats:
        if part.dtype == np.uint16 and 0 < self.bit_depth < 16:
            return (part >> (16 - self.bit_depth)).astype(np.float32) * np.float32(1 / self._top)
        values = part.astype(np.float32)
        white = _WHITE.get(part.dtype.name)
        return values if white is None else values * np.float32(1 / white)

    def _codes(self, values: Floats) -> Pixels:
        """Values as this picture's own type holds them, rounded to its own depth."""
        kind = self.rgb_HW3.dtype
        if kind == np.float16:
            return _halfs(values)
        if kind == np.float32:
            return values
        top = 255 if kind == np.uint8 else self._top
        codes: Pixels = np.rint(np.clip(np.nan_to_num(values), 0, 1) * np.float32(top)).astype(kind)
        if top in (255, 65535):
            return codes
        spread = 16 - self.bit_depth
        return codes << spread | codes >> (self.bit_depth - spread)

    @property
    def _top(self) -> int:
        return (1 << self.bit_depth) - 1 if 0 < self.bit_depth < 16 else 65535

    def _eight_bit(self, part: Pixels) -> Bytes:
        if self.colour.space and is_scene_referred(self.colour):
            return preview_rgb8(part if part.dtype == np.float16 else self._values(part), self.colour)
        if part.dtype == np.uint8:
            return np.ascontiguousarray(part, np.uint8)
        if part.dtype == np.uint16:
            return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(part), alpha=1 / 257), np.uint8)
        scaled = self._values(part) * np.float32(255)
        return np.asarray(np.rint(np.clip(np.nan_to_num(scaled), 0, 255)), np.uint8)


def _slices(rect: Rect, within: Rect) -> tuple[slice, slice]:
    """Where `rect` lies in an array whose first pixel is that of `within`."""
    x, y = rect.x - within.x, rect.y - within.y
    return np.s_[y : y + rect.height, x : x + rect.width]


def _halfs(values: Floats) -> npt.NDArray[np.float16]:
    """Rounded to halfs; finite values beyond the greatest half become it."""
    beyond = np.isfinite(values) & (np.abs(values) > _HALF_MAX)
    held = np.where(beyond, np.copysign(np.float32(_HALF_MAX), values), values) if beyond.any() else values
    return np.asarray(held, np.float16)


def _words(values: Pixels) -> npt.NDArray[np.uint16]:
    clipped = np.clip(np.nan_to_num(values.astype(np.float32)), 0, 1)
    return np.asarray(np.rint(clipped * np.float32(65535)), np.uint16)
