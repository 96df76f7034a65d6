"""The DaVinci Resolve adapter against the quirks that people have reported, version by version."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_hosts.contract import (
    at,
    clips_of,
    index_of,
    lay,
    refused,
    take,
)
from tests.edit_hosts.fake_resolve import movie
from tests.edit_hosts.fake_resolve_item import Manners
from tests.edit_hosts.resolve_stage import ResolveStage, kinds, opened, plate_item

from understudy_bridge.panel.host import HostRefused, Table

VERSIONS = ((18, 6, 6), (19, 1, 0), (21, 0, 2))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end_counts", [False, True])
def test_whether_an_end_counts_is_found_out_whatever_the_version_says(
    version: tuple[int, int, int], end_counts: bool
) -> None:
    stage = opened(Manners(version=version, end_counts=end_counts, take_end_counts=end_counts))
    lay(stage, 2, take(stage, 10, 20))
    assert (told_take(stage)["record_in"], told_take(stage)["duration"]) == (10, 20)
    asked = len(stage.resolve.pool.asked)
    assert asked == (1 if end_counts == (version < (19, 0, 0)) else 2)
    lay(stage, 2, {**take(stage, 40, 5), "uid": "second"})
    assert len(stage.resolve.pool.asked) == asked + 1, "what was found out is kept"


def told_take(stage: ResolveStage, uid: str = "take-uid") -> Table:
    (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == uid]
    return found


@pytest.mark.parametrize("occupied", ["dead", "misplaced", "dropped"])
@pytest.mark.parametrize("end_counts", [False, True])
def test_a_gap_that_fits_to_the_frame_is_filled(occupied: str, end_counts: bool) -> None:
    """A frame too many would meet the next clip: Resolve then lays nothing, or somewhere else."""
    stage = opened(Manners(end_counts=end_counts, occupied=occupied))
    before = stage.host.timeline()
    undo = lay(stage, 1, take(stage, 30, 10))
    assert (told_take(stage)["record_in"], told_take(stage)["duration"], index_of(told_take(stage))) == (
        30,
        10,
        8,
    )
    stage.host.carry_out(undo)
    assert stage.host.timeline() == before


def test_resolve_is_given_whole_absolute_frames_and_no_sound() -> None:
    stage = opened()
    made = take(stage, 10, 20)
    lay(stage, 2, {**made, "record_in": 10.0, "duration": 20.0, "source_in": float(made["source_in"])})
    (asked,) = stage.resolve.pool.asked
    assert (asked["recordFrame"], asked["startFrame"], asked["endFrame"]) == (86400 + 10, 8, 28)
    assert {type(asked[key]) for key in ("recordFrame", "startFrame", "endFrame", "trackIndex")} == {int}
    assert stage.resolve.timeline.tracks["audio"][0].items == []


@pytest.mark.parametrize("lays_off", [1, -1, 300])
def test_what_resolve_lays_elsewhere_is_taken_away_again(lays_off: int) -> None:
    stage = opened(Manners(lays_off=lays_off))
    refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 10, 20)}, "Unsupported")


def test_a_clip_that_resolve_breaks_off_on_is_taken_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that a version does not have reads as None there, and cannot be called."""

    def throws(*_: object) -> None:
        raise TypeError("'NoneType' object is not callable")

    stage = opened()
    monkeypatch.setattr("understudy_bridge.hosts.resolve.laying.write_note", throws)
    refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 10, 20)}, "Unsupported")


def test_what_cannot_be_taken_away_is_named() -> None:
    stage = opened(Manners(lays_off=1, stubborn=True))
    with pytest.raises(HostRefused) as caught:
        lay(stage, 2, take(stage, 10, 20))
    assert caught.value.kind == "LeftBehind"
    assert "'take_v001.mov' on V2 at 86411" in str(caught.value)


def test_a_clip_is_lifted_from_any_page_and_the_page_comes_back() -> None:
    stage = opened(Manners(delete_fails=1))
    lay(stage, 2, take(stage, 10, 20))
    stage.resolve.OpenPage("color")
    before = stage.host.timeline()
    number, found = at(stage.host, 40)
    stage.host.carry_out({"do": "lift", "track": number, "uid": found["uid"], "clip": found})
    assert len(clips_of(stage.host.timeline())) == len(clips_of(before)) - 1
    assert stage.resolve.GetCurrentPage() == "color"


