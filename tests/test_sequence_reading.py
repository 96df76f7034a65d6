from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest
from tests.sequence_samples import NUMPY, exr_part, noise, timecode, write_exr, write_plain, write_sequence

from understudy.domain.errors import FrameOutOfRange, UnreadableMedia
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.shot import Plate
from understudy.media import sequence_header
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_header import MAX_SIDE_PX, read_header
from understudy.media.sequence_picture import read_picture
from understudy.media.sequence_report import sequence_report
from understudy.media.video import open_plate
from understudy.media.video_frame import planes_of_frame
from understudy.media.warm_plates import WarmPlates

Array = np.ndarray[Any, np.dtype[Any]]
TAGS = ColourTags(matrix="rgb", full_range=True)


def read(path: Path) -> RgbPicture:
    return read_picture(read_header(path), TAGS)


def bits(pixels: Array) -> Array:
    return np.ascontiguousarray(pixels).view({1: np.uint8, 2: np.uint16, 4: np.uint32}[pixels.itemsize])


def same_bits(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and np.array_equal(bits(one), bits(other))


def by_openimageio(path: Path, kind: str) -> Array:
    plain = oiio.ImageSpec()
    plain.attribute("oiio:UnassociatedAlpha", 1)
    file = oiio.ImageInput.open(str(path), plain)
    pixels = np.asarray(file.read_image(0, 0, 0, file.spec().nchannels, kind))
    file.close()
    return pixels.astype(NUMPY[kind])


def by_openexr(path: Path, kind: str) -> Array:
    with OpenEXR.File(str(path)) as file:
        channels = file.parts[0].channels
        return np.asarray((channels.get("RGBA") or channels["RGB"]).pixels)


def by_opencv(path: Path, kind: str) -> Array:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))[
        ..., [2, 1, 0, 3][: 4 if "a" in path.stem else 3]
    ]


def by_ffmpeg(path: Path, kind: str) -> Array:
    """Planes of a DPX file as FFmpeg reads them, spread over 16 bits."""
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        depth = frame.format.components[0].bits
        if frame.format.name.startswith("rgb"):
            codes = frame.to_ndarray()
        else:
            g, b, r = planes_of_frame(frame)
            codes = np.stack([r, g, b], axis=-1)
    return codes if depth in (8, 16) else codes << (16 - depth) | codes >> (2 * depth - 16)


EVERY_KIND = [
    (".exr", "half", 3, by_openimageio, {}),
    (".exr", "half", 4, by_openimageio, {"compression": OpenEXR.PIZ_COMPRESSION}),
    (".exr", "float", 3, by_openimageio, {"compression": OpenEXR.ZIPS_COMPRESSION}),
    (".exr", "float", 4, by_openimageio, {"compression": OpenEXR.RLE_COMPRESSION}),
    (".exr", "half", 3, by_openexr, {"tile": 16}),
    (".exr", "float", 4, by_openexr, {"tile": 32}),
    (".dpx", "uint8", 3, by_ffmpeg, {}),
    (".dpx", "uint10", 3, by_ffmpeg, {}),
    (".dpx", "uint12", 3, by_ffmpeg, {}),
    (".dpx", "uint16", 3, by_ffmpeg, {}),
    (".tif", "uint8", 3, by_opencv, {}),
    (".tif", "uint16", 4, by_opencv, {}),
    (".tif", "float", 3, by_opencv, {}),
    (".png", "uint8", 3, by_opencv, {}),
    (".png", "uint8", 4, by_opencv, {}),
    (".png", "uint16", 4, by_opencv, {}),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "kind", "channels", "witness", "how"), EVERY_KIND)
