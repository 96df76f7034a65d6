"""Which frames of a folder were written whole, and by which settings; for files that cannot say it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from understudy.domain.files import TEMPORARY_PREFIX, sha256_of, write_bytes

INDEX_NAME = f"{TEMPORARY_PREFIX}frames.json"
_EVERY = 16  # frames between two writings of the index; so many at most are made again after a kill


class FrameIndex:
    """Settings and hash of every finished frame, by its file's name. For several threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / INDEX_NAME
        self._frames = _read(self._path)
        self._unwritten = 0
        self._lock = threading.Lock()

    def valid(self, path: Path, settings_sha256: str) -> bool:
        """Whether `path` is, byte for byte, what these settings wrote. Reads the file."""
        with self._lock:
            known = self._frames.get(path.name)
        if known is None or known[0] != settings_sha256 or not path.is_file():
            return False
        return sha256_of(path) == known[1]

    def add(self, path: Path, settings_sha256: str) -> None:
        """Note a file that is whole. Raises: DiskFull."""
        written = settings_sha256, sha256_of(path)
        with self._lock:
            self._frames[path.name] = written
            self._unwritten += 1
            if self._unwritten >= _EVERY:
                self._write()

    def close(self) -> None:
        """Write what is not yet written. Raises: DiskFull."""
        with self._lock:
            if self._unwritten:
                self._write()

    def _write(self) -> None:
        table = {
            name: {"settings": settings, "sha256": sha256}
            for name, (settings, sha256) in sorted(self._frames.items())
        }
        write_bytes(self._path, json.dumps({"frames": table}, indent=1).encode() + b"\n")
        self._unwritten = 0


def _read(path: Path) -> dict[str, tuple[str, str]]:
    """What is noted so far; nothing when the index is missing or no such file: its frames are made anew."""
    try:
        table = json.loads(path.read_bytes())["frames"]
        return {str(name): (str(row["settings"]), str(row["sha256"])) for name, row in table.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
