"""Starts workers, takes in what they tell, and notices when one is gone.

One thread in the server. Workers are processes of their own session: they outlive the server, and a
server that comes back finds them by their leases. A worker that vanished without a last word is
started again, a few times; the output folder and the checkpoint say where to go on.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from understudy.domain.errors import ServerUnreachable, UnderstudyError
from understudy.domain.job import FINAL, Event, EventKind, Job, JobState
from understudy.jobs.lease import worker_alive, worker_of
from understudy.jobs.spool import read_spool, spool_size
from understudy.jobs.worker import CANCEL_FILE
from understudy.store.production import Production

log = logging.getLogger(__name__)

TICK_S = 0.25
MAX_ATTEMPTS = 3
_ACTIVE = frozenset({JobState.RUNNING, JobState.CANCELLING})


class Supervisor:
    """Watches over the jobs of one production.

    `prepare` makes a job's bundle and grant anew before each start (consent may have been withdrawn in
    the meantime); `take_in` puts a finished job's result into the store and returns it. Both may raise
    an UnderstudyError, which fails the job.
    """

    def __init__(
        self,
        production: Production,
        *,
        prepare: Callable[[Job], None],
        take_in: Callable[[Job, dict[str, str]], dict[str, object]],
        worker_command: Callable[[Path], list[str]],
        slots: int = 1,
    ) -> None:
        self._production = production
        self._prepare = prepare
        self._take_in = take_in
        self._worker_command = worker_command
        self._slots = slots
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Running workers go on; the next server finds them."""
        self._ending.set()
        self._thread.join()

    def job_folder(self, job_id: str) -> Path:
        return self._production.folder / "jobs" / job_id

    def watch(self, job_id: str, after_sequence: int, alive: Callable[[], bool]) -> Iterator[Event]:
        """Events above `after_sequence`, then new ones, until the job is final or nobody listens."""
        while True:
            state = self._production.job(job_id).state
            events = self._production.events(job_id, after_sequence=after_sequence)
            for event in events:
                after_sequence = event.sequence
                yield event
            if events:
                continue
            if state in FINAL or not alive():
                return
            if self._ending.is_set():
                raise ServerUnreachable("the backend is stopping; the job goes on, follow it again later")
            self._production.wait_for_events(job_id, after_sequence, timeout_s=TICK_S)

    def cancel(self, job: Job) -> Job:
        """Ask a job to stop."""
        if job.state is JobState.QUEUED:
            return self._finish(job, JobState.CANCELLED, error="Stopped", why="cancelled before it began")
        if job.state is JobState.RUNNING:
            job = self._production.move_job(job.id, JobState.CANCELLING)
            folder = self.job_folder(job.id)
            (folder / CANCEL_FILE).touch()
            self._signal(job.id, folder)
        return job

    def _signal(self, job_id: str, folder: Path) -> None:
        worker = worker_of(folder)
        if worker is not None and worker[1] == socket.gethostname() and worker_alive(folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(worker[0], signal.SIGTERM)

    def _loop(self) -> None:
        while not self._ending.wait(TICK_S):
            try:
                self._tick()
            except Exception:  # a defect in one round must not end the watch over all jobs
                log.exception("the supervisor met an error it does not know")

    def _tick(self) -> None:
        active = self._production.jobs(_ACTIVE)
        for job in active:
            self._follow(job)
        running = len(self._production.jobs(_ACTIVE))
        for job in self._production.jobs({JobState.QUEUED})[: max(0, self._slots - running)]:
            self._launch(job)

    def _launch(self, job: Job) -> None:
        folder = self.job_folder(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CANCEL_FILE).unlink(missing_ok=True)
        self._production.append_events(
            job.id, [], spool=(self._production.spool_offset(job.id), spool_size(folder))
        )
        try:
            self._prepare(job)
        except UnderstudyError as error:
            self._finish(job, JobState.FAILED, error=type(error).__name__, why=str(error))
            return
        with (folder / "log.txt").open("ab") as output:
            self._processes[job.id] = subprocess.Popen(
                self._worker_command(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._production.move_job(job.id, JobState.RUNNING)

    def _follow(self, job: Job) -> None:
        """Take in what the worker told since last time, then see whether it has ended or is gone."""
        process = self._processes.get(job.id)
        gone = (process is None or process.poll() is not None) and not worker_alive(self.job_folder(job.id))
        last_words = self._drain(job)
        if last_words is not None:
            self._conclude(job, last_words)
        elif gone:
            self._lost(job)

    def _drain(self, job: Job) -> Event | None:
        """Move new spool lines into the store; returns the final state event if there is one.

        The final line itself stays unread until the job is launched again, so a server that dies before
        it has concluded the job finds it once more.
        """
        folder, begin = self.job_folder(job.id), self._production.spool_offset(job.id)
        told: list[Event] = []
        last_words, offset = None, begin
        for event, end in read_spool(folder, offset):
            if event.kind is EventKind.STATE and event.message in FINAL:
                last_words = event
                break
            told.append(event)
            offset = end
        if told:
            self._production.append_events(job.id, told, spool=(begin, offset))
        return last_words

    def _conclude(self, job: Job, last: Event) -> None:
        state = JobState(last.message)
        if state is not JobState.DONE:
            self._finish(job, state, error=last.error, why=last.texts.get("detail", ""))
            return
        try:
            result = self._take_in(job, self._result_of(job))
        except UnderstudyError as error:
            self._finish(job, JobState.FAILED, error=type(error).__name__, why=str(error))
            return
        self._finish(job, JobState.DONE, result=result)

    def _result_of(self, job: Job) -> dict[str, str]:
        events = self._production.events(job.id, after_sequence=0, limit=1_000_000)
        return next(event.texts for event in reversed(events) if event.kind is EventKind.RESULT)

    def _lost(self, job: Job) -> None:
        self._processes.pop(job.id, None)
        if job.state is JobState.CANCELLING:
            self._finish(
                job, JobState.CANCELLED, error="Stopped", why="the worker was gone when it was to stop"
            )
        elif job.attempt >= MAX_ATTEMPTS:
            log_file = self.job_folder(job.id) / "log.txt"
            why = f"the worker died {job.attempt} times without a word; see {log_file}"
            self._finish(job, JobState.FAILED, error="RenderError", why=why)
        else:
            note = Event(
                kind=EventKind.NOTE, message=f"the worker is gone; starting again (attempt {job.attempt + 1})"
            )
            self._production.append_events(job.id, [note])
            self._production.move_job(job.id, JobState.QUEUED)

    def _finish(
        self,
        job: Job,
        state: JobState,
        *,
        error: str = "",
        why: str = "",
        result: dict[str, object] | None = None,
    ) -> Job:
        self._processes.pop(job.id, None)
        return self._production.move_job(job.id, state, error=error, message=why, result=result)
