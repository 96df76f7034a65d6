"""What every adapter must do, whatever the editor: one suite over the real ones, the fakes and the paper one.

Each test builds a fresh project. Positions are compared as frames of the file, so that editors that know no
timecode are held to the same. Quirks that a stage may declare:

    one_clip_a_track   every clip lies on a track of its own (After Effects, Nuke); its timeline says so too
    any_media          the editor never looks whether a file is there
    no_rename          clips have no name that an artist could change
    no_select          a stage that cannot select
    no_lock            tracks cannot be locked
    no_duplicate       an artist's copy does not carry the identity along
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Protocol

import pytest

from understudy_bridge.panel.host import EditHost, HostRefused, Table

RATES = (
    ("24000/1001", False),
    ("24", False),
    ("25", False),
    ("30000/1001", True),
    ("60000/1001", False),
)
FRAMES = 60  # of every medium
OURS = {"shot": "S1", "version": 1, "take": "t-1", "plate_first": 4, "clip": "ident-ä"}


class Stage(Protocol):
    """An editor to act in, with an artist at it."""

    host: EditHost
    quirks: frozenset[str]

    def build(self, timeline: Table) -> None:
        """A fresh project whose timeline then tells these clips; uids may differ, all else is as asked."""

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        """A Media table for a file that the program can open."""

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        """As an artist would, past the adapter.

        move (to a later record frame by `amount`), trim_head, delete, duplicate (a copy behind everything,
        with its properties), occupy (another clip right above it, on the same frames), rename, select.
        """

    def save_and_reload(self) -> None: ...

    def close(self) -> None: ...


def clip(uid: str, media: Table | None, record_in: int, duration: int, index: int = 0, **more: Any) -> Table:
    """A Clip table; `index` is the file's frame that it begins with."""
    made = {
        "uid": uid,
        "name": uid,
        "record_in": record_in,
        "duration": duration,
        "source_in": index + ((media.get("start") or 0) if media else 0),
        "source_rate": media["rate"] if media else "24",
        "speed": "1",
        "curve": "",
        "enabled": True,
        "media": media,
        "nested": False,
        "ours": {},
        "markers": [],
        "problems": [],
    }
    return {**made, **more}


def track(number: int, *clips: Table, **more: Any) -> Table:
    return {"number": number, "name": f"V{number}", "clips": list(clips), **more}


def timeline(*tracks: Table, rate: str = "24", drop_frame: bool = False, start_frame: int = 0) -> Table:
    made = {"name": "reel", "rate": rate, "drop_frame": drop_frame, "start_frame": start_frame}
    return {**made, "inserts_tracks": False, "tracks": list(tracks), "markers": []}


def plate(stage: Stage, name: str = "plate", rate: str = "24", start: int | None = 86400) -> Table:
    return stage.media(name, FRAMES, rate, start)


def two_clips(stage: Stage, rate: str = "24", drop_frame: bool = False) -> Table:
    """A timeline of A at 10-29 (file frames 12-31) and B at 40-55 (file frames 20-35)."""
    media = plate(stage, "plate", rate)
    return timeline(
        track(1, clip("A", media, 10, 20, 12), clip("B", media, 40, 16, 20)), rate=rate, drop_frame=drop_frame
    )


def clips_of(told: Table) -> list[tuple[int, Table]]:
    """Every clip with its track's number, in record order."""
    listed = [(one["number"], each) for one in told["tracks"] for each in one["clips"]]
    return sorted(listed, key=lambda pair: (pair[1]["record_in"], pair[0]))


def index_of(one: Table) -> int:
    """The file's frame that a clip begins with."""
    return int(one.get("source_in", 0)) - int((one.get("media") or {}).get("start") or 0)


def look(told: Table) -> list[tuple[Any, ...]]:
    """Where everything lies and what it shows."""
    return [
        (one["record_in"], one["duration"], index_of(one), (one.get("media") or {}).get("path"))
        for _, one in clips_of(told)
    ]


def at(host: EditHost, record_in: int) -> tuple[int, Table]:
    """The one clip that begins on a record frame, and its track's number."""
    (found,) = [pair for pair in clips_of(host.timeline()) if pair[1]["record_in"] == record_in]
    return found


