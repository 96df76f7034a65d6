from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.domain.frame import ColourTags
from understudy.media.colour import from_linear, matrix_name, rgb_from_yuv, to_linear, yuv_from_rgb
from understudy.media.contact_sheet import contact_sheet

TRANSFERS = ["bt709", "unknown", "iec61966-2-1", "smpte2084", "arib-std-b67", "linear", "gamma28", "gamma22"]


@pytest.mark.parametrize("transfer", TRANSFERS)
@given(st.lists(st.floats(-0.125, 1.25, width=32), min_size=1, max_size=20))
def test_linear_light_and_back(transfer: str, values: list[float]) -> None:
    tags = ColourTags(transfer=transfer)
    encoded = np.array(values, np.float32).reshape(-1, 1)
    assert np.allclose(from_linear(to_linear(encoded, tags), tags), encoded, atol=2e-4)


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_curves_rise_and_keep_black(transfer: str) -> None:
    steps = np.linspace(0, 1, 1024, dtype=np.float32)
    light = to_linear(steps, ColourTags(transfer=transfer))
    assert light[0] == 0 and (np.diff(light) >= 0).all() and light[-1] > light[512]


@pytest.mark.parametrize(
    ("transfer", "code", "light"),
    [
        ("bt709", 0.5, 0.5**2.4),
        ("iec61966-2-1", 0.5, 0.21404),
        ("iec61966-2-1", 0.04, 0.04 / 12.92),
        ("smpte2084", 0.58068888, 1.0),  # 203 nits
        ("arib-std-b67", 0.5, 1 / 12),
    ],
)
def test_known_points(transfer: str, code: float, light: float) -> None:
    found = to_linear(np.array([code], np.float32), ColourTags(transfer=transfer))
    assert found[0] == pytest.approx(light, rel=2e-3)


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("bit_depth", [8, 10, 16])
def test_white_is_white_in_every_matrix(matrix: str, full_range: bool, bit_depth: int) -> None:
    tags = ColourTags(matrix=matrix, full_range=full_range)
    forward, back = rgb_from_yuv(tags, bit_depth, 1080), yuv_from_rgb(tags, bit_depth, 1080)
    y, u, v = back @ [1.0, 1.0, 1.0, 1.0]
    unit = 2 ** (bit_depth - 8)
    assert y == pytest.approx(2**bit_depth - 1 if full_range else 235 * unit)
    assert (u, v) == pytest.approx((128 * unit, 128 * unit))
    assert forward @ [y, u, v, 1] == pytest.approx([1, 1, 1])


def test_untagged_plates_follow_their_size() -> None:
    assert matrix_name(ColourTags(), 1080) == "bt709"
    assert matrix_name(ColourTags(), 576) == "smpte170m"
    assert matrix_name(ColourTags(matrix="bt2020nc"), 576) == "bt2020nc"


def test_contact_sheet_places_every_picture_in_its_cell() -> None:
    red, white = np.zeros((30, 60, 3), np.uint8), np.full((60, 30), 255, np.uint8)
    red[..., 0] = 255
    sheet = contact_sheet([[("1001 plate", red), ("matte", white)], [("1002 plate", red)]], cell_wh=(100, 80))
    assert sheet.shape == (2 * (80 + 22 + 8) + 8, 2 * 108 + 8, 3)
    assert tuple(sheet[8 + 40, 8 + 50]) == (255, 0, 0)
    assert tuple(sheet[8 + 40, 8 + 108 + 50]) == (255, 255, 255)
    label = sheet[8 + 80 : 8 + 102, 8:108]
    assert label.max() > 200  # there is ink
