"""A backend that lives in memory, for testing the wire and its clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TypeVar

from tests.fake_edits import FakeEdits
from tests.fake_facesets import FakeFacesets
from tests.fake_pictures import FakePictures
from tests.fake_state import FakeState

from understudy.domain.artefact import Delivery, MatteLayer, Model, Take
from understudy.domain.errors import (
    BadRecord,
    Conflict,
    ConsentMissing,
    NotFound,
    UnderstudyError,
)
from understudy.domain.identifiers import new_id
from understudy.domain.job import FINAL, Event, EventKind, Job, JobState, check_move
from understudy.domain.job_spec import JobSpec, spec_to_table
from understudy.domain.people import Consent, Need, Person
from understudy.domain.shot import Plate, Shot
from understudy.domain.summary import (
    CustodyEntry,
    CustodyState,
    Decision,
    FrameMeasure,
    FrameScore,
    MatteLayerSummary,
    ProductionInfo,
    PurgeReport,
    ShotMattes,
    TakeMeasures,
    TrackSummary,
)

Record = TypeVar("Record")

PLATE = Plate(
    path="/plates/a.mov",
    sha256="ab" * 32,
    width=1920,
    height=1080,
    rate=Fraction(24000, 1001),
    file_frames=100,
    first_index=8,
    last_index=91,
    start_timecode="01:00:00:00",
)
SHOT = Shot(id=new_id(), name="A010", person_id=new_id(), role="plate", plate=PLATE)
MODEL = Model(
    id=new_id(),
    name="swap",
    family="quick",
    size_px=96,
    people=("p1", "p2"),
    path="artefacts/models/m",
    sha256="cd" * 32,
    iterations=500,
    job_id=new_id(),
)
TAKE = Take(
    id=new_id(),
    shot_id=SHOT.id,
    version=1,
    model_ids=(MODEL.id,),
    people=("p1", "p2"),
    path="artefacts/takes/t",
    frames="1001-1084",
    job_id=new_id(),
    marked=True,
)
DELIVERY = Delivery(
    id=new_id(), take_id=TAKE.id, path="out", manifest="manifest.json", people=("p1", "p2"), job_id=new_id()
)
LAYER = MatteLayer(
    id=new_id(),
    shot_id=SHOT.id,
    name="hand",
    origin="propagate",
    path="mattes/m",
    frames="1010-1030",
    people=("p1",),
    job_id=new_id(),
)


class FakeBackend(FakeEdits, FakeState, FakePictures):
    """Behaves as `rpc.backend.Backend` says, for one production with one shot, model, take and delivery.

    `failure` is raised by the next call of `shots` or `retry_job`; `picture` is what previews show.
    """

    def __init__(self) -> None:
        super().__init__(SHOT.id, PLATE.frames)
        FakeState.__init__(self, TAKE.id)
        self.facesets = FakeFacesets()
        self.failure: Exception | None = None
        FakePictures.__init__(self, PLATE, self._source)
        self._people: dict[str, Person] = {}
        self._consents: dict[str, Consent] = {}
        self._jobs: dict[str, Job] = {}
        self._events = self.told
        self._news = threading.Condition()

    def get_production(self) -> ProductionInfo:
        return ProductionInfo(id="prod", name="Pilot", folder="/productions/pilot", version="0.1.0")

    def create_person(self, name: str) -> Person:
        if not name:
            raise BadRecord("a person needs a name")
        if any(person.name == name for person in self._people.values()):
            raise Conflict(f"there is a {name} already")
        person = Person(id=new_id(), name=name)
        self._people[person.id] = person
        return person

    def people(self) -> Sequence[Person]:
        return list(self._people.values())

    def purge_person(self, person_id: str) -> PurgeReport:
        if self._people.pop(person_id, None) is None:
            raise NotFound(f"there is no person {person_id}")
        return PurgeReport(paths=("artefacts/models/m",), rows=3, outside=(PLATE.path,))

    def record_consent(self, consent: Consent) -> Consent:
        kept = replace(consent, id=consent.id or new_id(), production_id=consent.production_id or "prod")
        self._consents[kept.id] = kept
        return kept

    def revoke_consent(self, consent_id: str, why: str) -> Consent:
        if consent_id not in self._consents:
            raise NotFound(f"there is no consent {consent_id}")
        kept = replace(self._consents[consent_id], revoked_at=_now(), revoked_why=why)
        self._consents[consent_id] = kept
        return kept

    def consents(self, person_id: str = "") -> Sequence[Consent]:
        return [consent for consent in self._consents.values() if person_id in ("", consent.person_id)]

    def check_consent(self, needs: Sequence[Need]) -> Decision:
        found: list[str] = []
        for need in needs:
            fitting = [c.id for c in self.consents(need.person_id) if need.use in c.uses and not c.revoked_at]
            if not fitting:
                raise ConsentMissing(f"no consent lets {need.person_id} be used for: {need.use}")
            found.append(fitting[0])
        return Decision(consent_ids=tuple(found), marked=False)

    def shots(self) -> Sequence[Shot]:
        self._fail_once()
        return [SHOT]

    def shot(self, shot_id: str) -> Shot:
        return _found(SHOT, shot_id in (SHOT.id, SHOT.name), f"shot {shot_id}")

    def tracks(self, shot_id: str) -> Sequence[TrackSummary]:
        self.shot(shot_id)
        return [TrackSummary(track=0, first=1001, last=1084, faces=84, filled=2, mean_presence=0.9)]

    def create_job(self, spec: JobSpec, request_id: str) -> Job:
        with self._news:
            for job in self._jobs.values():
                if job.request_id == request_id:
                    if job.spec != _as_json(spec):
                        raise Conflict(f"request {request_id} was made before, with another task")
                    return job
            job = Job(
                id=new_id(),
                kind=spec.kind,
                state=JobState.QUEUED,
                request_id=request_id,
                spec=_as_json(spec),
                created_at=_now(),
            )
            self._jobs[job.id], self._events[job.id] = job, []
            return job

    def job(self, job_id: str) -> Job:
        matches = [job for job in self._jobs.values() if job.id.startswith(job_id)]
        if len(matches) != 1:
            raise NotFound(f"there is no job {job_id}")
        return matches[0]

    def jobs(self, states: Collection[JobState] = ()) -> Sequence[Job]:
        return [job for job in self._jobs.values() if not states or job.state in states]

    def watch(self, job_id: str, after_sequence: int, alive: Callable[[], bool]) -> Iterator[Event]:
        job_id = self.job(job_id).id
        while alive():
            with self._news:
                events = self._events[job_id][after_sequence:]
                if not events:
                    if self._jobs[job_id].state in FINAL:
                        return
                    self._news.wait(0.05)
            yield from events
            after_sequence += len(events)

    def cancel_job(self, job_id: str) -> Job:
        job = self.job(job_id)
        return job if job.state in FINAL else self.move(job.id, JobState.CANCELLED)

    def retry_job(self, job_id: str) -> Job:
        self._fail_once()
        return self.move(self.job(job_id).id, JobState.QUEUED)

    def models(self) -> Sequence[Model]:
        return [MODEL]

    def model(self, model_id: str) -> Model:
        return _found(MODEL, model_id in (MODEL.id, MODEL.name), f"model {model_id}")

    def takes(self, shot_id: str = "") -> Sequence[Take]:
        return [TAKE] if shot_id in ("", TAKE.shot_id) else []

    def take(self, take_id: str) -> Take:
        return _found(TAKE, take_id == TAKE.id, f"take {take_id}")

    def deliveries(self, take_id: str = "") -> Sequence[Delivery]:
        return [DELIVERY] if take_id in ("", DELIVERY.take_id) else []

    def shot_mattes(self, shot_id: str) -> ShotMattes:
        self.shot(shot_id)
        worst = (FrameScore(frame=1030, score=0.4),)
        return ShotMattes(
            layers=(MatteLayerSummary(layer=LAYER, used="1010-1030", worst=worst),), keyed="1020"
        )

    def take_measures(
        self, take_id: str, *, frames: str = "", limit: int = 1000, by_frame: bool = False
    ) -> TakeMeasures:
        self.take(take_id)
        rows = [
            FrameMeasure(
                frame=frame, trouble=1 - frame / 2000, reasons=("seam",), values={"seam": float(frame)}
            )
            for frame in (PLATE.frames if by_frame else reversed(tuple(PLATE.frames)))
        ]
        return TakeMeasures(
            take_id=take_id, job_id="j", folder="/f", contact_sheet=frames, frames=tuple(rows[:limit])
        )

    def _source(self, shot_id: str, take_id: str) -> object:
        return self.shot(shot_id) if shot_id else self.take(take_id)

    def custody_entries(self, after: int = 0, limit: int = 100) -> Sequence[CustodyEntry]:
        entries = [
            CustodyEntry(
                sequence=n, time="", event="render", hash=f"{n:064}", facts={"frames": n, "ok": True}
            )
            for n in range(1, 251)
        ]
        return entries[after : after + limit]

    def verify_custody(self) -> CustodyState:
        return CustodyState(entries=250, head=f"{250:064}")

    def _fail_once(self) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    # What a worker would do

    def tell(self, job_id: str, *events: Event) -> None:
        with self._news:
            told = self._events[job_id]
            told += [replace(event, sequence=len(told) + n, time=_now()) for n, event in enumerate(events, 1)]
            self._news.notify_all()  # the condition's lock is reentrant

    def move(self, job_id: str, state: JobState, error: UnderstudyError | None = None) -> Job:
        with self._news:
            job = self._jobs[job_id]
            check_move(job_id, job.state, state)
            named = type(error).__name__ if error else ""
            self._jobs[job_id] = replace(job, state=state, error=named, message=str(error or ""))
            self.tell(job_id, Event(kind=EventKind.STATE, message=state))
            return self._jobs[job_id]


def _found(record: Record, condition: bool, what: str) -> Record:
    if not condition:
        raise NotFound(f"there is no {what}")
    return record


def _as_json(spec: JobSpec) -> dict[str, object]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in spec_to_table(spec).items()}


def _now() -> str:
    return datetime.now(UTC).isoformat()
