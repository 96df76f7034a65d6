"""A real backend, a real gateway and tabs of a real Chromium; each can be killed and started again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.chromium import browser
from tests.running_backend import RunningBackend
from tests.test_review_house import review
from tests.test_review_walk import pictured

from understudy.client import Client
from understudy.domain.edit import Action
from understudy.domain.edit_stack import stack_of
from understudy.domain.listening import address_of
from understudy_review.serving import listen

TOKEN = "walked-in"
PATIENCE_MS = 30_000


@dataclass
class OpenRoom:
    """One production in the room. `stop` and `start` are for what a test kills."""

    folder: Path
    place: Path
    chromium: Any
    backend: RunningBackend
    port: int
    stack: ExitStack
    gateway: Any = None
    problems: list[str] = field(default_factory=list)

    def open_gateway(self) -> None:
        """Start the gateway, or start it again where it was before."""
        words = (str(self.folder), "--home", str(self.place / "home"), "--name", "Ada")
        address = ("--address", f"127.0.0.1:{self.port}")
        running = review(self.place, *words, *address, UNDERSTUDY_REVIEW_TOKEN=TOKEN)
        self.gateway, _ = self.stack.enter_context(running)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> Client:
        return self.backend.client

    def invited(self, author: str, to: str) -> str:
        """A link that lets one browser in."""
        headers = {"authorization": f"Bearer {TOKEN}", "x-understudy": "1"}
        told = httpx.post(f"{self.base}/api/invite", json={"author": author, "next": to}, headers=headers)
        assert told.status_code == 201, told.text
        return str(told.json()["url"])

    @contextmanager
    def tab(self, to: str, *, author: str = "Ada", size: tuple[int, int] = (1280, 720)) -> Iterator[Any]:
        """A tab of a browser of its own; errors of its scripts fail the test at the end."""
        context = self.chromium.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.invited(author, to))
        try:
            yield page
        finally:
            context.close()

    def done(self, shot: str) -> Sequence[Action]:
        """The edits that stand, as the server's journal has them."""
        return stack_of(self.client.edits(shot).entries).actions


@contextmanager
def open_room(folder: Path, place: Path) -> Iterator[OpenRoom]:
    """Serve a production, open the room on it and a browser to look at it with."""
    with ExitStack() as stack:
        backend = RunningBackend.start(folder)
        free = listen("127.0.0.1:0", tls=False)
        port = address_of(free)[1]
        free.close()
        chromium = stack.enter_context(browser())
        room = OpenRoom(folder, place, chromium, backend, port, stack)
        stack.callback(lambda: room.backend.stop())
        room.open_gateway()
        yield room
        assert room.problems == []


def watched(page: Any, place: Path) -> Any:
    """Keep a picture of the page in `place` when something goes wrong."""
    return pictured(page, place / "page.png")


def opened(page: Any, frame: int, tool: str) -> None:
    """Wait until the shot is open, and the picture of a frame on the screen."""
    page.locator(f"#tab-{tool}[aria-selected=true]").wait_for()
    on_screen(page, frame)


def on_screen(page: Any, frame: int) -> None:
    page.locator('[data-what="frame"]').filter(has_text=str(frame)).wait_for()
    page.locator(".stage canvas").first.wait_for()


def saved(page: Any) -> None:
    page.locator(".save-state.saved").wait_for()


@dataclass(frozen=True)
class Sheet:
    """Where the plate lies in the tab, while it is fitted."""

    page: Any
    width: int
    height: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place in the window of a place on the plate."""
        box = self.page.locator(".stage").bounding_box()
        scale = min(box["width"] / self.width, box["height"] / self.height)
        left = box["x"] + (box["width"] - self.width * scale) / 2
        top = box["y"] + (box["height"] - self.height * scale) / 2
        return left + x * scale, top + y * scale

    def begin(self, *places: tuple[float, float]) -> None:
        """Press the mouse at the first place and go through the others."""
        mouse = self.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=4)

    def stroke(self, *places: tuple[float, float]) -> None:
        self.begin(*places)
        self.page.mouse.up()


def wait_for(page: Any, condition: Callable[[], bool], *, seconds: float = 30, why: str = "") -> None:
    """As `wait_until`, with the browser's events going on meanwhile."""
    for _ in range(int(seconds * 10)):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited in vain: {why or condition}")


def seen(page: Any, selector: str) -> bytes:
    """What a part of the page looks like, to be compared with itself later."""
    return bytes(page.locator(selector).first.screenshot(animations="disabled"))
