"""Sending, placing, swapping and removing with the real rules, over every adapter."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.edit_hosts.contract import (
    FRAMES,
    RATES,
    Stage,
    clip,
    clips_of,
    index_of,
    look,
    plate,
    timeline,
    track,
    two_clips,
    uid_at,
)
from tests.edit_hosts.misplacing import MISPLACING, Refusing, Wrapped
from tests.edit_hosts.rules_daemon import HANDLES, RulesDaemon

from understudy_bridge.panel.daemon_calls import Refused
from understudy_bridge.panel.flow import IDENTITY, Placement, place, remove, submit
from understudy_bridge.panel.host import EditHost, HostRefused, Table


def sent(stage: Stage, record_in: int, *, versions: int = 2, rate: str = "24") -> tuple[RulesDaemon, str]:
    """The clip at a record frame, sent and finished; the daemon and the sending's id."""
    daemon = RulesDaemon()
    (sending,) = submit(daemon, stage.host, [uid_at(stage, record_in)], "ada")
    for version in range(1, versions + 1):
        daemon.finish(sending["id"], version, stage.media(f"take_v{version:03d}", FRAMES, rate, 1001))
    return daemon, sending["id"]


def take_of(host: EditHost) -> tuple[int, Table]:
    """The one take on the timeline, and its track's number."""
    (found,) = [pair for pair in clips_of(host.timeline()) if pair[1].get("ours")]
    return found


def others(told: Table) -> list[tuple[Any, ...]]:
    """Where everything but takes lies, and what it is."""
    kept = [
        {**one, "clips": [each for each in one["clips"] if not each.get("ours")]} for one in told["tracks"]
    ]
    return look({**told, "tracks": kept})


