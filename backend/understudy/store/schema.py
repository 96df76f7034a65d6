"""The shape of `production.db`, and how an older file is brought up to it.

Script i turns version i into version i + 1; the version is SQLite's `user_version`. A released script is
never edited: a change is a new script at the end.
"""

from __future__ import annotations

import sqlite3

from understudy.domain.errors import BadRecord

APPLICATION_ID = (
    0x55445359  # marks the file as ours, so that nobody's other database is taken for a production
)

_VERSION_1 = """
CREATE TABLE production (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT UNIQUE,              -- NULL once the person was purged
    purged_at TEXT
) STRICT;
CREATE TABLE consent (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    record TEXT NOT NULL
) STRICT;
CREATE INDEX consent_person ON consent (person_id);
CREATE TABLE shot (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES person (id),
    record TEXT NOT NULL
) STRICT;
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_at TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    error TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX job_state ON job (state);
CREATE TABLE event (
    job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (job_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE spool (
    job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    taken_bytes INTEGER NOT NULL,
    PRIMARY KEY (job_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE faceset (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    record TEXT NOT NULL
) STRICT;
CREATE TABLE model (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE INDEX model_name ON model (name);
CREATE TABLE take (
    id TEXT PRIMARY KEY,
    shot_id TEXT NOT NULL REFERENCES shot (id),
    version INTEGER NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (shot_id, version)
) STRICT;
CREATE TABLE delivery (
    id TEXT PRIMARY KEY,
    take_id TEXT NOT NULL REFERENCES take (id),
    record TEXT NOT NULL
) STRICT;
"""

_VERSION_2 = """
CREATE TABLE edit (
    shot_id TEXT NOT NULL REFERENCES shot (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,     -- from 1 within the shot, without holes
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    step TEXT NOT NULL,
    action TEXT,                   -- JSON; NULL for undo and redo
    request_id TEXT NOT NULL,
    PRIMARY KEY (shot_id, revision)
) STRICT;
CREATE INDEX edit_request ON edit (shot_id, request_id);
CREATE TABLE matte_layer (
    id TEXT PRIMARY KEY,
    shot_id TEXT NOT NULL REFERENCES shot (id),
    record TEXT NOT NULL
) STRICT;
CREATE INDEX matte_layer_shot ON matte_layer (shot_id);
"""

_VERSION_3 = """
CREATE TABLE token (
    id TEXT PRIMARY KEY,           -- the public part of the access token
    sha256 TEXT NOT NULL,          -- of the whole token; the token itself is kept nowhere
    record TEXT NOT NULL
) STRICT;
ALTER TABLE edit ADD COLUMN token_id TEXT NOT NULL DEFAULT '';  -- with which token it came
"""

MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _VERSION_3)
SCHEMA_VERSION = len(MIGRATIONS)


def create(connection: sqlite3.Connection) -> None:
    """Give an empty database the present shape."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    _run(connection, 0, MIGRATIONS)


def migrate(connection: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> int:
    """Bring an older production up to the last version; returns the version it had.

    Every step is one transaction, so a crash leaves the file at a whole version.
    Raises: BadRecord when the file is no production, was never finished, or is newer than this software.
    """
    version = version_of(connection)
    if version > len(migrations):
        raise BadRecord(
            f"production.db has schema version {version}, this software knows up to {len(migrations)}; "
            "open it with the newer Understudy that wrote it"
        )
    _run(connection, version, migrations)
    return version


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of a production's database. Raises: BadRecord when it is none, or unfinished."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as cause:
        raise BadRecord(
            f"production.db is not a readable database ({cause}); restore it from a backup"
        ) from cause
    if application != APPLICATION_ID or version < 1:
        raise BadRecord(
            "production.db is no production's database; create one with `understudy production create`"
        )
    return version


def _run(connection: sqlite3.Connection, version: int, migrations: tuple[str, ...]) -> None:
    for number, script in enumerate(migrations[version:], start=version + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {number};COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
