"""Another medium in a clip's place, by Resolve's take selector: the clip itself stays, with its grade,
transform, effects and marks. A selector that only the swap needed is closed again: one clip, one version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...panel.host import HostRefused, Table
from .laying import Piece, lies, piece_of, writable
from .media import same_path
from .notes import marks_of, set_marks, write_note
from .program import Learnt, Open, start_of
from .reading import Lying, Reader, find

if TYPE_CHECKING:
    from fusionscript import TimelineItem


def swap(open_: Open, learnt: Learnt, step: Table) -> Table:
    """The step `swap`. Returns the one that undoes it. Raises: HostRefused, the timeline as it was."""
    track, clip = int(step["track"]), step["clip"]
    writable(open_, track)
    lying = find(open_, learnt, str(step["uid"]), track, int(clip["record_in"]))
    _unchanged(lying.table, step.get("was"))
    _same_place(lying.table, clip)
    before = piece_of(open_, learnt, lying.table, track)
    piece = piece_of(open_, learnt, clip, track)
    named_by_file = lying.facts is not None and lying.table["name"] == lying.facts.name
    name = str(clip["name"]) if named_by_file else lying.table["name"]
    item = _exchanged(open_, learnt, lying, before, piece, name)
    uid, ours = lying.table["uid"], dict(clip.get("ours") or {})
    try:
        write_note(item, uid, ours, name)
    except HostRefused:
        _exchanged(open_, learnt, lying._replace(item=item), piece, before, lying.table["name"])
        raise
    was = Reader(open_, learnt).clip(item, track).table
    return {"do": "swap", "track": track, "uid": uid, "clip": lying.table, "was": was}


def _exchanged(
    open_: Open, learnt: Learnt, lying: Lying, before: Piece, piece: Piece, name: str
) -> TimelineItem:
    """Show other frames in a clip's place; its marks stay on the pictures that they were set on."""
    shift = piece.first - before.first
    marks = {frame + shift: mark for frame, mark in marks_of(lying.item).items()}
    _selected(open_, learnt, lying, piece, before)
    item = _at(open_, piece)
    if item is None:
        raise HostRefused("LeftBehind", f"{name!r} is gone from V{piece.track}; undo in Resolve (Ctrl+Z)")
    if item.GetName() != name and learnt.has(item, "SetName"):
        item.SetName(name)
    set_marks(item, marks)
    return item


def _unchanged(found: Table, was: Table | None) -> None:
    """Raises: HostRefused when the clip shows something else than when the step was planned."""
    shown, expected = (one.get("media") or {} for one in (found, was or found))
    if not same_path(str(shown.get("path", "")), str(expected.get("path", ""))):
        raise HostRefused(
            "ClipChanged", f"{found['name']!r} shows {shown.get('path')} now; look again, and try again"
        )


def _same_place(found: Table, clip: Table) -> None:
    if (found["record_in"], found["duration"]) != (clip["record_in"], clip["duration"]):
        raise HostRefused("ClipChanged", f"{found['name']!r} was moved or trimmed meanwhile; try again")


def _selected(open_: Open, learnt: Learnt, lying: Lying, piece: Piece, before: Piece) -> None:
    """Add the medium as a take and select it; where it then does not lie right, take it away again."""
    item = lying.item
    had = int(item.GetTakesCount() or 0)
    selected = int(item.GetSelectedTakeIndex() or 0)
    for end_counts, from_start in learnt.manners():
        if from_start and not piece.first_number:
            continue
        first = piece.first + (piece.first_number if from_start else 0)
        if not item.AddTake(piece.media, first, first + piece.frames - (1 if end_counts else 0)):
            continue
        added = int(item.GetTakesCount())
        item.SelectTakeByIndex(added)
        now = _at(open_, piece)
        if now is not None and lies(now, piece) and _shows(now, piece):
            if not had:
                now.FinalizeTake()
            return
        _without(item, added, selected or 1, had)
        back = _at(open_, before)
        if back is None or not lies(back, before) or not _shows(back, before):
            raise HostRefused(
                "LeftBehind",
                f"the take selector of {lying.table['name']!r} was not put back; undo in Resolve (Ctrl+Z)",
            )
    raise HostRefused(
        "Unsupported",
        f"Resolve did not show the take in {lying.table['name']!r} on its frames; remove it and place anew",
    )


def _without(item: TimelineItem, added: int, selected: int, had: int) -> None:
    """Take the added take away, and the selector too where there was none."""
    item.SelectTakeByIndex(selected)
    item.DeleteTakeByIndex(added)
    if not had and item.GetTakesCount():
        item.FinalizeTake()


def _at(open_: Open, piece: Piece) -> TimelineItem | None:
    return next((item for item in open_.items(piece.track) if start_of(item) == piece.begin), None)


def _shows(item: TimelineItem, piece: Piece) -> bool:
    media = item.GetMediaPoolItem()
    return bool(media) and media.GetUniqueId() == piece.media.GetUniqueId()
