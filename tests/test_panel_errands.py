"""The panel's errands over the paper editor and a daemon whose answers are set."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.edit_hosts.contract import clip, timeline, track
from tests.edit_hosts.paper import Abilities, PaperHost

from understudy_bridge.panel.daemon_calls import Daemon, DaemonDown, Refused
from understudy_bridge.panel.errands import Errands, delivered_versions, line_of
from understudy_bridge.panel.flow import Placement
from understudy_bridge.panel.host import HostRefused, Table
from understudy_bridge.panel.worker import Worker

MEDIA = {"path": "/show/plate.mov", "name": "plate.mov", "rate": "24", "start": 0, "frames": 60}
TAKE = {**MEDIA, "path": "/show/take.mov", "name": "take.mov"}
SENDING: Table = {
    "id": "s1", "project": "", "name": "sh010", "state": "finished", "created": "1",
    "versions": [{"version": 1, "state": "delivered"}, {"version": 2, "state": "rendering"}],
}  # fmt: skip


class SetDaemon(Daemon):
    """Answers as it is told to, on the worker's thread; `trouble` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.faults: list[str] = []
        self.more_steps: list[Table] = []
        self.before_plan: Callable[[], None] = lambda: None
        self.asked: list[str] = []

    def another(self) -> Daemon:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def _told(self, what: str, answer: Table) -> Table:
        self.asked.append(what)
        if self.trouble is not None:
            raise self.trouble
        return copy.deepcopy(answer)

    def hello(self) -> Table:
        return self._told("hello", {"version": "1", "backend": {"state": "up", "message": ""}})

    def presets(self) -> Table:
        return self._told("presets", {"presets": [{"name": "usual"}]})

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Table:
        if after:
            time.sleep(0.01)
        news = [] if after else [{**SENDING, "project": project}, {**SENDING, "id": "s2", "project": "x"}]
        return self._told("list", {"revision": 1, "sendings": news})

    def check(self, asked: Table) -> Table:
        shot = {"name": "sh010", "clip_uid": asked["clips"][0]}
        return self._told("check", {"shots": [{"shot": shot, "problems": []}]})

    def create(self, asked: Table) -> Table:
        made = {**SENDING, "id": "s3", "project": asked["project"], "shot": asked["shot"]}
        return self._told("create", made)

    def plan(self, sending_id: str, asked: Table) -> Table:
        self.before_plan()
        laid = clip("take", TAKE, 10, 20, ours={"shot": "1", "version": asked.get("version", 1)})
        steps = [
            {"do": "add_track", "number": 2, "name": "Understudy"},
            {"do": "lay", "track": 2, "clip": laid},
            *self.more_steps,
        ]
        return self._told(
            "plan", {"id": "p1", "kind": "place", "version": 1, "steps": steps, "notes": ["noted"]}
        )

    def read(self, plan_id: str, asked: Table) -> Table:
        return self._told("read", {"ok": not self.faults, "faults": self.faults})


class Desk:
    def __init__(self) -> None:
        self.host, self.daemon = PaperHost(Abilities()), SetDaemon()
        self.host.open(timeline(track(1, clip("A", MEDIA, 10, 20, 5))))
        self.worker = Worker(self.daemon, name="errands-test")
        self.drawn = 0
        self.errands = Errands(self.host, self.worker, self._shown)

    def _shown(self) -> None:
        self.drawn += 1

    def until(self, done: Callable[[], bool]) -> None:
        patience = time.monotonic() + 20
        while not done():
            assert time.monotonic() < patience, (self.errands.busy, self.errands.notes, self.daemon.asked)
            self.errands.drain()
            time.sleep(0.002)

    def settled(self) -> None:
        self.until(lambda: not self.errands.busy)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.errands.close()


def test_the_panel_opens_with_what_the_daemon_knows(desk: Desk) -> None:
    desk.errands.open()
    desk.until(lambda: bool(desk.errands.presets and desk.errands.sendings))
    assert list(desk.errands.sendings) == ["s1"], "another project's are not shown"
    assert "up" in desk.errands.connection and desk.drawn > 0
    assert line_of(desk.errands.newest_first()[0]) == "sh010: finished, v001 can be placed"
    assert delivered_versions(SENDING) == [1]


def test_that_no_project_is_open_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def about() -> Table:
        raise HostRefused("NoProject", "open a project")

    monkeypatch.setattr(desk.host, "about", about)
    for _ in range(3):
        desk.errands.follow()
    assert desk.errands.notes == ["open a project"]


def test_selected_clips_are_marked_and_sent(desk: Desk) -> None:
    uid = desk.host.timeline()["tracks"][0]["clips"][0]["uid"]
    _, lying = desk.host.found(uid)
    desk.host.selection = [lying["handle"]]
    desk.errands.send("usual")
    desk.until(lambda: "s3" in desk.errands.sendings)
    marked = desk.host.timeline()["tracks"][0]["clips"][0]["uid"]
    assert marked.startswith("us-")
    assert desk.errands.sendings["s3"]["shot"]["clip_uid"] == marked
    assert not desk.errands.busy


