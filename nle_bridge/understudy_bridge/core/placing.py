"""Placing takes above their shots: exact to the frame, never over a neighbour. Pure: a timeline in, one out.

What a clip of ours is says its metadata, never its name. `plate_first` there is the source frame of the plate
that the take's first frame was made from, so an artist may trim, slip and move a take, and the next version
lies on the same frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from understudy.domain.identifiers import new_id
from understudy_bridge.core.errors import ClipChanged, NotOnTimeline, Occupied, ShotRefused, TakeTooShort
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.shots import is_take
from understudy_bridge.core.timeline import (
    OURS,
    Clip,
    Gap,
    Item,
    Media,
    Nested,
    Sequence,
    Track,
    Transition,
    numbered,
    tidy,
)

TAKES_NAME = "Understudy"


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultMedia:
    """A finished take. Its first frame has the number `start` and was made from the plate's source frame
    `plate_first`; `frames` counts handles too.
    """

    path: str
    name: str
    rate: Fraction
    start: int = 0
    frames: int
    plate_first: int
    shot_id: str
    take_id: str = ""
    drop_frame: bool = False
    colour_space: str = ""
    reel: str = ""

    def media(self) -> Media:
        return Media(
            path=self.path,
            name=self.name,
            rate=self.rate,
            start=self.start,
            frames=self.frames,
            drop_frame=self.drop_frame,
            colour_space=self.colour_space,
            reel=self.reel,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What was done to one clip. Record frames are the sequence's own numbers, the end exclusive."""

    kind: Literal["added", "replaced", "removed"]
    shot: str
    name: str
    version: int
    track: int
    record_in: int
    record_out: int
    media: str
    made_track: bool = False
    before: int | None = None
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedTake:
    """A take as it lies on the timeline now, read back."""

    shot: str
    version: int
    uid: str
    track: int
    record_in: int
    record_out: int
    source_in: int
    source_out: int
    media: str
    metadata: Mapping[str, Any]


def placed_where(sequence: Sequence, shot_id: str | None = None) -> tuple[PlacedTake, ...]:
    """The takes of a shot that lie on the timeline, or all of them; in track order."""
    return tuple(
        PlacedTake(
            shot=str(clip.ours["shot"]),
            version=int(clip.ours["version"]),
            uid=clip.uid,
            track=track.number,
            record_in=sequence.start_frame + at,
            record_out=sequence.start_frame + at + clip.duration,
            source_in=clip.source_in,
            source_out=clip.source_out,
            media=clip.media.path if isinstance(clip.media, Media) else "",
            metadata=clip.ours,
        )
        for track in sequence.video()
        for at, clip in track.clips()
        if is_take(clip) and shot_id in (None, clip.ours["shot"])
    )


def place(
    sequence: Sequence, ref: ShotRef, result: ResultMedia, version: int, *, track: int | None = None
) -> tuple[Sequence, Change]:
    """The timeline with a take above its shot, wherever the shot lies now.

    On the next track up where that is free there, else on a new track between; `track` insists on one.
    Raises: NotOnTimeline (the shot is gone), ClipChanged, ShotRefused, TakeTooShort, Occupied.
    """
    below, at, clip = _shot_now(sequence, ref)
    _refuse_what_cannot_lie_above(sequence, clip, ref, result)
    take = _take(clip, ref, result, version)
    made = False
    if track is None:
        sequence, above, made = _track_above(sequence, below, at, clip.duration)
    else:
        above = _asked_track(sequence, track, below)
    try:
        laid = _laid(above, at, take)
    except Occupied as cause:
        raise Occupied(f"{ref.name}: {cause}") from cause
    notes = []
    if sequence.start_frame + at != ref.record_in:
        notes.append(f"the shot has moved since it was sent, from frame {ref.record_in}")
    if clip.shown != (ref.source_in, ref.source_out):
        notes.append(f"the shot was trimmed since it was sent; the take covers {clip.duration} frames now")
    placed = sequence.with_track(replace(above, items=laid))
    return placed, _change("added", placed, take, at, above.number, made_track=made, notes=tuple(notes))


def swap_version(
    sequence: Sequence, result: ResultMedia, version: int
) -> tuple[Sequence, tuple[Change, ...]]:
    """The timeline with another version wherever a take of the shot lies: same frames, same effects.

    Raises: NotOnTimeline, TakeTooShort.
    """
    changes: list[Change] = []
    for track in sequence.video():
        for at, clip in track.clips():
            if not is_take(clip) or clip.ours["shot"] != result.shot_id:
                continue
            fresh = _swapped(clip, result, version)
            items = tuple(fresh if item is clip else item for item in track.items)
            track = replace(track, items=items)
            sequence = sequence.with_track(track)
            changes.append(
                _change("replaced", sequence, fresh, at, track.number, before=int(clip.ours["version"]))
            )
    if not changes:
        raise NotOnTimeline(f"no take of shot {result.shot_id} lies on {sequence.name!r}; place one first")
    return sequence, tuple(changes)


