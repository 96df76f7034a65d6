"""What keeps an editor free: no call of the main thread waits, whatever the daemon does."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from understudy_bridge.panel import worker as worker_module
from understudy_bridge.panel.daemon_calls import BRIDGE_FILE, Daemon, DaemonDown, DaemonTrouble
from understudy_bridge.panel.worker import MOST_A_TIME, MOST_WAITING, Worker

SILENCE_S = 5.0
WITHIN_S = 20.0


class Told(Daemon):
    """A daemon whose calls answer what `answers` says, and that knows which threads called it."""

    def __init__(self, folder: Path, answers: Callable[[str, int], Any]) -> None:
        super().__init__(folder)
        self.answers = answers
        self.threads: set[int] = set()
        self.closed = threading.Event()

    def another(self) -> Told:
        return self

    def close(self) -> None:
        self.closed.set()

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Any:
        self.threads.add(threading.get_ident())
        return self.answers(project, after)


@pytest.fixture
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "SHORTEST_ROUND_S", 0.001)
    monkeypatch.setattr(worker_module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_S", 0.002)


@contextmanager
def working(daemon: Daemon, name: str = "test") -> Iterator[Worker]:
    worker = Worker(daemon, name=name)
    try:
        yield worker
    finally:
        worker.stop()
        until(lambda: not threads(name))


def threads(name: str = "test") -> list[threading.Thread]:
    return [
        one for one in threading.enumerate() if one.name in (f"understudy-{name}", f"understudy-{name}-news")
    ]


def until(met: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + WITHIN_S
    while not met():
        assert time.monotonic() < end
        time.sleep(0.001)


def drained(worker: Worker, met: Callable[[], bool]) -> None:
    def drain() -> bool:
        worker.drain()
        return met()

    until(drain)


def test_results_come_back_in_order_on_the_thread_that_drains(tmp_path: Path) -> None:
    met: list[tuple[str, int]] = []
    called: set[int] = set()

    def call(daemon: Daemon, number: int) -> int:
        called.add(threading.get_ident())
        if number == 2:
            return int(daemon.hello()["x"])  # no daemon there
        return number

    with working(Daemon(tmp_path)) as worker:
        for number in range(4):
            assert worker.ask(
                lambda daemon, number=number: call(daemon, number),
                lambda value: met.append(("then", value)),
                failed=lambda trouble: met.append((trouble.kind, threading.get_ident())),
            )
        drained(worker, lambda: len(met) == 4)
    here = threading.get_ident()
    assert met == [("then", 0), ("then", 1), ("DaemonDown", here), ("then", 3)]
    assert called and here not in called


def test_a_fault_of_the_panel_is_raised_where_it_is_seen(tmp_path: Path) -> None:
    met: list[int] = []
    with working(Daemon(tmp_path)) as worker:
        worker.ask(lambda daemon: {}["key"], met.append)
        worker.ask(lambda daemon: 7, met.append)
        with pytest.raises(KeyError):
            drained(worker, lambda: bool(met))
        drained(worker, lambda: met == [7])


def test_a_trouble_that_nobody_asked_about_is_dropped(tmp_path: Path) -> None:
    met: list[int] = []
    with working(Daemon(tmp_path)) as worker:
        worker.ask(lambda daemon: daemon.hello(), met.append)
        worker.ask(lambda daemon: 7, met.append)
        drained(worker, lambda: met == [7])


def test_a_daemon_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Each of these would never return if it waited for the daemon."""
    let_go = threading.Event()
    with working(Daemon(tmp_path)) as worker:
        asked = [
            worker.ask(lambda daemon: let_go.wait(WITHIN_S), lambda _: None) for _ in range(MOST_WAITING)
        ]
        assert all(asked)
        assert not worker.ask(lambda daemon: None, lambda _: None)  # no more, and said at once
        assert not worker.drain()
        let_go.set()
        drained(worker, lambda: worker.ask(lambda daemon: None, lambda _: None))


def test_one_drain_hands_over_so_many_and_no_more(tmp_path: Path) -> None:
    met: list[int] = []
    done = threading.Event()
    with working(Daemon(tmp_path)) as worker:
        for number in range(50):
            worker.ask(lambda daemon, number=number: number, met.append)
        worker.ask(lambda daemon: done.set(), lambda _: None)
        assert done.wait(WITHIN_S)
        assert worker.drain(longest_s=WITHIN_S) and len(met) == MOST_A_TIME
        assert worker.drain(most=5, longest_s=WITHIN_S) and len(met) == MOST_A_TIME + 5
        assert worker.drain(longest_s=0.0) and len(met) == MOST_A_TIME + 6  # time is up after the first
        drained(worker, lambda: len(met) == 50)
        assert not worker.drain()
    assert met == list(range(50))


