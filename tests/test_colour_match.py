"""Colour statistics, their smoothing in time and the map made from them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.media.colour_match import (
    IDENTITY,
    ColourStatistics,
    FaceColours,
    colour_map,
    from_oklab,
    light_gain,
    measure_colour,
    smooth_colours,
    to_oklab,
)

FULL = np.ones((48, 48), np.float32)


def skin(seed: int, *, mean: tuple[float, float, float], contrast: float) -> npt.NDArray[np.float32]:
    """A picture in linear light whose OKLab colours scatter around `mean`."""
    rng = np.random.default_rng(seed)
    lab = np.asarray(mean) + rng.normal(0, 1, (48, 48, 3)) * [contrast, 0.010, 0.015]
    return from_oklab(lab)


def colours(
    frame: int, plate: npt.NDArray[np.float32], drawn: npt.NDArray[np.float32], *, trust: float = 1.0
) -> FaceColours:
    plate_statistics, drawn_statistics = measure_colour(plate, FULL), measure_colour(drawn, FULL)
    assert plate_statistics is not None and drawn_statistics is not None
    return FaceColours(frame=frame, plate=plate_statistics, drawn=drawn_statistics, trust=trust)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-0.25, 4.0, width=32), min_size=3, max_size=3))
def test_oklab_goes_there_and_back(rgb: list[float]) -> None:
    light = np.array([[rgb]], np.float32)
    np.testing.assert_allclose(from_oklab(to_oklab(light)), light, atol=2e-6, rtol=1e-5)


def test_oklab_of_white_has_full_lightness_and_no_chroma() -> None:
    np.testing.assert_allclose(to_oklab(np.ones((1, 3))), [[1, 0, 0]], atol=1e-6)


def test_only_what_the_matte_covers_counts() -> None:
    picture = skin(1, mean=(0.6, 0.02, 0.05), contrast=0.05)
    spoiled = picture.copy()
    spoiled[:, :20] = 9
    matte = FULL.copy()
    matte[:, :20] = 0
    whole, part = measure_colour(picture[:, 20:], FULL[:, 20:]), measure_colour(spoiled, matte)
    assert whole is not None and part is not None
    np.testing.assert_allclose(part.mean_3, whole.mean_3)
    np.testing.assert_allclose(part.covariance_33, whole.covariance_33)
    assert measure_colour(picture, FULL * 0) is None


def test_matching_gives_the_plate_its_mean_and_covariance() -> None:
    plate = skin(2, mean=(0.45, 0.03, 0.06), contrast=0.06)
    drawn = skin(3, mean=(0.65, 0.01, 0.02), contrast=0.08)
    graded = colour_map(colours(1, plate, drawn), "mean-covariance").apply(drawn)
    result, wanted = measure_colour(graded, FULL), measure_colour(plate, FULL)
    assert result is not None and wanted is not None
    np.testing.assert_allclose(result.mean_3, wanted.mean_3, atol=1e-4)
    np.testing.assert_allclose(result.covariance_33, wanted.covariance_33, atol=1e-4)


def test_mean_mode_moves_the_mean_and_keeps_contrast() -> None:
    plate = skin(2, mean=(0.45, 0.03, 0.06), contrast=0.03)
    drawn = skin(3, mean=(0.65, 0.01, 0.02), contrast=0.09)
    graded = colour_map(colours(1, plate, drawn), "mean").apply(drawn)
    np.testing.assert_allclose(
        to_oklab(graded).reshape(-1, 3).std(0), to_oklab(drawn).reshape(-1, 3).std(0), atol=1e-5
    )
    np.testing.assert_allclose(to_oklab(graded).mean((0, 1)), to_oklab(plate).mean((0, 1)), atol=1e-5)


def test_a_flat_drawing_is_not_blown_up_to_noise() -> None:
    flat = skin(4, mean=(0.5, 0, 0), contrast=0.002)
    lively = skin(5, mean=(0.5, 0, 0), contrast=0.2)
    gains = np.linalg.eigvalsh(colour_map(colours(1, lively, flat), "mean-covariance").matrix_33)
    assert gains.max() <= 2 + 1e-9
    assert gains.min() >= 0.5 - 1e-9


def test_none_and_nothing_measured_change_nothing() -> None:
    picture = skin(6, mean=(0.5, 0, 0), contrast=0.05)
    assert colour_map(colours(1, picture * 2, picture), "none") is IDENTITY
    assert colour_map(None, "mean-covariance") is IDENTITY
    np.testing.assert_allclose(IDENTITY.apply(picture), picture, atol=1e-6)


@pytest.mark.parametrize("window", [0, 3, 12])
def test_smoothing_does_not_depend_on_order_or_on_frames_outside(window: int) -> None:
    run = [
        colours(f, skin(f, mean=(0.5, 0, 0), contrast=0.05), skin(f + 99, mean=(0.6, 0, 0), contrast=0.05))
        for f in range(30)
    ]
    around = [c for c in run if abs(c.frame - 15) <= window]
    one, other = smooth_colours(run, 15, window), smooth_colours(reversed(around), 15, window)
    assert one is not None and other is not None
    assert np.array_equal(one.plate.mean_3, other.plate.mean_3)
    assert np.array_equal(one.drawn.covariance_33, other.drawn.covariance_33)
    if window == 0:
        assert np.array_equal(one.plate.mean_3, run[15].plate.mean_3)


def test_smoothed_maps_flicker_less_than_single_frames() -> None:
    rng = np.random.default_rng(8)

    def noisy(frame: int) -> FaceColours:
        def statistics(lightness: float) -> ColourStatistics:
            mean = np.array([lightness + rng.normal(0, 0.02), 0, 0])
            return ColourStatistics(mean_3=mean, covariance_33=np.eye(3) * 0.002)

        return FaceColours(frame=frame, plate=statistics(0.5), drawn=statistics(0.6), trust=1.0)

    run = [noisy(frame) for frame in range(80)]

    def flicker(window: int) -> float:
        maps = [colour_map(smooth_colours(run, frame, window), "mean-covariance") for frame in range(15, 65)]
        return float(np.diff([m.offset_3[0] for m in maps]).std())

    assert flicker(12) < 0.15 * flicker(0)
    assert smooth_colours([], 5, 12) is None


def test_light_follows_the_plate_and_features_stay() -> None:
    """A face lit from the left, drawn over a plate lit from the right, comes out lit from the right."""
    ramp = np.linspace(0.5, 1.5, 64, dtype=np.float32)[None, :, None]
    drawn = np.full((64, 64, 3), 0.3, np.float32) * ramp[:, ::-1]
    drawn[30:34, 30:34] *= 0.2  # a feature much smaller than the shading
    plate = np.full((64, 64, 3), 0.2, np.float32) * ramp
    matte = np.ones((64, 64), np.float32)
    lit = drawn * light_gain(plate, drawn, matte)
    broad = cv2.GaussianBlur(lit, (0, 0), 10)
    assert broad[32, 54, 0] > 1.15 * broad[32, 10, 0]
    assert lit[32, 32, 0] < 0.35 * lit[32, 25, 0]
    assert np.allclose(light_gain(plate, plate, matte), 1, atol=1e-3)