def remove(sequence: Sequence, shot_id: str) -> tuple[Sequence, tuple[Change, ...]]:
    """The timeline without the takes of a shot; a track of ours that is empty then goes too.

    Raises: NotOnTimeline.
    """
    changes: list[Change] = []
    for track in sequence.video():
        items: list[Item] = list(track.items)
        for at, clip in track.clips():
            if is_take(clip) and clip.ours["shot"] == shot_id:
                changes.append(_change("removed", sequence, clip, at, track.number))
                _lift(items, clip)
        sequence = sequence.with_track(replace(track, items=tidy(tuple(items))))
    if not changes:
        raise NotOnTimeline(f"no take of shot {shot_id} lies on {sequence.name!r}")
    kept = tuple(track for track in sequence.tracks if track.items or not _is_made(track))
    return replace(sequence, tracks=numbered(kept)), tuple(changes)


def _lift(items: list[Item], clip: Clip) -> None:
    """Put a gap in a clip's place; a transition to it goes with it."""
    at = next(number for number, item in enumerate(items) if item is clip)
    items[at] = Gap(duration=clip.duration)
    for beside in (at + 1, at - 1):
        if 0 <= beside < len(items) and isinstance(items[beside], Transition):
            del items[beside]


def _is_made(track: Track) -> bool:
    ours = track.metadata.get(OURS)
    return isinstance(ours, Mapping) and ours.get("made") is True


def _shot_now(sequence: Sequence, ref: ShotRef) -> tuple[Track, int, Clip]:
    """The shot's clip where it lies now: by its uid, else the one clip there is of those source frames."""
    if found := sequence.find(ref.clip_uid):
        return found
    alike = [
        (track, at, clip)
        for track in sequence.video()
        for at, clip in track.clips()
        if isinstance(clip.media, Media)
        and clip.media.path == ref.media
        and not is_take(clip)
        and clip.source_in < ref.source_out
        and ref.source_in < clip.source_out
    ]
    if len(alike) != 1:
        word = "is gone from" if not alike else "cannot be told from its copies on"
        raise NotOnTimeline(f"{ref.name} {word} {sequence.name!r}; mark the clip and send it again")
    return alike[0]


def _refuse_what_cannot_lie_above(sequence: Sequence, clip: Clip, ref: ShotRef, result: ResultMedia) -> None:
    media = clip.media
    if isinstance(media, Nested) or media is None:
        raise ClipChanged(f"{ref.name} is no clip of {ref.media} any more; send it again")
    if media.path != ref.media:
        raise ClipChanged(f"{ref.name} shows {media.path} now, not {ref.media}; send it again")
    if result.rate != sequence.rate or clip.source_rate != sequence.rate:
        raise ShotRefused(
            f"{ref.name}: the take runs at {result.rate}, its clip at {clip.source_rate} and the sequence at "
            f"{sequence.rate}; conform them to one rate"
        )
    if clip.retime != ref.retime:
        raise ClipChanged(f"{ref.name} plays at another speed than when it was sent; send it again")
    if clip.retime is not None and (clip.retime.curve or clip.retime.is_freeze):
        raise ShotRefused(f"{ref.name}: a take cannot follow its retime ({clip.retime}); render that first")


def _take(clip: Clip, ref: ShotRef, result: ResultMedia, version: int) -> Clip:
    """The clip that shows the take: the same plate frames at the same speed as the shot below it."""
    offset = result.start - result.plate_first
    source_in, source_out = clip.source_in + offset, clip.source_out + offset
    first, end = clip.shown
    _covers(result, first + offset, end + offset, ref.name)
    ours = {
        "shot": result.shot_id,
        "version": version,
        "take": result.take_id,
        "plate_first": result.plate_first,
        "clip": ref.clip_uid,
    }
    return Clip(
        uid=new_id(),
        name=result.name,
        media=result.media(),
        source_rate=result.rate,
        source_in=source_in,
        source_out=source_out,
        duration=clip.duration,
        retime=clip.retime,
        metadata={OURS: ours},
    )


def _covers(result: ResultMedia, source_in: int, source_out: int, name: str) -> None:
    before, after = result.start - source_in, source_out - (result.start + result.frames)
    if before > 0 or after > 0:
        missing = " and ".join(
            f"{count} frames at its {end}" for count, end in ((before, "head"), (after, "tail")) if count > 0
        )
        raise TakeTooShort(
            f"{name}: the take lacks {missing}, the cut was opened beyond its handles; send the shot again"
        )


