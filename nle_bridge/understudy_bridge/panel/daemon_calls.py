"""Asking the daemon, from inside an editor: one method for each request of `docs/bridge.md`.

A call waits for its answer, so it belongs on a worker thread (`worker.py`). Loopback only: no proxy is asked,
no redirect followed. Address and token are read again whenever the daemon's file changed, so the next call
finds a restarted daemon.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import json.decoder
import json.scanner
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from .host import Table

BRIDGE_FILE = "bridge.json"
MAX_ANSWER_BYTES = 16 * 2**20
CALL_S = 10.0
"""How long the daemon may be silent during a call."""
LONG_CALL_S = 60.0
"""The same where it has to ask the backend, for which it has patience itself."""
MOST_WAIT_S = 25.0

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# Above this the text is parsed by Python's own code, which lets the editor's thread run between its steps;
# the quick parser holds all threads up until it is done.
_QUICK_BYTES = 2**20
_START = "start it with `understudy bridge serve`"


class DaemonTrouble(Exception):
    """A call had no result; the message says why and what to do, `kind` names it."""

    kind = "DaemonTrouble"


class DaemonDown(DaemonTrouble):
    """No daemon answers on this machine."""

    kind = "DaemonDown"


class WrongToken(DaemonTrouble):
    """The daemon does not know the token of its own file: another one listens there."""

    kind = "WrongToken"


class Refused(DaemonTrouble):
    """The daemon said no. `kind` is the error's name: Occupied, NotFound, ServerUnreachable ..."""

    def __init__(self, kind: str, message: str, status: int) -> None:
        super().__init__(message)
        self.kind, self.message, self.status = kind, message, status


