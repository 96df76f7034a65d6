"""Ingest: from a clip to the plate of a shot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from understudy.domain.clip_report import ClipReport, ClipWarning, Concern
from understudy.domain.errors import BadSettings, FrameOutOfRange, UnreadableMedia
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.domain.time import FIRST_FRAME, Timecode, format_frames
from understudy.media.examine import conform, examine
from understudy.media.ocio import check_space
from understudy.media.sequence_files import plate_bytes

ALGORITHM = 2


def ingest(
    path: str | Path,
    *,
    in_index: int | None = None,
    out_index: int | None = None,
    first_frame: int | None = None,
    colour_space: str = "",
    pixel_aspect: Fraction | None = None,
    rate: Fraction | None = None,
    emit: Callable[[Event], None] = lambda event: None,
) -> Plate:
    """Examine a clip and cut the shot out of it: pictures `in_index` to `out_index`, both included.

    Left out, they are the clip's first and last picture. Frame `first_frame` is the picture at `in_index`;
    left out, it is that file's own number in a sequence and 1001 in a movie. What is given of colour space,
    pixel aspect and rate goes before what the clip says; a rate conforms a clip of variable rate. What the
    report warns of is told in notes, except what was answered so.
    Raises: UnreadableMedia, also for a hole in the range; FrameOutOfRange, BadSettings.
    """
    report = examine(path)
    whole = _with_what_was_said(report, colour_space, pixel_aspect, rate)
    first = 0 if in_index is None else in_index
    last = whole.last_index if out_index is None else out_index
    if not 0 <= first <= last <= whole.last_index:
        raise FrameOutOfRange(
            f"in {first} and out {last} do not fit {path}: it has pictures 0 to {whole.last_index}, "
            "and out may not come before in"
        )
    _refuse_holes(report, first, last)
    answered = {
        Concern.UNTAGGED_COLOUR: bool(colour_space),
        Concern.PIXEL_ASPECT: pixel_aspect is not None,
        Concern.VARIABLE_RATE: rate is not None,
        Concern.NO_RATE: rate is not None,
    }
    for warning in report.warnings:
        if not answered.get(warning.concern, False):
            emit(_note_of(warning))
    own = FIRST_FRAME if whole.sequence_start is None else whole.sequence_start + first
    return replace(
        whole,
        first_index=first,
        last_index=last,
        first_frame=own if first_frame is None else first_frame,
        file_bytes=plate_bytes(whole),
    )


def _note_of(warning: ClipWarning) -> Event:
    about = f" ({warning.frames})" if warning.frames else ""
    return Event(kind=EventKind.NOTE, message=f"{warning.concern.value}{about}: {warning.says}")


def _with_what_was_said(
    report: ClipReport, colour_space: str, pixel_aspect: Fraction | None, rate: Fraction | None
) -> Plate:
    plate = report.plate
    if colour_space:
        check_space(colour_space)
        plate = replace(plate, colour=replace(plate.colour, space=colour_space))
    if pixel_aspect is not None:
        if not Fraction(1, 10) <= pixel_aspect <= 10:
            raise BadSettings(
                f"a pixel is not {pixel_aspect} times as wide as high; 2 is usual for anamorphic"
            )
        plate = replace(plate, pixel_aspect=pixel_aspect)
    if rate is None or (rate == plate.rate and not plate.variable_rate):
        return plate
    if not (plate.is_sequence or plate.variable_rate):
        raise BadSettings(
            f"{plate.path} shows its pictures evenly at {plate.rate} a second, which --rate does not change; "
            "it is for clips of variable rate and for sequences"
        )
    if plate.is_sequence:
        return replace(plate, rate=rate, start_timecode=_label_at(plate, rate))
    return conform(plate, rate)


def _label_at(plate: Plate, rate: Fraction) -> str | None:
    """A sequence's timecode at another rate of the same files: the same label, if there is such a one."""
    try:
        return None if plate.start_timecode is None else str(Timecode.parse(plate.start_timecode, rate))
    except BadSettings:
        return None


def _refuse_holes(report: ClipReport, first: int, last: int) -> None:
    start = report.plate.sequence_start or 0
    holes = [number for number in report.missing if start + first <= number <= start + last]
    if holes:
        raise UnreadableMedia(
            f"{report.plate.path} lacks {format_frames(holes)}; render or copy them, or cut the shot "
            "beside them with in and out"
        )
    other = [frame for frame in report.other_size if start + first <= frame <= start + last]
    if other:
        raise UnreadableMedia(
            f"{report.plate.path} changes its size at {format_frames(other)}; all pictures of a shot must be "
            f"{report.plate.width}x{report.plate.height}"
        )
