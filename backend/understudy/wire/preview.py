"""The layers a picture can be asked for, and the frame in hand."""

from __future__ import annotations

from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.summary import Layer
from understudy.v1 import preview_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire
from understudy.wire.named import fill_message, read_message


def layer_to_wire(layer: Layer) -> pb.Layer:
    return enum_to_wire(layer, pb.Layer, prefix="LAYER")  # type: ignore[no-any-return]


def layer_from_wire(number: int) -> Layer:
    return enum_from_wire(number, pb.Layer, Layer, prefix="LAYER")


def preview_request_to_wire(request: PreviewRequest) -> pb.PreviewFrameRequest:
    return fill_message(pb.PreviewFrameRequest(), request)


def preview_request_from_wire(message: pb.PreviewFrameRequest) -> PreviewRequest:
    return read_message(PreviewRequest, message)


def preview_picture_to_wire(picture: PreviewPicture) -> pb.PreviewFrameResponse:
    return fill_message(pb.PreviewFrameResponse(), picture)


def preview_picture_from_wire(message: pb.PreviewFrameResponse) -> PreviewPicture:
    return read_message(PreviewPicture, message)
