from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from tests.media_samples import HD, sample_layers

from understudy.domain.errors import BadSettings, UnreadableMedia
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.exr_frame import ExrDelivery, exr_frame_valid, write_exr_frame
from understudy.media.layers import (
    FaceLayers,
    layers_path,
    layers_valid,
    no_face_layers,
    read_layers,
    write_layers,
)

WINDOW = Rect(0, 0, 192, 108)
RECT = Rect(40, 30, 48, 52)


def write(layers: FaceLayers, target: Path, settings: str = "abc", compression: str = "rle") -> Path:
    write_layers(
        layers,
        target,
        display_window=WINDOW,
        settings_sha256=settings,
        people=("p1", "p2"),
        compression=compression,
    )
    return target


def random_layers(frame: int = 1001, *, same_matte: bool = True) -> FaceLayers:
    rng = np.random.default_rng(frame)
    layers = sample_layers(frame, RECT)
    replaced = rng.random((RECT.height, RECT.width, 4)).astype(np.float16)
    matte = replaced[..., 3].copy() if same_matte else rng.random(replaced.shape[:2]).astype(np.float16)
    return FaceLayers(frame=frame, rect=RECT, replaced_HW4=replaced, matte_HW=matte, faces=layers.faces)


@pytest.mark.parametrize("same_matte", [True, False])
@pytest.mark.parametrize("compression", ["rle", "zip", "none"])
def test_layers_come_back_bit_by_bit(tmp_path: Path, same_matte: bool, compression: str) -> None:
    layers = random_layers(same_matte=same_matte)
    back = read_layers(write(layers, layers_path(tmp_path, 1001), compression=compression))
    assert (back.frame, back.rect) == (1001, RECT)
    assert np.array_equal(back.replaced_HW4, layers.replaced_HW4)
    assert np.array_equal(back.matte_HW, layers.matte_HW)
    (face,), (wanted,) = back.faces, layers.faces
    assert (face.track, face.person_id) == (wanted.track, wanted.person_id)
    assert np.array_equal(face.raw_SS3, wanted.raw_SS3) and np.array_equal(face.matrix_23, wanted.matrix_23)


def test_no_face_is_a_result_and_not_a_missing_file(tmp_path: Path) -> None:
    back = read_layers(write(no_face_layers(1007), layers_path(tmp_path, 1007)))
    assert back.frame == 1007 and back.faces == () and back.replaced_HW4[..., 3].max() == 0
    with pytest.raises(UnreadableMedia, match="missing"):
        read_layers(layers_path(tmp_path, 1008))


def test_existing_is_not_valid(tmp_path: Path) -> None:
    path = write(random_layers(), tmp_path / "layers.1001.exr")
    assert layers_valid(path, "abc")
    assert not layers_valid(path, "other settings")
    assert not layers_valid(tmp_path / "none.exr", "abc")
    path.write_bytes(b"")
    assert not layers_valid(path, "abc")
    path.write_bytes(b"no picture at all " * 20)
    assert not layers_valid(path, "abc")


@pytest.mark.parametrize("keep", [0.999, 0.6, 0.05])
def test_cut_off_layers_are_refused(tmp_path: Path, keep: float) -> None:
    path = write(random_layers(), tmp_path / "layers.1001.exr")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnreadableMedia, match="convert its frame again"):
        read_layers(path)


def test_writing_leaves_one_whole_file(tmp_path: Path) -> None:
    for _ in range(2):
        write(random_layers(), tmp_path / "layers.1001.exr")
    assert [path.name for path in tmp_path.iterdir()] == ["layers.1001.exr"]
    with pytest.raises(BadSettings, match="compression"):
        write(random_layers(), tmp_path / "layers.1002.exr", compression="jpeg")
    assert len(list(tmp_path.iterdir())) == 1


def test_people_are_in_the_header(tmp_path: Path) -> None:
    path = write(random_layers(), tmp_path / "layers.1001.exr")
    with OpenEXR.File(str(path), header_only=True) as file:
        assert file.parts[0].header["understudyPeople"] == "p1 p2"


@pytest.fixture
def delivery() -> ExrDelivery:
    plate = Plate(
        path="plate.mov", sha256="0" * 64, width=192, height=108, rate=Fraction(30000, 1001), file_frames=50,
        first_index=2, last_index=40, colour=HD, start_timecode="01:00:59;28", reel="A001C002",
        pixel_aspect=Fraction(2),
    )  # fmt: skip
    return ExrDelivery(plate=plate, people=("p1", "p2"), compression="zip", settings_sha256="abc")


def test_the_compositors_frame(tmp_path: Path, delivery: ExrDelivery) -> None:
    layers = random_layers(1003, same_matte=False)
    beauty = np.random.default_rng(0).random((108, 192, 3)).astype(np.float16)
    write_exr_frame(tmp_path / "shot.1003.exr", beauty, layers, delivery)
    with OpenEXR.File(str(tmp_path / "shot.1003.exr")) as file:
        parts = {part.header["name"]: part for part in file.parts}
        assert list(parts) == ["beauty", "replaced", "matte", "raw.1", "st.1"]
        assert np.array_equal(parts["beauty"].channels["RGB"].pixels, beauty)
        assert np.array_equal(parts["replaced"].channels["RGBA"].pixels, layers.replaced_HW4)
        assert np.array_equal(parts["matte"].channels["A"].pixels, layers.matte_HW)
        header = parts["beauty"].header
        (x0, y0), (x1, y1) = parts["replaced"].header["dataWindow"]
        assert (x0, y0, x1, y1) == (40, 30, 87, 81)
        s = parts["st.1"].channels["R"].pixels
        assert s.dtype == np.float32 and s[0, 0] == pytest.approx((0.5 * 40.5 - 20) / 32)
        assert Fraction(header["framesPerSecond"]) == Fraction(30000, 1001)
        timecode = header["timeCode"]
        found = timecode.hours, timecode.minutes, timecode.seconds, timecode.frame, timecode.dropFrame
        assert found == (1, 1, 0, 4, True)  # 01:00:59;28 + 4: the labels 00 and 01 do not exist
        assert header["reelName"] == "A001C002" and header["pixelAspectRatio"] == 2.0
        assert header["chromaticities"][0] == pytest.approx(0.64)
        assert header["understudyPeople"] == "p1 p2" and header["software"].startswith("Understudy ")


def test_frames_can_be_written_by_several_threads(tmp_path: Path, delivery: ExrDelivery) -> None:
    beauty = np.zeros((108, 192, 3), np.float16)
    frames = range(1001, 1009)

    def run(frame: int) -> None:
        write_exr_frame(tmp_path / f"{frame}.exr", beauty, random_layers(frame), delivery)

    threads = [threading.Thread(target=run, args=(frame,)) for frame in frames]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(exr_frame_valid(tmp_path / f"{frame}.exr", "abc") for frame in frames)
    assert not exr_frame_valid(tmp_path / "1001.exr", "other")
