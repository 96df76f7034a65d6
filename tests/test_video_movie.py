from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media_samples import (
    HD,
    NTSC_FILM,
    SAMPLE_RATE,
    noise_picture,
    numbered_picture,
    write_movie_with_sound,
)

from understudy.domain.frame import ColourTags, Rect
from understudy.domain.time import Timecode
from understudy.media.movie import MovieCodec, MovieSpec, MovieWriter
from understudy.media.picture import Picture, RgbPicture, YuvPicture
from understudy.media.probe import probe
from understudy.media.sound import Sound
from understudy.media.video import open_plate

SPEC = MovieSpec(codec="h264", width=64, height=48, rate=NTSC_FILM, colour=HD, x264_preset="veryfast")


def write(path: Path, spec: MovieSpec, pictures: list[Picture]) -> Path:
    with MovieWriter(path, spec) as writer:
        for picture in pictures:
            writer.write(picture)
    return path


def numbered(count: int) -> list[Picture]:
    return [numbered_picture(index) for index in range(count)]


@pytest.mark.parametrize("codec", ["h264", "prores422hq", "prores4444"])
@pytest.mark.parametrize(
    ("rate", "text"),
    [(NTSC_FILM, "01:00:00:00"), (Fraction(25), "10:59:59:24"), (Fraction(30000, 1001), "00:59:59;29")],
)
def test_rate_count_timecode_and_colour_are_kept(
    tmp_path: Path, codec: MovieCodec, rate: Fraction, text: str
) -> None:
    spec = replace(SPEC, codec=codec, rate=rate, timecode=Timecode.parse(text, rate), reel="A001C001")
    plate = probe(write(tmp_path / f"movie{spec.suffix}", spec, numbered(5)))
    assert (plate.rate, plate.variable_rate, plate.file_frames) == (rate, False, 5)
    assert plate.start_timecode == text
    assert plate.colour == HD
    if spec.suffix == ".mov":
        assert plate.reel == "A001C001"


def test_prores_of_ten_bit_pictures_passes_the_codes_straight(tmp_path: Path) -> None:
    y, x = np.mgrid[0:48, 0:64]
    picture = YuvPicture(
        y_HW=(200 + 8 * x).astype(np.uint16),
        u_hw=(480 + y[:, ::2]).astype(np.uint16),
        v_hw=(530 - y[:, ::2]).astype(np.uint16),
        bit_depth=10,
        siting_y=numbered_picture(0).siting_x.__class__(False),
        colour=HD,
    )
    plate = probe(write(tmp_path / "a.mov", replace(SPEC, codec="prores422hq"), [picture]))
    back = open_plate(plate).frame(1001).picture
    assert isinstance(back, YuvPicture) and back.pixel_format == picture.pixel_format
    assert np.abs(back.y_HW.astype(int) - picture.y_HW.astype(int)).max() <= 2
    assert np.abs(back.u_hw.astype(int) - picture.u_hw.astype(int)).max() <= 2


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
def test_rgb_pictures_become_the_tagged_matrix(tmp_path: Path, matrix: str) -> None:
    colour = ColourTags(primaries="bt709", transfer="bt709", matrix="rgb", full_range=True)
    rgb = np.empty((48, 64, 3), np.uint8)
    rgb[...] = (200, 90, 40)
    spec = replace(SPEC, codec="prores4444", colour=replace(HD, matrix=matrix))
    plate = probe(write(tmp_path / "a.mov", spec, [RgbPicture(rgb_HW3=rgb, colour=colour)]))
    assert plate.colour.matrix == matrix and not plate.colour.full_range
    found = open_plate(plate).frame(1001).picture.region(Rect(16, 16, 32, 16)) * 255
    assert np.abs(found - (200, 90, 40)).max() < 1.5


def test_full_range_plates_keep_their_look_in_prores(tmp_path: Path) -> None:
    picture = replace(numbered_picture(5), colour=replace(HD, full_range=True))
    spec = replace(SPEC, codec="prores422hq", colour=picture.colour)
    plate = probe(write(tmp_path / "a.mov", spec, [picture]))
    assert not plate.colour.full_range
    rect = Rect(2, 20, 4, 8)
    before, after = picture.region(rect), open_plate(plate).frame(1001).picture.region(rect)
    assert np.abs(before - after).max() < 0.01


def test_an_untagged_matrix_is_named_when_the_new_size_would_change_its_meaning(tmp_path: Path) -> None:
    untagged = replace(SPEC, colour=ColourTags(), width=64, height=800)
    assert untagged.colour_out.matrix == "unknown"
    assert replace(untagged, width_px=32).colour_out.matrix == "bt709"


def test_odd_sizes_are_rounded_to_even_ones(tmp_path: Path) -> None:
    picture = noise_picture(np.random.default_rng(0), 63, 47)
    plate = probe(write(tmp_path / "odd.mp4", replace(SPEC, width=63, height=47), [picture] * 3))
    assert (plate.width, plate.height, plate.file_frames) == (62, 46, 3)