def test_nothing_selected_is_said(desk: Desk) -> None:
    desk.errands.send("usual")
    assert "select" in desk.errands.notes[0] and not desk.errands.busy
    assert desk.daemon.asked == []


def test_a_take_is_placed_and_read_back(desk: Desk) -> None:
    desk.errands.place("s1")
    desk.until(lambda: bool(desk.errands.notes))
    assert desk.errands.notes[:2] == ["noted", "the take lies above its shot"]
    assert desk.host.timeline()["tracks"][1]["clips"][0]["media"]["path"] == TAKE["path"]


def test_a_take_that_lies_wrong_is_taken_back(desk: Desk) -> None:
    before = desk.host.timeline()
    desk.daemon.faults = ["it lies a frame late"]
    desk.errands.place("s1")
    desk.until(lambda: bool(desk.errands.notes))
    assert desk.errands.notes[0] == "it was taken back: it lies a frame late"
    assert desk.host.timeline() == before


def test_what_lies_wrong_and_cannot_be_taken_back_is_told_with_both_reasons(desk: Desk) -> None:
    def read(plan_id: str, asked: Table) -> Table:
        desk.host.tracks[1]["locked"] = True
        return {"ok": False, "faults": ["it lies a frame late"]}

    desk.daemon.read = read  # type: ignore[method-assign]
    desk.errands.place("s1")
    desk.until(lambda: bool(desk.errands.notes))
    assert "it lies a frame late" in desk.errands.notes[0] and "remains" in desk.errands.notes[0]


def test_a_timeline_that_changed_is_planned_again_three_times_at_most(desk: Desk) -> None:
    lying = desk.host.tracks[0]["clips"][0]

    def moved() -> None:
        lying["record_in"] += 1

    desk.daemon.before_plan = moved
    desk.errands.place("s1")
    desk.until(lambda: bool(desk.errands.notes))
    assert "at rest" in desk.errands.notes[0]
    assert desk.daemon.asked.count("plan") == 3
    assert len(desk.host.timeline()["tracks"]) == 1


@pytest.mark.parametrize(
    "trouble", [DaemonDown("start it with `understudy bridge serve`"), Refused("Occupied", "move it", 409)]
)
def test_what_the_daemon_says_is_shown_and_the_panel_is_free_again(desk: Desk, trouble: Any) -> None:
    before = desk.host.timeline()
    desk.daemon.trouble = trouble
    desk.errands.place("s1")
    desk.settled()
    assert desk.errands.notes[0] == str(trouble)
    assert desk.host.timeline() == before


def test_a_fault_of_the_panel_is_raised_and_the_panel_is_free_again(desk: Desk) -> None:
    desk.daemon.trouble = KeyError("shots")
    desk.errands.place("s1")
    with pytest.raises(KeyError):
        desk.settled()
    assert not desk.errands.busy and "planning broke off" in desk.errands.notes[0]


def test_a_take_that_nobody_can_be_asked_about_is_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.host.timeline()
    carry_out = Placement.carry_out

    def crowded(placing: Placement) -> bool:
        monkeypatch.setattr(desk.worker, "ask", lambda *_, **__: False)
        return carry_out(placing)

    monkeypatch.setattr(Placement, "carry_out", crowded)
    desk.errands.place("s1")
    desk.settled()
    assert "taken back" in desk.errands.notes[0]
    assert desk.host.timeline() == before


def test_what_is_said_again_and_again_stands_there_once(desk: Desk) -> None:
    for text in ("no project is open", "no project is open", "sent", "no project is open"):
        desk.errands.note(text)
    assert desk.errands.notes == ["no project is open", "sent", "no project is open"]


@pytest.mark.parametrize(
    ("url", "opened"), [("http://127.0.0.1/x", True), ("file:///etc/passwd", False), ("javascript:1", False)]
)
def test_only_pages_are_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str, opened: bool) -> None:
    pages: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda page: pages.append(page) or True)
    monkeypatch.setattr(desk.daemon, "room", lambda sending_id, asked: {"url": url})
    desk.errands.open_room("s1")
    desk.settled()
    assert pages == ([url] if opened else [])
    assert bool(desk.errands.notes) != opened


def test_one_errand_at_a_time(desk: Desk) -> None:
    desk.errands.place("s1")
    desk.errands.remove("s1")
    assert "wait" in desk.errands.notes[0]
    desk.settled()
    assert desk.daemon.asked.count("plan") == 1


def test_an_editor_that_refuses_is_heard_and_nothing_stays_half_done(desk: Desk) -> None:
    before = desk.host.timeline()
    desk.daemon.more_steps = [{"do": "dance"}]
    desk.errands.place("s1")
    desk.until(lambda: bool(desk.errands.notes))
    assert "dance" in desk.errands.notes[0] and not desk.errands.busy
    assert desk.host.timeline() == before
    assert "read" not in desk.daemon.asked
