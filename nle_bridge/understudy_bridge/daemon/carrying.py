"""Carrying sendings through the backend: threads, and patience with a backend that is away.

What is to be done next is always read from the sending itself, and what a job is asked is in the journal
before the backend hears of it; so a daemon that was killed at any moment goes on where it was.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from understudy.domain.errors import NotFound, ServerUnreachable, TooManyCalls, Transient, UnderstudyError
from understudy.domain.job import FINAL as FINAL_JOB
from understudy_bridge.daemon.backend_line import BackendLine
from understudy_bridge.daemon.chain import Chain
from understudy_bridge.daemon.media_roads import Roads
from understudy_bridge.daemon.sending import Trouble
from understudy_bridge.daemon.sendings import Overtaken, Sendings

log = logging.getLogger(__name__)

AT_ONCE = 4
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
PASSING = (ServerUnreachable, TooManyCalls)


class Carrier:
    """Carries at most four sendings at a time; the rest wait for their turn, oldest first."""

    def __init__(
        self, sendings: Sendings, line: BackendLine, roads: Roads, *, first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        self._sendings, self._line, self._first_pause_s = sendings, line, first_pause_s
        self._chain = Chain(sendings, line, roads)
        self._ending = threading.Event()
        self._carriers = ThreadPoolExecutor(AT_ONCE, "carry")
        self._stoppers = ThreadPoolExecutor(1, "stop")  # to stop a job nobody waits for a turn
        self._guard = threading.Lock()
        self._under_way: set[str] = set()

    def start(self) -> None:
        """Take up what was under way when the last daemon ended, and hear of what comes."""
        self._sendings.wanted = self.take
        for sending_id in self._sendings.waiting():
            self.take(sending_id)

    def close(self) -> None:
        """End the threads; jobs go on in the backend. The line is closed before, so that none hangs on it."""
        with self._guard:
            self._ending.set()
        self._carriers.shutdown(wait=True, cancel_futures=True)
        self._stoppers.shutdown(wait=True, cancel_futures=True)

    def take(self, sending_id: str) -> None:
        """Do what is to be done with a sending, now or when it is its turn."""
        stops = bool(self._sendings.get(sending_id).stopping)
        with self._guard:
            if self._ending.is_set():
                return  # the next daemon finds it in the journal
            if stops:
                self._stoppers.submit(self._stop, sending_id)
            elif sending_id not in self._under_way:  # whoever has it looks again before letting go
                self._under_way.add(sending_id)
                self._carriers.submit(self._carry, sending_id)

    def _carry(self, sending_id: str) -> None:
        while True:
            sending = self._sendings.get(sending_id)
            if sending.state in ("waiting", "running") and not self._ending.is_set():
                self._carry_turn(sending_id, sending.turn)
                continue
            with self._guard:
                now = self._sendings.get(sending_id)
                if now.state not in ("waiting", "running") or self._ending.is_set():
                    self._under_way.discard(sending_id)
                    return

    def _carry_turn(self, sending_id: str, turn: int) -> None:
        """One turn, to its end: finished, failed, or overtaken."""
        pause_s = self._first_pause_s
        while not self._ending.is_set():
            try:
                self._sendings.carried(sending_id, turn, kept=False, state="running")
                self._chain.carry(sending_id, turn)
                self._sendings.end(sending_id, turn, state="finished", error=None, step=None)
                return
            except Overtaken:
                return
            except UnderstudyError as error:
                if not is_passing(error):
                    self._fail(sending_id, turn, error)
                    return
                self._tell_trouble(sending_id, turn, error)
            except OSError as error:
                self._fail(sending_id, turn, error)
                return
            except Exception as error:  # a defect ends its own sending, and not the others
                log.exception("the bridge met an error with sending %s", sending_id)
                self._fail(sending_id, turn, error)
                return
            self._ending.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _tell_trouble(self, sending_id: str, turn: int, error: UnderstudyError) -> None:
        try:
            self._sendings.carried(sending_id, turn, kept=False, error=trouble_of(error))
        except Overtaken:
            log.debug("sending %s was decided anew", sending_id)

    def _fail(self, sending_id: str, turn: int, error: Exception) -> None:
        log.info("sending %s failed: %s", sending_id, error)
        cancelled = trouble_of(error).kind == "Stopped"
        state = "cancelled" if cancelled else "failed"
        self._sendings.end(sending_id, turn, state=state, error=trouble_of(error))

    def _stop(self, sending_id: str) -> None:
        """Have the backend cancel what a cancelled sending asked for, however long it is away."""
        pause_s = self._first_pause_s
        while not self._ending.is_set():
            sending = self._sendings.get(sending_id)
            if sending.state != "cancelled" or not sending.stopping:
                return
            try:
                self._cancel_jobs(sending.stopping)
                self._sendings.carried(sending_id, sending.turn, stopping=())
                return
            except Overtaken:
                return
            except (UnderstudyError, OSError) as error:
                log.info("the jobs of sending %s cannot be stopped yet: %s", sending_id, error)
            self._ending.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _cancel_jobs(self, request_ids: tuple[str, ...]) -> None:
        client = self._line.client()
        for job in client.jobs():
            if job.request_id in request_ids and job.state not in FINAL_JOB:
                try:
                    client.cancel_job(job.id)
                except NotFound:
                    log.debug("job %s is gone already", job.id)


def is_passing(error: UnderstudyError) -> bool:
    """Whether it is about the line, so that waiting helps; a job's own error is not."""
    return isinstance(error, PASSING) or type(error) is Transient


def trouble_of(error: Exception) -> Trouble:
    """An error by name and in words, as editors hear of it."""
    kind = type(error).__name__ if isinstance(error, UnderstudyError) else "BridgeError"
    return Trouble(kind=kind, message=str(error) or repr(error))
