"""What an editor tells is read strictly, and everything that is not as it was planned is told."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from tests.bridge_timelines import timelines
from tests.edit_hosts.contract import clip, track
from tests.edit_hosts.told_timelines import MEDIA, fitting, good

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.media_paths import same_file
from understudy_bridge.core.read_back import faults
from understudy_bridge.core.shots import Wanted, shot_of
from understudy_bridge.core.steps import clip_table
from understudy_bridge.core.timeline import Clip, Gap, Media, Sequence
from understudy_bridge.daemon.snapshot import sequence_of, table_of
from understudy_bridge.panel.host import Table

MANY = settings(max_examples=40, deadline=None)


@MANY
@given(timelines())
def test_a_timeline_comes_back_through_its_table(sequence: Sequence) -> None:
    sequence = fitting(sequence)
    back = sequence_of(table_of(sequence))
    assert table_of(back) == table_of(sequence)
    assert not faults(sequence, back) and not faults(back, sequence)


def test_gaps_and_channels_are_filled_in() -> None:
    sequence = sequence_of(good())
    lower, middle, upper = sequence.video()
    assert isinstance(lower.items[0], Gap) and lower.items[0].duration == 10
    assert [at for at, _ in lower.clips()] == [10, 40]
    assert middle.items == () and upper.locked
    assert [uid for uid in ("a", "b") if sequence.find(uid)] == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ((), [], "timeline: this is no table"),
        (("rate",), "0", "timeline: `rate` is a rate above 0"),
        (("rate",), "24/0", "timeline: `rate` is written as text"),
        (("rate",), 24, "timeline: `rate` is written as text"),
        (("rate",), "1e9999", "timeline: `rate` is written as text"),
        (("rate",), None, "timeline: `rate` is missing"),
        (("speed",), "2", "timeline: the key `speed` is not known"),
        (("start_frame",), 2**60, "timeline: `start_frame` is a whole number"),
        (("start_frame",), True, "timeline: `start_frame` is a whole number"),
        (("tracks",), {}, "timeline: `tracks` is a list"),
        (("tracks", 1, "number"), 1, r"timeline.tracks\[1\]: there are two tracks 1"),
        (("tracks", 1, "number"), 99_999, r"timeline.tracks\[1\]: `number` is a whole number from 1 to"),
        (("tracks", 0, "clips", 1, "record_in"), 29, r"clips\[1\]: begins at frame 29, before .* ends at 30"),
        (("tracks", 0, "clips", 1, "record_in"), 40.0, r"clips\[1\]: `record_in` is a whole number"),
        (("tracks", 0, "clips", 1, "duration"), 0, r"clips\[1\]: `duration` is a whole number from 1"),
        (("tracks", 0, "clips", 1, "uid"), "", r"clips\[1\]: `uid` is empty"),
        (("tracks", 0, "clips", 1, "name"), "x" * 9000, r"clips\[1\]: `name` is text of at most"),
        (("tracks", 0, "clips", 1, "speed"), "1/3/4", r"clips\[1\]: `speed` is written as text"),
        (("tracks", 0, "clips", 1, "speed"), "99999", r"clips\[1\]: `speed` is beyond"),
        (("tracks", 0, "clips", 1, "enabled"), 1, r"clips\[1\]: `enabled` is true or false"),
        (("tracks", 0, "clips", 1, "media"), "x.mov", r"clips\[1\].media: this is no table"),
        (("tracks", 0, "clips", 1, "media", "frames"), -1, r"clips\[1\].media: `frames` is a whole number"),
        (("tracks", 0, "clips", 1, "media", "sound"), 1, r"clips\[1\].media: the key `sound` is not known"),
        (("tracks", 0, "clips", 1, "problems"), [{"kind": "x"}], r"problems\[0\]: `message` is missing"),
        (("tracks", 0, "transitions", 0, "at"), 11, r"transitions\[0\]: there is no cut at frame 11"),
        (("tracks", 0, "transitions", 0, "out_offset"), 21, r"tracks\[0\]: a transition .* is longer than"),
        (("markers", 0, "frame"), "3", r"markers\[0\]: `frame` is a whole number"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(path: tuple[Any, ...], value: object, says: str) -> None:
    told: Any = good()
    if not path:
        told = value
    else:
        *way, last = path
        inside = told
        for step in way:
            inside = inside[step]
        inside[last] = value
    with pytest.raises(BadInterchange, match=says):
        sequence_of(told)


def test_random_damage_is_a_named_error_or_a_timeline() -> None:
    chance = random.Random(6)
    strange = [None, -1, 0, 1.5, "", "x", [], {}, True, 2**70, "1/2", ["a"], {"a": 1}, float("nan")]

    def spoilt(value: Any) -> Any:
        if chance.random() < 0.03:
            return chance.choice(strange)
        if isinstance(value, dict):
            return {key: spoilt(one) for key, one in value.items() if chance.random() > 0.01}
        return [spoilt(one) for one in value] if isinstance(value, list) else value

    read = 0
    for _ in range(400):
        try:
            read += bool(table_of(sequence_of(spoilt(good()))))
        except BadInterchange:
            continue
    assert 0 < read < 400


def test_spoilt_identities_make_no_takes() -> None:
    deep: Table = {}
    for _ in range(3000):
        deep = {"a": deep}
    for ours in (
        {"shot": "s", "version": "1"},
        {"shot": 4, "version": 1},
        {"shot": "s", "version": -1},
        {"shot": "s", "version": 1, "plate_first": 1.5},
        {"shot": "s", "version": 1, "more": "x" * 20_000},
        {"shot": "s", "version": 1, "more": deep},
    ):
        told = good()
        told["tracks"][0]["clips"][0]["ours"] = ours
        found = sequence_of(told).find("a")
        assert found is not None and found[2].ours == {}
        assert [problem.kind for problem in found[2].problems] == ["damaged"]


def test_what_the_editor_says_against_a_clip_is_kept() -> None:
    told = good()
    told["tracks"][0]["clips"][0]["problems"] = [
        {"kind": "keys", "refuses": True, "message": "bake it first"}
    ]
    shot = shot_of(sequence_of(told), "a", Wanted())
    assert shot is not None and [problem.message for problem in shot.told] == ["bake it first"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P:\\Show\\A.mov", "p:/show/a.MOV", True),
        ("\\\\filer\\show\\A.mov", "//FILER/show/./A.mov", True),
        ("\\\\?\\P:\\show\\A.mov", "P:/show/A.mov", True),
        ("/show/A.mov", "/show/a.mov", False),
        ("/show//B/../A.mov", "/show/A.mov", True),
        ("/show/\u00e4.mov", "/show/a\u0308.mov", True),
        ("/t/a.%04d.exr", "/t/a.####.exr", True),
        ("/t/a.####.exr", "/t/b.####.exr", False),
        ("", "/t", False),
    ],
)
def test_files_are_the_same_however_they_are_written(one: str, other: str, same: bool) -> None:
    assert same_file(one, other) is same


def _spoilt(told: Table, what: str, value: object) -> Table:
    made = copy.deepcopy(told)
    made["tracks"][0]["clips"][0][what] = value
    return made


@pytest.mark.parametrize(
    ("what", "value", "says"),
    [
        ("record_in", 9, "lies on V1 at frame 9 .* and not on V1 at frame 10"),
        ("duration", 19, "19 frames long and not 20"),
        ("source_in", 86413, "begins with frame 13 of its file and not with 12"),
        ("source_rate", "25", "taken at 25 and not at 24"),
        ("speed", "1/2", "plays at 50 % and not at 100 %"),
        ("curve", "time remap", "plays at time remap"),
        ("enabled", False, "switched off"),
        ("media", {**MEDIA, "path": "/show/B.mov"}, "shows /show/B.mov and not /show/A.mov"),
        ("media", None, "shows no file"),
        ("nested", True, "shows a nested timeline"),
        ("ours", {"shot": "s", "version": 3}, "v003 of shot s and not no take"),
        ("uid", "z", "lost its identity"),
        ("markers", [{"frame": 3}], "markers are others"),
        ("problems", [{"kind": "x", "refuses": True, "message": "it is offline"}], "it is offline"),
    ],
)
def test_everything_that_differs_is_told(what: str, value: object, says: str) -> None:
    told = good()
    told["tracks"][0]["transitions"] = []
    found = faults(sequence_of(told), sequence_of(_spoilt(told, what, value)), marked={"a"})
    assert len(found) == 1
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(found[0])


def test_what_differs_around_the_clips_is_told() -> None:
    told = good()
    wanted = sequence_of(told)
    other = good()
    other.update(rate="25", start_frame=7, markers=[])
    other["tracks"][0].update(enabled=False, transitions=[])
    other["tracks"][0]["clips"].append(clip("n", MEDIA, 90, 5, 2))
    other["tracks"][1]["locked"] = False
    other["tracks"].append(track(4))
    found = " | ".join(faults(wanted, sequence_of(other)))
    for says in (
        "runs at 25 and not at 24",
        "begins at frame 7",
        "markers are others",
        "V1 is switched off",
        "transitions on V1",
        "V3 is unlocked",
        "4 video tracks and not 3",
        "'n' lies on V1 at frame 90 (00:00:03:18), where nothing should be",
    ):
        assert says in found
    assert not faults(wanted, sequence_of(good() | {"name": "other"}))


def test_spare_channels_come_and_go() -> None:
    more = good()
    more["tracks"].append(track(4))
    assert not faults(sequence_of(good()), sequence_of(more), spare_tracks=True)


def test_a_whole_clip_table_says_everything() -> None:
    made = clip_table(
        Clip(
            uid="u",
            name="n",
            media=Media(path="/a", rate=Fraction(24)),
            source_rate=Fraction(24),
            source_in=3,
            source_out=5,
            duration=2,
        ),
        7,
    )
    assert set(made) == set(clip("u", MEDIA, 7, 2))
    assert set(made["media"]) >= set(MEDIA) and made["record_in"] == 7
