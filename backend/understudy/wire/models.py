"""Models."""

from __future__ import annotations

from understudy.domain.artefact import Model
from understudy.v1 import models_pb2 as pb


def model_to_wire(model: Model) -> pb.Model:
    return pb.Model(
        id=model.id,
        name=model.name,
        family=model.family,
        size_px=model.size_px,
        people=model.people,
        path=model.path,
        sha256=model.sha256,
        iterations=model.iterations,
        job_id=model.job_id,
    )


def model_from_wire(message: pb.Model) -> Model:
    return Model(
        id=message.id,
        name=message.name,
        family=message.family,
        size_px=message.size_px,
        people=tuple(message.people),
        path=message.path,
        sha256=message.sha256,
        iterations=message.iterations,
        job_id=message.job_id,
    )
