"""Looking at a clip, whichever kind it is: a movie or a sequence of pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from understudy.domain.clip_report import ClipReport
from understudy.domain.errors import BadSettings
from understudy.domain.shot import Plate
from understudy.domain.time import Timecode
from understudy.media.decoder import clock_of
from understudy.media.movie_report import movie_report
from understudy.media.sequence_files import is_sequence_name


def examine(path: str | Path) -> ClipReport:
    """Look at every picture of a clip. Raises: UnreadableMedia."""
    if is_sequence_name(str(path)):
        from understudy.media.sequence_report import sequence_report

        return sequence_report(str(path))
    return movie_report(Path(path))


def conform(plate: Plate, rate: Fraction) -> Plate:
    """A whole movie read at a constant rate by its timestamps: some pictures come twice, some not at all.

    Raises: BadSettings, UnreadableMedia.
    """
    if not 1 <= rate <= 1000:
        raise BadSettings(f"{rate} pictures a second is no rate; give one such as 24000/1001")
    clock = clock_of(plate)
    if clock is None:
        raise BadSettings(f"{plate.path} has no timestamps to conform by; ingest it at its own rate")
    count = max(1, round(clock.time_s_of(plate.file_frames) * rate))
    conformed = replace(
        plate,
        rate=rate,
        conformed=True,
        variable_rate=False,
        last_index=count - 1,
        start_timecode=_label_at(plate, rate),
    )
    clock_of(conformed)  # at a constant rate only the first timestamp was read so far
    return conformed


def _label_at(plate: Plate, rate: Fraction) -> str | None:
    """The first picture's timecode in the labels of another rate: the same second, as far into it."""
    if plate.start_timecode is None:
        return None
    old, new = Timecode.parse(plate.start_timecode, plate.rate), Timecode(0, rate)
    clock, separator, label = str(old)[:8], ":", int(str(old)[9:])
    if old.drop_frame and rate.denominator == 1001 and new.nominal % 30 == 0:
        separator = ";"
    return str(Timecode.parse(f"{clock}{separator}{label * new.nominal // old.nominal:02}", rate))