def test_a_track_that_resolve_puts_on_top_is_taken_away_and_from_then_on_planned_for() -> None:
    stage = opened(Manners(tracks_on_top=True))
    assert stage.host.timeline()["inserts_tracks"] is True
    before = stage.host.timeline()
    with pytest.raises(HostRefused) as caught:
        stage.host.carry_out({"do": "add_track", "number": 1, "name": "Understudy"})
    assert caught.value.kind == "Unsupported"
    assert stage.host.timeline() == {**before, "inserts_tracks": False}
    undo = stage.host.carry_out({"do": "add_track", "number": 3, "name": "Understudy"})
    assert stage.host.timeline()["tracks"][2]["name"] == "Understudy"
    stage.host.carry_out(undo)
    assert len(stage.host.timeline()["tracks"]) == 2


@pytest.mark.parametrize("numbers_from_start", [False, True])
@pytest.mark.parametrize("end_counts", [False, True])
def test_sequences_are_numbered_either_way(numbers_from_start: bool, end_counts: bool) -> None:
    stage = opened(Manners(numbers_from_start=numbers_from_start, end_counts=end_counts))
    pattern = "/show/take/take.%04d.exr"
    said = movie("take.[1001-1060].exr", "/show/take/take.[1001-1060].exr", Fraction(24), 60, "00:00:41:17")
    stage.resolve.disk[pattern] = {**said, "Start": "1001", "End": "1060"}
    media = {"path": "/show/take/take.####.exr", "name": "take", "rate": "24", "start": 1001, "frames": 60}
    lay(stage, 2, {**take(stage, 10, 20), "media": media, "source_in": 1009})
    found = told_take(stage)
    assert (found["media"]["path"], found["media"]["start"], found["source_in"]) == (pattern, 1001, 1009)
    assert (found["record_in"], found["duration"], kinds(found)) == (10, 20, {})


def swap_step(stage: ResolveStage, fresh: Table, was: Table) -> Table:
    return {"do": "swap", "track": 2, "uid": "take-uid", "clip": fresh, "was": was}


@pytest.mark.parametrize("takes_lose_marks", [False, True])
@pytest.mark.parametrize(("end_counts", "take_end_counts"), [(False, False), (False, True), (True, False)])
def test_a_swap_keeps_grade_marks_and_the_clip_itself(
    end_counts: bool, take_end_counts: bool, takes_lose_marks: bool
) -> None:
    stage = opened(
        Manners(end_counts=end_counts, take_end_counts=take_end_counts, takes_lose_marks=takes_lose_marks)
    )
    was = take(stage, 12, 15, 10)
    lay(stage, 2, was)
    _, item = stage.find("take-uid")
    item.grade = "warm"
    item.AddMarker(14, "Red", "look", "", 3, "")
    before = stage.host.timeline()
    undo = stage.host.carry_out(swap_step(stage, take(stage, 12, 15, 3, version=2), was))
    assert stage.find("take-uid")[1] is item and item.grade == "warm"
    assert item.GetTakesCount() == 0, "no selector remains"
    assert told_take(stage)["markers"] == [{"frame": 1001 + 7, "name": "look", "comment": ""}]
    assert item._marks[7.0]["color"] == "Red" and item._marks[7.0]["duration"] == 3.0
    stage.host.carry_out(undo)
    assert stage.host.timeline() == before


def test_a_swap_whose_version_cannot_be_written_is_taken_back() -> None:
    stage = opened()
    was = take(stage, 12, 15, 10)
    lay(stage, 2, was)
    stage.find("take-uid")[1].marks_stay = True
    refused(stage, swap_step(stage, take(stage, 12, 15, 3, version=2), was), "Unsupported")


def test_an_artists_takes_stay_in_their_selector() -> None:
    stage = opened()
    was = take(stage, 12, 15, 10)
    lay(stage, 2, was)
    _, item = stage.find("take-uid")
    item.AddTake(item.media, 20, 35)  # type: ignore[arg-type]
    stage.host.carry_out(swap_step(stage, take(stage, 12, 15, 3, version=2), was))
    assert (item.GetTakesCount(), item.GetSelectedTakeIndex()) == (3, 3)
    assert index_of(told_take(stage)) == 3


