"""AAF, for Avid: cuts only, through OpenTimelineIO's adapter (`otio-aaf-adapter`) where that is installed."""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio

from understudy.domain.files import atomic_write
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import Clip, Gap, Item, Media, Sequence, Transition, tidy
from understudy_bridge.interchange.otio_file import otio_of_text, otio_text
from understudy_bridge.interchange.outcome import Reading

# What the adapter and the file reader below it meet in files they cannot follow.
_ADAPTER_ERRORS = (
    otio.exceptions.OTIOError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")  # a structured storage file
CUTS_ONLY = "AAF carries cuts only: markers, transitions, speeds, effects and track names are not in it"


def available() -> bool:
    """Whether the adapter is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("otio_aaf_adapter", "aaf2"))


def read_aaf(path: Path) -> Reading:
    """The cuts of an AAF. Raises: BadInterchange."""
    _need_adapter()
    _check_magic(path)
    try:
        found = otio.adapters.read_from_file(str(path), adapter_name="AAF")
    except _adapter_errors() as cause:
        raise BadInterchange(f"{path} cannot be read as an AAF: {type(cause).__name__}: {cause}") from cause
    if not isinstance(found, otio.schema.Timeline):
        raise BadInterchange(f"{path} holds no timeline but {type(found).__name__}; export one sequence")
    reading = otio_of_text(otio.core.serialize_json_to_string(found), str(path))
    return Reading(sequence=reading.sequence, notes=(CUTS_ONLY, *reading.notes))


def write_aaf(sequence: Sequence, path: Path) -> tuple[str, ...]:
    """Write an AAF of the cuts; returns what is not in it. Raises: BadInterchange, NotWritable, DiskFull."""
    _need_adapter()
    notes = [CUTS_ONLY]
    made = otio.core.deserialize_json_from_string(otio_text(_cuts(sequence, notes)))
    with atomic_write(path) as temporary:
        _adapted(made, temporary)
    return tuple(notes)


def _adapted(made: Any, path: Path) -> None:
    try:
        otio.adapters.write_to_file(made, str(path), adapter_name="AAF", use_empty_mob_ids=True)
    except _adapter_errors() as cause:
        raise BadInterchange(f"this timeline cannot be written as AAF: {cause}; write .otio") from cause


def _adapter_errors() -> tuple[type[Exception], ...]:
    from aaf2.exceptions import AAFError

    return (AAFError, *_ADAPTER_ERRORS)


def _check_magic(path: Path) -> None:
    """The adapter leaves files open that it cannot follow; most of those are known by their first bytes."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as cause:
        raise BadInterchange(f"{path} cannot be read as a timeline: {cause}") from cause
    if begins != _MAGIC:
        raise BadInterchange(f"{path} is no AAF; export it again from the editor")


def _need_adapter() -> None:
    if not available():
        raise BadInterchange("AAF needs the package otio-aaf-adapter; install it, or use .otio or .xml")


def _cuts(sequence: Sequence, notes: list[str]) -> Sequence:
    """The timeline with cuts and media only."""
    tracks = []
    for track in sequence.video():
        items: list[Item] = []
        for item in track.items:
            if isinstance(item, Transition):
                notes.append(f"{track.label}: the transition {item.name or item.kind!r} became a cut")
            elif isinstance(item, Clip):
                items.append(_cut(item, notes))
            else:
                items.append(Gap(duration=item.duration))
        if items:
            tracks.append(replace(track, items=tidy(tuple(items)), markers=(), kept={}))
    if len(tracks) < len(sequence.tracks):
        notes.append("audio tracks and empty tracks are not in the AAF")
    return replace(sequence, tracks=tuple(tracks), markers=(), kept={})


def _cut(clip: Clip, notes: list[str]) -> Item:
    if not isinstance(clip.media, Media):
        notes.append(f"clip {clip.name!r}: without media of its own, it became a gap")
        return Gap(duration=clip.duration)
    if clip.retime is not None:
        notes.append(f"clip {clip.name!r}: its speed ({clip.retime}) is not in the AAF")
    media = clip.media
    if media.start is None or media.frames is None:
        start = min(clip.source_in, media.start or clip.source_in)
        media = replace(media, start=start, frames=clip.source_in + clip.duration - start)
    return replace(
        clip, media=media, source_out=clip.source_in + clip.duration, retime=None, effects=(), markers=()
    )
