"""The one connection of a production, shared by the threads of the server."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from understudy.domain.errors import BadRecord, Conflict, DiskFull, NotFound, NotWritable, UnderstudyError
from understudy.domain.plain import from_json

Record = TypeVar("Record")
Value = str | int | None

_FULL_BYTES = 1 << 20  # with less left, an error of input or output is a full disk


def connect(path: Path) -> sqlite3.Connection:
    """Open a database in autocommit mode; transactions are always written out.

    `secure_delete` overwrites what is deleted, so that a purged person is gone from the file too.
    Raises: BadRecord when the file is no database.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "foreign_keys = ON",
            "secure_delete = ON",
            "synchronous = FULL",
            "busy_timeout = 5000",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.DatabaseError as cause:
        connection.close()
        raise BadRecord(
            f"{path.name} is not a readable database ({cause}); restore it from a backup"
        ) from cause
    return connection


class Database:
    """A connection guarded by a re-entrant lock. The tables are in the classes derived from it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._guard = threading.RLock()
        self._changed = threading.Condition(self._guard)  # told whenever events or states were written

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Nested use joins the outer transaction. Raises: DiskFull, NotWritable."""
        with self._guard:
            if self._connection.in_transaction:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as cause:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(cause, sqlite3.Error) and (named := self._named(cause)) is not None:
                    raise named from cause
                raise

    def _named(self, cause: sqlite3.Error) -> UnderstudyError | None:
        """What the database's refusal to write means, when it is the disk's fault."""
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says in which call it was
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._is_on_full_disk()):
            return DiskFull("no room left for production.db; free some space and try again")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            return NotWritable("production.db cannot be written; see to the production folder's rights")
        return None

    def _is_on_full_disk(self) -> bool:
        path = self._connection.execute("PRAGMA database_list").fetchone()[2]
        return shutil.disk_usage(path).free < _FULL_BYTES

    def faults(self) -> list[str]:
        """What SQLite itself finds wrong with the database; nothing when it is sound."""
        sound = [row[0] for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]
        loose = self._rows("PRAGMA foreign_key_check")
        return [
            *sound,
            *(f"a {table} refers to a {parent} that is not there" for table, _, parent, _ in loose),
        ]

    def _rows(self, query: str, values: Sequence[Value] = ()) -> list[tuple[str, ...]]:
        with self._guard:
            return self._connection.execute(query, values).fetchall()

    def _records(self, cls: type[Record], query: str, values: Sequence[Value] = ()) -> list[Record]:
        return [from_json(cls, row[0]) for row in self._rows(query, values)]

    def _one(self, cls: type[Record], query: str, values: Sequence[Value], *, missing: str) -> Record:
        found = self._records(cls, query, values)
        if not found:
            raise NotFound(missing)
        return found[0]

    def _save(self, statement: str, values: Sequence[Value], *, conflict: str) -> None:
        """Run one insert. Raises: Conflict with the text given when a name or number is taken already."""
        with self.transaction() as connection:
            try:
                connection.execute(statement, values)
            except sqlite3.IntegrityError as cause:
                if cause.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
                    raise NotFound(
                        "the record refers to a person, shot or take that this production lacks"
                    ) from cause
                raise Conflict(conflict) from cause
