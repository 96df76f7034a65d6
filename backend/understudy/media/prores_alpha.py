"""The alpha of a ProRes 4444 picture in all its 16 bits.

FFmpeg's encoder takes ten. ProRes keeps alpha losslessly beside the colours of each slice, so a finished
packet can be given another alpha without touching a single colour sample. Source: SMPTE RDD 36, 7.1.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import RenderError

Words = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int64]

_BLOCK_PX = 16
_TOP = 65535
_NEAR = 64  # differences up to this are written in 8 bits, others in 17
_SHORT_RUN = 16
_WINDOW_BITS = 24  # three bytes hold the longest code word wherever it begins
_FRAME_HEADER_AT = 8
_SLICE_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class _Picture:
    """Where things are in a packet: the picture's header and its slices, (offset, bytes), row by row."""

    start: int
    size: int
    table: int
    slices: tuple[tuple[int, int], ...]
    columns: tuple[tuple[int, int], ...]


def with_alpha(packet: bytes, alpha_HW: Words) -> bytes:
    """A packet of a progressive ProRes 4444 picture, with this alpha for the one it was encoded with.

    alpha_HW: 0 transparent, 65535 opaque. Raises: RenderError when the packet is another kind of picture.
    """
    height, width = alpha_HW.shape
    picture = _picture(packet, width, height)
    coded = _coded_slices(alpha_HW, picture.columns)
    slices = [
        _with_slice_alpha(packet[at : at + size], alpha)
        for (at, size), alpha in zip(picture.slices, coded, strict=True)
    ]
    table = struct.pack(f">{len(slices)}H", *map(len, slices))
    body = packet[picture.start : picture.table] + table + b"".join(slices)
    body = body[:1] + struct.pack(">I", len(body)) + body[5:]
    rest = packet[picture.start + picture.size :]
    whole = packet[: picture.start] + body + rest
    return struct.pack(">I", len(whole)) + whole[4:]


