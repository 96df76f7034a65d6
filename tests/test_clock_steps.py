"""Somebody sets the clock while work is going on: no work is lost, and terms follow the new time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.needed import missing
from tests.replaced_shots import PLATE, TRAINING
from tests.running_backend import RunningBackend, wait_until

from understudy.domain.errors import ConsentExpired
from understudy.domain.files import atomic_write, sweep_temporaries
from understudy.domain.identifiers import new_id
from understudy.domain.job import JobState
from understudy.domain.job_spec import ConvertSpec, TrainSpec
from understudy.domain.people import Need, Use
from understudy.jobs.lease import HEARTBEAT_FILE, LEASE_S, Leases
from understudy.store.production import Production


def _faketime() -> str:
    """The library that gives a process another clock; skips without it."""
    for place in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"):
        return str(place)
    missing("the package faketime is not installed", "MOUNTS")


class Clock:
    """The clock of servers and their workers, which can be set while they run."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file = file
        self._served: list[RunningBackend] = []
        self.step(timedelta())
        for name, value in (
            ("LD_PRELOAD", _faketime()),
            ("FAKETIME_TIMESTAMP_FILE", str(file)),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ):
            monkeypatch.setenv(name, value)

    def serve(self, folder: Path) -> RunningBackend:
        """A server that goes by this clock."""
        self._served.append(RunningBackend.start(folder))
        return self._served[-1]

    def end(self) -> None:
        """Stop the servers that still run."""
        for backend in self._served:
            if backend.process.poll() is None:
                backend.stop()

    def step(self, by: timedelta) -> None:
        """Set the clock so far before or behind the real one."""
        self._file.write_text(f"{by.total_seconds():+.0f}\n")
        time.sleep(0.6)  # a few looks of the supervisor


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock(tmp_path / "clock", monkeypatch)
    yield made
    made.end()


def test_the_lease_of_another_host_runs_out_by_a_clock_that_nobody_sets(tmp_path: Path) -> None:
    now = [1000.0]
    leases = Leases(clock=lambda: now[0])

    def beat(wall_time: float) -> None:
        (tmp_path / HEARTBEAT_FILE).write_text(f'{{"pid": 1, "host": "elsewhere", "time": {wall_time}}}')

    beat(5.0)  # by its own clock it is 1970
    assert leases.alive(tmp_path)
    now[0] += LEASE_S - 1
    assert leases.alive(tmp_path)
    beat(10.0)
    assert leases.alive(tmp_path)
    now[0] += LEASE_S - 1
    assert leases.alive(tmp_path), "the heart beat in time"
    now[0] += 2
    assert not leases.alive(tmp_path)


def test_what_is_being_written_is_not_swept_whatever_the_clock_says(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "one.txt") as temporary:
        temporary.write_bytes(b"one")
        os.utime(temporary, (0, 0))
        assert sweep_temporaries(tmp_path) == 0
    dead = tmp_path / ".two.x.part.txt"
    dead.write_bytes(b"half")
    assert sweep_temporaries(tmp_path) == 0, "it may be another machine's"
    os.utime(dead, (0, 0))
    assert sweep_temporaries(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["one.txt"]


@pytest.mark.slow
def test_a_clock_that_is_set_during_jobs_loses_nothing(
    replaced_show: Path, tmp_path: Path, clock: Clock
) -> None:
    folder = tmp_path / "production"
    shutil.copytree(replaced_show, folder)
    backend = clock.serve(folder)
    client = backend.client
    people = tuple(person.id for person in client.people())
    settings = {**TRAINING, "iterations": 6, "batch": 2}
    spec = TrainSpec(
        name="late", people=people, shot_ids=("rowan_learn", "mira_learn"), preset="quick", settings=settings
    )
    job = client.create_job(spec, new_id())
    wait_until(lambda: client.job(job.id).state is JobState.RUNNING)
    for by in (timedelta(hours=1), timedelta(hours=-1)):
        clock.step(by)
        assert client.job(job.id).attempt == 1
    backend.kill()  # the next one, an hour early, must find the worker and not take its job away
    backend = clock.serve(folder)
    client = backend.client
    done = client.wait(job.id)
    clock.step(timedelta(hours=1))
    late = ConvertSpec(shot_id=PLATE, model_id=client.models()[0].id, frames="1001-1002")
    rendered = client.create_job(late, new_id())
    clock.step(timedelta(0))
    assert client.wait(rendered.id).state is JobState.DONE
    assert (done.state, done.attempt) == (JobState.DONE, 1)
    client.verify_custody()


@pytest.mark.slow
def test_the_term_of_a_consent_follows_the_clock(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "production"
    Production.create(folder, "Show")
    backend = clock.serve(folder)
    client = backend.client
    agreed = backend.agree(client.create_person("Ada"), Use.TRAIN)
    other = client.create_person("Ben")
    client.record_consent(replace(agreed, id="", person_id=other.id, valid_to=_tomorrow()))
    need = [Need(person_id=other.id, use=Use.TRAIN)]
    assert client.check_consent(need).consent_ids
    clock.step(timedelta(days=3))
    with pytest.raises(ConsentExpired):
        client.check_consent(need)
    clock.step(timedelta(0))
    assert client.check_consent(need).consent_ids
    client.verify_custody()


def _tomorrow() -> date:
    return date.today() + timedelta(days=1)
