"""The stream of a tab: edits, jobs, a backend that goes away, twenty tabs, and no thread left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import httpx
import pytest
from tests.fakes import SHOT, FakeBackend
from tests.review_room import KEY, OneProduction, RunningRoom, running_room
from tests.review_tabs import HeardTab
from tests.review_tabs import open_tab as open_tab_at
from tests.running_backend import wait_until
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.edit import Mark, MarkFrames
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import IngestSpec, TrainSpec
from understudy_review.live_jobs import newest_sequence

LIVE = f"/api/p/{KEY}/live"
INGEST = IngestSpec(path="/plates/a.mov", name="A010", person_id="p1")
TRAIN = TrainSpec(name="swap", people=("p1", "p2"), shot_ids=(SHOT.id,))


def open_tab(
    browser: httpx.Client, query: str = "", headers: dict[str, str] | None = None
) -> AbstractContextManager[HeardTab]:
    return open_tab_at(browser, LIVE + query, headers)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A gateway before a backend in memory."""

    backend: FakeBackend
    house: OneProduction
    room: RunningRoom
    client: Client

    def mark(self, frame: int, author: str = "Grace") -> int:
        seen = len(self.backend._entries)
        action = MarkFrames(first=frame, last=frame, mark=Mark.APPROVED)
        added = self.client.add_edits(SHOT.id, [action], author=author, seen_revision=seen)
        return added.revision


@pytest.fixture
def scene() -> Iterator[Scene]:
    backend = FakeBackend()
    with (
        running(backend, max_workers=32) as server,
        Client(server.address, TOKEN) as client,
    ):
        house = OneProduction(server.address)
        with running_room(house) as room:
            yield Scene(backend=backend, house=house, room=room, client=client)


def soon(condition: Callable[[], bool]) -> None:
    wait_until(condition, seconds=15)


def watching_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("live ")]


def test_a_tab_that_claims_too_much_silences_nobody(scene: Scene) -> None:
    with scene.room.browser() as browser, open_tab(browser, f"?shot={SHOT.id}&after={2**31 - 1}"):
        soon(lambda: any(name.startswith("live edits") for name in watching_threads()))
        with open_tab(browser, f"?shot={SHOT.id}") as tab:
            time.sleep(1.0)
            scene.mark(1001)
            soon(lambda: bool(tab.revisions()))
            assert tab.revisions() == [1]


def test_a_look_at_the_head_of_a_stream_ends(scene: Scene) -> None:
    with scene.room.browser() as browser:
        head = browser.head(LIVE)
        assert head.status_code == 200 and head.headers["content-type"].startswith("text/event-stream")
        assert browser.get("/api/session").status_code == 200  # on the same connection
        assert browser.head("/api/p/none/live").status_code == 404


def test_a_tab_hears_edits_each_once_and_in_order(scene: Scene) -> None:
    for frame in range(1001, 1004):
        scene.mark(frame)
    with scene.room.browser() as browser, open_tab(browser, f"?shot={SHOT.name}&after=1") as tab:
        soon(lambda: tab.revisions() == [2, 3])
        scene.mark(1010)
        soon(lambda: tab.revisions() == [2, 3, 4])
        entry = tab.of("edit")[-1]
        assert entry["author"] == "Grace" and entry["action"]["kind"] == "mark_frames"
        assert [number for kind, _, number in tab.heard if kind == "edit"] == ["2", "3", "4"]


def test_a_tab_that_comes_later_and_one_that_comes_back(scene: Scene) -> None:
    with scene.room.browser() as browser, open_tab(browser, f"?shot={SHOT.id}&after=0") as first:
        for frame in range(1001, 1006):
            scene.mark(frame)
        soon(lambda: first.revisions() == [1, 2, 3, 4, 5])
        with open_tab(browser, f"?shot={SHOT.id}&after=2") as second:
            soon(lambda: second.revisions() == [3, 4, 5])
            # A browser that takes a broken stream up again sends the old address and the last id.
            with open_tab(browser, f"?shot={SHOT.id}&after=0", {"last-event-id": "4"}) as third:
                scene.mark(1020)
                soon(lambda: third.revisions() == [5, 6] and second.revisions() == [3, 4, 5, 6])
        assert len([name for name in watching_threads() if "edits" in name]) == 1
        assert first.revisions() == [1, 2, 3, 4, 5, 6]


