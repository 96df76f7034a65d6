"""Sequences of pictures are found by every common way to write them, and any channel of them is read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
import pytest

from understudy.domain.errors import BadMatte
from understudy.media.sequence import channel_names, find_sequence, read_channel

SIZE = (30, 20)
MATTE = np.random.default_rng(0).random((20, 30)).astype(np.float32)
WINDOW = ((0, 0), (29, 19))


def part(
    name: str,
    channels: dict[str, npt.NDArray[np.floating]],
    data: tuple[tuple[int, int], tuple[int, int]] = WINDOW,
) -> OpenEXR.Part:
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIP_COMPRESSION,
        "dataWindow": data,
        "displayWindow": WINDOW,
    }
    return OpenEXR.Part(header, channels, name)


def exr(path: Path, *parts: OpenEXR.Part) -> Path:
    OpenEXR.File(list(parts)).write(str(path))
    return path


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    cropped = np.ascontiguousarray(MATTE[5:15, 10:])
    return exr(
        tmp_path / "m.1001.exr",
        part("beauty", {"RGBA": np.dstack([MATTE * 0.5] * 3 + [MATTE])}),
        part("hand", {"A": 1 - MATTE}),
        part("ids", {"mask.A": cropped, "mask.Z": cropped * 7}, ((10, 5), (29, 14))),
    )


@pytest.mark.parametrize(
    ("channel", "wanted"),
    [
        ("", MATTE),
        ("A", MATTE),
        ("beauty.A", MATTE),
        ("alpha", MATTE),
        ("r", MATTE * 0.5),
        ("luma", MATTE * 0.5),
        ("hand.A", 1 - MATTE),
        ("hand", 1 - MATTE),
    ],
)
def test_channels_of_every_part_are_read(
    layered: Path, channel: str, wanted: npt.NDArray[np.float32]
) -> None:
    assert np.allclose(read_channel(layered, channel, SIZE), wanted, atol=1e-6)


def test_a_data_window_smaller_than_the_picture_leaves_zeros_around_it(layered: Path) -> None:
    wanted = np.zeros_like(MATTE)
    wanted[5:15, 10:] = MATTE[5:15, 10:]
    for name in ("ids.mask.A", "mask.A", "MASK.a"):
        assert np.array_equal(read_channel(layered, name, SIZE), wanted)
    assert channel_names(layered)[-3:] == ("hand.A", "ids.mask.A", "ids.mask.Z")


def test_a_data_window_larger_than_the_picture_is_cut(tmp_path: Path) -> None:
    overscan = np.pad(MATTE, 4, constant_values=9.0)
    path = exr(tmp_path / "o.1.exr", part("", {"A": overscan}, ((-4, -4), (33, 23))))
    assert np.array_equal(read_channel(path, "", SIZE), MATTE)


@pytest.mark.parametrize(
    ("name", "pixels", "step"),
    [
        ("g.1.png", (MATTE * 255).round().astype(np.uint8), 1 / 255),
        ("g.1.png", (MATTE * 65535).round().astype(np.uint16), 1 / 65535),
        ("g.1.tif", (MATTE * 255).round().astype(np.uint8), 1 / 255),
        ("g.1.tif", (MATTE * 65535).round().astype(np.uint16), 1 / 65535),
        ("g.1.tif", MATTE, 1e-7),
    ],
)
def test_whole_numbers_become_0_to_1_and_floats_stay(
    tmp_path: Path, name: str, pixels: npt.NDArray[np.integer | np.floating], step: float
) -> None:
    cv2.imwrite(str(tmp_path / name), pixels)
    read = read_channel(tmp_path / name, "", SIZE)
    assert read.dtype == np.float32 and np.abs(read - MATTE).max() <= 0.51 * step


def test_colours_under_a_png_s_alpha_are_read_as_they_are(tmp_path: Path) -> None:
    red, alpha = (MATTE * 255).round().astype(np.uint8), np.full((20, 30), 128, np.uint8)
    cv2.imwrite(str(tmp_path / "c.1.png"), np.dstack([red, red, red, alpha]))
    assert np.abs(read_channel(tmp_path / "c.1.png", "r", SIZE) - MATTE).max() < 0.003
    assert np.allclose(read_channel(tmp_path / "c.1.png", "", SIZE), 128 / 255)


def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, layered: Path) -> None:
    with pytest.raises(BadMatte, match=r"no channel 'nose'; it has beauty\.R, .*hand\.A.* and luma"):
        read_channel(layered, "nose", SIZE)
    with pytest.raises(BadMatte, match="is 30x20, the plate is 64x48"):
        read_channel(layered, "", (64, 48))
    with pytest.raises(BadMatte, match="cannot be read as a picture"):
        read_channel(tmp_path / "none.png", "", SIZE)
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(BadMatte, match="cannot be read as a picture"):
        read_channel(tmp_path / "text.png", "", SIZE)
    layered.write_bytes(layered.read_bytes()[:-300])
    with pytest.raises(BadMatte, match="damaged"):
        read_channel(layered, "ids.mask.Z", SIZE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hand"
    folder.mkdir()
    for frame in (1001, 1002, 1004):
        (folder / f"hand.{frame}.png").touch()
    (folder / "notes.txt").touch()
    return folder


@pytest.mark.parametrize("name", ["hand.####.png", "hand.#.png", "hand.%04d.png", "hand.1002.png", ""])
def test_a_sequence_is_found_however_it_is_written(folder: Path, name: str) -> None:
    sequence = find_sequence(str(folder / name))
    assert sorted(sequence.files) == [1001, 1002, 1004] and sequence.wanted == ()
    assert sequence.files[1004] == folder / "hand.1004.png"


def test_frames_named_in_the_request_are_remembered(folder: Path) -> None:
    assert find_sequence(str(folder / "hand.1001-1003####.png")).wanted == (1001, 1002, 1003)


def test_no_sequence_and_several_are_refused(folder: Path) -> None:
    with pytest.raises(BadMatte, match="no pictures are found"):
        find_sequence(str(folder / "foot.####.png"))
    (folder / "foot.1001.png").touch()
    with pytest.raises(BadMatte, match=r"2 sequences of pictures \(foot.*, hand.*\)"):
        find_sequence(str(folder))
    (folder / "still.png").touch()
    with pytest.raises(BadMatte, match="no frame number"):
        find_sequence(str(folder / "still.png"))
    with pytest.raises(BadMatte, match="0 sequences"):
        (folder / "empty").mkdir()
        find_sequence(str(folder / "empty"))