def uid_at(stage: Stage, record_in: int) -> str:
    return str(at(stage.host, record_in)[1]["uid"])


def free_track(host: EditHost) -> int:
    """The number of an empty track on top, made when there is none."""
    tracks = host.timeline()["tracks"]
    if tracks and not tracks[-1]["clips"]:
        return int(tracks[-1]["number"])
    host.carry_out({"do": "add_track", "number": len(tracks) + 1, "name": "Understudy"})
    return len(tracks) + 1


def lay(stage: Stage, number: int, made: Table) -> Table:
    return stage.host.carry_out({"do": "lay", "track": number, "clip": made})


def take(stage: Stage, record_in: int, duration: int, index: int = 8, version: int = 1, **more: Any) -> Table:
    """A take's clip, as the daemon asks for it."""
    rate = str(stage.host.timeline()["rate"])
    media = stage.media(f"take_v{version:03d}", FRAMES, rate, 1001)
    ours = {**OURS, "version": version, "take": f"t-{version}"}
    return clip(
        "take-uid", media, record_in, duration, index, **{"name": media["name"], "ours": ours, **more}
    )


def refused(stage: Stage, step: Table, kind: str | None = None) -> None:
    """A step is refused, by its kind, with a message, and the timeline is as it was."""
    before = stage.host.timeline()
    with pytest.raises(HostRefused) as caught:
        stage.host.carry_out(step)
    assert str(caught.value) and caught.value.kind
    assert kind in (None, caught.value.kind)
    assert stage.host.timeline() == before


