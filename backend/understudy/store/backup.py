"""A second copy of a production, made while it is in use and brought up to date by making it again.

The database comes first, as it is at one moment, and is written last: what it names was there when it was
read, and a copy that has a database is whole. Files are never changed in place, so each can be copied as it
is met. A file that is gone from the production goes from the copy too: a purge must reach backups. What was
purged, withdrawn or revoked while the copy was made has it made again, so that no copy brings it back.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.domain.errors import BadRecord, Conflict, CustodyBroken, Transient
from understudy.domain.files import atomic_write, write_bytes
from understudy.store import schema
from understudy.store.database import connect
from understudy.store.production import (
    ARTEFACT_FOLDERS,
    CUSTODY_NAME,
    DATABASE_NAME,
    KEYS_FOLDER,
)
from understudy.store.snapshot import copy_of_database
from understudy.trust.custody import anchor_path

MADE_AGAIN = "cache"  # a folder whose contents the product makes anew
_HIDDEN = "."
_TAKES_AWAY = frozenset({"purge.done", "consent.revoked", "token.revoked"})
_MOST_TRIES = 5  # whoever withdraws something every time the copy is almost done is waited for no longer


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupReport:
    """What making a backup did: files copied now, with their bytes; files that were there already; files
    taken out since the production has them no more; links, which are not followed."""

    folder: str
    copied: int
    copied_bytes: int
    kept: int
    removed: int
    links: tuple[str, ...]


def backup_production(folder: Path, target: Path) -> BackupReport:
    """Copy a production into `target`, which is new, empty or an earlier backup of it.

    Raises: BadRecord when `folder` is no production; Conflict when `target` holds something else, or somebody
    worked in it; DiskFull; Transient when things were taken away all the time.
    """
    folder, target = folder.resolve(), target.resolve()
    if not (folder / DATABASE_NAME).is_file():
        raise BadRecord(f"{folder} is not a production; name the folder that has {DATABASE_NAME}")
    if target.is_relative_to(folder) or folder.is_relative_to(target):
        raise Conflict(f"{target} and the production lie within each other; choose a folder elsewhere")
    reports = list[BackupReport]()
    while len(reports) < _MOST_TRIES:
        report, up_to_date = _backup_once(folder, target)
        reports.append(report)
        if up_to_date:
            return _summed(reports)
    raise Transient(f"people were purged or consents withdrawn each time; back up into {target} again")


def _backup_once(folder: Path, target: Path) -> tuple[BackupReport, bool]:
    """What was copied, and whether nothing was taken away meanwhile."""
    before, _ = _custody(folder)
    memory = copy_of_database(folder / DATABASE_NAME)
    try:
        _check_target(target, _identity(memory), custody=before)
        target.mkdir(parents=True, exist_ok=True)
        (target / KEYS_FOLDER).mkdir(mode=0o700, exist_ok=True)
        for part in ARTEFACT_FOLDERS:
            (target / part).mkdir(exist_ok=True)
        report = _copy_files(folder, target)
        lines, anchor = _custody(folder)
        up_to_date = _TAKES_AWAY.isdisjoint(_events(lines[len(_whole_lines(before)) :]))
        if up_to_date:
            write_bytes(target / CUSTODY_NAME, lines)
            write_bytes(anchor_path(target / CUSTODY_NAME), anchor)
            _write_database(memory, target / DATABASE_NAME)
    finally:
        memory.close()
    return report, up_to_date


def _summed(reports: Sequence[BackupReport]) -> BackupReport:
    """All tries as one: what the last one found there and an earlier one had copied counts as copied."""
    last, copied = reports[-1], sum(report.copied for report in reports)
    return replace(
        last,
        copied=copied,
        copied_bytes=sum(report.copied_bytes for report in reports),
        kept=max(0, last.kept - (copied - last.copied)),
        removed=sum(report.removed for report in reports),
    )


def _identity(connection: sqlite3.Connection) -> str:
    schema.version_of(connection)  # is it a production's at all?
    return str(connection.execute("SELECT id FROM production").fetchone()[0])


def _check_target(target: Path, production_id: str, *, custody: bytes) -> None:
    if not target.exists() or not any(target.iterdir()):
        return
    if (target / DATABASE_NAME).is_file():
        memory = copy_of_database(target / DATABASE_NAME)
        try:
            other = _identity(memory)
        finally:
            memory.close()
        if other != production_id:
            raise Conflict(f"{target} is a backup of another production; choose a folder of its own")
        if (target / "server.json").exists():
            raise Conflict(f"{target} is served itself; back up into a folder that nobody works in")
        if not custody.startswith(_whole_lines(_custody(target)[0])):
            raise Conflict(
                f"{target} has entries in its custody log that the production has not: somebody worked in it "
                "or the production was set back to an earlier state; choose a new folder for the backup"
            )
    elif not (target / KEYS_FOLDER).is_dir():  # not even a backup that was broken off
        raise Conflict(f"{target} is not empty; choose a new folder for the backup")


def _copy_files(folder: Path, target: Path) -> BackupReport:
    copied, copied_bytes, kept, links = 0, 0, 0, list[str]()
    present: set[str] = set()
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links.append(name)
            continue
        try:
            size = _copy(path, target / name)
        except FileNotFoundError:  # an older checkpoint, or a purge
            continue
        present.add(name)
        copied, copied_bytes, kept = copied + (size >= 0), copied_bytes + max(size, 0), kept + (size < 0)
    removed = 0
    for path in list(_files(target)):
        if path.relative_to(target).as_posix() not in present:
            path.unlink()
            removed += 1
    return BackupReport(
        folder=str(target), copied=copied, copied_bytes=copied_bytes, kept=kept, removed=removed,
        links=tuple(sorted(links)),
    )  # fmt: skip


def _files(folder: Path) -> Iterator[Path]:
    """Everything in the keys' and artefacts' folders that is not on its way or can be made again."""
    for part in (KEYS_FOLDER, *ARTEFACT_FOLDERS):
        if part == MADE_AGAIN:
            continue
        for parent, folders, names in os.walk(folder / part):
            here = Path(parent)
            links = [name for name in folders if (here / name).is_symlink()]
            folders[:] = [name for name in folders if name not in links and not name.startswith(_HIDDEN)]
            yield from (here / name for name in [*names, *links] if not name.startswith(_HIDDEN))


def _copy(source: Path, target: Path) -> int:
    """Copy one file; its length, or -1 when the target is equal by length and time already."""
    found = source.stat()
    if target.is_file():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (found.st_size, found.st_mtime_ns):
            return -1
    with atomic_write(target, mode=found.st_mode & 0o777) as temporary:
        shutil.copyfile(source, temporary)
        os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))
    return found.st_size


def _custody(folder: Path) -> tuple[bytes, bytes]:
    """The log and its signed checkpoint together, between two entries. Raises: CustodyBroken."""
    log = folder / CUSTODY_NAME
    try:
        with log.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            return held.read(), anchor_path(log).read_bytes()
    except FileNotFoundError as cause:
        raise CustodyBroken(f"{cause.filename} is gone; restore it from a backup") from cause


def _whole_lines(log: bytes) -> bytes:
    return log[: log.rfind(b"\n") + 1]


def _events(lines: bytes) -> set[str]:
    return {str(json.loads(line)["event"]) for line in _whole_lines(lines).splitlines()}


def _write_database(memory: sqlite3.Connection, target: Path) -> None:
    with atomic_write(target, mode=0o600) as temporary:
        written = connect(temporary)
        memory.backup(written)
        written.close()
    for left in ("-wal", "-shm"):  # of an earlier copy that somebody opened
        target.with_name(target.name + left).unlink(missing_ok=True)
