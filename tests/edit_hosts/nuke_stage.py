"""The fake Nuke on the contract suite's stage, with an artist who moves, trims and copies Reads."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

from tests.edit_hosts import fake_nuke

from understudy_bridge.panel.host import EditHost, Table


class NukeStage:
    """Plates are movies, takes are sequences whose numbers are not their timecode."""

    quirks = frozenset({"one_clip_a_track", "no_lock"})

    def __init__(self, folder: Path, host: EditHost) -> None:
        self.folder, self.host = folder, host

    def build(self, timeline: Table) -> None:
        files = fake_nuke.script.files
        fake_nuke.script = fake_nuke.Script()
        fake_nuke.script.files = files
        root = fake_nuke.root()
        root["fps"].setValue(round(float(Fraction(timeline["rate"])), 3))
        root["first_frame"].setValue(timeline["start_frame"])
        clips = [one for track in timeline["tracks"] for one in track["clips"]]
        for number, clip in enumerate(clips):
            self._read(clip, timeline["start_frame"] + clip["record_in"], number)

    def _read(self, clip: Table, first: int, number: int) -> None:
        node, media = fake_nuke.nodes.Read(), clip["media"]
        node["file"].setValue(_as_nuke(media["path"]))
        shown = node["first"].value() + clip["source_in"] - (media["start"] or 0)
        node["first"].setValue(shown)
        node["last"].setValue(shown + clip["duration"] - 1)
        mode, text = [
            ("start at", str(first)),
            ("offset", str(shown - first)),
            ("expression", f"frame + {shown - first}" if shown >= first else f"frame - {first - shown}"),
        ][number % 3]
        node["frame_mode"].setValue(mode)
        node["frame"].setValue(text)
        node.setXYpos(100 * number, 0)

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        sequence = name.startswith("take")
        path = self.folder / (f"{name}.####.exr" if sequence else f"{name}.mov")
        fact = {"frames": frames, "rate": rate, "start": start, "number": 993 if sequence else 1}
        fact.update({"reel": "", "drop_frame": False})
        if _as_nuke(str(path)) not in fake_nuke.script.files:
            for number in range(frames) if sequence else range(1):
                one = self.folder / f"{name}.{993 + number:04}.exr" if sequence else path
                one.write_bytes(b"")
        fake_nuke.script.files[_as_nuke(str(path))] = fact
        made = {"path": str(path), "name": path.name, "rate": rate, "start": start, "frames": frames}
        return {**made, "drop_frame": False, "reel": "", "colour_space": ""}

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        node = self._node(uid)
        if what == "move":
            self._shift(node, amount)
        elif what == "trim_head":
            node["first"].setValue(node["first"].value() + amount)
            if node["frame_mode"].value() == "start at":
                self._shift(node, amount)
        elif what == "delete":
            fake_nuke.delete(node)
        elif what == "duplicate":
            self._shift(fake_nuke.pasted(node), 500)
        elif what == "occupy":
            other = fake_nuke.pasted(node)
            other.removeKnob(other["understudy"])
            other.setXYpos(5000, 0)
        elif what == "rename":
            node.setName(f"renamed_{amount}")
        elif what == "select":
            for one in fake_nuke.allNodes():
                one.selected_ = one is node
        else:
            raise ValueError(what)

    def _shift(self, node: fake_nuke.Node, amount: int) -> None:
        node["frame"].setValue(str(node.firstFrame() + amount))
        node["frame_mode"].setValue("start at")

    def _node(self, uid: str) -> fake_nuke.Node:
        from understudy_bridge.hosts.nuke import identity

        for node in fake_nuke.allNodes("Read"):
            if uid in (identity.kept(node).get("uid"), f"node:{node.name()}"):
                return node
        raise AssertionError(f"no Read {uid}")

    def save_and_reload(self) -> None:
        fake_nuke.script = fake_nuke.script.reloaded()

    def close(self) -> None:
        fake_nuke.script = fake_nuke.Script()


def _as_nuke(path: str) -> str:
    return path.replace("####", "%04d")


def stage(folder: Path) -> NukeStage:
    fake_nuke.script = fake_nuke.Script()
    sys.modules["nuke"] = fake_nuke
    from understudy_bridge.hosts.nuke.host import NukeHost

    return NukeStage(folder, NukeHost())
