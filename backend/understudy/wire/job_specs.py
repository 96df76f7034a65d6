"""What jobs are to do: one pair per kind, and the choice between them."""

from __future__ import annotations

from understudy.domain.errors import BadRecord
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExtractSpec,
    IngestSpec,
    JobSpec,
    TrainSpec,
)
from understudy.v1 import jobs_pb2 as pb
from understudy.wire.shots import role_from_wire, role_to_wire
from understudy.wire.tables import table_from_wire, table_to_wire


def ingest_spec_to_wire(spec: IngestSpec) -> pb.IngestSpec:
    return pb.IngestSpec(
        path=spec.path,
        name=spec.name,
        person_id=spec.person_id,
        role=role_to_wire(spec.role),
        first_frame=spec.first_frame,
        in_index=spec.in_index,
        out_index=spec.out_index,
    )


def ingest_spec_from_wire(message: pb.IngestSpec) -> IngestSpec:
    return IngestSpec(
        path=message.path,
        name=message.name,
        person_id=message.person_id,
        role=role_from_wire(message.role),
        first_frame=message.first_frame,
        in_index=message.in_index if message.HasField("in_index") else None,
        out_index=message.out_index if message.HasField("out_index") else None,
    )


def extract_spec_to_wire(spec: ExtractSpec) -> pb.ExtractSpec:
    return pb.ExtractSpec(shot_id=spec.shot_id, settings=table_to_wire(spec.settings))


def extract_spec_from_wire(message: pb.ExtractSpec) -> ExtractSpec:
    return ExtractSpec(shot_id=message.shot_id, settings=table_from_wire(message.settings))


def train_spec_to_wire(spec: TrainSpec) -> pb.TrainSpec:
    return pb.TrainSpec(
        name=spec.name,
        people=spec.people,
        shot_ids=spec.shot_ids,
        preset=spec.preset,
        settings=table_to_wire(spec.settings),
        curate=table_to_wire(spec.curate),
    )


def train_spec_from_wire(message: pb.TrainSpec) -> TrainSpec:
    return TrainSpec(
        name=message.name,
        people=tuple(message.people),
        shot_ids=tuple(message.shot_ids),
        preset=message.preset,
        settings=table_from_wire(message.settings),
        curate=table_from_wire(message.curate),
    )


def convert_spec_to_wire(spec: ConvertSpec) -> pb.ConvertSpec:
    return pb.ConvertSpec(
        shot_id=spec.shot_id,
        model_id=spec.model_id,
        frames=spec.frames,
        take_id=spec.take_id,
        bindings=spec.bindings,
        settings=table_to_wire(spec.settings),
    )


def convert_spec_from_wire(message: pb.ConvertSpec) -> ConvertSpec:
    return ConvertSpec(
        shot_id=message.shot_id,
        model_id=message.model_id,
        frames=message.frames,
        take_id=message.take_id,
        bindings=dict(message.bindings),
        settings=table_from_wire(message.settings),
    )


def deliver_spec_to_wire(spec: DeliverSpec) -> pb.DeliverSpec:
    return pb.DeliverSpec(
        take_id=spec.take_id, frames=spec.frames, folder=spec.folder, settings=table_to_wire(spec.settings)
    )


def deliver_spec_from_wire(message: pb.DeliverSpec) -> DeliverSpec:
    return DeliverSpec(
        take_id=message.take_id,
        frames=message.frames,
        folder=message.folder,
        settings=table_from_wire(message.settings),
    )


def evaluate_spec_to_wire(spec: EvaluateSpec) -> pb.EvaluateSpec:
    return pb.EvaluateSpec(take_id=spec.take_id, truth=table_to_wire(spec.truth))


def evaluate_spec_from_wire(message: pb.EvaluateSpec) -> EvaluateSpec:
    return EvaluateSpec(take_id=message.take_id, truth=table_from_wire(message.truth))


def job_spec_to_wire(spec: JobSpec) -> pb.JobSpec:
    match spec:
        case IngestSpec():
            return pb.JobSpec(ingest=ingest_spec_to_wire(spec))
        case ExtractSpec():
            return pb.JobSpec(extract=extract_spec_to_wire(spec))
        case TrainSpec():
            return pb.JobSpec(train=train_spec_to_wire(spec))
        case ConvertSpec():
            return pb.JobSpec(convert=convert_spec_to_wire(spec))
        case DeliverSpec():
            return pb.JobSpec(deliver=deliver_spec_to_wire(spec))
        case EvaluateSpec():
            return pb.JobSpec(evaluate=evaluate_spec_to_wire(spec))


def job_spec_from_wire(message: pb.JobSpec) -> JobSpec:
    """Raises: BadRecord when the message names no kind of work."""
    match message.WhichOneof("spec"):
        case "ingest":
            return ingest_spec_from_wire(message.ingest)
        case "extract":
            return extract_spec_from_wire(message.extract)
        case "train":
            return train_spec_from_wire(message.train)
        case "convert":
            return convert_spec_from_wire(message.convert)
        case "deliver":
            return deliver_spec_from_wire(message.deliver)
        case "evaluate":
            return evaluate_spec_from_wire(message.evaluate)
    raise BadRecord("it is not said what the job is to do; use the same version of Understudy on both sides")
