"""The timeline as an editor's adapter tells it (`docs/bridge.md`), strictly into records and back.

Whatever the table says wrong is refused with the place where it says it; a project file may be hostile.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from understudy.domain.errors import BadSettings
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.placing import MADE_TRACK, TAKES_NAME, Abilities
from understudy_bridge.core.shots import is_take
from understudy_bridge.core.steps import clip_table, marker_table
from understudy_bridge.core.timeline import (
    MOST_FRAMES,
    OURS,
    Clip,
    Gap,
    Item,
    Marker,
    Media,
    Nested,
    Problem,
    Retime,
    Sequence,
    Track,
    Transition,
    check_transitions,
    covering,
    numbered,
)
from understudy_bridge.daemon.told import Told

Table = dict[str, Any]

MOST_TRACKS = 4096
MOST_CLIPS = 100_000
MOST_OURS = 16_384  # characters of JSON


def sequence_of(table: object) -> Sequence:
    """The timeline. Gaps are filled in, also tracks whose numbers were left out; copies keep their uid.

    Raises: BadInterchange.
    """
    told = Told.of(table, "timeline")
    rate = told.rate("rate", None)
    inserts, single = told.flag("inserts_tracks", False), told.flag("one_clip_a_track", False)
    made: dict[int, Track] = {}
    clips = 0
    for one in told.tables("tracks", MOST_TRACKS):
        track = _track(one, rate)
        if inserts and (track.name == TAKES_NAME or (single and _has_takes_only(track))):
            track = replace(track, metadata=MADE_TRACK)
        if track.number in made:
            raise BadInterchange(f"{one.where}: there are two tracks {track.number}")
        made[track.number] = track
        clips += len(track.items)
        if clips > 2 * MOST_CLIPS:
            raise BadInterchange(f"{one.where}: more than {MOST_CLIPS} clips; send part of the timeline")
    tracks = tuple(
        made.get(number) or Track(kind="video", number=number)
        for number in range(1, max(made, default=0) + 1)
    )
    sequence = Sequence(
        name=told.text("name", None),
        rate=rate,
        drop_frame=told.flag("drop_frame", False),
        start_frame=told.whole("start_frame", 0, least=0),
        tracks=_copies_told(tracks),
        markers=_markers(told),
    )
    told.done()
    return replace(sequence, tracks=numbered(sequence.tracks))


def abilities_of(timeline: object, capabilities: object = None) -> Abilities:
    """What the editor can do to this timeline; `capabilities` as `about()` tells them.

    Raises: BadInterchange.
    """
    said = Told.of({} if capabilities is None else capabilities, "capabilities")
    retimes = said.flag("retimes", False)
    told = Told.of(timeline, "timeline")
    return Abilities(
        inserts_tracks=told.flag("inserts_tracks", False),
        one_clip_a_track=told.flag("one_clip_a_track", False),
        retimes=retimes,
        marks=True,
    )


def _has_takes_only(track: Track) -> bool:
    return bool(track.items) and all(is_take(clip) for _, clip in track.clips())


def _track(told: Told, rate: Fraction) -> Track:
    number = told.whole("number", None, least=1, most=MOST_TRACKS)
    name = told.text("name", "")
    found = [(one.whole("record_in", None, least=0), one) for one in told.tables("clips", MOST_CLIPS)]
    clips = [(at, one.where, _clip(one, rate)) for at, one in sorted(found, key=lambda pair: pair[0])]
    track = Track(
        kind="video",
        number=number,
        name=name,
        items=_faded(_filled(clips), told),
        enabled=told.flag("enabled", True),
        locked=told.flag("locked", False),
    )
    told.done()
    try:
        check_transitions(track)
    except BadSettings as cause:
        raise BadInterchange(f"{told.where}: {cause}") from cause
    return track


def _filled(clips: Iterable[tuple[int, str, Clip]]) -> list[Item]:
    items: list[Item] = []
    end = 0
    for at, where, clip in clips:
        if at < end:
            raise BadInterchange(f"{where}: begins at frame {at}, before the clip before it ends at {end}")
        if at > end:
            items.append(Gap(duration=at - end))
        items.append(clip)
        end = at + clip.duration
    return items


def _faded(items: list[Item], told: Told) -> tuple[Item, ...]:
    """The items with the track's transitions at their cuts."""
    over: dict[int, tuple[str, Transition]] = {}
    for one in told.tables("transitions", MOST_CLIPS):
        cut = one.whole("at", None, least=0)
        if cut in over:
            raise BadInterchange(f"{one.where}: there are two transitions at frame {cut}")
        lead, tail = one.whole("in_offset", None, least=0), one.whole("out_offset", None, least=0)
        name = one.text("name", "")
        over[cut] = (one.where, Transition(in_offset=lead, out_offset=tail, name=name))
        one.done()
    made: list[Item] = []
    at = 0
    for item in items:
        if at in over:
            made.append(over.pop(at)[1])
        made.append(item)
        assert not isinstance(item, Transition)
        at += item.duration
    if at in over and items:
        made.append(over.pop(at)[1])
    for cut, (where, _) in over.items():
        raise BadInterchange(f"{where}: there is no cut at frame {cut}")
    return tuple(made)


