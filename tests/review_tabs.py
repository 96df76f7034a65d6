"""A tab of the review room, as far as it listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class HeardTab:
    """What a tab has heard so far, gathered by a thread of its own."""

    heard: list[tuple[str, Any, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def of(self, kind: str) -> list[Any]:
        return [data for name, data, _ in list(self.heard) if name == kind]

    def revisions(self) -> list[int]:
        return [entry["revision"] for entry in self.of("edit")]

    def states(self) -> list[str]:
        return [told["job"]["state"] for told in self.of("job")]


@contextmanager
def open_tab(browser: httpx.Client, path: str, headers: dict[str, str] | None = None) -> Iterator[HeardTab]:
    """A tab that listens until the block ends."""
    tab, started, leaving = HeardTab(), threading.Event(), threading.Event()

    def listen() -> None:
        try:
            with browser.stream("GET", path, headers=headers, timeout=15) as answer:
                assert answer.status_code == 200, answer.read()
                assert answer.headers["content-type"].startswith("text/event-stream")
                started.set()
                for kind, data, number in _events(answer.iter_lines()):
                    tab.heard.append((kind, data, number))
                    if leaving.is_set():
                        return
        except httpx.TransportError:
            return
        finally:
            tab.ended.set()
            started.set()

    thread = threading.Thread(target=listen, name="tab", daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield tab
    finally:
        leaving.set()


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any, str]]:
    named: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            named[name] = value
        elif "event" in named:
            yield named["event"], json.loads(named["data"]), named.get("id", "")
            named = {}
        else:
            named = {}
