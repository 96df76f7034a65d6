"""A real server on loopback for tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from understudy.admission import Admission
from understudy.rpc.backend import Backend
from understudy.rpc.call_limits import CallLimits
from understudy.rpc.server import RunningServer, serve
from understudy.store import schema
from understudy.store.access_tables import AccessTables

TOKEN = "correct-horse-battery-staple"


def admission(
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    audit: Callable[..., object] = lambda event, **facts: event,
) -> Admission:
    """A door whose own token is TOKEN, over a database in memory. `audit` hears what a custody log would."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.create(connection)
    return Admission(AccessTables(connection), own_token=TOKEN, audit=audit, now=now)


@contextmanager
def running(
    backend: Backend,
    address: str = "127.0.0.1:0",
    max_workers: int = 8,
    *,
    access: Admission | None = None,
    limits: CallLimits | None = None,
) -> Iterator[RunningServer]:
    server = serve(
        backend, access=access or admission(), address=address, max_workers=max_workers, limits=limits
    )
    try:
        yield server
    finally:
        server.stop()
