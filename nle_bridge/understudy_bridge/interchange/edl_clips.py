"""One event of an EDL as a clip: source frames, speed, and what the comments below it say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from understudy.domain.errors import BadSettings
from understudy.domain.outside_text import json_value
from understudy.domain.time import Timecode
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import nominal, rounded
from understudy_bridge.core.timeline import Clip, Marker, Media, Retime
from understudy_bridge.interchange.edl_lines import EventLine, NoteLine, SpeedLine
from understudy_bridge.interchange.uids import Uids

OURS = "UNDERSTUDY "
_READ = ("FROM CLIP NAME", "TO CLIP NAME", "SOURCE FILE", "LOC", "EFFECT NAME")
_M2_ROUNDING = Decimal("0.051")
_M2_SPEED_ROUNDING = Fraction(1, 10_000)
_SIMPLE = 100  # the largest denominator of a speed that somebody would type


@dataclass(kw_only=True, slots=True)
class Event:
    """One event with all that belongs to it, while a list is read."""

    line: EventLine
    record_drop: bool
    source_drop: bool
    record: tuple[int, int] = (0, 0)
    speed: SpeedLine | None = None
    comments: list[NoteLine] = field(default_factory=list)

    def said(self, key: str) -> str | None:
        """The first comment of a key."""
        return next((note.value for note in self.comments if note.key == key), None)


def frame_of(text: str, rate: Fraction, drop: bool, name: str, line: int) -> int:
    """A timecode of an event as a frame number. Raises: BadInterchange."""
    *fields, frames = re.split(r"[:;.,]", text)
    separator = ";" if drop or not text[: -len(frames)].endswith(":") else ":"
    try:
        return Timecode.parse(":".join(fields) + separator + frames, rate).count
    except BadSettings as cause:
        raise BadInterchange(f"{name}, line {line}: {cause}") from cause


def said_rate(text: str | None) -> Fraction | None:
    """The rate that a comment of ours says."""
    if text is None or not re.fullmatch(r"\d{1,7}(/\d{1,7})?", text):
        return None
    try:
        rate = Fraction(text)
    except ZeroDivisionError:
        return None
    return rate if 0 < rate <= 1000 else None


def clip_of(event: Event, length: int, rate: Fraction, uids: Uids, notes: list[str], name: str) -> Clip:
    """The clip that an event cuts in. Raises: BadInterchange."""
    source_rate = said_rate(event.said(OURS + "SOURCE RATE")) or rate
    said = _said(event, "MEDIA", notes)
    drop = event.source_drop or said.get("drop_frame") is True
    source_in, source_out = _source(event, source_rate, drop, name)
    retime = _retime(event, source_rate)
    speed = retime.speed if retime else Fraction(1)
    if retime is None and source_out - source_in != length and source_rate == rate:
        notes.append(
            f"line {event.line.line}: {source_out - source_in} source frames for {length} record frames and "
            "no M2; taken at the speed that follows"
        )
        if source_out > source_in and length:
            retime = Retime(speed=Fraction(source_out - source_in, length))
    elif speed and abs(rounded(abs(speed) * length) - (source_out - source_in)) > 1:
        notes.append(
            f"line {event.line.line}: M2 and the source timecodes do not agree; the timecodes are kept"
        )
    identity = _said(event, "CLIP", notes)
    names = event.said("TO CLIP NAME") if event.line.kind != "C" else None
    label = identity.get("name") or names or event.said("FROM CLIP NAME") or event.line.reel
    media = _media(event, said, rate, drop)
    uid = identity.get("uid")
    metadata = identity.get("metadata")
    kept = "\n".join(note.text for note in event.comments if not _is_read(note))
    return Clip(
        uid=uids.known(uid, str(label))
        if isinstance(uid, str) and uid
        else uids.made(str(label), media.path if media else "", source_in),
        name=str(label),
        media=media,
        source_rate=source_rate,
        source_in=source_in,
        source_out=source_out,
        duration=length,
        retime=retime,
        markers=_markers(event),
        metadata=metadata if isinstance(metadata, dict) else {},
        kept={"edl": kept} if kept else {},
    )


def _is_read(note: NoteLine) -> bool:
    return note.key in _READ or note.key.startswith(OURS)


def _said(event: Event, key: str, notes: list[str]) -> Mapping[str, Any]:
    """The JSON of one of our comments, nothing when somebody spoilt it."""
    text = event.said(OURS + key)
    if text is None:
        return {}
    try:
        value = json_value(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        notes.append(f"line {event.line.line}: our comment {key} below it cannot be read any more")
        return {}
    return value


def _source(event: Event, rate: Fraction, drop: bool, name: str) -> tuple[int, int]:
    line = event.line
    first, end = (frame_of(text, rate, drop, name, line.line) for text in line.times[:2])
    if end < first:
        end += Timecode(0, rate, drop).frames_per_day
    if end - first > 12 * 3600 * nominal(rate):
        raise BadInterchange(f"{name}, line {line.line}: the source ends before it begins")
    return first, end


def _retime(event: Event, rate: Fraction) -> Retime | None:
    if event.speed is None:
        return None
    fps = event.speed.fps
    exact = event.said(OURS + "SPEED")
    if exact is not None and re.fullmatch(r"-?\d{1,12}(/\d{1,12})?", exact) and not exact.endswith("/0"):
        speed = Fraction(exact)
        if abs(speed * nominal(rate) - Fraction(fps)) <= Fraction(_M2_ROUNDING):
            return Retime(speed=speed)
    # Some programs count 24 frames per second of 23.976 as 24.0, some as 23.98: the simpler speed is meant.
    asked = (Fraction(fps) / nominal(rate), Fraction(fps) / rate)
    simple = min(asked, key=lambda speed: abs(speed - speed.limit_denominator(_SIMPLE)))
    nearest = simple.limit_denominator(_SIMPLE)
    return Retime(speed=nearest if abs(simple - nearest) < _M2_SPEED_ROUNDING else asked[0])


def _media(event: Event, said: Mapping[str, Any], rate: Fraction, drop: bool) -> Media | None:
    path = event.said("SOURCE FILE") or ""
    reel = event.said(OURS + "REEL")
    ours = event.said(OURS + "CLIP") is not None
    if event.said(OURS + "NO MEDIA") is not None:
        return None
    start, frames = said.get("start"), said.get("frames")
    return Media(
        path=path,
        name=str(said.get("name", "")),
        rate=said_rate(event.said(OURS + "MEDIA RATE")) or rate,
        start=start if isinstance(start, int) else None,
        frames=frames if isinstance(frames, int) else None,
        drop_frame=drop or any(";" in text for text in event.line.times[:2]),
        reel=reel if reel is not None else ("" if ours or event.line.reel == "AX" else event.line.reel),
        colour_space=str(said.get("colour_space", "")),
    )


def _markers(event: Event) -> tuple[Marker, ...]:
    markers = []
    for note in event.comments:
        match = re.match(r"(-?\d{1,12}) (\[.*\])$", note.value) if note.key == OURS + "MARKER" else None
        if match:
            try:
                name, comment = json.loads(match[2])
            except ValueError:
                continue
            markers.append(Marker(frame=int(match[1]), name=str(name), comment=str(comment)))
    return tuple(markers)
