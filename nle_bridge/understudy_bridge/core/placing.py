"""Placing takes above their shots: exact to the frame, never over a neighbour. Pure: a timeline in, one out.

What a clip of ours is says its metadata, never its name. `plate_first` there is the source frame of the plate
that the take's first frame was made from, so an artist may trim, slip and move a take, and the next version
lies on the same frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from understudy_bridge.core.errors import NotOnTimeline, Occupied
from understudy_bridge.core.layout import Lane, Layout, Spot
from understudy_bridge.core.media_paths import same_file
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.shots import is_take
from understudy_bridge.core.take_clip import ResultMedia as ResultMedia
from understudy_bridge.core.take_clip import refuse_what_cannot_lie_above, swapped, take_above
from understudy_bridge.core.timeline import OURS, Clip, Gap, Item, Media, Sequence, Track

TAKES_NAME = "Understudy"
MADE_TRACK: Mapping[str, Any] = {OURS: {"made": True}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """What can be done to a timeline.

    inserts_tracks: a new track goes between two others, else on top only. one_clip_a_track: a track holds a
    single clip. retimes: a clip can be laid at another speed. marks: every shot carries its identity, so one
    that has lost it counts as the shot only where nothing else about it is different.
    """

    inserts_tracks: bool = True
    one_clip_a_track: bool = False
    retimes: bool = True
    marks: bool = False


FILE = Abilities()


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
    sequence: Sequence,
    ref: ShotRef,
    result: ResultMedia,
    version: int,
    *,
    track: int | None = None,
    abilities: Abilities = FILE,
) -> tuple[Sequence, Change]:
    """The timeline with a take above its shot, wherever the shot lies now.

    On the next track up where that is free there, else on a new track between; where none can be put between,
    on the lowest free track above that hides nothing. `track` insists on one.
    Raises: NotOnTimeline (the shot is gone), ClipChanged, ShotRefused, TakeTooShort, Occupied.
    """
    layout = Layout(sequence)
    change = place_on(layout, ref, result, version, track=track, abilities=abilities)
    return layout.sequence(), change


def place_on(
    layout: Layout,
    ref: ShotRef,
    result: ResultMedia,
    version: int,
    *,
    track: int | None = None,
    abilities: Abilities = FILE,
) -> Change:
    """`place` on an open timeline, which stays as it is when this raises."""
    shot = _shot_now(layout, ref, abilities)
    refuse_what_cannot_lie_above(layout.rate, shot.clip, ref, result, retimes=abilities.retimes)
    take = take_above(shot.clip, ref, result, version)
    notes: tuple[str, ...] = ()
    made = False
    try:
        if track is not None:
            above, notes = _asked_track(layout, track, shot, abilities)
        elif abilities.inserts_tracks:
            above, made = _track_above(layout, shot, abilities)
        else:
            above, made = _free_channel(layout, shot, abilities)
    except Occupied as cause:
        raise Occupied(f"{ref.name}: {cause}") from cause
    above.lay(shot.at, take)
    layout.note(Spot(above, shot.at, take))
    notes = (*_what_changed(layout, ref, shot), *notes)
    return _change("added", layout, take, shot.at, layout.number(above), made_track=made, notes=notes)


def _what_changed(layout: Layout, ref: ShotRef, shot: Spot) -> tuple[str, ...]:
    notes = []
    if layout.start_frame + shot.at != ref.record_in:
        notes.append(f"{ref.name} has moved since it was sent, from frame {ref.record_in}")
    if shot.clip.shown != (ref.source_in, ref.source_out):
        frames = shot.clip.duration
        notes.append(f"{ref.name} was trimmed since it was sent; the take covers {frames} frames now")
    return tuple(notes)


def swap_version(
    sequence: Sequence, result: ResultMedia, version: int
) -> tuple[Sequence, tuple[Change, ...]]:
    """The timeline with another version wherever a take of the shot lies: same frames, same effects.

    Raises: NotOnTimeline, ClipChanged, TakeTooShort.
    """
    layout = Layout(sequence)
    changes = swap_on(layout, result, version)
    return layout.sequence(), changes


def swap_on(layout: Layout, result: ResultMedia, version: int) -> tuple[Change, ...]:
    """`swap_version` on an open timeline, which stays as it is when this raises."""
    spots = layout.takes.get(result.shot_id, [])
    if not spots:
        raise NotOnTimeline(f"no take of shot {result.shot_id} lies on {layout.name!r}; place one first")
    fresh = [swapped(spot.clip, result, version) for spot in spots]
    changes = []
    for spot, clip in zip(spots, fresh, strict=True):
        before = int(spot.clip.ours["version"])
        spot.lane.exchange(spot.at, spot.clip, clip)
        spot.clip = clip
        changes.append(_change("replaced", layout, clip, spot.at, layout.number(spot.lane), before=before))
    return tuple(changes)


def remove(sequence: Sequence, shot_id: str) -> tuple[Sequence, tuple[Change, ...]]:
    """The timeline without the takes of a shot; a track of ours that is empty then goes too.

    Raises: NotOnTimeline.
    """
    layout = Layout(sequence)
    changes, _ = remove_on(layout, shot_id)
    return layout.sequence(), changes


def remove_on(layout: Layout, shot_id: str) -> tuple[tuple[Change, ...], tuple[int, ...]]:
    """`remove` on an open timeline; also the numbers of the tracks that went, as they were before."""
    spots = layout.takes.pop(shot_id, [])
    if not spots:
        raise NotOnTimeline(f"no take of shot {shot_id} lies on {layout.name!r}")
    changes = [_change("removed", layout, spot.clip, spot.at, layout.number(spot.lane)) for spot in spots]
    for spot in spots:
        spot.lane.lift(spot.at, spot.clip)
    emptied = {layout.number(spot.lane) for spot in spots if spot.lane.is_empty and is_made(spot.lane.track)}
    layout.lanes = [lane for number, lane in enumerate(layout.lanes, 1) if number not in emptied]
    return tuple(changes), tuple(sorted(emptied))


def is_made(track: Track) -> bool:
    """Whether a track was put in for takes."""
    ours = track.metadata.get(OURS)
    return isinstance(ours, Mapping) and ours.get("made") is True


def _shot_now(layout: Layout, ref: ShotRef, abilities: Abilities) -> Spot:
    """The shot's clip where it lies now: by its uid; of copies the one where it was sent from."""
    known = layout.shots.get(ref.clip_uid, [])
    found = known or _alike(layout, ref, exactly=abilities.marks)
    if len(known) > 1:
        found = [spot for spot in found if layout.start_frame + spot.at == ref.record_in] or found
    if len(known) > 1 and len(found) > 1:
        found = [spot for spot in found if layout.number(spot.lane) == ref.track] or found
    if len(found) != 1:
        word = "is gone from" if not found else "cannot be told from its copies on"
        raise NotOnTimeline(f"{ref.name} {word} {layout.name!r}; mark the clip and send it again")
    return found[0]


