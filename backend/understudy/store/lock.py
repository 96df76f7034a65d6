"""One server per production: an advisory lock that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from understudy.domain.errors import ProductionInUse, ServerUnreachable
from understudy.domain.files import named_write_errors
from understudy.domain.server_file import read_server_file

LOCK_NAME = "production.lock"


def take_lock(folder: Path) -> int:
    """Lock the production and write who holds it; returns the open descriptor, which is the lock.

    Raises: ProductionInUse, naming the holder; NotWritable, DiskFull.
    """
    path = folder / LOCK_NAME
    with named_write_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        holder = _describe(os.pread(descriptor, 4096, 0), folder)
        os.close(descriptor)
        raise ProductionInUse(
            f"{folder.name} is already open {holder}; stop that server, or connect to it"
        ) from cause
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now})
    with named_write_errors(path):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    return descriptor


def release_lock(descriptor: int) -> None:
    """Let the next server in. The file stays: removing it would let two servers lock two files."""
    os.ftruncate(descriptor, 0)
    os.close(descriptor)


def _describe(content: bytes, folder: Path) -> str:
    try:
        holder = json.loads(content)
        return (
            f"in process {holder['pid']} on {holder['host']} since {holder['since']}{_where(holder, folder)}"
        )
    except (ValueError, KeyError, TypeError):
        return "in another process"


def _where(holder: dict[str, object], folder: Path) -> str:
    """The address that the holder told its clients, if it has one."""
    try:
        location = read_server_file(folder)
    except ServerUnreachable:
        return ""
    return f", listening at {location.address}" if location.pid == holder["pid"] else ""
