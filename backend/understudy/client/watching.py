"""Following a job or a shot through dropped lines and restarted servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from understudy.client.connection import Connection
from understudy.domain.edit_stack import EditEntry
from understudy.domain.errors import NotAuthenticated, ServerUnreachable, Transient
from understudy.domain.job import Event
from understudy.v1.edits_pb2 import WatchEditsRequest, WatchEditsResponse
from understudy.v1.jobs_pb2 import WatchJobRequest, WatchJobResponse
from understudy.wire.edits import edit_entry_from_wire
from understudy.wire.jobs import event_from_wire

PATIENCE_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
CONNECT_S = 30.0  # gRPC gives up an attempt to connect before; what lasted longer had a line

Told = TypeVar("Told")


def events_of(
    connection: Connection, job_id: str, after_sequence: int, *, patience_s: float
) -> Iterator[Event]:
    """Events of a job, each once and in order, until the backend says that the job has ended.

    Raises: ServerUnreachable when the line was not up again after `patience_s`; the backend's own errors.
    """

    def since(last: int) -> Iterator[tuple[int, Event]]:
        request = WatchJobRequest(job_id=job_id, after_sequence=last)
        for answer in connection.stream("JobService/WatchJob", request, WatchJobResponse):
            event = event_from_wire(answer.event)
            yield event.sequence, event

    told = "the job goes on without it, follow it again from event {last}"
    return _followed(connection, since, after_sequence, patience_s=patience_s, told=told)


def edits_of(
    connection: Connection, shot_id: str, after_revision: int, *, patience_s: float
) -> Iterator[EditEntry]:
    """Entries of a shot, each once and in order, for as long as somebody asks for the next one.

    Raises: ServerUnreachable when the line was not up again after `patience_s`; the backend's own errors.
    """

    def since(last: int) -> Iterator[tuple[int, EditEntry]]:
        request = WatchEditsRequest(shot_id=shot_id, after_revision=last)
        for answer in connection.stream("EditService/WatchEdits", request, WatchEditsResponse):
            entry = edit_entry_from_wire(answer.entry)
            yield entry.revision, entry
        raise ServerUnreachable(f"the server stopped following shot {shot_id}")

    told = "nothing is lost, follow the shot again from revision {last}"
    return _followed(connection, since, after_revision, patience_s=patience_s, told=told)


def _followed(
    connection: Connection,
    since: Callable[[int], Iterator[tuple[int, Told]]],
    after: int,
    *,
    patience_s: float,
    told: str,
) -> Iterator[Told]:
    """What `since(number)` gives, taken up again after the last number when the line drops."""
    last, pause_s, trouble_began_s = after, FIRST_PAUSE_S, None
    while True:
        began_s = time.monotonic()
        try:
            for number, one in since(last):
                last, trouble_began_s = number, None
                yield one
            return
        except (Transient, NotAuthenticated) as trouble:
            moved = connection.follow_server()
            if connection.closed or (isinstance(trouble, NotAuthenticated) and not moved):
                raise
            now_s = time.monotonic()
            if trouble_began_s is None or now_s - began_s > CONNECT_S:
                trouble_began_s, pause_s = now_s, FIRST_PAUSE_S  # the line had been up until now
            if now_s - trouble_began_s + pause_s > patience_s:
                raise ServerUnreachable(
                    f"the line to {connection.address} dropped and was not up again for {patience_s:.0f} s; "
                    + told.format(last=last)
                ) from trouble
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
