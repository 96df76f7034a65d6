"""Stepping through a shot in a real browser: the picture is always the frame whose number is shown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from tests.bench.bench_review_page import make_production, measuring, press, review_room, wait_for_picture
from tests.chromium import browser

pytestmark = pytest.mark.slow

FRAMES = 60


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A browser that was let in, and the address of a shot whose pictures carry their number."""
    folder = tmp_path_factory.mktemp("stepping") / "bench"
    make_production(folder, FRAMES, 3, size=(640, 360))
    with review_room(folder) as link, browser() as chromium:
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("main")
        yield context, f"{link.partition('/enter')[0]}/p/bench/shots/step"


@pytest.fixture
def page(room: tuple[Any, str]) -> Iterator[Any]:
    context, address = room
    page = context.new_page()
    page.add_init_script(measuring(640, 360))
    page.goto(f"{address}/1020")
    wait_for_picture(page)
    yield page
    page.close()


def shown(page: Any) -> list[tuple[int, int]]:
    return [(step["frame"], step["number"]) for step in page.evaluate("measured")]


def test_keys_step_and_jump(page: Any) -> None:
    keys = {"ArrowRight": 1021, "ArrowLeft": 1020, "Shift+ArrowRight": 1030, "End": 1060, "Home": 1001}
    assert [int(press(page, key, 0)["frame"]) for key in keys] == list(keys.values())
    assert page.inner_text(".frame-number") == "1001"


def test_answers_that_come_late_are_not_shown(page: Any) -> None:
    delays = itertools.cycle([700, 50, 400, 10])

    def slowly(route: Any) -> None:
        page.wait_for_timeout(next(delays))
        route.continue_()

    page.route("**/pictures/plate/**", slowly)
    for _ in range(6):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(3000)
    seen = shown(page)
    assert all(frame == number for frame, number in seen), seen
    assert seen[-1][0] == 1012 and page.inner_text(".frame-number") == "1012"


def test_a_frame_that_cannot_be_had_says_why(page: Any) -> None:
    page.route("**/pictures/plate/**", lambda route: route.abort())
    page.keyboard.press("End")
    page.get_by_text("does not answer").wait_for()
    assert page.inner_text(".frame-number") == "1060"
    page.unroute("**/pictures/plate/**")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".no-picture", state="detached")
    assert shown(page)[-1] == (1060, 1060)


def test_playing_shows_the_frames_it_says(page: Any) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.wait_for_timeout(2500)
    page.keyboard.press("Space")
    seen = shown(page)
    assert all(frame == number for frame, number in seen), seen
    assert len({frame for frame, _ in seen}) > 8
