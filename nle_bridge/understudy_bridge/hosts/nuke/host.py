"""Nuke as an editor: the script's Reads as a timeline, and a take as a Read of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import nuke

from ...panel.host import HostRefused, Table, carried_out
from ...panel.rates import rate_text
from . import identity, tracks
from .reads import Span, clip_problems, media_of, path_of, root_rate, show
from .tracks import Lane

_NO_NODE_NAME = re.compile(r"\W+", re.ASCII)
_BESIDE_PX = 110  # a node is 80 wide


class NukeHost:
    """The script that is open. A Read lies where its frame settings put it, whatever hangs below it."""

    def about(self) -> Table:
        name = str(nuke.root().name())
        return {
            "host": "nuke",
            "version": str(nuke.NUKE_VERSION_STRING),
            "project": identity.project_id(),
            "project_name": os.path.basename(name) if name != "Root" else "",
            "capabilities": {"retimes": False, "undo": True, "notices_open": True},
        }

    def timeline(self) -> Table:
        there = tracks.lanes()
        start, rate = _start_frame(there), root_rate()
        return {
            "name": str(nuke.root().name()),
            "rate": rate_text(rate),
            "drop_frame": False,
            "start_frame": start,
            "inserts_tracks": True,
            "one_clip_a_track": True,
            "tracks": [
                {"number": number, "name": lane.name, "clips": _clips(lane, start, rate)}
                for number, lane in enumerate(there, 1)
            ],
            "markers": [],
        }

    def selected(self) -> list[str]:
        found = [(span.first, _uid(node)) for span, node in _all_reads() if node.isSelected()]
        return [uid for _, uid in sorted(found)]

    def mark(self, uid: str, identity_text: str) -> None:
        _, node = _found(uid)
        with _undoable("mark a plate"):
            identity.keep(node, {**identity.kept(node), "uid": identity_text})

    def carry_out(self, step: Table) -> Table:
        with _undoable(str(step.get("do")).replace("_", " ")):
            return carried_out(_STEPS, "Nuke", step)

    def seek(self, frame: int) -> None:
        nuke.frame(_start_frame(tracks.lanes()) + frame)


@contextmanager
def _undoable(what: str) -> Iterator[None]:
    """One entry in Nuke's list of what can be undone."""
    nuke.Undo.begin(f"Understudy: {what}")
    try:
        yield
    finally:
        nuke.Undo.end()


def _all_reads() -> list[tuple[Span, Any]]:
    return [one for lane in tracks.lanes() for one in lane.reads]


def _start_frame(there: list[Lane]) -> int:
    """The script's first frame, or an earlier one that a Read begins on."""
    return min(
        [int(nuke.root()["first_frame"].value())] + [span.first for lane in there for span, _ in lane.reads]
    )


def _uid(node: Any, kept: Table | None = None) -> str:
    known = identity.kept(node) if kept is None else kept
    return str(known.get("uid") or f"node:{node.fullName()}")


def _found(uid: str, step: Table | None = None) -> tuple[Span, Any]:
    """The one Read of this uid; of copies, the one where the step says. Raises: HostRefused."""
    there = tracks.lanes()
    searched = there if step is None else [tracks.lane_of(there, step["track"])]
    found = [one for lane in searched for one in lane.reads if _uid(one[1]) == uid]
    if step is not None and len(found) > 1:
        first = _start_frame(there) + step["clip"]["record_in"]
        found = [one for one in found if one[0].first == first]
    if len(found) != 1:
        word = "is gone from" if not found else "cannot be told from its copies in"
        raise HostRefused(
            "NotOnTimeline", f"the clip {uid} {word} the script; mark the Read and send it again"
        )
    return found[0]


def _clips(lane: Lane, start: int, rate: Fraction) -> list[Table]:
    return sorted(
        (_clip(span, node, start, rate) for span, node in lane.reads), key=lambda one: int(one["record_in"])
    )


def _clip(span: Span, node: Any, start: int, rate: Fraction) -> Table:
    kept = identity.kept(node)
    path, against = path_of(node)
    media = media_of(node, span, path, rate) if path else None
    told_start = (media or {}).get("start") or 0
    ours = kept.get("ours")
    return {
        "uid": _uid(node, kept),
        "name": _shown_name(node, kept),
        "record_in": span.first - start,
        "duration": span.frames,
        "source_in": told_start + span.file_first - int(node["origfirst"].value()),
        "source_rate": media["rate"] if media else rate_text(rate),
        "speed": "1",
        "curve": f"{span.problem}" if span.problem.startswith("its frames follow") else "",
        "enabled": not node["disable"].value(),
        "media": media,
        "nested": False,
        "ours": ours if isinstance(ours, dict) else {},
        "markers": [],
        "problems": clip_problems(node, span, path, against),
    }


def _shown_name(node: Any, kept: Table) -> str:
    """The clip's name as it was asked for, until an artist calls the node something else."""
    if kept.get("name") and kept.get("node") == node.name():
        return str(kept["name"])
    return str(node.name())


