"""The job service: queueing and following, what jobs told, their logs and their settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from understudy.domain.errors import ServerUnreachable, Transient
from understudy.domain.job import FINAL, Event, Job
from understudy.rpc.asked import page_size, said
from understudy.rpc.backend import Backend
from understudy.v1 import jobs_pb2 as pb
from understudy.v1 import jobs_pb2_grpc as rpc
from understudy.wire.job_specs import job_spec_from_wire
from understudy.wire.job_views import setting_list_to_wire
from understudy.wire.jobs import event_kind_from_wire, event_to_wire, job_state_from_wire, job_to_wire
from understudy.wire.limits import MAX_LIST_BYTES

Context = grpc.ServicerContext

JOBS_PAGE, JOBS_PAGE_MAX = 100, 500
EVENTS_PAGE, EVENTS_PAGE_MAX = 1000, 5000


class JobService(rpc.JobServiceServicer):
    """Jobs. Only as many clients as `watchers` lets in follow one at a time, since each holds a thread."""

    def __init__(self, backend: Backend, *, watchers: threading.Semaphore) -> None:
        self._backend = backend
        self._watchers = watchers

    def CreateJob(self, request: pb.CreateJobRequest, context: Context) -> pb.CreateJobResponse:
        spec = job_spec_from_wire(request.spec)
        job = self._backend.create_job(spec, said(request.request_id, "request"))
        return pb.CreateJobResponse(job=job_to_wire(job))

    def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.GetJobResponse:
        return pb.GetJobResponse(job=job_to_wire(self._backend.job(said(request.job_id, "job"))))

    def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        states = [job_state_from_wire(state) for state in request.states]
        jobs = sorted(self._backend.jobs(states), key=_order)
        size = page_size(request.page_size, JOBS_PAGE, JOBS_PAGE_MAX)
        rest = [job for job in jobs if not request.page_token or _order(job) > request.page_token]
        page = rest[:size]
        token = _order(page[-1]) if len(rest) > size else ""
        return pb.ListJobsResponse(jobs=map(job_to_wire, page), next_page_token=token)

    def WatchJob(self, request: pb.WatchJobRequest, context: Context) -> Iterator[pb.WatchJobResponse]:
        job_id = said(request.job_id, "job")
        if not self._watchers.acquire(blocking=False):
            raise Transient("too many clients follow jobs on this server; it is tried again by itself")
        try:
            for event in self._events(job_id, request.after_sequence, context):
                yield pb.WatchJobResponse(event=event_to_wire(event))
        finally:
            self._watchers.release()

    def _events(self, job_id: str, after_sequence: int, context: Context) -> Iterator[Event]:
        """Ends well only when the job has ended and all was told, since clients take it for that."""
        last = after_sequence
        while True:
            before, was_final = last, self._backend.job(job_id).state in FINAL
            for event in self._backend.watch(job_id, last, context.is_active):
                last = event.sequence
                yield event
            if was_final:
                return
            if last == before and self._backend.job(job_id).state not in FINAL:
                raise ServerUnreachable(f"the server stopped following job {job_id}; follow it again")

    def CancelJob(self, request: pb.CancelJobRequest, context: Context) -> pb.CancelJobResponse:
        return pb.CancelJobResponse(job=job_to_wire(self._backend.cancel_job(said(request.job_id, "job"))))

    def RetryJob(self, request: pb.RetryJobRequest, context: Context) -> pb.RetryJobResponse:
        return pb.RetryJobResponse(job=job_to_wire(self._backend.retry_job(said(request.job_id, "job"))))

    def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        """As many as fit into one message; there is always one while there are more."""
        events = self._backend.events(
            said(request.job_id, "job"),
            request.after_sequence,
            kinds=[event_kind_from_wire(kind) for kind in request.kinds],
            limit=page_size(request.limit, EVENTS_PAGE, EVENTS_PAGE_MAX),
        )
        answer, size = pb.ListEventsResponse(), 0
        for event in map(event_to_wire, events):
            size += event.ByteSize()
            if answer.events and size > MAX_LIST_BYTES:
                break
            answer.events.append(event)
        return answer

    def GetLog(self, request: pb.GetLogRequest, context: Context) -> pb.GetLogResponse:
        part = self._backend.job_log(said(request.job_id, "job"), offset=request.offset, limit=request.limit)
        return pb.GetLogResponse(text=part.text, offset=part.offset, next_offset=part.next_offset)

    def ListSettings(self, request: pb.ListSettingsRequest, context: Context) -> pb.ListSettingsResponse:
        return setting_list_to_wire(self._backend.settings(said(request.kind, "kind"), request.preset))


def _order(job: Job) -> str:
    """Sorts jobs by age: identifiers begin with the time they were made."""
    return job.id