def _alike(layout: Layout, ref: ShotRef, *, exactly: bool) -> list[Spot]:
    """The clips that show source frames of the shot; `exactly`: the same ones in the same place."""
    return [
        spot
        for spots in layout.shots.values()
        for spot in spots
        if isinstance(spot.clip.media, Media)
        and spot.clip.source_in < ref.source_out
        and ref.source_in < spot.clip.source_out
        and same_file(spot.clip.media.path, ref.media)
        and (not exactly or _is_as_sent(layout, spot, ref))
    ]


def _is_as_sent(layout: Layout, spot: Spot, ref: ShotRef) -> bool:
    lies = (layout.start_frame + spot.at, spot.clip.duration, *spot.clip.shown)
    return lies == (ref.record_in, ref.duration, ref.source_in, ref.source_out)


def _track_above(layout: Layout, shot: Spot, abilities: Abilities) -> tuple[Lane, bool]:
    """The next track up where it is free, else a new one between, so that nothing else is hidden."""
    number = layout.number(shot.lane) + 1
    above = layout.lanes[number - 1] if number <= len(layout.lanes) else None
    if above is not None and _takes_in(above, shot, abilities):
        return above, False
    return layout.insert(number, _fresh(number)), True


def _free_channel(layout: Layout, shot: Spot, abilities: Abilities) -> tuple[Lane, bool]:
    """The lowest free track above, where nothing between is seen, which the take would hide.

    Raises: Occupied.
    """
    below = layout.number(shot.lane)
    for lane in layout.lanes[below:]:
        if _takes_in(lane, shot, abilities):
            return lane, False
        if hidden := lane.seen(shot.at, shot.at + shot.clip.duration):
            raise Occupied(
                f"{_lies(layout, lane, *hidden)}, and a take above it would hide it; move it a track up, or "
                "switch it off"
            )
    number = len(layout.lanes) + 1
    return layout.insert(number, _fresh(number)), True


def _fresh(number: int) -> Track:
    return Track(kind="video", number=number, name=TAKES_NAME, metadata=MADE_TRACK)


def _takes_in(lane: Lane, shot: Spot, abilities: Abilities) -> bool:
    track = lane.track
    if abilities.one_clip_a_track and not lane.is_empty:
        return False
    free = lane.in_the_way(shot.at, shot.at + shot.clip.duration) is None
    return free and track.enabled and not track.locked


def _asked_track(
    layout: Layout, number: int, shot: Spot, abilities: Abilities
) -> tuple[Lane, tuple[str, ...]]:
    """The track that was asked for, and what a take on it hides. Raises: Occupied."""
    if not 1 <= number <= len(layout.lanes):
        raise Occupied(f"there is no video track {number} on {layout.name!r}; make it, or name none")
    below = layout.number(shot.lane)
    if number <= below:
        raise Occupied(f"V{number} is not above the shot on V{below}; name a higher track")
    lane, end = layout.lanes[number - 1], shot.at + shot.clip.duration
    if lane.track.locked:
        raise Occupied(f"V{number} is locked; unlock it, or name another track")
    if not lane.track.enabled:
        raise Occupied(f"V{number} is switched off; switch it on, or name another track")
    if blocked := lane.in_the_way(shot.at, end):
        raise Occupied(
            f"{_lies(layout, lane, *blocked)}, where the take should go; move it, or name another track"
        )
    if abilities.one_clip_a_track and not lane.is_empty:
        raise Occupied(f"V{number} is a layer, which holds one clip; name an empty one, or none")
    between = [(other, other.seen(shot.at, end)) for other in layout.lanes[below : number - 1]]
    hidden = tuple(f"{_lies(layout, other, *what)}, and is hidden now" for other, what in between if what)
    return lane, hidden


def _lies(layout: Layout, lane: Lane, at: int, item: Item) -> str:
    what = "a gap with notes" if isinstance(item, Gap) else repr(item.name)
    frames = f"from frame {at} to {at + item.duration - 1} ({layout.timecode(at)})"
    return f"{what} lies on {layout.label(lane)} {frames}"


def _change(
    kind: Literal["added", "replaced", "removed"],
    layout: Layout,
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
        record_in=layout.start_frame + at,
        record_out=layout.start_frame + at + clip.duration,
        media=clip.media.path if isinstance(clip.media, Media) else "",
        made_track=made_track,
        before=before,
        notes=notes,
    )
