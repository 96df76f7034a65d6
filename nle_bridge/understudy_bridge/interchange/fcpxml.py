"""FCPXML 1.10, written only. Nothing here could check it: its DTD comes with Final Cut Pro and may not be
handed on. Every time is an exact fraction of a second on the sequence's own frames.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from understudy.domain.files import write_bytes
from understudy_bridge.core.rates import rounded
from understudy_bridge.core.timeline import Clip, Gap, Marker, Media, Sequence, Track, Transition
from understudy_bridge.interchange.locations import file_name, url_of_path
from understudy_bridge.interchange.safe_xml import Node, xml_text

VERSION = "1.10"
UNVALIDATED = (
    "FCPXML is written without having been checked by Final Cut Pro; look the timeline through there"
)


def seconds_text(frames: int, rate: Fraction) -> str:
    """A time as FCPXML writes it: 24 frames at 24000/1001 are 1001/1000s, told as 24024/24000s."""
    if frames == 0:
        return "0s"
    value = Fraction(frames) / rate
    if value.denominator == 1:
        return f"{value.numerator}s"
    return f"{frames * rate.denominator}/{rate.numerator}s"


def write_fcpxml(sequence: Sequence, path: Path) -> tuple[str, ...]:
    """Write FCPXML; returns what it cannot carry. Raises: NotWritable, DiskFull."""
    notes = [UNVALIDATED]
    write_bytes(path, fcpxml_text(sequence, notes).encode())
    return tuple(notes)


def fcpxml_text(sequence: Sequence, notes: list[str]) -> str:
    """The document: the lowest video track is the spine, those above are connected to it in lanes."""
    root = Node(tag="fcpxml", attributes={"version": VERSION})
    resources = root.add("resources")
    formats: dict[Fraction, str] = {}
    assets: dict[str, str] = {}
    for track in sequence.video():
        for _, clip in track.clips():
            _asset(resources, clip, formats, assets)
    form = _format(resources, sequence.rate, formats)
    project = root.add("library").add("event", name="Understudy").add("project", name=sequence.name)
    node = project.add(
        "sequence",
        format=form,
        duration=seconds_text(sequence.duration, sequence.rate),
        tcStart=seconds_text(sequence.start_frame, sequence.rate),
        tcFormat="DF" if sequence.drop_frame else "NDF",
    )
    _spine(node.add("spine"), sequence, assets, notes)
    if any(track.kind == "audio" for track in sequence.tracks):
        notes.append("audio tracks are not in the FCPXML")
    return '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n' + xml_text(root)


def _format(resources: Node, rate: Fraction, formats: dict[Fraction, str]) -> str:
    if rate not in formats:
        formats[rate] = f"f{len(formats) + 1}"
        resources.children.insert(
            0, Node(tag="format", attributes={"id": formats[rate], "frameDuration": seconds_text(1, rate)})
        )
    return formats[rate]


def _asset(resources: Node, clip: Clip, formats: dict[Fraction, str], assets: dict[str, str]) -> None:
    media = clip.media
    if not isinstance(media, Media) or media.path in assets:
        return
    assets[media.path] = f"r{len(assets) + 1}"
    start = media.start or 0
    frames = media.frames if media.frames is not None else max(1, clip.source_out - start)
    node = resources.add(
        "asset",
        id=assets[media.path],
        name=media.name or file_name(media.path),
        start=seconds_text(start, media.rate),
        duration=seconds_text(frames, media.rate),
        hasVideo="1",
        format=_format(resources, media.rate, formats),
    )
    node.add("media-rep", kind="original-media", src=url_of_path(media.path))


def _spine(spine: Node, sequence: Sequence, assets: dict[str, str], notes: list[str]) -> None:
    """The first track's clips and gaps, each with the clips of higher tracks that begin over it."""
    video = sequence.video()
    lowest = video[0] if video else Track(kind="video", number=1)
    anchors: list[tuple[int, int, int, Node]] = []  # begins, ends, its own time there, node
    for at, item in lowest.placed():
        if isinstance(item, Transition):
            _transition(spine, item, at, sequence, notes)
        else:
            node, own = _element(spine, item, at, sequence, assets, notes, lane=0)
            anchors.append((at, at + item.duration, own, node))
    if (rest := sequence.duration - lowest.duration) > 0:
        node, own = _element(spine, Gap(duration=rest), lowest.duration, sequence, assets, notes, lane=0)
        anchors.append((lowest.duration, sequence.duration, own, node))
    for track in video[1:]:
        if any(isinstance(item, Transition) for item in track.items):
            notes.append(f"{track.label}: transitions of connected clips are not in the FCPXML")
        for at, clip in track.clips():
            begins, _, own, node = next(anchor for anchor in anchors if anchor[0] <= at < anchor[1])
            _element(node, clip, own + at - begins, sequence, assets, notes, lane=track.number - 1)
    for marker in sequence.markers:
        for begins, ends, own, node in anchors:
            if begins <= marker.frame < ends:
                _marker(node, marker, own + marker.frame - begins, sequence.rate)
    _markers_last(spine)


