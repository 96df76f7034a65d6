"""An OpenEXR file again with some of its pixels changed, and everything else as it was."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import OpenEXR

from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import atomic_write
from understudy.domain.frame import Rect
from understudy.media.exr import COMPRESSIONS, EXR_ERRORS, write_parts
from understudy.media.exr_chunks import (
    ChunkedFile,
    NotInChunks,
    Part,
    decoded_lines,
    file_bytes,
    int_attribute,
    lines_of,
    read_chunks,
    string_attribute,
    with_attributes,
    with_lines,
)
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_header import PictureHeader

LOSSY = frozenset({"dwaa", "dwab", "b44", "b44a"})
"""Compressions that do not give half floats back as they were."""

Attributes = Mapping[str, str | int]
Channels = dict[str, OpenEXR.Channel]


def rewrite_exr(
    source: PictureHeader,
    picture: RgbPicture,
    changed: Sequence[Rect],
    target: Path,
    *,
    compression: str,
    attributes: Attributes,
) -> None:
    """Write `source` to `target`, whole or not at all, with `picture`'s colours where it `changed`.

    Every other channel and part, alpha, windows and attributes stay what they are; chunks of lines without a
    change keep their bytes. compression: of the picture's part, "plate" for the file's own. `attributes` are
    added to the first part. Raises: UnreadableMedia, DiskFull.
    """
    try:
        data = source.path.read_bytes()
        try:
            file = _in_chunks(read_chunks(data), source, picture, changed, compression)
        except NotInChunks:
            _by_library(source, picture, changed, target, compression=compression, attributes=attributes)
            return
    except EXR_ERRORS as cause:
        raise UnreadableMedia(f"{source.path} is damaged ({cause}); copy it again") from cause
    ours = {
        name: string_attribute(value) if isinstance(value, str) else int_attribute(value)
        for name, value in attributes.items()
    }
    with atomic_write(target) as temporary:
        temporary.write_bytes(file_bytes(with_attributes(file, 0, ours)))


def _in_chunks(
    file: ChunkedFile, source: PictureHeader, picture: RgbPicture, changed: Sequence[Rect], compression: str
) -> ChunkedFile:
    number = source.picture.part
    part = file.parts[number]
    if part.tiled:
        raise NotInChunks
    if compression not in ("plate", source.compression):
        return _recompressed(file, source, picture, changed, compression)
    wanted = [rect.intersect(picture.window) for rect in changed]
    touched = sorted({chunk for rect in wanted for chunk in _chunks_of(part, picture.window, rect)})
    if not touched:
        return file
    channels = decoded_lines(part, touched)
    at = 0
    for first, count in lines_of(part, touched):
        for rect in wanted:
            band = rect.intersect(Rect(rect.x, picture.window.y + first, rect.width, count))
            _put(channels, source, picture, band, at - first)
        at += count
    made = with_lines(part, touched, channels, _library_header(part))
    return replace(file, parts=(*file.parts[:number], made, *file.parts[number + 1 :]))


def _chunks_of(part: Part, window: Rect, rect: Rect) -> range:
    if rect.empty:
        return range(0)
    return range((rect.y - window.y) // part.lines, (rect.y1 - 1 - window.y) // part.lines + 1)


def _recompressed(
    file: ChunkedFile, source: PictureHeader, picture: RgbPicture, changed: Sequence[Rect], compression: str
) -> ChunkedFile:
    """The picture's part made anew with another compression, the other parts as they are."""
    number = source.picture.part
    part = file.parts[number]
    channels = decoded_lines(part, range(len(part.chunks)))
    for rect in changed:
        _put(channels, source, picture, rect.intersect(picture.window), 0)
    named = COMPRESSIONS[compression]
    attributes = {**part.attributes, "compression": ("compression", bytes((int(named.value),)))}
    attributes["lineOrder"] = ("lineOrder", b"\0")
    empty = Part(attributes={name: value for name, value in attributes.items() if name != "chunkCount"})
    count = empty.chunk_count
    if "chunkCount" in attributes:
        attributes["chunkCount"] = int_attribute(count)
    blank = replace(part, attributes=attributes, chunks=(b"",) * count)
    made = with_lines(blank, range(count), channels, _library_header(blank))
    parts = (*file.parts[:number], made, *file.parts[number + 1 :])
    others = [place for place in file.order if place[0] != number]
    return replace(file, parts=parts, order=(*((number, chunk) for chunk in range(count)), *others))


def _library_header(part: Part) -> dict[str, Any]:
    header: dict[str, Any] = {"compression": OpenEXR.Compression(part.attributes["compression"][1][0])}
    if "dwaCompressionLevel" in part.attributes:
        header["dwaCompressionLevel"] = struct.unpack("<f", part.attributes["dwaCompressionLevel"][1])[0]
    return header


def _put(channels: Channels, source: PictureHeader, picture: RgbPicture, rect: Rect, down: int) -> None:
    """Bring `rect` of the picture in; `down` is how far its lines lie from their place in the window."""
    if rect.empty:
        return
    window = picture.window
    x, y = rect.x - window.x, rect.y - window.y
    there = picture.rgb_HW3[y : y + rect.height, x : x + rect.width]
    top = y + down
    for place, name in enumerate(source.picture.rgb):
        pixels = channels[name].pixels
        pixels[top : top + rect.height, x : x + rect.width] = there[..., place].astype(pixels.dtype)


def _by_library(
    source: PictureHeader,
    picture: RgbPicture,
    changed: Sequence[Rect],
    target: Path,
    *,
    compression: str,
    attributes: Attributes,
) -> None:
    """For tiles: the whole file is read and written. Smaller levels of a picture are left out."""
    with OpenEXR.File(str(source.path), separate_channels=True, num_threads=0) as file:
        headers = [
            {key: value for key, value in part.header.items() if key not in ("channels", "chunkCount")}
            for part in file.parts
        ]
        channels: list[Channels] = [dict(part.channels) for part in file.parts]
        if len(channels) <= source.picture.part:
            raise ValueError("parts of it are missing")
        for rect in changed:
            _put(channels[source.picture.part], source, picture, rect.intersect(picture.window), 0)
        if compression != "plate":
            headers[source.picture.part]["compression"] = COMPRESSIONS[compression]
        headers[0] |= attributes
        for header in headers:
            if header["type"] == OpenEXR.tiledimage:
                tiles = OpenEXR.TileDescription()
                tiles.xSize, tiles.ySize = header["tiles"].xSize, header["tiles"].ySize
                tiles.mode = OpenEXR.ONE_LEVEL
                header["tiles"] = tiles
        pairs = zip(headers, channels, strict=True)
        write_parts([OpenEXR.Part(header, held, header.get("name", "")) for header, held in pairs], target)
