"""A timeline as CMX3600 EDLs, one for each video track; what an EDL has no place for goes into comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction

from understudy_bridge.core.rates import nominal, rounded, timecode_text
from understudy_bridge.core.timeline import Clip, Gap, Media, Nested, Sequence, Track, Transition
from understudy_bridge.interchange.locations import file_name

_COLOURS = ("RED", "GREEN", "BLUE", "CYAN", "MAGENTA", "YELLOW", "BLACK", "WHITE", "PURPLE", "ORANGE", "PINK")
_WIPE = re.compile(r"wipe(\d{1,4})$", re.IGNORECASE)


class _Reels:
    """Names of at most eight characters, no two media with the same one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, clip: Clip) -> str:
        media = clip.media if isinstance(clip.media, Media) else None
        if media is None or not (media.reel or media.path):
            return "AX"
        full = media.reel or media.path
        if full not in self._names:
            wanted = media.reel or file_name(media.path).rpartition(".")[0] or "AX"
            short = re.sub(r"[^A-Z0-9_]", "", wanted.upper())[:8] or "AX"
            if short == "BL" or short in self._names.values():
                short = next(
                    name
                    for number in range(1, 1_000_000)
                    if (name := f"{short[: 8 - len(str(number))]}{number}") not in self._names.values()
                )
            self._names[full] = short
        return self._names[full]


def edl_text(sequence: Sequence, track: Track, notes: list[str]) -> str:
    """One video track as an EDL, with notes about what it cannot carry."""
    lines = [
        f"TITLE: {_one_line(sequence.name)}",
        f"FCM: {'DROP FRAME' if sequence.drop_frame else 'NON-DROP FRAME'}",
    ]
    # Below the first event: there are programs that take nothing else before it.
    said = [
        f"* UNDERSTUDY RATE: {sequence.rate}",
        f"* UNDERSTUDY START: {sequence.start_frame}",
        f"* UNDERSTUDY TRACK: {track.number} {_one_line(track.name)}".rstrip(),
    ]
    lines += sequence.kept.get("edl", "").splitlines()
    reels, number = _Reels(), 0
    for before, item, transition, follows, at in _events(track):
        if isinstance(item, Gap) and transition is None:
            continue
        number += 1
        lines += _event(sequence, reels, number, before, item, transition, follows, at, notes)
        lines += said
        said = []
    lines += said
    for marker in sequence.markers:
        place = timecode_text(sequence.start_frame + marker.frame, sequence.rate, sequence.drop_frame)
        lines.append(_marker_line(place, marker.colour, marker.name or marker.comment))
        if marker.duration or marker.metadata or (marker.name and marker.comment):
            notes.append(f"marker {marker.name!r}: an EDL carries its place and one text only")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _marker_line(at: str, colour: str, text: str) -> str:
    shade = colour.upper() if colour.upper() in _COLOURS else "RED"
    return f"* LOC: {at} {shade:<7} {_one_line(text)}".rstrip()


_Event = tuple[Clip | Gap | None, Clip | Gap, Transition | None, Transition | None, int]


def _events(track: Track) -> Iterator[_Event]:
    """Each clip or gap with what lies before it, the transitions at both of its ends, and where it begins."""
    items, before, at = track.items, None, 0
    for index, item in enumerate(items):
        if isinstance(item, Transition):
            if index + 1 == len(items):  # a fade to nothing at the end
                yield before, Gap(duration=item.out_offset), item, None, at
            continue
        last = items[index - 1] if index else None
        following = items[index + 1] if index + 1 < len(items) else None
        yield (
            before,
            item,
            last if isinstance(last, Transition) else None,
            following if isinstance(following, Transition) else None,
            at,
        )
        before, at = item, at + item.duration


def _event(
    sequence: Sequence,
    reels: _Reels,
    number: int,
    before: Clip | Gap | None,
    item: Clip | Gap,
    transition: Transition | None,
    follows: Transition | None,
    at: int,
    notes: list[str],
) -> list[str]:
    """The lines of one event: the clip from where the transition to it begins to where the next begins."""
    lead, tail = (transition.in_offset if transition else 0), (follows.in_offset if follows else 0)
    first = sequence.start_frame + at - lead
    end = sequence.start_frame + at + item.duration - tail
    lines = []
    if transition is not None:
        lines.append(_from_line(sequence, reels, number, before, transition, first))
    kind = _kind(transition, notes)
    if isinstance(item, Gap):
        times = _times(sequence, 0, end - first, sequence.rate, False, first, end)
        return [*lines, f"{number:03d}  {'BL':<8} V     {kind} {times}", *_cut_comment(transition)]
    shown = item.trimmed(-lead, tail)
    media = item.media if isinstance(item.media, Media) else None
    drop = media.drop_frame if media else False
    times = _times(sequence, shown.source_in, shown.source_out, item.source_rate, drop, first, end)
    lines.append(f"{number:03d}  {reels.of(item):<8} V     {kind} {times}")
    return [*lines, *_speed_lines(reels.of(item), item, shown, drop), *_cut_comment(transition),
            *_names(before, item, transition), *_comments(item, notes, sequence.rate)]  # fmt: skip


def _kind(transition: Transition | None, notes: list[str]) -> str:
    if transition is None:
        return "C       "
    wipe = _WIPE.match(transition.kind)
    if wipe is None and transition.kind != "dissolve":
        notes.append(f"transition {transition.name or transition.kind!r}: written as a dissolve")
    return f"{f'W{int(wipe[1]):03d}' if wipe else 'D':<4} {transition.duration:03d}"


