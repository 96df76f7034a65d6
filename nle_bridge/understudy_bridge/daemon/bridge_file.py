"""One daemon for a state folder: the lock that it holds, and `bridge.json`, where panels find it."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from understudy.domain.errors import BadInput, BadSettings, Conflict, UnderstudyError
from understudy.domain.file_lock import try_lock
from understudy.domain.files import named_write_errors, write_bytes
from understudy.domain.plain import from_json, to_json

BRIDGE_FILE = "bridge.json"
LOCK_FILE = "bridge.lock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """What `bridge.json` says. `address` is host:port."""

    address: str
    token: str = field(repr=False)
    pid: int
    machine: str
    version: str


@contextmanager
def only_daemon(state: Path) -> Iterator[None]:
    """Be the one daemon of a state folder until the block, or the process, ends.

    Raises: Conflict naming the daemon that runs already; BadSettings where files cannot be locked.
    """
    path = state / LOCK_FILE
    with named_write_errors(path):
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            free = try_lock(descriptor)
        except OSError as cause:
            raise BadSettings(
                f"files in {state} cannot be locked ({cause.strerror}); name a folder of a local disk "
                "with UNDERSTUDY_STATE, for the panels too"
            ) from cause
        if not free:
            raise Conflict(_runs_already(state))
        yield
    finally:
        os.close(descriptor)


def _runs_already(state: Path) -> str:
    try:
        there = read_announcement(state)
    except UnderstudyError:
        there = None
    if there is None:
        return f"a daemon of {state} is starting or ending already; try again"
    where = "" if there.machine == socket.gethostname() else f" on {there.machine}"
    return (
        f"a daemon of {state} runs already{where} (process {there.pid}, {there.address}); "
        "`understudy bridge status` asks it how it is"
    )


@contextmanager
def announced(state: Path, *, address: str, version: str) -> Iterator[Announcement]:
    """Tell panels the way to the daemon, with a new token, until the block ends.

    Raises: DiskFull, NotWritable.
    """
    told = Announcement(
        address=address,
        token=secrets.token_urlsafe(32),
        pid=os.getpid(),
        machine=socket.gethostname(),
        version=version,
    )
    write_bytes(state / BRIDGE_FILE, to_json(told).encode(), mode=0o600)
    try:
        yield told
    finally:
        _take_back(state, told)


def _take_back(state: Path, told: Announcement) -> None:
    """Remove the file if it is still ours."""
    try:
        ours = read_announcement(state) == told
    except UnderstudyError:
        return
    if ours:
        (state / BRIDGE_FILE).unlink(missing_ok=True)


def read_announcement(state: Path) -> Announcement | None:
    """What the file says; None when there is none. Raises: BadInput when it is damaged."""
    path = state / BRIDGE_FILE
    try:
        return from_json(Announcement, path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise BadInput(f"{path} cannot be read: {cause.strerror}") from cause
