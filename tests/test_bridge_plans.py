"""Plans are exact on every timeline; what they do where they cannot be carried out is told."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.bridge_timelines import timelines
from tests.edit_hosts.contract import clip, clips_of, track
from tests.edit_hosts.misplacing import Wrapped
from tests.edit_hosts.paper import Abilities, PaperHost
from tests.edit_hosts.rules_daemon import HANDLES, RulesDaemon
from tests.edit_hosts.told_timelines import MEDIA, fitting, good

from understudy.domain.errors import NotFound
from understudy_bridge.core.errors import Occupied
from understudy_bridge.core.timeline import Sequence, covering
from understudy_bridge.daemon.plans import Plans
from understudy_bridge.daemon.snapshot import table_of
from understudy_bridge.panel.daemon_calls import Refused
from understudy_bridge.panel.flow import Placement, Submission, place, remove, submit, watch
from understudy_bridge.panel.host import HostRefused, Table

MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def paper(sequence: Sequence, **abilities: bool) -> PaperHost:
    host = PaperHost(Abilities(**abilities))
    host.open(table_of(sequence))
    return host


def pictures(told: Table) -> dict[int, dict[int, tuple[str, Fraction]]]:
    """What each record frame of each track shows: file and the file's frame."""
    shown: dict[int, dict[int, tuple[str, Fraction]]] = {}
    for number, one in clips_of(told):
        speed, media = Fraction(one["speed"]), one["media"]
        first = one["source_in"] - (media["start"] or 0)
        last = first + covering(speed, one["duration"]) - 1
        for frame in range(one["duration"]):
            source = last + speed * frame if speed < 0 else first + speed * frame
            shown.setdefault(number, {})[one["record_in"] + frame] = (media["path"], Fraction(source))
    return shown


def sent_by_chance(data: st.DataObject, host: PaperHost) -> tuple[RulesDaemon, str, int, Table]:
    """Some clip that can be sent, sent and finished in two versions; its track's number and what it was."""
    told = host.timeline()
    clips = [pair for pair in clips_of(told) if Fraction(pair[1]["speed"])]
    assume(clips)
    number, chosen = data.draw(st.sampled_from(clips))
    daemon = RulesDaemon()
    asked = {"host": "paper", "project": "p", "timeline": told, "clips": [chosen["uid"]]}
    (shot,) = daemon.check(asked)["shots"]
    assume(not any(problem["refuses"] for problem in shot["problems"]))
    (sending,) = submit(daemon, host, [chosen["uid"]], "ada")
    frames = covering(Fraction(chosen["speed"]), chosen["duration"]) + 2 * HANDLES
    start = data.draw(st.sampled_from((0, 1001, 86400)))
    for version in (1, 2):
        media = {**chosen["media"], "path": f"/takes/v{version:03d}.mov", "name": "t.mov", "frames": frames}
        daemon.finish(sending["id"], version, media, start=start)
    return daemon, sending["id"], number, chosen


@MANY
@given(timelines(names=False), st.data(), st.booleans(), st.booleans())
def test_takes_are_exact_on_every_timeline(
    sequence: Sequence, data: st.DataObject, inserts: bool, timecode: bool
) -> None:
    host = paper(fitting(sequence), inserts_tracks=inserts, timecode=timecode)
    daemon, sending, number, chosen = sent_by_chance(data, host)
    before = host.timeline()
    try:
        placed = place(daemon, host, sending, version=1)
    except Refused as refused:
        assert refused.kind == "Occupied" and not inserts and host.timeline() == before
        return
    (lies,) = [pair for pair in clips_of(host.timeline()) if pair[1]["ours"]]
    offset = HANDLES - (chosen["source_in"] - (chosen["media"]["start"] or 0))
    shown = pictures(host.timeline())[lies[0]]
    take = {frame: what for frame, what in shown.items() if what[0] == "/takes/v001.mov"}
    assert take == {
        chosen["record_in"] + frame: ("/takes/v001.mov", source + offset)
        for frame, (_, source) in enumerate(shown_by(chosen))
    }
    assert lies[0] > number
    assert _without_takes(host.timeline()) == _without_takes(before)
    assert not placed.notes

    newer = place(daemon, host, sending)
    (swapped,) = [pair for pair in clips_of(host.timeline()) if pair[1]["ours"]]
    same = ("record_in", "duration", "source_in", "speed", "uid", "enabled")
    assert [swapped[1][key] for key in same] == [lies[1][key] for key in same]
    assert swapped[1]["media"]["path"] == "/takes/v002.mov"
    newer.undo()
    assert [pair for pair in clips_of(host.timeline()) if pair[1]["ours"]] == [lies]
    remove(daemon, host, sending)
    assert host.timeline() == before


