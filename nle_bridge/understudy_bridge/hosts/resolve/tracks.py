"""Putting video tracks in and taking them out, and seeing that the program did it where it was asked."""

from __future__ import annotations

from ...panel.host import HostRefused, Table
from .program import Learnt, Open, id_of


def add_track(open_: Open, learnt: Learnt, step: Table) -> Table:
    """The step `add_track`. Returns the `remove_track` that undoes it. Raises: HostRefused."""
    number, count = int(step["number"]), open_.count()
    if not 1 <= number <= count + 1 or (number <= count and not learnt.inserts_tracks):
        raise HostRefused("Unsupported", f"this Resolve puts new tracks on top only, as V{count + 1}")
    before = _tracks(open_)
    if number > count:
        open_.timeline.AddTrack("video")  # type: ignore[call-overload]
    else:
        # The published types ask for an audio type as well, which a video track has none of.
        open_.timeline.AddTrack("video", {"index": number})
    after = _tracks(open_)
    if after == [*before[: number - 1], [], *before[number - 1 :]]:
        open_.timeline.SetTrackName("video", number, str(step.get("name", "")))
        return {"do": "remove_track", "number": number}
    if len(after) == count + 1:
        _undo(open_, before)
    learnt.inserts_tracks = False  # told so from now on, and planned otherwise
    raise HostRefused(
        "Unsupported", f"Resolve did not put a new track in as V{number}; try again, for one on top"
    )


def remove_track(open_: Open, learnt: Learnt, step: Table) -> Table:
    """The step `remove_track`. Returns the `add_track` that undoes it. Raises: HostRefused."""
    number, count = int(step["number"]), open_.count()
    if not 1 <= number <= count:
        raise HostRefused("NotOnTimeline", f"there is no track V{number} any more")
    if open_.items(number):
        raise HostRefused("Occupied", f"V{number} is not empty; a track with clips is never removed")
    if number < count and not learnt.inserts_tracks:
        raise HostRefused(
            "Unsupported", f"V{number} could not be put back between the others; remove it by hand"
        )
    name, before = open_.timeline.GetTrackName("video", number), _tracks(open_)
    open_.timeline.DeleteTrack("video", number)
    if _tracks(open_) != before[: number - 1] + before[number:]:
        raise HostRefused("Unsupported", f"Resolve did not remove V{number}; remove it by hand")
    return {"do": "add_track", "number": number, "name": name or ""}


def _tracks(open_: Open) -> list[list[str]]:
    """The program's ids of what lies on each video track."""
    return [[id_of(item) for item in open_.items(number)] for number in range(1, open_.count() + 1)]


def _undo(open_: Open, before: list[list[str]]) -> None:
    """Delete the one empty track that is new. Raises: HostRefused when it cannot be told or deleted."""
    after = _tracks(open_)
    fresh = [
        number
        for number, ids in enumerate(after, 1)
        if not ids and after[: number - 1] + after[number:] == before
    ]
    if fresh:
        open_.timeline.DeleteTrack("video", fresh[-1])
    if _tracks(open_) != before:
        raise HostRefused(
            "LeftBehind", "Resolve put a new empty track in at another place; delete it by hand"
        )
