"""Jobs and events: nothing is made twice, nothing is lost, whoever writes at the same time or dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.domain.errors import BadRecord, Conflict, JobStateConflict, NotFound
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import ExtractSpec, TrainSpec, spec_from_table
from understudy.store.production import Production

SPEC = TrainSpec(name="young", people=("a", "b"), shot_ids=("s1",), settings={"iterations": 10})


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as opened:
        yield opened


def progress(done: int) -> Event:
    return Event(kind=EventKind.PROGRESS, done=done, total=100, rate=2.5, values={"loss": 0.25})


def test_the_same_request_makes_one_job(production: Production) -> None:
    job, created = production.create_job(SPEC, "r1")
    assert created and job.state is JobState.QUEUED
    assert production.create_job(SPEC, "r1") == (job, False)
    assert production.jobs() == [job] and spec_from_table(job.kind, job.spec) == SPEC
    with pytest.raises(Conflict, match="other settings"):
        production.create_job(ExtractSpec(shot_id="s1"), "r1")
    with pytest.raises(BadRecord):
        production.create_job(SPEC, "")


def test_the_same_request_from_many_threads_makes_one_job(production: Production) -> None:
    found: list[tuple[str, bool]] = []

    def ask() -> None:
        job, created = production.create_job(SPEC, "r1")
        found.append((job.id, created))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({identifier for identifier, _ in found}) == 1
    assert sum(created for _, created in found) == 1


def test_jobs_are_found_by_a_unique_beginning(production: Production) -> None:
    production.create_job(SPEC, "r1", job_id="aaa-1")
    production.create_job(SPEC, "r2", job_id="aab-2")
    assert production.job("aab").request_id == "r2"
    with pytest.raises(Conflict, match="several"):
        production.job("aa")
    for missing in ("zz", "", "aaa-1x", "%"):
        with pytest.raises(NotFound):
            production.job(missing)


def test_states_follow_the_table_and_are_told(production: Production) -> None:
    job, _ = production.create_job(SPEC, "r1")
    production.move_job(job.id, JobState.RUNNING)
    failed = production.move_job(job.id, JobState.FAILED, error="DiskFull", message="no room")
    assert (failed.error, failed.message, failed.attempt) == ("DiskFull", "no room", 1)
    with pytest.raises(JobStateConflict):
        production.move_job(job.id, JobState.DONE)
    again = production.move_job(job.id, JobState.QUEUED)
    assert again.attempt == 2 and again.error == "" and production.job(job.id) == again
    told = [(event.sequence, event.message) for event in production.events(job.id)]
    assert told == [(1, "queued"), (2, "running"), (3, "failed"), (4, "queued")]
    production.move_job(job.id, JobState.RUNNING)
    done = production.move_job(job.id, JobState.DONE, result={"model_id": "m1", "losses": [0.5]})
    assert production.jobs({JobState.DONE}) == [done] and done.result["losses"] == [0.5]


def test_events_are_numbered_and_paged(production: Production) -> None:
    job, _ = production.create_job(SPEC, "r1")
    numbered = production.append_events(job.id, [progress(n) for n in range(5)])
    assert [event.sequence for event in numbered] == [2, 3, 4, 5, 6]
    assert production.events(job.id, after_sequence=3, limit=2) == numbered[2:4]
    assert production.last_sequence(job.id) == 6
    with pytest.raises(NotFound):
        production.append_events("nobody", [progress(1)])
    assert production.last_sequence("nobody") == 0


def test_two_threads_append_without_losing_a_number(production: Production) -> None:
    job, _ = production.create_job(SPEC, "r1")

    def write(worker: int) -> None:
        for number in range(40):
            production.append_events(job.id, [progress(worker * 1000 + number)])

    threads = [threading.Thread(target=write, args=(worker,)) for worker in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = production.events(job.id, after_sequence=1)
    assert [event.sequence for event in events] == list(range(2, 82))
    for worker in (1, 2):
        own = [event.done for event in events if event.done // 1000 == worker]
        assert own == [worker * 1000 + number for number in range(40)]


def test_a_watcher_is_woken(production: Production) -> None:
    job, _ = production.create_job(SPEC, "r1")
    assert not production.wait_for_events(job.id, 1, timeout_s=0.01)
    timer = threading.Timer(0.05, production.append_events, (job.id, [progress(1)]))
    timer.start()
    begin = time.monotonic()
    assert production.wait_for_events(job.id, 1, timeout_s=5)
    assert time.monotonic() - begin < 2
    timer.join()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_a_spool_taken_in_again_and_again_gives_each_event_once(
    production: Production, ends: list[int]
) -> None:
    """A reader that may begin anew from any old offset (it crashed before it knew) never doubles an event."""
    job, _ = production.create_job(SPEC, f"r{time.monotonic_ns()}")
    spool = [progress(number) for number in range(12)]  # event n occupies bytes 10 n to 10 n + 10
    for end in ends:
        first = production.spool_offset(job.id) // 10
        batch = spool[first : max(first, end)]
        where = (first * 10, (first + len(batch)) * 10)
        production.append_events(job.id, batch, spool=where)
        assert production.append_events(job.id, batch, spool=where) == []
    assert [event.done for event in production.events(job.id, after_sequence=1)] == list(range(max(ends)))


def test_a_hole_in_the_spool_is_refused(production: Production) -> None:
    job, _ = production.create_job(SPEC, "r1")
    production.append_events(job.id, [progress(1)], spool=(0, 50))
    with pytest.raises(Conflict, match="byte 50"):
        production.append_events(job.id, [progress(3)], spool=(90, 120))
    assert production.spool_offset(job.id) == 50 and production.last_sequence(job.id) == 2


WRITER = """
import json, sys
from pathlib import Path
from understudy.domain.job import Event, EventKind
from understudy.store.production import Production
production = Production.open(Path(sys.argv[1]))
job = production.jobs()[0]
offset = production.spool_offset(job.id)
while True:
    batch = [Event(kind=EventKind.PROGRESS, done=offset + n) for n in range(3)]
    production.append_events(job.id, batch, spool=(offset, offset + 3))
    production.custody.append("tick", offset=offset)
    offset += 3
    print(json.dumps(offset), flush=True)
"""


def test_a_killed_server_leaves_a_whole_database(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        job, _ = production.create_job(SPEC, "r1")
    acknowledged = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = [json.loads(process.stdout.readline()) for _ in range(5)]
        os.kill(process.pid, signal.SIGKILL)
        told += [json.loads(line) for line in process.stdout.read().splitlines()]
        process.wait()
        process.stdout.close()
        with Production.open(folder) as production:
            offset = production.spool_offset(job.id)
            events = production.events(job.id, after_sequence=1, limit=100_000)
            assert offset >= told[-1]  # what was told as written is there
            assert [event.done for event in events] == list(range(offset))
            assert production._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            acknowledged += len(told)
            assert production.custody.verify().entries > acknowledged
