"""Following a job to its end, through dropped lines and restarted servers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.job import FINAL, Event, EventKind, JobState
from understudy.domain.job_spec import ConvertSpec, ExtractSpec
from understudy.domain.server_file import (
    ServerLocation,
    write_server_file,
)

EXTRACT = ExtractSpec(shot_id=fakes.SHOT.id)


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def client(backend: FakeBackend) -> Iterator[Client]:
    with running(backend) as server, Client(server.address, TOKEN) as client:
        yield client


class Hasty(FakeBackend):
    """Ends the watch of a running job too early: by turns after one event and at once."""

    calls = 0

    def watch(self, job_id: str, after_sequence: int, alive: Callable[[], bool]) -> Iterator[Event]:
        self.calls += 1
        most = None if self.job(job_id).state in FINAL else self.calls % 2
        yield from islice(super().watch(job_id, after_sequence, alive), most)


def progress(done: int) -> Event:
    return Event(kind=EventKind.PROGRESS, done=done, total=4, unit="frames", values={"sharp": 0.5})


def test_waiting_tells_events_and_gives_the_job(backend: FakeBackend, client: Client) -> None:
    job = client.create_job(EXTRACT)
    heard: list[Event] = []

    def work() -> None:
        backend.move(job.id, JobState.RUNNING)
        for done in range(1, 5):
            backend.tell(job.id, progress(done))
        backend.move(job.id, JobState.DONE)

    worker = threading.Timer(0.1, work)
    worker.start()
    ended = client.wait(job.id, heard.append)
    worker.join()
    assert ended.state is JobState.DONE
    assert [event.sequence for event in heard] == [1, 2, 3, 4, 5, 6]
    assert [event.done for event in heard if event.kind is EventKind.PROGRESS] == [1, 2, 3, 4]
    assert [event.sequence for event in client.watch(job.id, after_sequence=4)] == [5, 6]


def test_waiting_raises_what_ended_the_job(backend: FakeBackend, client: Client) -> None:
    failed = client.create_job(ConvertSpec(shot_id="s", model_id="m"))
    backend.move(failed.id, JobState.RUNNING)
    backend.move(failed.id, JobState.FAILED, errors.DeviceOutOfMemory("no memory left; use a smaller batch"))
    with pytest.raises(errors.DeviceOutOfMemory, match="smaller batch"):
        client.wait(failed.id)
    assert client.retry_job(failed.id).state is JobState.QUEUED
    assert client.cancel_job(failed.id).state is JobState.CANCELLED
    with pytest.raises(errors.Stopped):
        client.wait(failed.id)
    with pytest.raises(errors.NotFound):
        client.wait("nothing")


@pytest.mark.parametrize("same_port", [True, False], ids=["same port", "another port"])
def test_following_survives_a_restarted_server(tmp_path: Path, same_port: bool) -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    backend.move(job.id, JobState.RUNNING)
    heard: list[int] = []
    with running(backend) as first:
        write_server_file(tmp_path, ServerLocation(address=first.address, token=TOKEN, pid=1))
        client = Client.of_production(tmp_path)
        follower = threading.Thread(target=lambda: heard.extend(e.sequence for e in client.watch(job.id)))
        follower.start()
        backend.tell(job.id, progress(1))
        time.sleep(0.2)
    backend.tell(job.id, progress(2))  # while nobody serves
    time.sleep(0.3)
    with running(backend, first.address if same_port else "127.0.0.1:0") as second:
        write_server_file(tmp_path, ServerLocation(address=second.address, token=TOKEN, pid=2))
        backend.tell(job.id, progress(3))
        backend.move(job.id, JobState.DONE)
        follower.join(10)
        assert not follower.is_alive()
        assert heard == [1, 2, 3, 4, 5]
        assert client.shots() == [fakes.SHOT]
        client.close()


def test_following_gives_up_in_the_end() -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    with running(backend) as server, Client(server.address, TOKEN) as client:
        events = client.watch(job.id, patience_s=0.5)
        backend.tell(job.id, progress(1))
        assert next(events).done == 1
        server.stop()
        with pytest.raises(errors.ServerUnreachable, match="from event 1"):
            next(events)


def test_followers_leave_threads_for_others() -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    backend.tell(job.id, progress(1))
    with running(backend, max_workers=4) as server, Client(server.address, TOKEN) as client:
        followers = [client.watch(job.id) for _ in range(2)]
        assert [next(events).done for events in followers] == [1, 1]
        third = client.watch(job.id, patience_s=0.0)
        with pytest.raises(errors.ServerUnreachable):
            next(third)
        assert client.shots() == [fakes.SHOT]
        followers[0].close()  # type: ignore[attr-defined]
        assert next(client.watch(job.id)).done == 1


def test_a_watch_that_ends_before_its_job_goes_on() -> None:
    backend = Hasty()
    job = backend.create_job(EXTRACT, "r")
    backend.move(job.id, JobState.RUNNING)
    backend.tell(job.id, progress(1))
    with running(backend) as server, Client(server.address, TOKEN) as client:
        events = client.watch(job.id)
        assert [next(events).sequence for _ in range(2)] == [1, 2]
        backend.move(job.id, JobState.DONE)
        assert [event.sequence for event in events] == [3]
        assert backend.calls >= 4
