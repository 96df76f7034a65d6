"""The Blender add-on as it is installed, in the real Blender, over a real daemon and a backend in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge_door import open_bridge
from tests.drawn_backend import FRAMES, RATE, DrawnBackend
from tests.edit_hosts.blender_stage import VERSIONS, blender_words
from tests.edit_hosts.coded_movies import coded_movie
from tests.edit_hosts.process_host import ProcessHost

from understudy.domain.errors import UnreadableMedia
from understudy.domain.job import JobKind
from understudy_bridge.hosts.blender.packing import extension_zip

pytestmark = pytest.mark.slow
LONGEST_S = 30.0
SERVER = Path(__file__).resolve().parent / "edit_hosts" / "blender_panel_server.py"


class Panel:
    """Blender with the add-on from its zip, and a timeline of three clips of one movie."""

    def __init__(self, version: str, folder: Path, state: Path) -> None:
        words = [
            str(SERVER) if word.endswith("blender_server.py") else word for word in blender_words(version)
        ]
        scratch = folder / "user"
        scratch.mkdir()
        apart = {
            "BLENDER_USER_RESOURCES": str(scratch),
            "BLENDER_USER_SCRIPTS": str(scratch / "scripts"),
            "BLENDER_USER_CONFIG": str(scratch / "config"),
            "BLENDER_PRINTS": str(folder / "printed.log"),
            "UNDERSTUDY_STATE": str(state),
            "BROWSER": f"{folder}/browser %s",
        }
        self.folder = folder
        self.process = ProcessHost(words, apart)
        self.call = self.process.call

    def build(self) -> None:
        movie = str(coded_movie(self.folder / "plate.mov", 1, FRAMES, RATE))
        clips = [("before", 0, 30, 20), ("SH010", 20, 30, 24), ("after", 44, 60, 20)]
        self.call(
            "build", str(RATE), [[name, movie, 1, start, index, long] for name, start, index, long in clips]
        )

    def press(self, name: str, **given: Any) -> None:
        assert self.call("press", name, given) == ""

    def until(self, condition: str) -> None:
        assert self.call("until", condition, LONGEST_S) == ""

    def send(self) -> str:
        """Send SH010; the sending's id once it has finished."""
        self.call("select", "SH010")
        self.press("check_selected")
        self.until("desk.checked")
        self.press("send_checked")
        self.until("desk.sendings")
        return str(self.call("run", "answer = next(iter(desk.sendings))"))


@pytest.fixture
def backend(tmp_path: Path) -> DrawnBackend:
    return DrawnBackend(tmp_path / "deliveries")


@pytest.fixture(params=VERSIONS)
def panel(request: pytest.FixtureRequest, tmp_path: Path, backend: DrawnBackend) -> Iterator[Panel]:
    (tmp_path / "state").mkdir()
    with open_bridge(tmp_path / "state", backend):
        panel = Panel(request.param, tmp_path, tmp_path / "state")
        try:
            assert panel.call("install", str(extension_zip(tmp_path)))
            panel.build()
            panel.until("desk.connection == 'up' and desk.presets and desk.people and desk.heard")
            yield panel
        finally:
            panel.process.close()


BARE = [["before", 1, 0, 20], ["SH010", 1, 20, 44], ["after", 1, 44, 64]]


def take(version: int) -> list[Any]:
    return [f"SH010_v{version:03d}", 2, 20, 44]


def test_a_shot_is_sent_placed_swapped_and_removed_in_single_undo_steps(panel: Panel) -> None:
    sending = panel.send()
    panel.until("[one['state'] for one in desk.sendings.values()] == ['finished']")
    assert panel.call("lies") == BARE
    panel.press("place_take", sending=sending, version=1)
    panel.until("desk.lying and not desk.busy")
    assert sorted(panel.call("lies")) == sorted([*BARE, take(1)])
    undone_and_redone(panel, [*BARE, take(1)], BARE)

    panel.press("render_again", sending=sending)
    panel.until(
        "[(len(one['versions']), one['state']) for one in desk.sendings.values()] == [(2, 'finished')]"
    )
    panel.press("place_take", sending=sending, version=2)
    panel.until("list(desk.lying.values()) == [2] and not desk.busy")
    assert sorted(panel.call("lies")) == sorted([*BARE, take(2)])
    undone_and_redone(panel, [*BARE, take(2)], [*BARE, take(1)])

    panel.press("remove_take", sending=sending)
    panel.until("not desk.lying and not desk.busy")
    assert panel.call("lies") == BARE
    undone_and_redone(panel, BARE, [*BARE, take(2)])
    assert panel.call("run", "answer = desk.notices") == []
    assert panel.call("remove") == []


def undone_and_redone(panel: Panel, now: list[Any], before: list[Any]) -> None:
    panel.call("run", "bpy.ops.ed.undo()")
    assert sorted(panel.call("lies")) == sorted(before)
    panel.until(f"len(desk.lying) == {len(before) - 3}")
    panel.call("run", "bpy.ops.ed.redo()")
    assert sorted(panel.call("lies")) == sorted(now)
    panel.until(f"len(desk.lying) == {len(now) - 3}")


