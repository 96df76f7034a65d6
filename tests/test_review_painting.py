"""Painting in a real browser: what the artist sees never goes back, and nothing that was drawn is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from tests.bench.bench_review_brush import make_production
from tests.bench.bench_review_page import review_room
from tests.chromium import browser

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 320, 180
READY = "the matte of this frame with your strokes"
Place = tuple[float, float]


class Painter:
    """A page with the matte tool in hand; places are of the plate."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address

    def open(self, frame: int) -> None:
        self.page.goto(f"{self.address}/{frame}/matte")
        self.page.get_by_text(READY).wait_for()
        self.page.wait_for_timeout(300)

    def at(self, place: Place) -> Place:
        box = self.page.locator(".stage-over").bounding_box()
        scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
        left = box["x"] + (box["width"] - WIDTH * scale) / 2
        top = box["y"] + (box["height"] - HEIGHT * scale) / 2
        return left + place[0] * scale, top + place[1] * scale

    def begin(self, *places: Place) -> None:
        self.page.mouse.move(*self.at(places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(place))

    def stroke(self, *places: Place) -> None:
        self.begin(*places)
        self.page.mouse.up()
        self.page.mouse.move(*self.at((5, 5)))

    def outline(self, *places: Place) -> None:
        for place in places:
            self.page.mouse.click(*self.at(place))
        self.page.keyboard.press("Enter")

    def green(self, place: Place) -> float:
        """How much more green than red there is on the screen."""
        x, y = self.at(place)
        png = self.page.screenshot(clip={"x": x - 4, "y": y - 4, "width": 8, "height": 8})
        picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        _, green, red = picture.reshape(-1, 3).mean(0)
        return float(green - red)

    def seen(self, place: Place, times: int = 8) -> list[bool]:
        """Whether a place is in the matte, again and again over some seconds."""
        seen = []
        for _ in range(times):
            seen.append(self.green(place) > 15)
            self.page.wait_for_timeout(250)
        return seen

    def saved(self) -> None:
        self.page.get_by_text("All saved").wait_for()

    def edits(self) -> list[dict[str, Any]]:
        """What stands in the journal."""
        self.saved()
        entries = self.page.evaluate(
            "place => fetch(place).then((answer) => answer.json()).then((told) => told.entries)",
            f"{self.address.replace('/p/', '/api/p/', 1)}/edits?after=0",
        )
        done: list[dict[str, Any]] = []
        undone: list[dict[str, Any]] = []
        for entry in entries:
            if entry["step"] == "do":
                done.append(entry["action"])
                undone.clear()
            else:
                source, target = (done, undone) if entry["step"] == "undo" else (undone, done)
                target.append(source.pop())
        return done

    def slow(self, latency_ms: int) -> None:
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        rates = {"downloadThroughput": -1, "uploadThroughput": -1}
        session.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency_ms, **rates})


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    folder = tmp_path_factory.mktemp("painting") / "bench"
    make_production(folder, WIDTH, HEIGHT)
    with review_room(folder) as link, browser() as chromium:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("main")
        page.evaluate("localStorage.setItem('understudy.brush', '{\"radius\": 9, \"softness\": 0.3}')")
        page.close()
        yield context, f"{link.partition('/enter')[0]}/p/bench/shots/paint"


@pytest.fixture
def painter(room: tuple[Any, str]) -> Iterator[Painter]:
    context, address = room
    page = context.new_page()
    yield Painter(page, address)
    page.close()


def kinds(edits: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(edit["kind"], edit.get("frame", 0)) for edit in edits]


def test_a_stroke_is_seen_at_once_and_never_goes_back(painter: Painter) -> None:
    painter.open(1001)
    painter.page.keyboard.press("q")  # include
    painter.slow(700)
    painter.stroke((20, 160), (60, 160), (90, 160))
    assert painter.seen((55, 160)) == [True] * 8
    painter.page.keyboard.press("Control+z")
    assert painter.seen((55, 160)) == [False] * 8
    painter.page.keyboard.press("Control+Shift+z")
    assert painter.seen((55, 160)) == [True] * 8
    painter.stroke((120, 160), (160, 160))
    painter.page.keyboard.press("Control+z")
    painter.page.keyboard.press("Control+z")
    assert painter.seen((55, 160)) == [False] * 8
    assert ("paint_stroke", 1001) not in kinds(painter.edits())


def test_a_stroke_counts_on_its_frame_whatever_ends_it(painter: Painter) -> None:
    painter.open(1002)
    before = len(painter.edits())
    for key in ("ArrowRight", "1"):
        painter.begin((20, 160), (60, 162), (90, 158))
        painter.page.keyboard.press(key)
        painter.page.mouse.up()
        painter.page.wait_for_timeout(400)
    made = painter.edits()[before:]
    assert kinds(made) == [("paint_stroke", 1002), ("paint_stroke", 1003)]
    assert len(made[0]["points"]) == 6 and made[0]["radius_px"] == 9


def test_a_shape_that_crosses_itself_waits_until_it_is_mended(painter: Painter) -> None:
    painter.open(1005)
    before = len(painter.edits())
    painter.page.keyboard.press("p")
    painter.outline((40, 40), (120, 120), (120, 40), (40, 120))
    painter.page.get_by_text("It crosses itself between points 1 and 3").wait_for()
    assert len(painter.edits()) == before
    painter.page.keyboard.press("ArrowRight")
    painter.page.get_by_text("crosses itself on frame 1005").wait_for()
    painter.page.get_by_role("button", name="Go there").click()
    painter.page.wait_for_timeout(500)
    painter.stroke((120, 120), (122, 80), (126, 20))
    [shape] = painter.edits()[before:]
    assert (shape["kind"], shape["frame"], len(shape["points"])) == ("key_shape", 1005, 8)


def test_a_drag_on_another_frame_makes_a_key_there(painter: Painter) -> None:
    painter.open(1006)
    before = len(painter.edits())
    painter.page.locator(".shape-list button", has_text="between keys").first.click()
    painter.page.keyboard.press("Control+a")
    painter.page.keyboard.press("Alt+Shift+ArrowRight")
    painter.page.wait_for_timeout(500)
    [key] = painter.edits()[before:]
    assert (key["kind"], key["frame"]) == ("key_shape", 1006)
    painter.page.keyboard.press("Control+z")
    painter.page.wait_for_timeout(500)
    assert len(painter.edits()) == before


def test_one_undo_takes_a_traced_matte_back(painter: Painter) -> None:
    painter.open(1004)
    painter.page.keyboard.press("q")
    painter.stroke((20, 160), (90, 160))
    painter.saved()
    before = painter.edits()
    painter.page.wait_for_timeout(800)
    painter.page.get_by_role("button", name="Matte to shapes").click()
    painter.page.locator(".shape-list", has_text="traced1").wait_for()
    painter.page.wait_for_timeout(500)
    made = painter.edits()[len(before) :]
    assert {"key_shape", "remove_shape", "compose_matte"} == {edit["kind"] for edit in made}
    painter.page.locator("#tool").focus()
    painter.page.keyboard.press("Control+z")
    painter.page.wait_for_timeout(1000)
    assert painter.edits() == before


def test_the_tool_can_be_used_by_everybody(painter: Painter) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    painter.open(1006)
    painter.page.locator(".matte details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    painter.page.locator(".shape-list button").first.click()
    painter.page.wait_for_timeout(500)
    found = axe.Axe().run(painter.page, context="#tool").response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
