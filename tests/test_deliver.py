from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import OpenEXR
import pytest
from tests.media_samples import (
    HD,
    SAMPLE_RATE,
    number_in,
    ramp_samples,
    sample_layers,
    write_movie_with_sound,
    write_numbered_movie,
    write_take,
)

from understudy.config import DeliverConfig
from understudy.domain.errors import FramesFailed, Stopped
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.media.composite import composite
from understudy.media.layers import layers_path, write_layers
from understudy.media.picture import YuvPicture
from understudy.media.probe import probe
from understudy.media.video import open_plate
from understudy.stages.deliver import ALGORITHM, deliver
from understudy.stages.ingest import ingest

RECT = Rect(21, 11, 20, 20)
GOLDEN_Y = [72, 84, 132, 135, 139, 143, 144, 156]
GOLDEN_U = [100, 109, 124, 125, 124, 130]
GOLDEN_V = [144, 142, 133, 134, 144, 144]


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    folder = tmp_path_factory.mktemp("plate")
    path = write_numbered_movie(
        folder / "plate.mov", 12, codec="prores422hq", timecode="01:00:00:00", reel="A001"
    )
    return ingest(path, in_index=2, out_index=9)


@pytest.fixture(scope="module")
def take(plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("take")
    return write_take(folder, tuple(plate.frames), plate.display_window, RECT)


def run(plate: Plate, take: Path, out: Path, config: DeliverConfig, **changes: object) -> list[Path]:
    arguments: dict[str, object] = {
        "title": "shot_v001",
        "marked": False,
        "people": ("performer", "donor"),
        "emit": lambda event: None,
        "stopping": lambda: False,
    }
    return deliver(plate, take, tuple(plate.frames), config, out, **(arguments | changes))  # type: ignore[arg-type]


def test_prores_of_a_prores_plate_changes_only_the_face(plate: Plate, take: Path, tmp_path: Path) -> None:
    config = DeliverConfig(movies=("prores422hq",), contact_sheet=False)
    (path,) = run(plate, take, tmp_path, config)
    result = probe(path)
    assert (result.file_frames, result.rate, result.reel) == (8, plate.rate, "A001")
    assert result.start_timecode == "01:00:00:02"
    before = {f.frame: f.picture for f in open_plate(plate).frames(plate.frames)}
    after = [f.picture for f in open_plate(result).frames(result.frames)]
    assert np.array_equal(after[0].y_HW, before[1001].y_HW)  # no face: the same codes through ProRes again
    inside = after[3].region(Rect(28, 18, 6, 6))
    assert np.allclose(inside, 0.5 ** (1 / 2.4), atol=0.02)
    far = np.abs(after[3].y_HW[:, :8].astype(int) - before[1004].y_HW[:, :8].astype(int))
    assert far.max() <= 4
    assert number_in(after[3].y_HW[:9]) == 5  # outside the face it is still picture 5 of the file


def test_every_output_in_one_pass_and_progress(plate: Plate, take: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    config = DeliverConfig(movies=("h264", "prores4444"), exr=True, side_by_side=True, exr_compression="zips")
    donor = np.full((40, 30, 3), 200, np.uint8)
    paths = run(plate, take, tmp_path, config, emit=events.append, donor_pictures=[donor], marked=True)
    names = {path.relative_to(tmp_path).as_posix() for path in paths}
    movies = {"shot_v001_h264.mp4", "shot_v001_prores4444.mov", "shot_v001_side_by_side.mp4"}
    assert names == movies | {"contact_sheet.png"} | {f"exr/shot_v001.{f}.exr" for f in range(1001, 1009)}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(paths)
    assert events[-1].kind is EventKind.PROGRESS
    assert (events[-1].done, events[-1].total, events[-1].unit) == (8, 8, "frames")
    assert probe(tmp_path / "shot_v001_side_by_side.mp4").width == 128
    sheet = cv2.imread(str(tmp_path / "contact_sheet.png"))
    assert sheet is not None and sheet.shape[0] > 6 * 240 and sheet.shape[1] > 4 * 320


def test_prores_4444_carries_the_matte(plate: Plate, take: Path, tmp_path: Path) -> None:
    (path,) = run(plate, take, tmp_path, DeliverConfig(movies=("prores4444",), contact_sheet=False))
    result = probe(path)
    pictures = [f.picture for f in open_plate(result).frames((1001, 1004))]
    assert pictures[0].a_HW.max() == 0
    top = (1 << result.bit_depth) - 1
    assert pictures[1].a_HW[20, 30] == top and pictures[1].a_HW[5, 5] == 0


def test_the_mark_is_burnt_into_movie_and_exr(plate: Plate, take: Path, tmp_path: Path) -> None:
    config = DeliverConfig(movies=("prores422hq",), contact_sheet=False, exr=True)
    clean = run(plate, take, tmp_path / "clean", config)
    marked = run(plate, take, tmp_path / "marked", config, marked=True)
    for frame in (1001, 1006):
        before, after = (open_plate(probe(paths[0])).frame(frame).picture for paths in (clean, marked))
        assert not np.array_equal(before.y_HW[-10:], after.y_HW[-10:])
        assert np.abs(before.y_HW[:24].astype(int) - after.y_HW[:24].astype(int)).max() <= 4
    clean_beauty, marked_beauty = (_part(paths[1], "beauty")["RGB"] for paths in (clean, marked))
    assert not np.array_equal(clean_beauty[-10:], marked_beauty[-10:])
    assert np.array_equal(clean_beauty[:24], marked_beauty[:24])


def _part(path: Path, name: str) -> dict[str, np.ndarray]:
    with OpenEXR.File(str(path)) as file:
        part = next(part for part in file.parts if part.header["name"] == name)
        return {channel: part.channels[channel].pixels for channel in part.channels}


def test_exr_frames_are_skipped_only_while_they_are_valid(plate: Plate, take: Path, tmp_path: Path) -> None:
    config = DeliverConfig(movies=(), contact_sheet=False, exr=True, exr_compression="zips")
    paths = run(plate, take, tmp_path, config)
    stamps = [path.stat().st_mtime_ns for path in paths]
    paths[1].write_bytes(b"")
    run(plate, take, tmp_path, config)
    again = [path.stat().st_mtime_ns for path in paths]
    assert again[0] == stamps[0] and again[2:] == stamps[2:] and again[1] != stamps[1]
    run(plate, take, tmp_path, config, marked=True)
    assert all(now != then for now, then in zip([p.stat().st_mtime_ns for p in paths], again, strict=True))


def test_the_algorithm_number_belongs_to_these_codes() -> None:
    """Raise `ALGORITHM` in stages/deliver/task.py when this changes on purpose, and write the new codes."""
    y, x = np.mgrid[0:32, 0:32]
    plate_picture = YuvPicture(
        y_HW=(40 + 3 * x + 2 * y).astype(np.uint8),
        u_hw=(100 + x[::2, ::2]).astype(np.uint8),
        v_hw=(160 - y[::2, ::2]).astype(np.uint8),
        colour=HD,
    )
    layers = sample_layers(1001, Rect(5, 7, 20, 18), alpha=0.6, grey=0.3)
    result = composite(plate_picture, layers)
    assert ALGORITHM == 1
    assert result.y_HW[16, ::4].tolist() == GOLDEN_Y
    assert result.u_hw[8, ::3].tolist() == GOLDEN_U
    assert result.v_hw[8, ::3].tolist() == GOLDEN_V


def test_missing_layers_are_named_before_anything_is_written(plate: Plate, tmp_path: Path) -> None:
    take = write_take(tmp_path / "take", (1001, 1002, 1005), plate.display_window, RECT)
    with pytest.raises(FramesFailed, match="1003-1004,1006-1008"):
        run(plate, take, tmp_path / "out", DeliverConfig())
    assert not (tmp_path / "out").exists()


def test_damaged_layers_name_the_frame_and_leave_no_movie(plate: Plate, tmp_path: Path) -> None:
    take = write_take(tmp_path / "take", tuple(plate.frames), plate.display_window, RECT)
    broken = layers_path(take, 1005)
    broken.write_bytes(broken.read_bytes()[:-200])
    with pytest.raises(FramesFailed, match="1005"):
        run(plate, take, tmp_path / "out", DeliverConfig(contact_sheet=False))
    assert list((tmp_path / "out").iterdir()) == []


def test_stopping_leaves_no_half_movie(plate: Plate, take: Path, tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Stopped, match="1003"):
        run(plate, take, tmp_path, DeliverConfig(), stopping=lambda: next(asked))
    assert list(tmp_path.iterdir()) == []


def test_sound_of_the_range_is_exact_to_the_sample(tmp_path: Path) -> None:
    plate = ingest(write_movie_with_sound(tmp_path / "talk.mov", 20), in_index=3, out_index=14)
    take = write_take(tmp_path / "take", tuple(plate.frames), plate.display_window, RECT)
    (path,) = run(plate, take, tmp_path / "out", DeliverConfig(movies=("prores422hq",), contact_sheet=False))
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "pcm_s24le"
        pieces = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
    heard = np.concatenate(pieces) >> 16
    first, end = round(3 * SAMPLE_RATE / plate.rate), round(15 * SAMPLE_RATE / plate.rate)
    assert np.array_equal(heard, ramp_samples(end)[first:])


def test_frames_with_holes_have_no_sound_and_say_so(tmp_path: Path) -> None:
    plate = ingest(write_movie_with_sound(tmp_path / "talk.mov", 8))
    frames = (1001, 1003)
    take = write_take(tmp_path / "take", frames, plate.display_window, RECT)
    events: list[Event] = []
    (path,) = deliver(
        plate, take, frames, DeliverConfig(contact_sheet=False), tmp_path / "out", title="t", marked=False,
        people=(), emit=events.append, stopping=lambda: False,
    )  # fmt: skip
    assert any(event.kind is EventKind.NOTE and "sound" in event.message for event in events)
    assert probe(path).audio is None and probe(path).file_frames == 2


def test_review_movie_is_resized_and_has_aac(tmp_path: Path) -> None:
    plate = ingest(write_movie_with_sound(tmp_path / "talk.mov", 10))
    take = write_take(tmp_path / "take", tuple(plate.frames), plate.display_window, RECT)
    (path,) = run(plate, take, tmp_path / "out", DeliverConfig(width_px=32, contact_sheet=False))
    result = probe(path)
    assert (result.width, result.height, result.codec, result.file_frames) == (32, 24, "h264", 10)
    assert result.audio is not None and result.audio.codec == "aac"
    assert probe(path).colour == plate.colour


def test_a_patch_over_the_edge_of_the_plate_is_cut(plate: Plate, tmp_path: Path) -> None:
    rect = Rect(-6, 40, 20, 20)
    take = tmp_path / "take"
    for frame in plate.frames:
        write_layers(
            sample_layers(frame, rect), layers_path(take, frame), display_window=plate.display_window,
            settings_sha256="s", people=(),
        )  # fmt: skip
    config = DeliverConfig(movies=("prores422hq",), exr=True, exr_compression="none")
    paths = run(plate, take, tmp_path / "out", config)
    beauty = _part(paths[1], "beauty")["RGB"]
    assert np.allclose(beauty[44:, :8], 0.5, atol=1e-3)