class EditHostContract:
    """The suite; `stage` is a fixture."""

    @pytest.mark.parametrize(("rate", "drop_frame"), RATES)
    def test_the_timeline_is_told_as_it_is(self, stage: Stage, rate: str, drop_frame: bool) -> None:
        built = two_clips(stage, rate, drop_frame)
        stage.build(built)
        told = stage.host.timeline()
        assert Fraction(told["rate"]) == Fraction(rate)
        assert look(told) == look(built)
        assert [number for number, _ in clips_of(told)] in ([1, 1], [1, 2])
        assert all(one["uid"] and one.get("speed", "1") == "1" for _, one in clips_of(told))
        assert len({one["uid"] for _, one in clips_of(told)}) == 2
        assert json.loads(json.dumps(told)) == told
        assert stage.host.timeline() == told, "told twice, it is the same"

    def test_what_the_editor_is(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        stage.host.mark(uid_at(stage, 10), "ident")
        about = stage.host.about()
        assert set(about) == {"host", "version", "project", "project_name", "capabilities"}
        assert about["host"] and about["project"]
        assert set(about["capabilities"]) == {"retimes", "undo", "notices_open"}
        assert all(isinstance(can, bool) for can in about["capabilities"].values())
        stage.save_and_reload()
        assert stage.host.about()["project"] == about["project"]

    def test_what_is_selected(self, stage: Stage) -> None:
        if "no_select" in stage.quirks:
            pytest.skip("nobody can select here")
        stage.build(two_clips(stage))
        stage.disturb(uid_at(stage, 40), "select")
        assert stage.host.selected() == [uid_at(stage, 40)]

    def test_marking_a_clip_makes_that_its_uid(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        before = stage.host.timeline()
        stage.host.mark(uid_at(stage, 40), "ident-ä")
        assert uid_at(stage, 40) == "ident-ä"
        after = stage.host.timeline()
        assert look(after) == look(before)
        stage.host.mark("ident-ä", "another")
        assert uid_at(stage, 40) == "another"
        with pytest.raises(HostRefused) as caught:
            stage.host.mark("ident-ä", "third")
        assert caught.value.kind == "NotOnTimeline"

    @pytest.mark.parametrize(("what", "amount"), [("rename", 0), ("move", 60), ("trim_head", 3)])
    def test_identity_outlives_what_artists_do(self, stage: Stage, what: str, amount: int) -> None:
        if f"no_{what}" in stage.quirks:
            pytest.skip(f"{what} is not known here")
        stage.build(two_clips(stage))
        stage.host.mark(uid_at(stage, 10), "ident")
        stage.disturb("ident", what, amount)
        place = 10 + amount if what != "rename" else 10
        index = 15 if what == "trim_head" else 12
        for _ in range(2):
            _, found = at(stage.host, place)
            assert (found["uid"], index_of(found)) == ("ident", index)
            stage.save_and_reload()

    @pytest.mark.parametrize(("rate", "drop_frame"), RATES)
    def test_a_take_is_laid_exactly(self, stage: Stage, rate: str, drop_frame: bool) -> None:
        stage.build(two_clips(stage, rate, drop_frame))
        number = free_track(stage.host)
        before = stage.host.timeline()
        for record_in, duration, index in ((10, 20, 8), (40, 1, 0), (41, 15, FRAMES - 15)):
            asked = take(stage, record_in, duration, index)
            undo = lay(stage, number, asked)
            (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
            assert (found["record_in"], found["duration"], index_of(found)) == (record_in, duration, index)
            assert found["media"]["path"] == asked["media"]["path"]
            assert Fraction(found["media"]["rate"]) == Fraction(rate)
            assert found["ours"] == asked["ours"]
            assert found.get("enabled", True) and not found.get("problems")
            rest = [one for one in look(stage.host.timeline()) if one[3] != asked["media"]["path"]]
            assert rest == look(before), "nobody else moved"
            stage.host.carry_out(undo)
            assert stage.host.timeline() == before

    def test_what_a_take_is_outlives_the_project(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        made = take(stage, 10, 20, ours={**OURS, "note": 'quotes " and \\ and ß\n'})
        lay(stage, free_track(stage.host), made)
        before = stage.host.timeline()
        stage.save_and_reload()
        assert stage.host.timeline() == before
        found = [one for _, one in clips_of(before) if one["uid"] == "take-uid"]
        assert [one["ours"] for one in found] == [made["ours"]]

    @pytest.mark.parametrize(("record_in", "duration"), [(10, 20), (5, 6), (29, 4), (14, 3), (0, 60)])
    def test_an_occupied_place_is_refused(self, stage: Stage, record_in: int, duration: int) -> None:
        stage.build(two_clips(stage))
        stage.host.mark(uid_at(stage, 10), "ident")
        refused(stage, {"do": "lay", "track": 1, "clip": take(stage, record_in, duration, 0)}, "Occupied")

    def test_neighbours_may_begin_and_end_at_the_very_frame(self, stage: Stage) -> None:
        if "one_clip_a_track" in stage.quirks:
            pytest.skip("a track holds one clip")
        stage.build(two_clips(stage))
        before = look(stage.host.timeline())
        undo = lay(stage, 1, take(stage, 30, 10))
        told = look(stage.host.timeline())
        assert [one[:2] for one in told] == [(10, 20), (30, 10), (40, 16)]
        assert [told[0], told[2]] == before
        stage.host.carry_out(undo)
        lay(stage, 1, take(stage, 0, 10))
        lay(stage, 1, {**take(stage, 56, 10), "uid": "behind"})
        assert [one[:2] for one in look(stage.host.timeline())] == [(0, 10), (10, 20), (40, 16), (56, 10)]

    def test_a_file_that_is_away_is_refused(self, stage: Stage) -> None:
        if "any_media" in stage.quirks:
            pytest.skip("files are never looked at here")
        stage.build(two_clips(stage))
        number = free_track(stage.host)
        made = take(stage, 10, 20)
        away = {**made, "media": {**made["media"], "path": "/nowhere/away.mov"}}
        refused(stage, {"do": "lay", "track": number, "clip": away}, "MediaMissing")
        lay(stage, number, made)
        step = {"do": "swap", "track": number, "uid": "take-uid", "clip": away, "was": made}
        refused(stage, step, "MediaMissing")

    def test_a_swap_changes_the_picture_alone(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        number = free_track(stage.host)
        was = take(stage, 12, 15, 10)
        lay(stage, number, was)
        before = stage.host.timeline()
        fresh = take(stage, 12, 15, 3, version=2)
        undo = stage.host.carry_out(
            {"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": was}
        )
        _, found = at(stage.host, 12)
        assert (found["record_in"], found["duration"], index_of(found)) == (12, 15, 3)
        assert found["uid"] == "take-uid"
        assert found["ours"] == fresh["ours"]
        assert found["media"]["path"] == fresh["media"]["path"]
        others = [one for one in look(stage.host.timeline()) if one[0] != 12]
        assert others == [one for one in look(before) if one[0] != 12]
        stage.host.carry_out(undo)
        assert stage.host.timeline() == before

    def test_a_swap_keeps_the_name_that_an_artist_gave(self, stage: Stage) -> None:
        if "no_rename" in stage.quirks:
            pytest.skip("clips have no name of their own")
        stage.build(two_clips(stage))
        number = free_track(stage.host)
        was = take(stage, 12, 15, 10)
        lay(stage, number, was)
        stage.disturb("take-uid", "rename", 7)
        name = at(stage.host, 12)[1]["name"]
        assert name != was["name"]
        fresh = take(stage, 12, 15, 3, version=2, name=name)
        stage.host.carry_out({"do": "swap", "track": number, "uid": "take-uid", "clip": fresh, "was": was})
        assert at(stage.host, 12)[1]["name"] == name

    def test_a_lifted_clip_leaves_a_gap(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        stage.host.mark(uid_at(stage, 10), "ident")
        before = stage.host.timeline()
        number, found = at(stage.host, 10)
        undo = stage.host.carry_out({"do": "lift", "track": number, "uid": "ident", "clip": found})
        assert look(stage.host.timeline()) == look(before)[1:]
        stage.host.carry_out(undo)
        assert look(stage.host.timeline()) == look(before)
        assert uid_at(stage, 10) == "ident"

    def test_who_is_not_there_is_refused(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        made = take(stage, 10, 20)
        for step in (
            {"do": "lift", "track": 1, "uid": "nobody", "clip": made},
            {"do": "swap", "track": 1, "uid": "nobody", "clip": made, "was": made},
        ):
            refused(stage, step, "NotOnTimeline")
        refused(stage, {"do": "lay", "track": 4000, "clip": made})
        refused(stage, {"do": "dance"}, "Unsupported")

    def test_tracks_come_and_go(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        before = stage.host.timeline()
        if not before["inserts_tracks"]:
            assert not before["tracks"][-1]["clips"], "a fixed channel is told that is free"
            refused(stage, {"do": "add_track", "number": 1, "name": "Understudy"}, "Unsupported")
            return
        undo = stage.host.carry_out({"do": "add_track", "number": 2, "name": "Understudy"})
        told = stage.host.timeline()
        assert len(told["tracks"]) == len(before["tracks"]) + 1
        assert told["tracks"][1]["clips"] == [] and told["tracks"][1]["name"] == "Understudy"
        assert look(told) == look(before)
        lay(stage, 2, take(stage, 10, 20))
        assert at_track(stage, "take-uid") == 2
        refused(stage, {"do": "remove_track", "number": 2})
        stage.host.carry_out({"do": "lift", "track": 2, "uid": "take-uid", "clip": take(stage, 10, 20)})
        stage.host.carry_out(undo)
        assert stage.host.timeline() == before

    def test_a_locked_track_stays_as_it_is(self, stage: Stage) -> None:
        if "no_lock" in stage.quirks:
            pytest.skip("tracks cannot be locked")
        built = two_clips(stage)
        built["tracks"].append(track(2, clip("C", plate(stage), 90, 5), locked=True))
        stage.build(built)
        number = at(stage.host, 90)[0]
        assert stage.host.timeline()["tracks"][number - 1]["locked"] is True
        refused(stage, {"do": "lay", "track": number, "clip": take(stage, 10, 20)})

    def test_another_speed_is_laid_or_refused(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        number = free_track(stage.host)
        made = take(stage, 10, 20, 4, speed="2")
        if not stage.host.about()["capabilities"]["retimes"]:
            refused(stage, {"do": "lay", "track": number, "clip": made}, "Unsupported")
            return
        lay(stage, number, made)
        (found,) = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == "take-uid"]
        assert (found["record_in"], found["duration"], index_of(found)) == (10, 20, 4)
        assert Fraction(found["speed"]) == 2

    def test_showing_a_frame_changes_nothing(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        before = stage.host.timeline()
        stage.host.seek(15)
        assert stage.host.timeline() == before


def at_track(stage: Stage, uid: str) -> int:
    """The number of the track that a clip lies on."""
    (number,) = [number for number, one in clips_of(stage.host.timeline()) if one["uid"] == uid]
    return number
