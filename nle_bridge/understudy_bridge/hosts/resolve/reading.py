"""The timeline in front of the artist, as docs/bridge.md wants it told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ...panel.host import HostRefused, Table
from .media import Facts, facts_of, media_table, remember
from .notes import Note, marks_of, note_in
from .program import Learnt, Open, duration_of, id_of, properties_of, start_of, whole
from .speeds import pace_of

if TYPE_CHECKING:
    from fusionscript import TimelineItem


class Lying(NamedTuple):
    """A clip as it lies: the program's item, what the bridge is told of it, and its medium."""

    item: TimelineItem
    track: int
    table: Table
    facts: Facts | None


class Reader:
    """Reads clips of one timeline. A medium that many clips show is asked for once."""

    def __init__(self, open_: Open, learnt: Learnt) -> None:
        self.open = open_
        self._learnt = learnt
        self._facts: dict[str, Facts] = {}

    def table(self) -> Table:
        """`Timeline` of docs/bridge.md."""
        timeline = self.open.timeline
        tracks = [self._track(number) for number in range(1, self.open.count() + 1)]
        if any(track["transitions"] for track in tracks):
            self._learnt.tells_transitions = True
        if not self._learnt.tells_transitions:
            _warn_of_transitions(tracks)
        return {
            "name": timeline.GetName(),
            "rate": str(self.open.rate),
            "drop_frame": self.open.drop_frame,
            "start_frame": self.open.start_frame,
            "inserts_tracks": self._learnt.inserts_tracks,
            "tracks": tracks,
            "markers": _markers(timeline.GetMarkers() or {}, 0),
        }

    def clips(self, track: int) -> Iterator[Lying]:
        for item in self.open.items(track):
            if not is_transition(item):
                yield self.clip(item, track)

    def clip(self, item: TimelineItem, track: int) -> Lying:
        """One clip of a track."""
        record_in, duration = start_of(item), duration_of(item)
        if record_in is None or duration is None:
            raise HostRefused(
                "Unsupported", f"Resolve does not say where {item.GetName()!r} on V{track} lies"
            )
        marks = marks_of(item)
        note = note_in(marks)
        table: Table = {
            "uid": _uid(item, note, track),
            "name": item.GetName() or "",
            "record_in": record_in - self.open.start_frame,
            "duration": duration,
            "enabled": item.GetClipEnabled() is not False,
            "media": None,
            "ours": note.ours if note else {},
            "problems": [],
        }
        facts = self._medium(item)
        table["nested"] = facts.nested if facts else False
        begin = self._source(item, table, facts) if facts and facts.path else 0
        artists = {frame: mark for frame, mark in marks.items() if not (note and frame == note.frame)}
        table["markers"] = _markers(artists, begin)
        return Lying(item, track, table, facts)

    def _medium(self, item: TimelineItem) -> Facts | None:
        media = item.GetMediaPoolItem()
        if not media:
            return None
        key = str(media.GetUniqueId() or media.GetMediaId())
        if key not in self._facts:
            self._facts[key] = facts_of(media)
            remember(self._learnt, self._facts[key], media)
        return self._facts[key]

    def _source(self, item: TimelineItem, table: Table, facts: Facts) -> int:
        """Fill in what of the medium is shown; returns the number of the medium's first frame."""
        rate = facts.rate or self.open.rate
        pace = pace_of(self._learnt, item, table["duration"], facts.first, rate / self.open.rate)
        begin = facts.start or 0
        table["media"] = media_table(facts, self.open.rate)
        table["source_in"] = begin + pace.first
        table["source_rate"] = str(rate)
        table["speed"] = str(pace.speed)
        table["problems"] = [
            # A take of ours was laid as it is; what is not known of it keeps nobody from anything.
            *([pace.problem] if pace.problem and (pace.problem["refuses"] or not table["ours"]) else []),
            *(
                []
                if facts.online
                else [_problem("offline", True, "its media is offline in Resolve; relink it")]
            ),
            *_of_compositions(item),
        ]
        return begin

    def _track(self, number: int) -> Table:
        timeline = self.open.timeline
        apart: list[TimelineItem] = []
        clips: list[Table] = []
        for item in self.open.items(number):
            if is_transition(item):
                apart.append(item)
            else:
                clips.append(self.clip(item, number).table)
        return {
            "number": number,
            "name": timeline.GetTrackName("video", number) or "",
            "enabled": timeline.GetIsTrackEnabled("video", number) is not False,
            "locked": timeline.GetIsTrackLocked("video", number) is True,
            "clips": clips,
            "transitions": [found for item in apart for found in [self._transition(item, clips)] if found],
        }

    def _transition(self, item: TimelineItem, clips: list[Table]) -> Table | None:
        """Resolve tells where it lies, not over which cut: the cut under it, or the end of a clip."""
        first, length = (start_of(item) or 0) - self.open.start_frame, duration_of(item) or 0
        begins = [clip["record_in"] for clip in clips]
        ends = [clip["record_in"] + clip["duration"] for clip in clips]
        cuts = sorted(set(begins) & set(ends)) + sorted(set(begins) ^ set(ends))
        at = next((cut for cut in cuts if first <= cut <= first + length), None)
        if at is None:
            return None
        return {
            "at": at,
            "in_offset": at - first,
            "out_offset": first + length - at,
            "name": item.GetName() or "",
        }