class PlacingContract:
    """The suite; `stage` is a fixture."""

    def test_what_is_sent_gets_an_identity_once(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        untouched = uid_at(stage, 40)
        daemon, sending = sent(stage, 10)
        identity = uid_at(stage, 10)
        assert identity.startswith(IDENTITY) and daemon.shots[sending].clip_uid == identity
        assert uid_at(stage, 40) == untouched
        (again,) = submit(daemon, stage.host, [identity], "ada")
        assert uid_at(stage, 10) == identity and again["id"] != sending

    @pytest.mark.parametrize(("rate", "drop_frame"), RATES)
    def test_a_take_lies_above_its_shot(self, stage: Stage, rate: str, drop_frame: bool) -> None:
        stage.build(two_clips(stage, rate, drop_frame))
        daemon, sending = sent(stage, 40, rate=rate)
        before = stage.host.timeline()
        placed = place(daemon, stage.host, sending, version=1)
        number, found = take_of(stage.host)
        assert number > at_track_of(before, 40)
        assert (found["record_in"], found["duration"], index_of(found)) == (40, 16, HANDLES)
        assert found["ours"]["version"] == 1 and not placed.notes
        assert others(stage.host.timeline()) == look(before)
        assert daemon.last is not None and daemon.last.ok
        stage.save_and_reload()
        remove(daemon, stage.host, sending)
        assert look(stage.host.timeline()) == look(before)
        if before["inserts_tracks"]:
            assert stage.host.timeline() == before

    def test_versions_come_and_go_in_the_same_place(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        place(daemon, stage.host, sending, version=1)
        first = stage.host.timeline()
        newest = place(daemon, stage.host, sending)
        assert newest.made["kind"] == "swap" and take_of(stage.host)[1]["ours"]["version"] == 2
        assert others(stage.host.timeline()) == others(first)
        nothing = place(daemon, stage.host, sending, version=2)
        assert nothing.made["steps"] == [] and "already" in nothing.notes[0]
        place(daemon, stage.host, sending, version=1)
        assert stage.host.timeline() == first

    def test_a_take_that_an_artist_trimmed_stays_trimmed(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        place(daemon, stage.host, sending, version=1)
        stage.disturb(take_of(stage.host)[1]["uid"], "trim_head", 4)
        place(daemon, stage.host, sending, version=2)
        _, found = take_of(stage.host)
        assert (found["record_in"], found["duration"], index_of(found)) == (14, 16, HANDLES + 4)
        assert found["ours"]["version"] == 2

    def test_a_swap_is_taken_back(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        for version in (1, 2):
            before = stage.host.timeline()
            placing = Placement(stage.host, sending, version)
            placing.look()
            placing.plan(daemon)
            assert placing.carry_out() and placing.settle(daemon) == []
            assert stage.host.timeline() != before
            placing.undo()
            assert stage.host.timeline() == before
            place(daemon, stage.host, sending, version)

    def test_a_shot_that_moved_is_found(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 40)
        stage.disturb(uid_at(stage, 40), "move", 30)
        placed = place(daemon, stage.host, sending)
        _, found = take_of(stage.host)
        assert (found["record_in"], found["duration"], index_of(found)) == (70, 16, HANDLES)
        assert "moved" in placed.notes[0]

    def test_a_shot_that_was_trimmed_gets_its_frames(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        stage.disturb(uid_at(stage, 10), "trim_head", 5)
        placed = place(daemon, stage.host, sending)
        _, found = take_of(stage.host)
        assert (found["record_in"], found["duration"], index_of(found)) == (15, 15, HANDLES + 5)
        assert any("trimmed" in note for note in placed.notes)

    def test_a_shot_that_is_gone_is_said_to_be(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        stage.disturb(uid_at(stage, 10), "delete")
        self._is_refused(stage, daemon, sending, "NotOnTimeline", "gone")

    def test_a_copied_shot_is_the_one_that_was_sent(self, stage: Stage) -> None:
        if "no_duplicate" in stage.quirks:
            pytest.skip("a copy does not carry the identity along")
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        identity = uid_at(stage, 10)
        stage.disturb(identity, "duplicate")
        copies = [one for _, one in clips_of(stage.host.timeline()) if one["uid"] == identity]
        assert len(copies) == 2
        place(daemon, stage.host, sending)
        assert take_of(stage.host)[1]["record_in"] == 10
        with pytest.raises(HostRefused, match="same identity"):
            submit(daemon, stage.host, [identity], "ada")

    def test_a_take_that_was_copied_is_swapped_in_both_places(self, stage: Stage) -> None:
        if "no_duplicate" in stage.quirks:
            pytest.skip("a copy does not carry along what it is")
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        place(daemon, stage.host, sending, version=1)
        stage.disturb(take_of(stage.host)[1]["uid"], "duplicate")
        before = stage.host.timeline()
        swap = place(daemon, stage.host, sending, version=2)
        takes = [one for _, one in clips_of(stage.host.timeline()) if one.get("ours")]
        assert [one["ours"]["version"] for one in takes] == [2, 2]
        swap.undo()
        assert stage.host.timeline() == before
        remove(daemon, stage.host, sending)
        assert not [one for _, one in clips_of(stage.host.timeline()) if one.get("ours")]

    def test_a_removal_is_taken_back(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        place(daemon, stage.host, sending)
        before = stage.host.timeline()
        number, lay_there = take_of(stage.host)
        removal = remove(daemon, stage.host, sending)
        removal.undo()
        assert look(stage.host.timeline()) == look(before)
        again, lies = take_of(stage.host)
        assert (again, lies["uid"], lies["ours"]) == (number, lay_there["uid"], lay_there["ours"])

    def test_a_title_over_the_shot_stays_seen(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 40)
        stage.disturb(uid_at(stage, 40), "occupy")
        before = stage.host.timeline()
        if not before["inserts_tracks"]:
            self._is_refused(stage, daemon, sending, "Occupied", "hide")
            return
        place(daemon, stage.host, sending)
        (title,) = [number for number, one in clips_of(stage.host.timeline()) if is_title(one, before)]
        assert take_of(stage.host)[0] < title
        assert others(stage.host.timeline()) == look(before)

    def test_a_timeline_that_changed_meanwhile_is_planned_anew(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        placing = Placement(stage.host, sending)
        placing.look()
        placing.plan(daemon)
        stage.disturb(uid_at(stage, 40), "move", 7)
        changed = stage.host.timeline()
        assert placing.carry_out() is False
        assert stage.host.timeline() == changed
        placing.look()
        placing.plan(daemon)
        assert placing.carry_out() and placing.settle(daemon) == []

    @pytest.mark.parametrize("wrap", MISPLACING)
    def test_an_editor_that_misplaces_is_found_out(self, stage: Stage, wrap: type[Wrapped]) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        before = stage.host.timeline()
        with pytest.raises(HostRefused) as caught:
            place(daemon, wrap(stage.host), sending)
        assert caught.value.kind == "Misplaced" and wrap.told in str(caught.value)
        assert stage.host.timeline() == before

    def test_steps_that_were_done_are_taken_back_when_one_is_refused(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        before = stage.host.timeline()
        with pytest.raises(HostRefused, match="no more of this"):
            place(daemon, Refusing(stage.host, "lay"), sending)
        assert stage.host.timeline() == before

    def test_what_could_not_be_taken_back_is_told(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        daemon.away = True
        with pytest.raises(HostRefused) as caught:
            place(daemon, Refusing(stage.host, "lift"), sending)
        assert caught.value.kind == "Remains"
        assert f"{take_of(stage.host)[1]['name']!r} remains on video track" in str(caught.value)

    def test_a_daemon_that_fell_silent_leaves_the_timeline_as_it_was(self, stage: Stage) -> None:
        stage.build(two_clips(stage))
        daemon, sending = sent(stage, 10)
        before = stage.host.timeline()
        daemon.away = True
        with pytest.raises(HostRefused, match=r"bridge serve"):
            place(daemon, stage.host, sending)
        assert stage.host.timeline() == before

    @pytest.mark.parametrize("seed", range(3))
    def test_every_shot_of_a_random_timeline_gets_its_take(self, stage: Stage, seed: int) -> None:
        chance = random.Random(seed)
        rate, drop_frame = chance.choice(RATES)
        stage.build(random_timeline(stage, chance, rate, drop_frame))
        daemon = RulesDaemon()
        before = stage.host.timeline()
        shots = [one for _, one in clips_of(before)]
        sendings = submit(daemon, stage.host, [one["uid"] for one in shots], "ada")
        media = stage.media("take_v001", FRAMES, rate, 1001)
        for sending in sendings:
            daemon.finish(sending["id"], 1, media)
            place(daemon, stage.host, sending["id"])
        after = stage.host.timeline()
        assert others(after) == look(before)
        takes = [one for _, one in clips_of(after) if one.get("ours")]
        lies = sorted((one["record_in"], one["duration"], index_of(one)) for one in takes)
        assert lies == sorted((one["record_in"], one["duration"], HANDLES) for one in shots)
        for sending in sendings:
            remove(daemon, stage.host, sending["id"])
        assert look(stage.host.timeline()) == look(before)

    def _is_refused(self, stage: Stage, daemon: RulesDaemon, sending: str, kind: str, says: str) -> None:
        before = stage.host.timeline()
        with pytest.raises(Refused, match=says) as caught:
            place(daemon, stage.host, sending)
        assert caught.value.kind == kind
        assert stage.host.timeline() == before


def at_track_of(told: Table, record_in: int) -> int:
    (number,) = [number for number, one in clips_of(told) if one["record_in"] == record_in]
    return number


def is_title(one: Table, before: Table) -> bool:
    """Whether a clip is the upper one of two on the same frames."""
    highest = max(number for number, each in clips_of(before) if each["record_in"] == 40)
    (title,) = [each for number, each in clips_of(before) if (number, each["record_in"]) == (highest, 40)]
    return (one["name"], one["record_in"]) == (title["name"], 40) and not one.get("ours")


def random_timeline(stage: Stage, chance: random.Random, rate: str, drop_frame: bool) -> Table:
    """Some clips on one track, touching or apart, out of the middle of one medium."""
    media = plate(stage, "plate", rate)
    clips, end = [], 0
    for number in range(chance.randint(2, 4)):
        end += chance.choice((0, 0, 1, 7))
        duration = chance.randint(1, 30)
        clips.append(clip(f"R{number}", media, end, duration, chance.randint(8, FRAMES - 8 - duration)))
        end += duration
    return timeline(track(1, *clips), rate=rate, drop_frame=drop_frame)
