"""A DPX file again with some of its pixels changed, and every other byte as it was.

Source: SMPTE ST 268-1.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import write_bytes
from understudy.domain.frame import Rect
from understudy.media.rgb_picture import RgbPicture

_ORDERS = {b"SDPX": ">", b"XPDS": "<"}
_COMPONENTS = {50: 3, 51: 4}  # descriptors RGB and RGBA
_FILLED_LEFT = 1  # packing method A: codes at the top of their words
_NO_PADDING = (0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the codes are. `word` is numpy's name of what holds one code, or the three of a 10-bit pixel."""

    at: int
    bits: int
    components: int
    width: int
    height: int
    word: str

    @property
    def words_a_line(self) -> int:
        return self.width if self.bits == 10 else self.width * self.components


def rewrite_dpx(path: Path, picture: RgbPicture, changed: Sequence[Rect], target: Path) -> bool:
    """Write `path` to `target`, whole or not at all, with `picture`'s codes where it `changed`.

    False, and nothing is written, for a rarer way of packing. Raises: UnreadableMedia, DiskFull.
    """
    data = bytearray(path.read_bytes())
    layout = _layout(data)
    if layout is None or (layout.width, layout.height) != picture.rgb_HW3.shape[1::-1]:
        return False
    lines = np.frombuffer(data, layout.word, layout.words_a_line * layout.height, layout.at)
    if len(lines) < layout.words_a_line * layout.height:
        raise UnreadableMedia(f"{path} is cut off; copy it again")
    lines_HW = lines.reshape(layout.height, layout.words_a_line)
    for rect in changed:
        part, (x, y) = rect.intersect(picture.window), picture.origin_xy
        _put(lines_HW, layout, picture, replace(part, x=part.x - x, y=part.y - y))
    write_bytes(target, bytes(data))
    return True


def _layout(data: bytearray) -> _Layout | None:
    """How the picture is packed; None for a way that is left to the library."""
    order = _ORDERS.get(bytes(data[:4]))
    if order is None or len(data) < 2048:
        return None
    at = struct.unpack_from(order + "I", data, 4)[0]
    orientation, elements, width, height = struct.unpack_from(order + "HHII", data, 768)
    signed, descriptor, bits = struct.unpack_from(order + "I", data, 780)[0], data[800], data[803]
    packing, encoding, own_at, padding = struct.unpack_from(order + "HHII", data, 804)
    components = _COMPONENTS.get(descriptor, 0)
    plain = (orientation, elements, signed, encoding) == (0, 1, 0, 0) and padding in _NO_PADDING
    word = {8: "u1", 10: f"{order}u4", 12: f"{order}u2", 16: f"{order}u2"}.get(bits)
    if not plain or not components or word is None or (bits in (10, 12) and packing != _FILLED_LEFT):
        return None
    layout = _Layout(own_at if own_at not in (0, 0xFFFFFFFF) else at, bits, components, width, height, word)
    line_bytes = layout.words_a_line * np.dtype(word).itemsize
    whole_words = line_bytes % 4 == 0 and (bits != 10 or components == 3)
    fits = layout.at + line_bytes * height <= len(data)
    return layout if whole_words and fits else None


def _put(lines_HW: npt.NDArray[Any], layout: _Layout, picture: RgbPicture, rect: Rect) -> None:
    """Bring `rect`, counted from the first pixel that is stored, in."""
    if rect.empty:
        return
    codes: npt.NDArray[Any] = picture.rgb_HW3[rect.y : rect.y1, rect.x : rect.x1]
    if layout.bits != 8:
        codes = codes >> np.uint16(16 - layout.bits)
    if layout.bits == 10:
        part = lines_HW[rect.y : rect.y1, rect.x : rect.x1]
        red, green, blue = (codes[..., place].astype(np.uint32) for place in range(3))
        spare = part.astype(np.uint32) & np.uint32(3)
        part[...] = red << np.uint32(22) | green << np.uint32(12) | blue << np.uint32(2) | spare
        return
    pixels = lines_HW.reshape(layout.height, layout.width, layout.components)
    part = pixels[rect.y : rect.y1, rect.x : rect.x1, :3]
    if layout.bits == 12:
        spare = part.astype(np.uint16) & np.uint16(15)
        codes = codes << np.uint16(4) | spare
    part[...] = codes
