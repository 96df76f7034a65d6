"""The services: decode, call the backend, encode. Errors are left to the interceptor."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from understudy.domain.errors import BadInput, BadRecord, Transient
from understudy.rpc.asked import page_size, said
from understudy.rpc.backend import Backend
from understudy.v1 import consent_pb2 as consent_pb
from understudy.v1 import consent_pb2_grpc as consent_rpc
from understudy.v1 import custody_pb2 as custody_pb
from understudy.v1 import custody_pb2_grpc as custody_rpc
from understudy.v1 import mattes_pb2 as mattes_pb
from understudy.v1 import mattes_pb2_grpc as mattes_rpc
from understudy.v1 import models_pb2 as models_pb
from understudy.v1 import models_pb2_grpc as models_rpc
from understudy.v1 import people_pb2 as people_pb
from understudy.v1 import people_pb2_grpc as people_rpc
from understudy.v1 import production_pb2 as production_pb
from understudy.v1 import production_pb2_grpc as production_rpc
from understudy.v1 import shots_pb2 as shots_pb
from understudy.v1 import shots_pb2_grpc as shots_rpc
from understudy.v1 import takes_pb2 as takes_pb
from understudy.v1 import takes_pb2_grpc as takes_rpc
from understudy.wire.consent import consent_from_wire, consent_to_wire, decision_to_wire, need_from_wire
from understudy.wire.custody import custody_entry_to_wire, custody_state_to_wire
from understudy.wire.limits import MAX_CLIP_CHUNK_BYTES
from understudy.wire.mattes import shot_mattes_to_wire, take_measures_to_wire
from understudy.wire.models import model_to_wire
from understudy.wire.people import person_to_wire, purge_report_to_wire
from understudy.wire.production import production_to_wire
from understudy.wire.shots import shot_to_wire, track_summary_to_wire
from understudy.wire.takes import delivery_to_wire, take_frames_to_wire, take_to_wire

Context = grpc.ServicerContext

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
        report = self._backend.purge_person(said(request.person_id, "person"))
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
        consent = self._backend.revoke_consent(said(request.consent_id, "consent"), request.why)
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
    """Shots and their face tracks, and clips coming in. As many clips at once as `uploads` lets in."""

    def __init__(self, backend: Backend, *, uploads: threading.Semaphore) -> None:
        self._backend = backend
        self._uploads = uploads

    def GetShot(self, request: shots_pb.GetShotRequest, context: Context) -> shots_pb.GetShotResponse:
        return shots_pb.GetShotResponse(shot=shot_to_wire(self._backend.shot(said(request.shot_id, "shot"))))

    def ListShots(self, request: shots_pb.ListShotsRequest, context: Context) -> shots_pb.ListShotsResponse:
        return shots_pb.ListShotsResponse(shots=map(shot_to_wire, self._backend.shots()))

    def ListTracks(
        self, request: shots_pb.ListTracksRequest, context: Context
    ) -> shots_pb.ListTracksResponse:
        tracks = self._backend.tracks(said(request.shot_id, "shot"))
        return shots_pb.ListTracksResponse(tracks=map(track_summary_to_wire, tracks))

    def PutClip(
        self, requests: Iterator[shots_pb.PutClipRequest], context: Context
    ) -> shots_pb.PutClipResponse:
        if not self._uploads.acquire(blocking=False):  # before anything is waited for
            raise Transient("too many clips come in at this moment; send it again later")
        try:
            first = next(requests, shots_pb.PutClipRequest())
            if first.WhichOneof("part") != "header":
                raise BadInput("a clip begins with its name and size; the first message does not say them")
            clip = self._backend.put_clip(first.header.name, first.header.size, _clip_data(requests))
        finally:
            self._uploads.release()
        return shots_pb.PutClipResponse(path=clip.path, sha256=clip.sha256)


class ModelService(models_rpc.ModelServiceServicer):
    """Trained swappers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListModels(
        self, request: models_pb.ListModelsRequest, context: Context
    ) -> models_pb.ListModelsResponse:
        return models_pb.ListModelsResponse(models=map(model_to_wire, self._backend.models()))

    def GetModel(self, request: models_pb.GetModelRequest, context: Context) -> models_pb.GetModelResponse:
        model = self._backend.model(said(request.model_id, "model"))
        return models_pb.GetModelResponse(model=model_to_wire(model))


class TakeService(takes_rpc.TakeServiceServicer):
    """Takes and deliveries."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListTakes(self, request: takes_pb.ListTakesRequest, context: Context) -> takes_pb.ListTakesResponse:
        return takes_pb.ListTakesResponse(takes=map(take_to_wire, self._backend.takes(request.shot_id)))

    def GetTake(self, request: takes_pb.GetTakeRequest, context: Context) -> takes_pb.GetTakeResponse:
        return takes_pb.GetTakeResponse(take=take_to_wire(self._backend.take(said(request.take_id, "take"))))

    def ListTakeFrames(
        self, request: takes_pb.ListTakeFramesRequest, context: Context
    ) -> takes_pb.ListTakeFramesResponse:
        return take_frames_to_wire(self._backend.take_frames(said(request.take_id, "take")))

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
        return shot_mattes_to_wire(self._backend.shot_mattes(said(request.shot_id, "shot")))

    def GetMeasures(
        self, request: mattes_pb.GetMeasuresRequest, context: Context
    ) -> mattes_pb.GetMeasuresResponse:
        measures = self._backend.take_measures(
            said(request.take_id, "take"),
            frames=request.frames,
            limit=page_size(request.limit, MEASURES_PAGE, MEASURES_PAGE_MAX),
            by_frame=request.by_frame,
        )
        return mattes_pb.GetMeasuresResponse(measures=take_measures_to_wire(measures))


class CustodyService(custody_rpc.CustodyServiceServicer):
    """The custody log."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListEntries(
        self, request: custody_pb.ListEntriesRequest, context: Context
    ) -> custody_pb.ListEntriesResponse:
        limit = page_size(request.limit, ENTRIES_PAGE, ENTRIES_PAGE_MAX)
        entries = self._backend.custody_entries(max(0, request.after), limit)
        return custody_pb.ListEntriesResponse(entries=map(custody_entry_to_wire, entries))

    def Verify(self, request: custody_pb.VerifyRequest, context: Context) -> custody_pb.VerifyResponse:
        return custody_pb.VerifyResponse(state=custody_state_to_wire(self._backend.verify_custody()))


def _clip_data(requests: Iterator[shots_pb.PutClipRequest]) -> Iterator[bytes]:
    for request in requests:
        if request.WhichOneof("part") != "data" or len(request.data) > MAX_CLIP_CHUNK_BYTES:
            raise BadInput(f"a clip comes in parts of up to {MAX_CLIP_CHUNK_BYTES} bytes after its header")
        yield request.data
