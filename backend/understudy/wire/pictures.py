"""Pictures with versions, pixel values and strips."""

from __future__ import annotations

from understudy.domain.pictures import Encoding, FramePicture, Pixels, Strip
from understudy.v1 import preview_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire
from understudy.wire.named import fill_message, read_message


def encoding_to_wire(encoding: Encoding) -> pb.Encoding:
    return enum_to_wire(encoding, pb.Encoding, prefix="ENCODING")  # type: ignore[no-any-return]


def encoding_from_wire(number: int) -> Encoding:
    return enum_from_wire(number, pb.Encoding, Encoding, prefix="ENCODING")


def frame_picture_to_wire(picture: FramePicture) -> pb.GetFrameResponse:
    return fill_message(pb.GetFrameResponse(), picture)


def frame_picture_from_wire(message: pb.GetFrameResponse) -> FramePicture:
    return read_message(FramePicture, message)


def pixels_to_wire(pixels: Pixels) -> pb.GetPixelsResponse:
    return fill_message(pb.GetPixelsResponse(), pixels)


def pixels_from_wire(message: pb.GetPixelsResponse) -> Pixels:
    return read_message(Pixels, message)


def strip_to_wire(strip: Strip) -> pb.GetStripResponse:
    return fill_message(pb.GetStripResponse(), strip)


def strip_from_wire(message: pb.GetStripResponse) -> Strip:
    return read_message(Strip, message)
