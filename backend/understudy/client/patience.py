"""Going on after a dropped line or while a server restarts, but not for ever."""

from __future__ import annotations

import time

from understudy.client.connection import Connection
from understudy.domain.errors import DiskFull, NotAuthenticated, Transient

PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class Patience:
    """For how long nothing has moved, and where the server is meanwhile."""

    def __init__(self, connection: Connection, patience_s: float) -> None:
        self._connection, self._patience_s = connection, patience_s
        self.moved_on()

    def moved_on(self) -> None:
        """Something was done; the next trouble is a new one."""
        self._trouble_began_s: float | None = None
        self._pause_s = _FIRST_PAUSE_S

    def wait(self, trouble: Transient | NotAuthenticated) -> None:
        """Look where the server is, and sleep a little before another try.

        Raises: the trouble, when another try is of no use or it has lasted too long.
        """
        moved = self._connection.follow_server()
        useless = isinstance(trouble, DiskFull) or (isinstance(trouble, NotAuthenticated) and not moved)
        now_s = time.monotonic()
        if self._trouble_began_s is None:
            self._trouble_began_s = now_s
        if useless or self._connection.closed or now_s - self._trouble_began_s > self._patience_s:
            raise trouble
        time.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
