"""What a supervisor would want to be told about a sequence, each in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from understudy.domain.clip_report import ClipReport, ClipWarning, Concern
from understudy.domain.time import format_frames
from understudy.media.sequence_colour import KnownColour
from understudy.media.sequence_survey import Looked
from understudy.media.sequence_timecode import SequenceTimecode

_MOST_CLIPPED = 0.01
_TOLD_CHARACTERS = 200


def sequence_warnings(
    report: ClipReport,
    looked: Sequence[Looked],
    alike: Sequence[Looked],
    colour: KnownColour,
    rate: Fraction | None,
    timecode: SequenceTimecode,
) -> ClipReport:
    """The report with everything that deserves attention."""
    warnings = [
        *_holes(report),
        *_times(report, looked, rate, timecode),
        *_colours(report, colour, alike),
        *_shapes(report, alike),
        *_changes(alike),
    ]
    return replace(report, warnings=tuple(warnings))


def _warn(concern: Concern, says: str, frames: Iterable[int] = ()) -> ClipWarning:
    text = format_frames(sorted(frames))
    if len(text) > _TOLD_CHARACTERS:
        text = text[:_TOLD_CHARACTERS].rpartition(",")[0] + ",..."
    return ClipWarning(concern=concern, says=says, frames=text)


def _holes(report: ClipReport) -> list[ClipWarning]:
    plate, warnings = report.plate, []
    if report.missing:
        says = (
            f"{len(report.missing)} files are missing. Render or copy them, or cut the shot beside them with "
            "--in and --out."
        )
        warnings.append(_warn(Concern.MISSING, says, report.missing))
    if report.other_size:
        says = (
            f"{len(report.other_size)} pictures are not {plate.width}x{plate.height} as the others are, or "
            "have other pixels. Render them again, or cut the shot beside them with --in and --out."
        )
        warnings.append(_warn(Concern.MIXED, says, report.other_size))
    if report.duplicates:
        start = plate.sequence_start or 0
        says = (
            f"{len(report.duplicates)} pictures are the same as the one before. Ask whether the scan or "
            "render stuttered; they are kept as they are."
        )
        warnings.append(_warn(Concern.DUPLICATES, says, [start + index for index in report.duplicates]))
    return warnings


def _times(
    report: ClipReport, looked: Sequence[Looked], rate: Fraction | None, timecode: SequenceTimecode
) -> list[ClipWarning]:
    warnings = []
    if rate is None:
        says = (
            f"Its files do not say how many a second there are; {report.plate.rate} is taken"
            f"{', by which their timecodes count' if timecode.holds else ''}. Give --rate if it is another."
        )
        warnings.append(_warn(Concern.NO_RATE, says))
    others = [item.number for item in looked if item.header.rate not in (None, rate)]
    if others:
        says = f"These files say another rate than {report.plate.rate}; it is taken for all of them."
        warnings.append(_warn(Concern.MIXED, says, others))
    if not timecode.stated:
        says = "It has no timecode: it can be told from other clips by its name and numbers only."
        warnings.append(_warn(Concern.NO_TIMECODE, says))
    elif timecode.start is None:
        says = (
            f"Its first timecode, {timecode.impossible}, cannot be at {report.plate.rate} a second; none is "
            "kept. Correct the files, or give the right --rate."
        )
        warnings.append(_warn(Concern.BAD_TIMECODE, says, timecode.wrong))
    elif timecode.wrong:
        says = (
            f"The timecode of these files does not count on from {timecode.start} of the first; the shot "
            "counts on from there."
        )
        warnings.append(_warn(Concern.BAD_TIMECODE, says, timecode.wrong))
    return warnings


def _colours(report: ClipReport, colour: KnownColour, alike: Sequence[Looked]) -> list[ClipWarning]:
    warnings = []
    if colour.known_from == "guess":
        says = (
            f"Its colour space is a guess, {colour.name}: {colour.doubt}. If it is another, ingest it with "
            "--colour-space."
        )
        warnings.append(_warn(Concern.UNTAGGED_COLOUR, says))
    stated = alike[0].header.colour
    others = [item.number for item in alike if item.header.colour != stated]
    if others:
        says = f"These files say another colour than the first; all of them are read as {colour.name}."
        warnings.append(_warn(Concern.MIXED, says, others))
    if report.clipped > _MOST_CLIPPED:
        says = (
            f"{report.clipped:.1%} of its pixels are clipped: what was brighter is lost. If this is skin, "
            "ask for a grade or a scan that keeps the highlights."
        )
        warnings.append(_warn(Concern.CLIPPED, says))
    return warnings


def _shapes(report: ClipReport, alike: Sequence[Looked]) -> list[ClipWarning]:
    plate, warnings = report.plate, []
    if plate.pixel_aspect != 1:
        says = (
            f"Its pixels are {float(plate.pixel_aspect):.4g} times as wide as high, as the files say. The "
            "pictures keep their pixels and are shown in shape; give --pixel-aspect if the files are wrong."
        )
        warnings.append(_warn(Concern.PIXEL_ASPECT, says))
    if plate.data_window is not None:
        window = plate.data_window
        changing = len({item.header.window for item in alike}) > 1
        says = (
            f"Its pixels reach from {window.x}, {window.y} to {window.x1}, {window.y1} of a picture of "
            f"{plate.width}x{plate.height}{', not the same in every file' if changing else ''}. All is kept; "
            "faces are found and replaced where there are pixels."
        )
        warnings.append(_warn(Concern.OVERSCAN, says))
    if alike[0].header.picture.alpha:
        says = "It has an alpha channel. Faces are replaced in the colour alone; the alpha stays as it is."
        warnings.append(_warn(Concern.ALPHA, says))
    if others := alike[0].header.picture.others:
        layer = alike[0].header.picture.rgb[0].rpartition(".")[0]
        which = f"the layer {layer}" if layer else "the one without a layer's name, or the first"
        says = (
            f"It holds further pictures: {', '.join(others)[:_TOLD_CHARACTERS]}. Faces are replaced in "
            f"{which}; the others stay as they are. For another view or layer, give it as files of its own."
        )
        warnings.append(_warn(Concern.OTHER_PICTURES, says))
    return warnings


def _changes(alike: Sequence[Looked]) -> list[ClipWarning]:
    first = alike[0].header
    others = [
        item.number
        for item in alike
        if (item.header.channels, item.header.parts, item.header.pixel_format)
        != (first.channels, first.parts, first.pixel_format)
    ]
    if not others:
        return []
    says = (
        f"These files have other channels or code values than the first, which has "
        f"{', '.join(first.channels)[:100]} as {first.pixel_format}. Render them all alike."
    )
    return [_warn(Concern.MIXED, says, others)]
