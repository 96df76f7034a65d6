"""The shots of a timeline: those under a marker, or a whole track."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.timeline import (
    MOST_FRAMES,
    Clip,
    Marker,
    Media,
    Nested,
    Problem,
    Sequence,
    Track,
    Transition,
)

DEFAULT_HANDLES = 8
_A_TAKE = Problem(kind="take", refuses=True, message="it is a take; select the shot below it")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """How shots are asked for: by whom, and with how many frames before and after the cut."""

    host: str = "file"
    project: str = ""
    handle_head: int = DEFAULT_HANDLES
    handle_tail: int = DEFAULT_HANDLES


def shot_of(sequence: Sequence, uid: str, wanted: Wanted) -> ShotRef | None:
    """The shot of one clip, None when there is no such clip."""
    found = sequence.find(uid)
    return _shot(sequence, *found, wanted) if found else None


def shots_of_uids(sequence: Sequence, uids: Iterable[str], wanted: Wanted) -> tuple[ShotRef, ...]:
    """The shots of many clips in one reading of the timeline; a uid that is not there is left out."""
    asked = dict.fromkeys(uids)
    found: dict[str, ShotRef] = {}
    for track in sequence.video():
        for at, clip in track.clips():
            if clip.uid in asked and clip.uid not in found:
                found[clip.uid] = _shot(sequence, track, at, clip, wanted)
    return tuple(found[uid] for uid in asked if uid in found)


def shots_of_track(sequence: Sequence, number: int, wanted: Wanted) -> tuple[ShotRef, ...]:
    """Every clip of a video track, but for takes of ours."""
    return tuple(
        _shot(sequence, track, at, clip, wanted)
        for track in sequence.video()
        if track.number == number
        for at, clip in track.clips()
        if not is_take(clip)
    )


def marked_shots(sequence: Sequence, marker: str, wanted: Wanted) -> tuple[ShotRef, ...]:
    """The clips that carry a marker, or lie under one of their track or of the sequence, in record order.

    A marker counts when its name or its comment is the word, or begins with it: what follows ("understudy
    SH010") names the shot. Under a marker of the sequence it is the topmost clip that is on and no take.
    """
    found: dict[str, ShotRef] = {}

    def take(track: Track, at: int, clip: Clip, name: str) -> None:
        shot = _shot(sequence, track, at, clip, wanted)
        if clip.uid not in found or name:
            found[clip.uid] = replace(shot, name=name) if name else shot

    for track in sequence.video():
        for at, clip in track.clips():
            name = _first_name(clip.markers, marker)
            if name is not None and not is_take(clip):
                take(track, at, clip, name)
        for one in track.markers:
            name = shot_name(one, marker)
            hit = _at(track, one.frame) if name is not None else None
            if hit is not None:
                take(track, *hit, name or "")
    for one in sequence.markers:
        name = shot_name(one, marker)
        if name is None:
            continue
        for track in reversed(sequence.video()):
            hit = _at(track, one.frame) if track.enabled else None
            if hit is not None and hit[1].enabled:
                take(track, *hit, name)
                break
    return tuple(sorted(found.values(), key=lambda shot: (shot.record_in, shot.track)))


def shot_name(marker: Marker, word: str) -> str | None:
    """What a marker calls its shot, "" when it names none, None when it is not for us."""
    for text in (marker.name, marker.comment):
        match = re.match(rf"\s*{re.escape(word)}(?:[\s:;,/-]+(.*))?\s*$", text, re.IGNORECASE | re.DOTALL)
        if match:
            return (match[1] or "").strip()
    return None


def is_take(clip: Clip) -> bool:
    """Whether a clip is a take that we placed; one whose notes somebody spoilt is any clip."""
    ours = clip.ours
    numbers = (ours.get("version"), ours.get("plate_first", 0))
    whole = all(type(number) is int and abs(number) <= MOST_FRAMES for number in numbers)
    return whole and isinstance(ours.get("shot"), str) and ours["version"] >= 0


def _first_name(markers: tuple[Marker, ...], word: str) -> str | None:
    names = [name for marker in markers if (name := shot_name(marker, word)) is not None]
    return next((name for name in names if name), names[0] if names else None)


def _at(track: Track, frame: int) -> tuple[int, Clip] | None:
    for at, clip in track.clips():
        if at <= frame < at + clip.duration and not is_take(clip):
            return at, clip
    return None


def _shot(sequence: Sequence, track: Track, at: int, clip: Clip, wanted: Wanted) -> ShotRef:
    media = clip.media if isinstance(clip.media, Media) else None
    head, tail = _covered(track, clip)
    source_in, source_out = clip.shown
    known = media is not None and media.start is not None
    available = None
    if media is not None and media.frames is not None:
        available = (media.start or 0, (media.start or 0) + media.frames)
    return ShotRef(
        host=wanted.host,
        project=wanted.project,
        sequence=sequence.name,
        clip_uid=clip.uid,
        name=clip.name,
        media=media.path if media else "",
        reel=media.reel if media else "",
        rate=sequence.rate,
        media_rate=_differing(sequence, clip, media),
        drop_frame=sequence.drop_frame,
        media_drop_frame=media.drop_frame if media else False,
        source_in=source_in,
        source_out=source_out,
        record_in=sequence.start_frame + at,
        record_out=sequence.start_frame + at + clip.duration,
        track=track.number,
        track_name=track.name,
        handle_head=wanted.handle_head,
        handle_tail=wanted.handle_tail,
        available=available,
        timecode_known=known or media is None,
        colour_space=media.colour_space if media else "",
        retime=clip.retime,
        enabled=clip.enabled and track.enabled,
        nested=isinstance(clip.media, Nested),
        transition_head=head,
        transition_tail=tail,
        told=(*clip.problems, _A_TAKE) if is_take(clip) else clip.problems,
    )


def _differing(sequence: Sequence, clip: Clip, media: Media | None) -> Fraction:
    if media is not None and media.rate != sequence.rate:
        return media.rate
    return clip.source_rate


def _covered(track: Track, clip: Clip) -> tuple[int, int]:
    """Frames of a transition over either end of a clip."""
    at = next(number for number, item in enumerate(track.items) if item is clip)
    before = track.items[at - 1] if at else None
    after = track.items[at + 1] if at + 1 < len(track.items) else None
    return (
        before.duration if isinstance(before, Transition) else 0,
        after.duration if isinstance(after, Transition) else 0,
    )
