"""Whatever is killed in the middle of a stroke, every stroke that was finished is in the journal once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.media_samples import write_numbered_movie
from tests.room_in_browser import OpenRoom, Sheet, on_screen, open_room, opened, saved, watched
from tests.running_backend import RunningBackend

from understudy.domain.edit import PaintStroke
from understudy.domain.job_spec import IngestSpec
from understudy.store.production import Production

pytestmark = pytest.mark.slow

SHOT, FRAMES = "sc010", 6
WIDTH, HEIGHT = 320, 180
PLACE = f"/p/show/shots/{SHOT}/1002/matte"


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production with one shot without a face: painting needs none."""
    place = tmp_path_factory.mktemp("lost")
    movie = write_numbered_movie(place / "plate.mov", FRAMES, size_wh=(WIDTH, HEIGHT))
    Production.create(place / "show", "Show")
    backend = RunningBackend.start(place / "show")
    try:
        person = backend.client.create_person("Rowan")
        backend.do(IngestSpec(path=str(movie), name=SHOT, person_id=person.id))
    finally:
        backend.stop()
    return place / "show"


@pytest.fixture(scope="module")
def room(show: Path) -> Iterator[OpenRoom]:
    with open_room(show, show.parent) as room:
        yield room


@pytest.fixture
def before(room: OpenRoom) -> int:
    """How many strokes earlier tests left in the journal."""
    return len(room.done(SHOT))


def paint(page: Any, *rows: float) -> None:
    """One stroke a row, known again by where it begins."""
    for row in rows:
        Sheet(page, WIDTH, HEIGHT).stroke((40, row), (120, row + 4))


def begin(page: Any, row: float) -> None:
    Sheet(page, WIDTH, HEIGHT).begin((40, row), (120, row + 4))


def rows(room: OpenRoom, before: int) -> list[int]:
    """Where the strokes since then begin, in the journal's order."""
    strokes = [action for action in room.done(SHOT)[before:] if isinstance(action, PaintStroke)]
    return [round(stroke.points[1] / 10) * 10 for stroke in strokes]


def said(page: Any, words: str) -> None:
    page.locator(".save-state").filter(has_text=words).wait_for(timeout=30_000)


def test_the_tab_is_killed(room: OpenRoom, before: int, tmp_path: Path) -> None:
    """One stroke is saved, one the server never heard of, one it took without the page hearing so."""
    with room.tab(PLACE) as page, watched(page, tmp_path):
        opened(page, 1002, "matte")
        paint(page, 20)
        saved(page)
        page.route("**/edits", lambda route: (route.fetch(), route.abort()), times=1)
        paint(page, 40)
        said(page, "Not saved yet: no answer (1)")
        page.route("**/edits", lambda route: route.abort())
        paint(page, 60)
        said(page, "(2)")
        assert rows(room, before) == [20, 40]
        begin(page, 80)
        crash(page)
        page = page.context.new_page()
        page.goto(f"{room.base}{PLACE}")
        opened(page, 1002, "matte")
        saved(page)
        found = rows(room, before)
        assert found[:3] == [20, 40, 60] and found[3:] in ([], [80])
        paint(page, 100)
        saved(page)
        assert rows(room, before)[len(found) :] == [100]


def crash(page: Any) -> None:
    """Kill the tab's process, as a system short of memory does: nothing of its own runs any more."""
    page.unroute_all(behavior="ignoreErrors")
    asked = page.context.browser.new_browser_cdp_session()
    processes = asked.send("SystemInfo.getProcessInfo")["processInfo"]
    with page.expect_event("crash"):
        for process in processes:
            if process["type"] == "renderer":
                os.kill(process["id"], signal.SIGKILL)


def test_the_gateway_is_killed(room: OpenRoom, before: int, tmp_path: Path) -> None:
    with room.tab(PLACE) as page, watched(page, tmp_path):
        opened(page, 1002, "matte")
        paint(page, 20)
        begin(page, 40)
        room.gateway.kill()
        room.gateway.wait()
        page.mouse.move(*Sheet(page, WIDTH, HEIGHT).at(150, 40))
        page.mouse.up()
        paint(page, 60)
        said(page, "Not saved yet: no answer (2)")
        page.get_by_role("alert").filter(has_text="No line to the review room").wait_for()
        page.keyboard.press("ArrowRight")  # work goes on with what is there
        room.open_gateway()
        saved(page)
        page.get_by_role("alert").filter(has_text="No line").wait_for(state="detached", timeout=30_000)
        assert rows(room, before) == [20, 40, 60]
        on_screen(page, 1003)
        paint(page, 80)
        saved(page)
        assert rows(room, before) == [20, 40, 60, 80]


def test_the_backend_is_killed(room: OpenRoom, before: int, tmp_path: Path) -> None:
    with room.tab(PLACE) as page, watched(page, tmp_path):
        opened(page, 1002, "matte")
        paint(page, 20)
        begin(page, 40)
        room.backend.kill()
        page.mouse.move(*Sheet(page, WIDTH, HEIGHT).at(150, 40))
        page.mouse.up()
        paint(page, 60)
        said(page, "Not saved yet: no answer (2)")
        page.get_by_role("alert").filter(has_text="The backend does not answer").wait_for()
        room.backend = RunningBackend.start(room.folder)
        saved(page)
        page.get_by_role("alert").filter(has_text="The backend").wait_for(state="detached", timeout=30_000)
        assert rows(room, before) == [20, 40, 60]
        paint(page, 80)
        saved(page)
        assert rows(room, before) == [20, 40, 60, 80]


def test_the_backend_is_killed_while_it_answers(room: OpenRoom, before: int, tmp_path: Path) -> None:
    """Strokes as fast as they go, the backend killed among them: each counts once, in order."""
    with room.tab(PLACE) as page, watched(page, tmp_path):
        opened(page, 1002, "matte")
        for row in range(20, 80, 10):
            paint(page, row)
        room.backend.process.send_signal(signal.SIGKILL)
        for row in range(80, 140, 10):
            paint(page, row)
        room.backend.kill()
        room.backend = RunningBackend.start(room.folder)
        saved(page)
        assert rows(room, before) == list(range(20, 140, 10))
