"""A clip of variable rate read at a constant one: at every moment the picture that is on screen then."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_movies import raw_stream, write_uneven
from tests.media_samples import SAMPLE_RATE, number_in, ramp_samples, write_take

from understudy.config import DeliverConfig
from understudy.domain.errors import BadSettings, UnreadableMedia
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.examine import conform, examine
from understudy.media.sound import Sound
from understudy.media.video import open_plate
from understudy.media.warm_plates import WarmPlates
from understudy.stages.deliver import deliver
from understudy.stages.ingest import ingest

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(50), Fraction(60000, 1001), Fraction(5)]


def on_screen(path: Path, time_s: Fraction) -> int:
    """The number of the picture that a player shows so long after the first, by its timestamps alone, which
    are rounded to the stream's ticks."""
    with av.open(str(path)) as container:
        half_a_tick_s = Fraction(container.streams.video[0].time_base or 1) / 2
        shown = [
            (Fraction(f.pts) * f.time_base, number_in(f.to_ndarray()[:48])) for f in container.decode(video=0)
        ]
    start = shown[0][0]
    return max((at, number) for at, number in shown if at - start <= time_s + half_a_tick_s)[1]


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(st.integers(5, 150), min_size=1, max_size=14),
    rate=st.sampled_from(RATES),
    codec=st.sampled_from(["mpeg4", "libx264"]),
    order=st.randoms(use_true_random=False),
)
def test_every_frame_is_what_is_on_screen_then(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], rate: Fraction, codec: str, order: object
) -> None:
    ticks = list(itertools.accumulate([0, *steps]))
    path = write_uneven(tmp_path_factory.mktemp("uneven") / "clip.mov", ticks, codec)
    plate = conform(examine(path).plate, rate)
    frames = list(plate.frames)
    order.shuffle(frames)  # type: ignore[attr-defined]
    warm = WarmPlates()
    for found in open_plate(plate).frames(frames):
        index = found.frame - plate.first_frame
        assert found.time_s == index / rate == warm.time_of(plate, found.frame)
        wanted = on_screen(path, index / rate)
        assert number_in(found.picture.y_HW) == wanted  # type: ignore[attr-defined]
        assert number_in(warm.picture(plate, found.frame).y_HW) == wanted  # type: ignore[attr-defined]
    assert warm.end_of(plate, plate.frames.last) == len(plate.frames) / rate
    warm.forget()


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30), Fraction(60)])
def test_rounded_times_at_their_own_rate_neither_repeat_nor_leave_out(tmp_path: Path, rate: Fraction) -> None:
    """Milliseconds are rounded up as often as down; one long pause makes the rate a variable one."""
    ticks = [round(index / rate * 1000) for index in range(24)]
    path = write_uneven(tmp_path / "clip.mkv", [*ticks, ticks[-1] + 500])
    plate = conform(examine(path).plate, rate)
    frames = range(plate.first_frame, plate.first_frame + len(ticks))
    shown = [number_in(found.picture.y_HW) for found in open_plate(plate).frames(frames)]  # type: ignore[attr-defined]
    assert shown == list(range(len(ticks)))


def test_the_length_in_seconds_stays(tmp_path: Path) -> None:
    ticks = list(range(0, 2000, 40))
    path = write_uneven(tmp_path / "even.mov", ticks)
    even = examine(path).plate
    assert (even.rate, even.variable_rate, even.file_frames) == (25, False, 50)
    for rate, count in (
        (Fraction(50), 100),
        (Fraction(24), 48),
        (Fraction(24000, 1001), 48),
        (Fraction(1), 2),
    ):
        plate = conform(even, rate)
        assert (plate.rate, plate.conformed, plate.variable_rate) == (rate, True, False)
        assert len(plate.frames) == count and plate.file_frames == 50


def test_ingest_conforms_only_when_asked(tmp_path: Path) -> None:
    path = write_uneven(tmp_path / "clip.mov", [0, 40, 120, 160, 300, 310, 400])
    as_it_is = ingest(path)
    assert as_it_is.variable_rate and not as_it_is.conformed and len(as_it_is.frames) == 7
    cut = ingest(path, rate=Fraction(25), in_index=3, out_index=7)
    numbers = [number_in(found.picture.y_HW) for found in open_plate(cut).frames(cut.frames)]  # type: ignore[attr-defined]
    assert numbers == [on_screen(path, index / Fraction(25)) for index in range(3, 8)] == [2, 3, 3, 3, 3]
    for impossible in (Fraction(1, 2), Fraction(2000)):
        with pytest.raises(BadSettings, match="no rate"):
            ingest(path, rate=impossible)


