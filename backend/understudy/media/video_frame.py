"""Between numpy planes and FFmpeg's frames: code values, layouts and colour tags, nothing converted."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags

Codes = npt.NDArray[np.unsignedinteger]  # uint8 or uint16

UNKNOWN = 2  # H.273: unspecified
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
MATRICES = {
    0: "rgb",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
}

SCALER_MATRIX = {
    "bt709": "ITU709",
    "smpte170m": "ITU601",
    "bt470bg": "ITU601",
    "fcc": "FCC",
    "smpte240m": "SMPTE240M",
    "bt2020nc": "BT2020",
    "bt2020c": "BT2020",
}

_MPEG_RANGE, _JPEG_RANGE = 1, 2

_REPACKED = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "p010le": "yuv420p10le",
    "p016le": "yuv420p16le",
    "nv16": "yuv422p",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "p210le": "yuv422p10le",
    "y210le": "yuv422p10le",
    "v210": "yuv422p10le",
    "gray": "yuv444p",
    "yuv411p": "yuv444p",
    "yuv410p": "yuv444p",
    "gray10le": "yuv444p10le",
    "gray12le": "yuv444p12le",
}
"""Layouts that hold the same samples as a planar one, and rare ones that are widened."""


def colour_tags_of(frame: av.VideoFrame) -> ColourTags:
    """What a decoded frame says about its colour."""
    return ColourTags(
        primaries=PRIMARIES.get(int(frame.color_primaries), "unknown"),
        transfer=TRANSFERS.get(int(frame.color_trc), "unknown"),
        matrix=MATRICES.get(int(frame.colorspace), "unknown"),
        full_range=int(frame.color_range) == _JPEG_RANGE or frame.format.name.startswith("yuvj"),
    )


def tag_codes(tags: ColourTags) -> tuple[int, int, int, int]:
    """H.273 numbers of primaries, transfer and matrix, and FFmpeg's of the range."""

    def number(table: dict[int, str], name: str) -> int:
        return next((key for key, value in table.items() if value == name), UNKNOWN)

    return (
        number(PRIMARIES, tags.primaries),
        number(TRANSFERS, tags.transfer),
        number(MATRICES, tags.matrix),
        _JPEG_RANGE if tags.full_range else _MPEG_RANGE,
    )


def tagged(frame: av.VideoFrame, tags: ColourTags) -> av.VideoFrame:
    """The same frame with its colour tags set."""
    primaries, transfer, matrix, value_range = tag_codes(tags)
    frame.color_primaries, frame.color_trc = primaries, transfer
    frame.colorspace, frame.color_range = matrix, value_range
    return frame


def planar(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame as planar Y'CbCr in the machine's byte order where it holds such samples, else unchanged."""
    name = frame.format.name
    target = _REPACKED.get(name)
    if target is None and name.startswith("yuv") and name.endswith("be"):
        target = name[:-2] + "le"
    if target is None:
        return frame
    return frame.reformat(format=target, src_color_range=frame.color_range, dst_color_range=frame.color_range)


def planes_of_frame(frame: av.VideoFrame) -> list[Codes]:
    """Views of the planes of a planar frame, one array (h,w) each; the views keep the frame alive."""
    kind = np.dtype(np.uint8 if frame.format.components[0].bits <= 8 else np.uint16)
    views: list[Codes] = []
    for plane in frame.planes:
        codes: Codes = np.frombuffer(memoryview(plane), kind)
        views.append(codes.reshape(-1, plane.line_size // kind.itemsize)[: plane.height, : plane.width])
    return views


def frame_of_planes(
    pixel_format: str, width: int, height: int, planes: Sequence[Codes], tags: ColourTags
) -> av.VideoFrame:
    """A new frame of a planar format with these code values."""
    frame = av.VideoFrame(width, height, pixel_format)
    for target, source in zip(planes_of_frame(frame), planes, strict=True):
        target[...] = source
    return tagged(frame, tags)
