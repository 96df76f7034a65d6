"""Sendings through a bridge on a real line to a backend in memory: the chain, troubles, patience."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.bridge_backend import (
    RATE,
    START,
    BridgeHouse,
    bridge_house,
    ended,
    sent,
    until,
)
from tests.serving import TOKEN, running

from understudy.domain.errors import (
    Conflict,
    FramesFailed,
    NotAuthenticated,
    NotFound,
    UnreadableMedia,
)
from understudy.domain.job import JobKind, JobState
from understudy_bridge.daemon.sending import Sending


@pytest.fixture
def house(tmp_path: Path) -> Iterator[BridgeHouse]:
    with bridge_house(tmp_path) as made:
        yield made


def test_a_shot_goes_all_the_way_and_its_take_is_told_frame_exact(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        told = sent(house, bridge)
    assert (told["state"], told["error"]) == ("finished", None)
    assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]
    plate = house.backend.shot("SH010").plate
    assert (plate.first_index, plate.last_index, plate.first_frame) == (12, 67, 1001)
    [version] = told["versions"]
    media = version["media"]
    assert (version["version"], version["state"]) == (1, "delivered")
    assert (media["start"], media["plate_first"], media["frames"]) == (START + 12, START + 12, 56)
    assert media["path"].endswith("SH010_v001_prores422hq.mov") and Path(media["path"]).is_file()
    assert (media["rate"], media["shot_id"]) == ("24000/1001", "clip-1")


@pytest.mark.parametrize(
    ("source", "handles", "wanted"),
    [((0, 100), (8, 8), (0, 99)), ((3, 10), (8, 8), (0, 17)), ((95, 100), (2, 9), (93, 99))],
)
def test_handles_end_with_the_medium(
    house: BridgeHouse, source: tuple[int, int], handles: tuple[int, int], wanted: tuple[int, int]
) -> None:
    with house.bridge() as bridge:
        sent(
            house,
            bridge,
            source_in=START + source[0],
            source_out=START + source[1],
            record_out=86400 + source[1] - source[0],
            handle_head=handles[0],
            handle_tail=handles[1],
        )
    plate = house.backend.shot("SH010").plate
    assert (plate.first_index, plate.last_index) == wanted


def test_a_medium_without_timecode_counts_from_0(house: BridgeHouse) -> None:
    house.backend.medium["start_timecode"] = None
    with house.bridge() as bridge:
        told = sent(house, bridge, source_in=20, source_out=60, available=(0, 100), timecode_known=False)
    media = told["versions"][0]["media"]
    assert (media["start"], media["plate_first"]) == (0, 12)


def test_the_same_request_is_the_same_sending(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        first = sent(house, bridge)
        assert bridge.create(house.asked())["id"] == first["id"]
        with pytest.raises(Conflict, match="r1 was made before"):
            bridge.create(house.asked(name="SH020"))
    with house.bridge() as later:
        assert later.create(house.asked())["id"] == first["id"]
    assert len(house.backend.asked) == 4


def test_the_same_pictures_are_one_shot_and_others_another_plate(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        sent(house, bridge)
        again = sent(house, bridge, "r2")
        longer = sent(house, bridge, "r3", handle_tail=16)
        once_more = sent(house, bridge, "r4", handle_tail=16)
    assert [shot.name for shot in house.backend.own_shots] == ["SH010", "SH010_pl02"]
    assert [told["versions"][0]["version"] for told in (again, longer, once_more)] == [2, 1, 2]
    assert house.backend.kinds().count("extract") == 2


def test_sendings_of_one_shot_at_once_share_its_ingest_and_extraction(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.INGEST, JobKind.EXTRACT}
    with house.bridge() as bridge:
        ids = [bridge.create(house.asked(f"r{number}"))["id"] for number in range(3)]
        for one in ids:
            until(bridge, one, lambda told: told["progress"]["done"] == 1)
        house.backend.go_on()
        assert [until(bridge, one, ended)["state"] for one in ids] == ["finished"] * 3
    assert sorted(house.backend.kinds()) == ["convert"] * 3 + ["deliver"] * 3 + ["extract", "ingest"]
    assert sorted(take.version for take in house.backend.own_takes) == [1, 2, 3]


def test_at_most_four_are_under_way_and_the_rest_wait(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.INGEST}
    with house.bridge() as bridge:
        ids = [
            bridge.create(house.asked(f"r{number}", name=f"SH{number}", handle_tail=number))["id"]
            for number in range(6)
        ]
        for one in ids[:4]:
            until(bridge, one, lambda told: told["progress"]["done"] == 1)
        assert [bridge.get(one)["state"] for one in ids[4:]] == ["waiting", "waiting"]
        assert len(house.backend.asked) == 4
        house.backend.go_on()
        assert all(until(bridge, one, ended)["state"] == "finished" for one in ids)


def test_the_next_version_and_one_that_was_rendered_elsewhere(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        told = sent(house, bridge)
        bridge.render(str(told["id"]), {})
        second = until(bridge, str(told["id"]), ended)
        assert [one["version"] for one in second["versions"]] == [1, 2]
        elsewhere = replace(house.backend.own_takes[0], id="elsewhere", version=3, frames="1005-1010")
        house.backend.own_takes.append(elsewhere)
        with pytest.raises(NotFound, match="no version 4"):
            bridge.fetch(str(told["id"]), {"version": 4})
        bridge.fetch(str(told["id"]), {"version": 3})
        third = until(bridge, str(told["id"]), ended)
        assert bridge.fetch(str(told["id"]), {"version": 3})["state"] == "finished"
    media = third["versions"][2]["media"]
    assert (media["frames"], media["start"], media["plate_first"]) == (6, START + 16, START + 16)
    assert house.backend.kinds() == [
        *("ingest", "extract", "convert", "deliver", "convert", "deliver", "deliver")
    ]


def test_a_take_with_holes_is_refused(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        told = sent(house, bridge)
        holes = replace(house.backend.own_takes[0], id="holes", version=2, frames="1001-1003,1010")
        house.backend.own_takes.append(holes)
        bridge.fetch(str(told["id"]), {"version": 2})
        failed = until(bridge, str(told["id"]), ended)
        assert failed["state"] == "failed" and "1001-1003" in failed["error"]["message"]
        assert [one["state"] for one in failed["versions"]] == ["delivered", "rendered"]


def test_what_failed_is_told_by_name_and_goes_on_where_it_was(house: BridgeHouse) -> None:
    house.backend.failing = {JobKind.CONVERT: FramesFailed("frame 1010 failed")}
    with house.bridge() as bridge:
        told = sent(house, bridge)
        assert told["state"] == "failed" and told["stage"] == "convert"
        assert told["error"] == {"kind": "FramesFailed", "message": "frame 1010 failed"}
        house.backend.failing = {}
        assert bridge.retry(str(told["id"]))["state"] in ("waiting", "running", "finished")
        done = until(bridge, str(told["id"]), ended)
        with pytest.raises(Conflict, match="only what failed"):
            bridge.retry(str(told["id"]))
    assert done["state"] == "finished" and [one["version"] for one in done["versions"]] == [1]
    assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]


def test_a_refused_consent_is_told_early_and_decided_by_the_backend(house: BridgeHouse) -> None:
    house.backend.refusing = True
    with house.bridge() as bridge:
        told = sent(house, bridge)
        assert told["state"] == "failed"
        assert told["error"] == {"kind": "ConsentMissing", "message": "nobody agreed to that"}
        house.backend.refusing = False
        bridge.retry(str(told["id"]))
        assert until(bridge, str(told["id"]), ended)["state"] == "finished"


def test_a_cancelled_sending_stops_its_job_and_can_go_on(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.CONVERT}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        rendering = until(bridge, told["id"], lambda now: _in(now, "convert"))
        assert rendering["progress"] == {"done": 1, "total": 4, "left_s": 3.0}
        assert bridge.cancel(told["id"])["state"] == "cancelled"
        [convert] = [job_id for kind, job_id in house.backend.asked if kind is JobKind.CONVERT]
        _until_job(house, convert, JobState.CANCELLED)
        assert bridge.cancel(told["id"])["state"] == "cancelled"
        house.backend.held.clear()
        bridge.retry(told["id"])
        done = until(bridge, told["id"], ended)
    assert done["state"] == "finished" and len(house.backend.own_takes) == 1


def test_an_extraction_that_ended_badly_does_not_end_who_asks_for_it_later(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.EXTRACT}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        until(bridge, told["id"], lambda now: _in(now, "extract"))
        bridge.cancel(told["id"])
        _until_job(house, house.backend.asked[-1][1], JobState.CANCELLED)
        house.backend.held.clear()
        house.backend.failing = {JobKind.EXTRACT: FramesFailed("the disk was full")}
        assert sent(house, bridge, "r2")["error"] == {"kind": "FramesFailed", "message": "the disk was full"}
        house.backend.failing = {}
        assert sent(house, bridge, "r3")["state"] == "finished"
    assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]


def test_a_job_cancelled_in_the_review_room_cancels_its_sending(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.EXTRACT}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        until(bridge, told["id"], lambda now: _in(now, "extract"))
        house.backend.cancel_job(house.backend.asked[-1][1])
        now = until(bridge, told["id"], ended)
    assert now["state"] == "cancelled" and now["error"]["kind"] == "Stopped"


def test_a_bridge_that_starts_again_goes_on_and_asks_for_nothing_twice(house: BridgeHouse) -> None:
    for kind in (JobKind.INGEST, JobKind.EXTRACT, JobKind.CONVERT, JobKind.DELIVER):
        house.backend.held = {kind}
        with house.bridge() as bridge:
            told = bridge.create(house.asked())
            before = until(
                bridge, told["id"], lambda now, kind=kind: now["stage"] == kind and now["progress"]["done"]
            )
        if kind is not JobKind.DELIVER:
            house.backend.go_on()  # while no bridge runs
    house.backend.go_on()
    with house.bridge() as bridge:
        after = until(bridge, told["id"], ended)
        assert after["revision"] > before["revision"]
    assert after["state"] == "finished"
    assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]


class Killed(BaseException):
    """The bridge's process has died."""


