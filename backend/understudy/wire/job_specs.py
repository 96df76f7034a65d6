"""What jobs are to do: one pair per kind, and the choice between them."""

from __future__ import annotations

from understudy.domain.errors import BadRecord
from understudy.domain.job_spec import (
    ConvertSpec,
    DeliverSpec,
    EvaluateSpec,
    ExportSpec,
    ExtractSpec,
    ImportMatteSpec,
    IngestSpec,
    JobSpec,
    MatteNetSpec,
    MeasureSpec,
    ParseMatteSpec,
    PropagateSpec,
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


def propagate_spec_to_wire(spec: PropagateSpec) -> pb.PropagateSpec:
    return pb.PropagateSpec(
        shot_id=spec.shot_id,
        keys=spec.keys,
        frames=spec.frames,
        source=spec.source,
        name=spec.name,
        author=spec.author,
        apply=spec.apply,
        settings=table_to_wire(spec.settings),
    )


def propagate_spec_from_wire(message: pb.PropagateSpec) -> PropagateSpec:
    return PropagateSpec(
        shot_id=message.shot_id,
        keys=message.keys,
        frames=message.frames,
        source=message.source,
        name=message.name,
        author=message.author,
        apply=message.apply,
        settings=table_from_wire(message.settings),
    )


def matte_net_spec_to_wire(spec: MatteNetSpec) -> pb.MatteNetSpec:
    return pb.MatteNetSpec(
        shot_id=spec.shot_id,
        labels=spec.labels,
        frames=spec.frames,
        also=spec.also,
        start_from=spec.start_from,
        name=spec.name,
        author=spec.author,
        apply=spec.apply,
        settings=table_to_wire(spec.settings),
    )


def matte_net_spec_from_wire(message: pb.MatteNetSpec) -> MatteNetSpec:
    return MatteNetSpec(
        shot_id=message.shot_id,
        labels=message.labels,
        frames=message.frames,
        also=tuple(message.also),
        start_from=message.start_from,
        name=message.name,
        author=message.author,
        apply=message.apply,
        settings=table_from_wire(message.settings),
    )


def import_matte_spec_to_wire(spec: ImportMatteSpec) -> pb.ImportMatteSpec:
    return pb.ImportMatteSpec(
        shot_id=spec.shot_id,
        path=spec.path,
        channel=spec.channel,
        invert=spec.invert,
        operator=spec.operator,
        name=spec.name,
        author=spec.author,
        apply=spec.apply,
    )


def import_matte_spec_from_wire(message: pb.ImportMatteSpec) -> ImportMatteSpec:
    return ImportMatteSpec(
        shot_id=message.shot_id,
        path=message.path,
        channel=message.channel,
        invert=message.invert,
        operator=message.operator,
        name=message.name,
        author=message.author,
        apply=message.apply,
    )


def parse_matte_spec_to_wire(spec: ParseMatteSpec) -> pb.ParseMatteSpec:
    return pb.ParseMatteSpec(
        shot_id=spec.shot_id,
        path=spec.path,
        classes=spec.classes,
        frames=spec.frames,
        operator=spec.operator,
        name=spec.name,
        author=spec.author,
        apply=spec.apply,
        settings=table_to_wire(spec.settings),
    )


def parse_matte_spec_from_wire(message: pb.ParseMatteSpec) -> ParseMatteSpec:
    return ParseMatteSpec(
        shot_id=message.shot_id,
        path=message.path,
        classes=tuple(message.classes),
        frames=message.frames,
        operator=message.operator,
        name=message.name,
        author=message.author,
        apply=message.apply,
        settings=table_from_wire(message.settings),
    )


def export_spec_to_wire(spec: ExportSpec) -> pb.ExportSpec:
    return pb.ExportSpec(
        shot_id=spec.shot_id, what=spec.what, format=spec.format, frames=spec.frames, folder=spec.folder
    )


def export_spec_from_wire(message: pb.ExportSpec) -> ExportSpec:
    return ExportSpec(
        shot_id=message.shot_id,
        what=message.what,
        format=message.format,
        frames=message.frames,
        folder=message.folder,
    )


def measure_spec_to_wire(spec: MeasureSpec) -> pb.MeasureSpec:
    return pb.MeasureSpec(take_id=spec.take_id, frames=spec.frames, worst=spec.worst)


def measure_spec_from_wire(message: pb.MeasureSpec) -> MeasureSpec:
    return MeasureSpec(take_id=message.take_id, frames=message.frames, worst=message.worst)


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
        case PropagateSpec():
            return pb.JobSpec(propagate=propagate_spec_to_wire(spec))
        case MatteNetSpec():
            return pb.JobSpec(matte_net=matte_net_spec_to_wire(spec))
        case ImportMatteSpec():
            return pb.JobSpec(import_matte=import_matte_spec_to_wire(spec))
        case ParseMatteSpec():
            return pb.JobSpec(parse_matte=parse_matte_spec_to_wire(spec))
        case ExportSpec():
            return pb.JobSpec(export=export_spec_to_wire(spec))
        case MeasureSpec():
            return pb.JobSpec(measure=measure_spec_to_wire(spec))


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
        case "propagate":
            return propagate_spec_from_wire(message.propagate)
        case "matte_net":
            return matte_net_spec_from_wire(message.matte_net)
        case "import_matte":
            return import_matte_spec_from_wire(message.import_matte)
        case "parse_matte":
            return parse_matte_spec_from_wire(message.parse_matte)
        case "export":
            return export_spec_from_wire(message.export)
        case "measure":
            return measure_spec_from_wire(message.measure)
    raise BadRecord("it is not said what the job is to do; use the same version of Understudy on both sides")
