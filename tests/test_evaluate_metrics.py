"""The measures on pictures whose answers are known."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.evaluate import metrics

RNG = np.random.default_rng(5)
PICTURE = RNG.uniform(0.1, 0.9, (48, 64, 3)).astype(np.float32)
ACROSS, DOWN = np.meshgrid(np.linspace(0.2, 0.8, 64), np.linspace(0.3, 0.7, 48))
SMOOTH = np.stack([ACROSS, DOWN, ACROSS], axis=-1).astype(np.float32)
MATTE = np.zeros((48, 64), np.float32)
MATTE[12:36, 16:48] = 1


def test_same_picture_scores_best() -> None:
    assert metrics.psnr_db(PICTURE, PICTURE, MATTE) == metrics.PSNR_CAP_DB
    assert metrics.ssim(PICTURE, PICTURE, MATTE) == pytest.approx(1)
    assert metrics.gradient_error(PICTURE, PICTURE, MATTE) == 0
    assert metrics.seam_error(PICTURE, PICTURE, MATTE, width_px=2) == 0


def test_psnr_of_a_known_error_counts_only_the_matte() -> None:
    worse = PICTURE.copy()
    worse[MATTE == 0] = 0
    worse[MATTE == 1] += np.float32(0.1)
    assert metrics.psnr_db(worse, PICTURE, MATTE) == pytest.approx(20.0, abs=1e-3)


@given(
    gains=st.lists(st.floats(0.5, 1.5), min_size=3, max_size=3),
    mix=st.floats(-0.2, 0.2),
    offset=st.floats(-0.2, 0.2),
)
def test_an_affine_colour_change_fits_away(gains: list[float], mix: float, offset: float) -> None:
    matrix = np.diag(gains) + mix * (1 - np.eye(3))
    changed = np.asarray(PICTURE @ matrix.T + offset, np.float32)
    fitted = metrics.recoloured(metrics.affine_colour_fit(changed, PICTURE, MATTE), changed)
    assert metrics.psnr_db(fitted, PICTURE, MATTE) > 90


def test_the_fit_of_a_flat_picture_is_finite() -> None:
    flat = np.full_like(PICTURE, 0.5)
    fitted = metrics.recoloured(metrics.affine_colour_fit(flat, PICTURE, MATTE), flat)
    assert np.isfinite(fitted).all()
    np.testing.assert_allclose(fitted[20, 20], PICTURE[MATTE == 1].mean(axis=0), atol=1e-4)


def test_the_fit_cannot_hide_a_wrong_picture() -> None:
    other = np.asarray(RNG.uniform(0.1, 0.9, PICTURE.shape), np.float32)
    fitted = metrics.recoloured(metrics.affine_colour_fit(other, PICTURE, MATTE), other)
    assert metrics.psnr_db(fitted, PICTURE, MATTE) < 15


def test_gradient_error_of_a_shift_grows_with_the_shift() -> None:
    errors = [metrics.gradient_error(np.roll(PICTURE, step, axis=1), PICTURE, MATTE) for step in (0, 1)]
    assert errors[0] == 0
    assert errors[1] > 1


def test_gradients_are_told_in_code_values_per_pixel() -> None:
    ramp = np.asarray(np.broadcast_to(np.arange(64)[None, :, None] / 255, PICTURE.shape), np.float32)
    assert metrics.gradient_error(2 * ramp, ramp, MATTE) == pytest.approx(1, rel=1e-4)


def test_seam_sees_a_step_at_the_border_and_nothing_else() -> None:
    stepped, inner = SMOOTH.copy(), SMOOTH.copy()
    stepped[12:36, 16:48] += np.float32(0.1)
    inner[22:26, 28:36] += np.float32(0.1)
    assert metrics.seam_error(stepped, SMOOTH, MATTE, width_px=2) > 4
    assert metrics.seam_error(inner, SMOOTH, MATTE, width_px=2) == 0
    assert math.isnan(metrics.seam_error(stepped, SMOOTH, np.zeros_like(MATTE), width_px=2))


def test_ssim_falls_with_blur_though_psnr_stays_high() -> None:
    blurred = np.asarray(PICTURE.mean(axis=(0, 1), keepdims=True) + 0 * PICTURE, np.float32)
    assert metrics.ssim(blurred, PICTURE, MATTE) < 0.2


def test_sharpness_of_a_halved_contrast_is_half() -> None:
    whole, half = (
        metrics.sharpness(PICTURE, MATTE),
        metrics.sharpness(np.asarray(PICTURE / 2, np.float32), MATTE),
    )
    assert half == pytest.approx(whole / 2, rel=1e-4)


def test_warping_error_vanishes_for_a_pure_motion() -> None:
    later = np.roll(PICTURE, 2, axis=1)
    flow = np.zeros((48, 64, 2), np.float32)
    assert metrics.warping_error(PICTURE, later, flow, MATTE) > 20
    flow[..., 0] = -2
    assert metrics.warping_error(PICTURE, later, flow, MATTE) == pytest.approx(0, abs=1e-3)


def test_backward_flow_finds_a_shift() -> None:
    wide = np.asarray(cv2.GaussianBlur(RNG.uniform(0, 1, (96, 128)), (0, 0), 3), np.float32)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    early = np.repeat(wide[..., None], 3, axis=2)
    flow = metrics.backward_flow(np.roll(early, 3, axis=1), early)
    assert np.median(flow[24:72, 32:96, 0]) == pytest.approx(-3, abs=0.5)


def test_flicker_forgives_a_drift_but_not_a_blink() -> None:
    drift = np.repeat(np.linspace(100, 110, 21)[:, None], 3, axis=1)
    blink = drift.copy()
    blink[10] += 6
    assert metrics.flicker(drift) < 0.5
    assert metrics.flicker(blink) > 1.2
    assert math.isnan(metrics.flicker(drift[:2]))


def test_landmark_error_is_relative_to_the_eyes() -> None:
    truth = np.zeros((478, 3), np.float32)
    truth[263, 0] = 50
    assert metrics.landmark_error_percent(truth + np.asarray([3, 4, 9], np.float32), truth) == pytest.approx(
        10
    )


def test_expression_error_compares_names_not_positions() -> None:
    scores, truth = np.asarray([0.9, 0.2, 0.5], np.float32), np.asarray([0.4, 0.2, 1.0], np.float32)
    error = metrics.expression_error(scores, ("_neutral", "a", "b"), truth, ("b", "a", "tongue"))
    assert error == pytest.approx(0.05)


def test_cosine_and_pose() -> None:
    assert metrics.cosine(np.asarray([1, 0], np.float32), np.asarray([1, 1], np.float32)) == pytest.approx(
        math.sqrt(0.5)
    )
    assert math.isnan(metrics.cosine(np.zeros(2, np.float32), np.ones(2, np.float32)))
    assert metrics.pose_error_deg(
        np.asarray([3, 0, 0], np.float32), np.asarray([0, 4, 0], np.float32)
    ) == pytest.approx(5)
