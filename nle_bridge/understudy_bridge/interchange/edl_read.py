"""A CMX3600 EDL as a timeline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from understudy.domain.time import Timecode
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import can_drop, nominal
from understudy_bridge.core.timeline import (
    Clip,
    Gap,
    Item,
    Marker,
    Sequence,
    Track,
    Transition,
    numbered,
    tidy,
)
from understudy_bridge.interchange.edl_clips import OURS, Event, clip_of, frame_of, said_rate
from understudy_bridge.interchange.edl_lines import (
    CountLine,
    EventLine,
    Line,
    NoteLine,
    SpeedLine,
    TitleLine,
    lines_of,
)
from understudy_bridge.interchange.outcome import Reading
from understudy_bridge.interchange.uids import Uids

_LOC = re.compile(r"^(\d\d:\d\d:\d\d[:;.,]\d\d\d?)\s+(\S+)\s*(.*)$")


@dataclass(kw_only=True, slots=True)
class _List:
    """What a list says, sorted out."""

    title: str = ""
    drop: bool = False
    events: list[Event] = field(default_factory=list)
    header: list[NoteLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def said(self, key: str) -> str | None:
        """Our first comment of a key, in the header or below an event."""
        places = (self.header, *(event.comments for event in self.events))
        return next((note.value for place in places for note in place if note.key == OURS + key), None)


def sequence_of_edl(text: str, name: str, rate: Fraction | None) -> Reading:
    """The timeline. Raises: BadInterchange with the line that is wrong."""
    found = _sorted_out(lines_of(text, name))
    rate = rate or said_rate(found.said("RATE"))
    if rate is None:
        raise BadInterchange(
            f"{name} does not say its frame rate, as EDLs do not; name it (--rate 24000/1001)"
        )
    if found.drop and not can_drop(rate):
        raise BadInterchange(f"{name}: FCM says drop-frame, which does not exist at {rate} frames per second")
    events = _on_video(_without_sources(found.events), found.notes)
    for event in events:
        event.record = _record(event, rate, name)
    start = _start(found, events, rate)
    uids = Uids()
    tracks = _tracks(found, events, start, rate, uids, name)
    markers = _markers(found, start, rate, name)
    kept = "\n".join(note.text for note in found.header if not note.key.startswith(OURS))
    sequence = Sequence(
        name=found.title,
        rate=rate,
        drop_frame=found.drop,
        start_frame=start,
        tracks=tracks,
        markers=markers,
        kept={"edl": kept} if kept else {},
    )
    return Reading(sequence=sequence, notes=(*found.notes, *uids.notes))


def _sorted_out(lines: Iterable[Line]) -> _List:
    found = _List()
    counting: bool | None = None
    for line in lines:
        if isinstance(line, TitleLine):
            found.title = found.title or line.title
        elif isinstance(line, CountLine):
            counting = line.drop_frame
            found.drop = found.drop if found.events else line.drop_frame
        elif isinstance(line, EventLine):
            punctuated = any(re.search(r"[;,.]\d+$", text) for text in line.times[2:])
            found.drop = found.drop or (punctuated and not found.events)
            found.events.append(
                Event(line=line, record_drop=found.drop, source_drop=counting is True and not punctuated)
            )
        elif isinstance(line, SpeedLine):
            _give_speed(found, line)
        elif found.events:
            found.events[-1].comments.append(line)
        else:
            found.header.append(line)
        if isinstance(line, NoteLine) and not line.text.startswith(("*", "#", ">>>")):
            found.notes.append(f"line {line.line}: not understood, kept as it is: {line.text[:60]!r}")
    return found


def _give_speed(found: _List, line: SpeedLine) -> None:
    if not found.events:
        raise BadInterchange(f"line {line.line}: M2 before any event")
    last = found.events[-1]
    same = [event for event in found.events[-3:] if event.line.reel == line.reel]
    target = last if last.line.reel == line.reel or not same else same[-1]
    if not same:
        found.notes.append(f"line {line.line}: M2 names reel {line.reel!r}, taken for the event before it")
    target.speed = line


def _without_sources(events: list[Event]) -> list[Event]:
    """Without the zero-long first lines that say what a dissolve comes from."""
    kept = []
    for number, event in enumerate(events):
        after = events[number + 1] if number + 1 < len(events) else None
        line = event.line
        if (
            after is not None
            and after.line.number == line.number
            and after.line.kind != "C"
            and line.kind == "C"
            and line.times[2] == line.times[3]
        ):
            continue
        kept.append(event)
    return kept


def _on_video(events: list[Event], notes: list[str]) -> list[Event]:
    video = [event for event in events if "V" in event.line.channels or event.line.channels.startswith("B")]
    if len(video) < len(events):
        notes.append(f"{len(events) - len(video)} audio events are left out")
    return video


def _record(event: Event, rate: Fraction, name: str) -> tuple[int, int]:
    line = event.line
    first, end = (frame_of(text, rate, event.record_drop, name, line.line) for text in line.times[2:])
    if end < first:  # over midnight
        end += Timecode(0, rate, event.record_drop).frames_per_day
        if end - first > 12 * 3600 * nominal(rate):
            raise BadInterchange(f"{name}, line {line.line}: the event ends before it begins")
    if line.length > end - first:
        raise BadInterchange(f"{name}, line {line.line}: the transition is longer than its event")
    return first, end


def _start(found: _List, events: list[Event], rate: Fraction) -> int:
    """Where the sequence begins: as our comment says, else at the hour before its first event."""
    said = found.said("START")
    first = min((event.record[0] for event in events), default=0)
    if said is not None and re.fullmatch(r"-?\d{1,12}", said):
        return int(said)
    hour = str(Timecode(first, rate, found.drop))[:2] + (":00:00;00" if found.drop else ":00:00:00")
    return Timecode.parse(hour, rate).count


def _tracks(
    found: _List, events: list[Event], start: int, rate: Fraction, uids: Uids, name: str
) -> tuple[Track, ...]:
    said = (found.said("TRACK") or "").partition(" ")
    names = {1: said[2]} if said[0].isdigit() else {}
    channels = sorted({_channel(event) for event in events}) or [1]
    made = []
    for channel in channels:
        own = sorted(
            (event for event in events if _channel(event) == channel), key=lambda event: event.record
        )
        items = _items(own, start, rate, uids, found.notes, name)
        made.append(Track(kind="video", number=channel, name=names.get(channel, ""), items=items))
    return numbered(tuple(made))


def _channel(event: Event) -> int:
    match = re.search(r"V(\d+)", event.line.channels)
    return int(match[1]) if match else 1


def _items(
    events: list[Event], start: int, rate: Fraction, uids: Uids, notes: list[str], name: str
) -> tuple[Item, ...]:
    items: list[Item] = []
    day = Timecode(0, rate, bool(events) and events[0].record_drop).frames_per_day
    at = 0
    for event in events:
        first = event.record[0] - start
        if first < 0:
            first += day
        if first < at:
            raise BadInterchange(
                f"{name}, line {event.line.line}: the event begins before the one before it ends"
            )
        length = event.record[1] - event.record[0]
        if first > at:
            items.append(Gap(duration=first - at))
        item: Clip | Gap
        if event.line.reel.upper() == "BL":
            item = Gap(duration=length)
        else:
            item = clip_of(event, length, rate, uids, notes, name)
        if event.line.kind != "C":
            item = _with_transition(items, item, event, notes)
        items.append(item)
        at = first + length
    kept = tuple(item for item in items if isinstance(item, Transition) or item.duration)
    return tidy(kept)


def _with_transition(items: list[Item], item: Clip | Gap, event: Event, notes: list[str]) -> Clip | Gap:
    """Append the transition to an item, which begins where our comment says the cut is, else with it."""
    length = event.line.length
    said = event.said(OURS + "CUT") or "0"
    lead = int(said) if said.isdigit() and int(said) <= length else 0
    before = items[-1] if items else None
    duration = item.duration
    if lead and (before is None or isinstance(before, Transition) or lead > duration):
        notes.append(f"line {event.line.line}: the cut inside the transition is not where our comment says")
        lead = 0
    if lead:
        assert isinstance(before, Clip | Gap)
        longer = (
            before.trimmed(0, -lead) if isinstance(before, Clip) else Gap(duration=before.duration + lead)
        )
        items[-1] = longer
        item = item.trimmed(lead, 0) if isinstance(item, Clip) else replace(item, duration=duration - lead)
    kind = "dissolve" if event.line.kind == "D" else f"wipe{event.line.kind[1:].zfill(3)}"
    items.append(
        Transition(in_offset=lead, out_offset=length - lead, kind=kind, name=event.said("EFFECT NAME") or "")
    )
    return item


def _markers(found: _List, start: int, rate: Fraction, name: str) -> tuple[Marker, ...]:
    markers = []
    for note in (*found.header, *(note for event in found.events for note in event.comments)):
        match = _LOC.match(note.value) if note.key == "LOC" else None
        if match:
            at = frame_of(match[1], rate, found.drop, name, note.line) - start
            markers.append(Marker(frame=at, colour=match[2], name=match[3]))
    return tuple(markers)
