"""Fetching what the server made: its files one by one, each going on where it broke off.

A file comes in under a hidden name beside its place and gets its own name once all its pieces have the hashes
that the server announced. What it says is checked first: no name of it leads out of the folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from understudy.client.connection import Connection
from understudy.client.patience import Patience
from understudy.client.pushing import Told
from understudy.domain.chunks import CHUNK_BYTES, DIGEST_BYTES, FileChunks
from understudy.domain.clip_name import check_clip_name
from understudy.domain.errors import BadInput, BadRecord, Conflict, NotAuthenticated, Transient
from understudy.domain.file_lock import try_lock
from understudy.domain.files import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    named_write_errors,
    sha256_of,
    sync_folder,
)
from understudy.domain.media import PulledWork, Transferred
from understudy.v1 import media_pb2 as pb
from understudy.wire.media import file_chunks_from_wire, pulled_work_from_wire


def pull(
    connection: Connection, identifier: str, folder: Path, *, told: Told, patience_s: float
) -> Transferred:
    """Fetch a take, a delivery or an export into a folder. Files that are there already are not fetched.

    Raises: NotFound, ConsentRefused, BadRecord, DiskFull, NotWritable, Conflict while another pull writes the
    same file; Transient when the server is away for longer than `patience_s`.
    """
    work, files = _announced(connection, identifier, Patience(connection, patience_s))
    pulling = _Pull(connection, identifier, told, total=work.size)
    for file in files:
        patience = Patience(connection, patience_s)
        while True:
            before = pulling.moved
            try:
                pulling.fetch(file, folder / file.name)
                break
            except (Transient, NotAuthenticated) as error:
                if pulling.moved > before:
                    patience.moved_on()
                patience.wait(error)
    return Transferred(
        path=str(folder),
        sha256="",
        files=len(files),
        moved_bytes=pulling.moved,
        kept_bytes=sum(file.size for file in files) - pulling.moved,
    )


def _announced(
    connection: Connection, identifier: str, patience: Patience
) -> tuple[PulledWork, list[FileChunks]]:
    """What there is to fetch. Raises: BadRecord for what a server cannot mean."""
    while True:
        try:
            request = pb.GetManifestRequest(id=identifier)
            told = connection.stream("MediaService/GetManifest", request, pb.GetManifestResponse)
            work = pulled_work_from_wire(next(told, pb.GetManifestResponse()).work)
            files = [_checked(file_chunks_from_wire(answer.file)) for answer in told]
        except (Transient, NotAuthenticated) as error:
            patience.wait(error)
        else:
            break
    if len(files) != work.files or len({file.name.lower() for file in files}) != len(files):
        raise BadRecord(f"the server announces {work.files} files and names {len(files)}; pull again")
    return work, files


def _checked(file: FileChunks) -> FileChunks:
    """Raises: BadRecord for a name that leads elsewhere, or pieces that do not fit."""
    try:
        for part in file.name.split("/"):
            check_clip_name(part)
        digests = file.digests
    except (BadInput, ValueError) as cause:
        raise BadRecord(f"the server names a file {file.name!r}, which cannot be: {cause}") from cause
    count = max(1, -(-file.size // CHUNK_BYTES))
    if file.size < 0 or len(digests) != count or any(len(digest) != DIGEST_BYTES for digest in digests):
        raise BadRecord(f"what the server says of {file.name!r} does not fit together")
    return file


_OPENED = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # the latter is Windows


@dataclass(slots=True)
class _Pull:
    """Files on their way; `moved` counts the bytes of pieces that came right."""

    connection: Connection
    identifier: str
    told: Told
    total: int
    moved: int = 0
    done: int = 0

    def fetch(self, file: FileChunks, target: Path) -> None:
        """One file. Raises: Transient, to be tried again; Conflict, DiskFull, NotWritable."""
        if not _is_there(file, target):
            with named_write_errors(target):
                self._fetch(file, target)
        self.done += file.size
        self.told("fetch", self.done, self.total)

    def _fetch(self, file: FileChunks, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{TEMPORARY_PREFIX}{target.name}{TEMPORARY_SUFFIX}")
        with _alone(partial) as written:
            first = _whole_chunks(written, file)
            for data in self._chunks(file, first):
                written.write(data)
                written.flush()
            written.truncate(file.size)
            os.fsync(written.fileno())
            partial.replace(target)
        sync_folder(target.parent)

    def _chunks(self, file: FileChunks, first: int) -> Iterator[bytes]:
        """The pieces from one on, each with the hash that was announced. Raises: Transient."""
        if file.size == 0 or first == len(file.digests):
            return
        request = pb.GetChunksRequest(id=self.identifier, name=file.name, first_chunk=first)
        stream = self.connection.stream("MediaService/GetChunks", request, pb.GetChunksResponse)
        for index in range(first, len(file.digests)):
            piece = bytearray()
            while len(piece) < file.chunk_size(index):
                part = next(stream, pb.GetChunksResponse()).data
                if not part:
                    raise Transient(f"{file.name} ended early; it may have been made anew, pull again")
                piece += part
                self.told("fetch", self.done + index * CHUNK_BYTES + len(piece), self.total)
            if hashlib.sha256(piece).digest() != file.digests[index]:
                raise Transient(f"{file.name} is another file now, or was altered on its way; pull again")
            self.moved += len(piece)
            yield bytes(piece)


def _is_there(file: FileChunks, target: Path) -> bool:
    try:
        return target.stat().st_size == file.size and sha256_of(target) == file.sha256
    except OSError:
        return False


def _whole_chunks(written: BinaryIO, file: FileChunks) -> int:
    """How many pieces a file that broke off has whole; it goes on behind them."""
    count = 0
    for index, digest in enumerate(file.digests):
        data = written.read(file.chunk_size(index))
        if hashlib.sha256(data).digest() != digest:
            break
        count += 1
    written.seek(min(count * CHUNK_BYTES, file.size))
    written.truncate()
    return count


@contextmanager
def _alone(partial: Path) -> Iterator[BinaryIO]:
    """Open a file that may be there in part, for this program alone. Raises: Conflict, Transient."""
    descriptor = os.open(partial, _OPENED, 0o644)
    with os.fdopen(descriptor, "rb+") as file:
        if not try_lock(file.fileno()):
            raise Conflict(f"another pull writes {partial.name} at this moment; wait for it")
        if not _has_name(file.fileno(), partial):
            raise Transient(f"another pull ended {partial.name} at this moment; pull again")
        yield file


def _has_name(descriptor: int, path: Path) -> bool:
    """Whether an open file still goes by that name: who had it before may have given it its own."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    return False
