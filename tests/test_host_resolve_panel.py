"""The Resolve panel, its menu scripts, and what the adapter is checked against."""

from __future__ import annotations

import ast
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.edit_hosts.contract import clips_of, index_of, two_clips
from tests.edit_hosts.fake_resolve_item import Manners
from tests.edit_hosts.resolve_stage import NEW, OLD, ResolveStage
from tests.edit_hosts.rules_daemon import RulesDaemon

from understudy_bridge.hosts import resolve
from understudy_bridge.hosts.resolve import menu, window
from understudy_bridge.hosts.resolve.console import ERRANDS, run
from understudy_bridge.hosts.resolve.desk import Desk
from understudy_bridge.hosts.resolve.rows import row_of
from understudy_bridge.panel.daemon_calls import DaemonDown, DaemonTrouble
from understudy_bridge.panel.host import Table

FOLDER = Path(resolve.__file__).parent


class SendingsDaemon(RulesDaemon):
    """The rules, with sendings told in full; `project` is theirs."""

    project = ""
    at_once = 500

    def hello(self) -> Table:
        return {"backend": {"state": "up", "message": ""}}

    def presets(self) -> Table:
        return {"presets": [{"name": "slow", "ready": False}, {"name": "hero", "ready": True}]}

    def create(self, asked: Table) -> Table:
        return self.told(super().create(asked)["id"])

    def told(self, sending_id: str) -> Table:
        shot, done = self.shots[sending_id], self.results[sending_id]
        return {
            "id": sending_id,
            "name": shot.name,
            "shot": {"clip_uid": shot.clip_uid, "record_in": shot.record_in},
            "project": self.project,
            "shot_id": f"shot of {sending_id}",
            "state": "finished" if done else "waiting",
            "versions": [{"version": version, "state": "delivered"} for version in done],
            "placed": [],
            "created": sending_id,
        }

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Table:
        shots = list(self.shots)[after : after + self.at_once]
        return {"revision": after + len(shots), "sendings": [self.told(one) for one in shots]}

    def room(self, sending_id: str, asked: Table) -> Table:
        return {"url": f"http://127.0.0.1/{sending_id}"}


class PatientWorker:
    """A Worker whose calls are done when the window's timer asks for them."""

    def __init__(self, daemon: SendingsDaemon) -> None:
        self.daemon, self.stopped = daemon, False
        self.asked: deque[tuple[Callable[..., Any], Callable[..., Any], Any]] = deque()

    def ask(self, call: Callable[..., Any], then: Callable[..., Any], *, failed: Any = None) -> bool:
        self.asked.append((call, then, failed))
        return True

    def watch(self, project: str, *, news: Callable[..., Any], trouble: Callable[..., Any]) -> None:
        self.daemon.project, self.news = project, news
        trouble(None)

    def drain(self) -> bool:
        while self.asked:
            call, then, failed = self.asked.popleft()
            try:
                answer = call(self.daemon)
            except DaemonTrouble as trouble:
                failed(trouble)
            else:
                then(answer)
        for sending in self.daemon.list("")["sendings"]:
            self.news(sending)
        return False

    def stop(self) -> None:
        self.stopped = True


def opened(manners: Manners = NEW) -> tuple[ResolveStage, SendingsDaemon, Desk]:
    stage, daemon = ResolveStage(manners), SendingsDaemon()
    stage.build(two_clips(stage))
    desk = Desk(stage.host, PatientWorker(daemon))  # type: ignore[arg-type]
    desk.open()
    desk.drain()
    return stage, daemon, desk


def select(stage: ResolveStage, number: int) -> None:
    stage.resolve.timeline.selection = [stage.resolve.timeline.tracks["video"][0].items[number]]


def finish(stage: ResolveStage, daemon: SendingsDaemon, version: int) -> None:
    for sending_id in daemon.shots:
        media = stage.media(f"{sending_id}_v{version}", 60, "24", 1001)
        daemon.finish(sending_id, version, media)


def takes(stage: ResolveStage) -> list[tuple[int, int, int]]:
    """(record_in, version, first frame) of every take that lies on the timeline."""
    return [
        (one["record_in"], one["ours"]["version"], index_of(one))
        for _, one in clips_of(stage.host.timeline())
        if one["ours"]
    ]


@pytest.mark.parametrize("manners", [NEW, OLD])
def test_a_shot_is_sent_placed_swapped_and_removed_from_the_panel(manners: Manners) -> None:
    stage, daemon, desk = opened(manners)
    before = stage.host.timeline()["tracks"]
    select(stage, 1)
    desk.send("hero")
    desk.drain()
    (sending_id,) = desk.sendings
    assert "1 sent" in desk.notes
    finish(stage, daemon, 1)
    desk.place(sending_id)
    desk.drain()
    assert takes(stage) == [(40, 1, 8)]
    finish(stage, daemon, 2)
    desk.place(sending_id)
    desk.drain()
    assert takes(stage) == [(40, 2, 8)]
    desk.place(sending_id, 1)
    desk.drain()
    assert takes(stage) == [(40, 1, 8)]
    desk.remove(sending_id)
    desk.drain()
    assert takes(stage) == []
    assert [len(track["clips"]) for track in stage.host.timeline()["tracks"]][:1] == [len(before[0]["clips"])]