@pytest.mark.parametrize(
    "written",
    [pytest.param(False, id="before", marks=pytest.mark.slow), pytest.param(True, id="after")],
)
def test_a_bridge_killed_at_any_write_asks_for_nothing_twice(tmp_path: Path, written: bool) -> None:
    """It dies just before, or just after, the n-th line of its journal was written, for every n."""
    for deadly in range(1, 100):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        with bridge_house(folder) as house:
            if not _killed_at(house, deadly, written=written):
                assert deadly > 8
                return
            with house.bridge() as bridge:
                [told] = bridge.list("", 0, 0.0)["sendings"]
                done = until(bridge, told["id"], ended)
            assert (done["state"], len(done["versions"])) == ("finished", 1), f"killed at write {deadly}"
            assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]


def _killed_at(house: BridgeHouse, deadly: int, *, written: bool) -> bool:
    """Send a shot with a bridge that dies at a write; whether it came to that."""
    count, dead = 0, threading.Event()
    with house.bridge() as bridge:
        write = bridge._journal.write

        def deadly_write(sending: Sending) -> None:
            nonlocal count
            if dead.is_set():
                raise Killed
            count += 1
            if count > deadly and not written:  # the first is that of `create`
                dead.set()
                raise Killed
            write(sending)
            if count > deadly:
                dead.set()
                raise Killed

        bridge._journal.write = deadly_write  # type: ignore[method-assign]
        told = bridge.create(house.asked())
        while not dead.wait(0.01):
            if ended(bridge.get(told["id"])):
                return False
    return True


