"""The services: decode, call the backend, encode. Errors are left to the interceptor."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from understudy.domain.errors import BadInput, BadRecord, ServerUnreachable, Transient
from understudy.domain.job import FINAL, Event, Job
from understudy.rpc.backend import Backend
from understudy.v1 import consent_pb2 as consent_pb
from understudy.v1 import consent_pb2_grpc as consent_rpc
from understudy.v1 import custody_pb2 as custody_pb
from understudy.v1 import custody_pb2_grpc as custody_rpc
from understudy.v1 import jobs_pb2 as jobs_pb
from understudy.v1 import jobs_pb2_grpc as jobs_rpc
from understudy.v1 import mattes_pb2 as mattes_pb
from understudy.v1 import mattes_pb2_grpc as mattes_rpc
from understudy.v1 import models_pb2 as models_pb
from understudy.v1 import models_pb2_grpc as models_rpc
from understudy.v1 import people_pb2 as people_pb
from understudy.v1 import people_pb2_grpc as people_rpc
from understudy.v1 import preview_pb2 as preview_pb
from understudy.v1 import preview_pb2_grpc as preview_rpc
from understudy.v1 import production_pb2 as production_pb
from understudy.v1 import production_pb2_grpc as production_rpc
from understudy.v1 import shots_pb2 as shots_pb
from understudy.v1 import shots_pb2_grpc as shots_rpc
from understudy.v1 import takes_pb2 as takes_pb
from understudy.v1 import takes_pb2_grpc as takes_rpc
from understudy.wire.consent import consent_from_wire, consent_to_wire, decision_to_wire, need_from_wire
from understudy.wire.custody import custody_entry_to_wire, custody_state_to_wire
from understudy.wire.job_specs import job_spec_from_wire
from understudy.wire.jobs import event_to_wire, job_state_from_wire, job_to_wire
from understudy.wire.limits import MAX_PICTURE_BYTES
from understudy.wire.mattes import shot_mattes_to_wire, take_measures_to_wire
from understudy.wire.models import model_to_wire
from understudy.wire.people import person_to_wire, purge_report_to_wire
from understudy.wire.preview import layer_from_wire, preview_picture_to_wire, preview_request_from_wire
from understudy.wire.production import production_to_wire
from understudy.wire.shots import shot_to_wire, track_summary_to_wire
from understudy.wire.takes import delivery_to_wire, take_to_wire

Context = grpc.ServicerContext

JOBS_PAGE, JOBS_PAGE_MAX = 100, 500
ENTRIES_PAGE, ENTRIES_PAGE_MAX = 100, 1000
MEASURES_PAGE, MEASURES_PAGE_MAX = 1000, 5000


class ProductionService(production_rpc.ProductionServiceServicer):
    """Which production this is."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def GetProduction(
        self, request: production_pb.GetProductionRequest, context: Context
    ) -> production_pb.GetProductionResponse:
        return production_pb.GetProductionResponse(
            production=production_to_wire(self._backend.get_production())
        )


class PeopleService(people_rpc.PeopleServiceServicer):
    """The people of the production."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def CreatePerson(
        self, request: people_pb.CreatePersonRequest, context: Context
    ) -> people_pb.CreatePersonResponse:
        return people_pb.CreatePersonResponse(
            person=person_to_wire(self._backend.create_person(request.name))
        )

    def ListPeople(
        self, request: people_pb.ListPeopleRequest, context: Context
    ) -> people_pb.ListPeopleResponse:
        return people_pb.ListPeopleResponse(people=map(person_to_wire, self._backend.people()))

    def PurgePerson(
        self, request: people_pb.PurgePersonRequest, context: Context
    ) -> people_pb.PurgePersonResponse:
        report = self._backend.purge_person(_said(request.person_id, "person"))
        return people_pb.PurgePersonResponse(report=purge_report_to_wire(report))


class ConsentService(consent_rpc.ConsentServiceServicer):
    """Consent records and the gate."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def RecordConsent(
        self, request: consent_pb.RecordConsentRequest, context: Context
    ) -> consent_pb.RecordConsentResponse:
        consent = self._backend.record_consent(consent_from_wire(request.consent))
        return consent_pb.RecordConsentResponse(consent=consent_to_wire(consent))

    def RevokeConsent(
        self, request: consent_pb.RevokeConsentRequest, context: Context
    ) -> consent_pb.RevokeConsentResponse:
        consent = self._backend.revoke_consent(_said(request.consent_id, "consent"), request.why)
        return consent_pb.RevokeConsentResponse(consent=consent_to_wire(consent))

    def ListConsents(
        self, request: consent_pb.ListConsentsRequest, context: Context
    ) -> consent_pb.ListConsentsResponse:
        consents = self._backend.consents(request.person_id)
        return consent_pb.ListConsentsResponse(consents=map(consent_to_wire, consents))

    def CheckConsent(
        self, request: consent_pb.CheckConsentRequest, context: Context
    ) -> consent_pb.CheckConsentResponse:
        if not request.needs:
            raise BadRecord("the gate was asked nothing; say who is needed for what")
        decision = self._backend.check_consent([need_from_wire(need) for need in request.needs])
        return consent_pb.CheckConsentResponse(decision=decision_to_wire(decision))


