"""Matte layers and the measures of takes."""

from __future__ import annotations

from understudy.domain.summary import ShotMattes, TakeMeasures
from understudy.v1 import mattes_pb2 as pb
from understudy.wire.named import fill_message, read_message


def shot_mattes_to_wire(mattes: ShotMattes) -> pb.ListMatteLayersResponse:
    return fill_message(pb.ListMatteLayersResponse(), mattes)


def shot_mattes_from_wire(message: pb.ListMatteLayersResponse) -> ShotMattes:
    return read_message(ShotMattes, message)


def take_measures_to_wire(measures: TakeMeasures) -> pb.TakeMeasures:
    return fill_message(pb.TakeMeasures(), measures)


def take_measures_from_wire(message: pb.TakeMeasures) -> TakeMeasures:
    return read_message(TakeMeasures, message)