def test_a_backend_that_is_away_is_waited_for(house: BridgeHouse, tmp_path: Path) -> None:
    house.server.stop()
    (tmp_path / "presets.toml").write_text('[[preset]]\nname = "swap"\nmodel = "swap"\n')
    with house.bridge(presets=tmp_path / "presets.toml") as bridge:
        assert bridge.hello()["backend"]["state"] == "away"
        assert [one["ready"] for one in bridge.presets()["presets"]] == [False]
        told = bridge.create(house.asked())
        waiting = until(bridge, told["id"], lambda now: now["error"] is not None)
        assert (waiting["state"], waiting["error"]["kind"]) == ("running", "ServerUnreachable")
        with running(house.backend, house.server.address):
            done = until(bridge, told["id"], ended)
            assert bridge.hello()["backend"]["production"] == {"id": "prod", "name": "Pilot"}
    assert (done["state"], done["error"]) == ("finished", None)


def test_a_wrong_token_is_refused_by_name(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.EXTRACT}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        until(bridge, told["id"], lambda now: _in(now, "extract"))
    house.backend.go_on()
    house.token = "wrong-horse-battery-staple"
    with house.bridge() as bridge:
        assert bridge.hello()["backend"]["state"] == "refused"
        assert until(bridge, told["id"], ended)["error"]["kind"] == "NotAuthenticated"
        with pytest.raises(NotAuthenticated):
            bridge.create(house.asked("r2"))
    house.token = TOKEN
    with house.bridge() as bridge:
        bridge.retry(told["id"])
        assert until(bridge, told["id"], ended)["state"] == "finished"
    assert house.backend.kinds() == ["ingest", "extract", "convert", "deliver"]


