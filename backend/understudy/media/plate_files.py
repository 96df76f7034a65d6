"""Whether a plate's files are still those that were taken in: its pictures are told apart by their hash."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.domain.errors import UnreadableMedia
from understudy.domain.latest import Latest
from understudy.domain.shot import Plate
from understudy.media.sequence_files import names_between, plate_sha256

__all__ = ["PlateFiles", "plate_sha256"]

_MOST = 256
_LOOK_AGAIN_S = 1.0  # a sequence has a thousand files to look at

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: _Stamp
    same: bool
    at_s: float


class PlateFiles:
    """Looks at plates' files. For many threads.

    A file that nobody touched since it was taken in is believed; any other is hashed, once for each state in
    which it is met. A sequence's files are looked at together, at most once a second. `changed` is called
    when a file is another than at the last look.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._seen: Latest[tuple[str, str], _Seen] = Latest(_MOST)
        self._hashing = threading.Lock()

    def check(self, plate: Plate, *, taken_in_ns: int) -> None:
        """Raises: UnreadableMedia when it is another file. One that is away is left to whoever reads it."""
        seen = self._seen.get((plate.path, plate.sha256))
        if not (plate.is_sequence and seen is not None and time.monotonic() < seen.at_s + _LOOK_AGAIN_S):
            stamp = _sequence_stamp(plate) if plate.is_sequence else _stamp(Path(plate.path))
            if stamp is None:
                return
            if seen is None or seen.stamp != stamp or plate.is_sequence:
                with self._hashing:
                    seen = self._look(plate, stamp, taken_in_ns)
        if not seen.same:
            raise UnreadableMedia(
                f"{plate.path} is not the file any more that was taken in; put that one back, or ingest this "
                "one as a shot of its own"
            )

    def _look(self, plate: Plate, stamp: _Stamp, taken_in_ns: int) -> _Seen:
        key = plate.path, plate.sha256
        before, now = self._seen.get(key), time.monotonic()
        if before is not None and before.stamp == stamp:
            return self._seen.put(key, replace(before, at_s=now))
        if before is not None:
            self._changed()
        untouched = before is None and max(stamp[1:3]) <= taken_in_ns
        same = untouched or plate_sha256(plate) == plate.sha256
        return self._seen.put(key, _Seen(stamp, same, now))


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is written to or replaced, also by one that is older."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _sequence_stamp(plate: Plate) -> _Stamp | None:
    """The same of a sequence's files together, of those that are there of the used ones and the others."""
    folder, start = Path(plate.path).parent, plate.sequence_start or 0
    names = set(names_between(plate.path, start, start + plate.file_frames - 1))
    try:
        with os.scandir(folder) as entries:
            found = [entry.stat() for entry in entries if entry.name in names]
    except OSError:
        return None
    if not found:
        return None
    inodes = hash(tuple(sorted(file.st_ino for file in found)))
    modified = max(file.st_mtime_ns for file in found)
    changed = max(file.st_ctime_ns for file in found)
    return inodes, modified, changed, sum(file.st_size for file in found)