def is_transition(item: TimelineItem) -> bool:
    """A transition is an item of its track without a medium and without properties."""
    return not item.GetMediaPoolItem() and not properties_of(item)


def find(open_: Open, learnt: Learnt, uid: str, track: int = 0, record_in: int | None = None) -> Lying:
    """The clip of a uid; of several the one that begins at `record_in`. Raises: HostRefused."""
    reader = Reader(open_, learnt)
    numbers = [track] if track else range(1, open_.count() + 1)
    found = [
        reader.clip(item, number)
        for number in numbers
        if 1 <= number <= open_.count()
        for item in open_.items(number)
        if _is(item, uid, number) and not is_transition(item)
    ]
    if len(found) > 1 and record_in is not None:
        found = [lying for lying in found if lying.table["record_in"] == record_in]
    if not found:
        where = f" on V{track}" if track else ""
        raise HostRefused(
            "NotOnTimeline", f"the clip is not{where} any more; look at the timeline and try again"
        )
    return found[0]


def _is(item: TimelineItem, uid: str, track: int) -> bool:
    return uid == _uid(item, note_in(marks_of(item)), track)


def _uid(item: TimelineItem, note: Note | None, track: int) -> str:
    return note.uid if note else id_of(item) or f"V{track}@{start_of(item)}"


def _of_compositions(item: TimelineItem) -> list[Table]:
    if not (whole(item.GetFusionCompCount()) or 0):
        return []
    message = "it has a Fusion composition; the take is made from its file and will lie above without it"
    return [_problem("effects", False, message)]


def _warn_of_transitions(tracks: list[Table]) -> None:
    """Older versions may keep transitions to themselves; there can be one wherever two clips meet."""
    message = (
        "this Resolve may not say where transitions are; if one lies over an end of the clip, do not send it"
    )
    for track in tracks:
        ends = {clip["record_in"] + clip["duration"] for clip in track["clips"]}
        begins = {clip["record_in"] for clip in track["clips"]}
        for clip in track["clips"]:
            meets = clip["record_in"] in ends or clip["record_in"] + clip["duration"] in begins
            if meets and not clip["ours"]:
                clip["problems"].append(_problem("transitions_unknown", False, message))


def _problem(kind: str, refuses: bool, message: str) -> Table:
    return {"kind": kind, "refuses": refuses, "message": message}


def _markers(marks: dict[Any, Any], first: int) -> list[Table]:
    return [
        {
            "frame": first + round(frame),
            "name": str(mark.get("name", "")),
            "comment": str(mark.get("note", "")),
        }
        for frame, mark in sorted(marks.items())
        if isinstance(mark, dict)
    ]


def spans(open_: Open, track: int) -> list[tuple[int, int, str, str]]:
    """(first, end, id, name) of all that lies on a track, absolute frames, transitions too."""
    return [
        (begin, begin + (duration_of(item) or 0), id_of(item), str(item.GetName() or ""))
        for item in open_.items(track)
        for begin in [start_of(item) or 0]
    ]
