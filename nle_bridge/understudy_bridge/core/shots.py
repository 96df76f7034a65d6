"""The shots of a timeline: those under a marker, or a whole track."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
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
    return next(iter(shots_of_uids(sequence, (uid,), wanted)), None)


def shots_of_uids(sequence: Sequence, uids: Iterable[str], wanted: Wanted) -> tuple[ShotRef, ...]:
    """The shots of many clips in one reading of the timeline; a uid that is not there is left out."""
    asked = dict.fromkeys(uids)
    found: dict[str, ShotRef] = {}
    for track in sequence.video():
        for one in _lying(track):
            if one.clip.uid in asked and one.clip.uid not in found:
                found[one.clip.uid] = _shot(sequence, one, wanted)
    return tuple(found[uid] for uid in asked if uid in found)


def shots_of_track(sequence: Sequence, number: int, wanted: Wanted) -> tuple[ShotRef, ...]:
    """Every clip of a video track, but for takes of ours."""
    return tuple(
        _shot(sequence, one, wanted)
        for track in sequence.video()
        if track.number == number
        for one in _lying(track)
        if not is_take(one.clip)
    )


def marked_shots(sequence: Sequence, marker: str, wanted: Wanted) -> tuple[ShotRef, ...]:
    """The clips that carry a marker, or lie under one of their track or of the sequence, in record order.

    A marker counts when its name or its comment is the word, or begins with it: what follows ("understudy
    SH010") names the shot. Under a marker of the sequence it is the topmost clip that is on and no take.
    """
    found: dict[str, ShotRef] = {}

    def take(one: _Lying, name: str) -> None:
        if one.clip.uid not in found or name:
            shot = _shot(sequence, one, wanted)
            found[one.clip.uid] = replace(shot, name=name) if name else shot

    tracks = [(track, [one for one in _lying(track) if not is_take(one.clip)]) for track in sequence.video()]
    for track, clips in tracks:
        for one in clips:
            name = _first_name(one.clip.markers, marker)
            if name is not None:
                take(one, name)
        for note in track.markers:
            name = shot_name(note, marker)
            hit = _at(clips, note.frame) if name is not None else None
            if hit is not None:
                take(hit, name or "")
    for note in sequence.markers:
        name = shot_name(note, marker)
        if name is None:
            continue
        for track, clips in reversed(tracks):
            hit = _at(clips, note.frame) if track.enabled else None
            if hit is not None and hit.clip.enabled:
                take(hit, name)
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


@dataclass(frozen=True, slots=True)
class _Lying:
    """A clip, where it lies, and how many frames a transition covers of either end."""

    track: Track
    at: int
    clip: Clip
    covered: tuple[int, int]


def _lying(track: Track) -> Iterator[_Lying]:
    """Every clip of a track, in order."""
    items = (None, *track.items, None)
    at = 0
    for before, item, after in zip(items, track.items, items[2:], strict=False):
        if isinstance(item, Clip):
            covered = tuple(one.duration if isinstance(one, Transition) else 0 for one in (before, after))
            yield _Lying(track, at, item, (covered[0], covered[1]))
        at += 0 if isinstance(item, Transition) else item.duration


def _at(clips: list[_Lying], frame: int) -> _Lying | None:
    number = bisect_right(clips, frame, key=lambda one: one.at) - 1
    hit = clips[number] if number >= 0 else None
    return hit if hit is not None and frame < hit.at + hit.clip.duration else None


def _shot(sequence: Sequence, lying: _Lying, wanted: Wanted) -> ShotRef:
    track, at, clip = lying.track, lying.at, lying.clip
    media = clip.media if isinstance(clip.media, Media) else None
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
        transition_head=lying.covered[0],
        transition_tail=lying.covered[1],
        told=(*clip.problems, _A_TAKE) if is_take(clip) else clip.problems,
    )


def _differing(sequence: Sequence, clip: Clip, media: Media | None) -> Fraction:
    if media is not None and media.rate != sequence.rate:
        return media.rate
    return clip.source_rate
