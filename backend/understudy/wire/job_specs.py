"""What jobs are to do. Specs have the names of their messages; only the role of footage is an enum here."""

from __future__ import annotations

from understudy.domain.errors import BadRecord
from understudy.domain.job import JobKind
from understudy.domain.job_spec import SPECS, IngestSpec, JobSpec
from understudy.v1 import jobs_pb2 as pb
from understudy.wire.named import fill_message, read_message
from understudy.wire.shots import role_from_wire, role_to_wire
from understudy.wire.time import rate_from_wire, rate_to_wire


def ingest_spec_to_wire(spec: IngestSpec) -> pb.IngestSpec:
    return pb.IngestSpec(
        path=spec.path,
        name=spec.name,
        person_id=spec.person_id,
        role=role_to_wire(spec.role),
        first_frame=spec.first_frame or 0,
        own_number=spec.first_frame is None,
        in_index=spec.in_index,
        out_index=spec.out_index,
        colour_space=spec.colour_space,
        pixel_aspect=rate_to_wire(spec.pixel_aspect) if spec.pixel_aspect is not None else None,
        rate=rate_to_wire(spec.rate) if spec.rate is not None else None,
    )


def ingest_spec_from_wire(message: pb.IngestSpec) -> IngestSpec:
    return IngestSpec(
        path=message.path,
        name=message.name,
        person_id=message.person_id,
        role=role_from_wire(message.role),
        first_frame=None if message.own_number else message.first_frame,
        in_index=message.in_index if message.HasField("in_index") else None,
        out_index=message.out_index if message.HasField("out_index") else None,
        colour_space=message.colour_space,
        pixel_aspect=rate_from_wire(message.pixel_aspect) if message.HasField("pixel_aspect") else None,
        rate=rate_from_wire(message.rate) if message.HasField("rate") else None,
    )


def job_spec_to_wire(spec: JobSpec) -> pb.JobSpec:
    """Raises: BadRecord, BadSettings for a value that the wire cannot carry."""
    if isinstance(spec, IngestSpec):
        return pb.JobSpec(ingest=ingest_spec_to_wire(spec))
    message = pb.JobSpec()
    inner = getattr(message, spec.kind)
    inner.SetInParent()  # a request of nothing but defaults is one as well
    fill_message(inner, spec)
    return message


def job_spec_from_wire(message: pb.JobSpec) -> JobSpec:
    """Raises: BadRecord when the message names no kind of work."""
    kind = message.WhichOneof("spec")
    if kind is None:
        raise BadRecord(
            "it is not said what the job is to do; use the same version of Understudy on both sides"
        )
    if kind == JobKind.INGEST:
        return ingest_spec_from_wire(message.ingest)
    return read_message(SPECS[JobKind(kind)], getattr(message, kind))