def test_a_take_that_slips_is_taken_out_of_the_clip_again() -> None:
    stage = opened(Manners(takes_slip=1))
    was = take(stage, 12, 15, 10)
    lay(stage, 2, was)
    refused(stage, swap_step(stage, take(stage, 12, 15, 3, version=2), was), "Unsupported")
    assert stage.find("take-uid")[1].GetTakesCount() == 0


@pytest.mark.parametrize("change", ["media", "trim", "move"])
def test_a_clip_that_was_changed_meanwhile_is_not_swapped(change: str) -> None:
    stage = opened()
    was = take(stage, 12, 15, 10)
    lay(stage, 2, was)
    _, item = stage.find("take-uid")
    if change == "media":
        item.media = plate_item(stage).media
    elif change == "trim":
        item.duration -= 1
    else:
        item.start += 1
    refused(stage, swap_step(stage, take(stage, 12, 15, 3, version=2), was), "ClipChanged")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"FPS": 25.0}, "Unsupported"),
        ({"Frames": "59"}, "Unsupported"),
        ({"Start TC": "01:00:00:00"}, "Unsupported"),
        ({"Online Status": "Offline"}, "MediaMissing"),
    ],
)
def test_a_file_that_resolve_reads_otherwise_is_refused(said: Table, kind: str) -> None:
    stage = opened()
    made = take(stage, 10, 20)
    stage.resolve.disk[made["media"]["path"]].update(said)
    refused(stage, {"do": "lay", "track": 2, "clip": made}, kind)


@pytest.mark.parametrize(("duration", "index"), [(20, 41), (20, -1), (61, 0)])
def test_frames_that_the_file_does_not_have_are_refused(duration: int, index: int) -> None:
    stage = opened()
    refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 60, duration, index)}, "TakeTooShort")


def test_media_are_imported_once_into_a_bin_of_ours_and_the_artists_bin_stays_open() -> None:
    stage = opened()
    pool = stage.resolve.pool
    dailies = pool.AddSubFolder(pool.root, "dailies")
    pool.SetCurrentFolder(dailies)
    lay(stage, 2, take(stage, 10, 20))
    lay(stage, 2, {**take(stage, 40, 5), "uid": "second"})
    ours = next(folder for folder in pool.root.folders if folder.name == "Understudy")
    assert len(ours.clips) == 1 and dailies.clips == []
    assert pool.GetCurrentFolder() is dailies
    stage.save_and_reload()
    lay(stage, 2, {**take(stage, 50, 5), "uid": "third"})
    ours = next(folder for folder in stage.resolve.pool.root.folders if folder.name == "Understudy")
    assert len(ours.clips) == 1, "after reloading it is found by its path"


@settings(max_examples=25, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30), st.integers(0, 30)), max_size=5),
    end_counts=st.booleans(),
    occupied=st.sampled_from(["dead", "misplaced", "dropped"]),
    delete_fails=st.integers(0, 1),
    version=st.sampled_from(VERSIONS),
)
def test_clips_lie_to_the_frame_or_nothing_changes(
    places: list[tuple[int, int, int]],
    end_counts: bool,
    occupied: str,
    delete_fails: int,
    version: tuple[int, int, int],
) -> None:
    stage = opened(
        Manners(version=version, end_counts=end_counts, occupied=occupied, delete_fails=delete_fails)
    )
    expected: dict[str, tuple[int, int, int]] = {}
    for number, (record_in, duration, index) in enumerate(places):
        uid = f"take {number}"
        clear = all(
            record_in + duration <= begin or begin + length <= record_in
            for begin, length, _ in expected.values()
        )
        before = stage.host.timeline()
        try:
            lay(stage, 2, {**take(stage, record_in, duration, index), "uid": uid})
        except HostRefused as refusal:
            assert refusal.kind == "Occupied" and not clear
            assert stage.host.timeline() == before
            continue
        assert clear
        expected[uid] = (record_in, duration, index)
    found = {one["uid"]: one for number, one in clips_of(stage.host.timeline()) if number == 2}
    assert {uid: (one["record_in"], one["duration"], index_of(one)) for uid, one in found.items()} == expected
