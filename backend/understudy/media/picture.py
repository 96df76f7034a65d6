"""A plate's picture in its own code values, and changing part of it without touching the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import av
import cv2
import numpy as np

from understudy.domain.frame import ColourTags, Rect
from understudy.media.chroma import REACH, Siting, any_in_sample, downsample, upsample
from understudy.media.colour import rgb_from_yuv, yuv_from_rgb
from understudy.media.preview_colour import preview_rgb8
from understudy.media.rgb_frame import rgb_picture_of
from understudy.media.rgb_picture import Bytes, Floats, Mask, RgbPicture
from understudy.media.video_frame import Codes, frame_of_planes, planar, planes_of_frame

__all__ = ["Picture", "RgbPicture", "YuvPicture", "picture_of"]

LEFT = Siting(True, 0.0)
CENTRE = Siting(True, 0.5)
FULL = Siting(False)


class Picture(Protocol):
    """What every picture of a plate can do, whatever its code values are."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def colour(self) -> ColourTags: ...
    @property
    def window(self) -> Rect:
        """Where it has pixels. Every rectangle counts from the display window's top left corner, whose size
        is `width` by `height`; a window with overscan begins before it, a cropped one ends within."""
        ...

    @property
    def nbytes(self) -> int:
        """What its code values take in memory."""
        ...

    def region(self, rect: Rect) -> Floats:
        """RGB of `rect`, (h,w,3), in the picture's own encoding, white 1.0; codes beyond white or black lie
        outside 0..1.

        `rect` must lie inside the picture; where a picture's own window ends before that, there is black.
        """
        ...

    def with_region(self, rect: Rect, rgb_HW3: Floats, where_HW: Mask) -> Self:
        """A copy in which the pixels of `rect` where `where_HW` is true have new values.

        Every other code value keeps its bits; a chroma sample changes only if one of its pixels does.
        """
        ...

    def rgb8(self) -> Bytes:
        """The display window as display-encoded R'G'B', (H,W,3) uint8, quickly: for detectors and previews.

        Chroma is placed to half a pixel; scene-linear and log pictures get a shoulder. What is trained on or
        delivered comes from `region`.
        """
        ...

    def video_frame(self) -> av.VideoFrame:
        """A video frame with the same code values, colour tags set, for an encoder."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class YuvPicture:
    """Planar Y'CbCr of 8 to 16 bits, with the sample positions of its chroma planes."""

    y_HW: Codes
    u_hw: Codes
    v_hw: Codes
    a_HW: Codes | None = None
    bit_depth: int = 8
    siting_x: Siting = LEFT
    siting_y: Siting = CENTRE
    colour: ColourTags = ColourTags()

    @property
    def width(self) -> int:
        return int(self.y_HW.shape[1])

    @property
    def height(self) -> int:
        return int(self.y_HW.shape[0])

    @property
    def window(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    @property
    def nbytes(self) -> int:
        planes = (self.y_HW, self.u_hw, self.v_hw, self.a_HW)
        return sum(plane.nbytes for plane in planes if plane is not None)

    def region(self, rect: Rect) -> Floats:
        _require_inside(rect, self)
        snapped = self._snap(rect)
        luma = _edge_padded(self.y_HW, snapped).astype(np.float32)
        chroma = (self._full_chroma(plane, snapped) for plane in (self.u_hw, self.v_hw))
        yuv_HW3 = cv2.merge([luma, *chroma])
        matrix = rgb_from_yuv(self.colour, self.bit_depth, self.height)
        rgb = np.asarray(cv2.transform(yuv_HW3, matrix), np.float32)
        return rgb[rect.y - snapped.y : rect.y1 - snapped.y, rect.x - snapped.x : rect.x1 - snapped.x]

    def with_region(self, rect: Rect, rgb_HW3: Floats, where_HW: Mask) -> YuvPicture:
        _require_inside(rect, self)
        matrix = yuv_from_rgb(self.colour, self.bit_depth, self.height)
        yuv_HW3 = np.asarray(cv2.transform(np.ascontiguousarray(rgb_HW3, np.float32), matrix), np.float32)
        y_HW = self.y_HW.copy()
        inside = y_HW[rect.y : rect.y1, rect.x : rect.x1]
        np.copyto(inside, self._codes(yuv_HW3[..., 0]), where=where_HW, casting="unsafe")
        u_hw = self._changed_chroma(self.u_hw, rect, yuv_HW3[..., 1], where_HW)
        v_hw = self._changed_chroma(self.v_hw, rect, yuv_HW3[..., 2], where_HW)
        return replace(self, y_HW=y_HW, u_hw=u_hw, v_hw=v_hw)

    def rgb8(self) -> Bytes:
        luma, *chroma = (eight_bit(plane, self.bit_depth) for plane in (self.y_HW, self.u_hw, self.v_hw))
        size_wh = self.width, self.height
        full = [cv2.resize(plane, size_wh, interpolation=cv2.INTER_LINEAR) for plane in chroma]
        matrix = rgb_from_yuv(self.colour, 8, self.height) * 255.0
        codes_HW3 = np.asarray(cv2.transform(cv2.merge([luma, *full]), matrix), np.uint8)
        return preview_rgb8(codes_HW3, self.colour)  # log clips; others are as they are

    def video_frame(self) -> av.VideoFrame:
        planes = [self.y_HW, self.u_hw, self.v_hw] + ([] if self.a_HW is None else [self.a_HW])
        return frame_of_planes(self.pixel_format, self.width, self.height, planes, self.colour)

    @property
    def pixel_format(self) -> str:
        """ffmpeg's name of this layout."""
        sampling = {(True, True): "420", (True, False): "422", (False, False): "444", (False, True): "440"}
        letter = "" if self.a_HW is None else "a"
        depth = "" if self.bit_depth == 8 else f"{self.bit_depth}le"
        return f"yuv{letter}{sampling[self.siting_x.halved, self.siting_y.halved]}p{depth}"

    def rotated(self, quarter_turns: int) -> YuvPicture:
        """Turned counter-clockwise by so many quarters; chroma positions turn along."""
        turned = self
        for _ in range(quarter_turns % 4):
            turned = replace(
                turned,
                y_HW=np.rot90(turned.y_HW),
                u_hw=np.rot90(turned.u_hw),
                v_hw=np.rot90(turned.v_hw),
                a_HW=None if turned.a_HW is None else np.rot90(turned.a_HW),
                siting_x=turned.siting_y,
                siting_y=turned.siting_x.flipped if turned.siting_x.halved else turned.siting_x,
            )
        return turned

    def _snap(self, rect: Rect) -> Rect:
        return rect.snap(2) if self.siting_x.halved or self.siting_y.halved else rect

    def _chroma_rect(self, snapped: Rect) -> Rect:
        x, y = 1 + self.siting_x.halved, 1 + self.siting_y.halved
        return Rect(snapped.x // x, snapped.y // y, snapped.width // x, snapped.height // y)

    def _full_chroma(self, plane: Codes, snapped: Rect) -> Floats:
        """One chroma plane at every pixel of a snapped rect, (h,w), in code values."""
        small = self._chroma_rect(snapped)
        left, top = REACH * self.siting_x.halved, REACH * self.siting_y.halved
        wide = Rect(small.x - left, small.y - top, small.width + 2 * left, small.height + 2 * top)
        return upsample(_edge_padded(plane, wide).astype(np.float32), self.siting_x, self.siting_y)

    def _changed_chroma(self, plane: Codes, rect: Rect, chroma_HW: Floats, where_HW: Mask) -> Codes:
        """A chroma plane with the change inside `where_HW` brought in.

        Only the difference goes down, so a picture that did not change keeps its samples exactly.
        """
        snapped = self._snap(rect)
        small = self._chroma_rect(snapped)
        area = np.s_[rect.y - snapped.y : rect.y1 - snapped.y, rect.x - snapped.x : rect.x1 - snapped.x]
        change = np.zeros((snapped.height, snapped.width), np.float32)
        changed = np.zeros((snapped.height, snapped.width), bool)
        changed[area] = where_HW
        change[area] = (chroma_HW - self._full_chroma(plane, snapped)[area]) * where_HW
        step = downsample(change, self.siting_x, self.siting_y)
        touched = any_in_sample(changed, self.siting_x, self.siting_y)
        copy = plane.copy()
        inside = copy[small.y : small.y1, small.x : small.x1]
        shape = np.s_[: inside.shape[0], : inside.shape[1]]
        np.copyto(inside, self._codes(inside + step[shape]), where=touched[shape], casting="unsafe")
        return copy

    def _codes(self, values: Floats) -> Floats:
        """Rounded to whole codes and kept off those that video reserves for synchronisation."""
        unit = 0 if self.colour.full_range else 1 << (self.bit_depth - 8)
        top = (1 << self.bit_depth) - 1 - unit
        return np.clip(np.rint(values), unit, top)


def _require_inside(rect: Rect, picture: Picture) -> None:
    if rect.empty or rect != rect.intersect(Rect(0, 0, picture.width, picture.height)):
        raise ValueError(f"{rect} is not inside a picture of {picture.width}x{picture.height}")


def eight_bit(plane: Codes, bit_depth: int) -> Bytes:
    if plane.dtype == np.uint8:
        return np.ascontiguousarray(plane, np.uint8)
    scaled = cv2.convertScaleAbs(np.ascontiguousarray(plane), alpha=2.0 ** (8 - bit_depth))
    return np.asarray(scaled, np.uint8)


def _edge_padded(plane: Codes, rect: Rect) -> Codes:
    """A part of a plane; beyond the edges the outermost samples repeat."""
    height, width = plane.shape
    inside = rect.intersect(Rect(0, 0, width, height))
    part = plane[inside.y : inside.y1, inside.x : inside.x1]
    if inside == rect:
        return part
    beyond = (inside.y - rect.y, rect.y1 - inside.y1), (inside.x - rect.x, rect.x1 - inside.x1)
    padded: Codes = np.pad(part, beyond, mode="edge")
    return padded


def picture_of(frame: av.VideoFrame, colour: ColourTags, *, rotation_deg: int = 0) -> YuvPicture | RgbPicture:
    """A decoded frame as a picture, as displayed: `rotation_deg` is counter-clockwise, a multiple of 90.

    Y'CbCr planes are views of the decoder's memory; nothing is converted. What is not Y'CbCr becomes
    R'G'B' as `rgb_frame` says.
    """
    turns = round(rotation_deg / 90) % 4
    frame = planar(frame)
    layout = frame.format
    if layout.is_planar and not layout.is_rgb and layout.name.startswith("yuv"):
        planes = planes_of_frame(frame)
        return YuvPicture(
            y_HW=planes[0],
            u_hw=planes[1],
            v_hw=planes[2],
            a_HW=planes[3] if len(planes) > 3 else None,
            bit_depth=layout.components[0].bits,
            siting_x=LEFT if planes[1].shape[1] < planes[0].shape[1] else FULL,
            siting_y=CENTRE if planes[1].shape[0] < planes[0].shape[0] else FULL,
            colour=colour,
        ).rotated(turns)
    tags = replace(colour, matrix="rgb", full_range=True)
    return rgb_picture_of(frame, tags).rotated(turns)