def shown_by(one: Table) -> list[tuple[str, Fraction]]:
    return list(pictures({"tracks": [{"number": 1, "clips": [one]}]})[1].values())


def _without_takes(told: Table) -> list[Any]:
    kept = []
    for one in told["tracks"]:
        clips = [each for each in one["clips"] if not each["ours"]]
        if clips:
            kept.append({"clips": clips, "transitions": one["transitions"], "name": one["name"]})
    return kept


def sent(host: PaperHost, uid: str) -> tuple[RulesDaemon, str]:
    daemon = RulesDaemon()
    (sending,) = submit(daemon, host, [uid], "ada")
    daemon.finish(sending["id"], 1, {**MEDIA, "path": "/takes/v001.mov", "frames": 40})
    return daemon, sending["id"]


def plain(*, retimes: bool = True, speed: str = "1", inserts_tracks: bool = True) -> PaperHost:
    """Two clips, the first of which can be retimed; no transitions."""
    host = PaperHost(Abilities(retimes=retimes, inserts_tracks=inserts_tracks))
    told = good()
    told["tracks"] = [track(1, clip("a", MEDIA, 10, 10, 12, speed=speed), clip("b", MEDIA, 40, 16, 20))]
    host.open(told)
    return host


def test_another_timeline_that_came_to_the_front_is_left_alone() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    placing = Placement(host, sending)
    placing.look()
    placing.plan(daemon)
    assert placing.carry_out()
    host.open({**host.timeline(), "name": "another", "tracks": [track(1), track(2)]})
    with pytest.raises(HostRefused, match=r"nobody answers; .* is not in front any more"):
        placing.undo(["nobody answers"])
    assert len(host.timeline()["tracks"]) == 2


def uid_of(host: PaperHost, record_in: int) -> str:
    return next(str(one["uid"]) for _, one in clips_of(host.timeline()) if one["record_in"] == record_in)


def test_another_speed_is_refused_where_the_editor_has_none() -> None:
    for retimes in (True, False):
        host = plain(retimes=retimes, speed="2")
        daemon, sending = sent(host, uid_of(host, 10))
        if retimes:
            place(daemon, host, sending)
            (take,) = [one for _, one in clips_of(host.timeline()) if one["ours"]]
            assert (take["speed"], take["source_in"] - take["media"]["start"]) == ("2", HANDLES)
        else:
            with pytest.raises(Refused, match="render the retime first") as caught:
                place(daemon, host, sending)
            assert caught.value.kind == "ShotRefused"


def test_a_locked_take_stays_where_it_is() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    place(daemon, host, sending)
    host.tracks[1]["locked"] = True
    daemon.finish(sending, 2, {**MEDIA, "path": "/takes/v002.mov", "frames": 40})
    for wish in ({"version": 2}, {"remove": True}):
        with pytest.raises(Refused, match="V2, which is locked; unlock it"):
            daemon.plan(sending, {"timeline": host.timeline(), **wish})


