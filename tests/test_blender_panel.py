"""The Blender panel without Blender: its zip, its words, and its road between a paper editor and a daemon."""

from __future__ import annotations

import ast
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.bridge_backend import WorkingBackend
from tests.bridge_door import open_bridge
from tests.edit_hosts.paper import Abilities, PaperHost
from tests.running_backend import wait_until

import understudy
from understudy_bridge.hosts.blender import wording
from understudy_bridge.hosts.blender.desk import Desk
from understudy_bridge.hosts.blender.link import Link
from understudy_bridge.hosts.blender.packing import NAME, extension_zip
from understudy_bridge.panel.daemon_calls import Daemon
from understudy_bridge.panel.host import HostRefused, Table

FRAMES = 100


# The zip


def test_the_zip_is_the_same_bytes_each_time_and_holds_no_tests(tmp_path: Path) -> None:
    one, other = extension_zip(tmp_path), extension_zip(tmp_path / "other.zip")
    assert one.name == f"{NAME}.zip" and one.read_bytes() == other.read_bytes()
    names = ZipFile(one).namelist()
    assert all(name.startswith(f"{NAME}/") for name in names)
    for needed in ("__init__.py", "blender_manifest.toml", "LICENSE", "panel/LICENSE", "panel/flow.py"):
        assert f"{NAME}/{needed}" in names
    assert not [name for name in names if "packing" in name or "test" in name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.zip", f"{NAME}.zip"]


def test_both_kinds_of_blender_are_told_the_packages_version(tmp_path: Path) -> None:
    packed = ZipFile(extension_zip(tmp_path))
    manifest = tomllib.loads(packed.read(f"{NAME}/blender_manifest.toml").decode())
    assert manifest["version"] == understudy.__version__ and manifest["id"] == NAME
    tree = ast.parse(packed.read(f"{NAME}/__init__.py"))
    info = next(node.value for node in tree.body if isinstance(node, ast.Assign))
    assert ".".join(str(part) for part in ast.literal_eval(info)["version"]) == understudy.__version__


# Words


def test_text_is_wrapped_to_its_region_and_nothing_of_it_is_lost() -> None:
    text = "no face was found in the plate; look at it in the review room"
    lines = wording.wrapped(text, 240)
    assert " ".join(lines) == text and len(lines) > 2
    assert wording.wrapped("", 240) == [""]
    assert wording.wrapped(text, 10)


@pytest.mark.parametrize(
    ("left_s", "said"),
    [
        (None, ""),
        (-1.0, ""),
        (0.2, "1 s left"),
        (89, "89 s left"),
        (600, "10 min left"),
        (9000, "2.5 h left"),
    ],
)
def test_time_left(left_s: float | None, said: str) -> None:
    assert wording.time_left(left_s) == said


def test_versions_say_what_can_be_done_with_each() -> None:
    states = ["delivered", "delivered", "rendered", "rendering"]
    told = {"versions": [{"version": n, "state": state} for n, state in enumerate(states, 1)]}
    assert [(row.label, row.action) for row in wording.versions(told, lying=1)] == [
        ("v004", ""), ("v003", "fetch"), ("v002", "swap"), ("v001", "remove"),
    ]  # fmt: skip
    assert [row.action for row in wording.versions(told, lying=None)] == ["", "fetch", "place", "place"]


@pytest.mark.parametrize(
    ("kind", "said"), [("WrongToken", "refuses the token"), ("DaemonDown", "daemon is away")]
)
def test_trouble_with_the_daemon_says_what_to_do(kind: str, said: str) -> None:
    desk = Desk()
    desk.disconnected(kind, "start it with `understudy bridge serve`")
    line, advice = wording.connection(desk)
    assert said in line.text and "understudy bridge serve" in advice
    desk.connected({"backend": {"state": "away", "message": "start it"}})
    assert wording.connection(desk) == (wording.Line("ERROR", "The backend is away"), "start it")


# The road


class PaperFront:
    """The rest of an editor on paper: undo steps are whole timelines."""

    def __init__(self) -> None:
        self.host = PaperHost(Abilities(inserts_tracks=False, retimes=False, timecode=False))
        self.steps: list[str] = []
        self.pictures: list[str] = []
        self.pages: list[str] = []

    def close(self) -> None:
        pass

    def undo_step(self, message: str) -> None:
        self.steps.append(message)

    def lying(self) -> dict[str, int]:
        clips = [clip for track in self.host.timeline()["tracks"] for clip in track["clips"]]
        return {one["ours"]["shot"]: one["ours"]["version"] for one in clips if one["ours"]}

    def carries(self, uid: str) -> bool:
        return any(one["uid"] == uid for track in self.host.timeline()["tracks"] for one in track["clips"])

    def open_media(self, longest_s: float) -> int:
        return 0

    def playhead(self) -> int:
        return self.host.playhead

    def redraw(self) -> None:
        pass

    def take_picture(self, sending_id: str, jpeg: bytes) -> int:
        self.pictures.append(sending_id)
        return len(self.pictures)

    def browse(self, url: str) -> None:
        self.pages.append(url)


class Desks:
    """A link over a paper editor and a real daemon, ticked until something is so."""

    def __init__(self, state: Path, media: Path, backend: WorkingBackend) -> None:
        self.front, self.state, self.backend = PaperFront(), state, backend
        shown = {"path": str(media), "name": media.name, "rate": "24", "start": None, "frames": FRAMES}
        clip = {"uid": "a", "name": "SH010", "record_in": 20, "duration": 24, "source_in": 30, "media": shown}
        track = {"number": 1, "name": "V1", "clips": [clip]}
        self.front.host.open({"name": "cut", "rate": "24", "tracks": [track]})
        self.front.host.selection = [1]
        self.link = Link(Daemon.found(str(state)), self.front)
        self.desk = self.link.desk

    def until(self, condition: Callable[[], object]) -> None:
        ends = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < ends, (self.desk.notices, self.desk.busy, self.desk.sendings)
            time.sleep(0.005)
            self.link.tick()

    def finished(self) -> str:
        """Send the clip; the sending's id when it has finished."""
        self.until(lambda: self.desk.presets)
        self.front.host.selection = [self.front.host.tracks[0]["clips"][0]["handle"]]
        self.link.sender.check_selected()
        self.until(lambda: self.desk.checked)
        self.link.sender.send_checked()
        self.until(lambda: self.desk.sendings)
        (told,) = self.desk.sendings
        self.until(lambda: self.desk.sendings[told]["state"] == "finished")
        return told

    def lies(self) -> list[tuple[int, str, int]]:
        tracks = self.front.host.timeline()["tracks"]
        return [
            (track["number"], one["name"], one["record_in"]) for track in tracks for one in track["clips"]
        ]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    backend = WorkingBackend(tmp_path / "deliveries")
    backend.medium = {"rate": Fraction(24), "file_frames": FRAMES, "start_timecode": None}
    (tmp_path / "A010.mov").write_bytes(b"a clip")
    with open_bridge(tmp_path / "state", backend):
        desks = Desks(tmp_path / "state", tmp_path / "A010.mov", backend)
        yield desks
        desks.link.close()
        # A line that a server is just taking when it ends, asyncio leaves open.
        wait_until(
            lambda: not any(one.name.startswith("understudy-blender") for one in threading.enumerate())
        )


def test_a_shot_goes_out_and_its_take_comes_back(desks: Desks) -> None:
    sending = desks.finished()
    assert desks.desk.offered == [sending] and desks.front.steps == ["Send to Understudy"]
    desks.link.place(sending)
    desks.until(lambda: desks.desk.lying)
    desks.until(lambda: not desks.desk.busy)
    assert desks.lies() == [(1, "SH010", 20), (2, "SH010_v001", 20)]
    assert desks.front.steps[1:] == ["Place SH010"] and desks.desk.offered == []
    desks.until(lambda: desks.front.pictures)
    desks.link.remove(sending)
    desks.until(lambda: not desks.desk.busy and not desks.desk.lying)
    assert desks.lies() == [(1, "SH010", 20)] and desks.front.steps[2:] == ["Remove SH010"]


def test_what_does_not_lie_as_planned_is_taken_back_and_told(desks: Desks) -> None:
    sending = desks.finished()
    done = desks.front.host.carry_out

    def shifted(step: Table) -> Table:
        if step["do"] == "lay":
            return done({**step, "clip": {**step["clip"], "record_in": step["clip"]["record_in"] + 1}})
        return done(step)

    desks.front.host.carry_out = shifted  # type: ignore[method-assign]
    desks.link.place(sending)
    desks.until(lambda: desks.desk.notices)
    assert desks.lies() == [(1, "SH010", 20)]
    assert "taken back" in desks.desk.notices[0][1] and not desks.desk.busy
    assert desks.front.steps[1:] == ["Place SH010", "Take Back What Did Not Fit"]


def test_a_daemon_that_dies_before_it_has_read_leaves_the_timeline_as_it_was(desks: Desks) -> None:
    sending = desks.finished()

    # A daemon's end takes its address away.
    desks.front.undo_step = lambda message: (desks.state / "bridge.json").unlink(missing_ok=True)  # type: ignore[method-assign]
    desks.link.place(sending)
    desks.until(lambda: "SH010" in " ".join(text for _, text in desks.desk.notices))
    assert "not running" in desks.desk.notices[0][1] and "taken back" in desks.desk.notices[0][1]
    assert desks.lies() == [(1, "SH010", 20)]


def test_a_refusal_of_the_editor_is_told_and_the_next_wish_goes_on(desks: Desks) -> None:
    sending = desks.finished()
    done = desks.front.host.carry_out

    def refuse(step: Table) -> Table:
        raise HostRefused("Locked", "channel 2 is locked; unlock it")

    desks.front.host.carry_out = refuse  # type: ignore[method-assign]
    desks.link.place(sending)
    desks.until(lambda: desks.desk.notices)
    assert desks.desk.notices == [("error", "SH010: channel 2 is locked; unlock it")]
    desks.front.host.carry_out = done  # type: ignore[method-assign]
    desks.link.place(sending)
    desks.until(lambda: desks.desk.lying)


def test_a_fault_of_the_panel_leaves_it_usable(desks: Desks) -> None:
    sending = desks.finished()
    done = desks.front.host.carry_out

    def broken(step: Table) -> Table:
        raise KeyError("no such strip")

    desks.front.host.carry_out = broken  # type: ignore[method-assign]
    desks.link.place(sending)
    with pytest.raises(KeyError):
        desks.until(lambda: desks.desk.notices)
    assert not desks.desk.busy and "broke off" in desks.desk.notices[0][1]
    desks.front.host.carry_out = done  # type: ignore[method-assign]
    desks.link.place(sending)
    desks.until(lambda: desks.desk.lying)


def test_another_project_forgets_what_was_under_way(desks: Desks) -> None:
    sending = desks.finished()
    desks.link.place(sending)
    desks.front.host.project = "another"
    desks.link.file_loaded()
    desks.until(lambda: desks.desk.project == "another" and desks.desk.heard)
    assert not desks.desk.sendings and not desks.desk.busy
    assert desks.lies() == [(1, "SH010", 20)]


def test_the_review_room_opens_at_the_frame_under_the_playhead(desks: Desks) -> None:
    sending = desks.finished()
    placer = desks.link.placer
    for playhead, source in ((19, None), (20, 30), (43, 53), (44, None)):
        desks.front.host.playhead = playhead
        assert placer.source_frame(sending) == source
    desks.link.open_room(sending)
    desks.until(lambda: desks.desk.notices)
    assert "understudy review" in desks.desk.notices[0][1], "no room runs here"
    desks.link._open_page({"url": "http://127.0.0.1:8430/in?token=x"})
    desks.link._open_page({"url": "file:///etc/passwd"})
    assert desks.front.pages == ["http://127.0.0.1:8430/in?token=x"]
    assert "no address of a page" in desks.desk.notices[0][1]


def test_a_consent_that_is_withdrawn_meanwhile_is_seen(desks: Desks) -> None:
    desks.until(lambda: desks.desk.people)
    assert [person["state"] for person in desks.desk.people] == ["agreed", "agreed"]
    [first, *_] = desks.backend.consents("p1")
    desks.backend.revoke_consent(first.id, "changed her mind")
    desks.link._refresh_at = 0.0  # a quarter of a minute later
    desks.until(lambda: desks.desk.people[0]["state"] == "revoked")
    assert "consent was revoked" in " ".join(line.text for line, _ in wording.people(desks.desk))


def test_a_version_that_was_rendered_while_the_project_was_closed_is_offered() -> None:
    desk = Desk()
    desk.project = "p"
    delivered = [{"version": version, "state": "delivered"} for version in (1, 2)]
    told = {"id": "s", "name": "SH010", "project": "p", "state": "finished", "versions": delivered}
    told["shot"] = {"clip_uid": "us-a"}
    desk.lying = {"us-a": 1}
    desk.take_sendings([{**told, "placed": [{"version": 1, "track": 2, "record_in": 20}]}])
    assert desk.offered == ["s"] and wording.title(told, 1) == "SH010  v002 ready, v001 placed"
    desk.forget_project()
    desk.project = "p"
    desk.lying = {"us-a": 2}
    desk.take_sendings([{**told, "placed": [{"version": 2, "track": 2, "record_in": 20}]}])
    assert desk.offered == [] and wording.title(told, 2) == "SH010  v002 placed"


def test_who_has_finished_is_named_and_the_button_says_how_many_it_places() -> None:
    assert wording.offered(["A"]) == "A has finished" and wording.place_offered(1) == "Place"
    assert wording.offered("AB") == "A and B have finished" and wording.place_offered(2) == "Place all 2"
    assert wording.offered("ABCDEF") == "A, B, C, D and 2 more have finished"