def test_every_kind_of_file_is_read_to_the_bit_as_another_library_reads_it(
    tmp_path: Path,
    suffix: str,
    kind: str,
    channels: int,
    witness: Callable[[Path, str], Array],
    how: dict[str, Any],
) -> None:
    path, pixels = tmp_path / f"{'a' if channels == 4 else 'x'}.1001{suffix}", noise(kind, channels=channels)
    if suffix == ".exr" and "tile" not in how:
        write_exr(path, pixels, **how)
    else:
        write_plain(path, pixels, kind, **how)
    picture = read(path)
    assert same_bits(picture.rgb_HW3, pixels[..., :3])
    assert (picture.a_HW is None) == (channels == 3)
    assert picture.a_HW is None or same_bits(picture.a_HW, pixels[..., 3])
    seen = witness(path, "half" if kind == "half" else "float" if kind == "float" else kind)
    assert same_bits(np.asarray(picture.rgb_HW3), seen[..., :3])
    depth = {"half": 16, "float": 32}.get(kind) or int(kind[4:])
    assert read_header(path).bit_depth == depth and read_header(path).pixel_format == kind


def test_ten_and_twelve_bits_keep_their_codes(tmp_path: Path) -> None:
    for depth in (10, 12):
        ramp = np.arange(1 << depth, dtype=np.uint16).reshape(-1, 32, 1).repeat(3, 2)
        spread = ramp << (16 - depth) | ramp >> (2 * depth - 16)
        picture = read(write_plain(tmp_path / f"ramp{depth}.1.dpx", spread, f"uint{depth}"))
        rect = picture.window
        assert np.array_equal(np.rint(picture.region(rect) * ((1 << depth) - 1)), ramp)
        where = np.ones((rect.height, rect.width), bool)
        assert np.array_equal(picture.with_region(rect, picture.region(rect), where).rgb_HW3, spread)
        nudged = picture.with_region(rect, picture.region(rect) + 0.3 / (1 << depth), where)
        assert np.array_equal(nudged.rgb_HW3, spread)  # lands on whole codes of its own depth