def test_what_finished_while_the_file_was_closed_is_offered(panel: Panel, backend: DrawnBackend) -> None:
    backend.held = {JobKind.CONVERT}
    panel.send()
    panel.until("desk.sendings and list(desk.sendings.values())[0]['stage'] == 'convert'")
    blend = str(panel.folder / "cut.blend")
    panel.call("run", f"bpy.ops.wm.save_as_mainfile(filepath={blend!r}, check_existing=False)")
    panel.call("run", "bpy.ops.wm.read_homefile(use_empty=True)")
    panel.until("desk.heard and not desk.sendings")
    backend.go_on()
    panel.call("run", f"bpy.ops.wm.open_mainfile(filepath={blend!r})")
    panel.until("desk.offered")
    assert "SH010 has finished" in panel.call("draw")
    panel.press("place_offered")
    panel.until("desk.lying and not desk.busy and not desk.offered")
    assert sorted(panel.call("lies")) == sorted([*BARE, take(1)])
    panel.call("save_and_reload", blend)
    panel.until("desk.heard and desk.sendings")
    assert panel.call("run", "answer = desk.offered") == []


def test_an_undone_sending_can_still_be_placed(panel: Panel) -> None:
    sending = panel.send()
    panel.until("[one['state'] for one in desk.sendings.values()] == ['finished']")
    panel.call("run", "bpy.ops.ed.undo()")
    assert panel.call("run", "answer = [one.get('understudy_uid') for one in strips]") == [None] * 3
    panel.press("place_take", sending=sending, version=0)
    panel.until("desk.lying and not desk.busy")
    assert sorted(panel.call("lies")) == sorted([*BARE, take(1)])


def test_nothing_is_laid_over_what_lies_there(panel: Panel) -> None:
    """The take's place above the shot is taken on every channel."""
    sending = panel.send()
    panel.until("[one['state'] for one in desk.sendings.values()] == ['finished']")
    source = "ending = {'length': 60} if bpy.app.version >= (5, 0) else {'frame_end': 60}\n"
    source += "editor = bpy.context.scene.sequence_editor\n"
    source += "made = getattr(editor, 'strips', None) or editor.sequences\n"
    source += "made.new_effect(name='title', type='COLOR', channel=2, frame_start=0, **ending)"
    panel.call("run", source)
    before = panel.call("lies")
    panel.press("place_take", sending=sending, version=1)
    panel.until("desk.notices and not desk.busy")
    assert panel.call("lies") == before
    assert "title" in panel.call("run", "answer = desk.notices[0][1]")


def test_everything_is_drawn_and_says_what_to_do(panel: Panel, backend: DrawnBackend) -> None:
    drawn = panel.call("draw")
    assert "Pilot" in drawn and "<UNDERSTUDY_MT_presets> swap" in drawn
    assert "Rowan (performer): agreed" in drawn and "Mira (donor): agreed" in drawn
    panel.call("select")
    panel.press("check_selected")
    panel.until("desk.notices and not desk.checking")
    assert "select the shots to send" in " ".join(panel.call("draw"))
    panel.press("dismiss_notice", number=0)

    panel.call("select", "SH010", "after")
    panel.press("check_selected")
    panel.until("desk.checked")
    drawn = " ".join(panel.call("draw"))
    assert "Send 2 shots" in drawn and "the timecode of its media is not told" in drawn
    panel.press("dismiss_checked")

    backend.failing = {JobKind.EXTRACT: UnreadableMedia("no face was found; look at the plate")}
    sending = panel.send()
    panel.until("[one['state'] for one in desk.sendings.values()] == ['failed']")
    panel.until("desk.pictures")  # Blender gives them icons only where it has windows
    drawn = " ".join(panel.call("draw"))
    assert "no face was found; look at the plate" in drawn
    assert "[understudy.retry_sending] Retry" in drawn
    panel.call("run", "bpy.context.scene.frame_current = 0")
    panel.press("go_to_shot", sending=sending)
    assert panel.call("run", "answer = bpy.context.scene.frame_current") == 20
    backend.failing = {}
    panel.press("retry_sending", sending=sending)
    panel.until("[one['state'] for one in desk.sendings.values()] == ['finished']")
    panel.press("open_room", sending=sending)
    panel.until("desk.notices")
    assert "review room" in panel.call("run", "answer = desk.notices[0][1]")


def test_a_daemon_that_goes_away_is_told_and_found_again(tmp_path: Path, backend: DrawnBackend) -> None:
    state = tmp_path / "state"
    state.mkdir()
    panel = Panel(VERSIONS[0], tmp_path, state)
    try:
        assert panel.call("install", str(extension_zip(tmp_path)))
        panel.build()
        panel.until("desk.connection == 'away'")
        drawn = " ".join(panel.call("draw"))
        assert "The daemon is away" in drawn and "understudy bridge serve" in drawn
        with open_bridge(state, backend):
            panel.press("refresh")
            panel.until("desk.connection == 'up' and desk.presets")
            bridge_file = state / "bridge.json"
            told = bridge_file.read_text()
            bridge_file.write_text(
                told.replace('"token":"', '"token":"x').replace('"token": "', '"token": "x')
            )
            panel.press("refresh")
            panel.until("desk.notices")
            assert "token" in panel.call("run", "answer = desk.notices[0][1]")
            bridge_file.write_text(told)
            panel.call("run", f"preferences.state_folder = {str(tmp_path)!r}")
            panel.until("desk.connection == 'away'")
            panel.call("run", f"preferences.state_folder = {str(state)!r}")
            panel.until("desk.connection == 'up'")
        panel.until("desk.connection == 'away'")
    finally:
        panel.process.close()
