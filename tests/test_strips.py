"""Looking at a production through its server: strips, sound, previews of jobs."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.looked_at import House, image, looked_at
from tests.media_samples import SAMPLE_RATE, number_in, write_movie_with_sound
from tests.rendered_takes import add_take

from understudy.domain import errors
from understudy.domain.identifiers import new_id
from understudy.domain.job import Event, EventKind
from understudy.domain.pictures import Strip
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.media.composite import make_mark
from understudy.media.display import jpeg_bytes
from understudy.media.probe import probe
from understudy.media.wav import wav_bytes
from understudy.pictures import STRIPS_FOLDER


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with looked_at(tmp_path) as house:
        yield house


# Strips


def test_a_strip_is_made_of_the_frames_made_small(house: House) -> None:
    frames = [1008, 1001, 1004, 1001]
    strip = house.client.strip(shot_id="plate", frames=frames, height_px=60)
    assert strip.width_px == 80
    sheet = image(strip.jpeg)
    assert sheet.shape == (60, 4 * 80, 3)
    for place, frame in enumerate(frames):
        small = cv2.resize(house.picture(frame).rgb8(), (80, 60), interpolation=cv2.INTER_AREA)[..., ::-1]
        found = sheet[:, 80 * place : 80 * (place + 1)].astype(int)
        assert np.abs(found - small).mean() < 3 and np.abs(found[30] - small[30]).max() < 30


def test_every_37th_frame_is_exactly_that_frame(house: House) -> None:
    frames = list(range(1001, 1041, 13))
    strip = house.client.strip(shot_id="clip", frames=frames, height_px=48)
    assert strip.width_px == 64
    sheet = image(strip.jpeg)
    numbers = [number_in(sheet[:, 64 * n : 64 * (n + 1), 1]) for n in range(len(frames))]
    assert numbers == [frame - 1001 for frame in frames]


def test_a_take_shows_the_plate_where_nothing_is_rendered(house: House) -> None:
    plate = image(house.client.strip(shot_id="plate", frames=[1001, 1003], height_px=120).jpeg)
    take = image(house.client.strip(take_id=house.take.id, frames=[1001, 1003], height_px=120).jpeg)
    assert np.abs(plate[:, :160].astype(int) - take[:, :160]).mean() < 1
    assert np.abs(take[50, 230].astype(int) - plate[50, 230]).max() > 10


def test_thumbnails_are_kept_for_the_next_server_and_go_with_the_person(house: House) -> None:
    production = house.show.production
    folder = production.folder / STRIPS_FOLDER / house.clip.id
    first = house.client.strip(shot_id="clip", frames=[1002, 1003], height_px=48)
    kept = sorted(folder.rglob("*.jpg"))
    assert [path.name for path in kept] == ["1002.jpg", "1003.jpg"]
    house.show.studio.forget_pictures()
    Path(house.clip.plate.path).rename(house.show.folder / "away.mov")
    assert house.client.strip(shot_id="clip", frames=[1002, 1003], height_px=48) == first
    kept[0].write_bytes(b"torn")
    house.show.studio.forget_pictures()
    with pytest.raises(errors.UnreadableMedia):
        house.client.strip(shot_id="clip", frames=[1002], height_px=48)
    report = house.client.purge_person("speaker")
    assert any(path.startswith(STRIPS_FOLDER) for path in report.paths) and not folder.exists()
    stray = production.folder / STRIPS_FOLDER / "of-nobody"
    stray.mkdir()
    house.show.studio.forget_pictures()
    assert not stray.exists()


def test_a_purge_in_the_middle_of_a_strip_leaves_no_picture(house: House) -> None:
    turns = []

    def alive() -> bool:
        turns.append(1)
        if len(turns) == 2:
            house.client.purge_person("speaker")
        return True

    house.show.studio.strip(shot_id="clip", frames=[1002, 1003, 1004], height_px=48, alive=alive)
    assert len(turns) >= 3
    assert not (house.show.production.folder / STRIPS_FOLDER / house.clip.id).exists()


def test_not_every_height_of_a_thumbnail_fills_the_disk(house: House) -> None:
    folder = house.show.production.folder / STRIPS_FOLDER / house.clip.id
    for height_px in (63, 64, 65):
        house.client.strip(shot_id="clip", frames=[1002], height_px=height_px)
    assert [path.parent.name[-3:] for path in folder.rglob("*.jpg")] == ["-64"]


@pytest.mark.parametrize(
    ("frames", "height_px", "error"),
    [
        ([], 64, errors.BadInput),
        ([1001] * 65, 64, errors.BadInput),
        ([1001], 15, errors.BadInput),
        ([1001], 257, errors.BadInput),
        ([1001, 1999], 64, errors.FrameOutOfRange),
    ],
)
def test_strips_that_are_refused(
    house: House, frames: list[int], height_px: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        house.client.strip(shot_id="plate", frames=frames, height_px=height_px)


def test_a_strip_that_nobody_waits_for_is_left_alone(house: House) -> None:
    alive = iter([True, True, False])
    with pytest.raises(errors.Stopped):
        house.show.studio.strip(
            shot_id="plate", frames=[1001, 1002, 1003, 1004], height_px=64, alive=lambda: next(alive)
        )
    made = house.show.production.folder / STRIPS_FOLDER / house.show.shot.id
    assert len(list(made.rglob("*.jpg"))) == 2


def test_strips_leave_threads_for_the_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on, done = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> Strip:
        going_on.set()
        assert done.wait(20)
        return Strip(jpeg=b"", width_px=1)

    monkeypatch.setattr(house.show.studio, "strip", slow)
    with ThreadPoolExecutor(8) as pool:
        strips = [
            pool.submit(house.client.strip, shot_id="plate", frames=[1001], height_px=64) for _ in range(8)
        ]
        assert going_on.wait(10)
        try:
            house.client.frame_picture(shot_id="plate", frame=1003, layer=Layer.PLATE)
        finally:
            done.set()
    kinds = {type(strip.exception()) for strip in strips}
    assert kinds <= {errors.Transient, type(None)} and type(None) in kinds


# Sound


def opened(wav: bytes) -> tuple[wave._wave_params, npt.NDArray[np.int16]]:
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getparams(), samples.reshape(-1, file.getnchannels())


def test_sound_is_that_of_the_frames_to_the_sample(house: House) -> None:
    params, samples = opened(house.client.sound("clip", FrameRange(1011, 1020)))
    assert (params.nchannels, params.sampwidth, params.framerate) == (2, 2, SAMPLE_RATE)
    rate = house.clip.plate.rate
    first, end = round(10 * SAMPLE_RATE / rate), round(20 * SAMPLE_RATE / rate)
    assert len(samples) == end - first
    assert np.array_equal(samples[:, 0], (np.arange(first, end) % 32768).astype(np.int16))
    assert np.array_equal(samples[:, 1], -samples[:, 0])
    assert house.client.sound("plate", FrameRange(1001, 1002)) == b""
    with pytest.raises(errors.FrameOutOfRange):
        house.client.sound("clip", FrameRange(1030, 1050))


def test_ten_seconds_are_the_most(house: House, tmp_path: Path) -> None:
    plate = replace(house.clip.plate, rate=Fraction(1), file_frames=40)
    long = replace(house.clip, id=new_id(), name="long", plate=plate)
    house.show.production.add_shot(long)
    with pytest.raises(errors.BadInput, match="10 seconds"):
        house.client.sound("long", FrameRange(1001, 1011))


@pytest.mark.parametrize(
    ("rate_hz", "layout", "wanted"),
    [(96_000, "5.1", (48_000, 2)), (44_100, "mono", (44_100, 1)), (8_000, "stereo", (8_000, 2))],
)
def test_any_sound_becomes_one_that_browsers_play(
    tmp_path: Path, rate_hz: int, layout: str, wanted: tuple[int, int]
) -> None:
    plate = probe(write_movie_with_sound(tmp_path / "clip.mov", 24))
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    target = tmp_path / "other.mov"
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(2 * rate_hz) / rate_hz)).astype(np.int16)
    with av.open(plate.path) as source, av.open(str(target), "w") as movie:
        video = movie.add_stream_from_template(source.streams.video[0])
        audio = movie.add_stream("pcm_s16le", rate=rate_hz)
        audio.codec_context.layout = layout
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                movie.mux(packet)
        packed = np.ascontiguousarray(np.repeat(tone[:, None], channels, axis=1)).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), 0
        movie.mux(audio.encode(frame))
        movie.mux(audio.encode(None))
    start_s, end_s = 3 / plate.rate, 17 / plate.rate
    params, samples = opened(wav_bytes(probe(target), start_s, end_s))
    assert (params.framerate, params.nchannels) == wanted
    assert abs(len(samples) - (end_s - start_s) * wanted[0]) <= 1
    ideal = np.sin(2 * np.pi * 440 * (np.arange(len(samples)) / wanted[0] + float(start_s)))
    heard = samples[500:-500, 0].astype(float)
    assert np.corrcoef(heard, ideal[500:-500])[0, 1] > 0.999


# Previews of jobs


@pytest.mark.parametrize("marked", [False, True])
def test_previews_carry_the_evaluation_mark(house: House, marked: bool) -> None:
    production = house.show.production
    job_id = add_take(production, house.show.shot, house.show.consent().id, marked=marked).job_id
    grey = jpeg_bytes(np.full((192, 288, 3), 200, np.uint8))
    (production.folder / "jobs" / job_id / "preview.000010.jpg").write_bytes(grey)
    production.append_events(job_id, [Event(kind=EventKind.PREVIEW, path="preview.000010.jpg", done=10)])
    shown = image(house.client.job_preview(job_id))
    strip = make_mark(288, 192).rect
    assert shown.shape == (192, 288, 3) and abs(shown[: strip.y - 8].mean() - 200) < 2
    assert (shown[strip.y + 2 :].mean() < 150) == marked


def test_each_preview_event_has_its_own_picture(house: House) -> None:
    production, client = house.show.production, house.client
    consent = house.show.consent()
    job = production.job(add_take(production, house.show.shot, consent.id).job_id)
    folder = production.folder / "jobs" / job.id
    with pytest.raises(errors.NotFound, match="no preview yet"):
        client.job_preview(job.id)
    told = []
    for done in (10, 20, 30):
        (folder / f"preview.{done:06}.jpg").write_bytes(b"picture %d" % done)
        event = Event(kind=EventKind.PREVIEW, path=f"preview.{done:06}.jpg", done=done)
        told += production.append_events(job.id, [Event(kind=EventKind.NOTE, message="on"), event])
    previews = [event.sequence for event in told if event.kind is EventKind.PREVIEW]
    assert client.job_preview(job.id) == client.job_preview(job.id, previews[2]) == b"picture 30"
    assert client.job_preview(job.id, previews[0]) == b"picture 10"
    (folder / "preview.000020.jpg").unlink()
    with pytest.raises(errors.NotFound, match="iteration 20"):
        client.job_preview(job.id, previews[1])
    stray = Event(kind=EventKind.PREVIEW, path=str(house.clip.plate.path), done=40)
    with pytest.raises(errors.NotFound, match="names no preview"):
        client.job_preview(job.id, production.append_events(job.id, [stray])[0].sequence)
    for sequence in (previews[0] - 1, 9999):
        with pytest.raises(errors.NotFound, match="no preview"):
            client.job_preview(job.id, sequence)
    with pytest.raises(errors.BadInput):
        client.job_preview(job.id, -1)
    house.show.studio.revoke_consent(consent.id, "changed my mind")
    for sequence in (0, previews[0]):
        with pytest.raises(errors.ConsentRevoked, match=job.id):
            client.job_preview(job.id, sequence)
