"""Following a job through dropped lines and restarted servers."""

from __future__ import annotations

import time
from collections.abc import Iterator

from understudy.client.connection import Connection
from understudy.domain.errors import NotAuthenticated, ServerUnreachable, Transient
from understudy.domain.job import Event
from understudy.v1.jobs_pb2 import WatchJobRequest, WatchJobResponse
from understudy.wire.jobs import event_from_wire

PATIENCE_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
CONNECT_S = 30.0  # gRPC gives up an attempt to connect before; what lasted longer had a line


def events_of(
    connection: Connection, job_id: str, after_sequence: int, *, patience_s: float
) -> Iterator[Event]:
    """Events of a job, each once and in order, until the backend says that the job has ended.

    Raises: ServerUnreachable when the line was not up again after `patience_s`; the backend's own errors.
    """
    last, pause_s, trouble_began_s = after_sequence, FIRST_PAUSE_S, None
    while True:
        began_s = time.monotonic()
        try:
            request = WatchJobRequest(job_id=job_id, after_sequence=last)
            for answer in connection.stream("JobService/WatchJob", request, WatchJobResponse):
                event = event_from_wire(answer.event)
                last, trouble_began_s = event.sequence, None
                yield event
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
                    f"the job goes on without it, follow it again from event {last}"
                ) from trouble
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
