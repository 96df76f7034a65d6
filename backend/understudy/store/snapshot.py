"""A production as it is at one moment, to look at: nothing on disk changes, a server may go on."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from understudy.domain.errors import BadRecord, NotFound
from understudy.store import schema
from understudy.store.database import connect
from understudy.store.production import DATABASE_NAME, KEYS_FOLDER, Production
from understudy.trust.keys import load_private_key


def snapshot(folder: Path) -> tuple[Production, int]:
    """The production with a copy of its database in memory, and the schema version the file has.

    A copy of an older version is brought up to the present one; the file keeps its own.
    Raises: NotFound, BadRecord.
    """
    folder = folder.resolve()
    if not (folder / DATABASE_NAME).is_file():
        raise NotFound(f"{folder} is not a production; create one with `understudy production create`")
    key = load_private_key(folder / KEYS_FOLDER)
    memory = copy_of_database(folder / DATABASE_NAME)
    version = schema.migrate(memory)
    return Production(folder, memory, None, key), version


def copy_of_database(path: Path) -> sqlite3.Connection:
    """A database in memory that equals the file's last whole state. Raises: BadRecord."""
    memory = connect(Path(":memory:"))
    try:
        if os.access(path.parent, os.W_OK):
            _copy(path, memory)
        else:  # SQLite wants to write beside it: a backup on a disk that can only be read
            with TemporaryDirectory() as place:
                for name in (path.name, f"{path.name}-wal"):
                    if path.with_name(name).exists():
                        shutil.copyfile(path.with_name(name), Path(place) / name)
                _copy(Path(place) / path.name, memory)
    except sqlite3.DatabaseError as cause:
        memory.close()
        raise BadRecord(
            f"{path.name} is not a readable database ({cause}); restore it from a backup"
        ) from cause
    return memory


def _copy(path: Path, memory: sqlite3.Connection) -> None:
    source = connect(path)
    try:
        source.backup(memory)
    finally:
        source.close()
