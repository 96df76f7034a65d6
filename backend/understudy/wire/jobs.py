"""Jobs and their events."""

from __future__ import annotations

from understudy.domain.job import Event, EventKind, Job, JobState
from understudy.domain.job_spec import spec_from_table, spec_to_table
from understudy.v1 import jobs_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire
from understudy.wire.job_specs import job_spec_from_wire, job_spec_to_wire
from understudy.wire.tables import table_from_wire, table_to_wire


def job_state_to_wire(state: JobState) -> pb.JobState:
    return enum_to_wire(state, pb.JobState, prefix="JOB_STATE")  # type: ignore[no-any-return]


def job_state_from_wire(number: int) -> JobState:
    return enum_from_wire(number, pb.JobState, JobState, prefix="JOB_STATE")


def event_kind_to_wire(kind: EventKind) -> pb.EventKind:
    return enum_to_wire(kind, pb.EventKind, prefix="EVENT_KIND")  # type: ignore[no-any-return]


def event_kind_from_wire(number: int) -> EventKind:
    return enum_from_wire(number, pb.EventKind, EventKind, prefix="EVENT_KIND")


def job_to_wire(job: Job) -> pb.Job:
    return pb.Job(
        id=job.id,
        state=job_state_to_wire(job.state),
        request_id=job.request_id,
        spec=job_spec_to_wire(spec_from_table(job.kind, job.spec)),
        created_at=job.created_at,
        attempt=job.attempt,
        error=job.error,
        message=job.message,
        result=table_to_wire(job.result),
    )


def job_from_wire(message: pb.Job) -> Job:
    """A job whose `spec` table is as JSON would give it: lists, no tuples, every key present."""
    spec = job_spec_from_wire(message.spec)
    return Job(
        id=message.id,
        kind=spec.kind,
        state=job_state_from_wire(message.state),
        request_id=message.request_id,
        spec={k: list(v) if isinstance(v, tuple) else v for k, v in spec_to_table(spec).items()},
        created_at=message.created_at,
        attempt=message.attempt,
        error=message.error,
        message=message.message,
        result=table_from_wire(message.result),
    )


def event_to_wire(event: Event) -> pb.Event:
    return pb.Event(
        kind=event_kind_to_wire(event.kind),
        time=event.time,
        sequence=event.sequence,
        message=event.message,
        error=event.error,
        frame=event.frame,
        path=event.path,
        unit=event.unit,
        done=event.done,
        total=event.total,
        rate=event.rate,
        remaining_s=event.remaining_s,
        values=event.values,
        texts=event.texts,
    )


def event_from_wire(message: pb.Event) -> Event:
    return Event(
        kind=event_kind_from_wire(message.kind),
        time=message.time,
        sequence=message.sequence,
        message=message.message,
        error=message.error,
        frame=message.frame,
        path=message.path,
        unit=message.unit,
        done=message.done,
        total=message.total,
        rate=message.rate,
        remaining_s=message.remaining_s,
        values=dict(message.values),
        texts=dict(message.texts),
    )
