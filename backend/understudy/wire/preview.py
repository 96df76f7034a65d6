"""The layers a picture can be asked for, and the frame in hand."""

from __future__ import annotations

from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.summary import Layer
from understudy.v1 import preview_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire
from understudy.wire.tables import table_from_wire, table_to_wire


def layer_to_wire(layer: Layer) -> pb.Layer:
    return enum_to_wire(layer, pb.Layer, prefix="LAYER")  # type: ignore[no-any-return]


def layer_from_wire(number: int) -> Layer:
    return enum_from_wire(number, pb.Layer, Layer, prefix="LAYER")


def preview_request_to_wire(request: PreviewRequest) -> pb.PreviewFrameRequest:
    return pb.PreviewFrameRequest(
        session=request.session,
        shot_id=request.shot_id,
        frame=request.frame,
        layer=layer_to_wire(request.layer),
        model_id=request.model_id,
        bindings=request.bindings,
        settings=table_to_wire(request.settings),
        max_width_px=request.max_width_px,
    )


def preview_request_from_wire(message: pb.PreviewFrameRequest) -> PreviewRequest:
    return PreviewRequest(
        session=message.session,
        shot_id=message.shot_id,
        frame=message.frame,
        layer=layer_from_wire(message.layer),
        model_id=message.model_id,
        bindings=dict(message.bindings),
        settings=table_from_wire(message.settings),
        max_width_px=message.max_width_px,
    )


def preview_picture_to_wire(picture: PreviewPicture) -> pb.PreviewFrameResponse:
    return pb.PreviewFrameResponse(jpeg=picture.jpeg, revision=picture.revision, seconds=picture.seconds)


def preview_picture_from_wire(message: pb.PreviewFrameResponse) -> PreviewPicture:
    return PreviewPicture(jpeg=message.jpeg, revision=message.revision, seconds=message.seconds)
