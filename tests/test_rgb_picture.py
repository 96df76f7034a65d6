from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sequence_samples import noise

from understudy.domain.frame import ColourTags, Rect
from understudy.media.rgb_picture import RgbPicture

KINDS = ("uint8", "uint10", "uint12", "uint16", "half", "float")
DISPLAY = (24, 16)


def bits(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(pixels).view({1: np.uint8, 2: np.uint16, 4: np.uint32}[pixels.itemsize])


def picture_of(kind: str, window: Rect, seed: int = 0) -> RgbPicture:
    pixels = noise(kind, max(window.width, 11), max(window.height, 10), 4, seed=seed)
    pixels = pixels[: window.height, : window.width]
    return RgbPicture(
        rgb_HW3=pixels[..., :3], a_HW=pixels[..., 3], origin_xy=(window.x, window.y), display_wh=DISPLAY,
        bit_depth=int(kind[4:]) if kind in ("uint10", "uint12") else 0,
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Rect, Rect, int]:
    window = Rect(
        draw(st.integers(-9, 9)), draw(st.integers(-9, 9)), draw(st.integers(1, 30)), draw(st.integers(1, 30))
    )
    rect = Rect(
        draw(st.integers(-12, 20)),
        draw(st.integers(-12, 20)),
        draw(st.integers(1, 30)),
        draw(st.integers(1, 30)),
    )
    return draw(st.sampled_from(KINDS)), window, rect, draw(st.integers(0, 1000))


@settings(max_examples=120, deadline=None)
@given(cases())
def test_what_is_not_changed_keeps_every_bit_and_what_is_arrives(case: tuple[str, Rect, Rect, int]) -> None:
    kind, window, rect, seed = case
    picture, rng = picture_of(kind, window, seed), np.random.default_rng(seed)
    where = rng.random((rect.height, rect.width)) > 0.5
    new = rng.uniform(-2, 20, (rect.height, rect.width, 3)).astype(np.float32)
    changed = picture.with_region(rect, new, where)
    touched = np.zeros((window.height, window.width), bool)
    wanted = np.zeros((window.height, window.width, 3), np.float32)
    for y in range(rect.height):
        for x in range(rect.width):
            at = rect.y + y - window.y, rect.x + x - window.x
            if where[y, x] and 0 <= at[0] < window.height and 0 <= at[1] < window.width:
                touched[at], wanted[at] = True, new[y, x]
    assert np.array_equal(bits(picture.rgb_HW3)[~touched], bits(changed.rgb_HW3)[~touched])
    assert changed.a_HW is picture.a_HW and changed.window == picture.window
    if kind in ("half", "float"):
        assert np.allclose(changed.rgb_HW3[touched], wanted[touched], rtol=6e-4)  # and nothing is clipped
        return
    top = (1 << int(kind[4:])) - 1
    codes = changed.rgb_HW3[touched].astype(int) >> (0 if top == 255 else 16 - int(kind[4:]))
    assert np.array_equal(codes, np.rint(np.clip(wanted[touched], 0, 1) * top))
    again = changed.with_region(window, changed.region(window), np.ones((window.height, window.width), bool))
    assert np.array_equal(again.rgb_HW3, changed.rgb_HW3)


@pytest.mark.parametrize("kind", ["half", "float"])
def test_floats_of_every_sort_survive_a_change_beside_them(kind: str) -> None:
    picture = picture_of(kind, Rect(-4, -3, 32, 24))
    values = picture.rgb_HW3
    values[0, 0] = (np.nan, np.inf, -np.inf)
    values[0, 1] = (-65504.0, 6e-8, -0.0)
    before = bits(values).copy()
    rect, where = Rect(-4, -3, 4, 1), np.array([[False, False, True, False]])
    changed = picture.with_region(rect, np.full((1, 4, 3), 1e9, np.float32), where)
    after = bits(changed.rgb_HW3)
    assert np.array_equal(after[:, [0, 1, *range(3, 32)]], before[:, [0, 1, *range(3, 32)]])
    assert changed.rgb_HW3[0, 2].tolist() == [65504.0 if kind == "half" else np.float32(1e9)] * 3
    assert np.array_equal(before, bits(picture.rgb_HW3))  # the picture itself is as it was


def test_no_number_becomes_black_in_whole_codes() -> None:
    picture = picture_of("uint16", Rect(0, 0, 24, 16))
    new = np.full((1, 3, 3), np.nan, np.float32)
    new[0, 1] = np.inf
    changed = picture.with_region(Rect(0, 0, 3, 1), new, np.ones((1, 3), bool))
    assert changed.rgb_HW3[0, :3, 0].tolist() == [0, 65535, 0]


def test_beyond_its_window_a_picture_is_black_and_stays_as_it_is() -> None:
    picture = picture_of("uint8", Rect(4, 4, 10, 8))
    outside = Rect(-3, -3, 4, 4)
    assert not picture.region(outside).any()
    assert picture.with_region(outside, np.ones((4, 4, 3), np.float32), np.ones((4, 4), bool)) is picture
    shown = picture.rgb8()
    assert shown.shape == (16, 24, 3) and np.array_equal(shown[4:12, 4:14], picture.rgb_HW3)
    assert not shown[:4].any() and not shown[:, :4].any() and not shown[12:].any() and not shown[:, 14:].any()
    assert np.array_equal(picture.video_frame().to_ndarray(), shown)
    with pytest.raises(ValueError, match="no pixels"):
        picture.region(Rect(0, 0, 0, 4))


def test_overscan_is_not_shown() -> None:
    picture = picture_of("uint16", Rect(-5, -2, 40, 30))
    shown = picture.rgb8()
    whole = np.rint(picture.rgb_HW3[2:18, 5:29] / 65535 * 255)
    assert shown.shape == (16, 24, 3) and np.abs(shown - whole).max() <= 1
    words = picture.video_frame().to_ndarray()
    assert words.dtype == np.uint16 and np.array_equal(words, picture.rgb_HW3[2:18, 5:29])


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_scene_linear_pictures_are_shown_through_a_preview(kind: type[np.generic]) -> None:
    ramp = (0.18 * 2.0 ** np.linspace(-8, 8, 64)).astype(kind)
    pixels = np.repeat(ramp[None, :, None], 3, axis=2)
    tags = ColourTags(matrix="rgb", full_range=True, space="Linear Rec.709 (sRGB)")
    shown = RgbPicture(rgb_HW3=np.ascontiguousarray(pixels), colour=tags).rgb8()[0, :, 0].astype(int)
    assert (np.diff(shown) >= 0).all() and shown[0] < 10 and shown[-1] >= 250
    assert abs(int(np.interp(0.18, ramp.astype(float), shown)) - 118) <= 4
    strange = np.full((2, 2, 3), np.nan, kind)
    strange[0] = np.inf
    assert RgbPicture(rgb_HW3=strange, colour=tags).rgb8().shape == (2, 2, 3)


def test_turning_takes_the_alpha_along() -> None:
    pixels = noise("uint8", 20, 12, 4)
    picture = RgbPicture(rgb_HW3=pixels[..., :3], a_HW=pixels[..., 3])
    turned = picture.rotated(1)
    assert (turned.width, turned.height) == (12, 20) and turned.a_HW is not None
    assert np.array_equal(turned.a_HW, np.rot90(pixels[..., 3]))
    with pytest.raises(ValueError, match="data window"):
        picture_of("uint8", Rect(1, 0, 20, 12)).rotated(2)