class Daemon:
    """The daemon of one state folder. Raises from every call: DaemonDown, WrongToken, Refused."""

    def __init__(self, state_folder: Path) -> None:
        self.state_folder = state_folder
        self._lock = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._closed = False
        self._read: tuple[Any, str, str] = (None, "", "")  # the file's mark, address, token

    @classmethod
    def found(cls, state_folder: str | None = None) -> Daemon:
        """The daemon of this user, running or not; `state_folder` where the usual one is not meant."""
        return cls(Path(state_folder) if state_folder else default_state_folder())

    def another(self) -> Daemon:
        """The same daemon, with calls that `close` ends apart from these."""
        return Daemon(self.state_folder)

    def close(self) -> None:
        """End the calls that are waiting: they raise DaemonDown, and so does every later one."""
        with self._lock:
            self._closed = True
            waiting = list(self._open)
        for connection in waiting:
            _hang_up(connection)

    def hello(self) -> Table:
        return self._get("/v1/hello", LONG_CALL_S)

    def presets(self) -> Table:
        return self._get("/v1/presets", LONG_CALL_S)

    def people(self) -> Table:
        return self._get("/v1/people", LONG_CALL_S)

    def check(self, asked: Table) -> Table:
        """{host, project, timeline, clips | marker | track, preset?} -> {shots: [...]}"""
        return self._post("/v1/check", asked)

    def create(self, asked: Table) -> Table:
        """{request_id, project, shot, preset} -> Sending"""
        return self._post("/v1/sendings", asked)

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Table:
        """{revision, sendings}: those changed after a revision; waits up to `wait_s` for one."""
        wait_s = min(max(wait_s, 0.0), MOST_WAIT_S)
        query = urlencode({"project": project, "after": after, "wait": wait_s})
        return self._get("/v1/sendings?" + query, silent_s=CALL_S + wait_s)

    def get(self, sending_id: str) -> Table:
        return self._get(_of(sending_id))

    def cancel(self, sending_id: str) -> Table:
        return self._post(_of(sending_id) + "/cancel", {})

    def retry(self, sending_id: str) -> Table:
        return self._post(_of(sending_id) + "/retry", {})

    def render(self, sending_id: str, asked: Table) -> Table:
        """{preset?} -> Sending"""
        return self._post(_of(sending_id) + "/render", asked)

    def fetch(self, sending_id: str, asked: Table) -> Table:
        """{version} -> Sending"""
        return self._post(_of(sending_id) + "/fetch", asked)

    def plan(self, sending_id: str, asked: Table) -> Table:
        """{timeline, capabilities?, version?, track?, remove?} -> Plan"""
        return self._post(_of(sending_id) + "/plan", asked)

    def read(self, plan_id: str, asked: Table) -> Table:
        """{timeline} -> {ok, faults}"""
        return self._post("/v1/plans/" + quote(plan_id, safe="") + "/read", asked)

    def picture(self, sending_id: str, width: int = 320) -> bytes:
        """JPEG."""
        path = f"{_of(sending_id)}/picture.jpg?width={int(width)}"
        return self._called("GET", path, None, LONG_CALL_S)

    def room(self, sending_id: str, asked: Table) -> Table:
        """{frame?} -> {url}"""
        return self._post(_of(sending_id) + "/room", asked)

    def _get(self, path: str, silent_s: float = CALL_S) -> Table:
        return _table(self._called("GET", path, None, silent_s))

    def _post(self, path: str, asked: Table) -> Table:
        return _table(self._called("POST", path, _body(asked), LONG_CALL_S))

    def _called(self, method: str, path: str, body: bytes | None, silent_s: float) -> bytes:
        address, token = self._address()
        headers = {"Authorization": "Bearer " + token, "Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(address, timeout=silent_s)
        with self._lock:
            self._open.add(connection)
        try:
            if not self._closed:
                connection.connect()
            if self._closed:  # `close` may have come before there was a socket to close
                raise http.client.NotConnected("the panel was closed")
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:  # it has the socket from here on
                data = answer.read(MAX_ANSWER_BYTES + 1)
                if answer.length and len(data) <= MAX_ANSWER_BYTES:
                    raise http.client.IncompleteRead(data, answer.length)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as cause:
            # ValueError and AttributeError: `close` took the socket away in the middle.
            raise _down(cause) from cause
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
        if len(data) > MAX_ANSWER_BYTES:
            raise Refused("TooLarge", "the daemon answered with more than 16 MiB", answer.status)
        if answer.status != 200:
            raise _refusal(answer.status, data)
        return data

    def _address(self) -> tuple[str, str]:
        """Address and token out of the daemon's file. Raises: DaemonDown."""
        path = self.state_folder / BRIDGE_FILE
        try:
            found = os.stat(path)
            mark = (found.st_mtime_ns, found.st_ino, found.st_size)
            if mark != self._read[0]:
                self._read = (mark, *_read_file(path, found))
        except FileNotFoundError:
            raise DaemonDown(f"the Understudy daemon is not running; {_START}") from None
        except OSError as cause:
            raise DaemonDown(f"{path} cannot be read ({cause.strerror}); {_START} as this user") from cause
        return self._read[1], self._read[2]


def default_state_folder() -> Path:
    """Where the daemon of this user keeps what it knows."""
    named = os.environ.get("UNDERSTUDY_STATE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "understudy"
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "understudy"


def _read_file(path: Path, found: os.stat_result) -> tuple[str, str]:
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise DaemonDown(f"{path} belongs to another user; {_START} as this user")
    try:
        table = json.loads(path.read_bytes()[: 2**16].decode("utf-8"))
        address, token = table["address"], table["token"]
        host, _, port = address.rpartition(":")
        good = host in _LOCAL_HOSTS and 0 < int(port) < 65536 and token.isascii() and token.isprintable()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as cause:
        raise DaemonDown(f"{path} is damaged; {_START}, which writes it again") from cause
    if not good:
        raise DaemonDown(f"{path} names no daemon of this machine; {_START}, which writes it again")
    return address, token


def _of(sending_id: str) -> str:
    return "/v1/sendings/" + quote(sending_id, safe="")


def _body(asked: Table) -> bytes:
    """A request's JSON. Raises: Refused for what it cannot say."""
    try:
        return json.dumps(asked, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as cause:  # a file name that is no text comes as half characters
        near = ascii(cause.object[max(0, cause.start - 60) : cause.end])
        raise Refused("BadInput", f"a name on the timeline is no text, rename it: {near}", 400) from cause
    except ValueError as cause:
        raise Refused("BadInput", f"the timeline has a number that is none: {cause}", 400) from cause


def _down(cause: Exception) -> DaemonDown:
    if isinstance(cause, (socket.timeout, TimeoutError)):  # two classes before Python 3.10
        return DaemonDown(f"the Understudy daemon is silent; stop it and {_START}")
    return DaemonDown(f"the Understudy daemon does not answer ({cause}); {_START}")


def _refusal(status: int, data: bytes) -> DaemonTrouble:
    try:
        error = _table(data)["error"]
        kind, message = str(error["kind"]), str(error["message"])
    except (Refused, KeyError, TypeError):
        kind, message = "BadAnswer", f"the daemon answered with status {status} and no reason"
    if status == 401:
        return WrongToken(f"{message}; restart the daemon: {_START}")
    return Refused(kind, message, status)


def _table(data: bytes) -> Table:
    """An answer's JSON object. Raises: Refused."""
    try:
        value = parsed(data)
    except (ValueError, RecursionError) as cause:
        raise Refused("BadAnswer", f"the daemon's answer is not JSON: {cause}", 200) from cause
    if not isinstance(value, dict):
        raise Refused("BadAnswer", "the daemon's answer is not a JSON object", 200)
    return value


def parsed(data: bytes) -> Any:
    """JSON, long texts without holding up other threads. Raises: ValueError, RecursionError."""
    text = data.decode("utf-8")
    if len(data) <= _QUICK_BYTES:
        return json.loads(text)
    decoder = json.JSONDecoder()
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    return decoder.decode(text)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is None:
        return
    with contextlib.suppress(OSError):  # it was over already
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
