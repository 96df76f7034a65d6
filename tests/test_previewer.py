"""The preview worker's queue and pipe, with small programs in the worker's place."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from understudy.config import ConvertConfig
from understudy.domain.errors import BadMatte, RenderError, Superseded, Transient
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.jobs.previewer import Previewer
from understudy.work import PreviewTask

TASK = PreviewTask(
    shot_id="s1",
    plate=Plate(
        path="/p.mov",
        sha256="a",
        width=64,
        height=48,
        rate=Fraction(24),
        file_frames=9,
        first_index=0,
        last_index=8,
    ),
    faces="/f",
    faces_sha256="b",
    edits_after=0,
    edits=[],
    frame=1001,
    layer=Layer.MATTE,
    bindings=(),
    config=ConvertConfig(),
    layers={},
    marked=False,
    max_width_px=0,
)
WORKER = """
    import json, os, sys, time
    from understudy.jobs.preview_pipe import read_message, write_message
    while (told := read_message(sys.stdin.buffer)) is not None:
        task = json.loads(told)
        BODY
        write_message(sys.stdout.buffer, {"revision": len(task["edits"]) + task["edits_after"]}, told)
"""


@pytest.fixture
def previewer(tmp_path: Path) -> Iterator[Callable[[str], Previewer]]:
    """Makes a previewer whose worker does `body` with every task before it answers with what it was told."""
    made: list[Previewer] = []

    def make(body: str) -> Previewer:
        program = textwrap.dedent(WORKER).replace(
            "BODY", textwrap.dedent(body).strip().replace("\n", "\n    ")
        )
        one = Previewer([sys.executable, "-c", program], dict(os.environ), log_file=tmp_path / "preview.log")
        made.append(one)
        return one

    yield make
    for one in made:
        one.stop()


def no_edits(revision: int) -> list[dict[str, object]]:
    return []


def edits(count: int) -> Callable[[int], list[dict[str, object]]]:
    return lambda after: [{"revision": number} for number in range(after + 1, count + 1)]


def test_edits_are_sent_once(previewer: Callable[[str], Previewer]) -> None:
    desk = previewer("pass")
    first, revision = desk.show("ada", TASK, edits(3))
    assert revision == 3 and first.count(b'"revision"') == 3
    second, revision = desk.show("ada", TASK, edits(4))
    assert revision == 4 and second.count(b'"revision"') == 1 and b'"edits_after": 3' in second


def test_a_worker_that_dies_is_started_again_and_gets_all_edits(
    previewer: Callable[[str], Previewer], tmp_path: Path
) -> None:
    flag = tmp_path / "died"
    desk = previewer(
        f"""
        if task["frame"] == 1002 and not os.path.exists({str(flag)!r}):
            open({str(flag)!r}, "w")
            os._exit(9)
        """
    )
    desk.show("ada", TASK, edits(2))
    told, revision = desk.show("ada", replace(TASK, frame=1002), edits(2))
    assert revision == 2 and told.count(b'"revision"') == 2


def test_a_worker_that_always_dies_is_an_error_not_a_loop(previewer: Callable[[str], Previewer]) -> None:
    desk = previewer("os._exit(9)")
    with pytest.raises(RenderError, match=r"preview\.log"):
        desk.show("ada", TASK, no_edits)


def test_errors_of_the_worker_keep_their_names(previewer: Callable[[str], Previewer]) -> None:
    desk = previewer(
        'write_message(sys.stdout.buffer, {"error": "BadMatte", "message": "no hand"}, b""); continue'
    )
    with pytest.raises(BadMatte, match="no hand"):
        desk.show("ada", TASK, no_edits)


def test_the_newest_look_of_a_session_replaces_the_waiting_one_and_no_other(
    previewer: Callable[[str], Previewer],
) -> None:
    desk = previewer("time.sleep(0.5)")
    desk.show("warm", TASK, no_edits)
    outcomes: dict[str, str] = {}

    def ask(name: str, session: str) -> None:
        try:
            desk.show(session, TASK, no_edits)
            outcomes[name] = "shown"
        except Superseded:
            outcomes[name] = "superseded"

    threads = []
    for name, session in (("a1", "ada"), ("a2", "ada"), ("b1", "ben"), ("a3", "ada")):
        threads.append(threading.Thread(target=ask, args=(name, session)))
        threads[-1].start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert outcomes == {"a1": "shown", "a2": "superseded", "b1": "shown", "a3": "shown"}


def test_stopping_lets_nobody_wait_for_ever(previewer: Callable[[str], Previewer]) -> None:
    desk = previewer("time.sleep(0.3)")
    desk.show("warm", TASK, no_edits)
    refused: list[type[Exception]] = []

    def ask(session: str) -> None:
        try:
            desk.show(session, TASK, no_edits)
        except (Superseded, RenderError) as error:
            refused.append(type(error))

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    desk.stop()
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert refused


def test_only_so_many_wait_for_a_look(previewer: Callable[[str], Previewer], tmp_path: Path) -> None:
    go = tmp_path / "go"
    worker = previewer(f"while not os.path.exists({str(go)!r}): time.sleep(0.02)")
    told: list[str] = []

    def look(session: str) -> None:
        try:
            worker.show(session, TASK, no_edits)
        except Superseded:
            told.append(f"{session} gave way")
        else:
            told.append(session)

    threads = []
    for name in "abcdefgh":
        threads.append(threading.Thread(target=look, args=(name,)))
        threads[-1].start()
        time.sleep(0.05)
    with pytest.raises(Transient, match="too many"):
        worker.show("i", TASK, no_edits)
    threads.append(threading.Thread(target=look, args=("h",)))  # in the place of its own older look
    threads[-1].start()
    time.sleep(0.2)
    assert told == ["h gave way"]
    go.touch()
    for thread in threads:
        thread.join(20)
    assert told[1:] == list("abcdefgh")
