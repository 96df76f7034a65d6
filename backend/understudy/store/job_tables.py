"""Jobs, what they tell, and how much of a worker's spool was taken in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace

from understudy.domain.clock import utc_now
from understudy.domain.errors import BadRecord, Conflict, NotFound
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, EventKind, Job, JobKind, JobState, check_move
from understudy.domain.job_spec import JobSpec, spec_to_table
from understudy.domain.plain import to_json
from understudy.store.database import Database

_COLUMNS = "id, kind, state, request_id, spec, created_at, attempt, error, message, result"
SPOOL = "events.jsonl"


class JobTables(Database):
    """The part of a production that knows its long work. Every change of state is also an event."""

    def create_job(self, spec: JobSpec, request_id: str, *, job_id: str = "") -> tuple[Job, bool]:
        """Queue a job; the same request again gives the job that it made the first time, and False.

        Raises: Conflict when the request id was used for something else, BadRecord when it is empty.
        """
        if not request_id:
            raise BadRecord("a job needs a request id; send a fresh UUID for each new piece of work")
        text = to_json(spec_to_table(spec))
        with self.transaction() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM job WHERE request_id = ?", (request_id,)
            ).fetchone()
            if row is not None:
                if (row[1], row[4]) != (spec.kind, text):
                    raise Conflict(
                        f"request {request_id} made {row[1]} job {row[0]} with other settings; "
                        "send a fresh request id for new work"
                    )
                return _job(row), False
            identifier = job_id or new_id()
            connection.execute(
                "INSERT INTO job (id, request_id, kind, state, spec, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (identifier, request_id, spec.kind, JobState.QUEUED, text, utc_now()),
            )
            self.append_events(identifier, [Event(kind=EventKind.STATE, message=JobState.QUEUED)])
            return self.job(identifier), True

    def job(self, id_or_prefix: str) -> Job:
        """A job by its id, or by a beginning of it that fits one job only. Raises: NotFound, Conflict."""
        rows = (
            self._rows(
                f"SELECT {_COLUMNS} FROM job WHERE substr(id, 1, ?) = ? LIMIT 2",
                (len(id_or_prefix), id_or_prefix),
            )
            if id_or_prefix
            else []
        )
        if not rows:
            raise NotFound(f"there is no job {id_or_prefix!r}; `understudy jobs list` shows all")
        if len(rows) > 1:
            raise Conflict(f"several jobs begin with {id_or_prefix!r}; give more of the id")
        return _job(rows[0])

    def jobs(self, states: Collection[JobState] | None = None) -> list[Job]:
        """All jobs, or those in some states, oldest first."""
        if states is None:
            return [_job(row) for row in self._rows(f"SELECT {_COLUMNS} FROM job ORDER BY rowid")]
        marks = ", ".join("?" for _ in states)
        query = f"SELECT {_COLUMNS} FROM job WHERE state IN ({marks}) ORDER BY rowid"
        return [_job(row) for row in self._rows(query, tuple(states))]

    def job_of_request(self, request_id: str) -> Job | None:
        """The job that a request made, if it made one."""
        rows = self._rows(f"SELECT {_COLUMNS} FROM job WHERE request_id = ?", (request_id,))
        return _job(rows[0]) if rows else None

    def move_job(
        self,
        job_id: str,
        new_state: JobState,
        *,
        error: str = "",
        message: str = "",
        result: dict[str, object] | None = None,
    ) -> Job:
        """Change a job's state and write the STATE event, in one transaction.

        Going back to the queue counts as a new attempt and clears the error. `result` replaces the old one.
        Raises: NotFound, JobStateConflict.
        """
        with self.transaction() as connection:
            old = self.job(job_id)
            check_move(old.id, old.state, new_state)
            job = replace(
                old,
                state=new_state,
                error=error,
                message=message,
                attempt=old.attempt + (new_state is JobState.QUEUED),
                result=old.result if result is None else result,
            )
            connection.execute(
                "UPDATE job SET state = ?, attempt = ?, error = ?, message = ?, result = ? WHERE id = ?",
                (job.state, job.attempt, error, message, to_json(job.result), job.id),
            )
            texts = {"detail": message} if message else {}
            self.append_events(
                job.id, [Event(kind=EventKind.STATE, message=new_state, error=error, texts=texts)]
            )
        return job

    def append_events(
        self,
        job_id: str,
        events: Iterable[Event],
        *,
        spool: tuple[int, int] | None = None,
        spool_name: str = SPOOL,
    ) -> list[Event]:
        """Number the events and keep them; returns them numbered.

        `spool` is (first, end): the bytes of the worker's spool file that these events were read from. The
        offset moves in the same transaction, and bytes taken in before are not taken again (returns []).
        Raises: NotFound, Conflict when bytes before `first` were never taken in.
        """
        with self.transaction() as connection:
            if spool is not None and not self._advance(connection, job_id, spool_name, *spool):
                return []
            last = self.last_sequence(job_id)
            numbered = [
                replace(event, sequence=number, time=event.time or utc_now())
                for number, event in enumerate(events, start=last + 1)
            ]
            try:
                connection.executemany(
                    "INSERT INTO event (job_id, sequence, record) VALUES (?, ?, ?)",
                    [(job_id, event.sequence, to_json(event)) for event in numbered],
                )
            except sqlite3.IntegrityError as cause:
                raise NotFound(f"there is no job {job_id!r} that events could belong to") from cause
            self._changed.notify_all()
        return numbered

    def _advance(self, connection: sqlite3.Connection, job_id: str, name: str, first: int, end: int) -> bool:
        taken = self.spool_offset(job_id, spool_name=name)
        if end <= taken:
            return False
        if first != taken:
            raise Conflict(
                f"{name} of job {job_id} was taken in up to byte {taken}; read on from there, not {first}"
            )
        connection.execute(
            "INSERT INTO spool (job_id, name, taken_bytes) VALUES (?, ?, ?) "
            "ON CONFLICT (job_id, name) DO UPDATE SET taken_bytes = excluded.taken_bytes",
            (self.job(job_id).id, name, end),
        )
        return True

    def spool_offset(self, job_id: str, *, spool_name: str = SPOOL) -> int:
        """Bytes of the worker's spool that were taken in so far."""
        rows = self._rows("SELECT taken_bytes FROM spool WHERE job_id = ? AND name = ?", (job_id, spool_name))
        return int(rows[0][0]) if rows else 0

    def events(
        self, job_id: str, after_sequence: int = 0, limit: int = 1000, *, kinds: Collection[EventKind] = ()
    ) -> list[Event]:
        """Events of a job after a number, in order, at most `limit`; of some kinds only, if any are named."""
        marks = ", ".join("?" for _ in kinds)
        chosen = f"AND json_extract(record, '$.kind') IN ({marks}) " if kinds else ""
        return self._records(
            Event,
            f"SELECT record FROM event WHERE job_id = ? AND sequence > ? {chosen}ORDER BY sequence LIMIT ?",
            (job_id, after_sequence, *(kind.value for kind in kinds), limit),
        )

    def last_event(self, job_id: str, kind: EventKind) -> Event | None:
        """The newest event of a kind, if there is one."""
        query = (
            "SELECT record FROM event WHERE job_id = ? AND json_extract(record, '$.kind') = ? "
            "ORDER BY sequence DESC LIMIT 1"
        )
        found = self._records(Event, query, (job_id, kind.value))
        return found[0] if found else None

    def wait_for_events(self, job_id: str, after_sequence: int, *, timeout_s: float) -> bool:
        """Sleep until the job has an event after that number; False when the time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: self.last_sequence(job_id) > after_sequence, timeout_s)

    def last_sequence(self, job_id: str) -> int:
        """The number of a job's newest event, 0 without any."""
        return int(
            self._rows("SELECT coalesce(max(sequence), 0) FROM event WHERE job_id = ?", (job_id,))[0][0]
        )


def _job(row: tuple[str, ...]) -> Job:
    identifier, kind, state, request_id, spec, created_at, attempt, error, message, result = row
    return Job(
        id=identifier,
        kind=JobKind(kind),
        state=JobState(state),
        request_id=request_id,
        spec=json.loads(spec),
        created_at=created_at,
        attempt=int(attempt),
        error=error,
        message=message,
        result=json.loads(result),
    )
