from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.errors import BadSettings, FrameOutOfRange
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.time import FrameRange, Timecode, format_frames, parse_frames, parse_rate

RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)]
DROP_RATES = [Fraction(30000, 1001), Fraction(60000, 1001)]


@given(st.sampled_from(RATES), st.integers(0, 24 * 3600 * 24 - 1))
def test_timecode_text_and_back(rate: Fraction, count: int) -> None:
    timecode = Timecode(count, rate)
    assert Timecode.parse(str(timecode), rate) == timecode


@given(st.sampled_from(DROP_RATES), st.data())
def test_drop_frame_text_and_back(rate: Fraction, data: st.DataObject) -> None:
    zero = Timecode(0, rate, True)
    timecode = zero + data.draw(st.integers(0, zero.frames_per_day - 1))
    assert Timecode.parse(str(timecode), rate) == timecode


@given(st.sampled_from(DROP_RATES), st.integers(0, 2_500_000))
def test_drop_frame_labels_rise_one_by_one_and_skip_what_the_standard_skips(
    rate: Fraction, count: int
) -> None:
    labels = [str(Timecode(count, rate, True) + step) for step in range(3)]
    assert len(set(labels)) == 3
    for label in labels:
        _, minutes, rest = label.split(":")
        seconds, frame = rest.split(";")
        assert not (seconds == "00" and int(frame) < rate.numerator // 15000 and int(minutes) % 10)


@pytest.mark.parametrize(
    ("text", "step", "wanted"),
    [
        ("00:00:59;29", 1, "00:01:00;02"),
        ("00:09:59;29", 1, "00:10:00;00"),
        ("01:00:00;00", -1, "00:59:59;29"),
        ("23:59:59;29", 1, "00:00:00;00"),
    ],
)
def test_drop_frame_at_2997(text: str, step: int, wanted: str) -> None:
    assert str(Timecode.parse(text, Fraction(30000, 1001)) + step) == wanted


def test_one_hour_of_drop_frame_is_one_hour() -> None:
    rate = Fraction(30000, 1001)
    count = Timecode.parse("01:00:00;00", rate).count
    assert abs(count / rate - 3600) < Fraction(1, 30) * 4


@pytest.mark.parametrize(
    "text", ["00:01:00;00", "00:01:00;01", "24:00:00:00", "00:60:00:00", "1:2:3", "", "aa"]
)
def test_impossible_timecodes_are_named(text: str) -> None:
    with pytest.raises(BadSettings):
        Timecode.parse(text, Fraction(30000, 1001))


@given(st.sets(st.integers(1, 5000), min_size=1, max_size=60))
def test_frame_lists_survive_their_notation(frames: set[int]) -> None:
    wanted = tuple(sorted(frames))
    assert parse_frames(format_frames(wanted)) == wanted


@given(st.integers(-100, 5000), st.integers(0, 300))
def test_ranges_include_both_ends(first: int, more: int) -> None:
    frames = FrameRange(first, first + more)
    assert len(list(frames)) == len(frames) == more + 1
    assert first in frames and first + more in frames and first + more + 1 not in frames


@pytest.mark.parametrize("text", ["", "#", "abc", "10-", "1001-1100x0"])
def test_frame_lists_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(BadSettings):
        parse_frames(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("23.976", Fraction(24000, 1001)),
        ("23.97", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_rates_are_exact(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-24", "fast", "1/0", "100000"])
def test_impossible_rates_are_refused(text: str) -> None:
    with pytest.raises(BadSettings):
        parse_rate(text)


@given(st.integers(0, 30), st.integers(0, 60), st.integers(-10, 2000))
def test_frames_and_positions_of_a_plate(first_index: int, more: int, first_frame: int) -> None:
    plate = Plate(
        path="x", sha256="", width=8, height=8, rate=Fraction(24), file_frames=100, first_index=first_index,
        last_index=first_index + more, first_frame=first_frame, start_timecode="01:00:00:00",
    )  # fmt: skip
    assert [plate.index_of(frame) for frame in plate.frames] == list(
        range(first_index, first_index + more + 1)
    )
    timecode = plate.timecode_of(first_frame)
    assert timecode is not None and timecode.count == 3600 * 24 + first_index
    for outside in (first_frame - 1, first_frame + more + 1):
        with pytest.raises(FrameOutOfRange):
            plate.index_of(outside)


def test_progress_tells_at_most_four_times_a_second_and_always_the_end() -> None:
    now = [0.0]
    events: list[Event] = []
    progress = Progress(events.append, 100, "frames", clock=lambda: now[0])
    for _ in range(100):
        now[0] += 0.05
        progress.step()
    assert 18 <= len(events) <= 22
    assert all(event.kind is EventKind.PROGRESS and event.unit == "frames" for event in events)
    last = events[-1]
    assert (last.done, last.total, last.remaining_s) == (100, 100, 0.0)
    assert last.rate == pytest.approx(20, rel=0.05)
    half = next(event for event in events if event.done >= 50)
    assert half.remaining_s == pytest.approx((100 - half.done) / 20, rel=0.1)
