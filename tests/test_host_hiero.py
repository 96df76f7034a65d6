"""Hiero's adapter over the fake: what only Hiero does; the rest is in test_edit_hosts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.edit_hosts import contract, fake_hiero, fake_hiero_media, hiero_stage
from tests.edit_hosts.contract import clip, lay, take, timeline, track, uid_at
from tests.edit_hosts.fake_hiero import (
    Alignments,
    EffectTrackItem,
    Sequence,
    TrackItem,
    Transition,
    VideoTrack,
)
from tests.edit_hosts.fake_hiero_media import Tag
from tests.edit_hosts.hiero_stage import HieroStage

from understudy_bridge.daemon.snapshot import sequence_of
from understudy_bridge.panel.host import HostRefused, Table


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[HieroStage]:
    made = hiero_stage.stage(tmp_path)
    made.build(contract.two_clips(made))
    yield made
    made.close()


def sequence() -> Sequence:
    assert fake_hiero.state.sequence is not None
    return fake_hiero.state.sequence


def items(number: int = 1) -> list[TrackItem]:
    return sorted(sequence().tracks[number - 1].items_, key=lambda one: one.first)


def told(stage: HieroStage, record_in: int) -> Table:
    return contract.at(stage.host, record_in)[1]


def test_the_fake_cuts_what_is_in_the_way_so_the_adapter_must_look(stage: HieroStage) -> None:
    """Without a look, Hiero would shorten the neighbour."""
    other = items()[0].copy()
    other.first, other.last = 20, 45
    sequence().tracks[0].addTrackItem(other)
    assert [(one.first, one.last) for one in items()] == [(10, 19), (20, 45), (46, 55)]


def test_ends_in_hiero_are_included(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    lay(stage, number, take(stage, 10, 20, 8))
    (item,) = items(number)
    assert (item.timelineIn(), item.timelineOut()) == (10, 29)
    assert (item.sourceIn(), item.sourceOut()) == (8.0, 27.0)


@pytest.mark.parametrize("speed", ["2", "1/2", "-1"])
def test_speeds_are_laid_and_told_as_they_were_asked(stage: HieroStage, speed: str) -> None:
    number = contract.free_track(stage.host)
    lay(stage, number, take(stage, 10, 20, 4, speed=speed))
    (found,) = [one for _, one in contract.clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
    assert (found["speed"], contract.index_of(found), found["problems"]) == (speed, 4, [])


def test_a_clip_between_two_frames_is_refused(stage: HieroStage) -> None:
    items()[0].source_in += 0.5
    (problem,) = told(stage, 10)["problems"]
    assert problem["refuses"] and "between two frames" in problem["message"]


@pytest.mark.parametrize(("kind", "on", "curve"), [
    ("TimeWarp", True, "the effect TimeWarp"), ("TimeWarp", False, ""), ("Grade", True, ""),
])  # fmt: skip
def test_a_retime_by_an_effect_is_told(stage: HieroStage, kind: str, on: bool, curve: str) -> None:
    effect = EffectTrackItem(kind)
    effect.enabled = on
    items()[0].link(effect)
    assert told(stage, 10)["curve"] == curve


def test_transitions_lie_over_their_cut(stage: HieroStage) -> None:
    first, second = items()
    second.setTimes(30, 45, 20.0, 35.0)
    made = sequence().tracks[0].transitions_
    made.append(Transition(Alignments.kDissolve, 26, 34, (first, second)))
    made.append(Transition(Alignments.kFadeIn, 10, 13))
    made.append(Transition(Alignments.kFadeOut, 40, 45))
    made.append(Transition(Alignments.kUnknown, 1, 2))
    found = stage.host.timeline()["tracks"][0]["transitions"]
    assert [(one["at"], one["in_offset"], one["out_offset"]) for one in found] == [
        (30, 4, 5), (10, 0, 4), (46, 6, 0)
    ]  # fmt: skip


def test_a_take_is_not_laid_under_a_transition(stage: HieroStage) -> None:
    sequence().tracks[0].transitions_.append(Transition(Alignments.kFadeIn, 5, 9))
    contract.refused(stage, {"do": "lay", "track": 1, "clip": take(stage, 0, 6)}, "Occupied")


def test_an_item_that_lies_elsewhere_is_taken_away_again(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    before = stage.host.timeline()
    with fake_hiero.misplacing(1), pytest.raises(HostRefused) as caught:
        lay(stage, number, made)
    assert caught.value.kind == "Misplaced" and "record_in 11 for 10" in str(caught.value)
    assert stage.host.timeline() == before
    assert not sequence().project_.open_undo


def test_what_lies_on_the_spare_track_makes_it_and_its_undo_unmakes_it(stage: HieroStage) -> None:
    assert len(sequence().tracks) == 1
    undo = lay(stage, 2, take(stage, 10, 20))
    assert [one.name() for one in sequence().tracks] == ["V1", "Understudy"]
    stage.host.carry_out(undo)
    assert len(sequence().tracks) == 1
    contract.refused(stage, {"do": "lay", "track": 3, "clip": take(stage, 10, 20)}, "NotOnTimeline")


def test_effects_and_links_come_back_with_an_undo_and_stay_in_a_swap(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    was = take(stage, 10, 20)
    lay(stage, number, was)
    place = sequence().tracks[number - 1]
    (item,) = items(number)
    effect = place.addSubTrackItem(EffectTrackItem("Grade"), 0)
    item.link(effect)
    fresh = take(stage, 10, 20, 3, version=2)
    stage.host.carry_out({"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": was})
    assert items(number)[0].linkedItems() == (effect,)
    undo = stage.host.carry_out({"do": "lift", "track": number, "uid": "take-uid", "clip": fresh})
    assert place.subTrackItems() == ((),)
    stage.host.carry_out(undo)
    (back,) = items(number)
    assert [one.Class() for one in back.linkedItems()] == ["Grade"]
    assert [one.Class() for row in place.subTrackItems() for one in row] == ["Grade"]
    assert (back.timelineIn(), back.sourceIn()) == (10, 3.0)
    assert "take-uid" in [one["uid"] for _, one in contract.clips_of(stage.host.timeline())]


def test_effects_on_a_track_of_their_own_are_in_the_way(stage: HieroStage) -> None:
    effects = VideoTrack("grades")
    sequence().addTrack(effects)
    for row, (first, last) in enumerate([(5, 20), (21, 30), (50, 60)]):
        made = EffectTrackItem("Grade")
        made.first, made.last = first, last
        effects.addSubTrackItem(made, row)
    told_track = stage.host.timeline()["tracks"][1]
    assert [(one["record_in"], one["duration"], one["media"]) for one in told_track["clips"]] == [
        (5, 26, None), (50, 11, None)
    ]  # fmt: skip
    sequence_of(stage.host.timeline())
    contract.refused(stage, {"do": "lay", "track": 2, "clip": take(stage, 10, 20)}, "Occupied")
    contract.refused(stage, {"do": "remove_track", "number": 2}, "Occupied")
    lay(stage, 2, take(stage, 31, 19))


def test_what_is_linked_to_a_take_elsewhere_stays_when_it_goes(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    lay(stage, number, made)
    items(number)[0].link(items()[1])
    stage.host.carry_out({"do": "lift", "track": number, "uid": "take-uid", "clip": made})
    assert [one.first for one in items()] == [10, 40]


def test_one_clip_in_the_bin_for_every_use_of_a_file(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    for record_in in (0, 30):
        lay(stage, number, {**take(stage, record_in, 10), "uid": f"take {record_in}"})
    (shelf,) = sequence().project_.bin.bins()
    assert shelf.name() == "Understudy" and len(shelf.clips()) == 1


def test_a_file_that_hiero_sees_otherwise_is_refused(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    made["media"] = {**made["media"], "frames": 61}
    contract.refused(stage, {"do": "lay", "track": number, "clip": made}, "MediaMissing")
    assert not any(one.clips() for one in sequence().project_.bin.bins())


def test_tags_are_markers_but_for_the_bridges_own(stage: HieroStage) -> None:
    stage.host.mark(uid_at(stage, 10), "ident")
    whole, frame, of_sequence = Tag("understudy"), Tag("look here"), Tag("reel")
    frame.metadata_.values_.update({"tag.applieswhole": "0", "tag.start": "15", "tag.length": "1"})
    of_sequence.metadata_.values_.update({"tag.applieswhole": "0", "tag.start": "33"})
    for tag in (whole, frame):
        items()[0].addTag(tag)
    sequence().addTag(of_sequence)
    found = told(stage, 10)
    assert [(one["name"], one["frame"]) for one in found["markers"]] == [
        ("understudy", 86412),
        ("look here", 86415),
    ]
    assert [(one["name"], one["frame"]) for one in stage.host.timeline()["markers"]] == [("reel", 33)]
    sequence_of(stage.host.timeline())


def test_a_project_that_is_only_looked_at_is_not_changed(stage: HieroStage) -> None:
    shelf = sequence().project_.tagsBin()
    looked_at = stage.host.about()["project"]
    assert looked_at and stage.host.about()["project"] == looked_at and shelf.items() == ()
    stage.host.mark(uid_at(stage, 10), "ident")
    stage.host.mark("ident", "another")
    assert len(shelf.items()) == 1
    stage.save_and_reload()
    assert stage.host.about()["project"] == looked_at


def test_marking_twice_keeps_one_tag(stage: HieroStage) -> None:
    stage.host.mark(uid_at(stage, 10), "ident")
    stage.host.mark("ident", "another")
    assert len(items()[0].tags()) == 1 and not items()[0].tags()[0].visible_


def test_spoilt_tags_are_read_as_none(stage: HieroStage) -> None:
    from understudy_bridge.hosts.hiero import identity

    identity.keep(items()[0], {"uid": "ident"})
    for text in ("", "{", "[1]", "[" * 100_000):
        items()[0].tags()[0].metadata().setValue("tag.understudy", text)
        assert identity.kept(items()[0]) == {}
    items()[0].tags()[0].metadata().setValue("tag.understudy", '{"ours": 3, "uid": 4}')
    assert told(stage, 10)["ours"] == {}
    sequence_of(stage.host.timeline())


@pytest.mark.parametrize("thrower", ["setEnabled", "addTag", "setSource", "setName"])
def test_what_hiero_throws_is_told_and_nothing_stays_half_done(
    stage: HieroStage, monkeypatch: pytest.MonkeyPatch, thrower: str
) -> None:
    number = contract.free_track(stage.host)
    was = take(stage, 10, 20)
    step = {"do": "lay", "track": number, "clip": was}
    if thrower in ("setSource", "setName"):
        lay(stage, number, was)
        fresh = {**take(stage, 10, 20, 3, version=2), "name": "another"}
        step = {"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": was}
    before = stage.host.timeline()
    true = getattr(TrackItem, thrower)

    def throws(item: TrackItem, *words: object) -> None:
        raise RuntimeError("the item is busy")

    monkeypatch.setattr(TrackItem, thrower, _once(throws, true))
    with pytest.raises(HostRefused, match="the item is busy"):
        stage.host.carry_out(step)
    assert stage.host.timeline() == before
    assert not sequence().project_.open_undo


def test_rates_and_tags_that_are_no_numbers_are_named(
    stage: HieroStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("soon", "nan", "1e999"):
        tag = Tag("look here")
        tag.metadata_.values_.update({"tag.applieswhole": "0", "tag.start": text})
        items()[0].addTag(tag)
    shown = told(stage, 10)
    assert [one["frame"] for one in shown["markers"]] == [shown["source_in"]] * 3
    monkeypatch.setattr(fake_hiero_media.TimeBase, "toRational", lambda base: (0, 0))
    with pytest.raises(HostRefused, match="0/0"):
        stage.host.timeline()


def test_nested_sequences_and_composites_are_told(stage: HieroStage) -> None:
    items()[0].source_ = Sequence("inner")
    found = told(stage, 10)
    assert found["nested"] and found["media"] is None
    fake_hiero_media.files["/job/comp.nk"] = {
        "frames": 60,
        "rate": "24",
        "start": None,
        "drop_frame": False,
        "reel": "",
    }
    items()[1].source_ = fake_hiero_media.Clip(fake_hiero_media.MediaSource("/job/comp.nk"))
    assert told(stage, 40)["problems"][0]["kind"] == "comp"


def test_without_a_sequence_everything_says_so(stage: HieroStage) -> None:
    fake_hiero.state.sequence = None
    for call in (stage.host.about, stage.host.timeline, stage.host.selected):
        with pytest.raises(HostRefused, match="no sequence is open"):
            call()


def test_locked_tracks_refuse_before_hiero_raises(stage: HieroStage) -> None:
    number = contract.free_track(stage.host)
    made = take(stage, 10, 20)
    lay(stage, number, made)
    sequence().tracks[number - 1].locked = True
    contract.refused(stage, {"do": "lift", "track": number, "uid": "take-uid", "clip": made}, "Occupied")
    fresh = take(stage, 10, 20, 3, version=2)
    step = {"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": made}
    contract.refused(stage, step, "Occupied")
    with pytest.raises(HostRefused) as caught:
        stage.host.mark("take-uid", "other")
    assert caught.value.kind == "Occupied"


def test_a_locked_or_filled_track_on_top_gets_a_spare_one_above(stage: HieroStage) -> None:
    sequence().addTrack(VideoTrack("empty"))
    assert len(stage.host.timeline()["tracks"]) == 2
    sequence().tracks[1].locked = True
    assert len(stage.host.timeline()["tracks"]) == 3


def test_media_without_timecode_and_with_drop_frame_are_told(stage: HieroStage) -> None:
    media = contract.plate(stage, "df", "30000/1001", 1800)
    fake_hiero_media.files[media["path"]].update({"drop_frame": True, "reel": "A001"})
    without = contract.plate(stage, "none", "30000/1001", None)
    stage.build(timeline(track(1, clip("A", media, 0, 5), clip("B", without, 9, 5, 3)), rate="30000/1001"))
    assert (told(stage, 0)["media"]["drop_frame"], told(stage, 0)["media"]["reel"]) == (True, "A001")
    assert told(stage, 9)["media"]["start"] is None and told(stage, 9)["source_in"] == 3


def test_a_swap_that_hiero_does_otherwise_is_taken_back(
    stage: HieroStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = contract.free_track(stage.host)
    was = take(stage, 10, 20)
    lay(stage, number, was)
    before = stage.host.timeline()
    true_times = TrackItem.setTimes

    def late(item: TrackItem, first: int, last: int, source_in: float, source_out: float) -> None:
        true_times(item, first, last, source_in + 1, source_out + 1)

    fresh = take(stage, 10, 20, 3, version=2)
    step = {"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": was}
    with monkeypatch.context() as patched:
        patched.setattr(TrackItem, "setTimes", _once(late, true_times))
        with pytest.raises(HostRefused) as caught:
            stage.host.carry_out(step)
    assert caught.value.kind == "Misplaced" and stage.host.timeline() == before


def _once(first: Callable[..., None], then: Callable[..., None]) -> Callable[..., None]:
    calls = iter([first])
    return lambda *words: next(calls, then)(*words)
