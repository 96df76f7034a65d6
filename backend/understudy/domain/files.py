"""Writing files so that nobody ever meets half of one, and hashing them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from understudy.domain.errors import DiskFull, NotWritable, UnderstudyError
from understudy.domain.file_lock import try_lock

TEMPORARY_PREFIX = "."
TEMPORARY_SUFFIX = ".part"

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FULL_BYTES = 1 << 20  # with less left, a library that hides its reason met a full disk


@contextmanager
def atomic_write(target: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a hidden path beside `target`; on success it is fsynced and renamed over `target`.

    On any error the hidden file is removed and `target` is as it was. The hidden name keeps the
    target's suffix last (`.shot.1001.xxxx.part.exr`), since writers choose their format by it,
    and begins with a dot so that sequence readers do not list it. It is locked as long as its
    writer lives, so nobody sweeps it away under the writer.
    Raises: DiskFull, NotWritable.
    """
    with named_write_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f"{TEMPORARY_PREFIX}{target.stem}.",
            suffix=TEMPORARY_SUFFIX + target.suffix,
            dir=target.parent,
        )
        temporary = Path(name)
        try:
            _lock(handle)
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.chmod(mode)
            temporary.replace(target)
        except BaseException as cause:
            # Asked before the hidden file makes room again; libraries hide the reason, or only quote it.
            full = _is_full(target.parent) or os.strerror(errno.ENOSPC) in str(cause)
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if full and isinstance(cause, Exception) and not isinstance(cause, OSError | UnderstudyError):
                raise DiskFull(_no_room(target)) from cause
            raise
        finally:
            os.close(handle)
        sync_folder(target.parent)


@contextmanager
def named_write_errors(target: Path) -> Iterator[None]:
    """Give the system's word for a full disk, or one that may not be written, its name.

    Raises: DiskFull, NotWritable.
    """
    try:
        yield
    except OSError as cause:
        if cause.errno in _NO_ROOM:
            raise DiskFull(_no_room(target)) from cause
        if cause.errno in _NOT_ALLOWED:
            raise NotWritable(
                f"{target} cannot be written ({cause.strerror}); see to the folder's rights, or name another"
            ) from cause
        raise


def _no_room(target: Path) -> str:
    return f"no room left to write {target}; free some space and try again"


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


def _lock(handle: int) -> bool:
    """Lock an open file unless somebody else has; a share that knows no locks counts as nobody."""
    try:
        return try_lock(handle)
    except OSError:
        return True


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut; Windows sees to that by itself."""
    if os.name == "nt":
        return
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

    Whatever a writer of this machine still has open stays. Younger files stay too: on a farm, other
    machines, whose locks may not travel, write into the same folder at this moment.
    """
    oldest, swept = time.time() - older_than_s, 0
    for path in folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}*"):
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime <= oldest and not _is_being_written(path):
                path.unlink()
                swept += 1
    return swept


def sweep_tree(folder: Path, *, older_than_s: float = 3600.0) -> int:
    """`sweep_temporaries` of a folder and all below it."""
    return sum(sweep_temporaries(Path(place), older_than_s=older_than_s) for place, _, _ in os.walk(folder))


def _is_being_written(temporary: Path) -> bool:
    handle = os.open(temporary, os.O_RDONLY)
    try:
        return not _lock(handle)
    finally:
        os.close(handle)
