"""The daemon's door, open in a thread, over a real backend's line; and raw requests to it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.errors import UnderstudyError
from understudy.domain.listening import address_of
from understudy_bridge.daemon.app import create_app
from understudy_bridge.daemon.bridge import Bridge, BridgeSetting
from understudy_bridge.daemon.bridge_file import announced, only_daemon
from understudy_bridge.daemon.gate import Gate
from understudy_bridge.daemon.serving import listen, server_of
from understudy_bridge.panel.daemon_calls import Daemon


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def table(self) -> dict[str, Any]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value

    def kind(self) -> str:
        return str(self.table()["error"]["kind"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """An open door. `state` is the folder with its bridge.json."""

    address: str
    token: str
    state: Path

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        within_s: float = 20.0,
        **headers: str,
    ) -> Answer:
        """One request with the right token and type, but for what `headers` says ("" leaves one out)."""
        given = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        host, _, port = self.address.rpartition(":")
        with closing(http.client.HTTPConnection(host, int(port), timeout=within_s)) as connection:
            connection.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
            for name, value in given.items():
                if value:
                    connection.putheader(name, value)
            if body is not None and "content-length" not in given:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=told, body=answer.read())

    def post(self, path: str, table: object) -> Answer:
        return self.ask("POST", path, json.dumps(table).encode())

    def raw(self, data: bytes, *, end: bool = True, within_s: float = 20.0) -> bytes:
        """Everything that comes back for some bytes, until the connection ends. `end` ends our side first."""
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=within_s) as connection:
            connection.sendall(data)
            if end:
                with suppress(OSError):  # the other side may have hung up already
                    connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def open_door(app: ASGIApp | Bridge, state: Path, *, address: str = "127.0.0.1:0") -> Iterator[Door]:
    """The gate and the server over an application, until the block ends."""
    inner = create_app(app) if isinstance(app, Bridge) else app
    ending = app.close if isinstance(app, Bridge) else (lambda: None)
    with listen(address) as listening:
        host, port = address_of(listening)
        where = f"{host}:{port}"
        with announced(state, address=where, version="0") as told:
            up = threading.Event()
            gate = Gate(inner, token=told.token, port=port, pause=_at_once)
            server = server_of(gate, started=up.set, ending=ending)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                assert up.wait(20)
                yield Door(address=where, token=told.token, state=state)
            finally:
                server.should_exit = True
                thread.join(20)
                assert not thread.is_alive()


async def _at_once(seconds: float) -> None:
    """Wrong tokens of tests are not kept waiting."""


@contextmanager
def open_bridge(state: Path, backend: FakeBackend | None = None) -> Iterator[Door]:
    """A whole daemon in this process, with its backend in memory behind real gRPC."""
    with running(backend or FakeBackend()) as server, only_daemon(state):
        setting = BridgeSetting(connect=lambda: Client(server.address, TOKEN), state=state)
        with closing(Bridge(setting)) as bridge, open_door(bridge, state) as door:
            yield door


CALLS: dict[str, Callable[[Daemon, str], Any]] = {
    "cancel": lambda daemon, one: daemon.cancel(one),
    "retry": lambda daemon, one: daemon.retry(one),
    "render": lambda daemon, one: daemon.render(one, {"preset": "swap"}),
    "fetch": lambda daemon, one: daemon.fetch(one, {"version": 1}),
    "plan": lambda daemon, one: daemon.plan(one, {"timeline": {}, "version": 1}),
    "read": lambda daemon, one: daemon.read(one, {"timeline": {}}),
    "picture": lambda daemon, one: daemon.picture(one, 200),
    "room": lambda daemon, one: daemon.room(one, {"frame": 1001}),
    "get": lambda daemon, one: daemon.get(one),
}


class Recording(Bridge):
    """A bridge that keeps what it was called with, and answers with its method's name or fails."""

    def __init__(self) -> None:
        self.met: list[tuple[Any, ...]] = []
        self.failure: UnderstudyError | None = None

    def __getattribute__(self, name: str) -> Any:
        if name not in CALLS:
            return super().__getattribute__(name)
        return lambda *given: self.answer(name, *given)

    def answer(self, name: str, *given: Any) -> Any:
        self.met.append((name, *given))
        if self.failure is not None:
            raise self.failure
        return b"jpeg" if name == "picture" else {"said": name}

    def close(self) -> None:
        """Nothing runs."""
