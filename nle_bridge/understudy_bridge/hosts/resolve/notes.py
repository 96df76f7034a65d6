"""What the adapter writes into a clip: a marker whose custom data, which no window shows, has uid and `ours`.

A marker lies in the medium's frames: it stays when the clip is moved, trimmed, renamed, copied or saved.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ...panel.host import HostRefused
from .program import duration_of, offset_of, whole

if TYPE_CHECKING:
    from fusionscript import TimelineItem

KEY = "understudy"
NAME = "Understudy"
COLOUR: Literal["Cream"] = "Cream"
MOST_TEXT = 65536
MOST_TRIES = 64


class Note(NamedTuple):
    frame: int
    uid: str
    ours: dict[str, Any]


def marks_of(item: TimelineItem) -> dict[int, dict[str, Any]]:
    """Every marker by its frame, counted from the medium's first."""
    found: Any = item.GetMarkers() or {}
    return {round(frame): dict(mark) for frame, mark in found.items() if isinstance(mark, dict)}


def note_in(marks: dict[int, dict[str, Any]]) -> Note | None:
    """The adapter's own marker. What is not as it was written counts as none."""
    for frame, mark in sorted(marks.items()):
        text = mark.get("customData")
        if not isinstance(text, str) or KEY not in text or len(text) > MOST_TEXT:
            continue
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            continue
        inside = said.get(KEY) if isinstance(said, dict) else None
        if isinstance(inside, dict) and isinstance(inside.get("uid"), str) and inside["uid"]:
            ours = inside.get("ours")
            return Note(frame, inside["uid"], ours if isinstance(ours, dict) else {})
    return None


def write_note(item: TimelineItem, uid: str, ours: dict[str, Any], comment: str = "") -> None:
    """Write or renew the marker, and read it back. Raises: HostRefused."""
    text = json.dumps({KEY: {"uid": uid, "ours": ours}}, sort_keys=True)
    marks = marks_of(item)
    old = note_in(marks)
    if old is not None:
        item.UpdateMarkerCustomData(old.frame, text)
    else:
        _add(item, text, comment)
    now = note_in(marks_of(item))
    if now is None or (now.uid, now.ours) != (uid, ours):
        raise HostRefused(
            "Unsupported",
            "Resolve did not keep the marker by which the clip is found again; unlock its track, try again",
        )


def _add(item: TimelineItem, text: str, comment: str) -> None:
    """On the first of the clip's frames that has no marker: a frame takes one only."""
    first, frames = offset_of(item) or 0, duration_of(item) or 1
    for frame in range(first, first + min(frames, MOST_TRIES)):
        if item.AddMarker(frame, COLOUR, NAME, comment, 1, text):
            return


def put_marks(item: TimelineItem, marks: dict[int, dict[str, Any]]) -> None:
    """Write markers as `marks_of` told them."""
    for frame, mark in sorted(marks.items()):
        colour: Any = mark.get("color") or "Blue"
        item.AddMarker(
            frame,
            colour,
            str(mark.get("name", "")),
            str(mark.get("note", "")),
            whole(mark.get("duration")) or 1,
            str(mark.get("customData", "")),
        )


def set_marks(item: TimelineItem, marks: dict[int, dict[str, Any]]) -> None:
    """Make these the clip's markers."""
    present = marks_of(item)
    if present != marks:
        for frame in present:
            item.DeleteMarkerAtFrame(frame)
        put_marks(item, marks)
