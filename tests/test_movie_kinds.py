"""Every kind of movie, read by us and by a second reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.movie_kinds import (
    CODINGS,
    COUNT,
    DROP_FRAME_START,
    RATES,
    Kind,
    all_kinds,
    covering_kinds,
    number_of,
    tags_of,
    times_of,
    write_kind,
)
from tests.second_reader import require_ffmpeg
from tests.witness import Clip, decoded, hashed, shown_times

from understudy.domain.clip_report import ClipReport
from understudy.domain.shot import Plate
from understudy.media.movie_report import movie_report
from understudy.media.picture import YuvPicture
from understudy.media.video import PlateFrame, open_plate

COVERING = covering_kinds()
ORDER = (4, 0, 5, 1, 3, 2)  # of reading, so that every picture is sought
BATCH = 40


@pytest.mark.parametrize("codec", CODINGS)
def test_kinds_are_read_as_a_second_reader_reads_them(codec: str, tmp_path: Path) -> None:
    """A selection in which every two of codec, depth, subsampling, range, rate and rotation meet."""
    kinds = [kind for kind in COVERING if kind.codec == codec]
    reports = [_checked_report(kind, write_kind(kind, tmp_path)) for kind in kinds]
    read = [_frames(report.plate) for report in reports]
    pictures = [_pictures(report.plate, found) for report, found in zip(reports, read, strict=True)]
    for kind, found, planes in zip(kinds, read, pictures, strict=True):
        assert [number_of(picture[0]) for picture in planes] == list(range(COUNT)), kind
        assert [frame.time_s for frame in found] == times_of(kind), kind
    require_ffmpeg()
    raw = decoded([_clip(report) for report in reports], tmp_path)
    for kind, report, found, other in zip(kinds, reports, pictures, raw, strict=True):
        _assert_same_planes(kind, found, other)
        _assert_same_times(kind, shown_times(Path(report.plate.path)))


@pytest.mark.slow
@pytest.mark.parametrize("codec", CODINGS)
def test_all_kinds_are_read_as_a_second_reader_reads_them(codec: str, tmp_path: Path) -> None:
    """Everything there can be: each picture's bytes by their hash, and its time."""
    require_ffmpeg()
    for kinds in _batches([kind for kind in all_kinds() if kind.codec == codec]):
        reports = [_checked_report(kind, write_kind(kind, tmp_path)) for kind in kinds]
        others = hashed([_clip(report) for report in reports], tmp_path)
        for kind, report, other in zip(kinds, reports, others, strict=True):
            found = _frames(report.plate)
            planes = _pictures(report.plate, found)
            ours = [hashlib.md5(b"".join(map(np.ndarray.tobytes, picture))).hexdigest() for picture in planes]
            assert ours == [picture.md5 for picture in other], kind
            assert [frame.time_s for frame in found] == times_of(kind), kind
            _assert_same_times(kind, [picture.time_s for picture in other])
            assert [number_of(picture[0]) for picture in planes] == list(range(COUNT)), kind


def _batches(kinds: Sequence[Kind]) -> Iterator[Sequence[Kind]]:
    for start in range(0, len(kinds), BATCH):
        yield kinds[start : start + BATCH]


def _checked_report(kind: Kind, path: Path) -> ClipReport:
    """The report, after what it says was compared with what the movie was made from."""
    report = movie_report(path)
    plate, rate = report.plate, RATES[kind.rate]
    size_wh = kind.coding.size_wh
    assert (plate.width, plate.height) == (size_wh if kind.rotation % 180 == 0 else size_wh[::-1]), kind
    assert (plate.file_frames, plate.bit_depth, plate.rotation_deg) == (COUNT, kind.depth, kind.rotation), (
        kind
    )
    assert plate.variable_rate == (rate is None) and (rate is None or plate.rate == rate), kind
    assert plate.colour == tags_of(kind) and kind.sampling in plate.pixel_format, kind
    assert report.colour_space == "Gamma 2.4 Encoded Rec.709" and report.colour_space_from == "tags", kind
    assert report.channels == ("Y", "Cb", "Cr", *(("A",) if kind.coding.alpha else ())), kind
    if kind.has_timecode:
        assert (plate.start_timecode, report.drop_frame) == (DROP_FRAME_START, True), kind
        assert str(plate.timecode_of(plate.first_frame + 2)) == "10:01:00;02", kind
    return report


def _clip(report: ClipReport) -> Clip:
    return Clip(Path(report.plate.path), report.plate.pixel_format)


def _frames(plate: Plate) -> list[PlateFrame]:
    """All pictures in their order, read out of order."""
    read = list(open_plate(plate).frames([plate.first_frame + index for index in ORDER]))
    return sorted(read, key=lambda found: found.frame)


def _pictures(plate: Plate, read: Sequence[PlateFrame]) -> list[list[np.ndarray]]:  # type: ignore[type-arg]
    """The planes of all pictures as the file stores them, before it is turned."""
    back = -plate.rotation_deg // 90
    planes = []
    for found in read:
        picture = found.picture
        assert isinstance(picture, YuvPicture)
        stored = [picture.y_HW, picture.u_hw, picture.v_hw]
        stored += [] if picture.a_HW is None else [picture.a_HW]
        planes.append([np.rot90(plane, back) for plane in stored])
    return planes


def _assert_same_planes(kind: Kind, ours: list[list[np.ndarray]], other: bytes) -> None:  # type: ignore[type-arg]
    at = 0
    for index, planes in enumerate(ours):
        for name, plane in zip("yuva", planes, strict=False):
            theirs = np.frombuffer(other, plane.dtype, plane.size, at).reshape(plane.shape)
            assert np.array_equal(plane, theirs), (kind, index, name)
            at += plane.nbytes
    assert at == len(other), kind


def _assert_same_times(kind: Kind, other: Sequence[Fraction | None]) -> None:
    """Those that the movie was made with, rounded as the container does: Matroska has milliseconds, and in a
    program stream every step is rounded."""
    first = other[0]
    assert len(other) == COUNT and first is not None
    slack = {".mpg": Fraction(1, 20000), ".mkv": Fraction(1, 2000), ".webm": Fraction(1, 2000)}.get(
        kind.suffix, Fraction(0)
    )
    for wanted, their in zip(times_of(kind), other, strict=True):
        assert their is None or abs(wanted - (their - first)) <= slack, kind