class ShotService(shots_rpc.ShotServiceServicer):
    """Shots and their face tracks."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def GetShot(self, request: shots_pb.GetShotRequest, context: Context) -> shots_pb.GetShotResponse:
        return shots_pb.GetShotResponse(shot=shot_to_wire(self._backend.shot(_said(request.shot_id, "shot"))))

    def ListShots(self, request: shots_pb.ListShotsRequest, context: Context) -> shots_pb.ListShotsResponse:
        return shots_pb.ListShotsResponse(shots=map(shot_to_wire, self._backend.shots()))

    def ListTracks(
        self, request: shots_pb.ListTracksRequest, context: Context
    ) -> shots_pb.ListTracksResponse:
        tracks = self._backend.tracks(_said(request.shot_id, "shot"))
        return shots_pb.ListTracksResponse(tracks=map(track_summary_to_wire, tracks))


class JobService(jobs_rpc.JobServiceServicer):
    """Jobs. Only as many clients as `watchers` lets in follow one at a time, since each holds a thread."""

    def __init__(self, backend: Backend, *, watchers: threading.Semaphore) -> None:
        self._backend = backend
        self._watchers = watchers

    def CreateJob(self, request: jobs_pb.CreateJobRequest, context: Context) -> jobs_pb.CreateJobResponse:
        spec = job_spec_from_wire(request.spec)
        job = self._backend.create_job(spec, _said(request.request_id, "request"))
        return jobs_pb.CreateJobResponse(job=job_to_wire(job))

    def GetJob(self, request: jobs_pb.GetJobRequest, context: Context) -> jobs_pb.GetJobResponse:
        return jobs_pb.GetJobResponse(job=job_to_wire(self._backend.job(_said(request.job_id, "job"))))

    def ListJobs(self, request: jobs_pb.ListJobsRequest, context: Context) -> jobs_pb.ListJobsResponse:
        states = [job_state_from_wire(state) for state in request.states]
        jobs = sorted(self._backend.jobs(states), key=_order)
        size = _page_size(request.page_size, JOBS_PAGE, JOBS_PAGE_MAX)
        rest = [job for job in jobs if not request.page_token or _order(job) > request.page_token]
        page = rest[:size]
        token = _order(page[-1]) if len(rest) > size else ""
        return jobs_pb.ListJobsResponse(jobs=map(job_to_wire, page), next_page_token=token)

    def WatchJob(
        self, request: jobs_pb.WatchJobRequest, context: Context
    ) -> Iterator[jobs_pb.WatchJobResponse]:
        job_id = _said(request.job_id, "job")
        if not self._watchers.acquire(blocking=False):
            raise Transient("too many clients follow jobs on this server; it is tried again by itself")
        try:
            for event in self._events(job_id, request.after_sequence, context):
                yield jobs_pb.WatchJobResponse(event=event_to_wire(event))
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

    def CancelJob(self, request: jobs_pb.CancelJobRequest, context: Context) -> jobs_pb.CancelJobResponse:
        return jobs_pb.CancelJobResponse(
            job=job_to_wire(self._backend.cancel_job(_said(request.job_id, "job")))
        )

    def RetryJob(self, request: jobs_pb.RetryJobRequest, context: Context) -> jobs_pb.RetryJobResponse:
        return jobs_pb.RetryJobResponse(
            job=job_to_wire(self._backend.retry_job(_said(request.job_id, "job")))
        )


class ModelService(models_rpc.ModelServiceServicer):
    """Trained swappers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListModels(
        self, request: models_pb.ListModelsRequest, context: Context
    ) -> models_pb.ListModelsResponse:
        return models_pb.ListModelsResponse(models=map(model_to_wire, self._backend.models()))

    def GetModel(self, request: models_pb.GetModelRequest, context: Context) -> models_pb.GetModelResponse:
        model = self._backend.model(_said(request.model_id, "model"))
        return models_pb.GetModelResponse(model=model_to_wire(model))


