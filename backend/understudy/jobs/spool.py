"""The event spool: one JSON line per event, appended by the worker, taken in by the server."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from understudy.domain.clock import utc_now
from understudy.domain.files import named_write_errors
from understudy.domain.job import Event, EventKind
from understudy.domain.plain import from_json, to_json

SPOOL_FILE = "events.jsonl"
_DURABLE = frozenset({EventKind.STATE, EventKind.RESULT, EventKind.FRAME_FAILED})


class SpoolWriter:
    """Appends events; a line torn by a killed worker is cut off first, since nobody acknowledged it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SPOOL_FILE
        with named_write_errors(self._path):
            self._file = self._path.open("ab+", buffering=0)  # a buffer would keep what a full disk refused
        self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        self._file.seek(0)
        whole = self._file.read().rfind(b"\n") + 1
        self._file.truncate(whole)

    def append(self, event: Event) -> None:
        """Write a line, whole or not at all. Raises: DiskFull."""
        line = to_json(replace(event, time=event.time or utc_now())).encode() + b"\n"
        begin = os.fstat(self._file.fileno()).st_size
        with named_write_errors(self._path):
            try:
                if self._file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, "the disk took only part of a line")
                if event.kind in _DURABLE:
                    os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(begin)
                raise

    def __enter__(self) -> SpoolWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_spool(folder: Path, offset: int) -> list[tuple[Event, int]]:
    """Whole events from byte `offset` on, each with the offset behind it."""
    path = folder / SPOOL_FILE
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read()
    events = []
    for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
        offset += len(line)
        events.append((from_json(Event, line), offset))
    return events


def spool_size(folder: Path) -> int:
    """Where the next worker's events begin: behind the last whole line."""
    path = folder / SPOOL_FILE
    return path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0
