"""One table of timeline formats, by suffix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import Sequence
from understudy_bridge.interchange.aaf import read_aaf, write_aaf
from understudy_bridge.interchange.edl import read_edl, write_edl
from understudy_bridge.interchange.fcp7_xml import read_fcp7, write_fcp7
from understudy_bridge.interchange.fcpxml import write_fcpxml
from understudy_bridge.interchange.otio_file import read_otio, write_otio
from understudy_bridge.interchange.outcome import Reading, Writing


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A timeline format and how far it can be trusted."""

    name: str
    carries: str
    read: Callable[[Path, Fraction | None], Reading] | None
    write: Callable[[Sequence, Path], Writing]


def _one(write: Callable[[Sequence, Path], tuple[str, ...]]) -> Callable[[Sequence, Path], Writing]:
    return lambda sequence, path: Writing(notes=write(sequence, path), paths=(path,))


def _edls(sequence: Sequence, path: Path) -> Writing:
    paths, notes = write_edl(sequence, path)
    return Writing(paths=paths, notes=notes)


FORMATS = {
    ".otio": Format(
        name="OpenTimelineIO",
        carries="everything",
        read=lambda path, rate: read_otio(path),
        write=_one(write_otio),
    ),
    ".edl": Format(
        name="EDL CMX3600",
        carries="one video track a file: cuts, dissolves, wipes, constant speeds, our notes in comments",
        read=lambda path, rate: read_edl(path, rate=rate),
        write=_edls,
    ),
    ".xml": Format(
        name="FCP7 XML",
        carries="tracks, cuts, transitions, constant speeds, markers, our notes in the logging fields",
        read=lambda path, rate: read_fcp7(path),
        write=_one(write_fcp7),
    ),
    ".aaf": Format(
        name="AAF",
        carries="cuts only",
        read=lambda path, rate: read_aaf(path),
        write=_one(write_aaf),
    ),
    ".fcpxml": Format(
        name="FCPXML 1.10",
        carries="cuts, dissolves, markers; unvalidated",
        read=None,
        write=_one(write_fcpxml),
    ),
}


def read_timeline(path: Path, *, rate: Fraction | None = None) -> Reading:
    """The timeline of a file, by its suffix. `rate` is for EDLs, which do not say theirs.

    Raises: BadInterchange.
    """
    read = _format_of(path).read
    if read is None:
        raise BadInterchange(
            f"{path.name}: {_format_of(path).name} is written only; export .otio or FCP7 XML"
        )
    return read(path, rate)


def write_timeline(sequence: Sequence, path: Path) -> Writing:
    """Write a timeline in the format of the suffix; the notes say what that cannot carry.

    Raises: BadInterchange, NotWritable, DiskFull.
    """
    return _format_of(path).write(sequence, path)


def _format_of(path: Path) -> Format:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise BadInterchange(
            f"{path.name}: no timeline format has this suffix; there are {', '.join(FORMATS)}"
        )
    return found
