"""What the services call: the backend as plain methods on domain records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from understudy.domain.artefact import Delivery, Model, Take
from understudy.domain.job import Event, Job, JobState
from understudy.domain.job_spec import JobSpec
from understudy.domain.people import Consent, Need, Person
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
from understudy.rpc.edit_backend import EditBackend
from understudy.rpc.faceset_backend import FacesetBackend
from understudy.rpc.media_backend import PullBackend, RelinkBackend, TransferBackend
from understudy.rpc.picture_backend import PictureBackend
from understudy.rpc.state_backend import StateBackend


class Backend(EditBackend, StateBackend, PictureBackend, Protocol):
    """One open production. Called from many threads at once; every error is an `UnderstudyError`.

    Lists come oldest first. Whatever takes an id raises NotFound when there is no such thing;
    people, shots, models and jobs may also be named (jobs by a unique beginning of their id).
    """

    @property
    def facesets(self) -> FacesetBackend: ...

    @property
    def relinking(self) -> RelinkBackend: ...

    @property
    def transfer(self) -> TransferBackend: ...

    @property
    def pulling(self) -> PullBackend: ...

    def get_production(self) -> ProductionInfo: ...

    def create_person(self, name: str) -> Person:
        """Raises: Conflict when the name is taken, BadRecord when it is empty."""

    def people(self) -> Sequence[Person]: ...

    def purge_person(self, person_id: str) -> PurgeReport:
        """Delete everything that shows the person. Raises: NotFound; Conflict while a job uses the person."""

    def record_consent(self, consent: Consent) -> Consent:
        """Keep a consent; an empty id or production id is filled in. Raises: BadRecord, NotFound."""

    def revoke_consent(self, consent_id: str, why: str) -> Consent:
        """Withdraw a consent from now on. Raises: NotFound."""

    def consents(self, person_id: str = "") -> Sequence[Consent]:
        """Consents of one person, or of everybody."""

    def check_consent(self, needs: Sequence[Need]) -> Decision:
        """Ask the gate about some uses today. Raises: a ConsentRefused."""

    def shots(self) -> Sequence[Shot]: ...

    def shot(self, shot_id: str) -> Shot: ...

    def tracks(self, shot_id: str) -> Sequence[TrackSummary]:
        """The tracks of an extracted shot, longest first; empty before extraction."""

    def create_job(self, spec: JobSpec, request_id: str) -> Job:
        """Queue a job, or give back the one this `request_id` made before.

        Raises: Conflict for another spec under the same `request_id`; BadSettings, NotFound, ConsentRefused.
        """

    def job(self, job_id: str) -> Job: ...

    def jobs(self, states: Collection[JobState] = ()) -> Sequence[Job]:
        """All jobs, or those in one of `states`."""

    def watch(self, job_id: str, after_sequence: int, alive: Callable[[], bool]) -> Iterator[Event]:
        """Events numbered above `after_sequence`, then new ones as they come.

        Ends when the job is final and all its events were given, or soon (a second at most) after `alive()`
        became false. Raises NotFound at the first step.
        """

    def cancel_job(self, job_id: str) -> Job:
        """Ask a job to stop; a final job stays as it is."""

    def retry_job(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again. Raises: JobStateConflict."""

    def models(self) -> Sequence[Model]: ...

    def model(self, model_id: str) -> Model: ...

    def takes(self, shot_id: str = "") -> Sequence[Take]:
        """Takes of one shot, or of all."""

    def take(self, take_id: str) -> Take: ...

    def deliveries(self, take_id: str = "") -> Sequence[Delivery]:
        """Deliveries of one take, or of all."""

    def shot_mattes(self, shot_id: str) -> ShotMattes:
        """The matte layers of a shot, oldest first, and its keyed frames."""

    def take_measures(
        self, take_id: str, *, frames: str = "", limit: int = 1000, by_frame: bool = False
    ) -> TakeMeasures:
        """The newest measures of a take: at most `limit` rows, the worst first or in the order of frames.

        Worst first leaves out frames near a worse one, so that one problem does not fill the list.
        Raises: NotFound when the take was not measured yet.
        """

    def custody_entries(self, after: int = 0, limit: int = 100) -> Sequence[CustodyEntry]:
        """At most `limit` entries of the custody log numbered above `after`."""

    def verify_custody(self) -> CustodyState:
        """Check the whole custody log. Raises: CustodyBroken."""
