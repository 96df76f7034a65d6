"""What a movie's report says, and what it warns of."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_movies import RATE, Making, raw_stream, write_edits, write_uneven
from tests.media_samples import number_in, numbered_picture, ramp_samples, write_numbered_movie
from tests.movie_kinds import Kind, write_kind
from tests.second_reader import require_ffmpeg
from tests.witness import shown_times

from understudy.domain.clip_report import AudioTrack, ClipReport, Concern
from understudy.domain.errors import UnreadableMedia
from understudy.domain.shot import AudioInfo
from understudy.media.movie_boxes import Edit, movie_tracks
from understudy.media.movie_report import movie_report
from understudy.media.sound import Sound
from understudy.media.video import open_plate
from understudy.stages.ingest import ingest

PAL = Fraction(25)


def concerns(report: ClipReport) -> set[Concern]:
    return {warning.concern for warning in report.warnings}


def warned(report: ClipReport, concern: Concern) -> str:
    return next(warning.says for warning in report.warnings if warning.concern is concern)


def numbers(report: ClipReport, order: Iterable[int] | None = None) -> list[int]:
    plate = report.plate
    frames = list(plate.frames) if order is None else [plate.first_frame + index for index in order]
    return [number_in(found.picture.y_HW) for found in open_plate(plate).frames(frames)]  # type: ignore[attr-defined]


def test_everything_the_file_says_is_in_the_report(tmp_path: Path) -> None:
    making = Making(
        stream_tags={"timecode": "10:20:30:04", "reel_name": "B002"},
        container_options={"movflags": "use_metadata_tags"},
        file_tags={"make": "Pomfort", "com.apple.quicktime.model": "Model 7", "lens": "50 mm\x07 T2"},
        sounds=(
            ("pcm_s16le", "stereo", {"language": "eng", "title": "Boom"}),
            ("pcm_s24le", "5.1", {"language": "ger"}),
            ("aac", "mono", {}),
        ),
    )
    report = movie_report(making.write(tmp_path / "clip.mov"))
    assert (report.container, report.field_order, report.drop_frame) == (
        "mov,mp4,m4a,3gp,3g2,mj2",
        "progressive",
        False,
    )
    assert (report.plate.start_timecode, report.plate.reel) == ("10:20:30:04", "B002")
    assert (report.compression, report.channels) == ("MPEG-4 part 2, Simple Profile", ("Y", "Cb", "Cr"))
    assert report.bit_rate > 1000 and not report.edit_list and report.duplicates == ()
    boom = AudioTrack(
        index=0, codec="pcm_s16le", sample_rate=48000, channels=2, layout="stereo", bits=16, language="eng",
        title="Boom",
    )  # fmt: skip
    assert report.audio[0] == boom
    assert [(t.codec, t.channels, t.layout, t.bits, t.language) for t in report.audio[1:]] == [
        ("pcm_s24le", 6, "5.1", 24, "ger"),
        ("aac", 1, "mono", 0, ""),
    ]
    facts = dict(report.facts)
    assert facts["make"] == "Pomfort" and facts["com.apple.quicktime.model"] == "Model 7"
    assert facts["lens"] == "50 mm T2" and "timecode" not in facts and "reel_name" not in facts
    assert report.colour_space_from == "tags" and concerns(report) == set()


def test_every_sound_track_can_be_had(tmp_path: Path) -> None:
    sounds = (("pcm_s16le", "stereo", {}), ("pcm_s24le", "mono", {}))
    report = movie_report(Making(sounds=sounds).write(tmp_path / "clip.mov"))
    for number in range(2):
        with Sound(report.plate, 3 / RATE, 2 / RATE, track=number) as sound:
            samples = sound.take(sound.total) >> 16
        assert sound.channels == 2 - number and len(samples) == 4000
        assert np.array_equal(samples[:, 0], ramp_samples(10000)[6000:, 0] + number)


def test_a_sound_track_that_cannot_be_decoded_is_passed_over(tmp_path: Path) -> None:
    sounds = (("pcm_s16le", "stereo", {}), ("pcm_s24le", "mono", {}))
    path = Making(sounds=sounds).write(tmp_path / "clip.mov")
    path.write_bytes(path.read_bytes().replace(b"sowt", b"new!"))
    report = movie_report(path)
    assert [(track.codec, track.channels) for track in report.audio] == [("unknown", 0), ("pcm_s24le", 1)]
    assert report.plate.audio == AudioInfo(codec="pcm_s24le", sample_rate=48000, channels=1)
    with Sound(report.plate, Fraction(0), 2 / RATE) as sound:
        assert np.array_equal(sound.take(sound.total)[:, 0] >> 16, ramp_samples(4000)[:, 0] + 1)
    with pytest.raises(UnreadableMedia, match="track 1"):
        Sound(report.plate, Fraction(0), 2 / RATE, track=0)


@pytest.mark.parametrize(
    ("label", "rate", "start", "concern"),
    [
        ("00:00:59;28", Fraction(30000, 1001), "00:00:59;28", None),
        ("00:01:00;00", Fraction(30000, 1001), None, Concern.BAD_TIMECODE),
        ("10:00:00:24", RATE, None, Concern.BAD_TIMECODE),
        ("", RATE, None, Concern.NO_TIMECODE),
    ],
)
def test_timecode_is_exact_or_left_out(
    tmp_path: Path, label: str, rate: Fraction, start: str | None, concern: Concern | None
) -> None:
    """In Matroska, which keeps the label as it is written."""
    tags = {"timecode": label} if label else {}
    report = movie_report(Making(rate=rate, stream_tags=tags).write(tmp_path / "clip.mkv"))
    assert report.plate.start_timecode == start and report.drop_frame == (";" in (start or ""))
    assert concerns(report) == (set() if concern is None else {concern})


@pytest.mark.parametrize(
    ("label", "start"),
    [("01:02:03:04", "01:02:03:04"), ("00:00:00:00", None), ("09:59:59:24", "09:59:59:24")],
)
def test_timecode_of_the_pictures_themselves_is_found(tmp_path: Path, label: str, start: str | None) -> None:
    """MPEG-2 has it in the header of each group; zero says nothing."""
    making = Making(codec="mpeg2video", options={"qscale": "2", "gop_timecode": label}, rate=PAL)
    report = movie_report(making.write(tmp_path / "clip.mpg"))
    assert report.plate.start_timecode == start
    assert (Concern.NO_TIMECODE in concerns(report)) == (start is None)


def test_pictures_of_another_size_are_told_and_not_used(tmp_path: Path) -> None:
    """Two raw streams behind each other, the second one smaller."""
    parts = [
        write_kind(Kind("h264", 8, "420", "legal", "24", 0), tmp_path),
        write_numbered_movie(tmp_path / "small.mp4", 4, size_wh=(32, 24)),
    ]
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(raw_stream(part) for part in parts))
    report = movie_report(joined)
    assert report.other_size == (6, 7, 8, 9) and report.plate.file_frames == 10
    assert "not 64 x 48" in warned(report, Concern.MIXED)
    assert len(ingest(joined, out_index=5).frames) == 6
    with pytest.raises(UnreadableMedia, match="changes its size at 6-9"):
        ingest(joined)


@pytest.mark.parametrize(
    ("ticks", "duration", "start"),
    [
        (24, 1, "10:20:30:06"),
        (12, 1, "10:20:30:12"),
        (48, 1, "10:20:30:03"),
        (24000, 1001, "10:20:30:06"),
        (25, 1, None),
    ],
)
def test_timecode_of_another_rate_is_told(
    tmp_path: Path, ticks: int, duration: int, start: str | None
) -> None:
    """Pictures at 24 a second and the label 10:20:30:06 in a track that counts otherwise."""
    path = Making(stream_tags={"timecode": "10:20:30:06"}).write(tmp_path / "clip.mov")
    nominal, second = -(-ticks // duration), 37230
    data = path.read_bytes()
    data = data.replace(struct.pack(">I", second * 24 + 6), struct.pack(">I", second * nominal + 6), 1)
    entry = data.index(b"tmcd", data.rindex(b"stsd")) + 20
    path.write_bytes(data[:entry] + struct.pack(">IIB", ticks, duration, nominal) + data[entry + 9 :])
    report = movie_report(path)
    assert report.plate.start_timecode == start
    assert (Concern.TIMECODE_RATE in concerns(report)) == ((ticks, duration) != (24, 1))


def test_an_edit_list_hides_pictures_and_is_told(tmp_path: Path) -> None:
    """Pictures 0 and 1 lie before what is shown, 10 and 11 behind; sound goes with the pictures."""
    sounds = (("pcm_s16le", "stereo", {}),)
    options = {"g": "6", "bf": "2", "qscale": "2"}
    making = Making(options=options, sounds=sounds, stream_tags={"timecode": "01:00:00:00"})
    path = making.write(tmp_path / "clip.mov")
    edits = {track.kind: track.edits for track in movie_tracks(path)}
    delay_s = edits["vide"][0].media_s or Fraction(0)  # of pictures that are stored out of their order
    write_edits(path, "vide", [Edit(8 / RATE, delay_s + 2 / RATE, Fraction(1))])
    write_edits(path, "soun", [Edit(8 / RATE, 2 / RATE, Fraction(1))])
    write_edits(path, "tmcd", [Edit(8 / RATE, 2 / RATE, Fraction(1))])
    report = movie_report(path)
    assert report.edit_list and report.plate.start_timecode == "01:00:00:02"
    assert "hides 4 of the stored pictures" in warned(report, Concern.EDIT_LIST)
    assert numbers(report) == list(range(2, 10)) and numbers(report, (7, 0, 5, 3)) == [9, 2, 7, 5]
    with Sound(report.plate, 3 / RATE, 1 / RATE) as sound:
        samples = sound.take(sound.total) >> 16
    assert np.array_equal(samples[:, 0], ramp_samples(12000)[10000:, 0])
    require_ffmpeg()
    assert len(shown_times(path)) == 8


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ([Edit(4 / PAL, 0 / PAL, Fraction(1)), Edit(3 / PAL, 8 / PAL, Fraction(1))], "joins 2 pieces"),
        ([Edit(3 / PAL, 2 / PAL, Fraction(1))], "hides 9 of the stored pictures"),
        ([Edit(Fraction(1), None, Fraction(1)), Edit(12 / PAL, 0 / PAL, Fraction(1))], "starts 1.000 s late"),
        ([Edit(12 / PAL, 0 / PAL, Fraction(2))], "changes the speed"),
    ],
)
def test_other_edits_are_told(tmp_path: Path, edits: list[Edit], says: str) -> None:
    making = Making(codec="mjpeg", pixel_format="yuvj420p", options={}, rate=PAL)
    path = making.write(tmp_path / "clip.mov")
    assert not movie_report(path).edit_list
    write_edits(path, "vide", edits)
    report = movie_report(path)
    assert report.edit_list and says in warned(report, Concern.EDIT_LIST)
    shown = {"joins": [0, 1, 2, 3, 8, 9, 10], "hides": [2, 3, 4]}.get(says.split()[0], list(range(12)))
    assert numbers(report) == shown and numbers(report, (2, 0, 1)) == [shown[2], shown[0], shown[1]]
    require_ffmpeg()
    times = shown_times(path)
    assert len(times) == len(shown)


def test_an_ordinary_delay_is_no_edit(tmp_path: Path) -> None:
    """B pictures make every MP4 start with an edit; nothing is hidden by it."""
    report = movie_report(write_numbered_movie(tmp_path / "clip.mp4", 9))
    assert any(track.edits for track in movie_tracks(tmp_path / "clip.mp4"))
    assert not report.edit_list and Concern.EDIT_LIST not in concerns(report)


def test_matroska_that_ends_early_is_refused_and_an_uneven_one_is_not(tmp_path: Path) -> None:
    """It states where a stream ends, and no count of pictures."""
    uneven = write_uneven(tmp_path / "screen.mkv", [0, 33, 66, 100, 133, 400, 433], "libx264")
    assert movie_report(uneven).plate.variable_rate
    whole = Making(numbers=range(40), codec="mjpeg", pixel_format="yuvj420p", options={}).write(
        tmp_path / "a.mkv"
    )
    data = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) * 3 // 5])
    with pytest.raises(UnreadableMedia, match="cut off"):
        movie_report(cut)


@pytest.mark.parametrize(
    ("codec", "options", "order"),
    [
        ("libx264", {"x264-params": "tff=1", "crf": "12"}, "top field first"),
        ("libx264", {"x264-params": "bff=1", "crf": "12"}, "bottom field first"),
        ("mpeg2video", {"flags": "+ildct+ilme", "qscale": "2"}, "interlaced"),
    ],
)
def test_interlaced_pictures_are_told(
    tmp_path: Path, codec: str, options: dict[str, str], order: str
) -> None:
    report = movie_report(
        Making(codec=codec, options=options, rate=Fraction(25)).write(tmp_path / "clip.mov")
    )
    assert "Nothing is deinterlaced" in warned(report, Concern.INTERLACED)
    assert report.field_order == order


def test_repeated_pictures_and_pulldown_are_told(tmp_path: Path) -> None:
    lossless = {"codec": "ffv1", "options": {}}
    single = movie_report(Making(numbers=[0, 1, 2, 2, 2, 5, 6], **lossless).write(tmp_path / "a.mkv"))  # type: ignore[arg-type]
    assert single.duplicates == (3, 4)
    assert "2 pictures repeat" in warned(single, Concern.DUPLICATES)
    assert next(w.frames for w in single.warnings if w.concern is Concern.DUPLICATES) == "3-4"
    pulled = [
        number
        for group in range(4)
        for number in (4 * group, 4 * group + 1, 4 * group + 2, 4 * group + 3, 4 * group + 3)
    ]
    rate = Fraction(30000, 1001)
    report = movie_report(Making(numbers=pulled, rate=rate, **lossless).write(tmp_path / "b.mkv"))  # type: ignore[arg-type]
    assert report.duplicates == (4, 9, 14, 19)
    assert "Every 5th picture" in warned(report, Concern.DUPLICATES)
    assert "23.98 pictures" in warned(report, Concern.DUPLICATES)


def flat_movie(
    path: Path, luma: Sequence[int], *, full: bool, codec: str = "ffv1", depth: int = 8
) -> ClipReport:
    """One picture whose rows have these luma codes."""
    layout = "yuv420p" if depth == 8 else "yuv420p10le"
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=24)
        video.width, video.height, video.pix_fmt = 64, 40, layout
        context = video.codec_context
        context.color_primaries = context.color_trc = context.colorspace = 1
        context.color_range = 2 if full else 1
        kind = np.uint8 if depth == 8 else np.uint16
        rows = np.repeat(np.resize(luma, 40), 64).astype(kind).reshape(40, 64)
        grey = np.full((20, 64), 128 << (depth - 8), kind)
        frame = av.VideoFrame.from_ndarray(np.vstack([rows, grey]), layout)
        frame.color_range, frame.pts, frame.time_base = (2 if full else 1), 0, 1 / RATE
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return movie_report(path)


@pytest.mark.parametrize(
    ("luma", "full", "depth", "clipped", "concern"),
    [
        ([30, 90, 150, 200], False, 8, 0.0, set()),
        ([30, 90, 150, 235], False, 8, 0.25, {Concern.CLIPPED}),
        ([30, 90, 235, 254], False, 8, 0.25, {Concern.CLIPPED, Concern.RANGE}),
        ([1, 90, 150, 200], False, 8, 0.0, {Concern.RANGE}),
        ([0, 90, 235, 240], True, 8, 0.0, set()),
        ([0, 90, 150, 255], True, 8, 0.25, {Concern.CLIPPED}),
        ([70, 360, 600, 940], False, 10, 0.25, {Concern.CLIPPED}),
        ([70, 360, 600, 1019], False, 10, 0.25, {Concern.CLIPPED, Concern.RANGE}),
    ],
)
def test_clipping_and_codes_out_of_range_are_measured(
    tmp_path: Path, luma: list[int], full: bool, depth: int, clipped: float, concern: set[Concern]
) -> None:
    report = flat_movie(tmp_path / "flat.mkv", luma, full=full, depth=depth)
    assert report.clipped == clipped
    assert concerns(report) - {Concern.NO_TIMECODE} == concern


def test_full_range_where_it_is_rare_is_told(tmp_path: Path) -> None:
    making = Making(
        codec="dnxhd", pixel_format="yuv422p10le", options={"profile": "dnxhr_hqx"}, colour=(1, 1, 1, 2)
    )
    with av.open(str(tmp_path / "clip.mov"), "w") as container:
        video = container.add_stream("dnxhd", rate=24, options=making.options)
        video.width, video.height, video.pix_fmt = 256, 128, making.pixel_format
        context = video.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = making.colour
        frame = numbered_picture(1, 256, 128).video_frame().reformat(format=making.pixel_format)
        frame.pts, frame.time_base, frame.color_range = 0, 1 / RATE, 2
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    report = movie_report(tmp_path / "clip.mov")
    assert "rare for dnxhd" in warned(report, Concern.RANGE)


def test_colour_that_is_not_tagged_is_a_guess(tmp_path: Path) -> None:
    untagged = movie_report(Making(colour=(2, 2, 2, 0)).write(tmp_path / "none.mkv"))
    assert untagged.colour_space_from == "guess"
    assert "primaries, transfer curve or matrix" in warned(untagged, Concern.UNTAGGED_COLOUR)
    assert untagged.colour_space in warned(untagged, Concern.UNTAGGED_COLOUR)
    bright = movie_report(Making(codec="ffv1", options={}, colour=(9, 16, 9, 1)).write(tmp_path / "pq.mkv"))
    assert (bright.colour_space, bright.colour_space_from) == ("Rec.2100-PQ - Display", "tags")


def test_shape_of_pixels_and_alpha_are_told(tmp_path: Path) -> None:
    making = Making(
        codec="prores_ks", pixel_format="yuva444p10le", options={"profile": "4444"}, aspect=Fraction(2)
    )
    report = movie_report(making.write(tmp_path / "wide.mov"))
    assert report.plate.pixel_aspect == 2 and report.channels == ("Y", "Cb", "Cr", "A")
    assert "2 times as wide" in warned(report, Concern.PIXEL_ASPECT) and Concern.ALPHA in concerns(report)


@pytest.fixture(scope="module")
def tagged_movie(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("boxes") / "whole.mov"
    return Making(stream_tags={"timecode": "10:20:30:04"}).write(path).read_bytes()


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_damaged_boxes_are_walked_without_harm(
    tmp_path_factory: pytest.TempPathFactory,
    tagged_movie: bytes,
    places: list[tuple[float, int]],
    keep: float,
) -> None:
    """Whatever their bytes say, the walk ends; with two tracks or fewer, as there are no more."""
    data = bytearray(tagged_movie)
    boxes = data.rindex(b"moov") - 4
    for place, value in places:
        data[boxes + int(place * (len(data) - boxes - 1))] = value
    path = tmp_path_factory.mktemp("boxes") / "broken.mov"
    path.write_bytes(data[: int(len(data) * keep)])
    assert len(movie_tracks(path)) <= 2
    if not places:
        assert len(movie_tracks(path)) == (2 if keep == 1.0 else 0)
