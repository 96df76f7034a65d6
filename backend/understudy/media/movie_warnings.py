"""What a supervisor would want to be told about a movie, each in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from understudy.domain.clip_report import ClipWarning, Concern
from understudy.domain.shot import Plate
from understudy.domain.time import format_frames
from understudy.media.movie_boxes import Track
from understudy.media.movie_survey import Survey
from understudy.media.picture_rate import steps_of

_MOST_CLIPPED = 0.01
_MOST_BEYOND_RANGE = 0.01
_VIDEO_RANGE_BY_HABIT = frozenset({"prores", "dnxhd", "mpeg2video", "mpeg1video", "dvvideo", "v210"})
_TOLD_FRAMES = 12  # runs of frames that a warning lists


def pace_warnings(plate: Plate, found: Survey, tick_s: Fraction) -> list[ClipWarning]:
    """Of the times of pictures: variable rate, repeated pictures."""
    warnings = []
    steps = steps_of(found.times) if plate.variable_rate else None
    if steps is not None:
        quickest, slowest = 1 / (steps[0] * tick_s), 1 / (steps[1] * tick_s)
        says = (
            f"Its pictures come unevenly, between {float(slowest):.4g} and {float(quickest):.4g} a second. "
            f"Each keeps its own time; for a constant rate, ingest it with --rate {rate_text(plate.rate)}."
        )
        warnings.append(ClipWarning(concern=Concern.VARIABLE_RATE, says=says))
    if found.duplicates:
        warnings.append(_repeats(plate, found.duplicates))
    return warnings


def structure_warnings(plate: Plate, found: Survey, tracks: Sequence[Track]) -> list[ClipWarning]:
    """Of how pictures are stored: interlacing, edit lists, the shape of pixels, alpha."""
    warnings = []
    if found.other_size:
        says = (
            f"Some of its pictures are not {found.width} x {found.height} as the first is. A shot can be cut "
            "beside them with --in and --out."
        )
        frames = _few(found.other_size)
        warnings.append(ClipWarning(concern=Concern.MIXED, says=says, frames=frames))
    if found.interlaced:
        count = "Its pictures are" if found.interlaced >= len(found.times) else (
            f"{found.interlaced} of its {len(found.times)} pictures are"
        )  # fmt: skip
        says = (
            f"{count} interlaced. Nothing is deinterlaced here: moving edges are combed and faces are found "
            "and replaced less well. Deinterlace the clip first and ingest the result."
        )
        warnings.append(ClipWarning(concern=Concern.INTERLACED, says=says))
    if edited := _edit_list(found, tracks):
        warnings.append(ClipWarning(concern=Concern.EDIT_LIST, says=edited))
    if plate.pixel_aspect != 1:
        says = (
            f"Its pixels are {float(plate.pixel_aspect):.4g} times as wide as high, as the file says. The "
            "pictures keep their pixels and are shown in shape; give --pixel-aspect if the file is wrong."
        )
        warnings.append(ClipWarning(concern=Concern.PIXEL_ASPECT, says=says))
    if "A" in found.channels:
        says = (
            "It has an alpha channel. Faces are replaced in the colour alone. Delivered frames keep the "
            "alpha, movies do not: deliver frames if it is needed."
        )
        warnings.append(ClipWarning(concern=Concern.ALPHA, says=says))
    return warnings


def colour_warnings(plate: Plate, found: Survey, space: str) -> list[ClipWarning]:
    """Of code values: tags that lack or contradict what is there, clipping."""
    tags, warnings = plate.colour, []
    if missing := _untagged(plate):
        says = (
            f"It does not say its {missing}; it is read as {space}. If it is something else, such as a "
            "camera's log, ingest it with --colour-space."
        )
        warnings.append(ClipWarning(concern=Concern.UNTAGGED_COLOUR, says=says))
    beyond = found.levels.beyond_video_range
    if tags.full_range and plate.codec in _VIDEO_RANGE_BY_HABIT and tags.matrix != "rgb":
        says = (
            f"It is tagged as full range, which is rare for {plate.codec}, and is read so. If blacks look "
            "milky or whites grey, the tag is wrong: correct it in the file."
        )
        warnings.append(ClipWarning(concern=Concern.RANGE, says=says))
    elif not tags.full_range and "R" not in found.channels and beyond > _MOST_BEYOND_RANGE:
        says = (
            f"{beyond:.0%} of its luma lies below black or above white of the video range it is tagged as. "
            "If shadows look crushed, it is full range with a wrong tag: correct it in the file."
        )
        warnings.append(ClipWarning(concern=Concern.RANGE, says=says))
    if found.levels.clipped > _MOST_CLIPPED:
        says = (
            f"{found.levels.clipped:.1%} of its pixels are clipped at white: what was brighter is lost. If "
            "this is skin, ask for a grade or a scan that keeps the highlights."
        )
        warnings.append(ClipWarning(concern=Concern.CLIPPED, says=says))
    return warnings


def changes_what_is_shown(found: Survey, tracks: Sequence[Track]) -> bool:
    """Whether an edit list does more than make up for reordered pictures."""
    return bool(_edit_list(found, tracks))


def rate_text(rate: Fraction) -> str:
    """A rate as the command line takes it."""
    return str(rate.numerator) if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def _untagged(plate: Plate) -> str:
    tags, rgb = plate.colour, plate.pixel_format.startswith(("gbr", "rgb", "bgr"))
    names = ("primaries", tags.primaries), ("transfer curve", tags.transfer), ("matrix", tags.matrix)
    missing = [name for name, value in names if value == "unknown" and not (name == "matrix" and rgb)]
    return " or ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)


def _repeats(plate: Plate, duplicates: Sequence[int]) -> ClipWarning:
    gaps = {after - before for before, after in pairwise(duplicates)}
    gap = min(gaps) if len(gaps) == 1 and len(duplicates) > 2 else 0
    count = len(duplicates)
    if gap > 1:
        own = plate.rate * (gap - 1) / gap
        why = (
            f"Every {gap}th picture repeats the one before it, as when {float(own):.4g} pictures a second "
            f"are stretched to {float(plate.rate):.4g}. Ingest the original, or remove the pulldown first."
        )
    else:
        what = "1 picture repeats" if count == 1 else f"{count} pictures repeat"
        why = f"{what} the one before. If they should not, ask for the clip again: motion will stutter there."
    return ClipWarning(concern=Concern.DUPLICATES, says=why, frames=_few(duplicates))


def _few(indices: Sequence[int]) -> str:
    """The first runs of some pictures' indices."""
    listed = format_frames(list(indices)).split(",")
    return ",".join(listed[:_TOLD_FRAMES]) + (",..." if len(listed) > _TOLD_FRAMES else "")


def _edit_list(found: Survey, tracks: Sequence[Track]) -> str:
    track = next((track for track in tracks if track.kind == "vide"), None)
    edits, shown = (track.edits, track.shown) if track is not None else ((), ())
    does = []
    if found.hidden:
        does.append(f"hides {found.hidden} of the stored pictures")
    if len(shown) > 1:
        does.append(f"joins {len(shown)} pieces")
    if edits and edits[0].media_s is None and edits[0].duration_s:
        does.append(f"starts {float(edits[0].duration_s):.3f} s late")
    if any(edit.speed != 1 for edit in shown):
        does.append("changes the speed, which is not followed")
    if not does:
        return ""
    return (
        f"Its edit list {', '.join(does)}. Pictures count as players show them: picture 0 is the first that "
        "is shown. To work on all that is stored, write the clip anew without its edit list."
    )