def _from_line(
    sequence: Sequence,
    reels: _Reels,
    number: int,
    before: Clip | Gap | None,
    transition: Transition,
    first: int,
) -> str:
    """The zero-long line that says what a transition comes from."""
    if not isinstance(before, Clip):
        times = _times(sequence, 0, 0, sequence.rate, False, first, first)
        return f"{number:03d}  {'BL':<8} V     C        {times}"
    drop = isinstance(before.media, Media) and before.media.drop_frame
    out = before.trimmed(0, transition.in_offset).source_out
    times = _times(sequence, out, out, before.source_rate, drop, first, first)
    return f"{number:03d}  {reels.of(before):<8} V     C        {times}"


def _times(
    sequence: Sequence, source_in: int, source_out: int, rate: Fraction, drop: bool, first: int, end: int
) -> str:
    source = (timecode_text(source_in, rate, drop), timecode_text(source_out, rate, drop))
    record = (timecode_text(frame, sequence.rate, sequence.drop_frame) for frame in (first, end))
    return " ".join((*source, *record))


def _speed_lines(reel: str, clip: Clip, shown: Clip, drop: bool) -> list[str]:
    if clip.retime is None or clip.retime.curve:
        return []
    fps = clip.retime.speed * nominal(clip.source_rate)
    value = f"{float(abs(fps)):05.1f}"
    start = shown.source_out if clip.retime.speed < 0 else shown.source_in
    sign = "-" if fps < 0 else ""
    timecode = timecode_text(start, clip.source_rate, drop)
    return [f"M2   {reel:<8}       {sign}{value}                {timecode}",
            f"* UNDERSTUDY SPEED: {clip.retime.speed}"]  # fmt: skip


def _cut_comment(transition: Transition | None) -> list[str]:
    if transition is None:
        return []
    said = [f"* UNDERSTUDY CUT: {transition.in_offset}"]
    if transition.name:
        said.append(f"* EFFECT NAME: {_one_line(transition.name)}")
    return said


def _names(before: Clip | Gap | None, clip: Clip, transition: Transition | None) -> list[str]:
    if transition is None:
        return [f"* FROM CLIP NAME: {_one_line(clip.name)}"]
    said = [f"* FROM CLIP NAME: {_one_line(before.name)}"] if isinstance(before, Clip) else []
    return [*said, f"* TO CLIP NAME: {_one_line(clip.name)}"]


def _comments(clip: Clip, notes: list[str], rate: Fraction) -> list[str]:
    lines = []
    if clip.source_rate != rate:
        lines.append(f"* UNDERSTUDY SOURCE RATE: {clip.source_rate}")
    media = clip.media if isinstance(clip.media, Media) else None
    if media is not None:
        if media.path:
            lines.append(f"* SOURCE FILE: {_one_line(media.path)}")
        if media.reel:
            lines.append(f"* UNDERSTUDY REEL: {_one_line(media.reel)}")
        said = {
            "name": media.name,
            "start": media.start,
            "frames": media.frames,
            "colour_space": media.colour_space,
            "drop_frame": media.drop_frame,
        }
        if said := {
            key: value for key, value in said.items() if value not in ("", None) and value is not False
        }:
            lines.append(f"* UNDERSTUDY MEDIA: {json.dumps(said, sort_keys=True)}")
        if media.rate != rate:
            lines.append(f"* UNDERSTUDY MEDIA RATE: {media.rate}")
    elif clip.media is None:
        lines.append("* UNDERSTUDY NO MEDIA:")
    lines.append(f"* UNDERSTUDY CLIP: {json.dumps(_identity(clip), sort_keys=True)}")
    for marker in clip.markers:
        drop = media.drop_frame if media else False
        lines.append(f"* UNDERSTUDY MARKER: {marker.frame} {json.dumps([marker.name, marker.comment])}")
        at = timecode_text(marker.frame, clip.source_rate, drop)
        notes.append(
            f"clip {clip.name!r}: its marker at {at} is only in a comment that other programs pass over"
        )
    _note_losses(clip, notes, rate)
    return lines + (clip.kept["edl"].splitlines() if "edl" in clip.kept else [])


def _identity(clip: Clip) -> dict[str, object]:
    said: dict[str, object] = {"uid": clip.uid}
    if clip.metadata:
        said["metadata"] = dict(clip.metadata)
    if _one_line(clip.name) != clip.name:
        said["name"] = clip.name
    return said


def _note_losses(clip: Clip, notes: list[str], rate: Fraction) -> None:
    if isinstance(clip.media, Nested):
        notes.append(f"clip {clip.name!r}: a nested timeline, written as a clip without what is inside")
    if clip.retime is not None and clip.retime.curve:
        notes.append(f"clip {clip.name!r}: its speed ({clip.retime.curve}) is not in the EDL")
    if clip.effects:
        notes.append(f"clip {clip.name!r}: {len(clip.effects)} effects are not in the EDL")
    if not clip.enabled:
        notes.append(f"clip {clip.name!r}: switched off on the timeline, on in the EDL")
    if clip.source_rate != rate:
        notes.append(
            f"clip {clip.name!r}: an EDL has one rate; its source frames are counted at {clip.source_rate}"
        )
    if clip.retime is not None and clip.duration and not clip.retime.curve and clip.retime.speed:
        meant = rounded(abs(clip.retime.speed) * clip.duration)
        if abs(meant - (clip.source_out - clip.source_in)) > 1:
            notes.append(f"clip {clip.name!r}: its source range and its speed do not agree")
