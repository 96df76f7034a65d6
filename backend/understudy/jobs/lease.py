"""Who is working on a job: locks that die with their worker, and a heartbeat that other hosts can read.

On one machine the kernel releases a lock the moment a worker dies, however it dies. A worker takes the lease
itself; from the moment it is started until then, and on, it holds the launch lock that its server gave it.
Across machines, where locks may not travel, a heartbeat that stands still decides. How long it stands is
measured with a clock that nobody sets.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.domain.errors import DiskFull, JobStateConflict, NotWritable
from understudy.domain.files import named_write_errors, write_bytes

LEASE_FILE, LAUNCH_FILE, HEARTBEAT_FILE = "lease.lock", "launch.lock", "heartbeat.json"
HEARTBEAT_S = 5.0
LEASE_S = 20.0
_PATIENCE_S = 2.0  # a server looking whether the lock is held may hold it for a moment itself


@contextmanager
def hold_lease(folder: Path) -> Iterator[None]:
    """Hold the job's lock and keep its heartbeat going.

    Raises: JobStateConflict when it is taken; DiskFull, NotWritable.
    """
    with named_write_errors(folder / LEASE_FILE):
        lock = (folder / LEASE_FILE).open("a")
    with lock:
        _lock_patiently(lock.fileno(), folder)
        ended = threading.Event()
        pulse = threading.Thread(target=_beat, args=(folder, ended), name="heartbeat", daemon=True)
        pulse.start()
        try:
            yield
        finally:
            ended.set()
            pulse.join()


def _lock_patiently(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as cause:
            if time.monotonic() > deadline:
                raise JobStateConflict(f"another worker is already on the job in {folder}") from cause
            time.sleep(0.05)


def _beat(folder: Path, ended: threading.Event) -> None:
    while True:
        sign = {"pid": os.getpid(), "host": socket.gethostname(), "time": time.time()}
        with suppress(
            OSError, DiskFull, NotWritable
        ):  # a full disk must not end the work; the lease then simply runs out
            write_bytes(folder / HEARTBEAT_FILE, json.dumps(sign).encode())
        if ended.wait(HEARTBEAT_S):
            return


@contextmanager
def launching(folder: Path) -> Iterator[int]:
    """The job's launch lock, to be handed to the worker that is started: an open file that it inherits.

    It stays locked until the last process that has it ends. Raises: JobStateConflict, DiskFull, NotWritable.
    """
    with named_write_errors(folder / LAUNCH_FILE):
        lock = (folder / LAUNCH_FILE).open("a")
    with lock:
        _lock_patiently(lock.fileno(), folder)
        yield lock.fileno()


def lease_held(folder: Path) -> bool:
    """Whether a worker on this machine holds the job's lock."""
    return _is_locked(folder / LEASE_FILE)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)  # which also gives back what was locked here
    return False


def worker_of(folder: Path) -> tuple[int, str, float] | None:
    """Process id, host and age in seconds of the last sign of life, if there ever was one.

    The age is for people to read: it is wrong by as much as the clocks differ.
    """
    try:
        sign = json.loads((folder / HEARTBEAT_FILE).read_bytes())
        return int(sign["pid"]), str(sign["host"]), time.time() - float(sign["time"])
    except (OSError, ValueError, KeyError):
        return None


def worker_here(folder: Path) -> bool:
    """Whether a worker of this machine is on the job, or is just being started for it."""
    return _is_locked(folder / LAUNCH_FILE) or lease_held(folder)


class Leases:
    """Says whether workers live, those on other hosts too. One per server; it remembers what it saw."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Path, tuple[bytes, float]] = {}  # a heartbeat, and since when it stands still

    def alive(self, folder: Path) -> bool:
        """Whether somebody works on the job: a lock is held here, or another host's heart beats."""
        return worker_here(folder) or self._beats_elsewhere(folder)

    def forget(self, folder: Path) -> None:
        """The job has ended."""
        self._seen.pop(folder, None)

    def _beats_elsewhere(self, folder: Path) -> bool:
        worker = worker_of(folder)
        if worker is None or worker[1] == socket.gethostname():
            return False
        try:
            sign = (folder / HEARTBEAT_FILE).read_bytes()
        except OSError:
            return False
        if self._seen.get(folder, (b"", 0.0))[0] != sign:
            self._seen[folder] = (sign, self._clock())
        return self._clock() - self._seen[folder][1] < LEASE_S
