"""A backend in memory that does the four jobs of a sending at once, and a bridge on a real line to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.artefact import Take
from understudy.domain.errors import ConsentMissing, NotFound, UnderstudyError
from understudy.domain.job import Event, EventKind, Job, JobKind, JobState
from understudy.domain.job_spec import IngestSpec, JobSpec, spec_from_table
from understudy.domain.path_map import NO_MAP, PathMap
from understudy.domain.people import Basis, Consent, Need, Person, Use
from understudy.domain.plain import to_json
from understudy.domain.shot import Shot
from understudy.domain.time import Timecode
from understudy.rpc.server import RunningServer
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.bridge import Bridge, BridgeSetting
from understudy_bridge.daemon.sending import FINAL

RATE = Fraction(24000, 1001)
START = Timecode.parse("01:00:00:00", RATE).count
FRAMES = 100
PEOPLE = (Person(id="p1", name="Rowan"), Person(id="p2", name="Mira"))
ALL_USES = frozenset({Use.TRAIN, Use.REPLACE, Use.LIKENESS, Use.DELIVER})


class WorkingBackend(FakeBackend):
    """Ingests, extracts, converts and delivers when it is asked; clips have 100 frames from one hour on.

    `held` are kinds of jobs that stay under way until `go_on`. `failing` are errors that jobs of a kind end
    with. `deliveries_in` is where it writes.
    """

    def __init__(self, deliveries_in: Path) -> None:
        super().__init__()
        self.own_shots: list[Shot] = []
        self.own_takes: list[Take] = []
        self.held: set[JobKind] = set()
        self.failing: dict[JobKind, UnderstudyError] = {}
        self.asked: list[tuple[JobKind, str]] = []
        self.deliveries_in = deliveries_in
        self.medium = {"rate": RATE, "file_frames": FRAMES, "start_timecode": "01:00:00:00"}
        self.refusing = False
        self._people = {person.id: person for person in PEOPLE}
        self._working = threading.RLock()
        for person in PEOPLE:
            self.record_consent(consent_of(person.id))

    def create_job(self, spec: JobSpec, request_id: str) -> Job:
        with self._working:
            if self.refusing and spec.kind in (JobKind.CONVERT, JobKind.DELIVER):
                raise ConsentMissing("nobody agreed to that")
            before = len(self._jobs)
            job = super().create_job(spec, request_id)
            if len(self._jobs) > before:
                self.asked.append((spec.kind, job.id))
                self._begin(job)
            return self.job(job.id)

    def retry_job(self, job_id: str) -> Job:
        with self._working:
            job = super().retry_job(job_id)
            self._begin(job)
            return self.job(job.id)

    def go_on(self, *kinds: JobKind) -> None:
        """Finish what was held: jobs of some kinds, or all, and none is held any more."""
        with self._working:
            self.held -= set(kinds or JobKind)
            for job in self.jobs({JobState.RUNNING}):
                if not kinds or job.kind in kinds:
                    self._end(job)

    def _begin(self, job: Job) -> None:
        self.move(job.id, JobState.RUNNING)
        if job.kind is JobKind.CONVERT:
            self._take_of(job)
        self.tell(job.id, Event(kind=EventKind.PROGRESS, done=1, total=4, remaining_s=3.0, unit="frames"))
        if job.kind not in self.held:
            self._end(job)

    def _end(self, job: Job) -> None:
        if job.kind in self.failing:
            self.move(job.id, JobState.FAILED, self.failing[job.kind])
            return
        result = {
            JobKind.INGEST: self._ingested,
            JobKind.EXTRACT: self._extracted,
            JobKind.CONVERT: lambda job: {"take_id": job.id, "version": self.take(job.id).version},
            JobKind.DELIVER: self._delivered,
        }[job.kind](job)
        self._jobs[job.id] = replace(self._jobs[job.id], result=result)
        self.move(job.id, JobState.DONE)

    def _ingested(self, job: Job) -> dict[str, object]:
        spec = spec_from_table(job.kind, job.spec)
        assert isinstance(spec, IngestSpec) and spec.in_index is not None and spec.out_index is not None
        plate = replace(
            fakes.PLATE,
            path=spec.path,
            first_index=spec.in_index,
            last_index=spec.out_index,
            first_frame=spec.first_frame or 1001,
            **self.medium,
        )
        shot = Shot(id=job.id, name=spec.name, person_id=spec.person_id, role=spec.role, plate=plate)
        self.own_shots.append(shot)
        return {"shot_id": job.id, "frames": str(plate.frames)}

    def _extracted(self, job: Job) -> dict[str, object]:
        self.change_shot(str(job.spec["shot_id"]), faces="faces.safetensors")
        return {"shot_id": job.spec["shot_id"]}

    def change_shot(self, shot_id: str, **changed: Any) -> None:
        self.own_shots = [replace(shot, **changed) if shot.id == shot_id else shot for shot in self.own_shots]

    def _take_of(self, job: Job) -> None:
        shot = self.shot(str(job.spec["shot_id"]))
        version = 1 + len(self.takes(shot.id))
        if not any(take.id == job.id for take in self.own_takes):
            frames = str(shot.plate.frames)
            take = replace(
                fakes.TAKE, id=job.id, shot_id=shot.id, version=version, frames=frames, job_id=job.id
            )
            self.own_takes.append(take)

    def _delivered(self, job: Job) -> dict[str, object]:
        take = self.take(str(job.spec["take_id"]))
        settings = job.spec["settings"]
        assert isinstance(settings, dict)
        folder = self.deliveries_in / f"{self.shot(take.shot_id).name}_{take.label}_{job.id[-6:]}"
        title = f"{self.shot(take.shot_id).name}_{take.label}"
        files = [f"{title}_{movie}.mov" for movie in settings["movies"]]
        if settings["frames"]:
            files += [f"frames/{title}.{frame:04}.exr" for frame in (1001, 1002)]
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"pictures")
        return {"delivery_id": job.id, "folder": str(folder), "files": files}

    def shots(self) -> Sequence[Shot]:
        return list(self.own_shots)

    def shot(self, shot_id: str) -> Shot:
        found = [shot for shot in self.own_shots if shot_id in (shot.id, shot.name)]
        if not found:
            raise NotFound(f"there is no shot {shot_id}")
        return found[0]

    def takes(self, shot_id: str = "") -> Sequence[Take]:
        return [take for take in self.own_takes if shot_id in ("", take.shot_id)]

    def take(self, take_id: str) -> Take:
        found = [take for take in self.own_takes if take.id == take_id]
        if not found:
            raise NotFound(f"there is no take {take_id}")
        return found[0]

    def check_consent(self, needs: Sequence[Need]) -> Any:
        if self.refusing:
            raise ConsentMissing("nobody agreed to that")
        return super().check_consent(needs)

    def kinds(self) -> list[str]:
        """The kinds of all jobs that were ever made, in order."""
        return [str(kind) for kind, _ in self.asked]


def consent_of(
    person_id: str, *, days: int = 3650, uses: Collection[Use] = ALL_USES, begins: int = -10
) -> Consent:
    today = date.today()
    return Consent(
        id="",
        person_id=person_id,
        production_id="",
        basis=Basis.SYNTHETIC,
        uses=frozenset(uses),
        valid_from=today + timedelta(days=begins),
        valid_to=today + timedelta(days=days),
        description="made up",
    )


def clip_shot(media: Path | str, **changed: Any) -> ShotRef:
    """A clip of a 100-frame movie that shows its frames 20 to 59, with 8 frames of handles wanted."""
    ref = ShotRef(
        host="paper",
        project="film",
        sequence="reel 1",
        clip_uid="clip-1",
        name="SH010",
        media=str(media),
        reel="",
        rate=RATE,
        media_rate=RATE,
        drop_frame=False,
        source_in=START + 20,
        source_out=START + 60,
        record_in=86400,
        record_out=86440,
        track=1,
        track_name="",
        handle_head=8,
        handle_tail=8,
        available=(START, START + FRAMES),
    )
    return replace(ref, **changed)


@dataclass
class BridgeHouse:
    """A backend, its server, and bridges on one state folder."""

    folder: Path
    backend: WorkingBackend
    server: RunningServer
    token: str = TOKEN
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def media(self) -> Path:
        return self.folder / "A010.mov"

    def setting(self, **changed: Any) -> BridgeSetting:
        return BridgeSetting(
            connect=lambda: Client(self.server.address, self.token),
            state=self.folder / "state",
            **{**self.options, **changed},
        )

    @contextmanager
    def bridge(self, **changed: Any) -> Iterator[Bridge]:
        bridge = Bridge(self.setting(**changed))
        try:
            yield bridge
        finally:
            bridge.close()

    def asked(self, request_id: str = "r1", **changed: Any) -> dict[str, Any]:
        """A request to send the clip."""
        ref = clip_shot(**{"media": self.media, **changed})
        shot = json.loads(to_json(ref))
        return {"request_id": request_id, "project": "film", "shot": shot, "preset": "swap"}


def until(bridge: Bridge, sending_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The sending once it is so; fails when nothing changes for long."""
    while not condition(told := bridge.get(sending_id)):
        news = any(bridge.list("", told["revision"], 25.0)["sendings"] for _ in range(6))
        assert news, f"nothing changed any more: {told}"
    return told


def ended(told: dict[str, Any]) -> bool:
    return told["state"] in FINAL


def sent(house: BridgeHouse, bridge: Bridge, request_id: str = "r1", **changed: object) -> dict[str, Any]:
    """A sending of the clip, once it has ended."""
    told = bridge.create(house.asked(request_id, **changed))
    return until(bridge, str(told["id"]), ended)


@contextmanager
def bridge_house(folder: Path, *, path_map: PathMap = NO_MAP) -> Iterator[BridgeHouse]:
    """A house whose clip exists."""
    backend = WorkingBackend(folder / "deliveries")
    (folder / "A010.mov").write_bytes(b"a clip")
    with running(backend) as server:
        yield BridgeHouse(folder, backend, server, options={"path_map": path_map})
