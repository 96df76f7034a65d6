"""The daemon's calls inside an editor: restarts, wrong files, strange answers, no way but the loopback."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bridge_door import Recording, open_door

from understudy.app import read_environment
from understudy.client.client import DEADLINE_S
from understudy_bridge.daemon.bridge_file import BRIDGE_FILE
from understudy_bridge.panel.daemon_calls import (
    Daemon,
    DaemonDown,
    Refused,
    WrongToken,
    default_state_folder,
    parsed,
)


def test_a_panel_finds_a_restarted_daemon(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    with pytest.raises(DaemonDown, match="bridge serve"):
        daemon.get("x")
    for _ in range(2):
        with open_door(Recording(), tmp_path):
            assert daemon.get("x") == {"said": "get"}
        with pytest.raises(DaemonDown, match="bridge serve"):
            daemon.get("x")


def test_what_json_cannot_say_is_a_named_trouble(tmp_path: Path) -> None:
    for wrong, says in (({"path": "/plates/SH010\udcff.mov"}, "SH010"), ({"number": float("nan")}, "number")):
        with open_door(Recording(), tmp_path), pytest.raises(Refused, match=says) as refused:
            Daemon(tmp_path).plan("x", wrong)
        assert refused.value.kind == "BadInput"


def test_a_daemon_that_waits_for_its_backend_is_not_taken_for_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience: dict[str, float] = {}

    def called(self: Daemon, method: str, path: str, body: bytes | None, silent_s: float) -> bytes:
        patience[path] = silent_s
        return b"{}"

    monkeypatch.setattr(Daemon, "_called", called)
    daemon = Daemon(tmp_path)
    for call in (daemon.hello, daemon.presets, daemon.people, lambda: daemon.check({})):
        call()
    assert min(patience.values()) > 2 * DEADLINE_S  # `check` may ask twice


def test_a_panel_is_told_of_a_wrong_token(tmp_path: Path) -> None:
    with open_door(Recording(), tmp_path) as door:
        told = json.loads((tmp_path / BRIDGE_FILE).read_text())
        (tmp_path / BRIDGE_FILE).write_text(json.dumps({**told, "token": "x" + door.token}))
        with pytest.raises(WrongToken, match="restart the daemon"):
            Daemon(tmp_path).get("x")
        (tmp_path / BRIDGE_FILE).unlink()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\xff",
        "[" * 100_000,
        '{"address": "evil.example:80", "token": "t"}',
        '{"address": "127.0.0.1", "token": "t"}',
        '{"address": "127.0.0.1:x", "token": "t"}',
        '{"address": "127.0.0.1:99999", "token": "t"}',
        '{"address": "127.0.0.1:80@evil.example:80", "token": "t"}',
        '{"address": "127.0.0.1:80", "token": "t\\r\\nX: y"}',
        '{"address": 3, "token": "t"}',
    ],
)
def test_a_damaged_or_hostile_file_sends_a_panel_nowhere(tmp_path: Path, text: str) -> None:
    (tmp_path / BRIDGE_FILE).write_text(text, encoding="latin-1")
    with pytest.raises(DaemonDown, match="bridge serve"):
        Daemon(tmp_path).hello()


@contextmanager
def answering(tmp_path: Path, answer: bytes) -> Iterator[Daemon]:
    """A daemon that says some bytes to every request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        table = {"address": f"127.0.0.1:{listening.getsockname()[1]}", "token": "t"}
        (tmp_path / BRIDGE_FILE).write_text(json.dumps(table))
        try:
            yield Daemon(tmp_path)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(20)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "does not answer"),
        (b"nonsense\r\n\r\n", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "not JSON"),
        (b"HTTP/1.1 200 OK\r\n\r\n[]", "not a JSON object"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000, "not JSON"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"HTTP/1.1 500 No\r\n\r\n<html>", "status 500"),
        (b'HTTP/1.1 409 No\r\n\r\n{"error": 3}', "status 409"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n{}", "does not answer"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n{}", "does not answer"),
    ],
)
def test_a_strange_answer_is_a_named_trouble(tmp_path: Path, answer: bytes, says: str) -> None:
    with answering(tmp_path, answer) as daemon, pytest.raises((DaemonDown, Refused), match=says):
        daemon.hello()


def test_an_answer_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy_bridge.panel.daemon_calls.MAX_ANSWER_BYTES", 1000)
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 5000
    with answering(tmp_path, answer) as daemon, pytest.raises(Refused, match="16 MiB"):
        daemon.hello()


def test_no_proxy_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with open_door(Recording(), tmp_path):
        assert Daemon(tmp_path).get("x") == {"said": "get"}


def test_long_answers_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"a": [1, 2.5, None, True, "ä\\u0000", {"b": [[]]}], "c": {}}
    monkeypatch.setattr("understudy_bridge.panel.daemon_calls._QUICK_BYTES", 0)
    assert parsed(json.dumps(value).encode()) == value
    for bad in (b"", b"{", b"nope", b"[" * 100_000, b"\xff"):
        with pytest.raises((ValueError, RecursionError)):
            parsed(bad)


def test_panel_and_daemon_agree_on_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("UNDERSTUDY_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert default_state_folder() == read_environment(os.environ).state_folder
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "x"))
    assert (
        default_state_folder() == read_environment(os.environ).state_folder == tmp_path / "x" / "understudy"
    )
    monkeypatch.setenv("UNDERSTUDY_STATE", str(tmp_path / "y"))
    assert default_state_folder() == read_environment(os.environ).state_folder == tmp_path / "y"
    monkeypatch.delenv("UNDERSTUDY_STATE")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert (
        default_state_folder()
        == read_environment(os.environ).state_folder
        == tmp_path / "local" / "understudy"
    )
