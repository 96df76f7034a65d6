"""Decoding a whole movie once, and everything that shows on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.container
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.stream import VideoStream

from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import ColourTags
from understudy.media.picture_levels import Levels
from understudy.media.picture_rate import steps_of
from understudy.media.video_frame import colour_tags_of

_GLANCE = 61  # so many rows are compared first: two different pictures rarely agree in all of them


@dataclass(slots=True)
class Survey:
    """What decoding a whole file shows.

    times: in the stream's ticks. hidden: how many stored pictures an edit list leaves out. duplicates:
    pictures equal to the one before. other_size: those unlike the first in size. gop_label: the timecode
    that an MPEG stream gives its first picture.
    """

    times: list[int | None] = field(default_factory=list)
    width: int = 0
    height: int = 0
    rotation_deg: int = 0
    pixel_format: str = ""
    bit_depth: int = 8
    channels: tuple[str, ...] = ()
    colour: ColourTags = ColourTags()
    hidden: int = 0
    interlaced: int = 0
    other_size: list[int] = field(default_factory=list)
    gop_label: str = ""
    duplicates: list[int] = field(default_factory=list)
    levels: Levels = field(default_factory=lambda: Levels(8, full_range=False))
    side_facts: dict[str, str] = field(default_factory=dict)


def survey(container: av.container.InputContainer, stream: VideoStream, path: Path) -> Survey:
    """Decode every picture. Raises: UnreadableMedia when one is damaged or some are missing."""
    found = Survey()
    discarded = 0
    before: av.VideoFrame | None = None
    for packet in container.demux(stream):
        discarded += packet.is_discard
        if packet.is_corrupt:
            raise UnreadableMedia(
                f"{path} is damaged or cut off near picture {len(found.times)}; copy it again"
            )
        try:
            for frame in packet.decode():
                _note(found, frame, before)
                before = frame
        except av.FFmpegError as cause:
            raise UnreadableMedia(
                f"{path} is damaged at picture {len(found.times)} ({cause.strerror}); copy it again"
            ) from cause
    _require_whole(found, stream, path, discarded)
    found.hidden = max(0, discarded, stream.frames - len(found.times))
    return found


def tag(table: Mapping[str, str], key: str) -> str | None:
    """A tag of a stream or container, however its name is written."""
    return next((value for name, value in table.items() if name.lower() == key.lower() and value), None)


def same_pixels(one: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Whether two decoded pictures hold the same code values."""
    if (one.format.name, one.width, one.height) != (other.format.name, other.width, other.height):
        return False
    pairs = list(zip(_rows_of(one), _rows_of(other), strict=True))
    steps = [max(1, len(first) // _GLANCE) for first, _ in pairs]
    glance = all(
        np.array_equal(a[::step], b[::step]) for (a, b), step in zip(pairs, steps, strict=True)
    )  # fmt: skip
    return glance and all(np.array_equal(a, b) for a, b in pairs)


def _note(found: Survey, frame: av.VideoFrame, before: av.VideoFrame | None) -> None:
    if not found.times:
        _note_first(found, frame)
    elif before is not None and same_pixels(frame, before):
        found.duplicates.append(len(found.times))
    if (frame.width, frame.height) != (found.width, found.height):
        found.other_size.append(len(found.times))
    found.interlaced += bool(frame.interlaced_frame)
    found.levels.add(frame)
    found.times.append(frame.pts)


def _note_first(found: Survey, frame: av.VideoFrame) -> None:
    layout = frame.format
    found.width, found.height = frame.width, frame.height
    found.rotation_deg = round(frame.rotation / 90) * 90 % 360
    found.pixel_format = layout.name
    found.bit_depth = max(component.bits for component in layout.components)
    found.colour = colour_tags_of(frame)
    colours = ("R", "G", "B") if layout.is_rgb or layout.has_palette else ("Y", "Cb", "Cr")
    count = len(layout.components)
    alpha = ("A",) if _has_alpha(layout) else ()
    found.channels = (colours if count - len(alpha) > 1 or layout.has_palette else ("Y",)) + alpha
    found.levels = Levels(found.bit_depth, full_range=found.colour.full_range or layout.is_rgb)
    found.side_facts = _light_levels(frame)
    found.gop_label = _gop_label(frame)


def _has_alpha(layout: av.VideoFormat) -> bool:
    return any(component.is_alpha for component in layout.components)


def _light_levels(frame: av.VideoFrame) -> dict[str, str]:
    """Brightest pixel and brightest average of a picture, as HDR files carry them. Source: CTA-861.3."""
    data = frame.side_data.get("CONTENT_LIGHT_LEVEL")
    if not isinstance(data, SideData):
        return {}
    brightest, average = np.frombuffer(memoryview(data), np.uint32, 2)
    return {"MaxCLL": f"{brightest} cd/m2", "MaxFALL": f"{average} cd/m2"}


def _gop_label(frame: av.VideoFrame) -> str:
    """The timecode in an MPEG-2 stream's group header. Zero is what encoders write that know none.

    Source: ISO/IEC 13818-2, 6.2.2.6.
    """
    data = frame.side_data.get("GOP_TIMECODE")
    if not isinstance(data, SideData):
        return ""
    code = int(np.frombuffer(memoryview(data), np.int64, 1)[0])
    hours, minutes, seconds, label = code >> 19 & 31, code >> 13 & 63, code >> 6 & 63, code & 63
    mark = ";" if code >> 24 & 1 else ":"
    known = hours or minutes or seconds or label
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{label:02}" if known else ""


def _rows_of(frame: av.VideoFrame) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """The bytes of every plane, row by row, without what pads a row."""
    layout = frame.format
    rows = []
    for number, plane in enumerate(frame.planes):
        if len(frame.planes) == 1 or layout.has_palette:
            used = -(-plane.width * layout.padded_bits_per_pixel // 8)
        else:
            here = [component for component in layout.components if component.plane == number]
            used = plane.width * sum(-(-component.bits // 8) for component in here)
        data = np.frombuffer(memoryview(plane), np.uint8)
        if not plane.line_size:  # a palette
            rows.append(data[None])
            continue
        whole = len(data) // plane.line_size * plane.line_size
        rows.append(data[:whole].reshape(-1, plane.line_size)[: plane.height, :used])
    return rows


def _require_whole(found: Survey, stream: VideoStream, path: Path, discarded: int) -> None:
    if not found.times:
        raise UnreadableMedia(f"{path} holds no picture that can be decoded")
    expected = _listed(stream) - discarded
    if len(found.times) < expected:
        raise UnreadableMedia(
            f"{path} has {len(found.times)} of its {expected} pictures: the file is cut off; copy it again"
        )
    missing_s = _missing_s(found, stream)
    if missing_s > 0:
        raise UnreadableMedia(
            f"{path} ends {float(missing_s):.2f} s before it says it does: the file is cut off; copy it again"
        )


def _listed(stream: VideoStream) -> int:
    """How many pictures the file says it stores; of a QuickTime or MP4 file, how many its edits use."""
    if "mov" not in stream.container.format.name.split(","):
        return stream.frames
    return min(stream.frames, len(getattr(stream, "index_entries", None) or range(stream.frames)))


def _missing_s(found: Survey, stream: VideoStream) -> Fraction:
    """How much of a Matroska file's pictures is missing: it states no count but may carry each stream's end.

    A last picture may stay on for three times as long as any other.
    """
    steps, base = steps_of(found.times), Fraction(stream.time_base or 1)
    last = max((time for time in found.times if time is not None), default=None)
    end_s = _seconds(tag(stream.metadata, "DURATION") or "")
    if last is None or end_s is None:
        return Fraction(0)
    nominal_s = 1 / Fraction(stream.guessed_rate) if stream.guessed_rate else Fraction(1)
    longest_s = max(nominal_s, steps[1] * base) if steps else nominal_s
    return max(Fraction(0), end_s - last * base - 3 * longest_s)


def _seconds(text: str) -> Fraction | None:
    """HH:MM:SS.fraction in seconds."""
    try:
        hours, minutes, seconds = text.split(":")
        return Fraction(hours) * 3600 + Fraction(minutes) * 60 + Fraction(seconds)
    except (ValueError, ZeroDivisionError):
        return None