def _picture(packet: bytes, width: int, height: int) -> _Picture:
    try:
        size, kind, header_bytes = struct.unpack_from(">I4sH", packet)
        flags, alpha_kind = packet[_FRAME_HEADER_AT + 12], packet[_FRAME_HEADER_AT + 17] & 0x0F
        found_wh = struct.unpack_from(">HH", packet, _FRAME_HEADER_AT + 8)
        progressive, sixteen_bits = flags & 0x0C == 0, alpha_kind == 2
        start = _FRAME_HEADER_AT + header_bytes
        picture_bytes, count = struct.unpack_from(">IH", packet, start + 1)
        columns = _columns(width, 1 << (packet[start + 7] >> 4))
        table = start + (packet[start] >> 3)
        sizes = struct.unpack_from(f">{count}H", packet, table)
    except (struct.error, IndexError) as cause:
        raise RenderError("the encoder wrote no whole ProRes picture") from cause
    rows = -(-height // _BLOCK_PX)
    whole = kind == b"icpf" and size == len(packet) and start + picture_bytes <= size
    if not (whole and progressive and sixteen_bits and found_wh == (width, height)) or count != rows * len(
        columns
    ):
        raise RenderError(f"the encoder wrote no ProRes 4444 picture of {width}x{height} with 16-bit alpha")
    ends = np.cumsum((table + 2 * count, *sizes)).tolist()
    return _Picture(start, picture_bytes, table, tuple(zip(ends, sizes, strict=False)), columns)


def _columns(width: int, widest: int) -> tuple[tuple[int, int], ...]:
    """First block and blocks of every slice of a row: as wide as may be, then halves of that for the rest."""
    blocks, at, step = -(-width // _BLOCK_PX), 0, widest
    found = []
    while at < blocks:
        while step > blocks - at:
            step //= 2
        found.append((at, step))
        at += step
    return tuple(found)


def _with_slice_alpha(data: bytes, alpha: bytes) -> bytes:
    header_bytes = data[0] >> 3
    if header_bytes < _SLICE_HEADER_BYTES:
        raise RenderError("the encoder wrote a slice without alpha")
    return data[: header_bytes + sum(struct.unpack_from(">3H", data, 2))] + alpha


def _coded_slices(alpha_HW: Words, columns: tuple[tuple[int, int], ...]) -> list[bytes]:
    """The coded alpha of every slice, row by row; beyond the picture its edge goes on."""
    height, width = alpha_HW.shape
    rows = -(-height // _BLOCK_PX)
    blocks = columns[-1][0] + columns[-1][1]
    beyond = (0, rows * _BLOCK_PX - height), (0, blocks * _BLOCK_PX - width)
    padded = np.pad(alpha_HW, beyond, mode="edge").reshape(rows, _BLOCK_PX, blocks * _BLOCK_PX)
    coded: list[list[bytes]] = [[] for _ in range(rows)]
    for first, count in columns:
        part = padded[:, :, first * _BLOCK_PX : (first + count) * _BLOCK_PX]
        for row, data in zip(coded, _coded(part.reshape(rows, -1)), strict=True):
            row.append(data)
    return [data for row in coded for data in row]


def _coded(values_NP: Words) -> list[bytes]:
    """Values of slices in scanning order, (slices, pixels), each as differences and the runs between them."""
    count, pixels = values_NP.shape
    values = values_NP.astype(np.int64)
    before = np.concatenate([np.full((count, 1), _TOP, np.int64), values[:, :-1]], axis=1)
    changes = values != before
    changes[:, 0] = True  # the first value is written in any case
    of_slice, at = np.nonzero(changes)
    ends = np.append(at[1:], 0)
    last = np.append(of_slice[1:] != of_slice[:-1], True)
    ends[last] = pixels
    run = ends - at - 1
    word, bits = _differences(values[of_slice, at] - before[of_slice, at])
    run_word, run_bits = _runs(run)
    words, lengths = np.stack([word, run_word], 1).ravel(), np.stack([bits, run_bits], 1).ravel()
    return _packed(words, lengths, np.repeat(of_slice, 2), count)


def _differences(step: Ints) -> tuple[Ints, Ints]:
    """Code words of differences and their bits."""
    wrapped = (step + 32768) % 65536 - 32768
    near = (wrapped != 0) & (np.abs(wrapped) <= _NEAR)
    short = ((np.abs(wrapped) - 1) << 1) | (wrapped < 0)
    return np.where(near, short, (1 << 16) | (wrapped & _TOP)), np.where(near, 8, 17)


def _runs(run: Ints) -> tuple[Ints, Ints]:
    """Code words of how often a value is repeated, and their bits."""
    bits = np.where(run == 0, 1, np.where(run < _SHORT_RUN, 5, 16))
    return np.where(run == 0, 1, run), bits


def _packed(words: Ints, lengths: Ints, of_slice: Ints, count: int) -> list[bytes]:
    """Code words one after the other, most significant bit first, every slice in bytes of its own."""
    bits = np.bincount(of_slice, lengths, count).astype(np.int64)
    sizes = -(-bits // 8)
    moved = np.cumsum(sizes * 8) - sizes * 8 - (np.cumsum(bits) - bits)
    at = np.cumsum(lengths) - lengths + moved[of_slice]
    first, three_bytes = at >> 3, words << (_WINDOW_BITS - lengths - (at & 7))
    total = int(sizes.sum())
    stream = np.zeros(total + 2, np.float64)
    for place in range(3):  # bits of different words never meet, so adding them joins them
        part = (three_bytes >> (16 - 8 * place)) & 0xFF
        stream += np.bincount(first + place, part, total + 2)
    data = stream.astype(np.uint8).tobytes()
    ends = np.cumsum(sizes).tolist()
    return [data[end - size : end] for end, size in zip(ends, sizes.tolist(), strict=True)]
