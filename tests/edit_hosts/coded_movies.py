"""Movies whose every frame says in its pixels which medium and which frame of it this is, in Gray code."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH_PX, HEIGHT_PX, BITS = 64, 36, 8
DARK, LIGHT = 16, 235
CODECS = {
    ".mov": ("prores_ks", "yuv422p10le", {"profile": "2"}),
    ".mp4": ("libx264", "yuv420p", {"g": "48", "bf": "3", "crf": "6"}),
}
NOTHING = (0, 0)  # what black reads as; media are numbered from 1


def coded_picture(medium: int, index: int) -> np.ndarray:
    """The upper row tells the frame's index, the lower row the medium; most significant bit at the left."""
    rgb_HW3 = np.full((HEIGHT_PX, WIDTH_PX, 3), DARK, np.uint8)
    for row, number in enumerate((index, medium)):
        top = row * HEIGHT_PX // 2
        for bit in range(BITS):
            if (number ^ number >> 1) >> (BITS - 1 - bit) & 1:
                left = bit * WIDTH_PX // BITS
                rgb_HW3[top : top + HEIGHT_PX // 2, left : left + WIDTH_PX // BITS] = LIGHT
    return rgb_HW3


def read_picture(rgb_HW3: np.ndarray) -> tuple[int, int]:
    """(medium, index) of a picture, from the middle of each field; black is (0, 0)."""
    told = []
    for row in (1, 0):
        line = rgb_HW3[row * HEIGHT_PX // 2 + HEIGHT_PX // 4, :, 1]
        code = 0
        for bit in range(BITS):
            code = code << 1 | int(line[bit * WIDTH_PX // BITS + WIDTH_PX // BITS // 2] > 127)
        number = 0
        while code:
            number ^= code
            code >>= 1
        told.append(number)
    return told[0], told[1]


def coded_movie(
    path: Path, medium: int, frames: int, rate: Fraction, *, size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)
) -> Path:
    """ProRes (.mov) or H.264 with long groups (.mp4)."""
    codec, pixel_format, options = CODECS[path.suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = *size_px, pixel_format
        stream.codec_context.time_base = 1 / rate
        for index in range(frames):
            picture = av.VideoFrame.from_ndarray(coded_picture(medium, index), format="rgb24")
            frame = picture.reformat(*size_px, format=pixel_format, interpolation="POINT")
            frame.time_base, frame.pts = 1 / rate, index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read_movie(path: Path) -> list[tuple[int, int]]:
    """(medium, index) of every frame of a movie or picture."""
    with av.open(str(path)) as container:
        return [read_picture(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
