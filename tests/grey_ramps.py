"""Plates that show a grey ramp, one for each road by which pictures come in; for tests and benchmarks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

WIDTH, HEIGHT = 256, 16
STOPS = (-8.0, 4.0)  # of a linear ramp, around 1.0

Floats = npt.NDArray[np.float32]


def code_ramp() -> Floats:
    """From black to white, (H,W)."""
    return np.broadcast_to(np.linspace(0, 1, WIDTH, dtype=np.float32), (HEIGHT, WIDTH)).copy()


def light_ramp() -> Floats:
    """From 2^-8 to 2^4 in equal steps of exposure, (H,W)."""
    ramp = np.exp2(np.linspace(*STOPS, WIDTH, dtype=np.float32))
    return np.broadcast_to(ramp, (HEIGHT, WIDTH)).copy()


def write_ramp_movie(
    path: Path, codec: str, pixel_format: str, *, full_range: bool = False, options: dict[str, str]
) -> Path:
    """Two frames of a grey ramp in Y'CbCr, tagged BT.709."""
    layout = av.VideoFormat(pixel_format, WIDTH, HEIGHT)
    bits = layout.components[0].bits
    unit, top = 1 << (bits - 8), (1 << bits) - 1
    black, white = (0, top) if full_range else (16 * unit, 235 * unit)
    kind = np.uint8 if bits == 8 else np.uint16
    luma = np.rint(black + code_ramp() * (white - black)).astype(kind)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(24), options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        context = stream.codec_context
        context.color_range = 2 if full_range else 1
        context.color_primaries = context.color_trc = context.colorspace = 1
        for index in range(2):
            frame = av.VideoFrame(WIDTH, HEIGHT, pixel_format)
            for plane, component in zip(frame.planes, layout.components, strict=False):
                grey = luma if component.is_luma else np.full((plane.height, plane.width), 128 * unit, kind)
                room = np.zeros((plane.height, plane.line_size // grey.itemsize), kind)
                room[:, : plane.width] = top if component.is_alpha else grey
                plane.update(room.tobytes())
            frame.color_range, frame.colorspace = context.color_range, 1
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_ramp_sequence(
    folder: Path, suffix: str, kind: str, ramp: Floats, attributes: dict[str, object] | None = None
) -> Path:
    """Two frames of a grey ramp as picture files; `kind` is OpenImageIO's: "uint8", "uint10", "half" ..."""
    folder.mkdir(parents=True, exist_ok=True)
    bits = int(kind.removeprefix("uint")) if kind.startswith("uint") else 0
    stored = {8: "uint8", 10: "uint16", 12: "uint16", 16: "uint16"}.get(bits, kind)
    for number in (1001, 1002):
        target = folder / f"ramp.{number}{suffix}"
        spec = oiio.ImageSpec(WIDTH, HEIGHT, 3, stored)
        if bits in (10, 12):
            spec.attribute("oiio:BitsPerSample", bits)
        for name, value in (attributes or {}).items():
            spec.attribute(name, value)
        pixels = np.repeat(ramp[..., None], 3, axis=2)
        if bits:
            pixels = (np.rint(pixels * (2**bits - 1)) / np.float32(2**bits - 1)).astype(np.float32)
        out = oiio.ImageOutput.create(str(target))
        assert out is not None and out.open(str(target), spec), oiio.geterror()
        assert out.write_image(pixels), out.geterror()
        out.close()
    return folder / f"ramp.####{suffix}"