def test_an_asked_track_is_taken_and_what_it_hides_is_told() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    host.open({**host.timeline(), "tracks": [*host.timeline()["tracks"], track(3)]})
    host.tracks[1]["clips"].append({**host.tracks[0]["clips"][0], "handle": 900, "uid": "title"})
    place_on = Placement(host, sending, track=3)
    host.tracks[0]["clips"][0]["uid"] = daemon.shots[sending].clip_uid
    place_on.look()
    place_on.plan(daemon)
    assert place_on.made["steps"][0]["track"] == 3 and "is hidden now" in place_on.notes[0]
    for number, says in ((1, "not above"), (2, "move it"), (9, "no video track 9")):
        with pytest.raises(Refused, match=says):
            daemon.plan(sending, {"timeline": host.timeline(), "track": number})
    host.tracks[2]["enabled"] = False
    with pytest.raises(Refused, match="V3 is switched off"):
        daemon.plan(sending, {"timeline": host.timeline(), "track": 3})


def test_fixed_channels_pass_over_what_is_not_seen() -> None:
    host = plain(inserts_tracks=False)
    daemon, sending = sent(host, uid_of(host, 10))
    host.timeline()
    host.tracks[1]["clips"].append(
        {**host.tracks[0]["clips"][0], "handle": 900, "uid": "t", "enabled": False}
    )
    placing = place(daemon, host, sending)
    assert placing.made["steps"][0]["track"] == 3


def test_a_script_that_breaks_off_leaves_the_timeline_as_it_was() -> None:
    class Breaking(Wrapped):
        def carry_out(self, step: Table) -> Table:
            if step["do"] == "lay":
                raise ZeroDivisionError
            return super().carry_out(step)

    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    before = host.timeline()
    with pytest.raises(ZeroDivisionError):
        place(daemon, Breaking(host), sending)
    assert host.timeline() == before


def test_clips_are_not_marked_on_a_timeline_that_changed() -> None:
    host, daemon = plain(), RulesDaemon()
    sending = Submission(host, "ada")
    sending.look([uid_of(host, 10)])
    sending.check(daemon)
    host.tracks[0]["clips"][0]["record_in"] = 11
    before = host.timeline()
    with pytest.raises(HostRefused, match="send the shots again"):
        sending.mark()
    assert host.timeline() == before
    with pytest.raises(HostRefused, match="select the shots"):
        sending.look([])


def test_a_daemon_that_was_away_gets_each_shot_once() -> None:
    host, daemon = plain(), RulesDaemon()
    sending = Submission(host, "ada")
    sending.look([uid_of(host, 10), uid_of(host, 40)])
    sending.check(daemon)
    sending.mark()
    first = sending.send(daemon)
    assert sending.send(daemon) == first and len(daemon.shots) == 2


def with_upper(**more: Any) -> PaperHost:
    """`plain` with a track above that is free for exactly the first clip's frames."""
    host = plain(inserts_tracks=more.pop("inserts_tracks", True))
    upper = track(2, clip("l", MEDIA, 4, 6, 30), clip("r", MEDIA, 20, 5, 30), **more)
    host.open({**host.timeline(), "tracks": [*host.timeline()["tracks"][:1], upper]})
    return host


@pytest.mark.parametrize(
    ("more", "first_step"), [({}, "lay"), ({"locked": True}, "add_track"), ({"enabled": False}, "add_track")]
)
def test_the_next_track_is_taken_where_it_is_free_open_and_on(more: Table, first_step: str) -> None:
    host = with_upper(**more)
    daemon, sending = sent(host, uid_of(host, 10))
    placing = place(daemon, host, sending)
    assert placing.made["steps"][0]["do"] == first_step
    (number,) = [number for number, one in clips_of(host.timeline()) if one["ours"]]
    assert number == 2


@pytest.mark.parametrize(
    ("more", "number"),
    [({}, 2), ({"locked": True}, 3), ({"enabled": False}, 3)],
)
def test_the_lowest_channel_is_taken_that_is_free_open_and_on(more: Table, number: int) -> None:
    host = with_upper(inserts_tracks=False, **more)
    daemon, sending = sent(host, uid_of(host, 10))
    assert place(daemon, host, sending).made["steps"][0]["track"] == number


def test_channels_that_are_off_hide_nothing() -> None:
    host = with_upper(inserts_tracks=False, enabled=False)
    host.tracks[1]["clips"][1]["record_in"] = 15
    daemon, sending = sent(host, uid_of(host, 10))
    assert place(daemon, host, sending).made["steps"][0]["track"] == 3