def test_a_server_that_follows_enough_shots_already() -> None:
    backend = FakeBackend()
    with ExitStack() as stack:
        server = stack.enter_context(running(backend, max_workers=6))
        room = stack.enter_context(running_room(OneProduction(server.address)))
        others = [stack.enter_context(Client(server.address, TOKEN)) for _ in range(3)]
        action = MarkFrames(first=1001, last=1001, mark=Mark.APPROVED)
        others[0].add_edits(SHOT.id, [action], author="Grace", seen_revision=0)
        held = [other.watch_edits(SHOT.id, 0) for other in others]
        assert [next(entries).revision for entries in held] == [1, 1, 1]
        browser = stack.enter_context(room.browser())
        tab = stack.enter_context(open_tab(browser, f"?shot={SHOT.id}&after=0"))
        soon(lambda: tab.revisions() == [1])
        others[0].add_edits(SHOT.id, [action], author="Grace", seen_revision=1)
        soon(lambda: tab.revisions() == [1, 2])


def test_a_shot_that_is_not_there(scene: Scene) -> None:
    with scene.room.browser() as browser:
        assert browser.get(LIVE + "?shot=nothing").status_code == 404
        assert browser.get("/api/p/nothing/live").status_code == 404
        assert browser.get(LIVE + "?after=x").status_code == 400


def test_jobs_from_their_making_to_their_end(scene: Scene) -> None:
    with scene.room.browser() as browser, open_tab(browser) as tab:
        soon(lambda: tab.of("backend") == [{"up": True}])
        job = scene.client.create_job(INGEST)
        soon(lambda: tab.states() == ["queued"])
        scene.backend.move(job.id, JobState.RUNNING)
        scene.backend.tell(
            job.id,
            Event(kind=EventKind.PROGRESS, done=3, total=10, unit="frames", rate=2.0, remaining_s=3.5),
            Event(kind=EventKind.LOSSES, done=3, values={"mask": 0.25}),
            Event(kind=EventKind.FRAME_FAILED, frame=1004, error="BadInput", message="no face"),
        )
        soon(lambda: tab.states()[-1] == "running" and len(tab.of("jobevent")) == 2)
        progress = tab.of("job")[-1]["progress"]
        assert progress == {"done": 3, "total": 10, "unit": "frames", "rate": 2.0, "remaining_s": 3.5}
        losses, failed = tab.of("jobevent")
        assert (losses["job_id"], losses["kind"], losses["values"]) == (job.id, "losses", {"mask": 0.25})
        assert (failed["frame"], failed["message"]) == (1004, "no face")

        scene.backend.tell(job.id, Event(kind=EventKind.PROGRESS, done=9, total=10, unit="frames"))
        scene.backend.move(job.id, JobState.DONE)
        soon(lambda: tab.states()[-1] == "done")
        assert tab.of("job")[-1]["progress"]["done"] == 9  # told before the end, not lost with it


def test_a_late_tab_knows_what_runs_without_its_whole_history(scene: Scene) -> None:
    job = scene.client.create_job(TRAIN)
    scene.backend.move(job.id, JobState.RUNNING)
    for n in range(300):
        scene.backend.tell(job.id, Event(kind=EventKind.LOSSES, done=n, values={"all": 1 / (n + 1)}))
    scene.backend.tell(job.id, Event(kind=EventKind.PROGRESS, done=300, total=1000, unit="iterations"))
    with scene.room.browser() as browser, open_tab(browser) as tab:
        soon(lambda: bool(tab.of("job")) and tab.of("job")[-1]["progress"] is not None)
        assert tab.of("job")[-1]["progress"]["done"] == 300 and tab.of("jobevent") == []
        with open_tab(browser) as late:
            soon(lambda: bool(late.of("job")))
            assert late.of("job")[0]["progress"]["done"] == 300
            assert late.of("backend")[0] == {"up": True}