@pytest.mark.usefixtures("quick_rounds")
def test_a_flood_of_news_is_one_piece_for_each_sending(tmp_path: Path) -> None:
    rounds = 0

    def flood(project: str, after: int) -> Any:
        nonlocal rounds
        rounds += 1
        sendings = [{"id": str(number), "revision": rounds} for number in range(100)]
        return {"revision": rounds, "sendings": sendings}

    daemon = Told(tmp_path, flood)
    met: list[dict[str, Any]] = []
    with working(daemon) as worker:
        worker.watch("p", news=met.append, trouble=lambda _: None)
        until(lambda: rounds > 20)
        while len(met) < 100:
            before = len(met)
            worker.drain(longest_s=WITHIN_S)
            assert len(met) - before <= MOST_A_TIME
    assert len({one["id"] for one in met[:100]}) > 50  # others come again, none is kept from its turn
    assert max(one["revision"] for one in met) >= 20  # the newest, not the first
    assert threading.get_ident() not in daemon.threads


@pytest.mark.usefixtures("quick_rounds")
def test_troubles_are_told_when_they_change_and_news_goes_on_after_them(tmp_path: Path) -> None:
    state = {"down": True}
    asked: list[int] = []

    def answers(project: str, after: int) -> Any:
        asked.append(after)
        if state["down"]:
            raise DaemonDown("away")
        return {"revision": 5, "sendings": [{"id": "a"}]} if after < 5 else {"revision": 5, "sendings": []}

    said: list[str] = []
    met: list[Any] = []
    with working(Told(tmp_path, answers)) as worker:
        worker.watch("p", news=met.append, trouble=lambda one: said.append("up" if one is None else one.kind))
        until(lambda: len(asked) > 5)
        drained(worker, lambda: said == ["DaemonDown"])
        state["down"] = False
        drained(worker, lambda: said == ["DaemonDown", "up"] and met == [{"id": "a"}])
        state["down"] = True
        drained(worker, lambda: said == ["DaemonDown", "up", "DaemonDown"])
    assert 5 in asked and met == [{"id": "a"}]


@pytest.mark.usefixtures("quick_rounds")
def test_another_journal_is_read_from_its_beginning(tmp_path: Path) -> None:
    asked: list[int] = []

    def answers(project: str, after: int) -> Any:
        asked.append(after)
        return {"revision": 9 if len(asked) == 1 else 3, "sendings": []}

    with working(Told(tmp_path, answers)) as worker:
        worker.watch("p", news=lambda _: None, trouble=lambda _: None)
        until(lambda: len(asked) > 3)
    assert asked[:4] == [0, 9, 0, 3]


@pytest.mark.usefixtures("quick_rounds")
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"revision": "1", "sendings": []},
        {"revision": True, "sendings": []},
        {"revision": 1, "sendings": {}},
        {"revision": 1, "sendings": [3]},
        {"revision": 1, "sendings": [{"id": 3}]},
    ],
)
def test_news_of_another_shape_are_a_trouble(tmp_path: Path, answer: Any) -> None:
    said: list[DaemonTrouble | None] = []
    with working(Told(tmp_path, lambda project, after: answer)) as worker:
        worker.watch("p", news=lambda _: None, trouble=said.append)
        drained(worker, lambda: bool(said))
    assert said[0] is not None and said[0].kind == "BadAnswer"


def test_waking_tries_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "FIRST_PAUSE_S", 3600.0)
    asked: list[int] = []

    def down(project: str, after: int) -> Any:
        asked.append(after)
        raise DaemonDown("away")

    with working(Told(tmp_path, down)) as worker:
        worker.wake()  # nothing watched yet
        worker.watch("p", news=lambda _: None, trouble=lambda _: None)
        until(lambda: len(asked) == 1)
        worker.wake()
        until(lambda: len(asked) == 2)


@pytest.mark.usefixtures("quick_rounds")
def test_another_project_takes_the_place_of_the_first(tmp_path: Path) -> None:
    met: list[str] = []
    answers = lambda project, after: {"revision": after + 1, "sendings": [{"id": project}]}  # noqa: E731
    with working(Told(tmp_path, answers)) as worker:
        worker.watch("a", news=lambda one: met.append(one["id"]), trouble=lambda _: None)
        drained(worker, lambda: "a" in met)
        worker.watch("b", news=lambda one: met.append(one["id"]), trouble=lambda _: None)
        met.clear()
        drained(worker, lambda: len(met) > 3)
        assert set(met) == {"b"}