def _swapped(clip: Clip, result: ResultMedia, version: int) -> Clip:
    media = clip.media if isinstance(clip.media, Media) else None
    if media is None or result.rate != clip.source_rate:
        raise ClipChanged(
            f"{clip.name} is no take that {result.name} could stand for; remove it and place anew"
        )
    first = int(clip.ours.get("plate_first", result.plate_first))
    offset = (result.start - result.plate_first) - ((media.start or 0) - first)
    source_in, source_out = clip.source_in + offset, clip.source_out + offset
    first_shown, end_shown = clip.shown
    _covers(result, first_shown + offset, end_shown + offset, result.name)
    ours = {**clip.ours, "version": version, "take": result.take_id, "plate_first": result.plate_first}
    return replace(
        clip,
        name=result.name if clip.name == media.name else clip.name,
        media=result.media(),
        source_in=source_in,
        source_out=source_out,
        markers=tuple(replace(marker, frame=marker.frame + offset) for marker in clip.markers),
        metadata={**clip.metadata, OURS: ours},
        kept={},
    )


def _track_above(sequence: Sequence, below: Track, at: int, frames: int) -> tuple[Sequence, Track, bool]:
    """The next track up where it is free, else a new one between, so that nothing else is hidden."""
    above = next((track for track in sequence.video() if track.number == below.number + 1), None)
    if above is not None and not above.locked and above.enabled and _is_free(above, at, at + frames):
        return sequence, above, False
    fresh = Track(kind="video", number=0, name=TAKES_NAME, metadata={OURS: {"made": True}})
    tracks = list(sequence.tracks)
    tracks.insert(next(number for number, track in enumerate(tracks) if track is below) + 1, fresh)
    sequence = replace(sequence, tracks=numbered(tuple(tracks)))
    return sequence, sequence.video()[below.number], True


def _asked_track(sequence: Sequence, number: int, below: Track) -> Track:
    found = next((track for track in sequence.video() if track.number == number), None)
    if found is None:
        raise Occupied(f"there is no video track {number} on {sequence.name!r}; make it, or name none")
    if number <= below.number:
        raise Occupied(f"V{number} is not above the shot on {below.label}; name a higher track")
    if found.locked:
        raise Occupied(f"V{number} is locked; unlock it, or name another track")
    return found


def _is_free(track: Track, first: int, end: int) -> bool:
    return _in_the_way(track, first, end) is None


def _in_the_way(track: Track, first: int, end: int) -> tuple[int, Item] | None:
    """What lies between two frames first; also a transition to what begins or ends there."""
    for at, item in track.placed():
        if isinstance(item, Transition):
            if first <= at + item.in_offset <= end or (at < end and at + item.duration > first):
                return at, item
            continue
        if at > end:
            return None
        blank = isinstance(item, Gap) and not item.kept
        if not blank and at < end and at + item.duration > first:
            return at, item
    return None


def _laid(track: Track, at: int, take: Clip) -> tuple[Item, ...]:
    """The track's items with the take in a gap, or behind them all. Raises: Occupied."""
    end = at + take.duration
    if blocked := _in_the_way(track, at, end):
        start, item = blocked
        what = item.name if isinstance(item, Clip | Transition) else "a gap with notes"
        raise Occupied(
            f"{what!r} lies on {track.label} from frame {start} to {start + item.duration - 1}, where the "
            "take should go; move it, or name another track"
        )
    items: list[Item] = []
    position, laid = 0, False
    for item in track.items:
        length = 0 if isinstance(item, Transition) else item.duration
        if not laid and isinstance(item, Gap) and position <= at and end <= position + length:
            items += [Gap(duration=at - position), take, Gap(duration=position + length - end)]
            laid = True
        elif not laid and isinstance(item, Gap) and position <= at < position + length:
            items += [Gap(duration=at - position)]  # a gap at the end, shorter than the take
        else:
            items.append(item)
        position += length
    if not laid:
        length = sum(item.duration for item in items if not isinstance(item, Transition))
        items += [Gap(duration=at - length), take]
    return tidy(tuple(items))


def _change(
    kind: Literal["added", "replaced", "removed"],
    sequence: Sequence,
    clip: Clip,
    at: int,
    track: int,
    *,
    made_track: bool = False,
    before: int | None = None,
    notes: tuple[str, ...] = (),
) -> Change:
    return Change(
        kind=kind,
        shot=str(clip.ours["shot"]),
        name=clip.name,
        version=int(clip.ours["version"]),
        track=track,
        record_in=sequence.start_frame + at,
        record_out=sequence.start_frame + at + clip.duration,
        media=clip.media.path if isinstance(clip.media, Media) else "",
        made_track=made_track,
        before=before,
        notes=notes,
    )
