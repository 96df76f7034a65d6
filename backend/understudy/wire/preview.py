"""The layers a picture can be asked for."""

from __future__ import annotations

from understudy.domain.summary import Layer
from understudy.v1 import preview_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire


def layer_to_wire(layer: Layer) -> pb.Layer:
    return enum_to_wire(layer, pb.Layer, prefix="LAYER")  # type: ignore[no-any-return]


def layer_from_wire(number: int) -> Layer:
    return enum_from_wire(number, pb.Layer, Layer, prefix="LAYER")
