"""The Premiere adapter over a fake editor in Node, on the contract suite's stage."""

from __future__ import annotations

from pathlib import Path

from tests.edit_hosts.process_host import ProcessHost
from tests.needed import program

from understudy_bridge.panel.host import Table

HERE = Path(__file__).parent


class ScriptedStage:
    """An artist at an editor whose adapter is JavaScript."""

    def __init__(self, server: str, quirks: frozenset[str]) -> None:
        self.quirks = quirks
        self.host = ProcessHost([program("node", "NODE"), str(HERE / server)])

    def build(self, timeline: Table) -> None:
        self.host.call("build", timeline)

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        path = f"/show/{name}.mov"
        self.host.call("file", path, {"frames": frames, "rate": rate, "start": start})
        table: Table = {"path": path, "name": f"{name}.mov", "rate": rate, "start": start, "frames": frames}
        return {**table, "drop_frame": False, "reel": "", "colour_space": ""}

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        self.host.call("disturb", uid, what, amount)

    def save_and_reload(self) -> None:
        self.host.call("save_and_reload")

    def close(self) -> None:
        self.host.close()


def stage(folder: Path) -> ScriptedStage:
    """Locks are not told to panels; a copied clip is another clip."""
    return ScriptedStage("premiere_server.js", frozenset({"no_lock", "no_duplicate"}))
