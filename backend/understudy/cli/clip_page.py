"""A clip's report as a page to read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from understudy.domain.clip_report import AudioTrack, ClipReport
from understudy.domain.shot import Plate
from understudy.domain.time import format_frames

_NAME_WIDTH = 11
_KNOWN_FROM = {"file": "as the file names it", "tags": "by its tags"}
_FORMATS = {"openexr": "OpenEXR", "dpx": "DPX", "tiff": "TIFF", "png": "PNG"}
_COLOURS = ("R", "G", "B", "Y", "A")
_NAMED_CHANNELS = 3
_SHA256_TOLD = 16
_SAMPLING = re.compile(r"(4[0-4][0-4])p")


def clip_page(report: ClipReport, *, width: int) -> Iterator[str]:
    """The page's lines, none wider than `width` unless a single word is."""
    yield Path(report.plate.path).name
    yield ""
    for name, lines in _parts(report):
        for number, line in enumerate(line for line in lines if line):
            yield from _wrapped(name if number == 0 else "", line, width)
    yield ""
    if not report.warnings:
        yield "Nothing to warn of."
    for warning in report.warnings:
        about = f" ({warning.frames})" if warning.frames else ""
        yield from _wrapped("! ", f"{warning.concern.value}{about}: {warning.says}", width, indent=2)


def _wrapped(name: str, text: str, width: int, indent: int = _NAME_WIDTH) -> list[str]:
    return textwrap.wrap(
        text,
        max(40, width),
        initial_indent=name.ljust(indent),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _parts(report: ClipReport) -> Iterator[tuple[str, list[str]]]:
    plate = report.plate
    yield "Picture", [_size(plate), _coding(report), *_windows(plate)]
    yield "Rate", [_rate(plate)]
    yield "Length", [_length(report)]
    yield "Timecode", [_timecode(report)]
    yield "Colour", [_colour(report)]
    if not plate.is_sequence:
        yield "Sound", [_sound(track) for track in report.audio] or ["none"]
    yield "File", [_file(report)]
    yield "It says", [f"{name}: {value}" for name, value in report.facts]


def _size(plate: Plate) -> str:
    size = f"{plate.width} x {plate.height}"
    if plate.pixel_aspect != 1:
        shown = round(plate.width * plate.pixel_aspect)
        size += f", pixels {float(plate.pixel_aspect):.4g} wide, shown as {shown} x {plate.height}"
    if plate.rotation_deg:
        turned = {90: "a quarter to the left", 180: "upside down", 270: "a quarter to the right"}
        size += f", turned {turned[plate.rotation_deg]} as the file says"
    return size


def _coding(report: ClipReport) -> str:
    plate = report.plate
    sampling = _SAMPLING.search(plate.pixel_format)
    if sampling is None or plate.is_sequence:
        layout, value_range = _channels(report.channels), ""
    else:
        layout = f"Y'CbCr 4:{sampling[1][1]}:{sampling[1][2]}" + (
            " and alpha" if "A" in report.channels else ""
        )
        value_range = ", full range" if plate.colour.full_range else ", video range"
    kind = {"half": "half float", "float": "float"}.get(plate.pixel_format, f"{plate.bit_depth} bit")
    if plate.is_sequence:
        names = [_FORMATS.get(plate.codec, plate.codec), report.compression]
        names = names[:1] if names[1] in ("", plate.codec) else names
        return f"{', '.join(names)}; {layout}, {kind}"
    return f"{report.compression or plate.codec}; {layout}, {kind}{value_range}, {_scan(report)}"


def _scan(report: ClipReport) -> str:
    order = report.field_order
    return (
        f"interlaced, {order}"
        if order.endswith("first")
        else f"{order} fields"
        if order == "mixed"
        else order
    )


def _channels(channels: tuple[str, ...]) -> str:
    """Colour first, as it is spoken of; a few others by name, many by their number."""
    known = "".join(name for name in _COLOURS if name in channels)
    others = [name for name in channels if name not in _COLOURS]
    more = ", ".join(others) if len(others) <= _NAMED_CHANNELS else f"{len(others)} more channels"
    return " and ".join(part for part in (known, more) if part)


def _windows(plate: Plate) -> list[str]:
    if plate.data_window is None:
        return []
    window = plate.data_window
    return [f"pixels from {window.x},{window.y} to {window.x1 - 1},{window.y1 - 1} of the display window"]


def _rate(plate: Plate) -> str:
    exact = "" if plate.rate.denominator == 1 else f" ({plate.rate.numerator}/{plate.rate.denominator})"
    rate = f"{_number(plate.rate)}{exact} pictures a second"
    return f"variable, nominally {rate}" if plate.variable_rate else rate


def _length(report: ClipReport) -> str:
    plate = report.plate
    count = plate.file_frames - len(report.missing)
    length = f"{count} picture{'' if count == 1 else 's'}"
    if not plate.variable_rate:
        length += f", {float(plate.file_frames / plate.rate):.3f} s"
    if plate.sequence_start is None:
        return f"{length}; 0 to {plate.last_index} for --in and --out"
    length += f"; files {plate.sequence_start} to {plate.sequence_start + plate.file_frames - 1}"
    return f"{length}, without {format_frames(report.missing)}" if report.missing else length


def _timecode(report: ClipReport) -> str:
    plate = report.plate
    reel = f"reel {plate.reel}" if plate.reel else ""
    start = plate.timecode_of(plate.first_frame)
    if start is None:
        return ", ".join(word for word in ("none", reel) if word)
    words = [f"{start} to {start + (plate.file_frames - 1)}", "drop-frame" if report.drop_frame else "", reel]
    return ", ".join(word for word in words if word)


def _colour(report: ClipReport) -> str:
    tags = report.plate.colour
    said = [("primaries", tags.primaries), ("transfer", tags.transfer), ("matrix", tags.matrix)]
    told = ", ".join(f"{name} {value}" for name, value in said if value not in ("unknown", "rgb"))
    if report.colour_space_from == "guess":
        partly = told and not report.plate.is_sequence
        known = f"a guess; it says only {told}" if partly else "a guess; it does not say"
    else:
        known = _KNOWN_FROM[report.colour_space_from] + (f": {told}" if told else "")
    return f"{report.colour_space} ({known})"


def _sound(track: AudioTrack) -> str:
    if not track.sample_rate:
        return f"{track.index + 1}: {track.codec}, which cannot be decoded"
    words = [
        track.codec,
        f"{_number(Fraction(track.sample_rate, 1000))} kHz",
        _heard(track),
        f"{track.bits} bit" if track.bits else "",
        track.language,
        f'"{track.title}"' if track.title else "",
    ]
    return f"{track.index + 1}: {', '.join(word for word in words if word)}"


def _heard(track: AudioTrack) -> str:
    """The layout where the file says one; a bare number of channels has FFmpeg's name "2 channels"."""
    return {"1 channels": "1 channel"}.get(track.layout, track.layout)


def _file(report: ClipReport) -> str:
    told = f"sha256 {report.plate.sha256[:_SHA256_TOLD]}..."
    if report.plate.is_sequence:
        return ", ".join([told, *(["parts " + " ".join(report.parts)] if report.parts else [])])
    suffix = Path(report.plate.path).suffix[1:].lower()
    wrappers = report.container.split(",")  # FFmpeg names all that one reader reads
    words = [suffix if suffix in wrappers else wrappers[0]]
    words += [told, f"{report.bit_rate / 1e6:.3g} Mbit/s" if report.bit_rate else ""]
    return ", ".join(word for word in words if word)


def _number(value: Fraction) -> str:
    return f"{float(value):.5g}"
