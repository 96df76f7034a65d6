"""Plates kept open, pictures made ahead: whatever way somebody goes, the frame is the numbered frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
from av.video.stream import VideoStream
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media_samples import (
    NTSC_FILM,
    number_in,
    numbered_picture,
    sample_layers,
    write_movie_with_sound,
    write_take,
)

from understudy.domain import errors
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.media import warm_plates
from understudy.media.decoder import Decoder
from understudy.media.display import bgr8, jpeg_bytes, resized
from understudy.media.frame_desk import FrameDesk, View
from understudy.media.layers import layers_path, write_layers
from understudy.media.picture import Picture
from understudy.media.probe import probe
from understudy.media.warm_plates import WarmPlates

COUNT = 200
FILMS = {
    "long groups": ("libx264", {"g": "250", "bf": "3", "x264-params": "b-pyramid=normal:scenecut=0"}),
    "open groups": ("libx264", {"g": "25", "bf": "3", "x264-params": "open-gop=1:scenecut=0"}),
    "short groups": ("libx264", {"g": "12", "bf": "2", "x264-params": "scenecut=0"}),
    "mpeg2": ("mpeg2video", {"g": "15", "bf": "2", "qscale": "3"}),
    "single pictures": ("prores_ks", {"profile": "2"}),
}


def encode(path: Path, codec: str, options: dict[str, str], ticks: list[int], base: Fraction) -> Plate:
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=Fraction(24), options=options))
        single = codec == "prores_ks"
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv422p10le" if single else "yuv420p"
        stream.codec_context.time_base = base
        for index, tick in enumerate(ticks):
            frame = numbered_picture(index).video_frame()
            if single:
                frame = frame.reformat(format="yuv422p10le")
            frame.time_base, frame.pts = base, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return probe(path)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plate]:
    folder = tmp_path_factory.mktemp("films")
    found = {
        name: encode(folder / f"{name}.mov", codec, options, list(range(COUNT)), Fraction(1, 24))
        for name, (codec, options) in FILMS.items()
    }
    uneven = [40 * n + 13 * (n % 3) for n in range(COUNT)]
    codec, options = FILMS["open groups"]
    found["variable rate"] = encode(folder / "uneven.mkv", codec, options, uneven, Fraction(1, 1000))
    assert found["variable rate"].variable_rate
    found["part"] = replace(found["open groups"], first_index=40, last_index=180, first_frame=1009)
    return found


def number(picture: Picture) -> int:
    return number_in(picture.y_HW)  # type: ignore[attr-defined]


def waits_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


WAYS = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.sampled_from([-1, 0, 1, 2, 5]), st.integers(1, 12)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("name", [*FILMS, "variable rate", "part"])
@settings(max_examples=8, deadline=None)
@given(ways=WAYS, going_back=st.booleans(), passing=st.booleans())
def test_every_way_through_a_plate_shows_the_numbered_frames(
    plates: dict[str, Plate], name: str, ways: list[tuple[int, int, int]], going_back: bool, passing: bool
) -> None:
    plate, warm = plates[name], WarmPlates(most_bytes=20 * 64 * 48 * 3)
    try:
        for start, step, many in ways:
            for n in range(many):
                index = min(max(start + n * step, plate.first_index), plate.last_index)
                frame = plate.first_frame + index - plate.first_index
                shown = warm.picture(plate, frame, going_back=going_back or step < 0, passing=passing)
                assert number(shown) == index
    finally:
        warm.forget()


@pytest.mark.parametrize("name", FILMS)
def test_many_threads_at_once_get_their_frames(plates: dict[str, Plate], name: str) -> None:
    plate, warm = plates[name], WarmPlates(most_bytes=30 * 64 * 48 * 3)
    frames = np.random.default_rng(3).integers(1001, 1001 + COUNT, 60).tolist()
    frames += list(range(1050, 1090))  # and eight of them together go through a part of it

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda frame: number(warm.picture(plate, frame)), frames))
    assert found == [frame - 1001 for frame in frames]
    warm.forget()


def test_going_back_decodes_a_long_group_once_for_many_steps(
    plates: dict[str, Plate], monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, warm, decoded = plates["long groups"], WarmPlates(), list[int]()
    original = Decoder.frame

    def counting(self: Decoder, frame: int, **how: object) -> av.VideoFrame:
        decoded.append(frame)
        return original(self, frame, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Decoder, "frame", counting)
    for frame in range(1190, 1090, -1):
        assert number(warm.picture(plate, frame, going_back=True)) == frame - 1001
    assert len(decoded) <= 3
    warm.forget()


def test_passing_through_decodes_each_picture_once_and_takes_nobodys_place(
    plates: dict[str, Plate], monkeypatch: pytest.MonkeyPatch
) -> None:
    plate, warm, opened = plates["long groups"], WarmPlates(), list[int]()
    original = Decoder._go_to

    def counting(self: Decoder, index: int) -> None:
        opened.append(index)
        original(self, index)

    monkeypatch.setattr(Decoder, "_go_to", counting)
    assert number(warm.picture(plate, 1011)) == 10
    for frame in range(1001, 1200, 37):
        assert number(warm.picture(plate, frame, passing=True)) == frame - 1001
    assert number(warm.picture(plate, 1012)) == 11
    assert len(opened) <= 2 and len(warm._seats) == 2
    warm.forget()


def test_pictures_kept_stay_within_their_bytes(plates: dict[str, Plate]) -> None:
    limit = 12 * 64 * 48 * 2
    warm = WarmPlates(most_bytes=limit)
    for frame in (1150, *range(1001, 1100), *range(1199, 1150, -1)):
        warm.picture(plates["long groups"], frame, going_back=True)
        kept = sum(warm_plates._bytes_of(picture) for _, picture in warm._frames.items())
        assert kept <= limit
    warm.forget()
    assert not warm._frames.items() and not warm._seats


def test_decoders_are_few_and_close_when_nobody_comes(plates: dict[str, Plate]) -> None:
    now = [0.0]
    warm = WarmPlates(most_decoders=4, clock=lambda: now[0])
    for name in ("open groups", "short groups", "mpeg2"):
        for frame in (1001, 1100, 1180, 1040):
            warm.picture(plates[name], frame)
    assert len(warm._seats) == 4
    now[0] = 30.0
    warm.picture(plates["mpeg2"], 1060)
    now[0] = 80.0
    warm.rest()
    assert len(warm._seats) == 1
    now[0] = 200.0
    warm.rest()
    assert not warm._seats and not warm._frames.items()
    assert number(warm.picture(plates["mpeg2"], 1060)) == 59
    warm.forget()


def test_what_is_wrong_with_a_plate_is_said(plates: dict[str, Plate], tmp_path: Path) -> None:
    warm, plate = WarmPlates(), plates["short groups"]
    with pytest.raises(errors.FrameOutOfRange, match="1201"):
        warm.picture(plate, 1201)
    with pytest.raises(errors.UnreadableMedia, match="does not exist"):
        warm.picture(replace(plate, path=str(tmp_path / "gone.mov")), 1001)
    short = tmp_path / "short.mov"
    short.write_bytes(Path(plates["mpeg2"].path).read_bytes())
    longer = replace(plates["mpeg2"], path=str(short), file_frames=COUNT + 9, last_index=COUNT + 8)
    for _ in range(2):
        with pytest.raises(errors.UnreadableMedia, match="cut off before frame 1205"):
            warm.picture(longer, 1205)
    assert number(warm.picture(longer, 1200)) == 199


# The desk


@pytest.fixture
def desk() -> Iterator[FrameDesk]:
    desk = FrameDesk()
    yield desk
    desk.close()


def shown(jpeg: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_next_previous_and_far_frames_are_the_right_ones(plates: dict[str, Plate], desk: FrameDesk) -> None:
    for name, plate in plates.items():
        view = View(plate=plate)
        near = [1060, 1061, 1062, 1063, 1064, 1063, 1062, 1061, 1060, 1059, 1100, 1012, 1013, 1012, 1090]
        for frame in near:
            index = plate.index_of(frame)
            picture = desk.picture(view, frame)
            assert number_in(shown(picture.jpeg)[..., 1]) == index, name
            assert picture.version == plate.sha256[:16]


@pytest.mark.parametrize("direction", [1, -1])
def test_who_steps_finds_the_next_frames_made(
    plates: dict[str, Plate], desk: FrameDesk, monkeypatch: pytest.MonkeyPatch, direction: int
) -> None:
    made, original = list[tuple[int, str]](), FrameDesk._make

    def noting(self: FrameDesk, view: View, frame: int, going_back: bool) -> object:
        made.append((frame, threading.current_thread().name))
        return original(self, view, frame, going_back)

    monkeypatch.setattr(FrameDesk, "_make", noting)
    view = View(plate=plates["long groups"])
    desk.picture(view, 1100)
    time.sleep(0.1)
    assert [frame for frame, _ in made] == [1100]  # a jump alone says nothing about what comes next
    desk.picture(view, 1100 + direction)
    ahead = [1100 + direction * step for step in range(2, 8)]
    assert waits_for(lambda: {frame for frame, thread in made if thread == "look ahead"} == set(ahead))
    before = len(made)
    for frame in ahead:
        assert number_in(shown(desk.picture(view, frame).jpeg)[..., 1]) == frame - 1001
    assert [frame for frame, thread in made[before:] if thread != "look ahead"] == []
    frames = [frame for frame, _ in made]
    assert len(frames) == len(set(frames))  # nothing is made twice


def test_the_same_frame_asked_for_by_many_is_made_once(
    plates: dict[str, Plate], desk: FrameDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, original = list[int](), FrameDesk._make

    def noting(self: FrameDesk, view: View, frame: int, going_back: bool) -> object:
        made.append(frame)
        time.sleep(0.05)
        return original(self, view, frame, going_back)

    monkeypatch.setattr(FrameDesk, "_make", noting)
    view = View(plate=plates["long groups"])
    with ThreadPoolExecutor(8) as pool:
        pictures = set(pool.map(lambda _: desk.picture(view, 1150), range(16)))
    assert made == [1150] and len(pictures) == 1


def test_nothing_is_kept_once_it_is_to_be_forgotten(
    plates: dict[str, Plate], desk: FrameDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, original = View(plate=plates["long groups"]), FrameDesk._make
    begun, forgotten = threading.Event(), threading.Event()

    def slow(self: FrameDesk, view: View, frame: int, going_back: bool) -> object:
        picture = original(self, view, frame, going_back)
        begun.set()
        assert forgotten.wait(10)
        return picture

    monkeypatch.setattr(FrameDesk, "_make", slow)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(desk.picture, view, 1020)
        assert begun.wait(10)
        desk.forget()
        forgotten.set()
        assert number_in(shown(asked.result().jpeg)[..., 1]) == 19
    assert not desk._made.items() and not desk.plates._frames.items()


def test_a_take_is_shown_as_it_is_now(plates: dict[str, Plate], desk: FrameDesk, tmp_path: Path) -> None:
    plate, rect = plates["short groups"], Rect(16, 8, 24, 24)
    take = write_take(tmp_path, (1001, 1002, 1003), plate.display_window, rect)
    view = View(plate=plate, take=take, layer=Layer.REPLACED)
    first = desk.picture(view, 1002)
    plain = desk.picture(View(plate=plate), 1002)
    assert first.version == "settings-1" and np.abs(shown(first.jpeg)[20, 28] - 191.0).max() <= 3
    np.testing.assert_allclose(shown(first.jpeg)[:6, :], shown(plain.jpeg)[:6, :], atol=3)
    marked = desk.picture(replace(view, marked=True), 1002)
    assert marked.version != first.version and marked.jpeg != first.jpeg
    matte = shown(desk.picture(replace(view, layer=Layer.MATTE), 1002).jpeg)
    assert matte[20, 28].min() > 250 and matte[2, 2].max() < 5
    with pytest.raises(errors.NotFound, match="1004"):
        desk.picture(view, 1004)
    with pytest.raises(errors.BadInput, match="ask a take"):
        desk.picture(replace(view, take=None), 1002)
    with pytest.raises(errors.BadInput, match="no raw"):
        desk.picture(replace(view, layer=Layer.RAW), 1001)
    write_layers(
        sample_layers(1002, rect, grey=0.1),
        layers_path(take, 1002),
        display_window=plate.display_window,
        settings_sha256="settings-2",
        people=(),
    )
    again = desk.picture(view, 1002)
    assert again.version == "settings-2" and np.abs(shown(again.jpeg)[20, 28] - 98.0).max() <= 3


def test_a_screen_sees_what_rgb8_is(plates: dict[str, Plate], tmp_path: Path) -> None:
    """Full size to the bit; smaller to one code value of the full picture made small."""
    for name in ("short groups", "single pictures"):
        warm = WarmPlates()
        picture = warm.picture(plates[name], 1100)
        rgb_HW3 = picture.rgb8()
        assert np.array_equal(bgr8(picture), rgb_HW3[..., ::-1])
        for size_wh in ((32, 24), (20, 15)):
            small = bgr8(picture, size_wh)[..., ::-1].astype(int)
            assert np.abs(small - resized(rgb_HW3, size_wh)).max() <= 1
        warm.forget()


def test_a_jpeg_fits_a_message_or_is_refused() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (1600, 2400, 3), dtype=np.uint8)
    assert len(jpeg_bytes(noise)) <= 4_000_000
    with pytest.raises(errors.BadInput, match="smaller width"):
        jpeg_bytes(rng.integers(0, 256, (6000, 6000, 3), dtype=np.uint8))
    with pytest.raises(errors.BadInput, match="larger than a JPEG"):
        jpeg_bytes(np.zeros((2, 70_000), np.uint8))


def test_times_of_frames(plates: dict[str, Plate], tmp_path: Path) -> None:
    warm = WarmPlates()
    even = probe(write_movie_with_sound(tmp_path / "even.mov", 10))
    assert warm.end_of(even, 1010) == 10 / NTSC_FILM and warm.time_of(even, 1004) == 3 / NTSC_FILM
    uneven = plates["variable rate"]
    assert warm.time_of(uneven, 1002) == warm.end_of(uneven, 1001) == Fraction(53, 1000)
    warm.forget()
