"""Debian's Chromium under Playwright, for tests of the review room's page."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.needed import program

import understudy_review

PAGE_FOLDER = Path(understudy_review.__file__).parent / "page"
ADDRESS = "http://localhost:9"  # nothing listens there; browsers trust it as they trust the room itself
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)  # fmt: skip


@contextmanager
def browser() -> Iterator[Any]:
    """A running Chromium, Debian's."""
    chromium_path = program("chromium", "BROWSER")
    from playwright import sync_api as playwright

    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def page_modules() -> Iterator[Any]:
    """A browser page that can import the room's modules, such as `await import("/page/core/time.js")`.

    Nothing is served but the page's own files.
    """
    with browser() as chromium:
        page = chromium.new_page()
        page.route("**/*", _from_disk)
        page.goto(f"{ADDRESS}/blank")
        yield page


def _from_disk(route: Any) -> None:
    path = route.request.url.removeprefix(ADDRESS)
    file = PAGE_FOLDER / path.removeprefix("/page/").partition("?")[0]
    if not path.startswith("/page/"):
        route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>blank</title>")
    elif file.is_file():
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(status=200, content_type=kind, body=file.read_bytes())
    else:
        route.fulfill(status=404, body="")
