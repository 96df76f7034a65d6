"""The daemon over real HTTP, as panels call it: every request, many panels, one daemon a state folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bridge_door import CALLS, Door, Recording, open_bridge, open_door

import understudy
from understudy.cli import understudy_command
from understudy.domain.errors import (
    BadInput,
    Conflict,
    ConsentMissing,
    DiskFull,
    GrantInvalid,
    NotAllowed,
    RenderError,
    ServerUnreachable,
    Stopped,
    TokenExpired,
    UnderstudyError,
)
from understudy_bridge.core.errors import Occupied
from understudy_bridge.daemon.answers import status_of
from understudy_bridge.daemon.app import create_app
from understudy_bridge.daemon.bridge_file import BRIDGE_FILE, announced, only_daemon, read_announcement
from understudy_bridge.panel.daemon_calls import (
    Daemon,
    DaemonDown,
    Refused,
)

PROJECT = "project-1"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with open_bridge(tmp_path_factory.mktemp("state")) as door:
        yield door


@pytest.fixture(scope="module")
def daemon(door: Door) -> Daemon:
    return Daemon.found(str(door.state))


def timeline(media: Path) -> dict[str, Any]:
    shown = {"path": str(media), "name": media.name, "rate": "24", "start": 0, "frames": 100}
    clip = {"uid": "c1", "name": "A010", "record_in": 0, "duration": 20, "source_in": 30, "media": shown}
    return {"name": "cut", "rate": "24", "tracks": [{"number": 1, "clips": [clip]}]}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    media = tmp_path_factory.mktemp("media") / "A010.mov"
    media.write_bytes(b"")
    return timeline(media)


def sent(daemon: Daemon, cut: dict[str, Any], request: str, project: str = PROJECT) -> dict[str, Any]:
    asked = {"host": "paper", "project": project, "timeline": cut, "clips": ["c1"]}
    (one,) = daemon.check(asked)["shots"]
    return daemon.create({"request_id": request, "project": project, "shot": one["shot"], "preset": "swap"})


def test_a_panel_is_told_of_daemon_backend_presets_and_people(daemon: Daemon) -> None:
    told = daemon.hello()
    assert told["version"] == understudy.__version__
    assert told["backend"]["state"] == "up" and told["backend"]["production"]["name"] == "Pilot"
    (preset,) = daemon.presets()["presets"]
    assert preset["name"] == "swap" and preset["handles"] == [8, 8] and not preset["ready"]
    assert daemon.people() == {"people": []}


def test_a_shot_is_checked_sent_listed_and_cancelled(daemon: Daemon, cut: dict[str, Any]) -> None:
    before = daemon.list(PROJECT)["revision"]
    sending = sent(daemon, cut, "r1")
    assert sending["project"] == PROJECT and sending["shot"]["name"] == "A010"
    assert sent(daemon, cut, "r1")["id"] == sending["id"]
    assert daemon.get(sending["id"])["id"] == sending["id"]
    news = daemon.list(PROJECT, before, 5.0)
    assert [one["id"] for one in news["sendings"]] == [sending["id"]] and news["revision"] > before
    assert daemon.list("another project")["sendings"] == []
    assert daemon.cancel(sending["id"])["id"] == sending["id"]


def test_each_request_reaches_its_own_method(tmp_path: Path) -> None:
    bridge = Recording()
    with open_door(bridge, tmp_path):
        daemon = Daemon(tmp_path)
        for name, call in CALLS.items():
            assert call(daemon, "id-1_x") == (b"jpeg" if name == "picture" else {"said": name})
    tables = {
        "render": {"preset": "swap"},
        "fetch": {"version": 1},
        "plan": {"timeline": {}, "version": 1},
        "read": {"timeline": {}},
        "picture": 200,
        "room": {"frame": 1001},
    }
    assert bridge.met == [(name, "id-1_x", *([tables[name]] if name in tables else [])) for name in CALLS]


def test_errors_cross_with_their_name_message_and_status(tmp_path: Path) -> None:
    bridge = Recording()
    with open_door(bridge, tmp_path):
        for failure in (
            Occupied("a title lies there"),
            ServerUnreachable("no backend"),
            ConsentMissing("ä\udc80"),
        ):
            bridge.failure = failure
            with pytest.raises(Refused) as refused:
                Daemon(tmp_path).get("x")
            assert (refused.value.kind, str(refused.value)) == (type(failure).__name__, str(failure))
            assert refused.value.status == status_of(failure)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput, 400),
        (Occupied, 409),
        (ConsentMissing, 403),
        (GrantInvalid, 403),
        (NotAllowed, 403),
        (ServerUnreachable, 502),
        (TokenExpired, 502),
        (DiskFull, 502),
        (Stopped, 503),
        (RenderError, 500),
    ],
)
def test_every_error_has_a_status(error: type[UnderstudyError], status: int) -> None:
    assert status_of(error("why")) == status


def test_twenty_panels_wait_for_news_and_all_get_it(daemon: Daemon, cut: dict[str, Any], door: Door) -> None:
    after = daemon.list("many")["revision"]
    asking = threading.Barrier(21)

    def panel(_: int) -> list[str]:
        mine = Daemon(door.state)
        mine.hello()
        asking.wait(20)
        return [one["project"] for one in mine.list("many", after, 20.0)["sendings"]]

    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(panel, number) for number in range(20)]
        asking.wait(20)
        daemon.hello()  # answered, however many wait
        sending = sent(daemon, cut, "r-many", "many")
        assert [one.result(20) for one in waiting] == [["many"]] * 20
    daemon.cancel(sending["id"])


def test_panels_beyond_the_waiting_are_answered_at_once(tmp_path: Path) -> None:
    waits: list[float] = []

    class Full(Recording):
        def list(self, project: str, after: int, wait_s: float) -> dict[str, Any]:
            waits.append(wait_s)
            return {"revision": 0, "sendings": []}

    bridge = Full()
    app = create_app(bridge)
    with open_door(app, tmp_path):
        daemon = Daemon(tmp_path)
        daemon.list("p", 0, 3.0)
        app.state.door.waits.total_tokens = 0
        daemon.list("p", 0, 3.0)
    assert waits == [3.0, 0.0]


def test_the_file_is_its_owners_alone_and_goes_with_the_daemon(tmp_path: Path) -> None:
    with announced(tmp_path, address="127.0.0.1:1", version="1") as told:
        file = tmp_path / BRIDGE_FILE
        assert file.stat().st_mode & 0o777 == 0o600 and told.token not in repr(told)
        said = json.loads(file.read_text())
        assert said == {
            "address": "127.0.0.1:1",
            "token": told.token,
            "pid": os.getpid(),
            "machine": socket.gethostname(),
            "version": "1",
        }
    assert not file.exists()


def test_the_file_of_a_later_daemon_stays(tmp_path: Path) -> None:
    with announced(tmp_path, address="127.0.0.1:1", version="1"):
        later = announced(tmp_path, address="127.0.0.1:2", version="1")
        later.__enter__()
    there = read_announcement(tmp_path)
    assert there is not None and there.address == "127.0.0.1:2"
    later.__exit__(None, None, None)
    with announced(tmp_path, address="127.0.0.1:3", version="1"):
        (tmp_path / BRIDGE_FILE).write_text("{")  # damaged by whomever: not ours to remove
    assert (tmp_path / BRIDGE_FILE).exists()


def test_a_second_daemon_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    with only_daemon(tmp_path):
        with pytest.raises(Conflict, match="starting or ending"), only_daemon(tmp_path):
            pass
        with announced(tmp_path, address="127.0.0.1:7", version="1"):
            said = f"process {os.getpid()}, 127.0.0.1:7"
            with pytest.raises(Conflict, match=said), only_daemon(tmp_path):
                pass
    with only_daemon(tmp_path):
        pass  # free again


def test_status_tells_how_the_daemon_is(door: Door, tmp_path: Path) -> None:
    def status(state: Path) -> Result:
        return CliRunner().invoke(
            understudy_command, ["bridge", "status"], env={"UNDERSTUDY_STATE": str(state)}
        )

    assert "is up: Pilot" in status(door.state).output
    away = status(tmp_path).exception
    assert isinstance(away, ServerUnreachable) and "bridge serve" in str(away)


def serve(state: Path, *words: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", "import understudy.cli; understudy.cli.main()"]
    environment = {**os.environ, "UNDERSTUDY_STATE": str(state), "UNDERSTUDY_SERVER": "127.0.0.1:1"}
    return subprocess.Popen(
        [*program, "--json", "bridge", "serve", "--address", "127.0.0.1:0", *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_the_daemon_is_killed_taken_over_and_ended_in_peace(tmp_path: Path) -> None:
    first = serve(tmp_path)
    assert first.stdout is not None
    told = json.loads(first.stdout.readline())
    daemon = Daemon(tmp_path)
    assert told["pid"] == first.pid and daemon.hello()["backend"]["state"] == "away"
    second = serve(tmp_path)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 3 and f"process {first.pid}" in json.loads(said)["message"]

    first.kill()
    first.communicate(timeout=60)
    assert (tmp_path / BRIDGE_FILE).exists()
    with pytest.raises(DaemonDown):
        daemon.hello()

    third = serve(tmp_path)
    assert third.stdout is not None and json.loads(third.stdout.readline())["pid"] == third.pid
    assert daemon.hello()["version"] == understudy.__version__  # the same panel, with the new token
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(daemon.list, "p", daemon.list("p")["revision"], 25.0)
        third.send_signal(signal.SIGTERM)
        third.communicate(timeout=60)
        assert third.returncode == 0 and not (tmp_path / BRIDGE_FILE).exists()
        assert waiting.exception(60) is None or isinstance(waiting.exception(), (DaemonDown, Refused))