def test_a_job_made_here_is_told_however_short_it_is(scene: Scene) -> None:
    with scene.room.browser() as browser, open_tab(browser) as tab:
        soon(lambda: bool(tab.of("backend")))
        spec = {"path": "/plates/a.mov", "name": "A", "person_id": "p1"}
        body = {"kind": "ingest", "spec": spec, "request_id": new_id()}
        job = browser.post(f"/api/p/{KEY}/jobs", json=body).json()
        scene.backend.cancel_job(job["id"])
        soon(lambda: tab.states()[-1:] == ["cancelled"])
        assert {told["job"]["id"] for told in tab.of("job")} == {job["id"]}


def test_a_retried_job_is_told_again(scene: Scene) -> None:
    job = scene.client.create_job(INGEST)
    scene.backend.move(job.id, JobState.CANCELLED)
    with scene.room.browser() as browser, open_tab(browser) as tab:
        soon(lambda: bool(tab.of("backend")))
        assert browser.post(f"/api/p/{KEY}/jobs/{job.id}/retry").status_code == 200
        soon(lambda: tab.states()[-1:] == ["queued"])


def test_the_backend_goes_away_and_comes_back_elsewhere(scene: Scene) -> None:
    other = FakeBackend()
    other._entries, other._requests = scene.backend._entries, scene.backend._requests
    with ExitStack() as stack:
        first = stack.enter_context(running(scene.backend))
        scene.house.address = first.address
        browser = stack.enter_context(scene.room.browser())
        tab = stack.enter_context(open_tab(browser, f"?shot={SHOT.id}&after=0"))
        soon(lambda: tab.of("backend") == [{"up": True}])
        first.stop()
        soon(lambda: tab.of("backend")[-1] == {"up": False})
        refused = browser.get(f"/api/p/{KEY}/people")
        assert (refused.status_code, refused.json()["error"]) == (503, "ServerUnreachable")

        with running(other) as second, Client(second.address, TOKEN) as client:
            action = MarkFrames(first=1001, last=1001, mark=Mark.FLAGGED)
            client.add_edits(SHOT.id, [action], author="Grace", seen_revision=0)
            scene.house.address = second.address
            soon(lambda: tab.of("backend")[-1] == {"up": True} and tab.revisions() == [1])
            assert browser.get(f"/api/p/{KEY}/people").status_code == 200
            assert not tab.ended.is_set()  # it was one stream all the time


def test_twenty_tabs_and_no_thread_left_behind(scene: Scene) -> None:
    before = threading.active_count()
    with scene.room.browser() as browser, ExitStack() as stack:
        limits = httpx.Limits(max_connections=40)
        many = httpx.Client(
            base_url=scene.room.base, headers=browser.headers, cookies=browser.cookies, limits=limits
        )
        stack.enter_context(many)
        tabs = [stack.enter_context(open_tab(many, f"?shot={SHOT.id}&after=0")) for _ in range(20)]
        scene.mark(1001)
        soon(lambda: all(tab.revisions() == [1] for tab in tabs))
        assert len(watching_threads()) == 2  # one for jobs, one for the shot
        scene.mark(1002)  # so that every tab reads once more and leaves
        stack.close()
        scene.mark(1003)
        soon(lambda: all(tab.ended.is_set() for tab in tabs))
    soon(lambda: watching_threads() == [])
    assert scene.client.edits(SHOT.id).revision == 3
    # Threads that wait for backends are kept for the next request; no more than that may stay.
    soon(lambda: threading.active_count() <= before + 45)


def test_the_gateway_ends_with_tabs_open() -> None:
    backend = FakeBackend()
    with running(backend) as server, ExitStack() as stack:
        with running_room(OneProduction(server.address)) as room:
            browser = stack.enter_context(room.browser())
            tab = stack.enter_context(open_tab(browser, f"?shot={SHOT.id}"))
            soon(lambda: bool(tab.of("backend")))
            began_s = time.monotonic()
        assert time.monotonic() - began_s < 5
        assert tab.ended.wait(5)
    soon(lambda: watching_threads() == [])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 100])
def test_the_newest_event_is_found_among_many(scene: Scene, count: int) -> None:
    job = scene.client.create_job(INGEST)
    for _ in range(count):
        scene.backend.tell(job.id, Event(kind=EventKind.NOTE, message="n"))
    assert newest_sequence(scene.client, job.id) == count
