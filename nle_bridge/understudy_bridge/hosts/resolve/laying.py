"""Laying and lifting clips, each read back: what the program says about its own success is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ...panel.host import HostRefused, Table
from .media import facts_of, medium
from .notes import put_marks, write_note
from .program import Learnt, Open, duration_of, id_of, offset_of, start_of
from .reading import Lying, Reader, find, spans

if TYPE_CHECKING:
    from fusionscript import MediaPoolClipInfo, MediaPoolItem, TimelineItem


VIDEO_ONLY: Literal[1] = 1
_KINDS: tuple[Literal["video", "audio"], ...] = ("video", "audio")


class Piece(NamedTuple):
    """Frames of a medium, and where they go: `first` counts from 0 at its head, `begin` on the timecode."""

    media: MediaPoolItem
    first: int
    first_number: int
    frames: int
    track: int
    begin: int


def lay(open_: Open, learnt: Learnt, step: Table) -> Table:
    """The step `lay`. Returns the `lift` that undoes it. Raises: HostRefused, the timeline as it was."""
    track, clip = int(step["track"]), step["clip"]
    writable(open_, track)
    begin, frames = open_.start_frame + int(clip["record_in"]), int(clip["duration"])
    free(open_, track, begin, begin + frames)
    piece = piece_of(open_, learnt, clip, track)
    item = _appended(open_, learnt, piece, clip)
    try:
        _dress(item, clip, learnt)
        told = Reader(open_, learnt).clip(item, track).table
    except BaseException:
        _remove(open_, [(track, item)], {id_of(item)})
        raise
    return {"do": "lift", "track": track, "uid": clip["uid"], "clip": told}


def lift(open_: Open, learnt: Learnt, step: Table) -> Table:
    """The step `lift`. Returns the `lay` that undoes it, without grade and effects: no call tells those."""
    track = int(step["track"])
    writable(open_, track)
    lying = find(open_, learnt, str(step["uid"]), track, (step.get("clip") or {}).get("record_in"))
    begin, end = _span(lying, open_)
    beside = [
        name
        for first, last, uid, name in spans(open_, track)
        if uid != id_of(lying.item) and first < end and last > begin
    ]
    if beside:
        raise HostRefused(
            "Unsupported",
            f"{beside[0]!r} lies over an end of {lying.table['name']!r}; take that transition away",
        )
    if lying.table["media"] is None:
        raise HostRefused("Unsupported", f"{lying.table['name']!r} has no file and could not be laid again")
    gone = id_of(lying.item)
    before = [one for one in spans(open_, track) if one[2] != gone]
    _remove(open_, [(track, lying.item)], {gone})
    if spans(open_, track) != before:
        raise HostRefused(
            "LeftBehind", f"other clips on V{track} moved when one was lifted; undo in Resolve (Ctrl+Z)"
        )
    return {"do": "lay", "track": track, "clip": lying.table}


def writable(open_: Open, track: int) -> None:
    """Raises: HostRefused for a track that is not there or is locked."""
    if not 1 <= track <= open_.count():
        raise HostRefused("NotOnTimeline", f"there is no track V{track} any more; try again")
    if open_.timeline.GetIsTrackLocked("video", track) is True:
        raise HostRefused("Occupied", f"V{track} is locked; unlock it, or name another track")


def free(open_: Open, track: int, begin: int, end: int) -> None:
    """Raises: HostRefused when anything lies between two frames of a track, transitions too."""
    for first, last, _, name in spans(open_, track):
        if first < end and last > begin:
            raise HostRefused(
                "Occupied",
                f"{name!r} lies on V{track} from frame {first} to {last - 1}, where the clip should go; "
                "move it, or name another track",
            )


def piece_of(open_: Open, learnt: Learnt, clip: Table, track: int) -> Piece:
    """Which frames of which medium a clip shows. Raises: HostRefused for what Resolve could not show so."""
    table = clip.get("media")
    if not table:
        raise HostRefused("Unsupported", f"{clip['name']!r} has no file that could be laid")
    if str(clip.get("speed", "1")) != "1" or clip.get("curve"):
        raise HostRefused(
            "Unsupported", "scripts cannot set a clip's speed in Resolve; render the retime first"
        )
    media = medium(open_, learnt, table)
    facts = facts_of(media)
    if facts.rate is not None and facts.rate != open_.rate:
        raise HostRefused(
            "Unsupported",
            f"{facts.name} runs at {facts.rate} and the timeline at {open_.rate}; conform one of them",
        )
    first, frames = int(clip["source_in"]) - (table.get("start") or 0), int(clip["duration"])
    if first < 0 or (facts.frames is not None and first + frames > facts.frames):
        raise HostRefused("TakeTooShort", f"{facts.name} does not have all the frames that the cut shows")
    return Piece(media, first, facts.first, frames, track, open_.start_frame + int(clip["record_in"]))


def lies(item: TimelineItem, piece: Piece) -> bool:
    """Whether a clip lies as it was asked for, to the frame, and shows these frames."""
    return (start_of(item), duration_of(item), offset_of(item)) == (piece.begin, piece.frames, piece.first)


def _appended(open_: Open, learnt: Learnt, piece: Piece, clip: Table) -> TimelineItem:
    """Append, read back, and where the length or the frames are not the asked ones try the other manner.

    Versions differ in whether the end counts; some answer with an item that is not there or lies elsewhere.
    """
    before = _ids(open_)
    seen = []
    for end_counts, from_start in learnt.manners():
        if from_start and not piece.first_number:
            continue  # both numbers are one
        first = piece.first + (piece.first_number if from_start else 0)
        info: MediaPoolClipInfo = {
            "mediaPoolItem": piece.media,
            "startFrame": first,
            "endFrame": first + piece.frames - (1 if end_counts else 0),
            "mediaType": VIDEO_ONLY,
            "trackIndex": piece.track,
            "recordFrame": piece.begin,
        }
        open_.pool.AppendToTimeline([info])  # type: ignore[arg-type]  # the types know the first form only
        new = _new(open_, before)
        right = [item for track, item in new if track == piece.track and lies(item, piece)]
        if len(new) == 1 and right:
            learnt.end_counts, learnt.numbers_from_start = end_counts, from_start
            return right[0]
        seen += [f"{duration_of(item)} frames from {start_of(item)} on V{track}" for track, item in new]
        _remove(open_, new, set(_ids(open_)) - set(before))
    raise HostRefused(
        "Unsupported",
        f"Resolve did not lay {clip['name']!r} as asked, {piece.frames} frames from {piece.begin} on "
        f"V{piece.track}: {'; '.join(seen) or 'nothing came to lie there'}. It was taken away again",
    )


def _dress(item: TimelineItem, clip: Table, learnt: Learnt) -> None:
    """Name, switch, marks and identity. Raises: HostRefused when the identity is not kept."""
    name = str(clip.get("name", ""))
    if name and item.GetName() != name and learnt.has(item, "SetName"):
        item.SetName(name)
    if clip.get("enabled") is False:
        item.SetClipEnabled(False)
    media = clip.get("media") or {}
    begin = int(media.get("start") or 0)
    put_marks(
        item,
        {
            int(mark["frame"]) - begin: {"name": mark.get("name", ""), "note": mark.get("comment", "")}
            for mark in clip.get("markers") or []
        },
    )
    write_note(item, str(clip["uid"]), dict(clip.get("ours") or {}), name)


def _remove(open_: Open, items: list[tuple[int, TimelineItem]], ids: set[str]) -> None:
    """Delete items. Raises: HostRefused, saying what remains.

    Deleting works on the Edit page only, and has been seen to fail the first time.
    """
    here = str(open_.resolve.GetCurrentPage() or "")
    for attempt in range(3):
        left = [(track, item) for track, item in items if id_of(item) in ids & set(_ids(open_))]
        if not left:
            break
        if attempt and here != "edit":
            open_.resolve.OpenPage("edit")
        open_.timeline.DeleteClips([item for _, item in left], False)
    if here not in ("", "edit") and open_.resolve.GetCurrentPage() != here:
        open_.resolve.OpenPage(here)  # type: ignore[arg-type]
    remains = ids & set(_ids(open_))
    if remains:
        what = ", ".join(
            f"{item.GetName()!r} on V{track} at {start_of(item)}"
            for track, item in items
            if id_of(item) in remains
        )
        raise HostRefused(
            "LeftBehind", f"Resolve did not delete {what or 'a clip'}; delete it by hand (Ctrl+Z)"
        )


def _ids(open_: Open) -> dict[str, tuple[int, TimelineItem]]:
    """Every item of the timeline by the program's id, with its video track; sound has track 0."""
    found = {}
    for kind in _KINDS:
        for number in range(1, int(open_.timeline.GetTrackCount(kind)) + 1):
            for item in open_.timeline.GetItemListInTrack(kind, number) or []:
                found[id_of(item)] = (number if kind == "video" else 0, item)
    found.pop("", None)
    return found


def _new(open_: Open, before: dict[str, tuple[int, TimelineItem]]) -> list[tuple[int, TimelineItem]]:
    return [placed for uid, placed in _ids(open_).items() if uid not in before]


def _span(lying: Lying, open_: Open) -> tuple[int, int]:
    begin = open_.start_frame + int(lying.table["record_in"])
    return begin, begin + int(lying.table["duration"])
