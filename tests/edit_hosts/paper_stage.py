"""The paper editor on the contract suite's stage."""

from __future__ import annotations

import copy
from pathlib import Path

from tests.edit_hosts.paper import Abilities, PaperHost

from understudy_bridge.panel.host import Table


class PaperStage:
    """An artist at the paper editor."""

    quirks: frozenset[str] = frozenset()

    def __init__(self, abilities: Abilities) -> None:
        self.host = PaperHost(abilities)

    def build(self, timeline: Table) -> None:
        self.host = PaperHost(self.host.abilities)
        self.host.open(timeline)

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        path = f"/show/{name}.mov"
        return {
            "path": path,
            "name": f"{name}.mov",
            "rate": rate,
            "start": start,
            "frames": frames,
            "drop_frame": False,
            "reel": "",
            "colour_space": "",
        }

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        track, clip = self.host.found(uid)
        if what == "move":
            clip["record_in"] += amount
        elif what == "trim_head":
            clip["record_in"] += amount
            clip["source_in"] += amount
            clip["duration"] -= amount
        elif what == "delete":
            track["clips"].remove(clip)
        elif what == "duplicate":
            self._copied(track, clip)
        elif what == "occupy":
            self._occupied(track, clip)
        elif what == "rename":
            clip["name"] = f"renamed {amount}"
        elif what == "select":
            self.host.selection = [clip["handle"]]
        else:
            raise ValueError(what)

    def _copied(self, track: Table, clip: Table) -> None:
        end = max(one["record_in"] + one["duration"] for one in track["clips"])
        handle = max(one["handle"] for other in self.host.tracks for one in other["clips"]) + 1000
        track["clips"].append({**copy.deepcopy(clip), "record_in": end + 5, "handle": handle})

    def _occupied(self, track: Table, clip: Table) -> None:
        number = self.host.tracks.index(track) + 1
        if number == len(self.host.tracks):
            self.host.carry_out({"do": "add_track", "number": number + 1, "name": "titles"})
        title = {**clip, "name": "title", "ours": {}, "media": None, "source_in": 0}
        self.host.tracks[number]["clips"].append(
            {**copy.deepcopy(title), "uid": "", "handle": clip["handle"] + 5000}
        )
        self.host.tracks[number]["clips"].sort(key=lambda one: one["record_in"])

    def save_and_reload(self) -> None:
        self.host.save_and_reload()

    def close(self) -> None:
        """Paper needs no closing."""


def stage(folder: Path) -> PaperStage:
    """Tracks go in anywhere, speeds change, timecode is known."""
    return PaperStage(Abilities())


def channels(folder: Path) -> PaperStage:
    """Fixed channels, no retimes, nothing known of timecode."""
    return PaperStage(Abilities(inserts_tracks=False, retimes=False, timecode=False))
