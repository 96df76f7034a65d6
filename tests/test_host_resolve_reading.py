"""What the Resolve adapter tells of a timeline: speeds, transitions, markers, what is no plain clip."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edit_hosts.contract import (
    at,
    clip,
    clips_of,
    index_of,
    lay,
    refused,
    take,
    timeline,
    track,
    two_clips,
)
from tests.edit_hosts.fake_resolve_item import Item, Manners, Remote
from tests.edit_hosts.resolve_stage import NEW, OLD, ResolveStage, kinds, opened, plate_item, told

from understudy.domain.time import Timecode
from understudy_bridge.daemon.snapshot import sequence_of
from understudy_bridge.hosts.resolve import notes
from understudy_bridge.hosts.resolve.timecode import frame_of, rate_of, timecode_of
from understudy_bridge.panel.host import HostRefused

RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)]


@pytest.mark.parametrize(
    ("speed", "said"), [("2", "200 %"), ("1/2", "50 %"), ("-1", "-100 %"), ("0", "freeze")]
)
def test_another_speed_is_told_and_refused(speed: str, said: str) -> None:
    stage = opened()
    item = plate_item(stage)
    item.speed, item.duration, item.first = Fraction(speed), 20, 10
    found = told(stage)
    assert Fraction(found["speed"]) == Fraction(speed)
    assert kinds(found) == {"retimed": True} and said in found["problems"][0]["message"]
    assert index_of(found) == 10


def test_a_speed_too_near_to_show_in_the_length_shows_in_the_place() -> None:
    stage = opened()
    item = plate_item(stage)
    item.media.said["Frames"] = "5000"  # type: ignore[union-attr]
    item.speed, item.first = Fraction(102, 100), 4000
    found = told(stage)
    assert kinds(found) == {"retimed": True}
    assert abs(Fraction(found["speed"]) - Fraction(102, 100)) < Fraction(1, 1000)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_source_start_that_is_one_frame_off_is_no_retime(off: int) -> None:
    stage = opened(Manners(source_start_off=off))
    found = told(stage)
    assert (found["speed"], index_of(found), found["problems"]) == ("1", 12, [])


def test_where_resolve_does_not_say_the_speed_the_artist_is_told() -> None:
    stage = opened()
    plate_item(stage).source = False  # as on timelines that came from XML
    assert kinds(told(stage)) == {"speed_unknown": False}
    assert told(stage)["speed"] == "1"
    older = opened(OLD)
    assert kinds(told(older)) == {"speed_unknown": False}


def test_media_of_another_rate_are_told_and_not_laid() -> None:
    stage = opened()
    media = stage.media("other", 60, "25", 0)
    stage.build(timeline(track(1, clip("A", media, 10, 24, 5)), track(2)))
    item = plate_item(stage)
    item.media.said["timeline rate"] = Fraction(24)  # type: ignore[union-attr]
    found = told(stage)
    assert (found["source_rate"], found["media"]["rate"], found["speed"]) == ("25", "25", "1")
    assert found["problems"] == []
    refused(stage, {"do": "lay", "track": 2, "clip": clip("B", media, 10, 20, 5)}, "Unsupported")


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(24, 12, (30, 6, 6)), (30, 4, (30, 0, 4)), (50, 6, (56, 6, 0)), (10, 5, (10, 0, 5))],
)
def test_transitions_are_told_over_their_cut(start: int, length: int, expected: tuple[int, int, int]) -> None:
    stage = opened()
    items = stage.resolve.timeline.tracks["video"][0].items
    items[1].start = 86400 + 30
    items[1].duration = 26
    dissolve = Item(stage.manners, None, 86400 + start, length, 0)
    dissolve.kind, dissolve.name = "transition", "Cross Dissolve"
    items.append(dissolve)
    found = stage.host.timeline()
    (transition,) = found["tracks"][0]["transitions"]
    assert (transition["at"], transition["in_offset"], transition["out_offset"]) == expected
    assert transition["name"] == "Cross Dissolve" and len(found["tracks"][0]["clips"]) == 2
    assert sequence_of(found).video()[0].items, "the daemon can read it"
    on = 10 if start < 30 else 30
    number, under = at(stage.host, on if start != 10 else 10)
    refused(stage, {"do": "lift", "track": number, "uid": under["uid"], "clip": under}, "Unsupported")


def test_a_place_under_a_transition_is_occupied() -> None:
    stage = opened()
    dissolve = Item(stage.manners, None, 86400 + 54, 6, 0)
    dissolve.kind = "transition"
    stage.resolve.timeline.tracks["video"][0].items.append(dissolve)
    refused(stage, {"do": "lay", "track": 1, "clip": take(stage, 58, 10)}, "Occupied")


def test_a_version_that_may_hide_transitions_warns_where_clips_meet() -> None:
    stage = opened(replace(OLD, version=(20, 2, 0)))
    assert "transitions_unknown" not in kinds(told(stage))
    stage.resolve.timeline.tracks["video"][0].items[1].start = 86400 + 30
    assert kinds(told(stage))["transitions_unknown"] is False
    assert kinds(told(stage, 30))["transitions_unknown"] is False
    dissolve = Item(stage.manners, None, 86400 + 24, 12, 0)
    dissolve.kind = "transition"
    stage.resolve.timeline.tracks["video"][0].items.append(dissolve)
    assert "transitions_unknown" not in kinds(told(stage)), "it tells of one, so it tells of all"


def test_what_is_no_plain_clip_is_told_so() -> None:
    stage = opened()
    item = plate_item(stage)
    said: dict[str, Any] = item.media.said  # type: ignore[union-attr]
    item.compositions = 1
    assert kinds(told(stage)) == {"effects": False}
    said["Online Status"] = "Offline"
    assert kinds(told(stage)) == {"offline": True, "effects": False}
    said.update({"File Path": "", "Type": "Compound"})
    assert (told(stage)["nested"], told(stage)["media"]) == (True, None)
    said["Type"] = "Generator"
    assert (told(stage)["nested"], told(stage)["media"]) == (False, None)
    item.media = None
    assert (told(stage)["nested"], told(stage)["media"]) == (False, None)


@pytest.mark.parametrize(
    "text",
    [
        "understudy",
        '{"understudy": 5}',
        '{"understudy": {"uid": 7}}',
        '{"understudy": {"uid": ""}}',
        '["understudy"]',
        '{"understudy": ' + "[" * 5000,
        '{"understudy": {"uid": "' + "x" * 70000 + '"}}',
    ],
)
def test_markers_of_others_are_no_identity(text: str) -> None:
    stage = opened()
    item = plate_item(stage)
    item.AddMarker(12, "Blue", "note", "hello", 1, text)
    found = told(stage)
    assert found["uid"] == item.uid and found["ours"] == {}
    assert found["markers"] == [{"frame": 86412, "name": "note", "comment": "hello"}]
    stage.host.mark(item.uid, "mine")
    assert told(stage)["uid"] == "mine"
    assert told(stage)["markers"] == found["markers"], "the artist's marker stays, ours is not told"


def test_a_marker_that_resolve_does_not_keep_is_no_identity() -> None:
    stage = opened(Manners(forgets_markers=True))
    refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 10, 20)}, "Unsupported")
    with pytest.raises(HostRefused):
        stage.host.mark(told(stage)["uid"], "mine")


def test_markers_outside_of_a_clip_are_not_lost_when_it_is_laid_again() -> None:
    stage = opened()
    plate_item(stage).AddMarker(15, "Red", "look", "", 1, "")
    stage.host.mark(told(stage)["uid"], "mine")
    number, found = at(stage.host, 10)
    undo = stage.host.carry_out({"do": "lift", "track": number, "uid": "mine", "clip": found})
    stage.host.carry_out(undo)
    assert told(stage)["markers"] == found["markers"] != []


@pytest.mark.parametrize("manners", [NEW, OLD])
def test_a_long_timeline_is_read_with_few_calls(manners: Manners) -> None:
    """Each call goes to another process; somebody measured 400 clips listed in 0.17 s."""
    stage = opened(manners)
    items = stage.resolve.timeline.tracks["video"][0].items
    items += [Item(manners, items[0].media, 87000 + 10 * number, 10, 5) for number in range(100)]
    before = Remote.calls
    assert len(clips_of(stage.host.timeline())) == 102
    assert Remote.calls - before <= 16 * 102 + 60
    made = take(stage, 10, 20)
    before = Remote.calls
    lay(stage, 2, made)
    assert Remote.calls - before <= 2 * 102 + 100


def test_nothing_open_is_said() -> None:
    stage = opened()
    stage.resolve.pool.timeline = None  # type: ignore[assignment]
    with pytest.raises(HostRefused, match="no timeline is open"):
        stage.host.timeline()
    stage.resolve.project = None
    for call in (stage.host.about, stage.host.timeline, stage.host.selected):
        with pytest.raises(HostRefused, match="no project is open"):
            call()


def test_a_frame_is_shown_by_its_timecode() -> None:
    stage = ResolveStage(NEW)
    stage.build(two_clips(stage, "30000/1001", True))
    stage.host.seek(1800)
    assert stage.resolve.timeline.timecode == "01:01:00;02"
    stage.resolve.OpenPage("media")
    with pytest.raises(HostRefused, match="Edit"):
        stage.host.seek(0)


@given(frame=st.integers(0, 2_000_000), rate=st.sampled_from(RATES), drop=st.booleans())
def test_timecode_agrees_with_the_products_own(frame: int, rate: Fraction, drop: bool) -> None:
    drop = drop and rate.denominator == 1001 and rate > 29
    assert timecode_of(frame, rate, drop) == str(Timecode(frame, rate, drop))
    assert frame_of(timecode_of(frame, rate, drop), rate, drop) == frame
    assert rate_of(f"{float(rate):.6g} DF") == rate


def test_what_is_no_rate_is_none() -> None:
    assert [rate_of(said) for said in ("", None, "fast", "-3", "nan", 0, 1e9)] == [None] * 7


def test_the_marker_is_where_an_artist_sees_it() -> None:
    stage = opened()
    lay(stage, 2, take(stage, 10, 20))
    _, item = stage.find("take-uid")
    (mark,) = item._marks.values()
    assert (mark["name"], mark["note"]) == (notes.NAME, "take_v001.mov")
    assert list(item._marks) == [8.0], "on the first frame that is shown"
