"""After Effects' adapter and panel: whole frames out of decimals, layers, and the panel over a real door."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_hosts.after_effects_stage import stage as after_effects
from tests.edit_hosts.contract import (
    FRAMES,
    at,
    clip,
    clips_of,
    free_track,
    index_of,
    lay,
    look,
    plate,
    take,
    timeline,
    track,
    two_clips,
    uid_at,
)
from tests.edit_hosts.premiere_stage import ScriptedStage
from tests.edit_hosts.process_host import HostBroken
from tests.edit_hosts.rules_door import open_rules

from understudy_bridge.panel.host import HostRefused, Table


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedStage]:
    made = after_effects(tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def fresh(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('abé"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
NO_JSON = """{ [1,] {"a":1,} 01 +1 1. .5 NaN Infinity 'a' "a "\\x41" "\\u12" tru {a:1} [1],2 - /*a*/1 alert(1)
{"__proto__":{}}"""


@given(JSON_VALUES)
@settings(deadline=None, max_examples=40)
def test_json_is_read_and_written(stage: ScriptedStage, value: Any) -> None:
    written = stage.host.call("json_text", value)
    assert written.isascii() and json.loads(written) == value
    assert stage.host.call("json_value", json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize("text", [*NO_JSON.split(), "", '"\n"', "[" * 200 + "]" * 200])
def test_what_is_no_json_is_refused(stage: ScriptedStage, text: str) -> None:
    with pytest.raises(HostBroken, match="not JSON"):
        stage.host.call("json_value", text)


@pytest.mark.parametrize("under", [1000, 1001])
def test_decimal_rates_are_the_exact_ones(stage: ScriptedStage, under: int) -> None:
    for whole in range(1, 121):
        exact = Fraction(whole * 1000, under)
        assert Fraction(stage.host.call("rate_text", round(float(exact), 3))) == exact
        assert Fraction(stage.host.call("rate_text", float(exact))) == exact


def test_rates_and_stretches_as_after_effects_tells_them(stage: ScriptedStage) -> None:
    assert stage.host.call("rate_text", 23.9759998321533) == "24000/1001"
    assert stage.host.call("rate_text", 12.5) == "25/2"
    speeds = {100: "1", 200: "1/2", 50: "2", -100: "-1", 33.333: "100000/33333"}
    assert {one: stage.host.call("speed_text", one) for one in speeds} == speeds


@pytest.mark.parametrize("hours", [1, 3])
def test_frames_are_exact_far_down_a_comp(stage: ScriptedStage, hours: int) -> None:
    """The comp keeps 23.9759998 frames a second; hours later a frame is still its own."""
    first = hours * 86400
    media = plate(stage, "long", "24000/1001", None)
    stage.build(timeline(track(1, clip("A", media, first, 20, 12)), rate="24000/1001"))
    assert look(stage.host.timeline()) == [(first, 20, 12, media["path"])]
    number = free_track(stage.host)
    lay(stage, number, take(stage, first, 20))
    assert look(stage.host.timeline())[1][:3] == (first, 20, 8)


def test_layers_without_a_picture_have_no_track(stage: ScriptedStage) -> None:
    before = stage.host.timeline()
    stage.disturb(uid_at(stage, 10), "camera")
    assert stage.host.timeline() == before


def test_new_tracks_keep_their_places(stage: ScriptedStage) -> None:
    names = ["low", "between", "top"]
    undo = [
        stage.host.carry_out({"do": "add_track", "number": number, "name": name})
        for number, name in zip((1, 3, 5), names, strict=True)
    ]
    assert [one["name"] for one in stage.host.timeline()["tracks"]] == ["low", "", "between", "", "top"]
    lay(stage, 3, take(stage, 10, 20))
    stage.host.carry_out({"do": "add_track", "number": 4, "name": "over it"})
    told = stage.host.timeline()["tracks"]
    assert [one["name"] for one in told] == ["low", "", "between", "over it", "", "top"]
    stage.host.carry_out({"do": "lift", "track": 3, "uid": "take-uid", "clip": take(stage, 10, 20)})
    told = stage.host.timeline()["tracks"]
    assert [one["name"] for one in told] == ["low", "", "between", "over it", "", "top"]
    stage.host.carry_out({"do": "remove_track", "number": 4})
    for step in reversed(undo):
        stage.host.carry_out(step)
    assert [one["name"] for one in stage.host.timeline()["tracks"]] == ["", ""]


@pytest.mark.parametrize("number", [2, 3])
def test_new_tracks_beside_each_other_keep_their_order(stage: ScriptedStage, number: int) -> None:
    for name in ("upper", "lower"):
        stage.host.carry_out({"do": "add_track", "number": 2, "name": name})
    before = stage.host.timeline()
    assert [one["name"] for one in before["tracks"]] == ["", "lower", "upper", ""]
    undo = lay(stage, number, take(stage, 10, 20))
    told = stage.host.timeline()["tracks"]
    assert [one["name"] for one in told] == ["", "lower", "upper", ""]
    assert [len(one["clips"]) for one in told] == [1, number == 2, number == 3, 1]
    stage.host.carry_out(undo)
    assert stage.host.timeline() == before


def test_a_take_lies_on_the_same_pixels_without_sound(stage: ScriptedStage) -> None:
    stage.disturb(uid_at(stage, 10), "place", 77)
    stage.host.carry_out({"do": "add_track", "number": 2, "name": "Understudy"})
    lay(stage, 2, take(stage, 10, 20))
    made = max(stage.host.call("layers"), key=lambda one: one["id"])
    assert made["transform"]["ADBE Position"] == [77, 2] and made["audioEnabled"] is False


@pytest.mark.parametrize(
    ("what", "kind", "refuses"), [("matte", "track_matte", True), ("key", "transform", False)]
)
def test_what_stands_against_a_layer_is_told(
    stage: ScriptedStage, what: str, kind: str, refuses: bool
) -> None:
    stage.disturb(uid_at(stage, 10), what)
    (problem,) = at(stage.host, 10)[1]["problems"]
    assert (problem["kind"], problem["refuses"]) == (kind, refuses) and problem["message"]


def test_missing_footage_is_told(stage: ScriptedStage) -> None:
    stage.host.call("lose", "/show/plate.mov")
    (problem,) = at(stage.host, 10)[1]["problems"]
    assert problem["kind"] == "media_away" and problem["refuses"]


def test_time_remapping_is_a_curve(stage: ScriptedStage) -> None:
    stage.disturb(uid_at(stage, 10), "remap")
    assert at(stage.host, 10)[1]["curve"] == "time remapping"


@pytest.mark.parametrize(("stretch", "speed"), [(200, "1/2"), (50, "2"), (-100, "-1")])
def test_a_stretch_is_a_speed(stage: ScriptedStage, stretch: int, speed: str) -> None:
    stage.disturb(uid_at(stage, 10), "stretch", stretch)
    found = at(stage.host, 10)[1]
    assert (found["speed"], found["duration"], index_of(found)) == (speed, 20, 12)


def test_the_artists_markers_are_not_ours(stage: ScriptedStage) -> None:
    uid = uid_at(stage, 10)
    stage.disturb(uid, "note")
    stage.host.mark(uid, "us-a")
    found = at(stage.host, 10)[1]
    assert [(one["frame"], one["name"]) for one in found["markers"]] == [(12, "look here")]
    assert found["uid"] == "us-a"


def test_a_locked_layer_stays_as_it_is(stage: ScriptedStage) -> None:
    uid = uid_at(stage, 10)
    stage.disturb(uid, "lock")
    before = stage.host.timeline()
    with pytest.raises(HostRefused, match="unlock"):
        stage.host.mark(uid, "us-a")
    number, found = at(stage.host, 10)
    with pytest.raises(HostRefused, match="unlock"):
        stage.host.carry_out({"do": "lift", "track": number, "uid": uid, "clip": found})
    assert stage.host.timeline() == before


def test_pictures_are_conformed_to_their_rate(stage: ScriptedStage) -> None:
    stage.host.call("file", "/show/t.1001.exr", {"frames": FRAMES, "rate": "24", "start": 1001})
    media: Table = {"path": "/show/t.####.exr", "name": "t.1001.exr", "rate": "24", "start": 1001}
    number = free_track(stage.host)
    asked = clip("take-uid", {**media, "frames": FRAMES}, 10, 20, 8, name="t")
    lay(stage, number, asked)
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
    assert (found["media"]["path"], found["media"]["rate"]) == (media["path"], "24")
    assert (found["source_in"], found["duration"]) == (1009, 20)


def test_a_take_that_is_too_short_is_taken_away_again(stage: ScriptedStage) -> None:
    number = free_track(stage.host)
    before = stage.host.timeline()
    with pytest.raises(HostRefused) as caught:
        lay(stage, number, take(stage, 10, 20, FRAMES - 5))
    assert caught.value.kind == "Misplaced" and stage.host.timeline() == before


def test_half_a_step_is_none(stage: ScriptedStage) -> None:
    number = free_track(stage.host)
    before = stage.host.timeline()
    stage.host.call("refuse_markers", True)
    with pytest.raises(HostBroken, match="internal"):
        lay(stage, number, take(stage, 10, 20))
    assert stage.host.timeline() == before
    stage.host.call("refuse_markers", False)
    was = take(stage, 10, 20)
    lay(stage, number, was)
    before = stage.host.timeline()
    stage.host.call("refuse_markers", True)
    step = {"do": "swap", "track": number, "uid": "take-uid", "clip": take(stage, 10, 20, 3, 2), "was": was}
    with pytest.raises(HostBroken, match="internal"):
        stage.host.carry_out(step)
    stage.host.call("refuse_markers", False)
    assert stage.host.timeline() == before


@pytest.mark.parametrize("eof_knows", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_panel_sends_places_changes_and_removes(
    stage: ScriptedStage, tmp_path: Path, eof_knows: bool
) -> None:
    stage.disturb(uid_at(stage, 10), "select")
    before = stage.host.timeline()
    with open_rules(tmp_path) as (bridge, _):
        stage.host.call("open_panel", str(tmp_path), eof_knows)
        told = stage.host.call("ticked", 3)
        assert told["connection"] == "connected: Reel ß\nBen: ends in 3 days" and told["presets"] == ["ada"]
        stage.host.call("press", "Send selected")
        assert stage.host.call("ticked", 40)["rows"] == [["A", "convert, 40 of 96, 300 s left", ""]]
        for version in (1, 2):
            bridge.finish(version, stage.media(f"take_v{version:03d}", FRAMES, "24", 1001))
        told = stage.host.call("ticked", 40)
        assert told["rows"] == [["A", "finished", "v001, v002"]] and told["groups"] == 0
        for row, version in ((0, 1), (1, 2)):
            stage.host.call("choose", 0)
            stage.host.call("choose_version", row)
            stage.host.call("press", "Place")
            told = stage.host.call("ticked", 3)
            (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["ours"]]
            assert (found["record_in"], found["duration"]) == (10, 20)
            assert found["ours"]["version"] == version and told["message"] == ""
        bridge.faults = ["it lies elsewhere"]
        stage.host.call("choose_version", 0)
        stage.host.call("press", "Place")
        assert stage.host.call("ticked", 3)["message"] == "it was taken back: it lies elsewhere"
        bridge.faults = []
        stage.host.call("press", "Review room")
        (called,) = stage.host.call("ticked", 3)["called"]
        assert called == f"open '{bridge.room_url}'" and bridge.asked_room == {}
        stage.host.seek(13)
        bridge.room_url = "http://localhost/';rm -rf '"
        stage.host.call("press", "Review room")
        told = stage.host.call("ticked", 3)
        assert len(told["called"]) == 1 and "no address of a page" in told["message"]
        assert bridge.asked_room == {"source": 12 + 3}
        stage.host.call("press", "Remove")
        assert stage.host.call("ticked", 3)["message"] == ""
        assert look(stage.host.timeline()) == look(before)


def test_what_after_effects_throws_while_a_take_is_taken_back_is_told_with_what_remains(
    stage: ScriptedStage, tmp_path: Path
) -> None:
    stage.disturb(uid_at(stage, 10), "select")
    with open_rules(tmp_path) as (bridge, _):
        stage.host.call("open_panel", str(tmp_path), True)
        stage.host.call("ticked", 3)
        stage.host.call("press", "Send selected")
        stage.host.call("ticked", 40)
        bridge.finish(1, stage.media("take_v001", FRAMES, "24", 1001))
        bridge.faults = ["it lies elsewhere"]
        stage.host.call("ticked", 40)
        stage.host.call("break_lifting")
        stage.host.call("choose", 0)
        stage.host.call("choose_version", 0)
        stage.host.call("press", "Place")
        said = stage.host.call("ticked", 3)["message"]
    assert "it lies elsewhere" in said and "remains; delete it (internal verification failure)" in said


def test_a_daemon_that_is_away_is_told(stage: ScriptedStage, tmp_path: Path) -> None:
    stage.host.call("open_panel", str(tmp_path), True)
    assert "is not running" in stage.host.call("ticked", 2)["connection"]
    for text, says in (('{"address": "example.org:80", "token": "t"}', "damaged"), ("[", "damaged")):
        (tmp_path / "bridge.json").write_text(text)
        assert says in stage.host.call("ticked", 60)["connection"]
    with open_rules(tmp_path):
        told = json.loads((tmp_path / "bridge.json").read_text())
        (tmp_path / "bridge.json").write_text(json.dumps({**told, "token": "wrong"}))
        assert "restart the daemon" in stage.host.call("ticked", 60)["connection"]


def test_an_answer_in_pieces_is_put_together(stage: ScriptedStage, tmp_path: Path) -> None:
    body = b'{"version": "0", "backend": {"state": "away", "message": "\xc3\xa4", "production": null}}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX: y\r\n\r\n%s" % (len(body), body)

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            for start in range(0, len(answer), 7):
                connection.sendall(answer[start : start + 7])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        (tmp_path / "bridge.json").write_text(json.dumps({"address": address, "token": "t"}))
        thread = threading.Thread(target=serve)
        thread.start()
        stage.host.call("open_panel", str(tmp_path), True)
        assert stage.host.call("ticked", 2)["connection"] == "backend is away: ä"
        thread.join(20)


def test_what_after_effects_throws_ends_in_the_panel(stage: ScriptedStage, tmp_path: Path) -> None:
    with open_rules(tmp_path):
        stage.host.call("open_panel", str(tmp_path), True)
        stage.host.call("ticked", 3)
        stage.host.call("break_next")
        stage.host.call("press", "Send selected")
        assert (
            "After Effects broke off (internal verification failure)"
            in stage.host.call("ticked", 3)["message"]
        )
        stage.host.call("press", "Send selected")
        assert "no layer is selected" in stage.host.call("ticked", 3)["message"]
