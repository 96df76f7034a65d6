"""Two people on one shot, a slow line, and plates of every shape."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.media_samples import write_numbered_movie
from tests.replaced_shots import PLATE
from tests.room_in_browser import (
    OpenRoom,
    Sheet,
    on_screen,
    open_room,
    opened,
    saved,
    seen,
    wait_for,
    watched,
)

from understudy.domain.edit import Mark, MarkFrames, PaintStroke
from understudy.domain.job_spec import IngestSpec

pytestmark = pytest.mark.slow

SHAPES = {"single": (1, 320, 180), "wide": (3, 4096, 2160), "tall": (4, 544, 960)}  # frames, width, height
SHOTS = {PLATE: (24, 384, 216), **SHAPES}
LATENCY_MS = 200


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, replaced_show: Path) -> Iterator[OpenRoom]:
    place = tmp_path_factory.mktemp("people")
    shutil.copytree(replaced_show, place / "show")
    with open_room(place / "show", place) as room:
        person = room.client.people()[0]
        for name, (count, width, height) in SHAPES.items():
            movie = write_numbered_movie(place / f"{name}.mov", count, size_wh=(width, height))
            room.backend.do(IngestSpec(path=str(movie), name=name, person_id=person.id))
        yield room


def at_frame(page: Any) -> str:
    return str(page.get_by_role("slider", name="Timeline", exact=True).get_attribute("aria-valuetext"))


def sheet(page: Any, shot: str) -> Sheet:
    _, width, height = SHOTS[shot]
    return Sheet(page, width, height)


def flag(page: Any, words: str) -> None:
    page.get_by_role("slider", name="Timeline", exact=True).focus()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Note").fill(words)
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()


def test_two_people_see_each_other(room: OpenRoom, tmp_path: Path) -> None:
    place = f"/p/show/shots/{PLATE}/1003/matte"
    with room.tab(place) as ada, room.tab(place, author="Ben") as ben, watched(ben, tmp_path):
        opened(ada, 1003, "matte")
        opened(ben, 1003, "matte")
        shown = "preview: the matte of this frame with your strokes"
        ben.get_by_text(shown).wait_for()
        ben.mouse.move(5, 5)
        before = seen(ben, ".stage")
        sheet(ada, PLATE).stroke((150, 100), (200, 120), (230, 100))
        saved(ada)
        wait_for(ben, lambda: "keyed matte" in at_frame(ben), why="Ada's stroke on Ben's timeline")
        ben.get_by_text("On it: 1 stroke.").wait_for()
        wait_for(ben, lambda: seen(ben, ".stage") != before, why="Ada's stroke in Ben's picture")
        assert isinstance(room.done(PLATE)[-1], PaintStroke)
        flag(ada, "look at the chin")
        saved(ada)
        wait_for(ben, lambda: "flagged by Ada: look at the chin" in at_frame(ben), why="Ada's note")


def test_nobody_overwrites_unseen(room: OpenRoom, tmp_path: Path) -> None:
    """Ben's line is down while Ada says something of the frame that he speaks of, too."""
    place = f"/p/show/shots/{PLATE}/1006/look"
    with room.tab(place) as ada, room.tab(place, author="Ben") as ben, watched(ben, tmp_path):
        opened(ada, 1006, "look")
        opened(ben, 1006, "look")
        ben.context.set_offline(True)
        flag(ben, "Ben: too dark")
        ben.locator(".save-state").filter(has_text="Not saved yet").wait_for()
        flag(ada, "Ada: too bright")
        saved(ada)
        ben.context.set_offline(False)
        dialog = ben.get_by_role("dialog", name="Somebody else changed this")
        dialog.wait_for()
        assert "Ada" in dialog.inner_text()
        assert noted(room, 1006) == "Ada: too bright"
        dialog.get_by_role("button", name=re.compile("Make mine on top")).click()
        saved(ben)
        dialog.wait_for(state="detached")
        assert noted(room, 1006) == "Ben: too dark"
        wait_for(ada, lambda: "flagged by Ben: Ben: too dark" in at_frame(ada), why="Ben's note is Ada's too")
        made = [action for action in room.done(PLATE) if isinstance(action, MarkFrames)]
        assert [action.note for action in made if action.first == 1006] == [
            "Ada: too bright",
            "Ben: too dark",
        ]


def noted(room: OpenRoom, frame: int) -> str:
    said = room.client.timeline(PLATE).notes[frame]
    assert said.mark is Mark.FLAGGED
    return said.note


def test_a_slow_line(room: OpenRoom, tmp_path: Path) -> None:
    with room.tab(f"/p/show/shots/{PLATE}/1001/matte") as page, watched(page, tmp_path):
        opened(page, 1001, "matte")
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        conditions = {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        }
        line.send("Network.emulateNetworkConditions", conditions)
        page.get_by_role("slider", name="Timeline", exact=True).focus()
        for frame in range(1002, 1008):
            page.keyboard.press("ArrowRight")
            on_screen(page, frame)
        before = len(room.done(PLATE))
        for row in (30, 60, 90):
            sheet(page, PLATE).stroke((40, row), (250, row + 20))
        page.locator(".save-state.saving").wait_for()
        saved(page)
        made = room.done(PLATE)[before:]
        assert [round(stroke.points[1]) for stroke in made if isinstance(stroke, PaintStroke)] == [30, 60, 90]
        assert {stroke.frame for stroke in made if isinstance(stroke, PaintStroke)} == {1007}


@pytest.mark.parametrize("shot", ["single", "wide", "tall"])
def test_every_shape_of_plate(room: OpenRoom, tmp_path: Path, shot: str) -> None:
    count, width, height = SHOTS[shot]
    with room.tab(f"/p/show/shots/{shot}") as page, watched(page, tmp_path):
        opened(page, 1001, "look")
        page.get_by_role("slider", name="Timeline", exact=True).focus()
        page.keyboard.press("End")
        on_screen(page, 1000 + count)
        page.keyboard.press("ArrowRight")  # there is none
        page.keyboard.press("Home")
        on_screen(page, 1001)
        for frame in range(1002, 1001 + count):
            page.keyboard.press("ArrowRight")
            on_screen(page, frame)
        page.keyboard.press("2")
        page.locator("#tab-matte[aria-selected=true]").wait_for()
        page.get_by_role("button", name="+ include").click()
        before = seen(page, ".stage")
        sheet(page, shot).stroke(
            (0.2 * width, 0.3 * height), (0.5 * width, 0.5 * height), (0.8 * width, 0.3 * height)
        )
        saved(page)
        (stroke,) = room.done(shot)
        assert isinstance(stroke, PaintStroke) and stroke.frame == 1000 + count
        assert stroke.points[0] == pytest.approx(0.2 * width, abs=0.01 * width)
        assert stroke.points[1] == pytest.approx(0.3 * height, abs=0.01 * height)
        page.mouse.move(5, 5)
        wait_for(page, lambda: seen(page, ".stage") != before, why="the stroke in the picture")
        assert page.locator(".toast.bad").count() == 0, page.locator(".toast.bad").all_inner_texts()
