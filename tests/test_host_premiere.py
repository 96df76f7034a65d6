"""Premiere's adapter and panel: quirks of the editor, exact times, identity, the panel over a real door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
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
from tests.edit_hosts.premiere_stage import stage as premiere
from tests.edit_hosts.process_host import HostBroken
from tests.edit_hosts.rules_door import open_rules

from understudy_bridge.panel.host import HostRefused, Table


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedStage]:
    made = premiere(tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


def quirk(stage: ScriptedStage, name: str, value: bool) -> None:
    stage.host.call("quirk", name, value)


def refusal(stage: ScriptedStage, number: int, index: int = 8, **more: object) -> HostRefused:
    with pytest.raises(HostRefused) as caught:
        lay(stage, number, take(stage, 10, 20, index, **more))
    return caught.value


@pytest.mark.parametrize("under", [1000, 1001])
def test_decimal_rates_are_the_exact_ones(stage: ScriptedStage, under: int) -> None:
    for whole in (8, 12, 15, 16, 24, 25, 30, 48, 50, 60, 90, 96, 100, 120):
        exact = Fraction(whole * 1000, under)
        for places in (3, 6, 12):
            assert Fraction(stage.host.call("rate_of_decimal", round(float(exact), places))) == exact


def test_ticks_between_frames_go_to_the_nearest(stage: ScriptedStage) -> None:
    ticks = 10594584000  # a frame at 24000/1001
    for frame in (-3, 0, 1, 86400):
        for off in (-ticks // 3, 0, ticks // 3):
            assert stage.host.call("frame_at", str(frame * ticks + off), "24000/1001") == frame


def test_the_timeline_tells_what_stands_against_a_shot(stage: ScriptedStage) -> None:
    media = plate(stage)
    clips = [clip("A", media, 0, 10), clip("B", media, 10, 10, 10), clip("T", None, 30, 5)]
    clips.append(clip("S", media, 40, 10, 5, speed="2"))
    cut = {"at": 10, "in_offset": 3, "out_offset": 2, "name": "Cross Dissolve"}
    stage.build(timeline(track(1, *clips, transitions=[cut], enabled=False), start_frame=86400))
    told = stage.host.timeline()
    assert (told["start_frame"], told["tracks"][0]["enabled"]) == (86400, False)
    assert told["tracks"][0]["transitions"] == [cut]
    first, _, title, fast = [one for _, one in clips_of(told)]
    assert first["media"]["start"] == 86400 and first["source_in"] == 86400 and not first["problems"]
    assert title["media"] is None
    assert fast["speed"] == "2" and [one["kind"] for one in fast["problems"]] == ["retime"]
    stage.host.call("lose", media["path"])
    assert "media_away" in {one["kind"] for one in clips_of(stage.host.timeline())[0][1]["problems"]}


def test_a_shot_shown_longer_than_its_source_is_remapped(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    raw = stage.host.call("raw")["video"][0]["items"][0]
    assert stage.host.timeline()["tracks"][0]["clips"][0]["curve"] == ""
    stage.disturb(uid_at(stage, 10), "stretch_out", 5)
    assert stage.host.timeline()["tracks"][0]["clips"][0]["curve"] == "time remapping"
    assert raw["speed"] == 1


def test_the_artists_sound_stays_whole(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    before = stage.host.call("raw")["audio"]
    lay(stage, free_track(stage.host), take(stage, 10, 20))
    sound = [one["items"] for one in stage.host.call("raw")["audio"]]
    assert sound == [one["items"] for one in before]


def test_without_a_free_audio_track_nothing_is_laid(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    stage.host.call("fill_audio")
    number, before = free_track(stage.host), stage.host.timeline()
    assert "audio track" in str(refusal(stage, number))
    assert stage.host.timeline() == before


def test_a_track_that_is_not_made_is_asked_for(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    quirk(stage, "newTracks", False)
    before = stage.host.timeline()
    assert "empty video track" in str(refusal(stage, 2))
    assert stage.host.timeline() == before


def test_a_locked_track_refuses(stage: ScriptedStage) -> None:
    built = two_clips(stage)
    built["tracks"].append(track(2, clip("C", plate(stage), 90, 5), locked=True))
    stage.build(built)
    before = stage.host.timeline()
    assert "unlock" in str(refusal(stage, 2))
    assert stage.host.timeline() == before


def test_an_editor_that_ignores_in_and_out_cuts_nobody_for_good(stage: ScriptedStage) -> None:
    """Overwriting with the whole file would reach the next clip; what was cut into is told."""
    built = two_clips(stage)
    stage.build(built)
    quirk(stage, "ignoresInOut", True)
    number, before = free_track(stage.host), stage.host.timeline()
    assert refusal(stage, number).kind == "Misplaced"
    assert stage.host.timeline() == before
    built["tracks"].append(track(2, clip("C", plate(stage), 35, 5)))
    stage.build(built)
    quirk(stage, "ignoresInOut", True)
    whole = look(stage.host.timeline())
    assert "press Undo" in str(refusal(stage, 2))
    while look(stage.host.timeline()) != whole:
        stage.host.call("undo")


@pytest.mark.parametrize("moves", [False, True])
def test_a_take_lies_where_its_shot_is_put(stage: ScriptedStage, moves: bool) -> None:
    """Above the shot lies a clip on other pixels; the take goes by its shot."""
    media = plate(stage)
    stage.build(
        timeline(
            track(1, clip("A", media, 10, 20, 12)), track(2, clip("B", media, 40, 5), clip("C", media, 0, 9))
        )
    )
    stage.host.mark(uid_at(stage, 10), "ident-ä")
    stage.disturb("ident-ä", "place", 7)
    stage.disturb(uid_at(stage, 40), "place", 3)
    if moves:
        stage.disturb("ident-ä", "key")
    lay(stage, 3, take(stage, 10, 33))
    (laid,) = stage.host.call("raw")["video"][2]["items"]
    fixed = {"Position": [7, 0.25], "Scale": 50, "Rotation": 0}
    assert laid["motion"] == ({"Position": [0.5, 0.5], "Scale": 100, "Rotation": 0} if moves else fixed)


def test_half_a_placing_is_none(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    stage.disturb(uid_at(stage, 10), "place", 7)
    quirk(stage, "refusesMotion", True)
    number, before = free_track(stage.host), stage.host.timeline()
    sound = [one["items"] for one in stage.host.call("raw")["audio"]]
    with pytest.raises(HostBroken, match="Illegal Parameter type"):
        lay(stage, number, take(stage, 10, 20))
    assert stage.host.timeline() == before
    assert [one["items"] for one in stage.host.call("raw")["audio"]] == sound


def test_a_take_that_was_not_cut_is_never_laid(stage: ScriptedStage) -> None:
    built = two_clips(stage)
    built["tracks"].append(track(2, clip("C", plate(stage), 35, 5)))
    stage.build(built)
    quirk(stage, "keepsInOut", True)
    before = stage.host.timeline()
    assert refusal(stage, 2).kind == "Misplaced"
    assert stage.host.timeline() == before


def test_harm_elsewhere_is_told_though_the_take_lies_right(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    quirk(stage, "cutsElsewhere", True)
    number = free_track(stage.host)
    assert "press Undo" in str(refusal(stage, number))
    assert [one[0] for one in look(stage.host.timeline())] == [10], "the take at least is gone again"


def test_a_slip_that_moves_the_clip_is_taken_back(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    number = free_track(stage.host)
    was = take(stage, 12, 15, 10)
    lay(stage, number, was)
    before = stage.host.timeline()
    quirk(stage, "trimsBySlip", True)
    step = {"do": "swap", "track": number, "uid": "take-uid", "clip": take(stage, 12, 15, 3, 2), "was": was}
    with pytest.raises(HostRefused) as caught:
        stage.host.carry_out(step)
    assert caught.value.kind == "Misplaced" and "as it was" in str(caught.value)
    assert look(stage.host.timeline()) == look(before)
    quirk(stage, "trimsBySlip", False)
    stage.build(two_clips(stage))
    lay(stage, number, was)
    before = stage.host.timeline()
    quirk(stage, "refusesNames", True)
    with pytest.raises(HostBroken, match="Illegal Parameter type"):
        stage.host.carry_out(step)
    assert stage.host.timeline() == before


def test_a_copied_take_is_not_swapped_behind_the_artists_back(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    number = free_track(stage.host)
    was = take(stage, 10, 20)
    lay(stage, number, was)
    stage.disturb("take-uid", "duplicate")
    before = stage.host.timeline()
    step = {"do": "swap", "track": number, "uid": "take-uid", "clip": take(stage, 10, 20, version=2)}
    with pytest.raises(HostRefused, match="2 clips show"):
        stage.host.carry_out({**step, "was": was})
    assert stage.host.timeline() == before


def test_undo_takes_clip_and_identity_away_together(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    before = stage.host.timeline()
    lay(stage, free_track(stage.host), take(stage, 10, 20))
    titles = stage.host.call("titles")
    assert [one for one in titles if one.startswith("Understudy: place")] == titles[-2:]
    for _ in range(2):
        stage.host.call("undo")
    assert stage.host.timeline() == before


def test_two_shots_of_one_file_are_never_mixed_up(stage: ScriptedStage) -> None:
    """Both moved and showing the same frames: nobody can tell them apart."""
    media = plate(stage)
    stage.build(timeline(track(1, clip("A", media, 10, 10, 5), clip("B", media, 30, 10, 5))))
    stage.host.mark(uid_at(stage, 10), "us-a")
    stage.host.mark(uid_at(stage, 30), "us-b")
    stage.disturb("us-a", "move", 100)
    assert (uid_at(stage, 110), uid_at(stage, 30)) == ("us-a", "us-b")
    stage.disturb("us-b", "move", 100)
    assert not {uid_at(stage, 110), uid_at(stage, 130)} & {"us-a", "us-b"}


def test_a_take_is_known_wherever_it_went(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    lay(stage, free_track(stage.host), take(stage, 10, 20))
    stage.disturb("take-uid", "move", 100)
    stage.disturb("take-uid", "trim_head", 4)
    _, found = at(stage.host, 114)
    assert found["uid"] == "take-uid" and index_of(found) == 12


def test_damaged_records_are_left_out(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    stage.host.mark(uid_at(stage, 10), "us-a")
    for text in ("no json", "[1, null]", json.dumps([{"uid": "us-a", "item": 3}]), "{}"):
        stage.host.call("spoil", text)
        assert not uid_at(stage, 10).startswith("us-")


def test_properties_that_do_not_hold_are_noticed(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    quirk(stage, "refusesProperties", True)
    with pytest.raises(HostRefused, match="keep"):
        stage.host.mark(uid_at(stage, 10), "us-a")


def test_where_the_daemon_is_looked_for(stage: ScriptedStage) -> None:
    assert (
        stage.host.call("state_folder", "win32", "C:\\Users\\ada") == "C:/Users/ada/AppData/Local/understudy"
    )
    assert stage.host.call("state_folder", "darwin", "/Users/ada/") == "/Users/ada/.local/state/understudy"
    assert stage.host.call("file_url", "C:/Users/b.json") == "file:/C:/Users/b.json"
    assert stage.host.call("file_url", "/Users/b.json") == "file:/Users/b.json"


def test_the_panel_sends_places_changes_and_removes(stage: ScriptedStage, tmp_path: Path) -> None:
    stage.build(two_clips(stage))
    stage.disturb(uid_at(stage, 10), "select")
    with open_rules(tmp_path) as (bridge, _):
        stage.host.call("open_panel", str(tmp_path))
        words = stage.host.call("look")["words"]
        assert "connected: Reel ß" in words and "Ben: ends in 3 days" in words
        before = stage.host.timeline()
        assert "sent: A" in stage.host.call("press", "Send selected")
        assert "convert, 40 of 96, 5 min left" in stage.host.call("look")["words"]
        for version in (1, 2):
            bridge.finish(version, stage.media(f"take_v{version:03d}", FRAMES, "24", 1001))
        stage.host.call("look")
        assert "A was placed" in stage.host.call("press", "Place v001")
        placed = stage.host.timeline()
        (found,) = [one for _, one in clips_of(placed) if one["ours"]]
        assert (found["record_in"], found["duration"], found["ours"]["version"]) == (10, 20, 1)
        assert "A was placed" in stage.host.call("press", "Place v002")
        (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["ours"]]
        assert found["ours"]["version"] == 2
        bridge.faults = ["it lies elsewhere"]
        assert "it was taken back: it lies elsewhere" in stage.host.call("press", "Place v001")
        (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["ours"]]
        assert found["ours"]["version"] == 2
        stage.host.call("press", "Review room")
        assert bridge.asked_room == {}
        stage.host.seek(13)
        stage.host.call("press", "Review room")
        assert bridge.asked_room == {"source": 86400 + 12 + 3}
        assert stage.host.call("look")["opened"] == [bridge.room_url] * 2
        stage.host.call("press", "Render again")
        assert bridge.acts == [("render", "sending-1")]
        assert look(before) == [one for one in look(stage.host.timeline()) if "take" not in one[3]]


def test_what_premiere_throws_while_a_take_is_taken_back_is_told_with_what_remains(
    stage: ScriptedStage, tmp_path: Path
) -> None:
    stage.build(two_clips(stage))
    stage.disturb(uid_at(stage, 10), "select")
    with open_rules(tmp_path) as (bridge, _):
        stage.host.call("open_panel", str(tmp_path))
        stage.host.call("look")
        stage.host.call("press", "Send selected")
        bridge.finish(1, stage.media("take_v001", FRAMES, "24", 1001))
        bridge.faults = ["it lies elsewhere"]
        stage.host.call("look")
        stage.host.call("break_lifting")
        (said,) = [one for one in stage.host.call("press", "Place v001") if "it lies elsewhere" in one]
    assert "remains; delete it (Illegal Parameter type)" in said
    stage.host.call("save_and_reload")


def test_a_daemon_that_is_away_is_told(stage: ScriptedStage, tmp_path: Path) -> None:
    stage.build(two_clips(stage))
    stage.host.call("open_panel", str(tmp_path))
    assert "is not running" in stage.host.call("look")["trouble"]
    (tmp_path / "bridge.json").write_text('{"address": "example.org:80", "token": "t"}')
    assert "damaged" in stage.host.call("look")["trouble"]
    (tmp_path / "bridge.json").write_text('{"address": "127.0.0.1:9", "token": "t"}')
    trouble = stage.host.call("look")["trouble"]
    assert trouble.startswith("DaemonDown") and "port 8431 only" in trouble
    with open_rules(tmp_path) as (_, door):
        told = json.loads((tmp_path / "bridge.json").read_text())
        (tmp_path / "bridge.json").write_text(json.dumps({**told, "token": "wrong"}))
        assert stage.host.call("look")["trouble"].startswith("WrongToken")
        assert door.address == told["address"]


def test_picture_sequences_are_named_by_their_signs(stage: ScriptedStage) -> None:
    stage.build(two_clips(stage))
    number = free_track(stage.host)
    made = []
    for version in (1, 2):
        stage.host.call("file", f"/show/t{version}_.1001.exr", {"frames": FRAMES, "rate": "24", "start": 0})
        media: Table = {"path": f"/show/t{version}_.####.exr", "name": f"t{version}_.1001.exr", "rate": "24"}
        made.append(clip("take-uid", {**media, "start": 1001, "frames": FRAMES}, 10, 20, 8, name="t"))
    lay(stage, number, made[0])
    stage.host.carry_out({"do": "swap", "track": number, "uid": "take-uid", "clip": made[1], "was": made[0]})
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
    assert (found["media"]["path"], found["source_in"]) == ("/show/t2_.####.exr", 1009)


def test_what_premiere_throws_ends_in_the_panel(stage: ScriptedStage, tmp_path: Path) -> None:
    stage.build(two_clips(stage))
    with open_rules(tmp_path):
        stage.host.call("open_panel", str(tmp_path))
        stage.host.call("look")
        stage.host.call("break_next")
        words = stage.host.call("press", "Send selected")
        assert any("Premiere broke off (Illegal Parameter type)" in one for one in words)
        assert any("no clip is selected" in one for one in stage.host.call("press", "Send selected"))