def test_what_comes_after_the_end_is_dropped_and_the_worker_can_go_on(tmp_path: Path) -> None:
    let_go, met = threading.Event(), []
    worker = Worker(Told(tmp_path, lambda *_: {"revision": 0, "sendings": []}), name="test")
    worker.stop()  # nothing began
    worker.ask(lambda daemon: let_go.wait(WITHIN_S), met.append)
    worker.stop()
    let_go.set()
    until(lambda: not threads())
    assert not worker.drain() and met == []
    worker.ask(lambda daemon: 7, met.append)
    drained(worker, lambda: met == [7])
    worker.stop()
    until(lambda: not threads())


def test_a_later_load_of_the_scripts_ends_the_threads_of_the_first(tmp_path: Path) -> None:
    first, second = Worker(Daemon(tmp_path), name="test"), Worker(Daemon(tmp_path), name="test")
    other = Worker(Daemon(tmp_path), name="other")
    for worker in (other, first):
        worker.ask(lambda daemon: 1, lambda _: None)
        worker.watch("p", news=lambda _: None, trouble=lambda _: None)
    old = threads()
    assert len(old) == 2
    second.ask(lambda daemon: 1, lambda _: None)
    second.watch("p", news=lambda _: None, trouble=lambda _: None)
    until(lambda: not any(one.is_alive() for one in old))
    assert len(threads()) == 2 and len(threads("other")) == 2
    second.stop()
    other.stop()
    until(lambda: not threads() and not threads("other"))


@contextmanager
def silent(folder: Path) -> Iterator[socket.socket]:
    """A daemon that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        table = {"address": f"127.0.0.1:{listening.getsockname()[1]}", "token": "t"}
        (folder / BRIDGE_FILE).write_text(json.dumps(table))
        yield listening


def test_the_end_wakes_calls_that_wait_for_a_silent_daemon(tmp_path: Path) -> None:
    with silent(tmp_path) as listening:
        worker = Worker(Daemon(tmp_path), name="test")
        worker.ask(lambda daemon: daemon.hello(), lambda _: None)
        worker.watch("p", news=lambda _: None, trouble=lambda _: None)
        for connection in [listening.accept()[0] for _ in range(2)]:
            assert connection.recv(4)  # it is asked, and waits
            connection.detach()
        worker.stop()
        until(lambda: not threads())  # long before the call's own patience ends


def test_a_closed_daemon_is_down(tmp_path: Path) -> None:
    with silent(tmp_path):
        daemon = Daemon(tmp_path)
        daemon.close()
        with pytest.raises(DaemonDown, match="closed"):
            daemon.hello()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_begins_anew(tmp_path: Path) -> None:
    met: list[int] = []
    worker = Worker(Daemon(tmp_path), name="test")
    worker.ask(lambda daemon: 1, met.append)
    drained(worker, lambda: met == [1])
    process = os.fork()
    if process == 0:  # the thread did not come along
        worker.ask(lambda daemon: 2, met.append)
        drained(worker, lambda: met == [1, 2])
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert status == 0
    worker.stop()
    until(lambda: not threads())


@pytest.mark.slow
def test_no_call_waits_for_the_daemon_whatever_it_does(tmp_path: Path) -> None:
    """What the editor's thread spends is printed; a call that waited for an answer would take seconds."""
    sendings = [{"id": str(number), "text": "x" * 500} for number in range(20_000)]
    flood = json.dumps({"revision": 1, "sendings": sendings}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(flood)
    assert len(flood) > 10 * 2**20

    def misbehave(listening: socket.socket) -> None:
        for way in range(10_000):
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    if way % 3 == 0:
                        connection.sendall(head + flood)
                    elif way % 3 == 1:
                        connection.sendall(head + flood[:1000])  # and dies
                    else:
                        ended.wait(SILENCE_S)
                except OSError:
                    pass

    ended = threading.Event()
    spent: list[float] = []

    def timed(call: Callable[[], object]) -> None:
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)

    with silent(tmp_path) as listening:
        thread = threading.Thread(target=misbehave, args=(listening,))
        thread.start()
        worker = Worker(Daemon(tmp_path), name="test")
        timed(lambda: worker.watch("p", news=lambda _: None, trouble=lambda _: worker.wake()))
        end = time.monotonic() + 10.0
        while time.monotonic() < end:
            timed(lambda: worker.ask(lambda daemon: daemon.hello(), lambda _: None, failed=lambda _: None))
            timed(worker.drain)
            time.sleep(0.01)
        timed(worker.stop)
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(WITHIN_S)
    until(lambda: not threads())
    spent.sort()
    print(f"{len(spent)} calls, longest {spent[-1] * 1000:.1f} ms", file=sys.stderr)
    assert spent[-1] < SILENCE_S / 2
