"""Examining a sequence: every file is looked at, so that what is said of it is a fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from understudy.domain.clip_report import ClipReport
from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.sequence_colour import KnownColour, colour_of
from understudy.media.sequence_files import PictureSequence, find_sequence, sha256_of_hashes
from understudy.media.sequence_header import MAX_SIDE_PX, PictureHeader, read_header
from understudy.media.sequence_survey import Looked, look_at_all
from understudy.media.sequence_timecode import SequenceTimecode, timecode_of
from understudy.media.sequence_warnings import sequence_warnings

_GUESSED_RATES = tuple(Fraction(rate) for rate in (24, 25, "30000/1001", 30, 60))


def sequence_report(path: str) -> ClipReport:
    """Look at every picture of a sequence, by any of its names.

    Raises: UnreadableMedia naming the file that is damaged, too large or no plate.
    """
    sequence = _asked_for(find_sequence(path), path)
    looked = list(look_at_all(sequence.files))
    size, aspect = Counter((item.header.size, item.header.pixel_aspect) for item in looked).most_common(1)[0][
        0
    ]
    alike = [item for item in looked if (item.header.size, item.header.pixel_aspect) == (size, aspect)]
    other = tuple(
        item.number for item in looked if (item.header.size, item.header.pixel_aspect) != (size, aspect)
    )
    main = alike[0].header
    colour = colour_of(main.colour)
    rate = next((item.header.rate for item in alike if item.header.rate is not None), None)
    taken = rate or _guessed_rate(looked)
    timecode = timecode_of(looked, sequence.first, taken)
    duplicates = tuple(
        after.number - sequence.first
        for before, after in pairwise(looked)
        if before.pixels_sha256 == after.pixels_sha256 and after.number == before.number + 1
    )
    report = ClipReport(
        plate=_plate(sequence, looked, alike, colour, taken, timecode),
        container=main.container,
        colour_space=colour.name,
        colour_space_from=colour.known_from,
        compression=main.compression,
        bit_rate=0,
        drop_frame=timecode.drop_frame,
        channels=main.channels,
        parts=main.parts,
        missing=sequence.missing,
        other_size=other,
        duplicates=duplicates,
        clipped=sum(item.clipped for item in looked) / len(looked),
        facts=read_header(main.path).facts,
    )
    return sequence_warnings(report, looked, alike, colour, rate, timecode)


def _guessed_rate(looked: Sequence[Looked]) -> Fraction:
    """The first rate at which the files' timecodes count on from each other; 24 when they have none."""
    fitting = (rate for rate in _GUESSED_RATES if timecode_of(looked, looked[0].number, rate).holds)
    return next(fitting, _GUESSED_RATES[0])


def _asked_for(sequence: PictureSequence, path: str) -> PictureSequence:
    """The part of the sequence that the name itself names, if it names one."""
    if not sequence.wanted:
        return sequence
    named = range(sequence.wanted[0], sequence.wanted[-1] + 1)
    files = {number: file for number, file in sequence.files.items() if number in named}
    if not files:
        there = f"{min(sequence.files)} to {max(sequence.files)}"
        raise UnreadableMedia(f"{path} names pictures that are not there; the sequence has {there}")
    return PictureSequence(pattern=sequence.pattern, files=files, wanted=(named[0], named[-1]))


def _plate(
    sequence: PictureSequence,
    looked: Sequence[Looked],
    alike: Sequence[Looked],
    colour: KnownColour,
    rate: Fraction,
    timecode: SequenceTimecode,
) -> Plate:
    main = alike[0].header
    window = _around([item.header for item in alike], sequence)
    count = sequence.last - sequence.first + 1
    return Plate(
        path=sequence.pattern,
        sha256=sha256_of_hashes({item.number: item.sha256 for item in looked}),
        width=main.width,
        height=main.height,
        rate=rate,
        file_frames=count,
        first_index=0,
        last_index=count - 1,
        first_frame=sequence.first,
        codec=main.container,
        pixel_format=main.pixel_format,
        bit_depth=main.bit_depth,
        pixel_aspect=main.pixel_aspect,
        colour=colour.tags,
        start_timecode=timecode.start,
        reel=next((item.header.reel for item in alike if item.header.reel), ""),
        sequence_start=sequence.first,
        data_window=None if window == Rect(0, 0, main.width, main.height) else window,
    )


def _around(headers: Sequence[PictureHeader], sequence: PictureSequence) -> Rect:
    """The smallest rectangle around all data windows."""
    windows = [header.window for header in headers]
    x, y = min(window.x for window in windows), min(window.y for window in windows)
    x1, y1 = max(window.x1 for window in windows), max(window.y1 for window in windows)
    if max(x1 - x, y1 - y) > MAX_SIDE_PX:
        raise UnreadableMedia(
            f"the data windows of {sequence.pattern} spread over {x1 - x}x{y1 - y} pixels; "
            f"at most {MAX_SIDE_PX} each way are read"
        )
    return Rect(x, y, x1 - x, y1 - y)
