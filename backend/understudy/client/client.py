"""Every verb of the backend, domain records in and out, raising the errors that the backend raised."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from google.protobuf.message import Message

from understudy.client.access import AccessCalls
from understudy.client.connection import Connection
from understudy.client.edits import EditCalls
from understudy.client.facesets import FacesetCalls
from understudy.client.media import MediaCalls
from understudy.client.pictures import PictureCalls
from understudy.client.state import StateCalls
from understudy.client.watching import PATIENCE_S, events_of
from understudy.domain.artefact import Delivery, Model, Take
from understudy.domain.errors import Stopped, error_named
from understudy.domain.identifiers import new_id
from understudy.domain.job import FINAL, Event, Job, JobState
from understudy.domain.job_spec import JobSpec
from understudy.domain.people import Consent, Need, Person
from understudy.domain.server_file import ServerLocation, read_server_file
from understudy.domain.shot import Shot
from understudy.domain.summary import (
    CustodyEntry,
    CustodyState,
    Decision,
    ProductionInfo,
    PurgeReport,
    ShotMattes,
    TakeMeasures,
    TrackSummary,
)
from understudy.v1 import (
    consent_pb2,
    custody_pb2,
    jobs_pb2,
    mattes_pb2,
    models_pb2,
    people_pb2,
    production_pb2,
    shots_pb2,
    takes_pb2,
)
from understudy.wire.consent import consent_from_wire, consent_to_wire, decision_from_wire, need_to_wire
from understudy.wire.custody import custody_entry_from_wire, custody_state_from_wire
from understudy.wire.job_specs import job_spec_to_wire
from understudy.wire.jobs import job_from_wire, job_state_to_wire
from understudy.wire.mattes import shot_mattes_from_wire, take_measures_from_wire
from understudy.wire.models import model_from_wire
from understudy.wire.people import person_from_wire, purge_report_from_wire
from understudy.wire.production import production_from_wire
from understudy.wire.shots import shot_from_wire, track_summary_from_wire
from understudy.wire.takes import delivery_from_wire, take_from_wire

DEADLINE_S = 20.0
LONG_DEADLINE_S = 120.0  # purging and checking the whole log read many files

Response = TypeVar("Response", bound=Message)


class Client(EditCalls, StateCalls, FacesetCalls, PictureCalls, MediaCalls, AccessCalls):
    """A connection to one backend, to be used in a `with` block and from as many threads as one likes."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        certificate: str = "",
        client_certificate: str = "",
        client_key: str = "",
    ) -> None:
        """`address` is host:port. All in PEM: `certificate` is whom to trust when the server speaks TLS, the
        other two are shown to a server that asks its clients for a certificate. Raises: BadSettings.
        """
        location = ServerLocation(
            address=address,
            token=token,
            certificate=certificate,
            client_certificate=client_certificate,
            client_key=client_key,
        )
        self._connection = Connection(lambda: location)

    @classmethod
    def of_production(cls, folder: Path) -> Client:
        """A client of the server that has `folder` open; it finds that server again after a restart.

        Raises: ServerUnreachable when no server has the production open.
        """
        client = cls.__new__(cls)
        client._connection = Connection(lambda: read_server_file(folder))
        return client

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._connection.address})"

    @property
    def address(self) -> str:
        """Where the server is, host:port."""
        return self._connection.address

    def close(self) -> None:
        self._connection.close()

    def _call(
        self, path: str, request: Message, response: type[Response], deadline_s: float = DEADLINE_S
    ) -> Response:
        return self._connection.call(path, request, response, deadline_s=deadline_s)

    # The production and its people

    def get_production(self) -> ProductionInfo:
        request = production_pb2.GetProductionRequest()
        answer = self._call("ProductionService/GetProduction", request, production_pb2.GetProductionResponse)
        return production_from_wire(answer.production)

    def create_person(self, name: str) -> Person:
        """Raises: Conflict when the name is taken."""
        request = people_pb2.CreatePersonRequest(name=name)
        answer = self._call("PeopleService/CreatePerson", request, people_pb2.CreatePersonResponse)
        return person_from_wire(answer.person)

    def people(self) -> list[Person]:
        request = people_pb2.ListPeopleRequest()
        answer = self._call("PeopleService/ListPeople", request, people_pb2.ListPeopleResponse)
        return [person_from_wire(person) for person in answer.people]

    def purge_person(self, person_id: str) -> PurgeReport:
        """Delete everything that shows the person. Raises: NotFound; Conflict while a job uses the person."""
        request = people_pb2.PurgePersonRequest(person_id=person_id)
        answer = self._call(
            "PeopleService/PurgePerson", request, people_pb2.PurgePersonResponse, LONG_DEADLINE_S
        )
        return purge_report_from_wire(answer.report)

    # Consent

    def record_consent(self, consent: Consent) -> Consent:
        """Keep a consent; an empty id or production id is filled in. Raises: BadRecord, NotFound."""
        request = consent_pb2.RecordConsentRequest(consent=consent_to_wire(consent))
        answer = self._call("ConsentService/RecordConsent", request, consent_pb2.RecordConsentResponse)
        return consent_from_wire(answer.consent)

    def revoke_consent(self, consent_id: str, why: str) -> Consent:
        request = consent_pb2.RevokeConsentRequest(consent_id=consent_id, why=why)
        answer = self._call("ConsentService/RevokeConsent", request, consent_pb2.RevokeConsentResponse)
        return consent_from_wire(answer.consent)

    def consents(self, person_id: str = "") -> list[Consent]:
        request = consent_pb2.ListConsentsRequest(person_id=person_id)
        answer = self._call("ConsentService/ListConsents", request, consent_pb2.ListConsentsResponse)
        return [consent_from_wire(consent) for consent in answer.consents]

    def check_consent(self, needs: Sequence[Need]) -> Decision:
        """Ask the gate about some uses today. Raises: a ConsentRefused."""
        request = consent_pb2.CheckConsentRequest(needs=[need_to_wire(need) for need in needs])
        answer = self._call("ConsentService/CheckConsent", request, consent_pb2.CheckConsentResponse)
        return decision_from_wire(answer.decision)

    # Shots

    def shots(self) -> list[Shot]:
        request = shots_pb2.ListShotsRequest()
        answer = self._call("ShotService/ListShots", request, shots_pb2.ListShotsResponse)
        return [shot_from_wire(shot) for shot in answer.shots]

    def shot(self, shot_id: str) -> Shot:
        """One shot, by id or name."""
        request = shots_pb2.GetShotRequest(shot_id=shot_id)
        return shot_from_wire(self._call("ShotService/GetShot", request, shots_pb2.GetShotResponse).shot)

    def tracks(self, shot_id: str) -> list[TrackSummary]:
        """The face tracks of a shot, longest first; none before extraction."""
        request = shots_pb2.ListTracksRequest(shot_id=shot_id)
        answer = self._call("ShotService/ListTracks", request, shots_pb2.ListTracksResponse)
        return [track_summary_from_wire(track) for track in answer.tracks]

    # Jobs

    def create_job(self, spec: JobSpec, request_id: str = "") -> Job:
        """Queue a job. The same `request_id` gives the same job again; empty makes a fresh one."""
        request = jobs_pb2.CreateJobRequest(request_id=request_id or new_id(), spec=job_spec_to_wire(spec))
        return job_from_wire(self._call("JobService/CreateJob", request, jobs_pb2.CreateJobResponse).job)

    def job(self, job_id: str) -> Job:
        """One job, by its id or a beginning of it that no other has."""
        request = jobs_pb2.GetJobRequest(job_id=job_id)
        return job_from_wire(self._call("JobService/GetJob", request, jobs_pb2.GetJobResponse).job)

    def jobs(self, states: Collection[JobState] = ()) -> list[Job]:
        """All jobs, or those in one of `states`, oldest first."""
        jobs: list[Job] = []
        request = jobs_pb2.ListJobsRequest(states=sorted(job_state_to_wire(state) for state in states))
        while True:
            answer = self._call("JobService/ListJobs", request, jobs_pb2.ListJobsResponse)
            jobs += [job_from_wire(job) for job in answer.jobs]
            if not answer.next_page_token:
                return jobs
            request.page_token = answer.next_page_token

    def watch(
        self, job_id: str, after_sequence: int = 0, *, patience_s: float = PATIENCE_S
    ) -> Iterator[Event]:
        """Events numbered above `after_sequence`, each once and in order, until the job has ended.

        A dropped connection or a restarted server is bridged: it goes on after the last event that came.
        Raises: ServerUnreachable when nobody answers for `patience_s`.
        """
        return events_of(self._connection, job_id, after_sequence, patience_s=patience_s)

    def wait(self, job_id: str, on_event: Callable[[Event], None] | None = None) -> Job:
        """Sleep until a job has ended; `on_event` is told what happens meanwhile.

        Raises: the job's own error when it failed, Stopped when it was cancelled.
        """
        last, job = 0, self.job(job_id)
        while True:
            for event in self.watch(job.id, last):
                last = event.sequence
                if on_event is not None:
                    on_event(event)
            job = self.job(job.id)
            if job.state in FINAL:  # otherwise it was queued again meanwhile
                break
        if job.state is JobState.FAILED:
            raise error_named(job.error, job.message)
        if job.state is JobState.CANCELLED:
            raise Stopped(f"job {job.id} was cancelled; what it finished is whole")
        return job

    def cancel_job(self, job_id: str) -> Job:
        request = jobs_pb2.CancelJobRequest(job_id=job_id)
        return job_from_wire(self._call("JobService/CancelJob", request, jobs_pb2.CancelJobResponse).job)

    def retry_job(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again. Raises: JobStateConflict."""
        request = jobs_pb2.RetryJobRequest(job_id=job_id)
        return job_from_wire(self._call("JobService/RetryJob", request, jobs_pb2.RetryJobResponse).job)

    # Models, takes, deliveries

    def models(self) -> list[Model]:
        request = models_pb2.ListModelsRequest()
        answer = self._call("ModelService/ListModels", request, models_pb2.ListModelsResponse)
        return [model_from_wire(model) for model in answer.models]

    def model(self, model_id: str) -> Model:
        """One model, by id or name."""
        request = models_pb2.GetModelRequest(model_id=model_id)
        return model_from_wire(
            self._call("ModelService/GetModel", request, models_pb2.GetModelResponse).model
        )

    def takes(self, shot_id: str = "") -> list[Take]:
        """Takes of one shot, or of all."""
        request = takes_pb2.ListTakesRequest(shot_id=shot_id)
        answer = self._call("TakeService/ListTakes", request, takes_pb2.ListTakesResponse)
        return [take_from_wire(take) for take in answer.takes]

    def take(self, take_id: str) -> Take:
        request = takes_pb2.GetTakeRequest(take_id=take_id)
        return take_from_wire(self._call("TakeService/GetTake", request, takes_pb2.GetTakeResponse).take)

    def deliveries(self, take_id: str = "") -> list[Delivery]:
        """Deliveries of one take, or of all."""
        request = takes_pb2.ListDeliveriesRequest(take_id=take_id)
        answer = self._call("TakeService/ListDeliveries", request, takes_pb2.ListDeliveriesResponse)
        return [delivery_from_wire(delivery) for delivery in answer.deliveries]

    # Mattes and measures

    def shot_mattes(self, shot_id: str) -> ShotMattes:
        """The matte layers of a shot, oldest first, and its keyed frames."""
        request = mattes_pb2.ListMatteLayersRequest(shot_id=shot_id)
        answer = self._call("MatteService/ListMatteLayers", request, mattes_pb2.ListMatteLayersResponse)
        return shot_mattes_from_wire(answer)

    def take_measures(
        self, take_id: str, *, frames: str = "", limit: int = 1000, by_frame: bool = False
    ) -> TakeMeasures:
        """The newest measures of a take, the worst frames first or in the order of frames.

        Worst first leaves out frames near a worse one. Raises: NotFound when it was not measured yet.
        """
        request = mattes_pb2.GetMeasuresRequest(
            take_id=take_id, frames=frames, limit=limit, by_frame=by_frame
        )
        answer = self._call("MatteService/GetMeasures", request, mattes_pb2.GetMeasuresResponse)
        return take_measures_from_wire(answer.measures)

    # Custody

    def custody_entries(self, after: int = 0, limit: int = 100) -> list[CustodyEntry]:
        """At most `limit` entries of the custody log numbered above `after`."""
        request = custody_pb2.ListEntriesRequest(after=after, limit=limit)
        answer = self._call("CustodyService/ListEntries", request, custody_pb2.ListEntriesResponse)
        return [custody_entry_from_wire(entry) for entry in answer.entries]

    def verify_custody(self) -> CustodyState:
        """Check the whole custody log. Raises: CustodyBroken."""
        request = custody_pb2.VerifyRequest()
        answer = self._call("CustodyService/Verify", request, custody_pb2.VerifyResponse, LONG_DEADLINE_S)
        return custody_state_from_wire(answer.state)