PICTURES = {
    "layer without a name": ([("", ("spec.R", "spec.G", "spec.B", "R", "G", "B", "A"))], 0, "R", "A"),
    "part called beauty": (
        [("crypto", ("c.R", "c.G", "c.B")), ("beauty", ("R", "G", "B")), ("z", ("Z",))], 1, "R", "",
    ),
    "layer called rgba": (
        [("", ("diff.R", "diff.G", "diff.B", "rgba.red", "rgba.green", "rgba.blue"))], 0, "rgba.red", "",
    ),
    "first colours there are": (
        [("id", ("id",)), ("key", ("key.R", "key.G", "key.B", "key.A"))], 1, "key.R", "key.A",
    ),
    "colours before a luma": ([("a", ("Y",)), ("b", ("x.R", "x.G", "x.B"))], 1, "x.R", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_found_among_layers_and_parts(name: str, tmp_path: Path) -> None:
    parts, part, red, alpha = PICTURES[name]
    rng, planes = np.random.default_rng(1), []
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    for _, channels in parts:
        planes.append({channel: rng.normal(size=(20, 30)).astype(np.float16) for channel in channels})
    made = [
        OpenEXR.Part(dict(header), {key: value.copy() for key, value in plane.items()}, part_name)
        for (part_name, _), plane in zip(parts, planes, strict=True)
    ]
    path = tmp_path / "m.1001.exr"
    OpenEXR.File(made).write(str(path))
    header_of = read_header(path)
    assert (header_of.picture.part, header_of.picture.rgb[0], header_of.picture.alpha) == (part, red, alpha)
    picture = read(path)
    for place, channel in enumerate(header_of.picture.rgb):
        assert same_bits(picture.rgb_HW3[..., place], planes[part][channel])
    assert (picture.a_HW is None) == (not alpha)
    assert picture.a_HW is None or same_bits(picture.a_HW, planes[part][alpha])


def test_a_picture_with_smaller_versions_of_itself_is_read_at_its_size(tmp_path: Path) -> None:
    pixels, path = noise("half", 64, 64), str(tmp_path / "texture.1.exr")
    spec = oiio.ImageSpec(64, 64, 3, "half")
    spec.tile_width = spec.tile_height = 16
    spec.attribute("textureformat", "Plain Texture")  # which is how the library is told of levels
    file = oiio.ImageOutput.create(path)
    assert file.open(path, spec) and file.write_image(pixels)
    for size in (32, 16, 8, 4, 2, 1):
        smaller = oiio.ImageSpec(size, size, 3, "half")
        smaller.tile_width = smaller.tile_height = 16
        assert file.open(path, smaller, "AppendMIPLevel")
        assert file.write_image(np.ascontiguousarray(pixels[:size, :size]))
    file.close()
    assert same_bits(np.asarray(read(Path(path)).rgb_HW3), pixels)


def test_colours_and_alpha_of_other_types_meet_in_the_wider(tmp_path: Path) -> None:
    pixels, alpha = noise("half"), noise("float")[..., 0]
    path = write_exr(tmp_path / "x.1.exr", pixels, extra={"A": alpha, "Z": alpha})
    picture = read(path)
    assert picture.rgb_HW3.dtype == np.float32 and np.array_equal(picture.rgb_HW3, pixels, equal_nan=True)
    assert picture.a_HW is not None and same_bits(picture.a_HW, alpha)


def test_a_grey_picture_is_read_as_three_equal_colours(tmp_path: Path) -> None:
    grey = noise("half")[..., :1]
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Y": grey[..., 0].copy()}).write(str(tmp_path / "y.1.exr"))
    write_plain(tmp_path / "y.1.png", noise("uint16")[..., :1], "uint16")
    for name in ("y.1.exr", "y.1.png"):
        picture = read(tmp_path / name)
        assert picture.rgb_HW3.shape == (64, 96, 3)
        assert same_bits(picture.rgb_HW3[..., 0], picture.rgb_HW3[..., 2])


def test_overscan_and_a_cropped_window_keep_their_place(tmp_path: Path) -> None:
    pixels = noise("half", 40, 30)
    wide = read(
        write_exr(tmp_path / "w.1.exr", pixels, data=Rect(95, 47, 40, 30), display=Rect(100, 50, 24, 20))
    )
    assert (wide.width, wide.height, wide.window) == (24, 20, Rect(-5, -3, 40, 30))
    assert np.array_equal(wide.region(Rect(-5, -3, 40, 30)), pixels.astype(np.float32), equal_nan=True)
    assert np.array_equal(wide.region(Rect(0, 0, 3, 2)), pixels[3:5, 5:8].astype(np.float32))
    cropped = read(
        write_exr(tmp_path / "c.1.exr", pixels, data=Rect(10, 5, 40, 30), display=Rect(0, 0, 96, 64))
    )
    assert cropped.window == Rect(10, 5, 40, 30) and cropped.rgb8().shape == (64, 96, 3)
    around = cropped.region(Rect(8, 4, 4, 3))
    assert not around[0].any() and not around[:, :2].any()
    assert np.array_equal(around[1:, 2:], pixels[:2, :2].astype(np.float32))


def damaged(tmp_path: Path, suffix: str) -> Path:
    kind = "half" if suffix == ".exr" else "uint16"
    name = write_sequence(tmp_path, kind, suffix, range(1001, 1005))
    path = tmp_path / f"plate.1003{suffix}"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    return Path(name)


@pytest.mark.parametrize("suffix", [".exr", ".dpx", ".tif", ".png"])
def test_a_damaged_file_is_named_with_its_frame(tmp_path: Path, suffix: str) -> None:
    kind = "half" if suffix == ".exr" else "uint16"
    whole = sequence_report(write_sequence(tmp_path / "whole", kind, suffix, range(1001, 1005))).plate
    name = damaged(tmp_path / "cut", suffix)
    with pytest.raises(UnreadableMedia, match=rf"plate\.1003{suffix} .*copy it again"):
        sequence_report(str(name))
    plate = replace(whole, path=str(name))
    with open_plate(plate) as reader:
        pictures = reader.frames(plate.frames)
        assert [next(pictures).frame, next(pictures).frame] == [1001, 1002]
        with pytest.raises(UnreadableMedia, match=rf"frame 1003: .*plate\.1003{suffix}"):
            next(pictures)
    (name.parent / f"plate.1003{suffix}").unlink()
    with pytest.raises(UnreadableMedia, match=r"frame 1003: .*does not exist"):
        open_plate(plate).frame(1003)
    with pytest.raises(FrameOutOfRange):
        open_plate(plate).frames((1001, 1005))


def test_a_file_that_was_exchanged_for_another_size_is_refused(tmp_path: Path) -> None:
    plate = sequence_report(write_sequence(tmp_path, "half", ".exr", range(1001, 1004))).plate
    write_exr(tmp_path / "plate.1002.exr", noise("half", 48, 32))
    with pytest.raises(UnreadableMedia, match=r"frame 1002: .* is 48x32, the plate 96x64"):
        open_plate(plate).frame(1002)
    write_exr(
        tmp_path / "plate.1002.exr", noise("half"), data=Rect(-1, 0, 96, 64), display=Rect(0, 0, 96, 64)
    )
    with pytest.raises(UnreadableMedia, match="another data window"):
        open_plate(plate).frame(1002)


HUGE = (60000, 60000)


def huge_dpx(path: Path) -> None:
    write_plain(path, noise("uint10"), "uint10")
    data = bytearray(path.read_bytes())
    data[772:780] = HUGE[0].to_bytes(4, "little") + HUGE[1].to_bytes(4, "little")
    path.write_bytes(data)
    os.truncate(path, 22 << 30)  # as long as it claims, and empty


def huge_exr(path: Path) -> None:
    write_exr(path, noise("half"))
    old = (95).to_bytes(4, "little") + (63).to_bytes(4, "little")
    new = (HUGE[0] - 1).to_bytes(4, "little") + (HUGE[1] - 1).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(old, new))


def huge_png(path: Path) -> None:
    write_plain(path, noise("uint8"), "uint8")
    data = bytearray(path.read_bytes())
    data[16:24] = HUGE[0].to_bytes(4, "big") + HUGE[1].to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)


