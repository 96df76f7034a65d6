"""What the boxes of a QuickTime or MP4 file say that decoding does not: edit lists and the timecode track.

Nothing in the file is believed: a box must lie within its parent, and depth, number and size of what is
read are bounded. Source: ISO/IEC 14496-12 (`elst`, `mdhd`, `hdlr`), QuickTime File Format (`tmcd`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_MOST_BOXES = 4096
_MOST_EDITS = 4096
_MOST_READ = 1 << 17
_NO_MEDIA = -1  # media time of an edit in which nothing is shown


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of an edit list. `media_s` None: nothing is shown."""

    duration_s: Fraction
    media_s: Fraction | None
    speed: Fraction


@dataclass(frozen=True, slots=True)
class Track:
    """A track as its boxes describe it. `kind` is its handler: "vide", "soun", "tmcd"."""

    kind: str
    edits: tuple[Edit, ...] = ()
    timecode_rate: Fraction | None = None

    @property
    def shown(self) -> tuple[Edit, ...]:
        """The edits that show something."""
        return tuple(edit for edit in self.edits if edit.media_s is not None)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    end: int


def movie_tracks(path: Path) -> tuple[Track, ...]:
    """The tracks of a QuickTime or MP4 file in its own order; none as soon as a box does not make sense."""
    try:
        with path.open("rb") as file:
            return _tracks(_Walk(file, path.stat().st_size))
    except (struct.error, ValueError, ZeroDivisionError):
        return ()


class _Walk:
    """Reads boxes of one file and counts them."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self.whole = file, _Box(b"file", 0, size)
        self._seen = 0

    def boxes(self, parent: _Box) -> Iterator[_Box]:
        at = parent.start
        while at + 8 <= parent.end:
            self._seen += 1
            if self._seen > _MOST_BOXES:
                raise ValueError("too many boxes")
            size, kind = struct.unpack(">I4s", self._bytes_at(at, 8))
            header = 8
            if size == 1:
                (size,) = struct.unpack(">Q", self._bytes_at(at + 8, 8))
                header = 16
            elif size == 0:
                size = parent.end - at
            if size < header or at + size > parent.end:
                raise ValueError("a box is not within its parent")
            yield _Box(kind, at + header, at + size)
            at += size

    def first(self, parent: _Box | None, *kinds: bytes) -> _Box | None:
        """The first box on a way of kinds below a parent."""
        for kind in kinds:
            if parent is None:
                return None
            parent = next((box for box in self.boxes(parent) if box.kind == kind), None)
        return parent

    def content(self, box: _Box | None) -> bytes:
        return b"" if box is None else self._bytes_at(box.start, min(_MOST_READ, box.end - box.start))

    def _bytes_at(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)


def _tracks(walk: _Walk) -> tuple[Track, ...]:
    movie = walk.first(walk.whole, b"moov")
    if movie is None:
        return ()
    per_second = _ticks_per_second(walk.content(walk.first(movie, b"mvhd")))
    return tuple(_track(walk, box, per_second) for box in walk.boxes(movie) if box.kind == b"trak")


def _track(walk: _Walk, track: _Box, per_second: int) -> Track:
    media = walk.first(track, b"mdia")
    handler = walk.content(walk.first(media, b"hdlr"))[8:12].decode("latin-1")
    media_per_second = _ticks_per_second(walk.content(walk.first(media, b"mdhd")))
    edits = _edits(walk.content(walk.first(track, b"edts", b"elst")), per_second, media_per_second)
    if handler != "tmcd":
        return Track(handler, edits)
    table = walk.content(walk.first(media, b"minf", b"stbl", b"stsd"))
    ticks, duration = struct.unpack(">II", table[32:40])  # behind the entry's header, a word and flags
    return Track(handler, edits, Fraction(ticks, duration) if ticks else None)


def _ticks_per_second(header: bytes) -> int:
    """Of an `mvhd` or `mdhd`."""
    at = 20 if header[:1] == b"\x01" else 12
    (ticks,) = struct.unpack(">I", header[at : at + 4])
    if not ticks:
        raise ValueError("no time scale")
    return int(ticks)


def _edits(table: bytes, per_second: int, media_per_second: int) -> tuple[Edit, ...]:
    if not table:
        return ()
    line = struct.Struct(">QqI" if table[0] == 1 else ">IiI")
    (count,) = struct.unpack(">I", table[4:8])
    if count > _MOST_EDITS:
        raise ValueError("too many edits")
    lines = [line.unpack_from(table, 8 + number * line.size) for number in range(count)]
    return tuple(
        Edit(
            Fraction(duration, per_second),
            None if start == _NO_MEDIA else Fraction(start, media_per_second),
            Fraction(speed, 1 << 16),
        )
        for duration, start, speed in lines
    )
