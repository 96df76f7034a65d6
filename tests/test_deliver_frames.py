"""Finished pictures as files of the plate's own kind: outside the face every bit is the plate's."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR
import OpenImageIO as oiio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media_samples import sample_layers, write_numbered_movie
from tests.sequence_plates import (
    DISPLAY_WH,
    OVERSCAN,
    channels_of,
    difficult_rgb,
    exr_attributes,
    headers_of,
    stored,
    write_exr_plate,
    write_plain_plate,
)
from tests.sequence_samples import noise, write_plain

from understudy.config import DeliverConfig
from understudy.domain.errors import Stopped, UnreadableMedia
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.media.colour import from_linear, to_linear
from understudy.media.composite import mark_for
from understudy.media.exr_chunks import NotInChunks, file_bytes, read_chunks
from understudy.media.frame_index import INDEX_NAME
from understudy.media.layers import layers_path, write_layers
from understudy.media.sequence_files import file_of
from understudy.media.sequence_header import read_header
from understudy.media.sequence_picture import read_picture
from understudy.media.sequence_writer import write_like
from understudy.media.video import open_plate
from understudy.stages.deliver import deliver
from understudy.stages.ingest import ingest

FACE = Rect(30, 2, 22, 20)
ONLY_FRAMES = DeliverConfig(movies=(), contact_sheet=False, frames=True)

Array = npt.NDArray[Any]


def write_take(
    plate: Plate, folder: Path, *, alpha: float = 0.5, grey: float = 2.0, rect: Rect = FACE
) -> Path:
    for frame in plate.frames:
        write_layers(
            sample_layers(frame, rect, alpha=alpha, grey=grey), layers_path(folder, frame),
            display_window=plate.display_window, settings_sha256=f"{alpha} {grey}", people=("p",),
        )  # fmt: skip
    return folder


def run(
    plate: Plate, take: Path, out: Path, config: DeliverConfig = ONLY_FRAMES, **changes: Any
) -> list[Path]:
    arguments: dict[str, Any] = {
        "title": "shot_v001", "marked": False, "people": ("performer", "donor"), "emit": lambda event: None,
        "stopping": lambda: False,
    }  # fmt: skip
    return deliver(plate, take, tuple(plate.frames), config, out, **(arguments | changes))


def face_mask(window: tuple[int, int, int, int] = (0, 0, *DISPLAY_WH)) -> npt.NDArray[np.bool_]:
    """Where the sample face has alpha, in an array of the data window."""
    x, y, width, height = window
    mask = np.zeros((height, width), bool)
    mask[FACE.y + 2 - y : FACE.y1 - 2 - y, FACE.x + 2 - x : FACE.x1 - 2 - x] = True
    return mask


def same_bits(first: Array, second: Array) -> npt.NDArray[np.bool_]:
    kind = {2: np.uint16, 4: np.uint32, 1: np.uint8}[first.dtype.itemsize]
    return np.asarray(first.view(kind) == second.view(kind))


@pytest.mark.parametrize(
    ("compression", "asked", "kind"),
    [
        ("ZIP", "plate", np.float16), ("PIZ", "plate", np.float32), ("ZIPS", "plate", np.float16),
        ("NO", "plate", np.float32), ("RLE", "plate", np.float16), ("PXR24", "plate", np.float16),
        ("ZIP", "piz", np.float16), ("PIZ", "none", np.float32), ("DWAB", "zip", np.float16),
    ],
)  # fmt: skip
def test_an_exr_plate_keeps_every_bit_outside_the_face(
    tmp_path: Path, compression: str, asked: str, kind: type
) -> None:
    plate = write_exr_plate(tmp_path / "in", 1, kind=kind, compression=compression, origin_xy=(7, -5))
    config = replace(ONLY_FRAMES, exr_compression=asked)
    (path,) = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out", config)
    assert path == tmp_path / "out" / "frames" / f"shot_v001.{plate.first_frame:04}.exr"
    source = file_of(plate, 0)
    before, after = channels_of(source), channels_of(path)
    assert list(before) == list(after) and "1.N.x" in after
    face = face_mask(OVERSCAN)
    for name, pixels in before.items():
        assert pixels.dtype == after[name].dtype
        same = same_bits(pixels, after[name])
        if name in ("0.R", "0.G", "0.B"):
            assert same[~face].all()
            wanted = pixels.astype(np.float32)[face] * np.float32(0.5) + 1  # half of 2.0 over half of it
            finite = np.isfinite(wanted)
            assert np.allclose(after[name][face][finite], wanted[finite], rtol=1e-3)
        else:
            assert same.all()
    kept, now = headers_of(source), headers_of(path)
    for was, header in zip(kept, now, strict=True):
        changed = {"compression"} if asked != "plate" else set()
        said = {name for name in was if was[name] != header.get(name)}
        assert said <= changed | {"chunkCount"}
    assert now[0]["understudyPeople"] == "performer donor" and len(now[0]["understudySettings"]) == 64
    assert now[0]["understudySpace"] == "ACEScg" and now[0]["lensFocal"] == "32.5"
    if asked != "plate":
        wanted = {"piz": "PIZ", "none": "NO", "zip": "ZIP"}[asked]
        assert f".{wanted}_COMPRESSION" in now[0]["compression"]
        assert now[1]["compression"] == kept[1]["compression"]


def test_another_reader_reads_the_written_exr(tmp_path: Path) -> None:
    plate = write_exr_plate(tmp_path / "in", 1)
    (path,) = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out")
    file = oiio.ImageInput.open(str(path))
    assert file is not None
    spec = file.spec()
    assert (spec.x, spec.y, spec.width, spec.height) == OVERSCAN
    assert (spec.full_width, spec.full_height) == DISPLAY_WH
    pixels = np.asarray(file.read_image(0, 0, 0, 3, oiio.HALF))
    for place, name in enumerate(spec.channelnames[:3]):
        assert same_bits(pixels[..., place].copy(), channels_of(path)[f"0.{name}"]).all()
    assert spec.getattribute("understudyFrame") == plate.first_frame
    assert file.seek_subimage(1, 0) and not file.has_error


def test_chunks_without_a_change_are_copied_and_lossy_ones_are_told(tmp_path: Path) -> None:
    plate = write_exr_plate(tmp_path / "in", 1, compression="DWAA")
    rect = Rect(30, 34, 10, 10)
    events: list[Event] = []
    take = write_take(plate, tmp_path / "take", rect=rect)
    (path,) = run(plate, take, tmp_path / "out", emit=events.append)
    before, after = channels_of(file_of(plate, 0)), channels_of(path)
    untouched = np.s_[:32]  # 32 lines of a chunk, from the data window's top at -3
    assert all(same_bits(before[name][untouched], after[name][untouched]).all() for name in before)
    notes = [event.message for event in events if event.kind is EventKind.NOTE]
    assert len(notes) == 1 and "dwaa" in notes[0] and "lines of the face" in notes[0]


def test_tiles_stay_tiles(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (86, 87):
        spec = oiio.ImageSpec(*DISPLAY_WH, 3, oiio.HALF)
        spec.tile_width = spec.tile_height = 16
        spec.attribute("cameraModel", "Drawn")
        file = oiio.ImageOutput.create(str(folder / f"plate.{number:04}.exr"))
        assert file.open(str(folder / f"plate.{number:04}.exr"), spec)
        file.write_image(difficult_rgb(number, DISPLAY_WH))
        file.close()
    plate = ingest(folder / "plate.####.exr")
    path = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out")[0]
    before, after = channels_of(file_of(plate, 0)), channels_of(path)
    assert all(same_bits(before[name], after[name])[~face_mask()].all() for name in before)
    (header,) = headers_of(path)
    assert "tiled" in header["type"] and header["cameraModel"] == "Drawn" and header["understudySettings"]


@pytest.mark.parametrize(
    ("suffix", "kind", "bits", "alpha"),
    [
        (".dpx", np.uint16, 10, False), (".dpx", np.uint16, 12, False), (".dpx", np.uint16, 16, False),
        (".dpx", np.uint16, 16, True), (".dpx", np.uint8, 8, False), (".png", np.uint8, 0, False),
        (".png", np.uint16, 0, True), (".tif", np.uint8, 0, True), (".tif", np.uint16, 0, False),
        (".tif", np.float32, 0, True),
    ],
)  # fmt: skip
def test_other_files_keep_every_code_outside_the_face(
    tmp_path: Path, suffix: str, kind: type, bits: int, alpha: bool
) -> None:
    said = {"dpx__InputDevice": "scanner"} if suffix == ".dpx" else {"ImageDescription": "a street"}
    plate = write_plain_plate(tmp_path / "in", suffix, kind, bits=bits, alpha=alpha, **said)
    paths = run(plate, write_take(plate, tmp_path / "take", grey=0.25), tmp_path / "out")
    assert [path.name for path in paths] == [f"shot_v001.{frame:04}{suffix}" for frame in plate.frames]
    face = face_mask()
    for index, path in enumerate(paths):
        before, after = stored(file_of(plate, index)), stored(path)
        assert before.dtype == after.dtype == kind and before.shape == after.shape
        assert np.array_equal(before[~face], after[~face])
        assert not np.array_equal(before[face][:, :3], after[face][:, :3])
        if alpha:
            assert np.array_equal(before[..., 3], after[..., 3])
        with_face = open_plate(plate).frame(plate.first_frame + index).picture.region(FACE)
        inside = np.s_[2:-2, 2:-2]
        light = to_linear(with_face, plate.colour)[inside] * 0.5 + 0.125
        wanted = from_linear(light, plate.colour)
        found = open_plate(ingest(path)).frame(plate.first_frame + index).picture.region(FACE)[inside]
        step = 1 / ((1 << (bits or 8 * np.dtype(kind).itemsize)) - 1) if kind is not np.float32 else 1e-5
        assert np.abs(found - np.clip(wanted, *((0, 1) if kind is not np.float32 else (-9, 9)))).max() < step
    spec = oiio.ImageInput.open(str(paths[0])).spec()
    assert spec.getattribute("oiio:BitsPerSample") in (None, bits or 8 * np.dtype(kind).itemsize)
    assert [spec.getattribute(name.replace("__", ":")) for name in said] == list(said.values())


def test_a_dpx_header_is_kept_to_the_byte(tmp_path: Path) -> None:
    plate = write_plain_plate(tmp_path / "in", ".dpx", np.uint16, bits=10, dpx__UserData="grade notes")
    path = run(plate, write_take(plate, tmp_path / "take", grey=0.25), tmp_path / "out")[0]
    before, after = file_of(plate, 0).read_bytes(), path.read_bytes()
    assert len(before) == len(after) and before[:2048] == after[:2048] and before != after


def test_a_dpx_with_a_place_in_a_larger_picture_changes_in_its_own_place(tmp_path: Path) -> None:
    """Scanners cut a frame out of a larger one, and say where it lay."""
    path = tmp_path / "in" / "plate.1001.dpx"
    path.parent.mkdir()
    write_plain(path, noise("uint10", 40, 30), "uint10")
    data = bytearray(path.read_bytes())
    struct.pack_into("<II", data, 1408, 5, 3)
    struct.pack_into("<II", data, 1424, 64, 48)
    path.write_bytes(data)
    header = read_header(path)
    picture = read_picture(header, ColourTags(matrix="rgb", full_range=True))
    assert picture.window == Rect(5, 3, 40, 30)
    rect = Rect(12, 9, 8, 6)
    changed = picture.with_region(rect, np.full((6, 8, 3), 0.25, np.float32), np.ones((6, 8), bool))
    write_like(header, changed, [rect], tmp_path / "out.dpx")
    assert np.array_equal(stored(tmp_path / "out.dpx"), changed.rgb_HW3)
    face = np.zeros((30, 40), bool)
    face[6:12, 7:15] = True
    assert np.array_equal((stored(path) != stored(tmp_path / "out.dpx")).any(axis=2), face)


@pytest.mark.parametrize("said", [{}, {"oiio__ColorSpace": "g22_rec709_scene"}])
def test_a_png_says_of_its_colour_what_the_plate_says(tmp_path: Path, said: dict[str, str]) -> None:
    path = tmp_path / "in" / "plate.1001.png"
    path.parent.mkdir()
    write_plain(path, noise("uint16", 40, 30), "uint16", **(said or {"oiio__ColorSpace": "unknown"}))
    header = read_header(path)
    write_like(
        header, read_picture(header, ColourTags(matrix="rgb", full_range=True)), [], tmp_path / "o.png"
    )
    words = (b"sRGB", b"gAMA", b"cHRM", b"cICP", b"iCCP")
    before, after = path.read_bytes(), (tmp_path / "o.png").read_bytes()
    assert [word in after for word in words] == [word in before for word in words]
    assert any(word in after for word in words) == bool(said)


def test_frames_are_made_again_only_when_they_are_stale_or_damaged(tmp_path: Path) -> None:
    plate = write_plain_plate(tmp_path / "in", ".png", np.uint16, count=4)
    take = write_take(plate, tmp_path / "take")
    paths = run(plate, take, tmp_path / "out")
    stamps = [path.stat().st_mtime_ns for path in paths]
    paths[1].write_bytes(paths[1].read_bytes()[:-9])
    run(plate, take, tmp_path / "out")
    again = [path.stat().st_mtime_ns for path in paths]
    assert again[0] == stamps[0] and again[2:] == stamps[2:] and again[1] != stamps[1]
    run(plate, write_take(plate, tmp_path / "take", alpha=0.25), tmp_path / "out")
    assert all(path.stat().st_mtime_ns != then for path, then in zip(paths, again, strict=True))


@pytest.mark.parametrize("suffix", [".exr", ".dpx"])
def test_stopping_leaves_whole_frames_that_are_kept(tmp_path: Path, suffix: str) -> None:
    if suffix == ".exr":
        plate = write_exr_plate(tmp_path / "in", 4)
    else:
        plate = write_plain_plate(tmp_path / "in", suffix, np.uint16, bits=10, count=4)
    take = write_take(plate, tmp_path / "take")
    asked = iter([False, False, True])
    with pytest.raises(Stopped):
        run(plate, take, tmp_path / "out", stopping=lambda: next(asked))
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob(f"*{suffix}")}
    assert len(kept) <= 2 and all(path.name.startswith("shot_v001.") for path in kept)
    paths = run(plate, take, tmp_path / "out")
    assert len(paths) == 4 and all(path.is_file() for path in paths)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    if suffix == ".dpx":
        index = json.loads((tmp_path / "out" / "frames" / INDEX_NAME).read_text())
        assert sorted(index["frames"]) == [path.name for path in paths]


@pytest.mark.parametrize("window", [OVERSCAN, (10, 4, 40, 20)])
def test_the_mark_is_burnt_into_frames_of_light_and_alpha_is_left(
    tmp_path: Path, window: tuple[int, int, int, int]
) -> None:
    plate = write_exr_plate(tmp_path / "in", 1, window=window, kind=np.float32)
    take = write_take(plate, tmp_path / "take", rect=Rect(20, 6, 10, 8))
    config = replace(ONLY_FRAMES, exr=True)
    clean, marked = (
        {
            path.parent.name: channels_of(path)
            for path in run(plate, take, tmp_path / str(on), config, marked=on)
        }
        for on in (False, True)
    )
    rect = mark_for(open_plate(plate).frame(plate.first_frame).picture).rect
    rows = np.s_[rect.y - window[1] : rect.y1 - window[1], rect.x - window[0] : rect.x1 - window[0]]
    for kind in ("frames", "exr"):
        green, was = marked[kind]["0.G"], clean[kind]["0.G"]
        assert green[rows].max() > 0.99 and not np.array_equal(green[rows], was[rows])
        above = np.s_[: rect.y - window[1]]
        assert same_bits(green[above], was[above]).all()
    assert same_bits(marked["frames"]["0.A"], clean["frames"]["0.A"]).all()
    (path,) = (tmp_path / "True" / "frames").glob("*.exr")
    assert "EVALUATION" in headers_of(path)[0]["understudyMark"]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_highlights_above_white_pass_beside_and_under_a_soft_edge(tmp_path: Path, kind: type) -> None:
    plate = write_exr_plate(tmp_path / "in", 1, kind=kind, extra=False)
    take = tmp_path / "take"
    rect = Rect(30, 2, 24, 8)
    layers = sample_layers(plate.first_frame, rect)
    replaced = layers.replaced_HW4.copy()
    replaced[..., :3] = 3.0  # a highlight on skin
    replaced[..., 3] = np.linspace(0, 1, rect.width)[None, :]
    layers = replace(layers, replaced_HW4=replaced, matte_HW=replaced[..., 3])
    write_layers(
        layers, layers_path(take, plate.first_frame), display_window=plate.display_window,
        settings_sha256="s", people=(),
    )  # fmt: skip
    (path,) = run(plate, take, tmp_path / "out")
    red = channels_of(path)["0.R"].astype(np.float64)
    alpha = replaced[0, :, 3].astype(np.float64)
    row = red[5, rect.x + 4 : rect.x1 + 4]  # the data window begins 4 to the left; its lines 5 to 8 are 16.0
    lit = np.s_[40 - rect.x - 4 : 60 - rect.x - 4]
    below = np.full(rect.width, 16.0)
    wanted = below + (3 - below) * alpha
    assert np.allclose(row[lit][: rect.width], wanted[lit], rtol=1e-3)
    assert row.max() > 8 and red[5, 59] == 16.0


def test_a_movie_becomes_linear_half_exr_with_its_time(tmp_path: Path) -> None:
    movie = write_numbered_movie(
        tmp_path / "plate.mov", 5, codec="prores422hq", timecode="01:00:00:00", reel="A001"
    )
    plate = ingest(movie, in_index=1, out_index=3)
    take = write_take(plate, tmp_path / "take", grey=0.4, alpha=1.0)
    config = replace(ONLY_FRAMES, movies=("prores422hq",))
    paths = run(plate, take, tmp_path / "out", config)[1:]
    assert [path.name for path in paths] == [f"shot_v001.{frame}.exr" for frame in (1001, 1002, 1003)]
    picture = open_plate(plate).frame(1002).picture
    light = to_linear(picture.region(plate.display_window), plate.colour).astype(np.float16)
    found = channels_of(paths[1])
    outside = ~face_mask()
    for place, name in enumerate(("0.R", "0.G", "0.B")):
        assert found[name].dtype == np.float16
        assert same_bits(found[name], light[..., place].copy())[outside].all()
        assert np.allclose(found[name][~outside], 0.4, atol=1e-3)
    (header,) = headers_of(paths[1])
    assert header["reelName"] == "A001" and header["timeCode"].startswith("(1, 0, 0, 2")
    assert header["understudySpace"] == "Linear Rec.709 (sRGB)"


def test_the_layered_frame_keeps_windows_words_and_halfs(tmp_path: Path) -> None:
    plate = write_exr_plate(tmp_path / "in", 1, origin_xy=(7, -5))
    config = DeliverConfig(movies=(), contact_sheet=False, exr=True)
    (path,) = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out", config)
    with OpenEXR.File(str(path), separate_channels=True) as file:
        parts = {part.header["name"]: part for part in file.parts}
        header = parts["beauty"].header
        assert list(parts) == ["beauty", "replaced", "matte", "raw.1", "st.1"]
        assert [value.tolist() for value in header["dataWindow"]] == [[3, -8], [74, 45]]
        assert [value.tolist() for value in header["displayWindow"]] == [[7, -5], [70, 42]]
        assert parts["replaced"].header["dataWindow"][0].tolist() == [37, -3]
        before, face = channels_of(file_of(plate, 0)), face_mask(OVERSCAN)
        for name in "RGB":
            pixels = parts["beauty"].channels[name].pixels
            assert same_bits(pixels, before[f"0.{name}"])[~face].all()
        was = exr_attributes(0)
        assert str(header["timeCode"]) == str(was["timeCode"]) and header["cameraModel"] == "Drawn"
        assert header["notes"] == ["a", "b"] and header["pixelAspectRatio"] == 2.0
        assert header["chromaticities"] == pytest.approx(was["chromaticities"])
        assert header["understudySpace"] == "ACEScg" and header["slate"] == 7


def test_a_log_plate_s_layered_frame_is_light_of_the_working_space(tmp_path: Path) -> None:
    plate = write_plain_plate(tmp_path / "in", ".dpx", np.uint16, bits=10, count=1)
    plate = replace(plate, colour=replace(plate.colour, space="ARRI LogC4"))
    config = DeliverConfig(movies=(), contact_sheet=False, exr=True, frames=True)
    layered, own = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out", config)
    (header, *_) = headers_of(layered)
    assert header["understudySpace"] == "ACEScg" and header["chromaticities"].startswith("(0.71")
    picture = open_plate(plate).frame(plate.first_frame).picture
    light = to_linear(picture.region(plate.display_window), plate.colour).astype(np.float16)
    assert same_bits(channels_of(layered)["0.R"], light[..., 0].copy())[~face_mask()].all()
    assert np.array_equal(stored(own)[~face_mask()], stored(file_of(plate, 0))[~face_mask()])


def test_a_movie_of_light_is_fit_for_a_screen(tmp_path: Path) -> None:
    plate = write_exr_plate(tmp_path / "in", 2, extra=False, window=(0, 0, *DISPLAY_WH))
    config = DeliverConfig(movies=("prores4444",), contact_sheet=False, side_by_side=True)
    take = write_take(plate, tmp_path / "take", alpha=1.0, grey=0.18)
    movie, beside = (ingest(path) for path in run(plate, take, tmp_path / "out", config))
    assert (movie.colour.transfer, movie.colour.primaries) == ("bt709", "bt709")
    inside = open_plate(movie).frame(1001).picture.region(Rect(36, 8, 8, 8))
    assert np.allclose(inside, 0.18 ** (1 / 2.4), atol=0.01)
    assert (beside.width, beside.height) == (2 * DISPLAY_WH[0], DISPLAY_WH[1])


@pytest.mark.parametrize("suffix", [".exr", ".png"])
def test_a_grey_plate_is_delivered_in_colour(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    exr = suffix == ".exr"
    spec = oiio.ImageSpec(*DISPLAY_WH, 1, oiio.FLOAT if exr else oiio.UINT16)
    spec.channelnames = ("Y",)
    grey = np.random.default_rng(0).random((DISPLAY_WH[1], DISPLAY_WH[0], 1)).astype(np.float32)
    codes = grey if exr else (grey * 65535).astype(np.uint16)
    for number in (86, 87):
        file = oiio.ImageOutput.create(str(folder / f"plate.{number:04}{suffix}"))
        assert file.open(str(folder / f"plate.{number:04}{suffix}"), spec)
        assert file.write_image(codes) and file.close()
    plate = ingest(folder / f"plate.####{suffix}")
    path = run(plate, write_take(plate, tmp_path / "take"), tmp_path / "out")[0]
    after = stored(path)
    assert after.shape[2] == 3 and after.dtype == codes.dtype
    assert np.array_equal(after[~face_mask()], np.repeat(codes, 3, axis=2)[~face_mask()])
    if exr:
        assert headers_of(path)[0]["understudySettings"]


@given(st.integers(0, 100), st.integers(0, 10**6), st.integers(0, 255))
def test_spoiled_exr_files_are_refused_or_read_but_never_crash(cut: int, at: int, value: int) -> None:
    data = bytearray(_small_exr())
    data[at % len(data)] = value
    data = data[: len(data) - cut]
    try:
        file = read_chunks(bytes(data))
    except (UnreadableMedia, NotInChunks):
        return
    assert len(file_bytes(file)) <= len(data)


@cache
def _small_exr() -> bytes:
    stream = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.zeros((40, 8, 3), np.float16)}).write(stream)
    return stream.getvalue()
