"""Matte layers and the measures of takes."""

from __future__ import annotations

from understudy.domain.artefact import MatteLayer
from understudy.domain.summary import FrameMeasure, FrameScore, MatteLayerSummary, ShotMattes, TakeMeasures
from understudy.v1 import mattes_pb2 as pb


def matte_layer_to_wire(layer: MatteLayer) -> pb.MatteLayer:
    return pb.MatteLayer(
        id=layer.id,
        shot_id=layer.shot_id,
        name=layer.name,
        origin=layer.origin,
        path=layer.path,
        frames=layer.frames,
        people=layer.people,
        job_id=layer.job_id,
    )


def matte_layer_from_wire(message: pb.MatteLayer) -> MatteLayer:
    return MatteLayer(
        id=message.id,
        shot_id=message.shot_id,
        name=message.name,
        origin=message.origin,
        path=message.path,
        frames=message.frames,
        people=tuple(message.people),
        job_id=message.job_id,
    )


def matte_layer_summary_to_wire(summary: MatteLayerSummary) -> pb.MatteLayerSummary:
    return pb.MatteLayerSummary(
        layer=matte_layer_to_wire(summary.layer),
        used=summary.used,
        worst=[pb.FrameScore(frame=entry.frame, score=entry.score) for entry in summary.worst],
    )


def matte_layer_summary_from_wire(message: pb.MatteLayerSummary) -> MatteLayerSummary:
    return MatteLayerSummary(
        layer=matte_layer_from_wire(message.layer),
        used=message.used,
        worst=tuple(FrameScore(frame=entry.frame, score=entry.score) for entry in message.worst),
    )


def shot_mattes_to_wire(mattes: ShotMattes) -> pb.ListMatteLayersResponse:
    return pb.ListMatteLayersResponse(
        layers=map(matte_layer_summary_to_wire, mattes.layers), keyed=mattes.keyed
    )


def shot_mattes_from_wire(message: pb.ListMatteLayersResponse) -> ShotMattes:
    return ShotMattes(layers=tuple(map(matte_layer_summary_from_wire, message.layers)), keyed=message.keyed)


def frame_measure_to_wire(measure: FrameMeasure) -> pb.FrameMeasure:
    return pb.FrameMeasure(
        frame=measure.frame, trouble=measure.trouble, reasons=measure.reasons, values=measure.values
    )


def frame_measure_from_wire(message: pb.FrameMeasure) -> FrameMeasure:
    return FrameMeasure(
        frame=message.frame,
        trouble=message.trouble,
        reasons=tuple(message.reasons),
        values=dict(message.values),
    )


def take_measures_to_wire(measures: TakeMeasures) -> pb.TakeMeasures:
    return pb.TakeMeasures(
        take_id=measures.take_id,
        job_id=measures.job_id,
        folder=measures.folder,
        contact_sheet=measures.contact_sheet,
        frames=map(frame_measure_to_wire, measures.frames),
    )


def take_measures_from_wire(message: pb.TakeMeasures) -> TakeMeasures:
    return TakeMeasures(
        take_id=message.take_id,
        job_id=message.job_id,
        folder=message.folder,
        contact_sheet=message.contact_sheet,
        frames=tuple(map(frame_measure_from_wire, message.frames)),
    )
