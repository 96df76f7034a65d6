"""Grain, detail and motion blur: measured as they are, put on as they were measured."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.evaluate.metrics import luma, sharpness
from understudy.media.grain import Grain, grain_for, measure_grain
from understudy.media.texture import (
    Detail,
    match_texture,
    measure_detail,
    measure_smear,
    measure_texture,
    put_detail,
    put_smear,
)

Float = npt.NDArray[np.float32]

SIZE = 240
CODE = 1 / 255
FACE = np.zeros((SIZE, SIZE), np.float32)
cv2.ellipse(FACE, (SIZE // 2, SIZE // 2), (90, 110), 0, 0, 360, 1.0, -1)


def shaded() -> Float:
    """A smooth face: shading from dark to light, no detail."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE
    return np.asarray(np.stack([0.25 + 0.5 * x, 0.2 + 0.4 * x + 0.05 * y, 0.2 + 0.35 * x], -1), np.float32)


def detailed(seed: int = 3, sigma: float = 1.2) -> Float:
    blobs = np.random.default_rng(seed).standard_normal((SIZE, SIZE), dtype=np.float32)
    blobs = cv2.GaussianBlur(blobs, (0, 0), sigma)
    return np.asarray(shaded() + (blobs * (0.04 / blobs.std()))[..., None], np.float32)


def noise(codes: float, *, blur_px: float = 0.0, seed: int = 4) -> Float:
    """The same noise in all three channels, `codes` strong."""
    white = np.random.default_rng(seed).standard_normal((SIZE, SIZE), dtype=np.float32)
    white = cv2.GaussianBlur(white, (0, 0), blur_px) if blur_px else white
    return np.asarray(white * (codes * CODE / white.std()), np.float32)[..., None].repeat(3, axis=-1)


@pytest.mark.parametrize("codes", [1.0, 2.5, 5.0])
@pytest.mark.parametrize("blur_px", [0.0, 0.5])
def test_grain_is_measured_within_a_tenth(codes: float, blur_px: float) -> None:
    grain = measure_grain(shaded() + noise(codes, blur_px=blur_px), FACE)
    assert grain.strength_codes == pytest.approx(codes, rel=0.1, abs=0.1)
    assert grain.blur_px_3[0] == pytest.approx(blur_px, abs=0.25)
    assert grain.sigma_3L[1:].max() < 0.2 * CODE  # none in the colours


def test_a_clean_plate_has_no_grain() -> None:
    rounded = np.asarray(np.round(shaded() * 255) / 255, np.float32)
    assert measure_grain(rounded, FACE).strength_codes < 0.2


def test_stubble_is_no_grain() -> None:
    plate = shaded()
    plate[140:] += noise(6, blur_px=0.6)[140:]
    assert measure_grain(plate, FACE).strength_codes < 0.3


def test_grain_of_shadows_stays_in_the_shadows() -> None:
    plate = shaded()
    plate += noise(4) * (plate[..., :1] < 0.5)
    grain = measure_grain(plate, FACE)
    dark = grain_for(grain, np.full((64, 64), 0.3, np.float32), frame=1, track=0, seed=1)
    light = grain_for(grain, np.full((64, 64), 0.62, np.float32), frame=1, track=0, seed=1)
    assert dark.std() == pytest.approx(4 * CODE, rel=0.25)
    assert light.std() < 0.4 * dark.std()


def test_grain_that_is_put_on_measures_like_the_plates() -> None:
    colours = np.random.default_rng(8).standard_normal((SIZE, SIZE, 3), dtype=np.float32) * np.float32(
        2 * CODE
    )
    grain = measure_grain(shaded() + noise(2, blur_px=0.5) + colours, FACE)
    again = measure_grain(shaded() + grain_for(grain, luma(shaded()), frame=1001, track=0, seed=1), FACE)
    known = grain.weight_L > 0
    assert np.allclose(again.sigma_3L[:, known], grain.sigma_3L[:, known], rtol=0.12)
    assert np.allclose(again.blur_px_3, grain.blur_px_3, atol=0.15)


def test_grain_changes_from_frame_to_frame_and_is_made_again_alike() -> None:
    grain = measure_grain(shaded() + noise(3), FACE)
    made = {key: grain_for(grain, luma(shaded()), frame=key[0], track=key[1], seed=key[2]) for key in KEYS}
    again = grain_for(grain, luma(shaded()), frame=1001, track=0, seed=1)
    assert np.array_equal(made[KEYS[0]], again)
    for key in KEYS[1:]:
        together = np.corrcoef(made[KEYS[0]].ravel(), made[key].ravel())[0, 1]
        assert abs(together) < 0.05


KEYS = ((1001, 0, 1), (1002, 0, 1), (1001, 1, 1), (1001, 0, 2))


