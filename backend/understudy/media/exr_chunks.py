"""OpenEXR files as headers and compressed chunks of lines, so that what nobody changed is copied as it is.

A chunk holds 1 to 256 lines of one part, compressed by itself. Lines that change are taken apart and put
together again by the library, in a file of just those lines. Source: the OpenEXR file layout.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import OpenEXR

from understudy.domain.errors import UnreadableMedia

_MAGIC = 20000630
_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
"""Lines of a chunk by compression: none, rle, zips, zip, piz, pxr24, b44, b44a, dwaa, dwab."""
_MOST_PARTS, _MOST_CHUNKS = 4096, 1 << 22


class NotInChunks(Exception):
    """The file has a layout whose chunks are not told apart here; the library has to write it anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part: its attributes (type and bytes by name) and its chunks, from their first byte on.

    Chunks stand in the order of the offset table: from the top line down.
    """

    attributes: dict[str, tuple[str, bytes]]
    chunks: tuple[bytes, ...] = ()

    @property
    def lines(self) -> int:
        """Lines of a chunk. Raises: NotInChunks."""
        compression = self.attributes["compression"][1][0]
        if compression not in _LINES or self.tiled:
            raise NotInChunks
        return _LINES[compression]

    @property
    def tiled(self) -> bool:
        return self.attributes.get("type", ("", b""))[1].startswith(b"tiled")

    @property
    def window(self) -> tuple[int, int, int, int]:
        """First and last column and line, x0, y0, x1, y1."""
        x0, y0, x1, y1 = struct.unpack("<4i", self.attributes["dataWindow"][1])
        return x0, y0, x1, y1

    @property
    def chunk_count(self) -> int:
        """Raises: NotInChunks."""
        if "chunkCount" in self.attributes:
            return int(struct.unpack("<i", self.attributes["chunkCount"][1])[0])
        _, y0, _, y1 = self.window
        return -(-(y1 - y0 + 1) // self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkedFile:
    """A whole file. `order` are (part, chunk) as they follow each other in it."""

    flags: int
    parts: tuple[Part, ...]
    order: tuple[tuple[int, int], ...]

    @property
    def multi_part(self) -> bool:
        return bool(self.flags & _MULTI_PART)


def read_chunks(data: bytes) -> ChunkedFile:
    """Take a file apart.

    Raises: NotInChunks for deep parts and for one part of tiles; UnreadableMedia when it is damaged.
    """
    try:
        magic, flags = struct.unpack_from("<II", data)
        if magic != _MAGIC:
            raise UnreadableMedia("it is no OpenEXR file")
        if flags & _DEEP or (flags & _TILED and not flags & _MULTI_PART):
            raise NotInChunks
        parts, at = _headers(data, multi_part=bool(flags & _MULTI_PART))
        offsets, at = _tables(data, parts, at)
        return _with_chunks(data, flags, parts, offsets, least=at)
    except (struct.error, IndexError, KeyError, ValueError) as cause:
        raise UnreadableMedia("it is damaged or cut off") from cause


def _headers(data: bytes, *, multi_part: bool) -> tuple[list[Part], int]:
    parts: list[Part] = []
    at = 8
    while len(parts) < _MOST_PARTS:
        if multi_part and data[at] == 0:
            return parts, at + 1
        attributes: dict[str, tuple[str, bytes]] = {}
        while data[at] != 0:
            name, at = _text(data, at)
            kind, at = _text(data, at)
            size = struct.unpack_from("<i", data, at)[0]
            if size < 0 or at + 4 + size > len(data):
                raise ValueError("an attribute is longer than the file")
            attributes[name] = kind, data[at + 4 : at + 4 + size]
            at += 4 + size
        at += 1
        parts.append(Part(attributes=attributes))
        if not multi_part:
            return parts, at
    raise ValueError("too many parts")


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at, at + 256)
    return data[at:end].decode(), end + 1


def _tables(data: bytes, parts: Sequence[Part], at: int) -> tuple[list[tuple[int, ...]], int]:
    offsets = []
    for part in parts:
        count = part.chunk_count
        if not 0 < count <= _MOST_CHUNKS:
            raise ValueError("no such number of chunks")
        offsets.append(struct.unpack_from(f"<{count}Q", data, at))
        at += 8 * count
    return offsets, at


def _with_chunks(
    data: bytes, flags: int, parts: Sequence[Part], offsets: Sequence[tuple[int, ...]], *, least: int
) -> ChunkedFile:
    multi_part = bool(flags & _MULTI_PART)
    found, room = [], len(data)
    for number, (part, places) in enumerate(zip(parts, offsets, strict=True)):
        head = 4 * multi_part + (16 if part.tiled else 4)
        chunks = []
        for place in places:
            size = struct.unpack_from("<i", data, place + head)[0]
            end = place + head + 4 + size
            room -= end - place
            if place < least or size < 0 or end > len(data) or room < 0:
                raise ValueError("chunks lie outside the file or over each other")
            if multi_part and struct.unpack_from("<i", data, place)[0] != number:
                raise ValueError("a chunk is of another part")
            chunks.append(data[place + 4 * multi_part : end])
        found.append(replace(part, chunks=tuple(chunks)))
    places_of = [
        (place, number, chunk) for number, table in enumerate(offsets) for chunk, place in enumerate(table)
    ]
    order = tuple((number, chunk) for _, number, chunk in sorted(places_of))
    return ChunkedFile(flags=flags, parts=tuple(found), order=order)


def file_bytes(file: ChunkedFile) -> bytes:
    """Put a file together."""
    headers = b"".join(_header(part) for part in file.parts) + (b"\0" if file.multi_part else b"")
    at = 8 + len(headers) + 8 * sum(len(part.chunks) for part in file.parts)
    tables = [[0] * len(part.chunks) for part in file.parts]
    body = []
    for number, chunk in file.order:
        data = file.parts[number].chunks[chunk]
        if file.multi_part:
            data = struct.pack("<i", number) + data
        tables[number][chunk] = at
        at += len(data)
        body.append(data)
    packed = b"".join(struct.pack(f"<{len(table)}Q", *table) for table in tables)
    return struct.pack("<II", _MAGIC, file.flags) + headers + packed + b"".join(body)


def _header(part: Part) -> bytes:
    pieces = [
        name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
        for name, (kind, value) in part.attributes.items()
    ]
    return b"".join(pieces) + b"\0"


def string_attribute(text: str) -> tuple[str, bytes]:
    return "string", text.encode()


def int_attribute(number: int) -> tuple[str, bytes]:
    return "int", struct.pack("<i", number)


def with_attributes(file: ChunkedFile, part: int, attributes: Mapping[str, tuple[str, bytes]]) -> ChunkedFile:
    """The file with attributes of one part added or replaced."""
    parts = list(file.parts)
    parts[part] = replace(parts[part], attributes={**parts[part].attributes, **attributes})
    return replace(file, parts=tuple(parts))


def lines_of(part: Part, chunks: Sequence[int]) -> list[tuple[int, int]]:
    """First line, counted from the part's top, and number of lines of some chunks. Raises: NotInChunks."""
    _, y0, _, y1 = part.window
    return [(chunk * part.lines, min(part.lines, y1 - y0 + 1 - chunk * part.lines)) for chunk in chunks]


