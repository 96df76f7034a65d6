"""What a bridge answers to editors: refusals at once, lists, pictures, checks and plans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge_backend import START, BridgeHouse, bridge_house, clip_shot, ended, sent, until

from understudy.domain.errors import BadRecord, NotFound
from understudy.domain.plain import to_json
from understudy_bridge.core.errors import BadInterchange, ShotRefused
from understudy_bridge.daemon import bridge as bridge_module


@pytest.fixture
def house(tmp_path: Path) -> Iterator[BridgeHouse]:
    with bridge_house(tmp_path) as made:
        yield made


def test_what_cannot_be_sent_is_refused_at_once(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        for wrong, error in (
            ({"media": str(house.folder / "gone.mov")}, ShotRefused),
            ({"record_out": 86400}, ShotRefused),
            ({"available": None}, ShotRefused),
            ({"source_in": START - 4}, ShotRefused),
        ):
            with pytest.raises(error):
                bridge.create(house.asked(**wrong))
        asked = house.asked()
        for key, value in (("rate", "1e999999999"), ("source_in", 1.5), ("track", "x"), ("extra", 1)):
            with pytest.raises((BadInterchange, BadRecord)):
                bridge.create({**asked, "shot": {**asked["shot"], key: value}})
        with pytest.raises(NotFound, match="known: swap"):
            bridge.create({**asked, "preset": "other"})
        assert bridge.list("", 0, 0.0)["sendings"] == [] and house.backend.asked == []


def test_lists_tell_what_changed_and_wake_who_waits(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        told = sent(house, bridge)
        everything = bridge.list("film", 0, 0.0)
        assert [one["id"] for one in everything["sendings"]] == [told["id"]]
        assert bridge.list("film", everything["revision"], 0.01)["sendings"] == []
        assert bridge.list("another", 0, 0.01)["sendings"] == []
        assert bridge.list("film", everything["revision"] + 10**9, 0.0)["sendings"] != []


def test_frames_are_delivered_as_a_sequence(house: BridgeHouse, tmp_path: Path) -> None:
    (tmp_path / "presets.toml").write_text('[[preset]]\nname = "swap"\nmodel = "swap"\nmovie = "frames"\n')
    with house.bridge(presets=tmp_path / "presets.toml") as bridge:
        media = sent(house, bridge)["versions"][0]["media"]
    assert media["path"].endswith("frames/SH010_v001.####.exr") and media["start"] == 1001


def test_pictures_and_checks_need_no_more_than_the_line(house: BridgeHouse) -> None:
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        done = until(bridge, told["id"], ended)
        assert done["state"] == "finished"
        assert [one["state"] for one in bridge.people()["people"]] == ["agreed", "agreed"]
        [preset] = bridge.presets()["presets"]
        assert (preset["name"], preset["performer"], preset["donor"]) == ("swap", "Rowan", "Mira")
        assert preset["ready"] and preset["handles"] == [8, 8] and preset["movie"] == "prores422hq"
        shot = json.loads(to_json(clip_shot(house.media)))
        timeline = {
            "name": "reel 1",
            "rate": "24000/1001",
            "start_frame": 86400,
            "tracks": [
                {
                    "number": 1,
                    "clips": [
                        {
                            "uid": "clip-1",
                            "name": "SH010",
                            "record_in": 0,
                            "duration": 40,
                            "source_in": START + 20,
                            "media": {
                                "path": str(house.media),
                                "rate": "24000/1001",
                                "start": START,
                                "frames": 100,
                            },
                        }
                    ],
                }
            ],
        }
        asked = {"host": "paper", "project": "film", "timeline": timeline, "preset": "swap"}
        [checked] = bridge.check({**asked, "clips": ["clip-1"]})["shots"]
        assert json.loads(json.dumps(checked["shot"])) == shot and checked["problems"] == []
        house.backend.refusing = True
        [checked] = bridge.check({**asked, "track": 1})["shots"]
        assert [(one["kind"], one["refuses"]) for one in checked["problems"]] == [("no_consent", True)]
        plan = bridge.plan(told["id"], {"timeline": timeline, "capabilities": {"retimes": True}})
        assert plan["kind"] == "place" and plan["version"] == 1
        laid = next(step for step in plan["steps"] if step["do"] == "lay")
        assert (laid["clip"]["record_in"], laid["clip"]["duration"]) == (0, 40)
        assert laid["clip"]["source_in"] == START + 20
        with_take = {
            **timeline,
            "tracks": [*timeline["tracks"], {"number": 2, "clips": [laid["clip"]]}],
        }
        assert bridge.read(plan["id"], {"timeline": with_take})["faults"] == []
        assert bridge.get(told["id"])["placed"] == [{"version": 1, "track": laid["track"], "record_in": 0}]


def test_a_medium_of_many_clips_is_looked_for_once(
    house: BridgeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def online(path: str) -> bool:
        looked.append(path)
        return True

    monkeypatch.setattr(bridge_module, "is_online", online)
    media = {"path": "/plates/a.####.exr", "rate": "24", "start": 0, "frames": 100}
    clips = [
        {"uid": f"c{at}", "record_in": at, "duration": 10, "source_in": at, "media": media}
        for at in (0, 10, 20)
    ]
    timeline = {"name": "reel", "rate": "24", "tracks": [{"number": 1, "clips": clips}]}
    with house.bridge() as bridge:
        told = bridge.check({"host": "paper", "project": "film", "timeline": timeline, "track": 1})
    assert len(told["shots"]) == 3 and looked == ["/plates/a.####.exr"]
