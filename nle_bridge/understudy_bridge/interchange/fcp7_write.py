"""A timeline as FCP7 XML (xmeml 5)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from understudy_bridge.core.rates import rounded
from understudy_bridge.core.timeline import (
    Clip,
    Gap,
    Marker,
    Media,
    Nested,
    Sequence,
    Track,
    TrackKind,
    Transition,
)
from understudy_bridge.interchange.fcp7_parts import (
    FORMAT,
    add_ours,
    add_rate,
    add_time_remap,
    add_timecode,
)
from understudy_bridge.interchange.locations import file_name, url_of_path
from understudy_bridge.interchange.safe_xml import Node, clean, parse_xml

_EFFECTS = {"dissolve": ("Cross Dissolve", "Cross Dissolve", "Dissolve")}


class _Writer:
    """Numbers for elements, the files that were told of already, and notes."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        self._files: dict[str, str] = {}
        self._count = 0

    def next_id(self, word: str) -> str:
        self._count += 1
        return f"{word}-{self._count}"

    def file(self, parent: Node, media: Media) -> None:
        """<file>: whole the first time, afterwards by its id."""
        key = repr(
            (media.path, media.name, media.rate, media.start, media.frames, media.reel, media.drop_frame)
        )
        known = key in self._files
        node = parent.add(
            "file", id=self._files.setdefault(key, self._files.get(key) or self.next_id("file"))
        )
        if known:
            return
        node.add("name", media.name or file_name(media.path))
        node.add("pathurl", url_of_path(media.path, host="localhost"))
        add_rate(node, media.rate)
        if media.frames is not None:
            node.add("duration", media.frames)
        if media.start is not None:
            add_timecode(node, media.start, media.rate, media.drop_frame, media.reel)
        node.add("media").add("video")


def xmeml_of(sequence: Sequence, notes: list[str]) -> Node:
    """The whole document. Raises: BadInterchange when the format cannot say a rate."""
    root = Node(tag="xmeml", attributes={"version": "5"})
    root.children.append(_sequence(sequence, _Writer(notes)))
    return root


def _sequence(sequence: Sequence, writer: _Writer) -> Node:
    node = Node(tag="sequence", attributes={"id": writer.next_id("sequence")})
    node.add("name", sequence.name)
    node.add("duration", sequence.duration)
    add_rate(node, sequence.rate)
    add_timecode(node, sequence.start_frame, sequence.rate, sequence.drop_frame)
    for marker in sequence.markers:
        _marker(node, marker, 0, writer)
    said: dict[str, Any] = {"metadata": dict(sequence.metadata)} if sequence.metadata else {}
    if clean(sequence.name).strip() != sequence.name:
        said["name"] = sequence.name
    if said:
        add_ours(node, said)
    media = node.add("media")
    kinds: tuple[TrackKind, ...] = ("video", "audio")
    for kind in kinds:
        parent = media.add(kind)
        for track in sequence.tracks:
            if track.kind == kind:
                _track(parent, track, sequence, writer)
    return node


def _marker(parent: Node, marker: Marker, origin: int, writer: _Writer) -> None:
    node = parent.add("marker")
    node.add("comment", marker.comment)
    node.add("name", marker.name)
    node.add("in", marker.frame - origin)
    node.add("out", marker.frame - origin + marker.duration if marker.duration else -1)
    if marker.metadata or marker.colour:
        writer.notes.append(f"marker {marker.name!r}: its colour and metadata are not in FCP7 XML")


def _track(parent: Node, track: Track, sequence: Sequence, writer: _Writer) -> None:
    node = parent.add("track", **({"MZ.TrackName": track.name} if track.name else {}))
    items = track.items
    for index, (at, item) in enumerate(track.placed()):
        if isinstance(item, Gap):
            continue
        if isinstance(item, Transition):
            _transition(node, item, at, sequence.rate, writer)
            continue
        before = items[index - 1] if index else None
        after = items[index + 1] if index + 1 < len(items) else None
        _clip(
            node,
            item,
            at,
            before if isinstance(before, Transition) else None,
            after if isinstance(after, Transition) else None,
            writer,
            sequence.rate,
            kind=track.kind,
        )
    node.add("enabled", _word(track.enabled))
    node.add("locked", _word(track.locked))
    if track.markers:
        writer.notes.append(f"{track.label}: FCP7 XML has no markers of tracks")