def test_a_soft_face_comes_nearer_the_plate_and_never_beyond_it() -> None:
    plate = detailed()
    for blur_px in (0.7, 1.0, 1.4):
        face = cv2.GaussianBlur(plate, (0, 0), blur_px)
        detail = measure_detail(face, plate, FACE)
        before, after = sharpness(face, FACE), sharpness(put_detail(face, detail, 1.0), FACE)
        assert before < sharpness(put_detail(face, detail, 0.5), FACE) < after
        assert after <= 1.02 * sharpness(plate, FACE)
        assert after > min(1.2 * before, 0.9 * sharpness(plate, FACE))


def test_a_face_as_sharp_as_its_plate_is_left_alone() -> None:
    face = detailed()
    for plate in (face, cv2.GaussianBlur(face, (0, 0), 1.0)):
        assert put_detail(face, measure_detail(face, plate, FACE), 1.0) is face


def test_grain_does_not_count_as_sharpness() -> None:
    soft = cv2.GaussianBlur(detailed(), (0, 0), 1.5)
    noisy = soft + noise(4)
    taken_in = measure_detail(soft, noisy, FACE)
    taken_out = measure_detail(soft, noisy, FACE, grain=measure_grain(noisy, FACE))
    assert taken_in.plate > 4 * taken_in.face
    assert taken_out.plate < 1.5 * taken_out.face


@settings(max_examples=20, deadline=None)
@given(height=st.floats(0.05, 0.8), blur_px=st.floats(0.5, 3.0), radius_px=st.floats(1.0, 3.0))
def test_sharpening_draws_no_halo_and_no_colour(height: float, blur_px: float, radius_px: float) -> None:
    face = np.full((64, 64, 3), 0.1, np.float32)
    face[:, 32:] += np.float32(height) * np.asarray((1.0, 0.8, 0.6), np.float32)
    face = cv2.GaussianBlur(face, (0, 0), blur_px)
    sharper = put_detail(face, Detail(plate=9, face=1, shared=1, band=1, radius_px=radius_px), 1.0)
    low, high = luma(face).min(), luma(face).max()
    assert luma(sharper).min() > low - 0.21 * (high - low)
    assert luma(sharper).max() < high + 0.21 * (high - low)
    assert np.allclose(sharper - luma(sharper)[..., None], face - luma(face)[..., None], atol=1e-5)


def smeared(picture: Float, length_px: int) -> Float:
    return np.asarray(cv2.blur(picture, (length_px, 1)), np.float32)


def test_motion_blur_is_found_along_the_motion_only() -> None:
    face, plate = detailed(5), smeared(detailed(6), 7)
    found = measure_smear(face, plate, FACE, (10.0, 0.0)).along_px_2
    assert 4 < found[0] < 9 and abs(found[1]) < 1e-6
    for velocity in ((0.0, 10.0), (0.5, 0.0)):
        assert not measure_smear(face, plate, FACE, velocity).along_px_2.any()
    assert not measure_smear(smeared(face, 7), plate, FACE, (10.0, 0.0)).along_px_2.any()
    assert not measure_smear(face, detailed(6), FACE, (10.0, 0.0)).along_px_2.any()
    assert measure_smear(face, plate, FACE, (3.0, 0.0)).along_px_2[0] <= 3  # no longer than the motion


def test_motion_blur_that_is_put_on_brings_the_face_to_the_plates() -> None:
    face, plate = detailed(5), smeared(detailed(6), 7)
    made = put_smear(face, measure_smear(face, plate, FACE, (10.0, 0.0)), 1.0)
    assert not measure_smear(made, plate, FACE, (10.0, 0.0)).along_px_2.any()
    assert np.array_equal(put_smear(face, measure_smear(face, plate, FACE, (10.0, 0.0)), 0.0), face)


def test_no_strength_keeps_the_face_and_full_strength_changes_its_texture() -> None:
    features = np.where(np.arange(SIZE)[:, None, None] > 130, detailed(), shaded())  # the forehead is smooth
    plate = features + noise(3)
    face = cv2.GaussianBlur(features, (0, 0), 1.2)
    texture = measure_texture(face, plate, FACE)

    def put(**strengths: float) -> Float:
        wanted = {"grain": 0.0, "sharpen": 0.0, "motion_blur": 0.0} | strengths
        return match_texture(face, texture, frame=1001, track=0, **wanted)

    assert put() is face
    assert sharpness(put(sharpen=1.0), FACE) > 1.2 * sharpness(face, FACE)
    assert np.std(put(grain=1.0) - face) == pytest.approx(2 * np.std(put(grain=0.5) - face), rel=0.01)


def test_a_face_that_cannot_be_seen_needs_nothing() -> None:
    plate = detailed() + noise(3)
    hidden = np.zeros_like(FACE)
    texture = measure_texture(plate, plate, hidden, velocity_px=(9.0, 0.0))
    made = match_texture(plate, texture, grain=1.0, sharpen=1.0, motion_blur=1.0, frame=1, track=0)
    assert np.array_equal(made, plate)
    sliver = hidden.copy()
    sliver[0, :12] = 1
    assert isinstance(measure_grain(plate, sliver), Grain)
