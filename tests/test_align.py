"""Alignment: the similarity fit, the crops and their way back."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.config import CropType
from understudy.domain.errors import BadInput
from understudy.faces.align import (
    MEAN_FACE,
    MEAN_FACE_POINTS,
    crop_transform,
    face_height_px,
    invert_transform,
    similarity,
    transform_points,
    transform_scale,
)

CROP_TYPES = get_args(CropType)


def turn(angle: float) -> np.ndarray:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def placed(scale: float, angle: float, x: float, y: float) -> np.ndarray:
    """Landmarks (478, 3) of a mean face `scale` px high, turned, with its square's corner at x, y."""
    landmarks = np.zeros((478, 3))
    landmarks[MEAN_FACE_POINTS, :2] = MEAN_FACE @ (scale * turn(angle)).T + (x, y)
    return landmarks


places = st.floats(-500, 5000)
poses = st.tuples(st.floats(5, 2000), st.floats(-math.pi, math.pi), places, places)


@given(poses)
def test_similarity_is_recovered(pose: tuple[float, float, float, float]) -> None:
    landmarks = placed(*pose)
    matrix = similarity(MEAN_FACE, landmarks[MEAN_FACE_POINTS, :2])
    np.testing.assert_allclose(matrix[:, :2], pose[0] * turn(pose[1]), atol=1e-8 * pose[0])
    np.testing.assert_allclose(matrix[:, 2], pose[2:], atol=1e-7 * pose[0])
    assert face_height_px(landmarks) == pytest.approx(pose[0])


@given(poses, st.sampled_from(CROP_TYPES), st.integers(32, 512))
def test_every_placement_gives_the_same_crop(
    pose: tuple[float, float, float, float], crop_type: CropType, size_px: int
) -> None:
    landmarks = placed(*pose)
    upright = placed(1.0, 0.0, 0.0, 0.0)
    seen = transform_points(crop_transform(landmarks, crop_type, size_px), landmarks[:, :2])[MEAN_FACE_POINTS]
    expected = transform_points(crop_transform(upright, crop_type, size_px), upright[:, :2])[MEAN_FACE_POINTS]
    np.testing.assert_allclose(seen, expected, atol=1e-5 * size_px)


@given(poses, st.sampled_from(CROP_TYPES))
def test_inverse_leads_back(pose: tuple[float, float, float, float], crop_type: CropType) -> None:
    matrix = crop_transform(placed(*pose), crop_type, 256)
    points = np.array([[0.0, 0.0], [256.0, 10.0], [99.5, 200.5]])
    there = transform_points(invert_transform(matrix), points)
    np.testing.assert_allclose(transform_points(matrix, there), points, atol=1e-6)


def test_a_mirror_image_is_not_a_similarity() -> None:
    mirrored = MEAN_FACE * (-1, 1)
    assert np.linalg.det(similarity(mirrored, MEAN_FACE)[:, :2]) > 0


def test_wider_crop_types_take_more_head() -> None:
    landmarks = placed(100.0, 0.0, 50.0, 50.0)
    scales = [transform_scale(crop_transform(landmarks, crop_type, 128)) for crop_type in CROP_TYPES]
    assert scales == sorted(scales, reverse=True)
    full = transform_points(crop_transform(landmarks, "full", 128), landmarks[MEAN_FACE_POINTS, :2])
    assert full.min() > 0 and full.max() < 128  # brows, cheeks and chin are all inside
    assert not np.allclose(crop_transform(landmarks, "head", 128), crop_transform(landmarks, "whole", 128))


def test_collapsed_landmarks_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot be aligned"):
        crop_transform(np.ones((478, 2)), "full", 64)
    with pytest.raises(BadInput):
        crop_transform(np.full((478, 2), np.nan), "full", 64)