def _markers_last(node: Node) -> None:
    """The format wants connected clips before markers."""
    for child in node.children:
        child.children.sort(key=lambda one: ("timeMap", "gap", "asset-clip", "marker").index(one.tag))


def _transition(spine: Node, item: Transition, at: int, sequence: Sequence, notes: list[str]) -> None:
    spine.add(
        "transition",
        name=item.name or "Cross Dissolve",
        offset=seconds_text(sequence.start_frame + at, sequence.rate),
        duration=seconds_text(item.duration, sequence.rate),
    )
    if item.kind != "dissolve":
        notes.append(f"transition {item.name or item.kind!r}: written as a cross dissolve")


def _element(
    parent: Node,
    item: Clip | Gap,
    at: int,
    sequence: Sequence,
    assets: dict[str, str],
    notes: list[str],
    *,
    lane: int,
) -> tuple[Node, int]:
    """A clip or gap in its parent, and its own time at its beginning in frames of the sequence."""
    rate = sequence.rate
    offset = seconds_text((sequence.start_frame if lane == 0 else 0) + at, rate)
    duration = seconds_text(item.duration, rate)
    lanes = {"lane": str(lane)} if lane else {}
    if isinstance(item, Gap) or not isinstance(item.media, Media):
        if isinstance(item, Clip):
            notes.append(f"clip {item.name!r}: without media of its own, written as a gap")
        return parent.add("gap", **lanes, name="Gap", offset=offset, start="0s", duration=duration), 0
    same = item.media.rate == rate
    first = item.source_in if same else rounded(item.source_in * rate / item.media.rate)
    if not same:
        notes.append(
            f"clip {item.name!r}: its media has another rate; its start is rounded to the sequence's"
        )
    node = parent.add(
        "asset-clip",
        **lanes,
        ref=assets[item.media.path],
        name=item.name,
        offset=offset,
        start=seconds_text(first, rate),
        duration=duration,
        enabled="1" if item.enabled else "0",
    )
    for marker in item.markers:
        _marker(node, marker, marker.frame, rate)
    if item.retime is not None or item.effects or item.metadata:
        _note_losses(item, notes)
    return node, first


def _note_losses(clip: Clip, notes: list[str]) -> None:
    if clip.retime is not None:
        notes.append(f"clip {clip.name!r}: its speed ({clip.retime}) is not in the FCPXML")
    if clip.effects:
        notes.append(f"clip {clip.name!r}: {len(clip.effects)} effects are not in the FCPXML")
    if clip.metadata:
        notes.append(f"clip {clip.name!r}: its metadata is not in the FCPXML")


def _marker(node: Node, marker: Marker, frame: int, rate: Fraction) -> None:
    node.add(
        "marker",
        start=seconds_text(frame, rate),
        duration=seconds_text(max(1, marker.duration), rate),
        value=marker.name or marker.comment,
        note=marker.comment,
    )
