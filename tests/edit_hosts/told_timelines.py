"""Timelines as an editor's adapter tells them."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.edit_hosts.contract import clip, timeline, track

from understudy_bridge.core.timeline import Clip, Sequence, Transition, covering
from understudy_bridge.panel.host import Table

MEDIA = {"path": "/show/A.mov", "name": "A.mov", "rate": "24", "start": 86400, "frames": 500}


def fitting(sequence: Sequence) -> Sequence:
    """The timeline as a host tells it: source ranges as their speeds ask for."""
    tracks = []
    for one in sequence.tracks:
        items = [
            replace(item, source_out=item.source_in + covering(item.speed, item.duration))
            if isinstance(item, Clip)
            else replace(item, kind="dissolve")
            if isinstance(item, Transition)
            else item
            for item in one.items
        ]
        tracks.append(replace(one, items=tuple(items)))
    return replace(sequence, tracks=tuple(tracks))


def good() -> Table:
    first = clip("a", MEDIA, 10, 20, 12, source_rate="24")
    told = timeline(track(1, first, clip("b", MEDIA, 40, 16, 20)), track(3, locked=True))
    told["tracks"][0]["transitions"] = [{"at": 10, "in_offset": 0, "out_offset": 4}]
    told["markers"] = [{"frame": 3, "name": "understudy"}]
    copied: Table = json.loads(json.dumps(told))
    return copied