def test_sound_of_a_conformed_plate_stays_with_its_pictures(tmp_path: Path) -> None:
    """Sample n of the sound is the file's sample n from its first picture on, at whatever rate."""
    path = write_uneven(tmp_path / "talk.mov", [0, 40, 120, 160, 300, 310, 400], sound=True)
    plate: Plate = ingest(path, rate=Fraction(24000, 1001), in_index=2, out_index=5)
    reader = open_plate(plate)
    start_s = reader.time_of(plate.first_frame)
    assert start_s == 2 / plate.rate
    first = round(start_s * SAMPLE_RATE)
    with Sound(plate, start_s, 4 / plate.rate) as sound:
        samples = sound.take(sound.total)
    assert np.array_equal(samples[:, 0] >> 16, ramp_samples(first + len(samples))[first:, 0])
    assert abs(len(samples) - 4 * SAMPLE_RATE / plate.rate) <= 1


def test_a_conformed_plate_is_delivered_at_its_rate_with_its_sound(tmp_path: Path) -> None:
    ticks = [0, 40, 120, 160, 300, 310, 400]
    path = write_uneven(tmp_path / "talk.mov", ticks, sound=True)
    plate = ingest(path, rate=Fraction(25))
    take = write_take(tmp_path / "take", tuple(plate.frames), plate.display_window, Rect(0, 30, 8, 8))
    (movie,) = deliver(
        plate, take, tuple(plate.frames), DeliverConfig(movies=("prores422hq",), contact_sheet=False),
        tmp_path / "out", title="t", marked=False, people=(), emit=lambda event: None, stopping=lambda: False,
    )  # fmt: skip
    result = examine(movie).plate
    assert (result.rate, result.variable_rate, result.file_frames) == (25, False, len(plate.frames))
    numbers = [number_in(found.picture.y_HW) for found in open_plate(result).frames(result.frames)]  # type: ignore[attr-defined]
    assert numbers == [on_screen(path, index / Fraction(25)) for index in range(len(plate.frames))]
    with Sound(result, Fraction(0), Fraction(2, 5)) as sound:
        heard = sound.take(sound.total)[:, 0] >> 16
    assert np.array_equal(heard, ramp_samples(len(heard))[:, 0]) and len(heard) == SAMPLE_RATE * 2 // 5


@pytest.mark.parametrize(
    ("label", "rate", "to", "wanted"),
    [
        ("01:02:03:12", Fraction(24), Fraction(25), "01:02:03:12"),
        ("01:02:03:23", Fraction(24), Fraction(48), "01:02:03:46"),
        ("10:00:59;58", Fraction(60000, 1001), Fraction(30000, 1001), "10:00:59;29"),
        ("10:01:00;04", Fraction(60000, 1001), Fraction(30000, 1001), "10:01:00;02"),
        ("10:01:00;04", Fraction(60000, 1001), Fraction(24), "10:01:00:01"),
    ],
)
def test_timecode_of_a_conformed_plate_is_of_its_rate(
    tmp_path: Path, label: str, rate: Fraction, to: Fraction, wanted: str
) -> None:
    path = write_uneven(tmp_path / "clip.mov", [0, 40, 120])
    plate = replace(examine(path).plate, start_timecode=label, rate=rate)
    conformed = conform(plate, to)
    assert str(conformed.timecode_of(conformed.first_frame)) == wanted


def test_a_clip_without_times_cannot_be_conformed(tmp_path: Path) -> None:
    """A raw stream of pictures has no clock."""
    path = tmp_path / "raw.h264"
    path.write_bytes(raw_stream(write_uneven(tmp_path / "clip.mp4", [0, 40, 80, 120, 160, 200], "libx264")))
    with pytest.raises((BadSettings, UnreadableMedia), match="timestamps"):
        conform(examine(path).plate, Fraction(24))