def test_an_error_leaves_the_old_movie_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "movie.mp4"
    target.write_bytes(b"the old one")
    with pytest.raises(KeyError), MovieWriter(target, SPEC) as writer:
        writer.write(numbered_picture(0))
        raise KeyError("stop")
    assert target.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [target]


def test_the_same_pictures_make_the_same_bytes(tmp_path: Path) -> None:
    for codec in ("h264", "prores422hq"):
        spec = replace(SPEC, codec=codec)  # type: ignore[arg-type]
        first, second = (write(tmp_path / f"{n}{spec.suffix}", spec, numbered(6)) for n in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_variable_rates_keep_their_times(tmp_path: Path) -> None:
    times = [Fraction(0), Fraction(42, 1000), Fraction(125, 1000), Fraction(146, 1000), Fraction(300, 1000)]
    spec = replace(SPEC, variable_rate=True)
    with MovieWriter(tmp_path / "a.mp4", spec) as writer:
        for index, time in enumerate(times):
            writer.write(numbered_picture(index), time_s=time)
    plate = probe(tmp_path / "a.mp4")
    assert plate.variable_rate
    reader = open_plate(plate)
    found = [reader.time_of(frame) for frame in plate.frames]
    assert all(abs(a - b) <= Fraction(1, 90000) for a, b in zip(found, times, strict=True))


@pytest.mark.parametrize("start", [0, 1, 7, 30])
def test_sound_in_pieces_is_the_sound_of_the_range(tmp_path: Path, start: int) -> None:
    plate = probe(write_movie_with_sound(tmp_path / "talk.mov", 40))
    start_s, duration_s = start / plate.rate, 9 / plate.rate
    with Sound(plate, start_s, duration_s) as sound:
        pieces = [sound.take(count) for count in (1, 999, 5000, 7, 100000)]
    samples = np.concatenate(pieces) >> 16
    first, end = round(start_s * SAMPLE_RATE), round((start_s + duration_s) * SAMPLE_RATE)
    assert len(samples) == end - first
    assert np.array_equal(samples[:, 0], np.arange(first, end) % 32768)


def test_sound_beyond_the_end_is_silence(tmp_path: Path) -> None:
    plate = probe(write_movie_with_sound(tmp_path / "talk.mov", 10))
    with Sound(plate, 8 / plate.rate, 6 / plate.rate) as sound:
        samples = sound.take(sound.total)
    heard = round(10 * SAMPLE_RATE / plate.rate) - round(8 * SAMPLE_RATE / plate.rate)
    assert len(samples) == sound.total and samples[heard - 1, 0] != 0 and not samples[heard:].any()


def test_aac_begins_with_the_first_picture(tmp_path: Path) -> None:
    """A click in the plate's sound is found in the review movie at the same sample, give or take a few."""
    source = tmp_path / "click.mov"
    samples = np.zeros((SAMPLE_RATE, 2), np.int16)
    samples[30000:30040] = 20000
    with av.open(str(source), "w") as container:
        video = container.add_stream("mpeg4", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE)
        audio.codec_context.layout = "stereo"
        for index in range(24):
            frame = numbered_picture(index).video_frame()
            frame.time_base, frame.pts = Fraction(1, 24), index
            container.mux(video.encode(frame))
        piece = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="stereo")
        piece.sample_rate, piece.time_base, piece.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
        container.mux(audio.encode(piece))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    plate = probe(source)
    spec = replace(SPEC, rate=plate.rate)
    with (
        Sound(plate, 10 / plate.rate, 14 / plate.rate, sample_format=spec.sample_format) as sound,
        MovieWriter(tmp_path / "review.mp4", spec, sounds=[sound]) as writer,
    ):
        for index in range(10, 24):
            writer.write(numbered_picture(index))
    review = probe(tmp_path / "review.mp4")
    with Sound(review, Fraction(0), review.file_frames / review.rate) as again:
        heard = again.take(again.total)
    wanted = 30000 - round(10 * SAMPLE_RATE / 24)
    assert abs(int(np.abs(heard[:, 0].astype(np.int64)).argmax()) - wanted - 20) < 64


@pytest.mark.parametrize("pictures", [1, 2])
def test_h265_of_a_picture_or_two_is_written_each_time(tmp_path: Path, pictures: int) -> None:
    """x265 makes up their decoding times, which no file can hold: of 30 such movies one or two failed."""
    spec = replace(SPEC, codec="h265", x264_preset="ultrafast")
    for round_ in range(60):
        target = tmp_path / f"{round_}.mp4"
        with MovieWriter(target, spec) as writer:
            for index in range(pictures):
                writer.write(numbered_picture(index))
        with av.open(str(target)) as container:
            times = [packet.dts for packet in container.demux(video=0) if packet.size]
        assert len(times) == pictures and times == sorted(times) and times[0] == 0
