"""CMX3600 EDLs, read and written by ourselves: drop-frame, record starts, M2, dissolves and wipes, comments.

An EDL has one rate and does not say which: our own say so in a comment, for others it must be told. One list
is one video track; a timeline of several becomes several files, NAME.V1.edl, NAME.V2.edl.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from understudy.domain.files import write_bytes
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.timeline import Sequence
from understudy_bridge.interchange.edl_lines import MOST_BYTES
from understudy_bridge.interchange.edl_read import sequence_of_edl
from understudy_bridge.interchange.edl_write import edl_text
from understudy_bridge.interchange.outcome import Reading


def read_edl(path: Path, *, rate: Fraction | None = None) -> Reading:
    """The timeline of one EDL. Raises: BadInterchange, with the line that is wrong."""
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise BadInterchange(f"{path} cannot be read as a timeline: {cause}") from cause
    if len(data) > MOST_BYTES:
        raise BadInterchange(f"{path} has more than {MOST_BYTES >> 20} MiB; that is no EDL")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # older editors; every byte is a letter there
    return edl_of_text(text, path.name, rate=rate)


def edl_of_text(text: str, name: str, *, rate: Fraction | None = None) -> Reading:
    """The timeline of an EDL text. Raises: BadInterchange."""
    return sequence_of_edl(text, name, rate)


def write_edl(sequence: Sequence, path: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write a timeline's video tracks as EDLs; returns the files and what they cannot carry.

    Raises: NotWritable, DiskFull.
    """
    notes: list[str] = []
    tracks = [track for track in sequence.video() if track.items]
    if sum(track.kind == "audio" for track in sequence.tracks):
        notes.append("audio tracks are not in the EDL")
    paths = []
    for track in tracks or sequence.video()[:1]:
        target = path if len(tracks) <= 1 else path.with_suffix(f".{track.label}{path.suffix}")
        write_bytes(target, edl_text(sequence, track, notes).encode())
        paths.append(target)
    if len(paths) > 1:
        notes.append(f"an EDL has one video track; the {len(paths)} tracks are {len(paths)} files")
    return tuple(paths), tuple(notes)
