"""The source timecode and the reel that a movie names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av.container
from av.video.stream import VideoStream

from understudy.domain.clip_report import ClipWarning, Concern
from understudy.domain.errors import BadSettings
from understudy.domain.time import Timecode
from understudy.media.movie_boxes import Track
from understudy.media.movie_survey import tag

_REELS = ("reel_name", "reel", "tape", "com.apple.quicktime.reel", "com.apple.proapps.reel")


@dataclass(frozen=True, slots=True)
class SourceTime:
    """The label of the first picture, counted at the pictures' rate."""

    timecode: Timecode | None
    reel: str
    warnings: tuple[ClipWarning, ...] = ()


def source_time(
    container: av.container.InputContainer,
    stream: VideoStream,
    rate: Fraction,
    tracks: Sequence[Track],
    gop_label: str,
) -> SourceTime:
    """Timecode and reel, from the timecode track, the picture stream or the container; else the timecode
    that the pictures themselves carry."""
    tables = [stream.metadata, *(data.metadata for data in container.streams.data), container.metadata]
    label = next((text for table in tables if (text := tag(table, "timecode"))), gop_label)
    reel = next((text for table in tables for key in _REELS if (text := tag(table, key))), "")
    if not label:
        says = "It has no timecode: frames cannot be matched to an edit list or to other takes by time."
        return SourceTime(None, reel, (ClipWarning(concern=Concern.NO_TIMECODE, says=says),))
    track = next((track for track in tracks if track.timecode_rate), None)
    return _read(label, reel, rate, track)


def _read(label: str, reel: str, rate: Fraction, track: Track | None) -> SourceTime:
    """The label, and what is wrong with it. `track`: the file's own timecode track, which may count at a
    rate of its own and begin, by its edit list, with a later label than its first."""
    counted = None if track is None else track.timecode_rate
    own = rate if counted is None or _near(counted, rate) else counted
    late_s = Fraction(0) if track is None or not track.shown else track.shown[0].media_s or Fraction(0)
    try:
        timecode = Timecode.parse(label, own) + round(late_s * own)
        if own == rate:
            return SourceTime(timecode, reel)
        return _at_pictures_rate(timecode, reel, rate)
    except BadSettings as cause:
        says = f"Its timecode is left out: {cause}. Frames go by their numbers."
        return SourceTime(None, reel, (ClipWarning(concern=Concern.BAD_TIMECODE, says=says),))


def _at_pictures_rate(timecode: Timecode, reel: str, rate: Fraction) -> SourceTime:
    """A label of another rate: the same digits where a second has as many labels, the same moment where
    one comes a whole number of times as often as the other. Raises: BadSettings."""
    begins = (
        f"Its timecode counts {float(timecode.rate):.6g} frames a second and its pictures come "
        f"{float(rate):.6g} a second: "
    )
    times = rate / timecode.rate
    if 1 in (times.numerator, times.denominator):
        moved: Timecode | None = Timecode(int(timecode.count * times), rate, timecode.drop_frame)
        ends = f"{timecode} is taken as {moved}, and from there every picture is counted."
    elif timecode.nominal == Timecode(0, rate).nominal:
        moved = Timecode.parse(str(timecode), rate)
        ends = "from the first picture on every picture is counted; check it against the camera report."
    else:
        moved, ends = None, "the two drift apart, so it is left out. Frames go by their numbers."
    return SourceTime(moved, reel, (ClipWarning(concern=Concern.TIMECODE_RATE, says=begins + ends),))


def _near(one: Fraction, other: Fraction) -> bool:
    """Whether two rates are the same but for how they are rounded (2997/100, 30000/1001)."""
    return abs(one / other - 1) < Fraction(1, 5000)
