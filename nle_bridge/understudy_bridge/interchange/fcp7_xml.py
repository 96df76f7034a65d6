"""FCP7 XML (xmeml 4 and 5), read and written by ourselves: time remap, drop-frame, markers and our own notes
come through, also when Premiere wrote the file again in between.
"""

from __future__ import annotations

from pathlib import Path

from understudy.domain.files import write_bytes
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import Sequence
from understudy_bridge.interchange.fcp7_read import sequence_of_xmeml
from understudy_bridge.interchange.fcp7_write import xmeml_of
from understudy_bridge.interchange.outcome import Reading
from understudy_bridge.interchange.safe_xml import parse_xml, xml_text


def read_fcp7(path: Path) -> Reading:
    """The first timeline of an FCP7 XML file. Raises: BadInterchange, with line and element."""
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise BadInterchange(f"{path} cannot be read as a timeline: {cause}") from cause
    return fcp7_of_bytes(data, path.name)


def fcp7_of_bytes(data: bytes, name: str) -> Reading:
    """The first timeline of an FCP7 XML document. Raises: BadInterchange."""
    notes: list[str] = []
    try:
        sequence = sequence_of_xmeml(parse_xml(data, name), notes)
    except BadInterchange as cause:
        said = str(cause)
        raise BadInterchange(said if name in said else f"{name}, {said}") from cause
    return Reading(sequence=sequence, notes=tuple(notes))


def fcp7_text(sequence: Sequence, notes: list[str]) -> str:
    """A timeline as FCP7 XML, with notes about what that cannot carry. Raises: BadInterchange."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
    return head + xml_text(xmeml_of(sequence, notes))


def write_fcp7(sequence: Sequence, path: Path) -> tuple[str, ...]:
    """Write FCP7 XML; returns what it cannot carry. Raises: BadInterchange, NotWritable, DiskFull."""
    notes: list[str] = []
    write_bytes(path, fcp7_text(sequence, notes).encode())
    return tuple(notes)
