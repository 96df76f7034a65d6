"""A thread that looks twice a second how the jobs of one production stand, for as long as a tab is open."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from understudy.client import Client
from understudy.domain.errors import NotAuthenticated, NotFound, Transient, UnderstudyError
from understudy.domain.job import Event, EventKind, Job, JobState
from understudy.domain.plain import to_plain
from understudy_review.house import House

LOOK_S = 0.5
_ALL_S = 5.0  # how often finished jobs are looked at too: some begin and end between two looks
_ALL_SHARE = 20  # ... and how much rarer than they take time
_MOST_EVENTS = 500  # of one job in one look
_BACK = 20  # events before the newest that a fresh watch reads, for the progress as it stands

ACTIVE = (JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING)
_PROGRESS = ("done", "total", "unit", "rate", "remaining_s")
_KINDS = (
    EventKind.PROGRESS,
    EventKind.LOSSES,
    EventKind.PREVIEW,
    EventKind.FRAME_FAILED,
    EventKind.NOTE,
)

_log = logging.getLogger(__name__)

Tell = Callable[[str, Any, int | None], None]


@dataclass(slots=True)
class _Watched:
    """A job as it was told last. `sequence` is that of the last event read, -1 before the first look."""

    job: Job
    sequence: int = -1
    progress: dict[str, Any] | None = None
    message: str = ""

    def told(self) -> dict[str, Any]:
        return {"job": to_plain(self.job), "progress": self.progress, "message": self.message}


class JobWatch(threading.Thread):
    """Tells `backend`, `job` and `jobevent`."""

    def __init__(self, production: str, house: House, tell: Tell) -> None:
        super().__init__(name=f"live jobs {production}", daemon=True)
        self._production, self._house, self._tell = production, house, tell
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._jobs: dict[str, _Watched] = {}
        self._expected: set[str] = set()
        self._up: bool | None = None
        self._all_at = 0.0
        self._known: dict[str, Job] | None = None

    def stop(self) -> None:
        self._ending.set()

    def expect(self, job_id: str) -> None:
        """Look at this job at the next turn, even if it has ended by then."""
        with self._guard:
            self._expected.add(job_id)

    def present(self) -> list[tuple[str, Any]]:
        """What a tab that comes later has to know."""
        with self._guard:
            told: list[tuple[str, Any]] = [("job", watched.told()) for watched in self._jobs.values()]
            return told if self._up is None else [("backend", {"up": self._up}), *told]

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                self._look(self._house.client(self._production))
            except (Transient, NotAuthenticated, NotFound):
                self._is_up(False)
            except UnderstudyError as trouble:  # it answers, if only this
                _log.warning("the jobs of %s cannot be looked at: %s", self._production, trouble)
                self._is_up(True)
            else:
                self._is_up(True)
            self._ending.wait(LOOK_S)

    def _is_up(self, up: bool) -> None:
        with self._guard:
            changed, self._up = self._up is not up, up
        if changed and not self._ending.is_set():
            self._tell("backend", {"up": up}, None)

    def _look(self, client: Client) -> None:
        """One turn: every job that is on its way, and those that just ended. Raises: UnderstudyError."""
        active = {job.id: job for job in client.jobs(ACTIVE)}
        with self._guard:
            expected, self._expected = self._expected, set()
        ended = (set(self._jobs) | expected) - set(active)
        try:
            moved = {job_id: _job(client, job_id) for job_id in ended}
            moved |= {job.id: job for job in self._ended_unseen(client) if job.id not in active}
        except UnderstudyError:
            with self._guard:
                self._expected |= expected
            raise
        for job in [*active.values(), *(job for job in moved.values() if job is not None)]:
            self._follow(client, job)
        with self._guard:
            for job_id in ended:
                self._jobs.pop(job_id, None)

    def _ended_unseen(self, client: Client) -> list[Job]:
        """Jobs that ended since all of them were looked at last; seldom asked, since the list may be long."""
        if time.monotonic() < self._all_at:
            return []
        began_s = time.monotonic()
        now = {job.id: job for job in client.jobs()}
        self._all_at = time.monotonic() + max(_ALL_S, _ALL_SHARE * (time.monotonic() - began_s))
        before, self._known = self._known, now
        if before is None:
            return []
        return [job for job in now.values() if job.state not in ACTIVE and _moved(before.get(job.id), job)]

    def _follow(self, client: Client, job: Job) -> None:
        """Tell what is new about one job: its events, then its state and progress."""
        with self._guard:
            watched = self._jobs.get(job.id)
        fresh = watched is None
        if watched is None:
            is_new = self._up is not None and job.attempt == 1  # it was made since the watch began
            watched = _Watched(job, sequence=0 if is_new else -1)
        moved = self._read_events(client, watched)
        changed = fresh or _moved(watched.job, job)
        watched.job = job
        with self._guard:
            self._jobs[job.id] = watched
            if job.state not in ACTIVE:
                del self._jobs[job.id]
            told = watched.told()
        if changed and self._known is not None:
            self._known[job.id] = job
        if changed or moved:
            self._tell("job", told, None)

    def _read_events(self, client: Client, watched: _Watched) -> bool:
        """Whether the progress went on. History before the watch began is not told again."""
        if watched.sequence < 0:
            watched.sequence = newest_sequence(client, watched.job.id)
            since = max(0, watched.sequence - _BACK)
            history = client.events(watched.job.id, since, (EventKind.PROGRESS,), _BACK)
            return any([_take_progress(watched, event) for event in history])
        moved = False
        for event in client.events(watched.job.id, watched.sequence, _KINDS, _MOST_EVENTS):
            watched.sequence = event.sequence
            if event.kind is EventKind.PROGRESS:
                moved = _take_progress(watched, event)
            else:
                self._tell("jobevent", {"job_id": watched.job.id, **to_plain(event)}, None)
        return moved


def newest_sequence(client: Client, job_id: str) -> int:
    """Number of the newest event of a job, 0 without one, in few questions however many there are."""

    def is_above(sequence: int) -> bool:
        return bool(client.events(job_id, sequence, (), 1))

    step = 1
    while is_above(step - 1):
        step *= 2
    low, high = step // 2, step - 1  # event `low` is there (or low is 0), none is above `high`
    while low < high:
        middle = (low + high) // 2
        if is_above(middle):
            low = middle + 1
        else:
            high = middle
    return low


def _take_progress(watched: _Watched, event: Event) -> bool:
    watched.progress = {name: getattr(event, name) for name in _PROGRESS}
    watched.message = event.message
    return True


def _moved(before: Job | None, now: Job) -> bool:
    if before is None:
        return True
    return (before.state, before.attempt, before.error, before.message) != (
        now.state,
        now.attempt,
        now.error,
        now.message,
    )


def _job(client: Client, job_id: str) -> Job | None:
    try:
        return client.job(job_id)
    except NotFound:  # purged meanwhile
        return None
