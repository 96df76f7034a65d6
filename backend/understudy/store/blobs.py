"""Pieces of clips that come in: each a file named by its hash, in a hidden folder, until its clip is whole.

They are no part of the production: a sweep or a purge takes them, and whoever sends a clip is told what to
send again. What is put together of them is hashed again, so no power cut and no bad disk can put a wrong
piece into a clip.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from understudy.domain.chunks import CHUNK_BYTES
from understudy.domain.errors import BadInput, DiskFull, Transient
from understudy.domain.files import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, named_write_errors
from understudy.store.room import Room

INCOMING_FOLDER = ".incoming"
KEPT_S = 7 * 24 * 3600.0  # pieces that nobody asked for since then go when the server starts
_CROWDED_S = 24 * 3600.0  # and when there are too many, those that nobody asked for today


class Blobs:
    """The pieces below a media folder, `most_bytes` of them at most. For many threads."""

    def __init__(self, media: Path, room: Room, *, most_bytes: int) -> None:
        self._folder, self._room, self._most_bytes = media / INCOMING_FOLDER, room, most_bytes
        self._guard = threading.Lock()
        self._total: int | None = None  # bytes in the folder; not known before somebody asks

    def missing(self, sizes: Mapping[bytes, int]) -> list[bytes]:
        """Which of these pieces are not here. The others stay here for the time being."""
        return [digest for digest, size in sizes.items() if not self._touch(digest, size)]

    def _touch(self, digest: bytes, size: int) -> bool:
        path = self.path(digest)
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except OSError:
            return False
        return True

    def path(self, digest: bytes) -> Path:
        """Where a piece lies, if it is here."""
        return self._folder / digest.hex()

    def put(self, digest: bytes, data: bytes) -> None:
        """Keep a piece. Raises: BadInput when it is not the one it is said to be; DiskFull, NotWritable."""
        if not 1 <= len(data) <= CHUNK_BYTES:
            raise BadInput(f"a piece has 1 to {CHUNK_BYTES} bytes, not {len(data)}")
        if hashlib.sha256(data).digest() != digest:
            raise BadInput(
                "a piece is not the one that it is said to be; it was altered on its way, send it again"
            )
        if self._touch(digest, len(data)):
            return
        with self._room.kept("a piece of a clip", len(data)) as kept:
            self._make_room(len(data))
            self._write(self.path(digest), data)
            kept.used(len(data))

    def _make_room(self, size: int) -> None:
        """Raises: DiskFull when as many pieces are here as may be."""
        with self._guard:
            crowded = self._known_total() + size > self._most_bytes
        if crowded:
            self.sweep(older_than_s=_CROWDED_S)
        with self._guard:
            if self._known_total() + size > self._most_bytes:
                raise DiskFull(
                    f"the pieces of unfinished clips take {self._total} bytes, and the server keeps at most "
                    f"{self._most_bytes}; finish those clips, or start the server with --most-upload-gib"
                )
            self._total = self._known_total() + size

    def _known_total(self) -> int:
        if self._total is None:
            self._total = sum(map(_size, self._files()))
        return self._total

    def _write(self, target: Path, data: bytes) -> None:
        with named_write_errors(target):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                prefix=TEMPORARY_PREFIX, suffix=TEMPORARY_SUFFIX, dir=self._folder
            )
            try:
                with open(handle, "wb") as file:
                    file.write(data)
                os.chmod(name, 0o644)
                os.replace(name, target)
            except BaseException as cause:
                with suppress(FileNotFoundError):
                    os.unlink(name)
                self._forget_total()
                if isinstance(cause, FileNotFoundError):
                    raise Transient("a sweep or a purge took a piece of the clip; send it again") from cause
                raise

    def read(self, digest: bytes, size: int) -> bytes:
        """A piece, hashed again. Raises: Transient when it is not here or has gone bad."""
        data = self.unchecked(digest)
        if len(data) != size or hashlib.sha256(data).digest() != digest:
            self.drop([digest])
            raise Transient("a piece of the clip has gone bad on the server's disk; send the clip again")
        return data

    def unchecked(self, digest: bytes) -> bytes:
        """What lies under a piece's name. Raises: Transient when nothing does."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError as cause:
            raise Transient("a piece of the clip is not here any more; send the clip again") from cause

    def drop(self, digests: Iterable[bytes]) -> None:
        """Keep these pieces no longer."""
        for digest in digests:
            self.path(digest).unlink(missing_ok=True)
        self._forget_total()

    def sweep(self, *, older_than_s: float = KEPT_S) -> int:
        """Remove pieces that nobody asked for in so long; returns how many files went."""
        oldest, swept = time.time() - older_than_s, 0
        for path in list(self._files()):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= oldest:
                    path.unlink()
                    swept += 1
        with suppress(OSError):  # there are others, or it is not there
            self._folder.rmdir()
        self._forget_total()
        return swept

    def _forget_total(self) -> None:
        with self._guard:
            self._total = None

    def _files(self) -> Iterator[Path]:
        return self._folder.iterdir() if self._folder.is_dir() else iter(())


def _size(path: Path) -> int:
    """Bytes of a file, none of one that went or got its own name meanwhile."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