def _word(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _transition(parent: Node, item: Transition, at: int, rate: Fraction, writer: _Writer) -> None:
    node = parent.add("transitionitem")
    add_rate(node, rate)
    node.add("start", at)
    node.add("end", at + item.duration)
    node.add("alignment", _alignment(item, writer))
    effect = node.add("effect")
    name, identity, category = _EFFECTS.get(item.kind, (item.kind, item.kind, "Wipe"))
    for tag, text in (
        ("name", item.name or name),
        ("effectid", identity),
        ("effectcategory", category),
        ("effecttype", "transition"),
        ("mediatype", "video"),
    ):
        effect.add(tag, text)
    if item.metadata:
        writer.notes.append(f"transition {item.name or item.kind!r}: its metadata is not in FCP7 XML")


def _alignment(item: Transition, writer: _Writer) -> str:
    if item.in_offset == 0:
        return "start"
    if item.out_offset == 0:
        return "end"
    if item.in_offset != item.duration // 2:
        writer.notes.append(
            f"transition {item.name or item.kind!r}: FCP7 XML knows cuts at its start, middle and end only; "
            f"the cut is written in the middle, {item.duration // 2 - item.in_offset} frames later"
        )
    return "center"


def _clip(
    parent: Node,
    clip: Clip,
    at: int,
    before: Transition | None,
    after: Transition | None,
    writer: _Writer,
    rate: Fraction,
    *,
    kind: TrackKind,
) -> None:
    lead, tail = before.in_offset if before else 0, after.out_offset if after else 0
    first = _relative_in(clip) - lead
    node = parent.add("clipitem", id=writer.next_id("clipitem"))
    node.add("name", clip.name)
    node.add("enabled", _word(clip.enabled))
    media = clip.media
    if isinstance(media, Media) and media.frames is not None:
        node.add("duration", media.frames)
    add_rate(node, clip.source_rate)
    node.add("start", -1 if before else at)
    node.add("end", -1 if after else at + clip.duration)
    straight = clip.retime is None or bool(clip.retime.curve)
    length = (clip.source_out - clip.source_in) if straight else clip.duration
    node.add("in", first)
    node.add("out", first + lead + length + tail)
    if isinstance(media, Media):
        writer.file(node, media)
    elif isinstance(media, Nested):
        node.children.append(_sequence(media.sequence, writer))
    _effects(node, clip, writer)
    for marker in clip.markers:
        _marker(node, marker, _origin(clip), writer)
    if kind == "audio":
        node.add("sourcetrack").add("mediatype", "audio")
    add_ours(node, _said(clip, first + lead))


def _origin(clip: Clip) -> int:
    """The frame number that the format's 0 stands for."""
    if isinstance(clip.media, Nested):
        return clip.media.sequence.start_frame
    return (clip.media.start or 0) if clip.media else 0


def _relative_in(clip: Clip) -> int:
    """<in>: frames from the medium's start, at the clip's own speed; from its end when it plays backwards."""
    offset = clip.source_in - _origin(clip)
    if clip.retime is None or clip.retime.curve or clip.retime.is_freeze:
        return offset
    frames = clip.media.frames if isinstance(clip.media, Media) else None
    if clip.retime.speed < 0 and frames is not None:
        offset = frames - (clip.source_out - _origin(clip))
    return rounded(offset / abs(clip.retime.speed))


def _said(clip: Clip, first: int) -> dict[str, Any]:
    said: dict[str, Any] = {"uid": clip.uid}
    if clip.metadata:
        said["metadata"] = dict(clip.metadata)
    if clean(clip.name).strip() != clip.name:
        said["name"] = clip.name
    if clip.retime is not None and not clip.retime.curve:
        said["exact"] = {
            "speed": str(clip.retime.speed),
            "in": first,
            "duration": clip.duration,
            "source_in": clip.source_in - _origin(clip),
            "source_out": clip.source_out - _origin(clip),
        }
    if isinstance(media := clip.media, Media):
        more = {
            "name": media.name,
            "colour_space": media.colour_space,
            "path": media.path,
            "reel": media.reel,
        }
        said["media"] = {key: value for key, value in more.items() if value} | {
            "drop_frame": media.drop_frame
        }
    return said


def _effects(node: Node, clip: Clip, writer: _Writer) -> None:
    if clip.retime is not None and not clip.retime.curve:
        add_time_remap(node, clip.retime)
    curve_kept = False
    for effect in clip.effects:
        if effect.format == FORMAT:
            node.children.append(parse_xml(effect.text.encode(), "an effect"))
            curve_kept = True
        else:
            writer.notes.append(f"clip {clip.name!r}: effect {effect.name!r} is not in FCP7 XML")
    if clip.retime is not None and clip.retime.curve and not curve_kept:
        writer.notes.append(f"clip {clip.name!r}: its speed ({clip.retime.curve}) is not in FCP7 XML")
