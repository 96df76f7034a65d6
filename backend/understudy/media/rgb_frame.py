"""Decoded frames of R'G'B' movies as pictures: their own codes and their alpha."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags
from understudy.media.rgb_picture import RgbPicture
from understudy.media.video_frame import planes_of_frame

Pixels = npt.NDArray[Any]


def rgb_picture_of(frame: av.VideoFrame, colour: ColourTags) -> RgbPicture:
    """A frame as R'G'B', not turned. Planar R'G'B' keeps its codes, of 9 to 15 bits spread over 16.

    Packed layouts become 8 or 16 bits a channel, floats single precision; Bayer and palette layouts and grey
    with alpha 8-bit R'G'B'.
    """
    name, bits = frame.format.name, max(component.bits for component in frame.format.components)
    alpha = any(component.is_alpha for component in frame.format.components)
    if "f32" in name or "f16" in name:
        pixels: Pixels = frame.to_ndarray(format="gbrapf32le" if alpha else "gbrpf32le")
    elif name.startswith("gbr") and not name.endswith("be"):
        green, blue, red, *others = planes_of_frame(frame)
        pixels = np.stack([red, green, blue, *others], axis=2)
        if 8 < bits < 16:
            pixels = pixels << (16 - bits) | pixels >> (2 * bits - 16)
            return _picture(pixels, colour, bits)
    elif bits > 8:
        pixels = frame.to_ndarray(format="rgba64le" if alpha else "rgb48le")
    else:
        pixels = frame.to_ndarray(format="rgba" if alpha else "rgb24")
    return _picture(pixels, colour, 0)


def _picture(pixels: Pixels, colour: ColourTags, bit_depth: int) -> RgbPicture:
    alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] > 3 else None
    rgb_HW3 = np.ascontiguousarray(pixels[..., :3])
    return RgbPicture(rgb_HW3=rgb_HW3, colour=colour, a_HW=alpha, bit_depth=bit_depth)
