"""What keeps the editor free: daemon calls on threads, their results handed over on the editor's main thread.

    worker = Worker(Daemon.found(), name="resolve")
    worker.ask(lambda daemon: daemon.hello(), show_hello, failed=show_trouble)
    worker.watch(project, news=show_sending, trouble=show_connection)
    timer, every 0.1 to 0.25 s: worker.drain()
    at the end: worker.stop()

`ask`, `watch`, `wake`, `drain` and `stop` are the main thread's and never wait for the daemon. One thread
does what was asked, in its order; another listens for changed sendings. Threads start with the first need.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .daemon_calls import Daemon, DaemonTrouble, Refused
from .host import Table

MOST_WAITING = 200
"""Calls that may wait to be done or handed over; more are refused at once."""
MOST_A_TIME = 20
DRAIN_S = 0.005
POLL_WAIT_S = 20.0
SHORTEST_ROUND_S = 0.2
"""However fast the daemon answers, it is not asked for news more often."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

Then = Callable[[Any], None]
Failed = Callable[[DaemonTrouble], None]
Asked = tuple[Callable[[Daemon], Any], Then, "Failed | None"]
_THREAD_NAME = "understudy-"


class Worker:
    """Daemon calls of one panel. `name` is the editor's; an earlier load's threads of that name are ended."""

    def __init__(self, daemon: Daemon, *, name: str) -> None:
        self._daemon, self._name = daemon, name
        self._process = os.getpid()
        self._begin()

    def _begin(self) -> None:
        self._waiting = 0
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._done: deque[Callable[[], None]] = deque()
        self._calls: _Thread | None = None
        self._listening: Listening | None = None

    def ask(self, call: Callable[[Daemon], Any], then: Then, *, failed: Failed | None = None) -> bool:
        """Do `call(daemon)` on the worker's thread; `drain` hands its result to `then`.

        A DaemonTrouble goes to `failed`, or to nobody. False when too many calls wait already.
        """
        self._leave_fork()
        if self._waiting >= MOST_WAITING:
            return False
        if self._calls is None:
            name, daemon = _THREAD_NAME + self._name, self._daemon.another()
            _end_earlier(name)
            asked, done = self._asked, self._done
            self._calls = _Thread(
                name, daemon, lambda ended: _work(ended, daemon, asked, done), lambda: asked.put(None)
            )
        self._waiting += 1
        self._asked.put((call, then, failed))
        return True

    def watch(self, project: str, *, news: Then, trouble: Callable[[DaemonTrouble | None], None]) -> None:
        """From now on `drain` hands every sending of the project that changed to `news`.

        `trouble` gets what stands between panel and daemon, whenever that changes: None is nothing.
        """
        self._leave_fork()
        if self._listening is not None:
            self._listening.stop()
        _end_earlier(_THREAD_NAME + self._name + "-news")
        self._listening = Listening(self._daemon.another(), project, news, trouble, name=self._name)

    def wake(self) -> None:
        """Try again at once where the daemon was away."""
        if self._listening is not None:
            self._listening.wake()

    def drain(self, *, most: int = MOST_A_TIME, longest_s: float = DRAIN_S) -> bool:
        """Hand over results, at most `most` or for `longest_s`; True when more are there.

        What a call raised beside a DaemonTrouble is raised here: it is a fault of the panel.
        """
        self._leave_fork()
        until = time.monotonic() + longest_s
        for _ in range(most):
            handing = self._next()
            if handing is None:
                return False
            handing()
            if time.monotonic() >= until:
                break
        return bool(self._done) or (self._listening is not None and self._listening.has_news())

    def stop(self) -> None:
        """End both threads without waiting for them; what they still find is dropped."""
        self._leave_fork()
        if self._listening is not None:
            self._listening.stop()
        if self._calls is not None:
            self._calls.end()
        self._begin()

    def _next(self) -> Callable[[], None] | None:
        if self._done:
            self._waiting -= 1
            return self._done.popleft()
        return self._listening.next() if self._listening is not None else None

    def _leave_fork(self) -> None:
        """Threads do not come along into a forked process, and their locks may be held there for ever."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._begin()


class Listening:
    """The thread that waits for changed sendings. Of each only the newest is kept until it is drained."""

    def __init__(
        self,
        daemon: Daemon,
        project: str,
        news: Then,
        trouble: Callable[[DaemonTrouble | None], None],
        *,
        name: str,
    ) -> None:
        self._news, self._trouble = news, trouble
        self._lock = threading.Lock()
        self._changed: dict[str, Table] = {}
        self._said: list[DaemonTrouble | None] = []
        self._told = "nothing yet"
        self._woken = threading.Event()
        thread_name = _THREAD_NAME + name + "-news"
        self._thread = _Thread(
            thread_name, daemon, lambda ended: self._listen(ended, daemon, project), self.wake
        )

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._thread.end()

    def has_news(self) -> bool:
        return bool(self._said or self._changed)

    def next(self) -> Callable[[], None] | None:
        """What to do on the main thread for the next piece of news."""
        with self._lock:
            if self._said:
                said = self._said.pop(0)
                return lambda: self._trouble(said)
            if self._changed:
                sending = self._changed.pop(next(iter(self._changed)))
                return lambda: self._news(sending)
        return None

    def _listen(self, ended: threading.Event, daemon: Daemon, project: str) -> None:
        after, pause_s = 0, 0.0
        while not ended.is_set():
            try:
                answer = daemon.list(project, after, 0.0 if self._in_trouble else POLL_WAIT_S)
                revision, sendings = _news_of(answer)
            except DaemonTrouble as trouble:
                self._tell(trouble)
                pause_s = min(max(FIRST_PAUSE_S, 2 * pause_s), LONGEST_PAUSE_S)
                self._woken.wait(pause_s)
                self._woken.clear()
                continue
            with self._lock:
                self._changed.update(sendings)
            self._tell(None)
            after = revision if revision >= after else 0  # another journal: all of it is news
            pause_s = 0.0
            ended.wait(SHORTEST_ROUND_S)

    @property
    def _in_trouble(self) -> bool:
        return self._told != ""

    def _tell(self, trouble: DaemonTrouble | None) -> None:
        text = "" if trouble is None else f"{trouble.kind}: {trouble}"
        if text != self._told:
            self._told = text
            with self._lock:
                self._said = [trouble]  # what the panel has not heard yet is out of date


class _Thread:
    """A thread that can be told to end, also by a later load of these scripts, which knows its name only.

    `rouse` wakes it where it waits for something else than the daemon.
    """

    def __init__(
        self,
        name: str,
        daemon: Daemon,
        work: Callable[[threading.Event], None],
        rouse: Callable[[], None],
    ) -> None:
        self._ended = threading.Event()
        self._daemon, self._rouse = daemon, rouse
        thread = threading.Thread(target=work, args=(self._ended,), name=name, daemon=True)
        thread.understudy_end = self.end  # type: ignore[attr-defined]
        thread.start()

    def end(self) -> None:
        self._ended.set()
        self._daemon.close()
        self._rouse()


def _end_earlier(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == name and hasattr(thread, "understudy_end"):
            thread.understudy_end()


def _work(
    ended: threading.Event,
    daemon: Daemon,
    asked: queue.SimpleQueue[Asked | None],
    done: deque[Callable[[], None]],
) -> None:
    while not ended.is_set():
        one = asked.get()
        if one is not None and not ended.is_set():
            done.append(_result(daemon, *one))


def _result(
    daemon: Daemon, call: Callable[[Daemon], Any], then: Then, failed: Failed | None
) -> Callable[[], None]:
    """Do a call; what to do on the main thread with how it went."""
    try:
        value = call(daemon)
    except DaemonTrouble as trouble:
        return _handing(failed, trouble)
    except Exception as fault:  # a fault of the panel is not lost in a thread: the main thread raises it
        return _raising(fault)
    return _handing(then, value)


def _handing(to: Callable[[Any], None] | None, value: Any) -> Callable[[], None]:
    return lambda: to(value) if to is not None else None


def _raising(fault: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise fault

    return raise_it


def _news_of(answer: Table) -> tuple[int, dict[str, Table]]:
    """Revision and sendings by id. Raises: Refused."""
    revision, sendings = answer.get("revision"), answer.get("sendings")
    if type(revision) is int and isinstance(sendings, list):
        by_id = {
            one["id"]: one for one in sendings if isinstance(one, dict) and isinstance(one.get("id"), str)
        }
        if len(by_id) == len(sendings):
            return revision, by_id
    raise Refused("BadAnswer", "the daemon's news are not what they should be; are both of one version?", 200)
