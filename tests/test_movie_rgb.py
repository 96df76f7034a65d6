"""Movies that hold R'G'B', with and without alpha, read as a second reader reads them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import OpenEXR
import pytest
from tests.media_samples import write_take
from tests.second_reader import raw_video, require_ffmpeg

from understudy.config import DeliverConfig
from understudy.domain.frame import Rect
from understudy.media.movie_report import movie_report
from understudy.media.rgb_picture import RgbPicture
from understudy.media.video import open_plate
from understudy.stages.deliver import deliver
from understudy.stages.ingest import ingest

WIDTH, HEIGHT = 48, 32
PLANAR = [
    "gbrp",
    "gbrp9le",
    "gbrp10le",
    "gbrp12le",
    "gbrp14le",
    "gbrp16le",
    "gbrap",
    "gbrap10le",
    "gbrap12le",
    "gbrap16le",
]


def rgba_codes(bits: int) -> npt.NDArray[np.uint16]:
    """Random codes of so many bits, (H,W,4)."""
    return np.random.default_rng(bits).integers(0, 1 << bits, (HEIGHT, WIDTH, 4)).astype(np.uint16)


def write(path: Path, codec: str, layout: str, bits: int) -> Path:
    """One picture without loss."""
    codes = rgba_codes(bits)
    frame = av.VideoFrame(WIDTH, HEIGHT, layout)
    if layout.startswith("gbr"):
        order = [1, 2, 0, 3][: len(frame.planes)]
        for plane, channel in zip(frame.planes, order, strict=True):
            kind = np.uint8 if bits == 8 else np.uint16
            row = np.zeros((plane.height, plane.line_size // np.dtype(kind).itemsize), kind)
            row[:, :WIDTH] = codes[..., channel]
            plane.update(row.tobytes())
    else:
        source = {8: "rgba", 16: "rgba64le"}[bits]
        packed = codes.astype(np.uint8) if bits == 8 else codes
        frame = av.VideoFrame.from_ndarray(packed, source).reformat(format=layout)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, layout
        frame.pts, frame.time_base = 0, Fraction(1, 24)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture_in(path: Path) -> tuple[RgbPicture, str]:
    plate = movie_report(path).plate
    picture = open_plate(plate).frame(plate.first_frame).picture
    assert isinstance(picture, RgbPicture)
    return picture, plate.pixel_format


@pytest.mark.parametrize("layout", PLANAR)
def test_planar_codes_and_alpha_are_the_files_own(tmp_path: Path, layout: str) -> None:
    bits = int(layout.removesuffix("le").lstrip("gbrap") or 8)
    name, codec = ("clip.avi", "utvideo") if bits == 8 else ("clip.mkv", "ffv1")
    path = write(tmp_path / name, codec, layout, bits)
    picture, pixel_format = picture_in(path)
    assert pixel_format == layout
    shift = 0 if bits == 8 else 16 - bits
    codes = rgba_codes(bits)
    assert np.array_equal(picture.rgb_HW3 >> shift, codes[..., :3])
    assert (picture.a_HW is not None) == ("a" in layout.removesuffix("le"))
    if picture.a_HW is not None:
        assert np.array_equal(picture.a_HW >> shift, codes[..., 3])
    whole = Rect(0, 0, WIDTH, HEIGHT)
    assert np.allclose(picture.region(whole), codes[..., :3] / ((1 << bits) - 1), atol=1e-6)
    again = picture.with_region(whole, picture.region(whole), np.ones((HEIGHT, WIDTH), bool))
    assert np.array_equal(again.rgb_HW3, picture.rgb_HW3)
    require_ffmpeg()
    theirs = np.frombuffer(raw_video(path, layout), "<u2" if bits > 8 else "u1").reshape(-1, HEIGHT, WIDTH)
    for plane, channel in zip(theirs, (1, 2, 0), strict=False):
        assert np.array_equal(picture.rgb_HW3[..., channel] >> shift, plane)


@pytest.mark.parametrize(
    ("codec", "layout", "suffix", "bits"),
    [
        ("png", "rgba", ".mov", 8),
        ("png", "rgb24", ".mov", 8),
        ("png", "rgba64be", ".mov", 16),
        ("png", "rgb48be", ".mov", 16),
        ("qtrle", "argb", ".mov", 8),
        ("huffyuv", "bgra", ".avi", 8),
    ],
)
def test_packed_codes_and_alpha_are_the_files_own(
    tmp_path: Path, codec: str, layout: str, suffix: str, bits: int
) -> None:
    path = write(tmp_path / f"clip{suffix}", codec, layout, bits)
    picture, _ = picture_in(path)
    codes = rgba_codes(bits)
    assert np.array_equal(picture.rgb_HW3, codes[..., :3])
    assert (picture.a_HW is not None) == ("a" in layout)
    if picture.a_HW is not None:
        assert np.array_equal(picture.a_HW, codes[..., 3])
    require_ffmpeg()
    theirs = np.frombuffer(raw_video(path, "rgb24" if bits == 8 else "rgb48le"), "<u2" if bits > 8 else "u1")
    assert np.array_equal(picture.rgb_HW3, theirs.reshape(HEIGHT, WIDTH, 3))


@pytest.mark.parametrize(
    ("codec", "layout", "name", "bits"),
    [
        ("png", "rgba", "a.mov", 8),
        ("png", "rgba64be", "b.mov", 16),
        ("ffv1", "gbrap12le", "c.mkv", 12),
    ],
)
def test_delivered_frames_keep_the_alpha(
    tmp_path: Path, codec: str, layout: str, name: str, bits: int
) -> None:
    plate = ingest(write(tmp_path / name, codec, layout, bits))
    take = write_take(tmp_path / "take", tuple(plate.frames), plate.display_window, Rect(8, 8, 8, 8))
    config = DeliverConfig(movies=(), contact_sheet=False, frames=True)
    paths = deliver(
        plate, take, tuple(plate.frames), config, tmp_path / "out", title="t", marked=False, people=(),
        emit=lambda event: None, stopping=lambda: False,
    )  # fmt: skip
    (exr,) = [path for path in paths if path.suffix == ".exr"]
    with OpenEXR.File(str(exr)) as file:
        alpha = file.channels()["RGBA"].pixels[..., 3]
    assert np.allclose(alpha, rgba_codes(bits)[..., 3] / ((1 << bits) - 1), atol=1e-3)
