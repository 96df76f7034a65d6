"""FCP7 XML as a timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import rounded
from understudy_bridge.core.timeline import (
    MOST_NESTED,
    Clip,
    Effect,
    Gap,
    Item,
    Marker,
    Media,
    Nested,
    Retime,
    Sequence,
    Track,
    TrackKind,
    Transition,
    covering,
    numbered,
    tidy,
)
from understudy_bridge.interchange.fcp7_parts import FORMAT, ours_of, rate_of, time_remap_of, timecode_of
from understudy_bridge.interchange.locations import path_of_url
from understudy_bridge.interchange.safe_xml import Node, xml_text
from understudy_bridge.interchange.uids import Uids

_KNOWN = frozenset(
    [
        "name",
        "enabled",
        "duration",
        "rate",
        "start",
        "end",
        "in",
        "out",
        "file",
        "filter",
        "marker",
        "logginginfo",
        "comments",
        "sequence",
        "masterclipid",
        "alphatype",
        "ismasterclip",
        "anamorphic",
        "pixelaspectratio",
        "fielddominance",
        "sourcetrack",
        "subframeoffset",
        "pproTicksIn",
        "pproTicksOut",
        "stillframe",
    ]
)
_CENTRE, _ENDS, _STARTS = ("center", ""), ("end", "end-black"), ("start", "start-black")


@dataclass(kw_only=True, slots=True)
class _Document:
    """What is known of the document while it is read."""

    notes: list[str]
    uids: Uids = field(default_factory=Uids)
    files: dict[str, Node] = field(default_factory=dict)
    sequences: dict[str, Node] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


@dataclass(kw_only=True, slots=True)
class _Fade:
    """A <transitionitem>: its range, and where the cut lies in it."""

    node: Node
    start: int
    end: int
    cut: int


def sequence_of_xmeml(root: Node, notes: list[str]) -> Sequence:
    """The first timeline. Raises: BadInterchange."""
    if root.tag != "xmeml":
        raise BadInterchange(f"line {root.line}, <{root.tag[:40]}>: this is no FCP7 XML; its root is <xmeml>")
    document = _Document(notes=notes)
    found = _collect(root, document)
    if not found:
        raise BadInterchange("the file has no <sequence>; export the timeline itself")
    if len(found) > 1:
        notes.append(f"the file has {len(found)} timelines; {found[0].said('name')!r}, the first, is read")
    sequence = _sequence(found[0], document, None, ())
    notes.extend(document.uids.notes)
    if document.left_out:
        notes.append(f"not kept on writing again: {', '.join(sorted(document.left_out))}")
    return sequence


def _collect(root: Node, document: _Document) -> list[Node]:
    """Remember every file and sequence that is told of in full; returns the sequences on no track."""
    found: list[Node] = []
    stack = [(root, False)]
    while stack:
        node, inside = stack.pop()
        identity = node.attributes.get("id", "")
        if node.tag == "file" and identity and node.find("pathurl") is not None:
            document.files.setdefault(identity, node)
        if node.tag == "sequence" and node.find("media") is not None:
            document.sequences.setdefault(identity, node)
            if not inside:
                found.append(node)
        within = inside or node.tag == "sequence"
        stack.extend((child, within) for child in reversed(node.children))
    return found


def _sequence(
    node: Node, document: _Document, otherwise: Fraction | None, outer: tuple[int, ...]
) -> Sequence:
    if id(node) in outer or len(outer) > MOST_NESTED:
        raise BadInterchange(f"line {node.line}, <sequence>: it is nested in itself, or too deeply")
    rate = rate_of(node, otherwise)
    start, drop = timecode_of(node, rate, document.notes)
    said = ours_of(node)
    media = node.find("media")
    tracks: list[Track] = []
    kinds: tuple[TrackKind, ...] = ("video", "audio")
    for kind in kinds:
        parent = media.find(kind) if media else None
        for child in parent.all("track") if parent else ():
            tracks.append(_track(child, kind, rate, document, (*outer, id(node))))
    metadata = said.get("metadata")
    return Sequence(
        name=str(said.get("name", node.said("name"))),
        rate=rate,
        drop_frame=drop,
        start_frame=start or 0,
        tracks=numbered(tuple(tracks)),
        markers=_markers(node, 0),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _markers(node: Node, origin: int) -> tuple[Marker, ...]:
    markers = []
    for child in node.all("marker"):
        first, end = child.number("in") or 0, child.number("out")
        markers.append(
            Marker(
                frame=origin + first,
                duration=max(0, end - first) if end is not None else 0,
                name=child.said("name"),
                comment=child.said("comment"),
            )
        )
    return tuple(markers)


def _track(node: Node, kind: TrackKind, rate: Fraction, document: _Document, outer: tuple[int, ...]) -> Track:
    entries: list[Node | _Fade] = []
    for child in node.children:
        if child.tag == "transitionitem":
            entries.append(_fade(child))
        elif child.tag in ("clipitem", "generatoritem"):
            entries.append(child)
    _settle_cuts(entries)
    items: list[Item] = []
    at = 0
    for index, entry in enumerate(entries):
        before = entries[index - 1] if index else None
        after = entries[index + 1] if index + 1 < len(entries) else None
        if isinstance(entry, _Fade):
            at = _to(items, at, entry.cut)
            items.append(_transition(entry))
            continue
        head = before if isinstance(before, _Fade) else None
        tail = after if isinstance(after, _Fade) else None
        first, end, lead = _span(entry, head, tail)
        if first < at:
            raise BadInterchange(f"line {entry.line}, <{entry.tag}>: begins before the clip before it ends")
        at = _to(items, at, first) + end - first
        items.append(_clip(entry, end - first, lead, rate, document, outer))
    return Track(
        kind=kind,
        number=1,
        name=node.attributes.get("MZ.TrackName", ""),
        items=tidy(tuple(items)),
        enabled=node.said("enabled").upper() != "FALSE",
        locked=node.said("locked").upper() == "TRUE",
    )


def _settle_cuts(entries: list[Node | _Fade]) -> None:
    """Where clips say their own ends instead of leaving them to the transition, the cut is there."""
    for index, entry in enumerate(entries):
        if not isinstance(entry, _Fade):
            continue
        before = entries[index - 1] if index else None
        after = entries[index + 1] if index + 1 < len(entries) else None
        said = after.number("start") if isinstance(after, Node) else None
        if after is None and isinstance(before, Node):
            said = before.number("end")
        if said is not None and entry.start <= said <= entry.end:
            entry.cut = said


def _to(items: list[Item], at: int, frame: int) -> int:
    """Fill with a gap up to a frame; where nothing lies."""
    if frame > at:
        items.append(Gap(duration=frame - at))
    return max(at, frame)


def _fade(node: Node) -> _Fade:
    start, end = node.number("start"), node.number("end")
    if start is None or end is None or not 0 <= start <= end:
        raise BadInterchange(f"line {node.line}, <transitionitem>: it lacks a start and an end")
    alignment = node.said("alignment").lower()
    cut = end if alignment in _ENDS else start if alignment in _STARTS else start + (end - start) // 2
    return _Fade(node=node, start=start, end=end, cut=cut)


def _transition(fade: _Fade) -> Transition:
    effect = fade.node.find("effect") or Node(tag="effect")
    identity, name = effect.said("effectid"), effect.said("name")
    dissolve = (
        identity.lower() in ("cross dissolve", "") or effect.said("effectcategory").lower() == "dissolve"
    )
    plain = name in (identity, "Cross Dissolve")
    return Transition(
        in_offset=fade.cut - fade.start,
        out_offset=fade.end - fade.cut,
        kind="dissolve" if dissolve else identity,
        name="" if plain else name,
    )


def _span(node: Node, head: _Fade | None, tail: _Fade | None) -> tuple[int, int, int]:
    """Where a clip lies on the track, and how far its <in> is before that."""
    first, end = node.number("start"), node.number("end")
    lead = 0
    if first in (None, -1):
        if head is None:
            raise BadInterchange(f"line {node.line}, <{node.tag}>: its start is told by no transition")
        first, lead = head.cut, head.cut - head.start
    if end in (None, -1):
        if tail is None:
            raise BadInterchange(f"line {node.line}, <{node.tag}>: its end is told by no transition")
        end = tail.cut
    assert first is not None and end is not None
    if end < first or first < 0:
        raise BadInterchange(f"line {node.line}, <{node.tag}>: ends at {end} before it begins at {first}")
    return first, end, lead


def _clip(
    node: Node, duration: int, lead: int, rate: Fraction, document: _Document, outer: tuple[int, ...]
) -> Clip:
    own = rate_of(node, rate)
    said = ours_of(node)
    media, origin = _media(node, own, said, document, outer)
    retime, effects = _effects(node)
    first = (node.number("in") or 0) + lead
    out = node.number("out")
    source_in, source_out = _source(retime, first, duration, own, rate, media, node, document.notes)
    if retime is not None and not retime.curve:
        retime, source_in, source_out = _exactly(
            said.get("exact"), retime, first, duration, source_in, source_out
        )
    elif out is not None and own == rate and not lead and out - first < duration:
        document.notes.append(
            f"line {node.line}, <{node.tag}>: {out - first} source frames for {duration} on the track"
        )
    document.left_out |= {child.tag for child in node.children} - _KNOWN
    name = str(said.get("name", node.said("name")))
    if node.tag == "generatoritem":
        document.notes.append(f"line {node.line}, <generatoritem>: {name!r} is kept as a clip without media")
    uid, metadata = said.get("uid"), said.get("metadata")
    path = media.path if isinstance(media, Media) else ""
    return Clip(
        uid=document.uids.known(uid, name)
        if isinstance(uid, str) and uid
        else document.uids.made(name, path, origin + source_in),
        name=name,
        media=media,
        source_rate=own,
        source_in=origin + source_in,
        source_out=origin + source_out,
        duration=duration,
        retime=retime,
        enabled=node.said("enabled").upper() != "FALSE",
        markers=_markers(node, origin),
        effects=effects,
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _media(
    node: Node, rate: Fraction, said: Mapping[str, Any], document: _Document, outer: tuple[int, ...]
) -> tuple[Media | Nested | None, int]:
    """What the clip shows, and the number of its first frame."""
    inside = node.find("sequence")
    if inside is not None:
        whole = document.sequences.get(inside.attributes.get("id", ""), inside)
        if inside.find("media") is not None:
            whole = inside
        sequence = _sequence(whole, document, rate, outer)
        return Nested(sequence=sequence), sequence.start_frame
    file = node.find("file")
    if file is None:
        return None, 0
    whole = document.files.get(file.attributes.get("id", ""), file)
    own = rate_of(whole, rate)
    start, drop = timecode_of(whole, own, document.notes)
    ours = said.get("media")
    path = path_of_url(whole.said("pathurl"))
    more = ours if isinstance(ours, Mapping) and ours.get("path", path) == path else {}
    reel = whole.find("timecode", "reel", "name")
    media = Media(
        path=path,
        name=str(more.get("name", "")) if more else whole.said("name"),
        rate=own,
        start=start,
        frames=whole.number("duration"),
        drop_frame=drop or more.get("drop_frame") is True,
        reel=reel.text.strip() if reel else str(more.get("reel", "")),
        colour_space=str(more.get("colour_space", "")),
    )
    return media, start or 0


def _effects(node: Node) -> tuple[Retime | None, tuple[Effect, ...]]:
    retime, kept = None, []
    for child in node.all("filter"):
        found = time_remap_of(child)
        if found is None or found.curve:
            name = child.said("effect", "name")
            kept.append(Effect(format=FORMAT, name=name, text=xml_text(child)))
        retime = found or retime
    if node.said("stillframe").upper() == "TRUE":
        retime = Retime(speed=Fraction(0))
    return retime, tuple(kept)


def _source(
    retime: Retime | None,
    first: int,
    duration: int,
    own: Fraction,
    rate: Fraction,
    media: Media | Nested | None,
    node: Node,
    notes: list[str],
) -> tuple[int, int]:
    """Source frames from the medium's start: as many as the clip lasts, at its speed."""
    if retime is None or retime.curve:
        frames = duration if own == rate else rounded(duration * own / rate)
        return first, first + frames
    if retime.is_freeze:
        return first, first + 1
    speed = abs(retime.speed)
    at, frames = rounded(first * speed), covering(speed, duration)
    if retime.speed > 0:
        return at, at + frames
    whole = media.frames if isinstance(media, Media) else None
    if whole is None:
        notes.append(
            f"line {node.line}, <{node.tag}>: plays backwards, and nothing says how long its media is"
        )
        return at, at + frames
    return whole - at - frames, whole - at


def _exactly(
    exact: object, retime: Retime, first: int, duration: int, source_in: int, source_out: int
) -> tuple[Retime, int, int]:
    """The exact range that we wrote beside the rounded one, where the clip is still what it was then."""
    if not isinstance(exact, Mapping) or exact.get("in") != first or exact.get("duration") != duration:
        return retime, source_in, source_out
    try:
        speed = Fraction(str(exact.get("speed")))
        said_in, said_out = int(str(exact.get("source_in"))), int(str(exact.get("source_out")))
    except (ValueError, ZeroDivisionError):
        return retime, source_in, source_out
    if abs(speed - retime.speed) > Fraction(1, 1000):
        return retime, source_in, source_out
    return Retime(speed=speed), said_in, said_out
