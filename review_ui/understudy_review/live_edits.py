"""A thread that follows one shot's edits, for as long as a tab looks at it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from understudy.client import Client
from understudy.domain.edit_stack import EditEntry, entry_to_table
from understudy.domain.errors import NotFound, UnderstudyError

_PAUSE_S = 0.5

Tell = Callable[[str, Any, int | None], None]

_log = logging.getLogger(__name__)


class ShotWatch(threading.Thread):
    """Tells every entry above a revision, through servers that go away and come back.

    A server follows only so many shots at once; where it has no room left,
    the list is asked for every half second.
    It has a client of its own: closing that one is how a call that waits is ended.
    """

    def __init__(self, shot_id: str, after: int, connect: Callable[[], Client], tell: Tell) -> None:
        super().__init__(name=f"live edits {shot_id}", daemon=True)
        self._shot_id, self._last = shot_id, after
        self._connect, self._tell = connect, tell
        self._guard = threading.Lock()
        self._client: Client | None = None
        self._ending = threading.Event()

    def stop(self) -> None:
        """Take no more; returns at once."""
        self._ending.set()
        with self._guard:
            if self._client is not None:
                self._client.close()

    def present(self) -> list[tuple[str, Any]]:
        return []

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                self._follow()
            except NotFound as gone:
                _log.warning("shot %s is followed no more: %s", self._shot_id, gone)
                return
            except UnderstudyError as trouble:
                _log.debug("the line of shot %s dropped: %s", self._shot_id, trouble)
            self._ending.wait(_PAUSE_S)

    def _follow(self) -> None:
        """Until the line drops. Raises: what the client raises."""
        client = self._connect()
        with self._guard:
            self._client = client
        try:
            if self._ending.is_set():
                return
            known = client.edits(self._shot_id, self._last)
            self._last = min(self._last, known.revision)  # a tab may claim to know more than there is
            for entry in known.entries:
                self._take(entry)
            for entry in client.watch_edits(self._shot_id, self._last, patience_s=0.0):
                self._take(entry)
                if self._ending.is_set():
                    return
        finally:
            with self._guard:
                self._client = None
            client.close()

    def _take(self, entry: EditEntry) -> None:
        self._last = entry.revision
        self._tell("edit", entry_to_table(entry), entry.revision)
