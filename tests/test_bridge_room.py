"""Links from an editor into the review room, and small pictures: a real gateway, a backend in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.bridge_backend import START, BridgeHouse, bridge_house, ended, until
from tests.review_room import BRIDGE_TOKEN, OneProduction, RunningRoom, running_room

from understudy.domain.errors import BadInput, BadSettings, NotFound
from understudy.domain.job import JobKind
from understudy_bridge.core.errors import RoomAway
from understudy_bridge.daemon.bridge import Bridge
from understudy_bridge.daemon.room import ReviewRoom


@pytest.fixture
def house(tmp_path: Path) -> Iterator[BridgeHouse]:
    with bridge_house(tmp_path) as made:
        yield made


@pytest.fixture
def room(house: BridgeHouse) -> Iterator[RunningRoom]:
    with running_room(OneProduction(house.server.address)) as running:
        yield running


def finished(house: BridgeHouse, bridge: Bridge) -> str:
    told = bridge.create(house.asked())
    assert until(bridge, told["id"], ended)["state"] == "finished"
    return str(told["id"])


def test_a_link_opens_the_room_at_the_frame(house: BridgeHouse, room: RunningRoom) -> None:
    with house.bridge(room=room.base, room_token=BRIDGE_TOKEN) as bridge:
        sending = finished(house, bridge)
        for asked, page in (
            ({}, "/p/pilot/shots/SH010"),
            ({"frame": 1010}, "/p/pilot/shots/SH010/1010"),
            ({"source": START + 20}, "/p/pilot/shots/SH010/1009"),
            ({"source": START + 59}, "/p/pilot/shots/SH010/1048"),
            ({"source": 0}, "/p/pilot/shots/SH010/1001"),
            ({"frame": 9999}, "/p/pilot/shots/SH010/1056"),
        ):
            url = bridge.room(sending, asked)["url"]
            entered = httpx.get(url, follow_redirects=False)
            assert (entered.status_code, entered.headers["location"]) == (303, page)


def test_a_room_that_is_away_or_a_strangers_says_what_to_do(house: BridgeHouse, room: RunningRoom) -> None:
    with house.bridge() as bridge:
        sending = finished(house, bridge)
        with pytest.raises(RoomAway, match="understudy review"):
            bridge.room(sending, {})
    for address, token, told in (
        ("http://127.0.0.1:9", BRIDGE_TOKEN, "no review room answers"),
        (room.base, "another-token", "does not know this bridge"),
        (f"http://{house.server.address}", BRIDGE_TOKEN, "no review room answers"),
    ):
        with pytest.raises(RoomAway, match=told):
            ReviewRoom(address, token).link(("prod", "Pilot"), "SH010", None)
    with pytest.raises(RoomAway, match="does not show the production Other"):
        ReviewRoom(room.base, BRIDGE_TOKEN).link(("other", "Other"), "SH010", None)
    for address in ("127.0.0.1:8430", "ftp://room", "http://room/p/pilot"):
        with pytest.raises(BadSettings):
            ReviewRoom(address, "")


def test_a_sending_shows_its_newest_picture(house: BridgeHouse) -> None:
    house.backend.held = {JobKind.INGEST}
    with house.bridge() as bridge:
        told = bridge.create(house.asked())
        with pytest.raises(NotFound, match="no shot of SH010 yet"):
            bridge.picture(told["id"], 320)
        house.backend.held = {JobKind.CONVERT}
        house.backend.go_on(JobKind.INGEST)
        until(bridge, told["id"], lambda now: bool(now["stage"] == "convert" and now["progress"]["done"]))
        assert bridge.picture(told["id"], 320).endswith(b"replaced 1001 320")
        house.backend.go_on()
        until(bridge, told["id"], ended)
        assert bridge.picture(told["id"], 320).endswith(b"replaced 1029 320")
        house.backend.own_takes.clear()
        assert bridge.picture(told["id"], 320).endswith(b"plate 1028 320")
        with pytest.raises(BadInput):
            bridge.picture(told["id"], 5)
