from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media_samples import HD, noise_picture, sample_layers

from understudy.domain.frame import ColourTags, Rect
from understudy.media.chroma import Siting, downsample, upsample
from understudy.media.composite import composite, linear_beauty, make_mark
from understudy.media.layers import no_face_layers
from understudy.media.picture import RgbPicture, YuvPicture, picture_of


def planes(picture: YuvPicture) -> list[np.ndarray]:
    return [picture.y_HW, picture.u_hw, picture.v_hw]


@st.composite
def pictures_and_rects(draw: st.DrawFn) -> tuple[YuvPicture, Rect, np.ndarray]:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    width, height = draw(st.integers(8, 40)), draw(st.integers(8, 40))
    turns = draw(st.integers(0, 3))
    if turns:  # a turned picture with half a chroma sample at its edge does not occur: codecs pad it
        width, height = width // 2 * 2, height // 2 * 2
    picture = noise_picture(
        rng,
        width,
        height,
        bit_depth=draw(st.sampled_from([8, 10, 12])),
        sampling=draw(st.sampled_from(["420", "422", "444"])),
    ).rotated(turns)
    x, y = draw(st.integers(0, picture.width - 1)), draw(st.integers(0, picture.height - 1))
    rect = Rect(x, y, draw(st.integers(1, picture.width - x)), draw(st.integers(1, picture.height - y)))
    return picture, rect, rng.random((rect.height, rect.width)) > 0.4


@settings(max_examples=80, deadline=None)
@given(pictures_and_rects())
def test_reading_and_writing_back_reproduces_the_codes(case: tuple[YuvPicture, Rect, np.ndarray]) -> None:
    picture, rect, where = case
    again = picture.with_region(rect, picture.region(rect), where)
    for before, after in zip(planes(picture), planes(again), strict=True):
        assert np.abs(before.astype(int) - after.astype(int)).max() <= 1


