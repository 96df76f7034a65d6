"""Whether a plate's file is still the one that was taken in: its pictures are told apart by its hash."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import sha256_of
from understudy.domain.latest import Latest
from understudy.domain.shot import Plate

_MOST = 256

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: _Stamp
    same: bool


class PlateFiles:
    """Looks at plates' files. For many threads.

    A file that nobody touched since it was taken in is believed; any other is hashed, once for each state in
    which it is met. `changed` is called when a file is another than at the last look.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._seen: Latest[tuple[str, str], _Seen] = Latest(_MOST)
        self._hashing = threading.Lock()

    def check(self, plate: Plate, *, taken_in_ns: int) -> None:
        """Raises: UnreadableMedia when it is another file. One that is away is left to whoever reads it."""
        path = Path(plate.path)
        stamp = _stamp(path)
        if stamp is None:
            return
        seen = self._seen.get((plate.path, plate.sha256))
        if seen is None or seen.stamp != stamp:
            with self._hashing:
                seen = self._look(plate, path, stamp, taken_in_ns)
        if not seen.same:
            raise UnreadableMedia(
                f"{path} is not the file any more that was taken in; put that one back, or ingest this one "
                "as a shot of its own"
            )

    def _look(self, plate: Plate, path: Path, stamp: _Stamp, taken_in_ns: int) -> _Seen:
        key = plate.path, plate.sha256
        before = self._seen.get(key)
        if before is not None and before.stamp == stamp:
            return before
        if before is not None:
            self._changed()
        untouched = before is None and max(stamp[1:3]) <= taken_in_ns
        try:
            same = untouched or sha256_of(path) == plate.sha256
        except OSError as cause:
            raise UnreadableMedia(f"{path} cannot be read: {cause.strerror or cause}") from cause
        return self._seen.put(key, _Seen(stamp, same))


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is written to or replaced, also by one that is older."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def plate_sha256(plate: Plate) -> str:
    """The hash of a plate's file as it is now. Raises: UnreadableMedia when it cannot be read."""
    try:
        return sha256_of(Path(plate.path))
    except OSError as cause:
        raise UnreadableMedia(
            f"{plate.path} cannot be read: {cause.strerror or cause}; check the path and the disk"
        ) from cause
