"""Room on a production's disk for what is on its way, so that two that come at once do not fill it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from understudy.domain.errors import DiskFull

KEPT_FREE_BYTES = 256 << 20  # of the disk, for the database and the jobs' own files


class Kept:
    """Room that is kept for one clip; what was written of it is not needed twice."""

    def __init__(self, room: Room, size: int) -> None:
        self._room, self.left = room, size

    def used(self, size: int) -> None:
        """So much is on the disk now."""
        self.left -= size
        self._room.give(size)


class Room:
    """The free space of a folder's disk, less what was promised. For many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._promised = 0

    @contextmanager
    def kept(self, name: str, size: int) -> Iterator[Kept]:
        """Keep room for so many bytes while they come. Raises: DiskFull."""
        self._folder.mkdir(exist_ok=True)
        with self._guard:
            self._check(name, size)
            self._promised += size
        kept = Kept(self, size)
        try:
            yield kept
        finally:
            self.give(kept.left)

    def check(self, name: str, size: int) -> None:
        """Raises: DiskFull when so many bytes have no room at this moment."""
        self._folder.mkdir(exist_ok=True)
        with self._guard:
            self._check(name, size)

    def give(self, size: int) -> None:
        """So much is not promised any more."""
        with self._guard:
            self._promised -= size

    def _check(self, name: str, size: int) -> None:
        free = shutil.disk_usage(self._folder).free - KEPT_FREE_BYTES - self._promised
        if size > free:
            raise DiskFull(
                f"{name} has {size} bytes and the production's disk has room for {max(0, free)}; "
                "free some space and send it again"
            )