def test_a_medium_that_changed_is_a_named_failure(house: BridgeHouse) -> None:
    house.backend.medium["start_timecode"] = "02:00:00:00"
    with house.bridge() as bridge:
        told = sent(house, bridge)
        assert told["error"]["kind"] == "MediumChanged" and "02:00:00:00" in told["error"]["message"]
        house.backend.medium.update(start_timecode="01:00:00:00", file_frames=90)
        told = sent(house, bridge, "r2", name="SH020", handle_tail=9)
        assert told["error"]["kind"] == "MediumChanged" and "90 frames" in told["error"]["message"]
        house.backend.medium.update(file_frames=100, rate=25)
        told = sent(house, bridge, "r3", name="SH030", handle_tail=10)
        assert told["error"]["kind"] == "MediumChanged" and "runs at 25" in told["error"]["message"]
        house.backend.medium["rate"] = RATE
        bridge.retry(str(told["id"]))
        assert until(bridge, str(told["id"]), ended)["state"] == "finished"
    assert house.backend.own_shots[-1].name == "SH030_pl02"


def test_a_clip_that_the_backend_cannot_see_says_what_to_do(house: BridgeHouse) -> None:
    house.backend.failing = {JobKind.INGEST: UnreadableMedia("there is no such clip")}
    with house.bridge() as bridge:
        told = sent(house, bridge)
    assert told["error"]["kind"] == "UnreadableMedia"
    assert "--push" in told["error"]["message"] and "map its path" in told["error"]["message"]


def test_another_production_is_not_mixed_up(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.CONVERT}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        until(bridge, told["id"], lambda now: _in(now, "convert"))
    other = replace(house.backend.get_production(), id="other", name="Other")
    house.backend.get_production = lambda: other  # type: ignore[method-assign]
    with house.bridge() as bridge:
        assert "another production" in until(bridge, told["id"], ended)["error"]["message"]


def _in(told: dict[str, Any], stage: str) -> bool:
    return bool(told["stage"] == stage and told["progress"]["done"] == 1)


def _until_job(house: BridgeHouse, job_id: str, state: JobState) -> None:
    for _ in house.backend.watch(job_id, 0, lambda: True):
        pass
    assert house.backend.job(job_id).state is state
