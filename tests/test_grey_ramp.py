"""A grey ramp by every road: file, codes, linear light, what a network sees, and back to codes.

Where nothing is changed every bit stays; codes that are made anew are the same codes; a network's encoding
costs at most 1e-4 of the light.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.grey_ramps import HEIGHT, WIDTH, code_ramp, light_ramp, write_ramp_movie, write_ramp_sequence

from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import is_scene_referred
from understudy.media.network_colour import NetworkColour, NetworkEncoding
from understudy.media.picture import Picture, YuvPicture
from understudy.media.video import open_plate
from understudy.stages.ingest import ingest

WHOLE = Rect(0, 0, WIDTH, HEIGHT)
LEAST_LIGHT = 2.0**-8


@dataclass(frozen=True)
class Road:
    """A kind of file."""

    suffix: str
    codec: str
    depth: str
    options: tuple[tuple[str, str], ...] = ()
    full_range: bool = False
    space: str = ""


LOSSLESS = (("qp", "0"), ("preset", "ultrafast"))
ROADS = {
    "prores 422 hq, 10 bit legal": Road(".mov", "prores_ks", "yuv422p10le", (("profile", "3"),)),
    "prores 4444, 10 bit legal": Road(".mov", "prores_ks", "yuv444p10le", (("profile", "4"),)),
    "prores 422 hq, LogC4": Road(".mov", "prores_ks", "yuv422p10le", (("profile", "3"),), space="ARRI LogC4"),
    "prores 422 hq, S-Log3": Road(
        ".mov", "prores_ks", "yuv422p10le", (("profile", "3"),), space="S-Log3 S-Gamut3.Cine"
    ),
    "h264, 8 bit legal": Road(".mp4", "libx264", "yuv420p", LOSSLESS),
    "h264, 8 bit full": Road(".mp4", "libx264", "yuv420p", LOSSLESS, full_range=True),
    "h264, 10 bit legal": Road(".mp4", "libx264", "yuv422p10le", LOSSLESS),
    "ffv1, 12 bit legal": Road(".mkv", "ffv1", "yuv444p12le"),
    "ffv1, 12 bit full": Road(".mkv", "ffv1", "yuv444p12le", full_range=True),
    "png, 8 bit": Road(".png", "", "uint8"),
    "png, 16 bit": Road(".png", "", "uint16"),
    "tiff, 16 bit": Road(".tif", "", "uint16"),
    "dpx, 10 bit": Road(".dpx", "", "uint10"),
    "dpx, 10 bit, ACEScct": Road(".dpx", "", "uint10", space="ACEScct"),
    "exr, half": Road(".exr", "", "half", space="ACEScg"),
    "exr, float, BT.709": Road(".exr", "", "float", space="Linear Rec.709 (sRGB)"),
}


def plate_of(road: Road, folder: Path) -> Plate:
    if road.codec:
        path = write_ramp_movie(
            folder / f"ramp{road.suffix}",
            road.codec,
            road.depth,
            full_range=road.full_range,
            options=dict(road.options),
        )
    else:
        ramp = light_ramp() if road.depth in ("half", "float") else code_ramp()
        path = write_ramp_sequence(folder / "pictures", road.suffix, road.depth, ramp)
    return ingest(path, colour_space=road.space)


def planes(picture: Picture) -> list[npt.NDArray[np.generic]]:
    if isinstance(picture, YuvPicture):
        return [picture.y_HW, picture.u_hw, picture.v_hw]
    return [picture.rgb_HW3]  # type: ignore[attr-defined]


def off_by(before: Picture, after: Picture, bits: int) -> float:
    """The greatest difference: codes of the plate's own depth, of floats a share of the value."""
    worst = 0.0
    for old, new in zip(planes(before), planes(after), strict=True):
        if old.dtype.kind == "f":
            old32, new32 = old.astype(np.float64), new.astype(np.float64)
            worst = max(worst, float((np.abs(new32 - old32) / np.maximum(np.abs(old32), 1e-6)).max()))
        else:
            spread = 16 - bits if old.dtype == np.uint16 and not isinstance(before, YuvPicture) else 0
            worst = max(worst, float(np.abs((old >> spread).astype(int) - (new >> spread).astype(int)).max()))
    return worst


@pytest.fixture(params=sorted(ROADS))
def travelled(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Road, Plate, Picture]:
    road = ROADS[request.param]
    plate = plate_of(road, tmp_path)
    return road, plate, open_plate(plate).frame(plate.first_frame).picture


def test_a_ramp_keeps_its_codes(travelled: tuple[Road, Plate, Picture]) -> None:
    road, plate, picture = travelled
    assert picture.colour.space == (road.space or picture.colour.space)
    codes = picture.region(WHOLE)
    half = np.zeros((HEIGHT, WIDTH), bool)
    half[:, 64:192] = True
    anew = picture.with_region(WHOLE, from_linear(to_linear(codes, picture.colour), picture.colour), half)
    assert off_by(picture, anew, plate.bit_depth) == 0
    untouched = picture.with_region(WHOLE, codes * 0 + 0.3, half)
    for old, new in zip(planes(picture), planes(untouched), strict=True):
        side = old.shape[1] // 4 - 2  # a chroma filter looks a sample further
        assert np.array_equal(old[:, :side], new[:, :side]) and np.array_equal(old[:, -side:], new[:, -side:])


@pytest.mark.parametrize("encoding", ["srgb", "acescct"])
def test_a_network_sees_the_ramp_and_gives_it_back(
    travelled: tuple[Road, Plate, Picture], encoding: NetworkEncoding
) -> None:
    _, _, picture = travelled
    colour = NetworkColour(tags=picture.colour, encoding=encoding)
    light = to_linear(picture.region(WHOLE), picture.colour)
    back = colour.linear(colour.seen(picture.region(WHOLE)))
    kept = light < (1 if encoding == "srgb" and is_scene_referred(picture.colour) else 200)
    well_lit, dark = kept & (light >= LEAST_LIGHT), kept & (light < LEAST_LIGHT)
    assert well_lit.sum() > 1000
    assert (np.abs(back - light)[well_lit] / light[well_lit]).max() <= 1e-4
    assert np.abs(back - light)[dark & (light >= 0)].max(initial=0) <= 1e-6


def test_the_ramp_of_a_linear_file_reaches_sixteen_bit_for_bit(tmp_path: Path) -> None:
    plate = plate_of(ROADS["exr, half"], tmp_path)
    picture = open_plate(plate).frame(1002).picture
    light = to_linear(picture.region(WHOLE), plate.colour)
    wanted = light_ramp().astype(np.float16).astype(np.float32)
    assert np.array_equal(light[..., 1], wanted) and light.max() == 16
    assert NetworkColour(tags=plate.colour, encoding="acescct").seen(light).max() < 0.8