def _call(node: Any, name: str) -> None:
    """Name a node; only letters, digits and `_` may be in Nuke's own name."""
    wanted = _NO_NODE_NAME.sub("_", name).strip("_") or "take"
    node.setName(wanted if not wanted[0].isdigit() else f"_{wanted}")
    identity.keep(node, {**identity.kept(node), "name": name, "node": str(node.name())})


def _add_track(step: Table) -> Table:
    tracks.insert(step["number"], str(step.get("name", "")))
    return {"do": "remove_track", "number": step["number"]}


def _remove_track(step: Table) -> Table:
    name = tracks.remove(step["number"])
    return {"do": "add_track", "number": step["number"], "name": name}


def _lay(step: Table) -> Table:
    clip, number = step["clip"], step["track"]
    there = tracks.lanes()
    lane = tracks.lane_of(there, number)
    first = _start_frame(there) + clip["record_in"]
    if name := lane.holds(Span(first, clip["duration"], 0)):
        raise HostRefused(
            "Occupied", f"{name} fills frames of track {number} where the take should go; move it"
        )
    _refuse_what_a_read_cannot_show(clip)
    below = lane.reads or (there[number - 2].reads if number > 1 else [])
    node = nuke.nodes.Read()
    try:
        _dress(node, step, first)
        tracks.put_on(node, number)
        if "node" not in step and below:
            node.setXYpos(below[0][1].xpos() + _BESIDE_PX, below[0][1].ypos())
    except BaseException:
        nuke.delete(node)
        raise
    return {"do": "lift", "track": number, "uid": clip["uid"], "clip": clip}


def _dress(node: Any, step: Table, first: int) -> None:
    """Make a fresh Read the clip that a step lays; `node` in it is what was kept of one that was lifted."""
    clip, was = step["clip"], step.get("node")
    if was is not None:
        _restore(node, was)
        return
    show(node, clip, first=first)
    identity.keep(node, {"uid": clip["uid"], "ours": clip.get("ours", {})})
    _call(node, str(clip.get("name", "")))
    node["disable"].setValue(not clip.get("enabled", True))


def _refuse_what_a_read_cannot_show(clip: Table) -> None:
    if not clip.get("media"):
        raise HostRefused("Unsupported", "a Read shows a file; this clip has none")
    if set("[$") & set(clip["media"]["path"]):
        raise HostRefused(
            "Unsupported",
            f"{clip['media']['path']} has [ or $ in it, which Nuke would run as script; rename it",
        )
    if clip.get("speed", "1") != "1" or clip.get("curve"):
        raise HostRefused(
            "Unsupported", "a Read plays at its own speed; render the retime first, or retime below the Read"
        )


def _swap(step: Table) -> Table:
    span, node = _found(step["uid"], step)
    clip, was = step["clip"], step["was"]
    before = _kept(node)
    undo = {
        "do": "swap",
        "track": step["track"],
        "uid": clip["uid"],
        "clip": was,
        "was": clip,
        "node": before,
    }
    if "node" in step:
        _restore(node, step["node"])
        return undo
    _refuse_what_a_read_cannot_show(clip)
    if clip["duration"] != span.frames or _start_frame(tracks.lanes()) + clip["record_in"] != span.first:
        raise HostRefused(
            "ClipChanged", f"{node.name()} was moved or trimmed meanwhile; ask for the plan again"
        )
    try:
        show(node, clip, first=span.first)
        identity.keep(node, {**identity.kept(node), "uid": clip["uid"], "ours": clip.get("ours", {})})
        if clip.get("name", "") != _shown_name(node, identity.kept(node)):
            _call(node, str(clip["name"]))
    except BaseException:
        _restore(node, before)
        raise
    return undo


def _lift(step: Table) -> Table:
    _, node = _found(step["uid"], step)
    before = _kept(node, nuke.WRITE_USER_KNOB_DEFS)
    nuke.delete(node)
    return {"do": "lay", "track": step["track"], "clip": step["clip"], "node": before}


def _kept(node: Any, more: int = 0) -> Table:
    """All that makes a Read what it is: its knobs as script text, its place, what hangs below it.

    more: how else the knobs are written; a Read that will be made anew needs those defined that others added.
    """
    below = [
        [str(other.fullName()), number]
        for other in node.dependent(nuke.INPUTS | nuke.HIDDEN_INPUTS)
        for number in range(other.inputs())
        if other.input(number) == node
    ]
    return {
        "knobs": node.writeKnobs(nuke.WRITE_NON_DEFAULT_ONLY | nuke.TO_SCRIPT | more),
        "kept": identity.kept(node),
        "name": str(node.name()),
        "place": [node.xpos(), node.ypos()],
        "below": below,
    }


def _restore(node: Any, was: Table) -> None:
    node.resetKnobsToDefault()
    node.readKnobs(was["knobs"])
    identity.keep(node, was["kept"])
    node.setName(was["name"])
    node.setXYpos(*was["place"])
    for name, number in was["below"]:
        other = nuke.toNode(name)
        if other is not None and other.input(number) != node:
            other.setInput(number, node)


_STEPS = {
    "add_track": _add_track,
    "remove_track": _remove_track,
    "lay": _lay,
    "swap": _swap,
    "lift": _lift,
}