def test_what_is_misplaced_is_taken_back_and_said() -> None:
    stage, daemon, desk = opened()
    select(stage, 0)
    desk.send("hero")
    desk.drain()
    finish(stage, daemon, 1)
    before = stage.host.timeline()
    daemon.away = True  # nobody can say whether the take lies right
    desk.place(next(iter(desk.sendings)))
    desk.drain()
    assert stage.host.timeline() == before
    assert any(line.startswith("it was taken back: ") for line in desk.notes)
    daemon.away = False
    desk.place(next(iter(desk.sendings)))
    desk.drain()
    assert takes(stage) == [(10, 1, 8)], "the next wish is not held up"


def test_refusals_of_either_side_are_said_and_nothing_is_held_up() -> None:
    stage, _daemon, desk = opened()
    desk.send("hero")
    assert desk.notes[0].startswith("no clip is selected")
    stage.resolve.timeline.tracks["video"][0].items[0].speed = 2  # type: ignore[assignment]
    select(stage, 0)
    desk.send("hero")
    desk.drain()
    assert any("render it in place" in line for line in desk.notes) and not desk.sendings


def test_marked_clips_are_sent() -> None:
    stage, _, desk = opened()
    desk.send_marked("hero")
    desk.drain()
    assert desk.notes[0] == 'no clip lies under a marker "understudy"'
    stage.resolve.timeline.AddMarker(45, "Blue", "understudy SH010", "", 1)
    desk.send_marked("hero")
    desk.drain()
    assert [one["shot"]["record_in"] for one in desk.sendings.values()] == [86440]


def test_errands_send_place_and_remove() -> None:
    stage, daemon, _ = opened()
    said: list[str] = []

    def errand(name: str) -> bool:
        said.clear()
        return run(name, stage.host, daemon, said.append)  # type: ignore[arg-type]

    assert errand("status") and said == ["nothing of this project was sent yet"]
    assert not errand("send_selected") and "no clip is selected" in said[0]
    select(stage, 0)
    assert errand("send_selected") and said == ["A: sent with hero"]
    assert errand("place_finished") and said == ["0 placed"]
    finish(stage, daemon, 1)
    assert errand("place_finished") and said[-1] == "1 placed"
    assert takes(stage) == [(10, 1, 8)]
    assert errand("place_finished") and said == ["0 placed"]
    finish(stage, daemon, 2)
    assert errand("status") and said == ["A | finished | v002 is ready"]
    assert errand("place_finished") and takes(stage) == [(10, 2, 8)]
    assert errand("remove_selected") and takes(stage) == []
    select(stage, 1)
    assert errand("remove_selected") and said[0].startswith("none of the selected clips")


def test_no_sending_is_overlooked_where_the_daemon_tells_a_few_at_once() -> None:
    stage, daemon, _ = opened()
    said: list[str] = []
    for number in (0, 1):
        select(stage, number)
        run("send_selected", stage.host, daemon, said.append)  # type: ignore[arg-type]
    finish(stage, daemon, 1)
    daemon.at_once = 1
    assert run("place_finished", stage.host, daemon, said.append)  # type: ignore[arg-type]
    assert said[-1] == "2 placed"


def test_finished_takes_of_other_timelines_wait_there() -> None:
    stage, daemon, _ = opened()
    select(stage, 0)
    said: list[str] = []
    run("send_selected", stage.host, daemon, said.append)  # type: ignore[arg-type]
    finish(stage, daemon, 1)
    stage.build(two_clips(stage))
    assert run("place_finished", stage.host, daemon, said.append)  # type: ignore[arg-type]
    assert said[-1] == "0 placed; 1 finished takes belong to other timelines"


def test_a_daemon_that_is_away_is_said() -> None:
    stage, daemon, _ = opened()

    def down(*_: Any, **__: Any) -> Table:
        raise DaemonDown("start it")

    daemon.list = down  # type: ignore[method-assign]
    said: list[str] = []
    assert not run("place_finished", stage.host, daemon, said.append)  # type: ignore[arg-type]
    assert said == ["start it"]