def test_all_tracks_that_a_removal_empties_go() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    before = host.timeline()
    place(daemon, host, sending)
    host.tracks.append(copy.deepcopy(host.tracks[1]))
    host.tracks.append({**copy.deepcopy(host.tracks[0]), "name": "titles"})
    for one in host.tracks[3]["clips"]:
        one.update(uid="", handle=one["handle"] + 50)
    removal = remove(daemon, host, sending)
    assert [step["do"] for step in removal.made["steps"]] == ["lift", "lift", "remove_track", "remove_track"]
    assert [one["name"] for one in host.timeline()["tracks"]] == ["V1", "titles"]
    assert host.timeline()["tracks"][0] == before["tracks"][0]


def test_a_layer_goes_with_its_take() -> None:
    told = good()
    ours = {"shot": "s", "version": 1}
    told["tracks"] = [
        track(1, clip("a", MEDIA, 10, 20, 12)),
        track(2, clip("t", MEDIA, 10, 20, 12, ours=ours)),
    ]
    for single in (False, True):
        layers = {**told, "inserts_tracks": True, "one_clip_a_track": single}
        steps = Plans().make_removal("x", "s", layers)["steps"]
        assert [step["do"] for step in steps] == ["lift"] + ["remove_track"] * single


def test_a_layer_that_holds_a_clip_takes_in_no_other() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    shot, result = daemon.shots[sending], daemon.results[sending][1]
    layers = {**host.timeline(), "one_clip_a_track": True}
    layers["tracks"] = [*layers["tracks"], track(2, clip("b", MEDIA, 60, 5))]
    with pytest.raises(Occupied, match="layer"):
        Plans().make(sending, shot, result, 1, layers, track=2)


def test_open_plans_are_bounded() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    shot, result = daemon.shots[sending], daemon.results[sending][1]
    plans = Plans(most=2)
    ids = [plans.make("s", shot, result, 1, host.timeline())["id"] for _ in range(3)]
    with pytest.raises(NotFound, match="plan again"):
        plans.read(ids[0], host.timeline())
    reading = plans.read(ids[2], host.timeline())
    assert not reading.ok and "is not there" in " ".join(reading.faults)
    assert reading.placed == ({"version": 1, "track": 2, "record_in": 10},)


def test_a_clip_that_lost_its_identity_counts_only_where_it_was() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    host.tracks[0]["clips"][0]["uid"] = ""
    daemon.plan(sending, {"timeline": host.timeline()})
    host.tracks[0]["clips"][0]["record_in"] = 12
    with pytest.raises(Refused, match="is gone"):
        daemon.plan(sending, {"timeline": host.timeline()})


def test_a_sending_is_watched_to_its_end() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    assert [one["state"] for one in watch(daemon, "p", sending)] == ["finished"]


def test_a_take_is_not_sent_again_as_a_shot() -> None:
    host = plain()
    daemon, sending = sent(host, uid_of(host, 10))
    place(daemon, host, sending)
    (take,) = [one for _, one in clips_of(host.timeline()) if one["ours"]]
    (shot,) = daemon.check(
        {"host": "paper", "project": "p", "timeline": host.timeline(), "clips": [take["uid"]]}
    )["shots"]
    assert [problem["kind"] for problem in shot["problems"] if problem["refuses"]] == ["take"]


def test_two_clips_of_one_plate_have_takes_of_their_own() -> None:
    host = plain()
    host.open({**good(), "tracks": [track(1, clip("a", MEDIA, 10, 10, 12), clip("b", MEDIA, 40, 10, 12))]})
    daemon = RulesDaemon()
    uids = [one["uid"] for _, one in clips_of(host.timeline())]
    for sending in submit(daemon, host, uids, "ada"):
        daemon.finish(sending["id"], 1, {**MEDIA, "path": "/takes/v001.mov", "frames": 40})
        place(daemon, host, sending["id"])
    assert sorted(one["record_in"] for _, one in clips_of(host.timeline()) if one["ours"]) == [10, 40]
