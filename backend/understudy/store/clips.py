"""Clips that clients send: written beside their place, hashed on the way, there whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from understudy.domain.clip_name import check_clip_name
from understudy.domain.errors import BadInput
from understudy.domain.files import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    atomic_write,
    sweep_temporaries,
    sync_folder,
)
from understudy.domain.identifiers import new_id
from understudy.domain.summary import StoredClip
from understudy.store.room import Kept, Room

MEDIA_FOLDER = "media"
GIB = 1 << 30
MOST_UPLOAD_BYTES = 200 * GIB


class Clips:
    """The media folder of a production. Used from many threads."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self.most_bytes = folder / MEDIA_FOLDER, most_bytes
        self.room = Room(self._folder)

    def put(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        """Take a clip in. Raises: BadInput for its name or size, or when it is shorter or longer than said;
        DiskFull. Nothing is left behind then.
        """
        check_clip_name(name)
        self.check_size(name, size)
        with self.room.kept(name, size) as kept:
            target = self._folder / new_id() / name
            target.parent.mkdir(parents=True)
            try:
                with atomic_write(target) as temporary:
                    digest = _write(temporary, name, size, chunks, kept)
            except BaseException:
                target.parent.rmdir()
                raise
            sync_folder(self._folder)
        return StoredClip(path=str(target), sha256=digest)

    def check_size(self, name: str, size: int) -> None:
        """Raises: BadInput for a clip that is larger than this server takes."""
        if not 1 <= size <= self.most_bytes:
            raise BadInput(
                f"{name} has {size} bytes; this server takes clips of 1 to {self.most_bytes} bytes "
                "(`understudy serve --most-upload-gib`)"
            )

    def sweep(self) -> int:
        """Remove what was on its way when an earlier server ended; returns how many files went."""
        swept = 0
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            if place.is_symlink() or not place.is_dir():
                continue
            if is_half_clip(place):
                shutil.rmtree(place)
                swept += 1
            else:
                swept += sweep_temporaries(place, older_than_s=0)
                with suppress(OSError):  # it has a clip
                    place.rmdir()
        return swept


def half_clip(folder: Path) -> Path:
    """Where the files of a clip are put before its folder gets its name."""
    return folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}{TEMPORARY_SUFFIX}")


def is_half_clip(place: Path) -> bool:
    """Whether a folder is of a clip that was being put together."""
    return place.name.startswith(TEMPORARY_PREFIX) and place.name.endswith(TEMPORARY_SUFFIX)


def _write(temporary: Path, name: str, size: int, chunks: Iterable[bytes], kept: Kept) -> str:
    digest, arrived = hashlib.sha256(), 0
    with temporary.open("wb") as file:
        for chunk in chunks:
            if arrived + len(chunk) > size:
                raise BadInput(f"more came of {name} than the {size} bytes that were said; send it again")
            file.write(chunk)
            digest.update(chunk)
            arrived += len(chunk)
            kept.used(len(chunk))
    if arrived < size:
        raise BadInput(f"{name} ended after {arrived} of {size} bytes; send it again")
    return digest.hexdigest()