@pytest.mark.parametrize(
    ("sending", "row"),
    [
        (
            {"state": "running", "stage": "convert", "progress": {"done": 3, "total": 12, "left_s": 240}},
            ("S", "convert 25 %, 4 min left", ""),
        ),
        ({"state": "failed", "error": {"kind": "X", "message": "no face"}}, ("S", "failed: no face", "")),
        (
            {
                "state": "finished",
                "versions": [{"version": 2, "state": "delivered"}],
                "placed": [{"version": 1}],
            },
            ("S", "finished", "v002 is ready, v001 on the timeline"),
        ),
    ],
)
def test_sendings_are_told_in_words(sending: Table, row: tuple[str, str, str]) -> None:
    assert row_of({"name": "S", **sending}) == row


class Widgets(dict[str, Any]):
    """UIManager, dispatcher and window in one; a made widget answers to its ID."""

    def __init__(self) -> None:
        super().__init__()
        self.On: Any = Events()
        self.rows: list[Any] = []
        self.loops = 0

    def __getattr__(self, kind: str) -> Any:
        return lambda *parts: self._made(kind, *parts)

    def _made(self, kind: str, *parts: Any) -> Any:
        said = next((part for part in parts if isinstance(part, dict)), {})
        made = SimpleNamespace(kind=kind, Text=said.get("Text", ""), PlainText="", ColumnWidth={}, items=[])
        made.CurrentText, made.CurrentItem = "", lambda: self.rows[0] if self.rows else None
        made.SetHeaderLabels = made.Start = made.Stop = made.Show = made.Hide = lambda *_: None
        made.Clear = self.rows.clear if kind == "Tree" else made.items.clear
        made.AddItems = lambda names: (made.items.extend(names), setattr(made, "CurrentText", names[0]))
        made.NewItem = lambda: SimpleNamespace(Text={})
        made.AddTopLevelItem, made.TopLevelItem = self.rows.append, lambda number: self.rows[number]
        made.GetItems, made.On = (lambda: self), self.On
        if "ID" in said:
            self[said["ID"]] = made
        return made

    def ExitLoop(self) -> None:
        self.loops = 0


class Events:
    def __init__(self) -> None:
        self._by: dict[str, SimpleNamespace] = {}

    def __getitem__(self, name: str) -> SimpleNamespace:
        return self._by.setdefault(name, SimpleNamespace())


def test_the_window_shows_and_does_what_the_desk_does() -> None:
    stage, daemon, desk = opened()
    ui = Widgets()
    made = window.Window(ui, ui, desk, lambda: True)
    made.tick()
    assert ui["Connection"].Text == "connected; the backend is up" and ui["Preset"].items == ["hero"]
    ui.On["Place"].Clicked({})
    assert "choose a shot" in ui["Log"].PlainText
    select(stage, 0)
    ui.On["SendSelected"].Clicked({})
    finish(stage, daemon, 1)
    made.tick()
    assert [row.Text[column] for row in ui.rows for column in range(3)] == ["A", "finished", "v001 is ready"]
    row = ui.rows[0]
    ui.On["Place"].Clicked({})
    assert takes(stage) == [(10, 1, 8)]
    assert ui.rows[0] is row, "the chosen row stays chosen"
    ui.On["Show"].Clicked({})
    assert stage.resolve.timeline.timecode == "01:00:00:10"


def test_the_window_closes_when_resolve_is_gone() -> None:
    _, _, desk = opened()
    ui = Widgets()
    ui.loops = 1
    made = window.Window(ui, ui, desk, lambda: False)
    made.tick()
    assert ui.loops == 0


@pytest.mark.parametrize(
    ("product", "version", "may"),
    [
        ("DaVinci Resolve Studio", (21, 0, 2), True),
        ("DaVinci Resolve", (21, 0, 2), False),
        ("DaVinci Resolve", (19, 1, 0), False),
        ("DaVinci Resolve", (19, 0, 3), True),
    ],
)
def test_the_free_version_is_not_asked_for_a_window_since_19_1(
    product: str, version: tuple[int, int, int], may: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = ResolveStage(Manners(version=version))
    stage.resolve.GetProductName = lambda: product  # type: ignore[method-assign]
    assert menu.may_open_windows(stage.resolve) is may
    if not may:
        # No "fusion" is given: touching its UIManager would end this in a KeyError.
        menu.open_panel({"app": SimpleNamespace(GetResolve=lambda: stage.resolve)})
        assert "opens no windows" in capsys.readouterr().out


def test_menu_scripts_do_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE", str(tmp_path))
    stage, _, _ = opened()
    select(stage, 0)
    scripts = sorted((FOLDER / "menu").glob("*.py"))
    done = []
    for script in scripts:
        text = script.read_text()
        assert '"@UNDERSTUDY_FOLDER@"' in text
        if script.name != "Panel.py":
            path = list(sys.path)
            exec(compile(text, script.name, "exec"), {"resolve": stage.resolve})
            sys.path[:] = path
            assert "understudy bridge serve" in capsys.readouterr().out, (
                "no daemon is there, and that is said"
            )
            done += [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert set(ERRANDS) <= set(done)
