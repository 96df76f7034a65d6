"""As a newcomer would: from an empty production to an approved shot by the three steps, in a real browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.chromium import browser

from understudy.client import Client
from understudy.demo.tiny_shot import TinyShot

pytestmark = pytest.mark.slow

PATIENCE_MS = int(os.environ.get("PATIENCE_MS", "240000"))


@contextmanager
def pictured(page: Any, file: Path) -> Iterator[None]:
    """Keeps a picture of the page when something goes wrong."""
    try:
        yield
    except BaseException:
        page.screenshot(path=file, full_page=True)
        raise


@contextmanager
def review_room(home: Path) -> Iterator[str]:
    """A running `understudy review`; gives the link that lets one browser in."""
    command = [sys.executable, "-m", "understudy", "review", "--no-browser", "--name", "Ada"]
    places = ["--home", str(home / "productions"), "--address", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, *places],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(home / "state")},
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http\S+/enter\S+", line):
                yield found.group(0)
                return
        raise AssertionError("the review room ended without a link")
    finally:
        process.terminate()
        process.communicate(timeout=30)
        for file in home.glob("productions/*/server.json"):
            stop_server(file)


def stop_server(file: Path) -> None:
    """The production's own server outlives the room; end it."""
    pid = int(re.search(r'"pid":\s*(\d+)', file.read_text()).group(1))  # type: ignore[union-attr]
    os.kill(pid, signal.SIGTERM)


def record_synthetic_consent(page: Any, person: str, uses: list[str]) -> None:
    card = page.locator("li", has=page.get_by_role("heading", name=person, exact=True)).first
    card.get_by_role("button", name="Record consent").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nobody: a made-up performer").check()
    for box in dialog.get_by_role("checkbox").all():
        box.set_checked(False)
    for use in uses:
        dialog.get_by_label(use).check()
    dialog.get_by_label(re.compile("What was agreed")).fill("A made-up performer")
    dialog.get_by_role("button", name="Keep this consent").click()
    dialog.wait_for(state="detached")


def bring_in(page: Any, path: Path, who: str, role: str, *, upload: bool = False) -> None:
    if upload:
        page.get_by_label("Clips to send").set_input_files(path)
    else:
        page.get_by_label(re.compile("path that the server can read")).fill(str(path))
        page.locator("form", has=page.get_by_label(re.compile("path that"))).get_by_role(
            "button", name="Add"
        ).click()
    clip = page.locator(".clip")
    clip.get_by_label("Who is seen").select_option(label=who)
    clip.get_by_label("What it is for").select_option(role)
    clip.get_by_role("button", name="Bring in").click()
    row = page.locator(".clips tr", has=page.get_by_text(path.stem, exact=True))
    row.get_by_text(re.compile(r"\d+ in 1 track")).wait_for(timeout=PATIENCE_MS)


def test_from_an_empty_production_to_an_approved_shot(tmp_path: Path, tiny_shot: TinyShot) -> None:
    with review_room(tmp_path) as link, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 720})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        with pictured(page, tmp_path / "page.png"):
            walk(page, link, tiny_shot)
        assert approvals(tmp_path) == ["approved"] * tiny_shot.frames
        assert problems == []


def walk(page: Any, link: str, tiny_shot: TinyShot) -> None:
    page.goto(link)
    page.get_by_label(re.compile("Name of a new production")).fill("Pilot")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("heading", name="Footage and people").wait_for(timeout=60_000)

    for person, use in (
        ("rowan", "this performer's face may be replaced"),
        ("mira", "this likeness may be put in"),
    ):
        page.get_by_label(re.compile("Add a person")).fill(person)
        page.locator("form", has=page.get_by_label(re.compile("Add a person"))).get_by_role(
            "button", name="Add"
        ).click()
        record_synthetic_consent(
            page, person, ["a model may learn this face", use, "results may leave the house"]
        )
    bring_in(page, tiny_shot.performer_learn, "rowan", "learn")
    bring_in(page, tiny_shot.donor_learn, "mira", "learn", upload=True)
    bring_in(page, tiny_shot.plate, "rowan", "plate")

    page.get_by_label(re.compile("^minutes")).fill("0.2")
    page.get_by_label(re.compile("^minutes")).press("Tab")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Replace the face").click(timeout=PATIENCE_MS)
    page.get_by_role("link", name="Review and mend").click(timeout=PATIENCE_MS)

    page.get_by_label("Timeline").get_by_text("v001 is up to date").wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Measure trouble").click()
    page.get_by_role("button", name=re.compile(r"Trouble \d+")).wait_for(timeout=PATIENCE_MS)
    page.keyboard.press("End")
    page.keyboard.press("Enter")  # approve the frame in hand
    page.get_by_role("tab", name="Convert").click()
    page.get_by_role("button", name=re.compile("Approve the .* open frames")).click()
    page.get_by_text("The shot is approved.").wait_for()
    page.get_by_text("All saved").wait_for()
    page.reload()
    page.get_by_text("The shot is approved.").wait_for(timeout=60_000)
    assert "/shots/plate/" in page.url


def approvals(home: Path) -> list[str]:
    """What the production's own server says of the shot's frames."""
    with Client.of_production(home / "productions" / "pilot") as client:
        solved = client.solved("plate", landmarks=False, plans=False)
        return [mark.mark.value for _, mark in sorted(solved.marks.items())]
