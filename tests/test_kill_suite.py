"""Server, workers and clients are killed at random moments, again and again; nothing is lost.

UNDERSTUDY_KILLS says how many kills (200), UNDERSTUDY_SEED at which moments (a failure names it).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from tests.artist import read_journal
from tests.killing import (
    Finished,
    WarmStart,
    assert_nothing_is_half,
    assert_records_hold,
    assert_whole,
    leftovers,
)
from tests.replaced_shots import PLATE, TRAINING
from tests.running_backend import wait_until

from understudy.client import Client
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import NotAuthenticated, ServerUnreachable
from understudy.domain.identifiers import new_id
from understudy.domain.job import FINAL, EventKind, JobState
from understudy.domain.job_spec import ConvertSpec, DeliverSpec, ExtractSpec, IngestSpec, JobSpec, TrainSpec
from understudy.jobs.lease import lease_held, worker_here, worker_of
from understudy.jobs.spool import read_spool
from understudy.trust.credentials import verify_delivery
from understudy.trust.keys import load_public_key

KILLS = int(os.environ.get("UNDERSTUDY_KILLS", "200"))
WORKERS_SHARE = {"ingest": 0.1, "extract": 0.1, "convert": 0.15, "train": 0.05, "deliver": 0.1}
STORM_SHARE = 1 - sum(WORKERS_SHARE.values())
MOVIES = {"movies": ["h264", "prores422hq"], "exr": True}


@dataclass
class Ground:
    """A production at rest with a taken plate and a model, and what is needed to disturb it."""

    folder: Path
    warm: WarmStart
    seed: int
    dice: random.Random
    tiny: TinyShot

    def serve(self) -> tuple[int, Client]:
        """A server, and a client of it that has been answered."""
        pid = self.warm.run("serve", str(self.folder))
        client: list[Client] = []

        def answers() -> bool:
            assert self.warm.runs(pid), self.warm.log.read_text()
            try:
                found = Client.of_production(self.folder)
                found.get_production()
            except (ServerUnreachable, NotAuthenticated):
                return False
            client.append(found)
            return True

        wait_until(answers)
        return pid, client[0]

    def kill(self, pid: int) -> None:
        """Mostly as a power cut would, else by asking."""
        self.warm.end(pid, signal.SIGKILL if self.dice.random() < 0.75 else signal.SIGTERM)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStart]:
    with WarmStart(tmp_path_factory.mktemp("warm") / "log.txt") as started:
        yield started


@pytest.fixture
def ground(
    replaced_show: Path, tmp_path: Path, warm: WarmStart, tiny_shot: TinyShot, request: pytest.FixtureRequest
) -> Ground:
    folder = tmp_path / "production"
    shutil.copytree(replaced_show, folder)
    seed = int(os.environ.get("UNDERSTUDY_SEED") or random.SystemRandom().randrange(10**6))
    print(f"UNDERSTUDY_SEED={seed}")  # shown when the test fails
    return Ground(folder, warm, seed, random.Random(f"{seed} {request.node.name}"), tiny_shot)


# Workers


@dataclass
class LoneJob:
    """A job whose server was killed: its worker can be run, killed and run again."""

    kind: str
    id: str
    ground: Ground

    @property
    def folder(self) -> Path:
        return self.ground.folder / "jobs" / self.id

    @property
    def output(self) -> Path:
        """What the worker writes."""
        work = json.loads((self.folder / "bundle.json").read_text())["work"]
        return Path(work.get("output") or work.get("folder") or self.folder / "log.txt")

    def start(self) -> int:
        key = self.ground.folder / "keys" / "production.ed25519.pub"
        return self.ground.warm.run("worker", str(self.folder), "--public-key", str(key))

    def begin_again(self) -> None:
        if self.output.is_dir():
            shutil.rmtree(self.output)

    def told(self, kind: EventKind) -> list[dict[str, object]]:
        return [
            {"done": event.done, "texts": event.texts}
            for event, _ in read_spool(self.folder, 0)
            if event.kind is kind
        ]

    def made(self) -> dict[str, object]:
        """What came out, in a form in which two runs must be equal."""
        if self.kind == "ingest":
            return {"plate": self.told(EventKind.RESULT)[-1]["texts"]}
        if self.kind == "train":
            newest = max(self.output.glob("checkpoint.*.safetensors"))
            return {newest.name: {name: t.tobytes() for name, t in load_file(newest).items()}}
        files = [self.output] if self.output.is_file() else sorted(self.output.rglob("*.*"))
        return {path.name: path.read_bytes() for path in files if path.name[0] != "." and path.is_file()}


def lone_job(kind: str, ground: Ground) -> LoneJob:
    """Have a job made and started, then kill its server and its worker."""
    server, client = ground.serve()
    with client:
        job = client.create_job(_spec(kind, client, ground.tiny), new_id())
        folder = ground.folder / "jobs" / job.id
        wait_until(lambda: worker_of(folder) is not None and lease_held(folder))
    ground.warm.end(server, signal.SIGKILL)
    worker = worker_of(folder)
    assert worker is not None
    if lease_held(folder):
        os.kill(worker[0], signal.SIGKILL)
    wait_until(lambda: not worker_here(folder))
    return LoneJob(kind, job.id, ground)


def _spec(kind: str, client: Client, tiny: TinyShot) -> JobSpec:
    people = {person.name: person.id for person in client.people()}
    if kind == "ingest":
        return IngestSpec(path=str(tiny.plate), name="again", person_id=people["Rowan"])
    if kind == "extract":
        return ExtractSpec(shot_id=PLATE)
    if kind == "train":
        settings = {**TRAINING, "iterations": 6, "batch": 2, "checkpoint_s": 0.001}
        pair = (people["Rowan"], people["Mira"])
        return TrainSpec(
            name="pair2",
            people=pair,
            shot_ids=("rowan_learn", "mira_learn"),
            preset="quick",
            settings=settings,
        )
    if kind == "convert":
        model = client.models()[0].id
        return ConvertSpec(shot_id=PLATE, model_id=model, settings={"batch": 1, "threads": 1})
    return DeliverSpec(take_id=client.takes()[0].id, settings=MOVIES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["train", "convert", "deliver"])
def test_the_same_work_twice_gives_the_same_bits(kind: str, ground: Ground) -> None:
    """In two processes, from the same bundle: weights, face layers, delivered frames and movies."""
    job = lone_job(kind, ground)
    made = []
    for _ in range(2):
        job.begin_again()
        assert ground.warm.wait(job.start()) == 0
        made.append(job.made())
    assert made[0] and made[0] == made[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORKERS_SHARE)
def test_a_worker_is_killed_again_and_again(kind: str, ground: Ground) -> None:
    """Run, kill, run; what is finished in the end is what an undisturbed run makes, bit for bit."""
    job = lone_job(kind, ground)
    job.begin_again()
    begun = time.monotonic()
    assert ground.warm.wait(job.start()) == 0
    lasts_s, undisturbed = time.monotonic() - begun, job.made()
    kills = 0
    job.begin_again()
    finished = Finished()
    while kills < round(KILLS * WORKERS_SHARE[kind]):
        at = len(job.told(EventKind.LOSSES))
        newest = _newest_checkpoint(job)
        worker = job.start()
        time.sleep(ground.dice.random() ** 2 * lasts_s)  # sooner rather than later: it goes on where it was
        if ground.warm.runs(worker):
            kills += 1
            ground.kill(worker)
        code = ground.warm.wait(worker)
        assert code in (0, -signal.SIGKILL, -signal.SIGTERM, 143), job.folder / "log.txt"
        _check_after(job, finished, newest=newest, told=job.told(EventKind.LOSSES)[at:])
        if code == 0:
            assert job.made() == undisturbed
            finished = Finished()
            job.begin_again()
    assert ground.warm.wait(job.start()) == 0
    assert job.made() == undisturbed
    _conclude(job)


def _newest_checkpoint(job: LoneJob) -> int:
    found = job.output.glob("checkpoint.*.safetensors") if job.kind == "train" else ()
    return max((int(path.name.split(".")[1]) for path in found), default=0)


def _check_after(job: LoneJob, finished: Finished, *, newest: int, told: list[dict[str, object]]) -> None:
    assert not worker_here(job.folder), "a dead worker holds its job"
    if job.kind in ("convert", "deliver"):
        finished.look(job.output)
    if job.output.is_dir():
        for path in job.output.rglob("*.*"):
            if path.name[0] != ".":
                assert_whole(path)
    iterations = [int(str(row["done"])) for row in told]
    if iterations:
        assert iterations[0] == newest + 1, "more than one interval was repeated, or one was left out"
        assert iterations[-1] <= _newest_checkpoint(job) + 1


def _conclude(job: LoneJob) -> None:
    """A server comes back and takes the result in, whatever the killed workers had told."""
    assert_records_hold(job.ground.folder)
    server, client = job.ground.serve()
    with client:
        wait_until(lambda: client.job(job.id).state in FINAL)
        if client.job(job.id).state is not JobState.DONE:
            client.retry_job(job.id)
        assert client.wait(job.id).state is JobState.DONE
        client.verify_custody()
    assert job.ground.warm.end(server, signal.SIGTERM) == 0
    assert_nothing_is_half(job.ground.folder)


# Everything at once

STAGES: tuple[dict[str, object], ...] = (
    {"kind": "ingest", "name": "learnt", "role": "learn"},
    {"kind": "extract", "shot_id": "learnt"},
    {"kind": "convert", "shot_id": PLATE, "settings": {"batch": 1, "threads": 1}},
    {"kind": "train", "name": "pair2", "preset": "quick", "settings": {**TRAINING, "checkpoint_s": 0.1}},
    {"kind": "deliver", "settings": MOVIES},
)
MOST_WORKER_KILLS = 3  # of one job: each life of a worker begins with loading torch


@dataclass
class Storm:
    """A server with its jobs, an artist who edits, a client who has jobs done; all of them are killed."""

    ground: Ground
    journals: Path
    kills: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("server", "worker", "editor", "maker"), 0)
    )
    worker_kills: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    finished: Finished = field(default_factory=Finished)
    delivered: Finished = field(default_factory=Finished)

    def start(self, who: str) -> None:
        folder, warm = str(self.ground.folder), self.ground.warm
        if who == "server":
            self.pids[who] = warm.run("serve", folder, "--slots", "2")
        else:
            self.pids[who] = warm.artist(who, folder, str(self.journals / who))

    def strike(self) -> None:
        """Kill somebody, look at what is left, and start it again."""
        victim = self.ground.dice.choices(("server", "worker", "editor", "maker"), (4, 4, 1, 1))[0]
        if victim == "worker":
            self._strike_worker()
            return
        assert self.ground.warm.runs(self.pids[victim]), f"the {victim} ended by itself"
        self.ground.kill(self.pids[victim])
        self.kills[victim] += 1
        if victim == "server":
            assert_records_hold(self.ground.folder)
            self._look()
        self.start(victim)

    def _strike_worker(self) -> None:
        for folder in sorted((self.ground.folder / "jobs").iterdir(), reverse=True):
            worker = worker_of(folder)
            few = self.worker_kills.get(folder.name, 0) < MOST_WORKER_KILLS
            if worker is not None and few and lease_held(folder):
                number = signal.SIGKILL if self.ground.dice.random() < 0.75 else signal.SIGTERM
                os.kill(worker[0], number)
                self.worker_kills[folder.name] = self.worker_kills.get(folder.name, 0) + 1
                self.kills["worker"] += 1
                return

    def _look(self) -> None:
        """What is finished stays: frames of takes, and what was handed over."""
        self.finished.look(self.ground.folder / "takes", pattern="layers.*.exr")
        for line in read_journal(self.journals / "maker"):
            folder = dict(line.get("result") or {}).get("manifest") and dict(line["result"])["folder"]  # type: ignore[call-overload]
            if folder:
                self.delivered.look(Path(str(folder)), pattern="*.*")


@pytest.mark.slow
def test_nothing_is_lost_in_a_storm(ground: Ground, tmp_path: Path) -> None:
    """All stages while everybody is killed: all edits and jobs are there, once, and all files are whole."""
    storm = Storm(ground, tmp_path)
    server, client = ground.serve()
    people = {person.name: person.id for person in client.people()}
    model = client.models()[0].id
    client.close()
    ground.warm.end(server, signal.SIGTERM)
    wanted = round(KILLS * STORM_SHARE)
    rounds = max(1, wanted // 45)
    (tmp_path / "maker.specs").write_text(json.dumps(list(_stages(rounds, people, model, ground.tiny))))
    for who in ("server", "editor", "maker"):
        storm.start(who)
    while sum(storm.kills.values()) < wanted:
        time.sleep(ground.dice.uniform(0, 0.5))
        storm.strike()
    print(storm.kills)
    assert ground.warm.wait(storm.pids["maker"], seconds=400) == 0
    ground.warm.end(storm.pids["editor"], signal.SIGKILL)
    assert ground.warm.end(storm.pids["server"], signal.SIGTERM) == 0
    _assert_all_is_there(storm, rounds)


def _stages(rounds: int, people: dict[str, str], model: str, tiny: TinyShot) -> Iterator[dict[str, object]]:
    pair = [people["Rowan"], people["Mira"]]
    for number in range(rounds):
        at = number * len(STAGES)
        ingest, extract, convert, train, deliver = STAGES
        yield {
            **ingest,
            "name": f"learnt{number}",
            "path": str(tiny.donor_learn),
            "person_id": people["Mira"],
        }
        yield {**extract, "shot_id": f"learnt{number}"}
        yield {**convert, "model_id": model}
        yield {**train, "people": pair, "shot_ids": ["rowan_learn", f"learnt{number}"]}
        yield {**deliver, "take_id": f"$job-{at + 2}.take_id"}


def _assert_all_is_there(storm: Storm, rounds: int) -> None:
    """With a fresh server, as anybody would look."""
    folder = storm.ground.folder
    assert_records_hold(folder)
    storm._look()
    assert_nothing_is_half(folder)
    for path in leftovers(folder):
        os.utime(path, (0, 0))  # as if it had been yesterday
    server, client = storm.ground.serve()
    wait_until(lambda: not leftovers(folder))
    with client:
        told = [str(line["told"]) for line in read_journal(storm.journals / "editor") if "told" in line]
        sent = {str(line["sent"]) for line in read_journal(storm.journals / "editor") if "sent" in line}
        entries = client.edits(PLATE).entries
        notes = [entry.action.note for entry in entries if entry.action is not None]  # type: ignore[union-attr]
        assert len(notes) == len(set(notes)), "an edit was made twice"
        assert set(told) <= set(notes) <= sent, "an acknowledged edit is lost, or one came from nowhere"
        assert [entry.revision for entry in entries] == list(range(1, len(entries) + 1))
        jobs = [job for job in client.jobs() if job.request_id.startswith("job-")]
        assert len(jobs) == rounds * len(STAGES), "a job was made twice, or is lost"
        assert {job.state for job in jobs} == {JobState.DONE}
        client.verify_custody()
        for delivery in client.deliveries():
            verify_delivery(Path(delivery.path), load_public_key(folder / "keys"))
    assert storm.ground.warm.end(server, signal.SIGTERM) == 0
