"""The daemon's one object: a method for each request of `docs/bridge.md`, plain tables in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.client import Client
from understudy.domain.path_map import NO_MAP, PathMap

Table = dict[str, Any]

MOST_WAIT_S = 25.0


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeSetting:
    """What a daemon is started with.

    connect: opens a connection to the backend; raises ServerUnreachable while there is none. It is asked again.
    state: the folder that keeps the journal. presets: a TOML file, None for one preset a model.
    room, room_token: address of the review room ("" without one) and the token that it knows the bridge by.
    push: clips that the backend cannot see are sent to it. media: where deliveries that this machine cannot
    see are fetched to, None for a folder beside the journal.
    """

    connect: Callable[[], Client]
    state: Path
    presets: Path | None = None
    room: str = ""
    room_token: str = ""
    path_map: PathMap = NO_MAP
    push: bool = False
    media: Path | None = None


class Bridge:
    """Everything that the daemon does but for HTTP. Used from many threads. Raises: UnderstudyError only."""

    def __init__(self, setting: BridgeSetting) -> None:
        """Take up the journal, and the sendings that were under way. Raises: Conflict (another daemon has it)."""

    def hello(self) -> Table:
        """{version, backend: {state, address, message, production}}. Never raises for a backend that is away."""

    def presets(self) -> Table:
        """{presets: [Preset]}"""

    def people(self) -> Table:
        """{people: [...]}"""

    def check(self, asked: Table) -> Table:
        """{host, project, timeline, clips | marker | track, preset?} -> {shots: [{shot, for_people, problems}]}"""

    def create(self, asked: Table) -> Table:
        """{request_id, project, shot, preset} -> Sending"""

    def list(self, project: str, after: int, wait_s: float) -> Table:
        """{revision, sendings}: those changed after `after`, waiting up to `wait_s` (at most 25) for one."""

    def get(self, sending_id: str) -> Table: ...

    def cancel(self, sending_id: str) -> Table: ...

    def retry(self, sending_id: str) -> Table: ...

    def render(self, sending_id: str, asked: Table) -> Table:
        """{preset?} -> Sending"""

    def fetch(self, sending_id: str, asked: Table) -> Table:
        """{version} -> Sending"""

    def plan(self, sending_id: str, asked: Table) -> Table:
        """{timeline, capabilities?, version?, track?, remove?} -> Plan"""

    def read(self, plan_id: str, asked: Table) -> Table:
        """{timeline} -> {ok, faults}"""

    def picture(self, sending_id: str, width: int) -> bytes:
        """JPEG."""

    def room(self, sending_id: str, asked: Table) -> Table:
        """{frame?} -> {url}"""

    def close(self) -> None:
        """End waiting calls and the threads; the jobs go on in the backend. May be called twice."""
