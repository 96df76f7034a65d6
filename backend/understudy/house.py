"""The productions of one machine, for its review room: found, made, opened.

What was seen once is kept in the user's state folder, so that an address names the same production for ever.
Only a server opens a production; this starts one (`understudy serve`) where none is running, and leaves it
running.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from understudy.client import Client
from understudy.domain.errors import Conflict, NotFound, ServerUnreachable, UnderstudyError
from understudy.domain.files import write_bytes
from understudy.domain.known_production import KnownProduction, ProductionState, slug
from understudy.domain.outside_text import json_value
from understudy.domain.server_file import ServerLocation, read_server_file

DATABASE_NAME = "production.db"
LIST_NAME = "productions.json"
LOG_NAME = "serve.log"
PATIENCE_S = 90.0  # a first start reads a few hundred MB of libraries
_LOOK_S = 0.5
_MOST_LOOKS = 16
_LOG_TAIL_BYTES = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A production that was seen once. `name` is what its server called it, else its folder's name."""

    key: str
    name: str
    folder: str
    used_at: float = 0.0


class LocalHouse:
    """The productions in the folder `home`, those named, and those worked on before; or only those named."""

    def __init__(
        self,
        *,
        home: Path,
        named: Sequence[Path] = (),
        only_named: bool = False,
        state_folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` is what servers are started with; None hands on our own."""
        self._home = home.expanduser().resolve()
        self._named = [folder.expanduser().resolve() for folder in named]
        self._only_named = only_named
        self._list = state_folder / LIST_NAME
        self._environment = environment
        self._guard = threading.RLock()
        self._opening: dict[str, threading.Lock] = {}
        self._clients: dict[str, Client] = {}
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        self._seen = {seen.folder: seen for seen in _read_list(self._list)}

    # What there is

    @property
    def can_create(self) -> bool:
        return not self._only_named

    def productions(self) -> Sequence[KnownProduction]:
        """All that are known, the one used last first."""
        seen = self._look_around()
        self.running()
        with ThreadPoolExecutor(max(1, min(_MOST_LOOKS, len(seen)))) as pool:
            states = list(pool.map(lambda one: _state_of(Path(one.folder)), seen))
        return [
            KnownProduction(key=one.key, name=one.name, folder=one.folder, state=state)
            for one, state in zip(seen, states, strict=True)
        ]

    def keys_of_named(self) -> list[str]:
        """The keys of the productions that were named at the start. Raises: NotFound."""
        return [self._key_of(folder) for folder in self._named]

    def _look_around(self) -> list[Seen]:
        """Everything known, with what is new in `home`; folders that went are left out."""
        with self._guard:
            before = dict(self._seen)
            for folder in (*self._named, *(() if self._only_named else _productions_in(self._home))):
                self._see(folder)
            if self._seen != before:
                self._keep()
            there = [one for one in self._seen.values() if self._is_shown(Path(one.folder))]
        return sorted(there, key=lambda one: (-one.used_at, one.name.lower()))

    def _is_shown(self, folder: Path) -> bool:
        return (folder / DATABASE_NAME).is_file() and not (self._only_named and folder not in self._named)

    def _see(self, folder: Path, name: str = "") -> Seen | None:
        """Give a folder a key of its own, for ever."""
        known = self._seen.get(str(folder))
        if known is not None or not (folder / DATABASE_NAME).is_file():
            return known
        taken = {one.key for one in self._seen.values()}
        wanted, number = slug(folder.name), 2
        key = wanted
        while key in taken:
            key, number = f"{wanted}-{number}", number + 1
        self._seen[str(folder)] = Seen(key=key, name=name or folder.name, folder=str(folder))
        return self._seen[str(folder)]

    def _key_of(self, folder: Path) -> str:
        with self._guard:
            seen = self._see(folder)
            if seen is None:
                raise NotFound(
                    f"{folder} is not a production; create one with `understudy production create`"
                )
            self._keep()
            return seen.key

    def _folder(self, key: str) -> Path:
        """Raises: NotFound."""
        for _ in range(2):
            with self._guard:
                folders = [Path(one.folder) for one in self._seen.values() if one.key == key]
            if folders and self._is_shown(folders[0]):
                return folders[0]
            self._look_around()  # it may be new
        raise NotFound(f"there is no production {key} in this house")

    # Making and opening

    def create(self, name: str) -> str:
        """Make a production below `home` and return its key. Raises: BadRecord, Conflict."""
        from understudy.store.production import Production

        if self._only_named:
            raise Conflict("this review room shows one production; start it without --production")
        with self._guard:
            folder, number = self._home / slug(name), 2
            while folder.exists():
                folder, number = self._home / f"{slug(name)}-{number}", number + 1
            Production.create(folder, name)
            seen = self._see(folder.resolve(), name.strip())
            assert seen is not None
            self._used(seen.key)
        return seen.key

    def open(self, key: str) -> None:
        """See to it that a server has the production open; returns when it answers.

        Raises: NotFound; ServerUnreachable with the end of the server's log when it does not start.
        """
        folder = self._folder(key)
        with self._guard:
            opening = self._opening.setdefault(key, threading.Lock())
        self.running()
        with opening:
            if not _is_served(folder):
                self._start(key, folder)
        self._used(key, self.client(key).get_production().name)

    def _start(self, key: str, folder: Path) -> None:
        log = folder / LOG_NAME
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "understudy", "-v", "serve", str(folder)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # it goes on when the review room ends
            )
        self.started[key] = process
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if _is_served(folder):
                return
            if process.poll() is not None:
                del self.started[key]
                raise ServerUnreachable(f"the server of {folder} did not start: {_end_of(log)}")
            time.sleep(0.1)
        raise ServerUnreachable(f"the server of {folder} did not answer in {PATIENCE_S:.0f} s; see {log}")

    def running(self) -> dict[str, int]:
        """Process ids of the servers that were started here and still run, by folder.

        Asking also buries those that ended: until then they would seem to live.
        """
        with self._guard:
            folders = {seen.key: folder for folder, seen in self._seen.items()}
            started = list(self.started.items())
        return {folders[key]: process.pid for key, process in started if process.poll() is None}

    # Clients

    def client(self, key: str) -> Client:
        """The shared client of a production. Raises: NotFound, ServerUnreachable."""
        with self._guard:
            if key not in self._clients:
                self._clients[key] = self.new_client(key)
            return self._clients[key]

    def new_client(self, key: str) -> Client:
        """A client for one purpose; who asked for it closes it. Raises: NotFound, ServerUnreachable."""
        return Client.of_production(self._folder(key))

    # What is kept

    def _used(self, key: str, name: str = "") -> None:
        with self._guard:
            for folder, seen in self._seen.items():
                if seen.key == key:
                    self._seen[folder] = replace(seen, name=name or seen.name, used_at=time.time())
            self._keep()

    def _keep(self) -> None:
        """Write the list, with what another review room of this user added meanwhile."""
        keys = {seen.key for seen in self._seen.values()}
        for other in _read_list(self._list):
            if other.folder not in self._seen and other.key not in keys:
                self._seen[other.folder] = other
        table = [asdict(seen) for seen in self._seen.values()]
        write_bytes(self._list, json.dumps(table, indent=1).encode(), mode=0o600)


def _read_list(path: Path) -> list[Seen]:
    """What was kept; a damaged list is begun anew."""
    try:
        return [Seen(**table) for table in json_value(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _productions_in(home: Path) -> list[Path]:
    try:
        return sorted(folder for folder in home.iterdir() if (folder / DATABASE_NAME).is_file())
    except OSError:
        return []


def _state_of(folder: Path) -> ProductionState:
    """By looking whether somebody listens where its server said to be."""
    try:
        location = read_server_file(folder)
    except ServerUnreachable:
        return ProductionState.CLOSED
    if _listens(location):
        return ProductionState.OPEN
    return ProductionState.UNREACHABLE if _lives(location.pid) else ProductionState.CLOSED


def _is_served(folder: Path) -> bool:
    """Whether a server answers for this very folder: a port may have been taken over by another program."""
    if _state_of(folder) is not ProductionState.OPEN:
        return False
    try:
        with Client.of_production(folder) as client:
            return Path(client.get_production().folder).resolve() == folder
    except UnderstudyError:
        return False


def _listens(location: ServerLocation) -> bool:
    host, _, port = location.address.rpartition(":")
    try:
        if location.address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(_LOOK_S)
                line.connect(location.address.removeprefix("unix:"))
        else:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_LOOK_S).close()
    except (OSError, ValueError):
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0


def _end_of(log: Path) -> str:
    """The last line that a server wrote before it gave up."""
    text = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
    return text.splitlines()[-1] if text else f"it said nothing; see {log}"
