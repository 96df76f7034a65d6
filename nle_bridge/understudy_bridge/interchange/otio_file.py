"""OpenTimelineIO's own .otio files: the one format that carries everything.

The library checks the text and brings it to its newest schema; what is read and written here is that JSON, so
that whatever we have no record for (effects, other media references, foreign metadata) is kept word for word.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import opentimelineio as otio

from understudy.domain.files import write_bytes
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import Sequence
from understudy_bridge.interchange.otio_reading import sequence_of
from understudy_bridge.interchange.otio_times import Json
from understudy_bridge.interchange.otio_writing import timeline_json
from understudy_bridge.interchange.outcome import Reading

MOST_BYTES = 256 << 20
MOST_DEPTH = 120  # the library has no bound and runs over its stack
_MARKS = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


def read_otio(path: Path) -> Reading:
    """The timeline of an .otio file. Raises: BadInterchange."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInterchange(f"{path} has more than {MOST_BYTES >> 20} MiB; that is no timeline")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise BadInterchange(f"{path} cannot be read as a timeline: {cause}") from cause
    return otio_of_text(text, str(path))


def otio_of_text(text: str, name: str) -> Reading:
    """The timeline of an .otio text. Raises: BadInterchange."""
    notes: list[str] = []
    sequence = sequence_of(_checked(text, name), notes)
    return Reading(sequence=sequence, notes=tuple(notes))


def otio_text(sequence: Sequence) -> str:
    """The .otio text of a timeline."""
    made = otio.core.deserialize_json_from_string(json.dumps(timeline_json(sequence)))
    return str(otio.core.serialize_json_to_string(made, indent=2)) + "\n"


def write_otio(sequence: Sequence, path: Path) -> tuple[str, ...]:
    """Write an .otio file. Nothing is lost; the notes are always empty. Raises: NotWritable, DiskFull."""
    write_bytes(path, otio_text(sequence).encode())
    return ()


def _checked(text: str, name: str) -> Json:
    if line := _too_deep(text):
        raise BadInterchange(f"{name}, line {line}: nested more than {MOST_DEPTH} deep; that is no timeline")
    try:
        made = otio.core.deserialize_json_from_string(text)
        if not isinstance(made, otio.schema.Timeline):
            kind = made.schema_name() if isinstance(made, otio.core.SerializableObject) else "no object"
            raise BadInterchange(f"{name} holds {kind}, not a Timeline; export the timeline itself")
        data: Json = json.loads(otio.core.serialize_json_to_string(made))
    except (otio.exceptions.OTIOError, ValueError, KeyError, TypeError, IndexError) as cause:
        raise BadInterchange(f"{name} is no OpenTimelineIO file, or is cut off: {cause}") from cause
    return data


def _too_deep(text: str) -> int:
    """The line where a JSON text is nested too deeply, 0 when it is not."""
    depth, inside = 0, False
    for match in _MARKS.finditer(text):
        mark = match.group()
        if mark == '"':
            inside = not inside
        elif not inside and mark in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                return text.count("\n", 0, match.start()) + 1
        elif not inside and mark in "]}":
            depth -= 1
    return 0
