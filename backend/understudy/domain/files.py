"""Writing files so that nobody ever meets half of one, and hashing them."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.domain.errors import DiskFull

TEMPORARY_PREFIX = "."
TEMPORARY_SUFFIX = ".part"


@contextmanager
def atomic_write(target: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a hidden path beside `target`; on success it is fsynced and renamed over `target`.

    On any error the hidden file is removed and `target` is as it was. The hidden name keeps the
    target's suffix last (`.shot.1001.xxxx.part.exr`), since writers choose their format by it,
    and begins with a dot so that sequence readers do not list it.
    Raises: DiskFull.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(
            prefix=f"{TEMPORARY_PREFIX}{target.stem}.",
            suffix=TEMPORARY_SUFFIX + target.suffix,
            dir=target.parent,
        )
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no room left to write {target}; free some space and try again") from cause
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(target: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a whole file atomically."""
    with atomic_write(target, mode=mode) as temporary:
        temporary.write_bytes(data)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep_temporaries(folder: Path, *, older_than_s: float = 3600.0) -> int:
    """Remove what killed writers left behind in `folder`; returns how many files went.

    Younger ones stay: on a farm, other tasks write into the same folder at this moment.
    """
    oldest, swept = time.time() - older_than_s, 0
    for path in folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()
                swept += 1
    return swept
