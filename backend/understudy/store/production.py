"""A production: one folder, opened by one server at a time."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from understudy.domain.clock import utc_now
from understudy.domain.errors import BadRecord, Conflict, NotFound
from understudy.domain.files import atomic_write
from understudy.domain.identifiers import new_id
from understudy.store import schema
from understudy.store.access_tables import AccessTables
from understudy.store.artefact_tables import ArtefactTables
from understudy.store.clips import MEDIA_FOLDER
from understudy.store.database import connect
from understudy.store.edit_tables import EditTables
from understudy.store.job_tables import JobTables
from understudy.store.lock import release_lock, take_lock
from understudy.store.people_tables import PeopleTables
from understudy.trust.custody import CustodyLog
from understudy.trust.keys import create_keys, load_private_key

DATABASE_NAME = "production.db"
CUSTODY_NAME = "custody.jsonl"
KEYS_FOLDER = "keys"
ARTEFACT_FOLDERS = (
    "shots",
    "facesets",
    "models",
    "takes",
    "mattes",
    "deliveries",
    "exports",
    "evaluations",
    "scratch",
    "cache",
    "jobs",
    MEDIA_FOLDER,
)


class Production(PeopleTables, JobTables, ArtefactTables, EditTables, AccessTables):
    """An open production. Use it as a context manager; leaving it closes the database and frees the lock."""

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, lock: int | None, key: Ed25519PrivateKey
    ) -> None:
        super().__init__(connection)
        self._lock = lock
        self.folder = folder
        self.key = key
        self.production_id, self.name, self.created_at = self._rows(
            "SELECT id, name, created_at FROM production"
        )[0]
        self.custody = CustodyLog(folder / CUSTODY_NAME, key)

    @staticmethod
    def create(folder: Path, name: str) -> None:
        """Make a production folder with its keys, custody log and empty database.

        The database is written last and whole, so a folder that has one is complete.
        Raises: Conflict when the folder has a production or other files, BadRecord without a name.
        """
        if not name.strip():
            raise BadRecord("a production needs a name")
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"{folder} is not empty; choose a new folder for the production")
        for part in (*ARTEFACT_FOLDERS, KEYS_FOLDER):
            (folder / part).mkdir(parents=True)
        (folder / KEYS_FOLDER).chmod(0o700)
        create_keys(folder / KEYS_FOLDER)
        identifier = new_id()
        custody = CustodyLog.create(folder / CUSTODY_NAME, load_private_key(folder / KEYS_FOLDER))
        custody.append("production.created", production_id=identifier)
        with atomic_write(folder / DATABASE_NAME, mode=0o600) as temporary:
            connection = connect(temporary)
            schema.create(connection)
            connection.execute(
                "INSERT INTO production VALUES (?, ?, ?)", (identifier, name.strip(), utc_now())
            )
            connection.close()

    @staticmethod
    def open(folder: Path) -> Production:
        """Lock and open a production. Raises: NotFound, ProductionInUse, BadRecord."""
        folder = folder.resolve()
        if not (folder / DATABASE_NAME).is_file():
            raise NotFound(f"{folder} is not a production; create one with `understudy production create`")
        lock = take_lock(folder)
        try:
            key = load_private_key(folder / KEYS_FOLDER)
            connection = connect(folder / DATABASE_NAME)
            try:
                _keep_as_it_was(connection, folder)
                schema.migrate(connection)
                for part in ARTEFACT_FOLDERS:  # an older production lacks the newer ones
                    (folder / part).mkdir(exist_ok=True)
                connection.execute("PRAGMA journal_mode = WAL")
                return Production(folder, connection, lock, key)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            release_lock(lock)
            raise

    def close(self) -> None:
        """Close the database and let the next server in. Closing twice does nothing."""
        with self._guard:
            self._connection.close()
            if self._lock is not None:
                release_lock(self._lock)
                self._lock = None

    def __enter__(self) -> Production:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What grants, checkpoints and manifests of this production are checked with."""
        return self.key.public_key()

    def path(self, relative: str) -> Path:
        """The absolute path of something below the production folder. Raises: BadRecord outside it."""
        path = Path(os.path.normpath(self.folder / relative))
        if path == self.folder or not path.is_relative_to(self.folder):
            raise BadRecord(f"{relative!r} does not lie below the production folder")
        return path

    def relative(self, path: Path) -> str:
        """The inverse of `path`, with forward slashes. Raises: BadRecord when it lies outside."""
        return self.path(str(path)).relative_to(self.folder).as_posix()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database, so that what was deleted is in neither file."""
        with self._guard:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep_as_it_was(connection: sqlite3.Connection, folder: Path) -> None:
    """A copy of an older database before it is brought up to date: `production.v1.db`."""
    version = schema.version_of(connection)
    kept = folder / f"production.v{version}.db"
    if version < schema.SCHEMA_VERSION and not kept.exists():
        with atomic_write(kept, mode=0o600) as temporary:
            copy = sqlite3.connect(temporary)
            connection.backup(copy)
            copy.close()