def decoded_lines(part: Part, chunks: Sequence[int]) -> dict[str, OpenEXR.Channel]:
    """All channels of some chunks' lines, one under the other. Raises: NotInChunks, UnreadableMedia."""
    spans = lines_of(part, chunks)
    x0, _, x1, _ = part.window
    height = sum(count for _, count in spans)
    box = ("box2i", struct.pack("<4i", x0, 0, x1, height - 1))
    kept = {name: part.attributes[name] for name in _NEEDED if name in part.attributes}
    at, moved = 0, []
    for chunk, (_, count) in zip(chunks, spans, strict=True):
        moved.append(struct.pack("<i", at) + part.chunks[chunk][4:])
        at += count
    attributes = {
        **_NEEDED,
        **kept,
        "dataWindow": box,
        "displayWindow": box,
        "lineOrder": ("lineOrder", b"\0"),
    }
    alone = Part(attributes=attributes, chunks=tuple(moved))
    order = tuple((0, number) for number in range(len(moved)))
    small = file_bytes(ChunkedFile(flags=2 | _LONG_NAMES, parts=(alone,), order=order))
    with OpenEXR.File(io.BytesIO(small), separate_channels=True, num_threads=0) as file:
        if not file.parts:
            raise UnreadableMedia("it is damaged")
        return dict(file.parts[0].channels)


_NEEDED: dict[str, tuple[str, bytes]] = {
    "channels": ("chlist", b"\0"),
    "compression": ("compression", b"\0"),
    "pixelAspectRatio": ("float", struct.pack("<f", 1)),
    "screenWindowCenter": ("v2f", bytes(8)),
    "screenWindowWidth": ("float", struct.pack("<f", 1)),
}


def with_lines(
    part: Part, chunks: Sequence[int], channels: Mapping[str, OpenEXR.Channel], header: Mapping[str, Any]
) -> Part:
    """The part with some chunks made anew of these lines. `header`: compression as the library names it.

    Raises: NotInChunks.
    """
    x0, y0, x1, _ = part.window
    spans = lines_of(part, chunks)
    height = sum(count for _, count in spans)
    box = (x0, 0), (x1, height - 1)
    small = OpenEXR.Part(
        {**header, "type": OpenEXR.scanlineimage, "dataWindow": box, "displayWindow": box}, dict(channels), ""
    )
    stream = io.BytesIO()
    OpenEXR.File([small], num_threads=0).write(stream)
    made = read_chunks(stream.getvalue()).parts[0]
    if len(made.chunks) != len(chunks):
        raise NotInChunks
    all_chunks = list(part.chunks)
    for chunk, (first, _), data in zip(chunks, spans, made.chunks, strict=True):
        all_chunks[chunk] = struct.pack("<i", y0 + first) + data[4:]
    return replace(part, chunks=tuple(all_chunks))