def _clip(told: Told, rate: Fraction) -> Clip:
    uid, name = told.text("uid", None), told.text("name", "")
    if not uid:
        raise BadInterchange(f"{told.where}: `uid` is empty")
    duration = told.whole("duration", None, least=1)
    source_in = told.whole("source_in", 0, least=-MOST_FRAMES)
    source_rate = told.rate("source_rate", rate)
    retime = _retime(told)
    media = _media(told.table("media"))
    nested = Nested(sequence=Sequence(name=name, rate=source_rate)) if told.flag("nested", False) else None
    ours, problems = _ours(told)
    speed = retime.speed if retime else Fraction(1)
    clip = Clip(
        uid=uid,
        name=name,
        media=nested or media,
        source_rate=source_rate,
        source_in=source_in,
        source_out=source_in + covering(speed, duration),
        duration=duration,
        retime=retime,
        enabled=told.flag("enabled", True),
        markers=_markers(told),
        metadata={OURS: ours} if ours else {},
        problems=(*problems, *_problems(told)),
    )
    told.done("record_in")
    return clip


def _retime(told: Told) -> Retime | None:
    speed, curve = told.speed("speed"), told.text("curve", "")
    if curve:
        return Retime(curve=curve)
    return None if speed == 1 else Retime(speed=speed)


def _media(told: Told | None) -> Media | None:
    if told is None:
        return None
    media = Media(
        path=told.text("path", None),
        name=told.text("name", ""),
        rate=told.rate("rate", None),
        start=told.whole_or_none("start", least=0),
        frames=told.whole_or_none("frames", least=0),
        drop_frame=told.flag("drop_frame", False),
        reel=told.text("reel", ""),
        colour_space=told.text("colour_space", ""),
    )
    told.done()
    return media


def _markers(told: Told) -> tuple[Marker, ...]:
    made = []
    for one in told.tables("markers", MOST_CLIPS):
        frame = one.whole("frame", None, least=-MOST_FRAMES)
        made.append(Marker(frame=frame, name=one.text("name", ""), comment=one.text("comment", "")))
        one.done()
    return tuple(made)


def _problems(told: Told) -> list[Problem]:
    made = []
    for one in told.tables("problems", 100):
        kind, message = one.text("kind", None), one.text("message", None)
        made.append(Problem(kind=kind, refuses=one.flag("refuses", None), message=message))
        one.done()
    return made


def _ours(told: Told) -> tuple[Table, list[Problem]]:
    """What we wrote into the clip; where somebody spoilt it, nothing and a warning."""
    said = told.table("ours")
    ours = said.everything() if said else {}
    if not ours or _is_ours(ours):
        return ours, []
    message = "what Understudy wrote into it is damaged; it is taken for a clip of your own"
    return {}, [Problem(kind="damaged", refuses=False, message=message)]


def _is_ours(ours: Table) -> bool:
    try:
        small = len(json.dumps(ours)) <= MOST_OURS
    except RecursionError:
        return False
    texts = [ours.get(key, "") for key in ("shot", "take", "clip")]
    numbers = [ours.get(key, 0) for key in ("version", "plate_first")]
    whole = all(type(one) is int and abs(one) <= MOST_FRAMES for one in numbers)
    return small and whole and all(isinstance(one, str) for one in texts) and ours.get("version", 0) >= 0


def _copies_told(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """The tracks; clips that carry the same identity as another say so; a new one would go to either."""
    counted = Counter(clip.uid for track in tracks for _, clip in track.clips() if not is_take(clip))
    copies = {uid for uid, count in counted.items() if count > 1}
    if not copies:
        return tracks
    message = (
        "another clip carries the same identity, since one is a copy of the other; take this one "
        "away and cut it in anew from its medium"
    )
    copied = Problem(kind="copied", refuses=True, message=message)

    def said(item: Item) -> Item:
        if isinstance(item, Clip) and item.uid in copies and not is_take(item):
            return replace(item, problems=(*item.problems, copied))
        return item

    return tuple(replace(track, items=tuple(said(item) for item in track.items)) for track in tracks)


def table_of(sequence: Sequence, *, inserts_tracks: bool = False) -> Table:
    """The table that `sequence_of` reads, complete; video only."""
    return {
        "name": sequence.name,
        "rate": str(sequence.rate),
        "drop_frame": sequence.drop_frame,
        "start_frame": sequence.start_frame,
        "inserts_tracks": inserts_tracks,
        "tracks": [_track_table(track) for track in sequence.video()],
        "markers": [marker_table(marker) for marker in sequence.markers],
    }


def _track_table(track: Track) -> Table:
    transitions = [
        {
            "at": at + item.in_offset,
            "in_offset": item.in_offset,
            "out_offset": item.out_offset,
            "name": item.name,
        }
        for at, item in track.placed()
        if isinstance(item, Transition)
    ]
    return {
        "number": track.number,
        "name": track.name,
        "enabled": track.enabled,
        "locked": track.locked,
        "clips": [clip_table(clip, at) for at, clip in track.clips()],
        "transitions": transitions,
    }
