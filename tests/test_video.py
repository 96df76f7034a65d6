from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media_samples import number_in, numbered_picture, write_numbered_movie

from understudy.domain.errors import FrameOutOfRange, UnreadableMedia
from understudy.domain.shot import Plate
from understudy.media.picture_rate import likely_rates, rate_of
from understudy.media.probe import probe
from understudy.media.video import PlateFrame, open_plate
from understudy.stages.ingest import ingest

COUNT = 90


def number(frame: PlateFrame) -> int:
    return number_in(frame.picture.y_HW)  # type: ignore[attr-defined]


def encode(path: Path, codec: str, options: dict[str, str], ticks: list[int], base: Fraction) -> Path:
    """A movie of numbered pictures with chosen timestamps, made with PyAV alone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = base
        for index, tick in enumerate(ticks):
            frame = numbered_picture(index).video_frame()
            frame.time_base, frame.pts = base, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("movies")


@pytest.fixture(scope="module")
def long_groups(folder: Path) -> Plate:
    """H.264 with B pictures, open groups and few key pictures: the hard case for seeking."""
    options = {"g": "25", "bf": "3", "x264-params": "open-gop=1:scenecut=0", "preset": "fast", "crf": "10"}
    return probe(encode(folder / "open.mp4", "libx264", options, list(range(COUNT)), Fraction(1, 24)))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1001, 1000 + COUNT), min_size=1, max_size=6))
def test_any_frame_in_any_order_is_the_right_one(long_groups: Plate, frames: list[int]) -> None:
    found = list(open_plate(long_groups).frames(frames))
    assert [item.frame for item in found] == frames
    assert [number(item) for item in found] == [frame - 1001 for frame in frames]


def test_reading_straight_through(long_groups: Plate) -> None:
    assert [number(item) for item in open_plate(long_groups).frames(long_groups.frames)] == list(range(COUNT))


@pytest.mark.parametrize(
    ("name", "codec", "base"),
    [
        ("a.mkv", "libx264", Fraction(1, 1000)),
        ("b.mpg", "mpeg1video", Fraction(1, 24)),
        ("c.avi", "mpeg4", Fraction(1, 24)),
        ("d.webm", "libvpx", Fraction(1, 1000)),
        ("e.ts", "libx264", Fraction(1, 24)),
    ],
)
def test_containers(folder: Path, name: str, codec: str, base: Fraction) -> None:
    ticks = [round(index / base / 24) for index in range(40)]
    plate = probe(encode(folder / name, codec, {"g": "10", "b": "2000000"}, ticks, base))
    assert (plate.file_frames, plate.rate, plate.variable_rate) == (40, 24, False)
    frames = (1001, 1030, 1012, 1040, 1013)
    found = list(open_plate(plate).frames(frames))
    assert [number(item) for item in found] == [frame - 1001 for frame in frames]


def test_variable_rate_keeps_every_picture_and_its_time(folder: Path) -> None:
    ticks = list(np.cumsum([0, *([42, 42, 83, 21, 42] * 8)]))
    path = encode(folder / "variable.mp4", "libx264", {"g": "12"}, [int(t) for t in ticks], Fraction(1, 1000))
    plate = probe(path)
    assert plate.variable_rate and plate.file_frames == len(ticks)
    reader = open_plate(plate)
    found = list(reader.frames((1001, 1020, 1007)))
    assert [number(item) for item in found] == [0, 19, 6]
    assert [round(item.time_s * 1000) for item in found] == [ticks[0], ticks[19], ticks[6]]
    assert reader.time_of(1008) == Fraction(int(ticks[7]), 1000)


def test_the_shot_is_a_part_of_the_file(long_groups: Plate) -> None:
    plate = ingest(Path(long_groups.path), in_index=30, out_index=34, first_frame=100)
    assert [number(item) for item in open_plate(plate).frames(plate.frames)] == [30, 31, 32, 33, 34]
    for outside in (99, 105):
        with pytest.raises(FrameOutOfRange, match="100-104"):
            open_plate(plate).frames((100, outside))


def test_the_rotation_tag_is_applied(folder: Path) -> None:
    source = write_numbered_movie(folder / "upright.mp4", 3)
    turned = folder / "turned.mp4"
    with av.open(str(source)) as reading, av.open(str(turned), "w") as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for packet in reading.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                writing.mux(packet)
    _set_rotation(turned)
    upright, plate = probe(source), probe(turned)
    assert (plate.width, plate.height, plate.rotation_deg) == (48, 64, 270)
    original = open_plate(upright).frame(1002).picture.rgb8()
    shown = open_plate(plate).frame(1002).picture.rgb8()
    assert np.abs(shown.astype(int) - np.rot90(original, -1).astype(int)).mean() < 2


def _set_rotation(path: Path) -> None:
    """Write a quarter turn clockwise into the track header of a movie."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 36  # version and flags, then the fields before the matrix
    one, minus = (65536).to_bytes(4, "big"), (-65536 & 0xFFFFFFFF).to_bytes(4, "big")
    zero, unit = bytes(4), (1 << 30).to_bytes(4, "big")
    data[at : at + 36] = zero + one + zero + minus + zero + zero + (48 << 16).to_bytes(4, "big") + zero + unit
    path.write_bytes(bytes(data))


def test_stopping_early_ends_the_decoder(long_groups: Plate) -> None:
    before = threading.active_count()
    for item in open_plate(long_groups, read_ahead=2).frames(long_groups.frames):
        if item.frame == 1004:
            break
    iterator = open_plate(long_groups).frames(long_groups.frames)
    next(iterator)
    iterator.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_a_file_that_was_cut_after_ingest_names_the_frame(folder: Path) -> None:
    path = write_numbered_movie(folder / "later.mov", 30, codec="prores422hq")
    plate = probe(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(UnreadableMedia, match=r"later\.mov .* frame 10\d\d"):
        list(open_plate(plate).frames(plate.frames))
    with pytest.raises(UnreadableMedia, match="does not exist"):
        open_plate(replace(plate, path=str(folder / "gone.mov")))


@pytest.mark.parametrize(
    ("times", "base", "stated", "wanted"),
    [
        ([0, 42, 83, 125, 167], Fraction(1, 1000), [Fraction(24)], (Fraction(24), False)),
        ([0, 1001, 2002], Fraction(1, 24000), [Fraction(24000, 1001)], (Fraction(24000, 1001), False)),
        ([0, 3600, 7200], Fraction(1, 90000), [Fraction(50), Fraction(25)], (Fraction(25), False)),
        ([0, 10, 30, 40, 90], Fraction(1, 100), [Fraction(10)], (Fraction(10), True)),
        ([5], Fraction(1, 24), [Fraction(24)], (Fraction(24), False)),
    ],
)
def test_rates_from_timestamps(
    times: list[int | None], base: Fraction, stated: list[Fraction], wanted: tuple[Fraction, bool]
) -> None:
    assert rate_of(times, base, stated) == wanted


@pytest.mark.parametrize("stated", [Fraction(2397, 100), Fraction(2398, 100), Fraction(23976, 1000)])
def test_a_rounded_rate_is_the_one_that_was_rounded(stated: Fraction) -> None:
    assert likely_rates([stated])[0] == Fraction(24000, 1001)
