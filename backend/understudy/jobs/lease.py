"""Who is working on a job: a lock that dies with its worker, and a heartbeat that other hosts can read.

On one machine the kernel releases the lock the moment a worker dies, however it dies. Across machines,
where locks may not travel, the age of the heartbeat decides.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.domain.errors import DiskFull, JobStateConflict
from understudy.domain.files import write_bytes

LEASE_FILE, HEARTBEAT_FILE = "lease.lock", "heartbeat.json"
HEARTBEAT_S = 5.0
LEASE_S = 20.0
_PATIENCE_S = 2.0  # a server looking whether the lock is held may hold it for a moment itself


@contextmanager
def hold_lease(folder: Path) -> Iterator[None]:
    """Hold the job's lock and keep its heartbeat going. Raises: JobStateConflict when it is taken."""
    with (folder / LEASE_FILE).open("a") as lock:
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
        with suppress(OSError, DiskFull):  # a full disk must not end the work; the lease then simply runs out
            write_bytes(folder / HEARTBEAT_FILE, json.dumps(sign).encode())
        if ended.wait(HEARTBEAT_S):
            return


def lease_held(folder: Path) -> bool:
    """Whether a worker on this machine holds the job's lock."""
    path = folder / LEASE_FILE
    if not path.exists():
        return False
    with path.open("a") as lock:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(lock.fileno(), fcntl.LOCK_UN)
        return False


def worker_of(folder: Path) -> tuple[int, str, float] | None:
    """Process id, host and age in seconds of the last sign of life, if there ever was one."""
    try:
        sign = json.loads((folder / HEARTBEAT_FILE).read_bytes())
        return int(sign["pid"]), str(sign["host"]), time.time() - float(sign["time"])
    except (OSError, ValueError, KeyError):
        return None


def worker_alive(folder: Path) -> bool:
    """Whether somebody works on the job: the lock is held here, or another host's heartbeat is fresh."""
    if lease_held(folder):
        return True
    worker = worker_of(folder)
    return worker is not None and worker[1] != socket.gethostname() and worker[2] < LEASE_S