class TakeService(takes_rpc.TakeServiceServicer):
    """Takes and deliveries."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListTakes(self, request: takes_pb.ListTakesRequest, context: Context) -> takes_pb.ListTakesResponse:
        return takes_pb.ListTakesResponse(takes=map(take_to_wire, self._backend.takes(request.shot_id)))

    def GetTake(self, request: takes_pb.GetTakeRequest, context: Context) -> takes_pb.GetTakeResponse:
        return takes_pb.GetTakeResponse(take=take_to_wire(self._backend.take(_said(request.take_id, "take"))))

    def ListDeliveries(
        self, request: takes_pb.ListDeliveriesRequest, context: Context
    ) -> takes_pb.ListDeliveriesResponse:
        deliveries = self._backend.deliveries(request.take_id)
        return takes_pb.ListDeliveriesResponse(deliveries=map(delivery_to_wire, deliveries))


class MatteService(mattes_rpc.MatteServiceServicer):
    """Matte layers, and the measures that rank the frames of a take."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListMatteLayers(
        self, request: mattes_pb.ListMatteLayersRequest, context: Context
    ) -> mattes_pb.ListMatteLayersResponse:
        return shot_mattes_to_wire(self._backend.shot_mattes(_said(request.shot_id, "shot")))

    def GetMeasures(
        self, request: mattes_pb.GetMeasuresRequest, context: Context
    ) -> mattes_pb.GetMeasuresResponse:
        measures = self._backend.take_measures(
            _said(request.take_id, "take"),
            frames=request.frames,
            limit=_page_size(request.limit, MEASURES_PAGE, MEASURES_PAGE_MAX),
            by_frame=request.by_frame,
        )
        return mattes_pb.GetMeasuresResponse(measures=take_measures_to_wire(measures))


class PreviewService(preview_rpc.PreviewServiceServicer):
    """Small pictures for looking at."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def GetJobPreview(
        self, request: preview_pb.GetJobPreviewRequest, context: Context
    ) -> preview_pb.GetJobPreviewResponse:
        jpeg = self._backend.job_preview(_said(request.job_id, "job"))
        return preview_pb.GetJobPreviewResponse(jpeg=_fitting(jpeg))

    def GetFrame(self, request: preview_pb.GetFrameRequest, context: Context) -> preview_pb.GetFrameResponse:
        if request.max_width_px < 0:
            raise BadInput(f"max_width_px is {request.max_width_px}; it must be 0 or more")
        jpeg = self._backend.frame_picture(
            shot_id=request.shot_id,
            take_id=request.take_id if request.shot_id else _said(request.take_id, "shot or take"),
            frame=request.frame,
            layer=layer_from_wire(request.layer),
            max_width_px=request.max_width_px,
        )
        return preview_pb.GetFrameResponse(jpeg=_fitting(jpeg))

    def PreviewFrame(
        self, request: preview_pb.PreviewFrameRequest, context: Context
    ) -> preview_pb.PreviewFrameResponse:
        if request.max_width_px < 0:
            raise BadInput(f"max_width_px is {request.max_width_px}; it must be 0 or more")
        _said(request.session, "session")
        _said(request.shot_id, "shot")
        picture = self._backend.preview_frame(preview_request_from_wire(request))
        _fitting(picture.jpeg)
        return preview_picture_to_wire(picture)


class CustodyService(custody_rpc.CustodyServiceServicer):
    """The custody log."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListEntries(
        self, request: custody_pb.ListEntriesRequest, context: Context
    ) -> custody_pb.ListEntriesResponse:
        limit = _page_size(request.limit, ENTRIES_PAGE, ENTRIES_PAGE_MAX)
        entries = self._backend.custody_entries(max(0, request.after), limit)
        return custody_pb.ListEntriesResponse(entries=map(custody_entry_to_wire, entries))

    def Verify(self, request: custody_pb.VerifyRequest, context: Context) -> custody_pb.VerifyResponse:
        return custody_pb.VerifyResponse(state=custody_state_to_wire(self._backend.verify_custody()))


def _said(identifier: str, what: str) -> str:
    """The identifier. Raises: BadInput when the request leaves it empty."""
    if not identifier:
        raise BadInput(f"the request does not say which {what}")
    return identifier


def _page_size(asked: int, default: int, most: int) -> int:
    if asked < 0:
        raise BadInput(f"a page of {asked} is not possible; ask for 1..{most}, or 0 for {default}")
    return min(asked or default, most)


def _order(job: Job) -> str:
    """Sorts jobs by age: identifiers begin with the time they were made."""
    return job.id


def _fitting(jpeg: bytes) -> bytes:
    """The picture. Raises: BadInput when it does not fit into a message."""
    if len(jpeg) > MAX_PICTURE_BYTES:
        raise BadInput(
            f"the picture has {len(jpeg)} bytes, more than one message holds; ask for a smaller width"
        )
    return jpeg
