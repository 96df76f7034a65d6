"""The parts of a layered EXR frame as files of their own, pixel data copied byte by byte.

Nuke's reader wants the same data window in every part of a file. A delivery's parts have the windows that
they need (the whole plate, the face, the network's square), so Nuke reads them one by one. A part's name
would also become a layer's name there without its number: `st.1` and `st.2` would be one layer.

Layout: https://openexr.com/en/latest/OpenEXRFileLayout.html (scanline images only).
"""

from __future__ import annotations

import os
import struct
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

MAGIC = 20000630
_TILED, _LONG_NAMES, _DEEP, _MULTIPART = 0x200, 0x400, 0x800, 0x1000
_LEFT_OUT = ("name", "chunkCount")
MOST_PARTS = 200
_MOST_HEADER_BYTES = 1 << 24
_MOST_CHUNKS = 1 << 20

Window = tuple[int, int, int, int]


class BadLayers(Exception):
    """A file is no layered EXR that can be read; the message says why."""


@dataclass(frozen=True)
class Part:
    """One part's header. Windows are x0, y0, x1, y1 with the last pixel included, y downwards."""

    number: int
    name: str
    attributes: tuple[tuple[str, str, bytes], ...]
    chunks: int

    def window(self, name: str) -> Window:
        """`dataWindow` or `displayWindow`. Raises: BadLayers."""
        data = self.attribute(name)
        if len(data) != 16:
            raise BadLayers(f"part {self.name!r} has no {name}")
        x0, y0, x1, y1 = struct.unpack("<4i", data)
        return int(x0), int(y0), int(x1), int(y1)

    def attribute(self, name: str) -> bytes:
        return next((data for key, _, data in self.attributes if key == name), b"")

    def matrix(self, name: str) -> tuple[float, ...]:
        """Nine numbers, row by row; none where the part has no such matrix."""
        data = self.attribute(name)
        if len(data) not in (36, 72):
            return ()
        return struct.unpack("<9f" if len(data) == 36 else "<9d", data)


def read_parts(path: str) -> list[Part]:
    """The headers of a file's parts. Raises: BadLayers, OSError."""
    with open(path, "rb") as file:
        return _headers(file, path)[0]


def _headers(file: BinaryIO, path: str) -> tuple[list[Part], int]:
    """The parts and the version's flags; the file then stands at the offset tables."""
    start = file.read(8)
    magic, flags = struct.unpack("<ii", start) if len(start) == 8 else (0, 0)
    if magic != MAGIC:
        raise BadLayers(f"{path} is no EXR file")
    if flags & (_TILED | _DEEP) or not flags & _MULTIPART:
        raise BadLayers(f"{path} is not in layers; deliver with exr = true")
    parts: list[Part] = []
    while attributes := _attributes(file, path):
        parts.append(_part(len(parts), attributes, path))
        if len(parts) > MOST_PARTS:
            raise BadLayers(f"{path} has more than {MOST_PARTS} parts")
    return parts, flags


def _part(number: int, attributes: list[tuple[str, str, bytes]], path: str) -> Part:
    by_name = {name: data for name, _, data in attributes}
    count = by_name.get("chunkCount", b"")
    if len(count) != 4 or by_name.get("type") != b"scanlineimage":
        raise BadLayers(f"{path} has a part that is no picture of lines")
    (chunks,) = struct.unpack("<i", count)
    if not 0 < chunks <= _MOST_CHUNKS:
        raise BadLayers(f"{path} has a part of {chunks} blocks")
    name = by_name.get("name", b"").decode("utf-8", "replace")
    return Part(number, name, tuple(attributes), chunks)


def _attributes(file: BinaryIO, path: str) -> list[tuple[str, str, bytes]]:
    """One header's attributes; none at the end of the headers."""
    found: list[tuple[str, str, bytes]] = []
    while name := _text(file, path):
        kind, size = _text(file, path), file.read(4)
        length = struct.unpack("<i", size)[0] if len(size) == 4 else -1
        if not 0 <= length <= _MOST_HEADER_BYTES:
            raise BadLayers(f"{path} is damaged: attribute {name!r}")
        data = file.read(length)
        if len(data) != length or len(found) > 1000:
            raise BadLayers(f"{path} is cut off or damaged")
        found.append((name, kind, data))
    return found


def _text(file: BinaryIO, path: str) -> str:
    letters = bytearray()
    while (letter := file.read(1)) != b"\0":
        letters += letter
        if not letter or len(letters) > 255:
            raise BadLayers(f"{path} is cut off or damaged")
    return letters.decode("utf-8", "replace")


def write_part(path: str, name: str, target: str) -> bool:
    """Write one part of a file as a file of its own, whole or not at all; False when there is no such part.

    Raises: BadLayers, OSError.
    """
    with open(path, "rb") as file:
        parts, flags = _headers(file, path)
        part = next((one for one in parts if one.name == name), None)
        if part is None:
            return False
        before = sum(one.chunks for one in parts[: part.number])
        file.seek(8 * before, os.SEEK_CUR)
        table = file.read(8 * part.chunks)
        if len(table) != 8 * part.chunks:
            raise BadLayers(f"{path} is cut off; copy it again")
        chunks = [_chunk(file, offset, part, path) for offset in struct.unpack(f"<{part.chunks}Q", table)]
    _written(target, _header(part, flags), chunks)
    return True


def _chunk(file: BinaryIO, offset: int, part: Part, path: str) -> bytes:
    """A block with its line and length, but without the part's number."""
    file.seek(min(offset, 1 << 62))
    head = file.read(12)
    if len(head) != 12:
        raise BadLayers(f"{path} is cut off; copy it again")
    number, _, size = struct.unpack("<3i", head)
    data = file.read(max(0, size))
    if number != part.number or size < 0 or len(data) != size:
        raise BadLayers(f"{path} is damaged in part {part.name!r}; copy it again")
    return head[4:] + data


def _header(part: Part, flags: int) -> bytes:
    fields = [struct.pack("<ii", MAGIC, 2 | (flags & _LONG_NAMES))]
    for name, kind, data in part.attributes:
        if name not in _LEFT_OUT:
            fields.append(name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(data)) + data)
    return b"".join(fields) + b"\0"


def _written(target: str, header: bytes, chunks: list[bytes]) -> None:
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    offsets, at = [], len(header) + 8 * len(chunks)
    for chunk in chunks:
        offsets.append(at)
        at += len(chunk)
    handle, hidden = tempfile.mkstemp(prefix=".", suffix=".exr", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            file.write(struct.pack(f"<{len(offsets)}Q", *offsets))
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, target)
    except BaseException:
        os.unlink(hidden)
        raise