@pytest.mark.parametrize(("suffix", "make"), [(".dpx", huge_dpx), (".exr", huge_exr), (".png", huge_png)])
def test_a_header_that_claims_too_much_is_refused_before_anything_is_allocated(
    tmp_path: Path, suffix: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / f"huge.1001{suffix}"
    make(path)
    with pytest.raises(
        UnreadableMedia, match=r"60000x60000 pixels; at most 16384 each way|claims a 10299 MB image"
    ):
        read_header(path)
    with pytest.raises(UnreadableMedia):
        sequence_report(str(path))


def test_many_bytes_in_few_pixels_are_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_exr(tmp_path / "x.1.exr", noise("float", channels=4))
    monkeypatch.setattr(sequence_header, "MAX_PICTURE_BYTES", 64 << 10)
    with pytest.raises(UnreadableMedia, match="96x64 pixels that takes"):
        read_header(path)


def test_windows_far_apart_are_refused(tmp_path: Path) -> None:
    far = Rect(3 * MAX_SIDE_PX, 0, 96, 64)
    path = write_exr(tmp_path / "x.1.exr", noise("half"), data=far, display=Rect(0, 0, 96, 64))
    with pytest.raises(UnreadableMedia, match="far beside its display window"):
        read_header(path)


def test_lies_in_a_header_are_refused_or_passed_over(tmp_path: Path) -> None:
    tiled = write_plain(tmp_path / "tiled.1.exr", noise("half"), "half", tile=16)
    data, size = tiled.read_bytes(), (16).to_bytes(4, "little") * 2
    tiled.write_bytes(data.replace(size, size[:4] + (8323088).to_bytes(4, "little"), 1))
    with pytest.raises(UnreadableMedia, match="tile of 16x8323088 pixels"):
        read_header(tiled)
    clock = write_exr(tmp_path / "clock.1.exr", noise("half"), timeCode=timecode(1, 2, 3, 4))
    clock.write_bytes(clock.read_bytes().replace(b"timeCode\0timecode", b"timeCode\0timecodx", 1))
    assert read_header(clock).timecode == "" and read(clock).width == 96
    named = tmp_path / "named.1.exr"
    OpenEXR.File([exr_part(noise("half"), part="beauty"), exr_part(noise("half"), part="diffuse")]).write(
        str(named)
    )
    named.write_bytes(named.read_bytes().replace(b"beauty", b"beaut\xff", 1))
    with pytest.raises(UnreadableMedia, match=r"named\.1\.exr"):
        read(named)


def test_files_that_are_no_plates_are_refused_by_name(tmp_path: Path) -> None:
    deep = oiio.ImageSpec(4, 4, 4, "float")
    deep.channelnames, deep.deep = ("R", "G", "B", "A"), True
    samples = oiio.DeepData()
    samples.init(deep)
    file = oiio.ImageOutput.create("deep.exr")
    assert file.open(str(tmp_path / "deep.1.exr"), deep) and file.write_deep_image(samples)
    file.close()
    cv2.imwrite(str(tmp_path / "a.1.jpg"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "a.1.jpg").rename(tmp_path / "jpeg.1.png")
    write_plain(tmp_path / "turned.1.tif", noise("uint8"), "uint8", Orientation=6)
    OpenEXR.File([exr_part(noise("half")[..., :3])]).write(str(tmp_path / "ok.1.exr"))
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(dict(header), {"Z": noise("float")[..., 0].copy()}).write(str(tmp_path / "depth.1.exr"))
    (tmp_path / "text.1.exr").write_text("no picture")
    (tmp_path / "text.1.dpx").write_text("no picture")
    for name, reason in (
        ("deep.1.exr", "deep picture"), ("jpeg.1.png", "is jpeg, not png"), ("turned.1.tif", "turned"),
        ("depth.1.exr", r"no red, green and blue channels \(Z\)"), ("text.1.exr", "as OpenEXR"),
        ("text.1.dpx", "as a picture"), ("none.1.exr", "does not exist"),
    ):  # fmt: skip
        with pytest.raises(UnreadableMedia, match=reason):
            read_header(tmp_path / name)


def test_frames_come_in_the_order_asked_for_and_leave_no_thread(tmp_path: Path) -> None:
    plate = sequence_report(write_sequence(tmp_path, "uint16", ".png", range(1001, 1013))).plate
    plate = replace(plate, rate=Fraction(25), first_index=2, first_frame=50, last_index=9)
    assert list(plate.frames) == list(range(50, 58))
    for frames in (tuple(plate.frames), (57, 50, 53, 53, 51)):
        shown = list(open_plate(plate).frames(frames))
        assert tuple(item.frame for item in shown) == frames
        for item in shown:
            wanted = noise("uint16", seed=1003 + item.frame - 50)
            assert isinstance(item.picture, RgbPicture) and np.array_equal(item.picture.rgb_HW3, wanted)
            assert item.time_s == Fraction(item.frame - 50 + 2, 25)
    going = open_plate(plate, read_ahead=3).frames(plate.frames)
    next(going)
    going.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def test_single_frames_come_from_a_sequence_like_from_a_movie(tmp_path: Path) -> None:
    plate = sequence_report(write_sequence(tmp_path, "uint8", ".tif", range(1, 9))).plate
    warm = WarmPlates()
    for frame in (3, 4, 5, 4, 8, 1):
        picture = warm.picture(plate, frame, going_back=frame == 4)
        assert isinstance(picture, RgbPicture)
        assert np.array_equal(picture.rgb_HW3, noise("uint8", seed=frame))
    assert warm.picture(plate, 5) is warm.picture(plate, 5)
    assert (warm.time_of(plate, 3), warm.end_of(plate, 8)) == (Fraction(2, 24), Fraction(8, 24))
    (tmp_path / "plate.0007.tif").unlink()
    with pytest.raises(UnreadableMedia, match="frame 7"):
        warm.picture(plate, 7)
    warm.forget()


def test_a_plate_of_a_sequence_is_whole_in_the_records_own_words(tmp_path: Path) -> None:
    plate = sequence_report(write_sequence(tmp_path, "half", ".exr", range(101, 104))).plate
    assert isinstance(plate, Plate) and plate.is_sequence and plate.sequence_start == 101
    assert plate.path == str(tmp_path / "plate.####.exr") and plate.file_frames == 3
