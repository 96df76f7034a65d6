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
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from understudy.domain.errors import DiskFull, JobStateConflict, ServerUnreachable, Transient, UnderstudyError
from understudy.domain.files import named_write_errors
from understudy.domain.job import FINAL, Event, EventKind, Job, JobState
from understudy.jobs.bundle import CANCEL_FILE
from understudy.jobs.lease import Leases, launching, lease_held, worker_of
from understudy.jobs.spool import read_spool, spool_size
from understudy.store.production import Production

log = logging.getLogger(__name__)

TICK_S = 0.25
MAX_LOSSES = 3
KILL_AFTER_S = 600.0  # a worker that was asked to stop and does not is killed after so long
_LOST = "WorkerLost"
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
        worker_environment: Mapping[str, str],
        slots: int = 1,
    ) -> None:
        self._production = production
        self._prepare = prepare
        self._take_in = take_in
        self._worker_command = worker_command
        self._slots = slots
        self._worker_environment = worker_environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._leases = Leases()
        self._asked_to_stop: dict[str, float] = {}
        self._warned: dict[str, str] = {}
        # Sealing a large delivery takes minutes; the watch over the other jobs goes on meanwhile.
        self._sealing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="conclude")
        self._concluding: dict[str, Future[None]] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Running workers go on; the next server finds them."""
        self._ending.set()
        self._thread.join()
        self._sealing.shutdown(wait=True, cancel_futures=True)

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

    def cancel(self, job_id: str) -> Job:
        """Ask a job to stop; asking twice does no harm, a final job stays as it is."""
        with self._production.transaction():
            job = self._production.job(job_id)
            if job.state is JobState.QUEUED:
                return self._finish(job, JobState.CANCELLED, error="Stopped", why="cancelled before it began")
            if job.state is JobState.RUNNING:
                job = self._production.move_job(job.id, JobState.CANCELLING)
        if job.state is JobState.CANCELLING:
            self._ask_to_stop(job.id)
        return job

    def _ask_to_stop(self, job_id: str) -> None:
        """A file for workers anywhere, a signal for one on this machine; one that hangs is killed later."""
        folder = self.job_folder(job_id)
        with suppress(OSError):  # on a full disk the signal must do
            (folder / CANCEL_FILE).touch()
        asked_at = self._asked_to_stop.setdefault(job_id, time.monotonic())
        worker = worker_of(folder)
        if worker is not None and worker[1] == socket.gethostname() and lease_held(folder):
            hangs = time.monotonic() - asked_at > KILL_AFTER_S
            with suppress(ProcessLookupError, PermissionError):
                os.kill(worker[0], signal.SIGKILL if hangs else signal.SIGTERM)

    def _loop(self) -> None:
        while not self._ending.wait(TICK_S):
            try:
                self._tick()
            except Exception:  # whatever it was, the jobs go on and the next round looks again
                log.exception("the supervisor could not look after the jobs; it tries again")

    def _tick(self) -> None:
        for job in self._production.jobs(_ACTIVE):
            self._guarded(self._follow, job)
        free = self._slots - len(self._production.jobs(_ACTIVE))
        for job in self._production.jobs({JobState.QUEUED})[: max(0, free)]:
            self._guarded(self._launch, job)

    def _guarded(self, step: Callable[[Job], None], job: Job) -> None:
        """A defect, or a disk that went away, ends its own job and not the watch over the others."""
        try:
            step(job)
        except JobStateConflict:
            log.info("job %s was moved by somebody else; the next round sees how", job.id)
        except Transient as error:  # nothing could be written down; the worker goes on, and so does the job
            if self._warned.get(job.id) != str(error):  # the next rounds will find the same
                self._warned[job.id] = str(error)
                log.warning("job %s: %s", job.id, error)
        except Exception as error:
            log.exception("the supervisor met an error with job %s", job.id)
            self._ask_to_stop(job.id)
            with suppress(JobStateConflict):
                self._finish(
                    job, JobState.FAILED, error="RenderError", why=f"{type(error).__name__}: {error}"
                )

    def _launch(self, job: Job) -> None:
        """Make the bundle and become RUNNING in one transaction, so that a cancel or a revocation comes
        either before, and nothing starts, or after, and finds a running job; then start the worker."""
        folder = self.job_folder(job.id)
        if self._leases.alive(folder):
            self._ask_to_stop(job.id)  # an earlier attempt's worker is still about to end
            return
        try:
            with named_write_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                (folder / CANCEL_FILE).unlink(missing_ok=True)
            with launching(folder) as lock, named_write_errors(folder), self._log_of(folder) as output:
                if self._begin(job, folder):
                    self._processes[job.id] = self._start(folder, output, lock)
        except JobStateConflict:
            raise
        except UnderstudyError as error:
            self._finish(job, JobState.FAILED, error=type(error).__name__, why=str(error))

    def _begin(self, job: Job, folder: Path) -> bool:
        with self._production.transaction():
            if self._production.job(job.id).state is not JobState.QUEUED:
                return False
            unread = (self._production.spool_offset(job.id), spool_size(folder))
            self._production.append_events(job.id, [], spool=unread)
            self._prepare(job)
            self._production.move_job(job.id, JobState.RUNNING)
        return True

    def _log_of(self, folder: Path) -> BinaryIO:
        return (folder / "log.txt").open("ab")

    def _start(self, folder: Path, output: BinaryIO, lock: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._worker_command(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=self._worker_environment,
            pass_fds=(lock,),
        )

    def _follow(self, job: Job) -> None:
        """Take in what the worker told since last time, then see whether it has ended or is gone."""
        if job.id in self._concluding:
            if self._concluding[job.id].done():
                del self._concluding[job.id]
            return
        if job.state is JobState.CANCELLING:
            self._ask_to_stop(job.id)
        gone = self._is_gone(job)
        last_words = self._drain(job)
        if last_words is not None:
            conclude = partial(self._conclude, last=last_words)
            self._concluding[job.id] = self._sealing.submit(self._guarded, conclude, job)
        elif gone:
            self._lost(job)

    def _is_gone(self, job: Job) -> bool:
        """From the moment it is started a worker holds a lock, so one that holds none has ended."""
        process = self._processes.get(job.id)
        if process is not None:
            process.poll()  # buries it; the exit code may be all that it could say
        return not self._leases.alive(self.job_folder(job.id))

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
        result = self._production.last_event(job.id, EventKind.RESULT)
        return result.texts if result is not None else {}

    def _lost(self, job: Job) -> None:
        process = self._processes.get(job.id)
        if process is not None and process.returncode == DiskFull.exit_code:
            why = "the worker found no room for its last words; free some space and retry"
            self._finish(job, JobState.FAILED, error="DiskFull", why=why)
            return
        if job.state is JobState.CANCELLING:
            why = "the worker was gone when it was to stop"
            self._finish(job, JobState.CANCELLED, error="Stopped", why=why)
            return
        losses = 1 + self._losses_in_a_row(job)
        if losses >= MAX_LOSSES:
            log_file = self.job_folder(job.id) / "log.txt"
            why = f"the worker died {losses} times without a word; see {log_file}"
            self._finish(job, JobState.FAILED, error="RenderError", why=why)
            return
        note = Event(kind=EventKind.NOTE, error=_LOST, message="the worker is gone; another is started")
        with self._production.transaction():
            self._production.append_events(job.id, [note])
            self._production.move_job(job.id, JobState.QUEUED)

    def _losses_in_a_row(self, job: Job) -> int:
        """Workers lost since the job last ended in an orderly way, or began."""
        losses = 0
        for event in self._production.events(job.id, limit=1_000_000):
            if event.kind is EventKind.STATE and event.message in FINAL:
                losses = 0
            losses += event.error == _LOST
        return losses

    def _finish(
        self,
        job: Job,
        state: JobState,
        *,
        error: str = "",
        why: str = "",
        result: dict[str, object] | None = None,
    ) -> Job:
        ended = self._production.move_job(job.id, state, error=error, message=why, result=result)
        self._processes.pop(job.id, None)
        self._asked_to_stop.pop(job.id, None)
        self._warned.pop(job.id, None)
        self._leases.forget(self.job_folder(job.id))
        return ended
