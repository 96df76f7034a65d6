from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.domain.frame import Rect
from understudy.media.warp import apply, compose, corners_of, invert, st_map, translate, warp


def smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([0.5 + 0.4 * np.sin(x / 9), 0.5 + 0.4 * np.cos(y / 7), (x + y) / (height + width)], -1)


def similarity(scale: float, angle: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


transforms = st.builds(
    similarity, st.floats(0.7, 1.4), st.floats(-3.1, 3.1), st.floats(-20, 20), st.floats(-20, 20)
)


@settings(max_examples=40, deadline=None)
@given(transforms)
def test_there_and_back_again(matrix: np.ndarray) -> None:
    image = smooth(96, 96)
    centre = translate(200, 200) @ np.vstack([matrix, [0, 0, 1]])
    there = warp(image, centre, (400, 400))
    back = warp(there, invert(centre), (96, 96))
    assert np.abs(back - image)[10:-10, 10:-10].max() < 0.02


@settings(max_examples=40, deadline=None)
@given(transforms, transforms)
def test_composition_and_inverse(first: np.ndarray, second: np.ndarray) -> None:
    points = np.random.default_rng(0).uniform(-50, 50, (8, 2))
    assert np.allclose(apply(compose(second, first), points), apply(second, apply(first, points)))
    assert np.allclose(apply(invert(first), apply(first, points)), points)


@pytest.mark.parametrize("interpolation", ["cubic", "linear", "area"])
@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_whole_moves_are_exact(interpolation: str, kind: type[np.generic]) -> None:
    image = (np.random.default_rng(1).random((20, 30, 3)) * 255).astype(kind)
    moved = warp(image, translate(4, -3), (30, 20), interpolation=interpolation)  # type: ignore[arg-type]
    assert np.array_equal(moved[:-3, 4:], image[3:, :-4])
    assert moved.dtype == kind and not moved[:, :4].any()


@pytest.mark.parametrize("scale", [0.5, 0.37, 0.25, 0.1])
@pytest.mark.parametrize("interpolation", ["cubic", "linear", "area"])
def test_shrinking_keeps_positions_and_does_not_alias(scale: float, interpolation: str) -> None:
    y, x = np.mgrid[0:400, 0:400].astype(np.float32)
    blob = np.exp(-(((x + 0.5 - 220) / 40) ** 2) - ((y + 0.5 - 140) / 40) ** 2)
    size = round(400 * scale)
    small = warp(blob, np.array([[scale, 0, 0], [0, scale, 0]]), (size, size), interpolation=interpolation)  # type: ignore[arg-type]
    ys, xs = np.mgrid[0:size, 0:size] + 0.5
    found = (small * xs).sum() / small.sum() / scale, (small * ys).sum() / small.sum() / scale
    assert found == pytest.approx((220, 140), abs=0.35)
    stripes = ((x.astype(int) + y.astype(int)) % 2).astype(np.float32)
    grey = warp(
        stripes, np.array([[scale, 0, 0.2], [0, scale, 0.3]]), (size, size), interpolation=interpolation
    )  # type: ignore[arg-type]
    assert np.abs(grey[4:-4, 4:-4] - 0.5).max() < 0.13


def test_a_small_area_of_a_large_picture_is_the_same_as_all_of_it() -> None:
    image = smooth(600, 800)
    matrix = compose(similarity(0.3, 0.4, 0, 0), translate(-500, -100))
    crop = warp(image, matrix, (64, 64), border="replicate")
    big = warp(image, compose(translate(40, 40), matrix), (144, 144), border="replicate")
    assert np.abs(crop - big[40:104, 40:104]).max() < 0.006  # OpenCV rounds positions to 1/32 pixel


@pytest.mark.parametrize("border", ["zero", "replicate", "reflect"])
def test_nothing_of_the_source_in_view(border: str) -> None:
    image = np.full((20, 20, 3), 0.5, np.float32)
    out = warp(image, similarity(0.3, 0.0, 500, 500), (16, 16), border=border)  # type: ignore[arg-type]
    assert out.shape == (16, 16, 3)
    assert np.allclose(out, 0 if border == "zero" else 0.5, atol=1e-5)


def test_half_integer_centres() -> None:
    image = np.zeros((8, 8), np.float32)
    image[2, 3] = 1  # its centre is (3.5, 2.5)
    doubled = warp(image, np.array([[2.0, 0, 0], [0, 2.0, 0]]), (16, 16), interpolation="linear")
    ys, xs = np.mgrid[0:16, 0:16] + 0.5
    assert (doubled * xs).sum() / doubled.sum() == pytest.approx(7.0)
    assert (doubled * ys).sum() / doubled.sum() == pytest.approx(5.0)


def test_st_map_samples_the_crop_as_the_warp_does() -> None:
    crop, rect = smooth(64, 64), Rect(100, 60, 40, 30)
    to_crop = compose(similarity(0.8, 0.3, 30, 20), translate(-110, -70))
    pasted = warp(crop, invert(to_crop), (200, 150), interpolation="linear")
    st_HW2 = st_map(to_crop, rect, 64)
    x = (st_HW2[..., 0] * 64 - 0.5).astype(np.float32)  # a compositor undoes the bottom-left origin
    y = ((1 - st_HW2[..., 1]) * 64 - 0.5).astype(np.float32)
    looked_up = cv2.remap(crop, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    inside = (st_HW2 > 0.05).all(-1) & (st_HW2 < 0.95).all(-1)
    assert inside.sum() > 300
    assert np.abs(looked_up - pasted[60:90, 100:140])[inside].max() < 0.02


def test_corners_of_a_crop() -> None:
    assert corners_of(np.array([[0.5, 0, -10.0], [0, 0.5, -20.0]]), 64) == Rect(20, 40, 128, 128)