@settings(max_examples=80, deadline=None)
@given(pictures_and_rects(), st.floats(0, 1))
def test_outside_where_every_bit_is_kept(case: tuple[YuvPicture, Rect, np.ndarray], grey: float) -> None:
    picture, rect, where = case
    changed = picture.with_region(rect, np.full((rect.height, rect.width, 3), grey, np.float32), where)
    whole = np.zeros((picture.height, picture.width), bool)
    whole[rect.y : rect.y1, rect.x : rect.x1] = where
    assert np.array_equal(picture.y_HW[~whole], changed.y_HW[~whole])
    step_x, step_y = 1 + picture.siting_x.halved, 1 + picture.siting_y.halved
    rows, columns = np.nonzero(whole)
    touched = np.zeros(picture.u_hw.shape, bool)
    touched[rows // step_y, columns // step_x] = True
    for before, after in zip(planes(picture)[1:], planes(changed)[1:], strict=True):
        assert np.array_equal(before[~touched], after[~touched])


@pytest.mark.parametrize("position_x", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("position_y", [0.0, 0.5, 1.0])
def test_going_down_undoes_going_up(position_x: float, position_y: float) -> None:
    rng = np.random.default_rng(1)
    chroma = np.zeros((22, 32), np.float32)
    chroma[4:-4, 4:-4] = rng.uniform(-100, 100, (14, 24))
    x, y = Siting(True, position_x), Siting(True, position_y)
    assert np.abs(downsample(upsample(chroma, x, y), x, y) - chroma[1:-1, 1:-1]).max() < 0.06


def test_a_new_colour_arrives_exactly() -> None:
    picture = noise_picture(np.random.default_rng(2), 64, 64)
    rect = Rect(8, 8, 48, 48)
    wanted = np.array([0.8, 0.4, 0.2], np.float32)
    full = np.broadcast_to(wanted, (48, 48, 3)).astype(np.float32)
    changed = picture.with_region(rect, full, np.ones((48, 48), bool))
    inner = Rect(24, 24, 16, 16)  # chroma rings for a few samples inside a hard edge
    assert np.abs(changed.region(inner) - wanted).max() < 1.5 / 219


@pytest.mark.parametrize(
    ("codes", "rgb"),
    [
        ((235, 128, 128), (1, 1, 1)),
        ((16, 128, 128), (0, 0, 0)),
        ((63, 102, 240), (1.0, 0.0, 0.0)),  # BT.709 red in 8 bits
        ((32, 240, 118), (0.0, 0.0, 1.0)),
    ],
)
def test_known_codes_of_bt709(codes: tuple[int, int, int], rgb: tuple[float, float, float]) -> None:
    y, u, v = (np.full((4, 4), code, np.uint8) for code in codes)
    picture = YuvPicture(y_HW=y, u_hw=u[:2, :2], v_hw=v[:2, :2], colour=HD)
    assert np.allclose(picture.region(Rect(0, 0, 4, 4)), rgb, atol=0.006)


def test_the_quick_picture_agrees_with_the_exact_one() -> None:
    y, x = np.mgrid[0:48, 0:64]
    picture = YuvPicture(
        y_HW=(60 + x + y).astype(np.uint8),
        u_hw=(110 + y[::2, ::2] // 3).astype(np.uint8),
        v_hw=(140 - x[::2, ::2] // 3).astype(np.uint8),
        colour=HD,
    )
    exact = np.clip(picture.region(Rect(0, 0, 64, 48)), 0, 1) * 255
    assert np.abs(picture.rgb8() - exact).max() < 2.5
    deep = noise_picture(np.random.default_rng(3), 32, 32, bit_depth=10, sampling="444")
    exact = np.clip(deep.region(Rect(0, 0, 32, 32)), 0, 1) * 255
    assert np.abs(deep.rgb8() - exact).mean() < 1.0


def test_turning_a_picture_turns_its_colours_along() -> None:
    picture = noise_picture(np.random.default_rng(4), 32, 24, sampling="444")
    upright = picture.region(Rect(0, 0, 32, 24))
    for turns in range(4):
        turned = picture.rotated(turns)
        assert np.allclose(
            turned.region(Rect(0, 0, turned.width, turned.height)), np.rot90(upright, turns), atol=1e-6
        )
    subsampled = noise_picture(np.random.default_rng(4), 32, 24)
    upright = subsampled.region(Rect(0, 0, 32, 24))
    assert np.allclose(subsampled.rotated(1).region(Rect(0, 0, 24, 32)), np.rot90(upright), atol=1e-5)


@pytest.mark.parametrize(
    "name", ["yuv420p", "yuv422p10le", "yuv444p12le", "yuva444p10le", "nv12", "yuvj420p"]
)
def test_frames_go_through_without_a_change(name: str) -> None:
    rng = np.random.default_rng(5)
    source = av.VideoFrame(32, 16, name)
    for plane in source.planes:
        plane.update(rng.integers(0, 4, plane.buffer_size, np.uint8).tobytes())
    picture = picture_of(source, HD)
    assert isinstance(picture, YuvPicture)
    again = picture_of(picture.video_frame(), HD)
    assert isinstance(again, YuvPicture)
    for before, after in zip(planes(picture), planes(again), strict=True):
        assert np.array_equal(before, after)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_rgb_pictures_keep_their_type_and_the_rest_of_their_bits(kind: type[np.generic]) -> None:
    rng = np.random.default_rng(6)
    white = 1.0 if kind is np.float32 else float(np.iinfo(kind).max)  # type: ignore[type-var]
    picture = RgbPicture(rgb_HW3=(rng.random((20, 20, 3)) * white).astype(kind))
    rect, where = Rect(3, 4, 9, 8), rng.random((8, 9)) > 0.5
    same = picture.with_region(rect, picture.region(rect), where)
    assert np.allclose(same.rgb_HW3.astype(float), picture.rgb_HW3.astype(float), atol=white * 1e-6)
    other = picture.with_region(rect, np.zeros((8, 9, 3), np.float32), where)
    whole = np.zeros((20, 20), bool)
    whole[4:12, 3:12] = where
    assert np.array_equal(other.rgb_HW3[~whole], picture.rgb_HW3[~whole])
    assert other.rgb_HW3[whole].max() == 0 and other.rgb_HW3.dtype == kind


def test_an_area_outside_the_picture_is_refused() -> None:
    picture = noise_picture(np.random.default_rng(7), 16, 16)
    with pytest.raises(ValueError, match="not inside"):
        picture.region(Rect(10, 10, 8, 4))


def test_compositing_touches_nothing_where_alpha_is_zero() -> None:
    picture = noise_picture(np.random.default_rng(8), 64, 48, bit_depth=10, sampling="422")
    layers = sample_layers(1001, Rect(10, 10, 40, 20), alpha=1.0, grey=0.25)
    result = composite(picture, layers)
    whole = np.zeros((48, 64), bool)
    whole[12:28, 12:48] = True
    assert np.array_equal(result.y_HW[~whole], picture.y_HW[~whole])
    assert np.allclose(result.region(Rect(24, 14, 12, 10)), 0.25 ** (1 / 2.4), atol=2e-3)
    assert composite(picture, no_face_layers(1001)) is picture
    beauty = linear_beauty(picture, layers)
    assert np.allclose(beauty[14:24, 14:24], 0.25, atol=1e-3)


def test_half_alpha_is_half_the_light() -> None:
    white = RgbPicture(rgb_HW3=np.full((32, 32, 3), 255, np.uint8), colour=ColourTags(transfer="bt709"))
    result = composite(white, sample_layers(1, Rect(4, 4, 20, 20), alpha=0.5, grey=0.0))
    assert abs(int(result.rgb_HW3[14, 14, 0]) - 255 * 0.5 ** (1 / 2.4)) <= 1


def test_the_mark_can_be_read_and_stays_in_its_strip() -> None:
    picture = noise_picture(np.random.default_rng(9), 640, 360)
    mark = make_mark(640, 360)
    burnt = mark.burn(picture)
    assert np.array_equal(burnt.y_HW[: mark.rect.y], picture.y_HW[: mark.rect.y])
    assert 0.03 < (mark.text_HW > 0.5).mean() < 0.5
    columns = np.nonzero(mark.text_HW.max(0) > 0.5)[0]
    assert columns[0] > 0 and columns[-1] < 639 and columns[-1] - columns[0] > 200
