"""The daemon's real door over its real rules, with takes that a test gives: for panels that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from tests.bridge_door import Door, open_door
from tests.edit_hosts.rules_daemon import RulesDaemon

from understudy.domain.errors import NotFound, UnderstudyError
from understudy_bridge.daemon.app import create_app
from understudy_bridge.daemon.bridge import Bridge
from understudy_bridge.panel.daemon_calls import Refused
from understudy_bridge.panel.host import Table

PICTURE = b"\xff\xd8 a picture \xff\xd9"


class RulesBridge:
    """What the door calls, over a RulesDaemon. Sendings of one project; none fails."""

    def __init__(self) -> None:
        self.rules = RulesDaemon()
        self.names: dict[str, str] = {}
        self.projects: set[str] = set()
        self.revision = 0
        self.acts: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.asked_room: Table = {}
        self.room_url = "http://localhost:8420/rooms/shot?id=1#frame=1001"

    def hello(self) -> Table:
        production = {"id": "p", "name": "Reel ß"}
        backend = {"state": "up", "address": "local", "message": "", "production": production}
        return {"version": "0", "backend": backend, "notes": []}

    def presets(self) -> Table:
        return {"presets": [{"name": "ada", "ready": True, "message": ""}]}

    def people(self) -> Table:
        return {"people": [{"name": "Ben", "state": "ends_soon", "message": "ends in 3 days"}]}

    def check(self, asked: Table) -> Table:
        return self.rules.check(asked)

    def create(self, asked: Table) -> Table:
        made = self.rules.create(asked)["id"]
        self.names[made.replace(" ", "-")] = made
        self.projects.add(asked["project"])
        self.revision += 1
        return self._sending(made.replace(" ", "-"))

    def list(self, project: str, after: int, wait_s: float) -> Table:
        known = project in self.projects and after < self.revision
        return {"revision": self.revision, "sendings": [self._sending(one) for one in self.names if known]}

    def finish(self, version: int, media: Table) -> None:
        """Every sending has that version now."""
        for name in self.names.values():
            self.rules.finish(name, version, media)
        self.revision += 1

    def _sending(self, sending_id: str) -> Table:
        shot = self.rules.shots[self.names[sending_id]]
        results = self.rules.results[self.names[sending_id]]
        versions = [{"version": one, "state": "delivered"} for one in sorted(results)]
        told: Table = {"id": sending_id, "name": shot.name, "versions": versions, "placed": []}
        told["shot"] = {"name": shot.name, "clip_uid": shot.clip_uid, "record_in": shot.record_in}
        told["state"], told["stage"] = ("finished" if results else "running"), "convert"
        progress = None if results else {"done": 40, "total": 96, "left_s": 300.0}
        return {**told, "progress": progress, "error": None, "revision": self.revision}

    def cancel(self, sending_id: str) -> Table:
        self.acts.append(("cancel", sending_id))
        return self._sending(sending_id)

    def retry(self, sending_id: str) -> Table:
        return self._sending(sending_id)

    def render(self, sending_id: str, asked: Table) -> Table:
        self.acts.append(("render", sending_id))
        return self._sending(sending_id)

    def get(self, sending_id: str) -> Table:
        return self._sending(sending_id)

    def fetch(self, sending_id: str, asked: Table) -> Table:
        return self._sending(sending_id)

    def plan(self, sending_id: str, asked: Table) -> Table:
        try:
            return self.rules.plan(self.names[sending_id], asked)
        except Refused as refused:
            assert isinstance(refused.__cause__, UnderstudyError)
            raise refused.__cause__ from refused

    def read(self, plan_id: str, asked: Table) -> Table:
        if self.faults:
            return {"ok": False, "faults": self.faults}
        return self.rules.read(plan_id, asked)

    def picture(self, sending_id: str, width: int) -> bytes:
        if not self.rules.results[self.names[sending_id]]:
            raise NotFound("there is no picture yet")
        return PICTURE

    def room(self, sending_id: str, asked: Table) -> Table:
        self.asked_room = asked
        return {"url": self.room_url}


@contextmanager
def open_rules(state: Path, **more: Any) -> Iterator[tuple[RulesBridge, Door]]:
    bridge = RulesBridge()
    with open_door(create_app(cast(Bridge, bridge)), state, **more) as door:
        yield bridge, door
