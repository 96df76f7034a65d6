"""Reads as tracks: a plate is one clip on a track of its own, its take lies on the track above.

Nuke has no tracks. Their order is kept in the script's root once a track was put between others; until then,
and for every Read that came later, Reads are tracks from left to right, the leftmost at the bottom.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import nuke

from ...panel.host import HostRefused
from . import identity
from .reads import Span, span_of

PART = "part"  # a Read of a composite carries this: it shows a layer of a take and is no clip


@dataclass
class Lane:
    """One track: `track` is its id when it is kept, "" for a Read that has none yet. `made` by add_track."""

    track: str
    name: str = ""
    made: bool = False
    reads: list[tuple[Span, Any]] = field(default_factory=list)

    def holds(self, span: Span) -> str:
        """The name of a Read that fills one of these frames, "" when they are free."""
        for there, node in self.reads:
            if there.first < span.first + span.frames and span.first < there.first + there.frames:
                return str(node.name())
        return ""


def lanes() -> list[Lane]:
    """The script's tracks from the bottom up."""
    listed = [
        Lane(one["id"], str(one.get("name", "")), one.get("made") is True) for one in identity.track_list()
    ]
    by_id = {lane.track: lane for lane in listed}
    alone = []
    for span, node in _reads():
        lane = by_id.get(str(identity.kept(node).get("track", "")))
        if lane is None or lane.holds(span):  # a copy carries its original's track along
            alone.append(Lane("", reads=[(span, node)]))
        else:
            lane.reads.append((span, node))
    return [lane for lane in listed if lane.reads or lane.made] + alone


def _reads() -> list[tuple[Span, Any]]:
    nodes = [node for node in nuke.allNodes("Read", nuke.root()) if PART not in identity.kept(node)]
    nodes.sort(key=lambda node: (node.xpos(), node.ypos(), node.name()))
    return [(span_of(node), node) for node in nodes]


def insert(number: int, name: str) -> None:
    """A new empty track that then has this number. Raises: HostRefused."""
    there = lanes()
    if not 1 <= number <= len(there) + 1:
        raise HostRefused("NotOnTimeline", f"no track {number} can be made above {len(there)} others")
    _adopt(there)
    there.insert(number - 1, Lane(str(uuid.uuid4()), name, made=True))
    _keep(there)


def remove(number: int) -> str:
    """Take an empty track away; its name. Raises: HostRefused."""
    there = lanes()
    lane = lane_of(there, number)
    if lane.reads:
        raise HostRefused(
            "Occupied", f"track {number} has {lane.reads[0][1].name()} on it; take that away first"
        )
    there.remove(lane)
    _keep(there)
    return lane.name


def lane_of(there: list[Lane], number: int) -> Lane:
    """Raises: HostRefused."""
    if not 1 <= number <= len(there):
        raise HostRefused("NotOnTimeline", f"there is no track {number}; the script has {len(there)}")
    return there[number - 1]


def put_on(node: Any, number: int) -> None:
    """Let a Read lie on a track that is there."""
    there = lanes()
    lane = lane_of(there, number)
    if not lane.track:
        _adopt(there)
        _keep(there)
    identity.keep(node, {**identity.kept(node), "track": lane.track})


def _adopt(there: list[Lane]) -> None:
    """Give every track an id, and its Read with it."""
    for lane in there:
        if lane.track:
            continue
        lane.track = str(uuid.uuid4())
        for _, node in lane.reads:
            identity.keep(node, {**identity.kept(node), "track": lane.track})


def _keep(there: list[Lane]) -> None:
    kept = [{"id": lane.track, "name": lane.name, "made": lane.made} for lane in there if lane.track]
    identity.keep_track_list(kept)
