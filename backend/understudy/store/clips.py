"""Clips that clients send: written beside their place, hashed on the way, there whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.domain.errors import BadInput, DiskFull
from understudy.domain.files import atomic_write, sweep_temporaries, sync_folder
from understudy.domain.identifiers import new_id
from understudy.domain.summary import StoredClip

MEDIA_FOLDER = "media"
MOST_NAME = 200
MOST_NAME_BYTES = 235  # a file system allows 255, and the name of a temporary file is a little longer
KEPT_FREE_BYTES = 256 << 20  # of the disk, for the database and the jobs' own files
GIB = 1 << 30
MOST_UPLOAD_BYTES = 200 * GIB


class Clips:
    """The media folder of a production. Used from many threads."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder / MEDIA_FOLDER, most_bytes
        self._guard = threading.Lock()
        self._coming = 0  # bytes of clips that are still on their way

    def put(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        """Take a clip in. Raises: BadInput for its name or size, or when it is shorter or longer than said;
        DiskFull. Nothing is left behind then.
        """
        check_clip_name(name)
        if not 1 <= size <= self._most_bytes:
            raise BadInput(
                f"{name} has {size} bytes; this server takes clips of 1 to {self._most_bytes} bytes "
                "(`understudy serve --most-upload-gib`)"
            )
        with self._room_for(name, size) as arrived:
            target = self._folder / new_id() / name
            target.parent.mkdir(parents=True)
            try:
                with atomic_write(target) as temporary:
                    digest = self._write(temporary, name, size, chunks, arrived)
            except BaseException:
                target.parent.rmdir()
                raise
            sync_folder(self._folder)
        return StoredClip(path=str(target), sha256=digest)

    @contextmanager
    def _room_for(self, name: str, size: int) -> Iterator[list[int]]:
        """Keep room for a clip while it comes; the list takes the bytes that have arrived."""
        self._folder.mkdir(exist_ok=True)
        arrived = [0]
        with self._guard:
            free = shutil.disk_usage(self._folder).free - KEPT_FREE_BYTES - self._coming
            if size > free:
                raise DiskFull(
                    f"{name} has {size} bytes and the production's disk has room for {max(0, free)}; "
                    "free some space and send it again"
                )
            self._coming += size
        try:
            yield arrived
        finally:
            with self._guard:
                self._coming -= size - arrived[0]

    def _write(
        self, temporary: Path, name: str, size: int, chunks: Iterable[bytes], arrived: list[int]
    ) -> str:
        digest = hashlib.sha256()
        with temporary.open("wb") as file:
            for chunk in chunks:
                if arrived[0] + len(chunk) > size:
                    raise BadInput(f"more came of {name} than the {size} bytes that were said; send it again")
                file.write(chunk)
                digest.update(chunk)
                arrived[0] += len(chunk)
                with self._guard:
                    self._coming -= len(chunk)
        if arrived[0] < size:
            raise BadInput(f"{name} ended after {arrived[0]} of {size} bytes; send it again")
        return digest.hexdigest()

    def sweep(self) -> int:
        """Remove what was on its way when an earlier server ended; returns how many files went."""
        swept = 0
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            if place.is_dir() and not place.is_symlink():
                swept += sweep_temporaries(place, older_than_s=0)
                with suppress(OSError):  # it has a clip
                    place.rmdir()
        return swept


def check_clip_name(name: str) -> None:
    """Raises: BadInput for what cannot be the name of a file in a folder."""
    if not name or name != name.strip() or not name.isprintable() or set("/\\:") & set(name):
        raise BadInput(f"{name!r} cannot be the name of a clip; give the file's name without a folder")
    if name.startswith("."):
        raise BadInput(f"{name!r} cannot be the name of a clip; it begins with a dot")
    if len(name) > MOST_NAME or len(name.encode()) > MOST_NAME_BYTES:
        raise BadInput(f"the name of the clip has {len(name)} characters; give it at most {MOST_NAME}")
