"""Augmentation: shared by input and target, within its limits, equal for equal seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from understudy.networks import augment as a
from understudy.networks.emphasis import LEFT_EYE, LIPS, RIGHT_EYE, emphasis_planes

FIELD, SIDE, SIZE = 1.25, 160, 96
CPU = torch.device("cpu")


def smooth_planes(count: int = 6) -> torch.Tensor:
    """Crops whose red and green say where a pixel was, with a matte of the right half."""
    ramp = torch.linspace(20, 235, SIDE)
    planes = torch.zeros(count, 5, SIDE, SIDE)
    planes[:, 0], planes[:, 1] = ramp[None, None, :], ramp[None, :, None]
    planes[:, 3, :, SIDE // 2 :] = 255
    return planes.byte()


def augmented(seed: int, *, warp: float = 1.0, colour: float = 1.0) -> a.Augmented:
    return a.augment(
        smooth_planes(), size_px=SIZE, field=FIELD, warp=warp, colour=colour,
        emphasis_scale=3.0, generator=torch.Generator().manual_seed(seed),
    )  # fmt: skip


def test_equal_seeds_give_equal_batches() -> None:
    first, again, other = augmented(3), augmented(3), augmented(4)
    assert torch.equal(first.warped, again.warped) and torch.equal(first.target, again.target)
    assert not torch.equal(first.warped, other.warped)


def test_without_warp_input_and_target_are_the_same_picture() -> None:
    seen = augmented(5, warp=0.0)
    torch.testing.assert_close(seen.warped, seen.target)


def test_warp_moves_the_input_a_little_and_the_target_not() -> None:
    still, bent = augmented(7, warp=0.0, colour=0.0), augmented(7, warp=1.0, colour=0.0)
    assert torch.equal(still.target, bent.target)
    ramp_per_px = (235 - 20) / 255 / SIDE * (SIDE / FIELD / SIZE)
    moved_px = (bent.warped - still.warped)[:, :2].norm(dim=1).mean() / ramp_per_px
    # Rayleigh mean of two normal moves, less what bilinear interpolation between nodes takes away.
    assert 0.4 < float(moved_px) / (5 / 256 * SIZE * math.sqrt(math.pi / 2)) < 1.05


def test_similarity_stays_within_its_limits() -> None:
    generator = torch.Generator().manual_seed(1)
    matrix = a.random_similarity(500, field=FIELD, generator=generator, device=CPU)
    linear, shift = matrix[:, :, :2], matrix[:, :, 2]
    scale = torch.linalg.det(linear).abs().sqrt() * FIELD
    assert float(scale.min()) >= 1 / 1.05 - 1e-4 and float(scale.max()) <= 1 / 0.95 + 1e-4
    assert float(shift.abs().max()) <= 2 * 0.05 / FIELD + 1e-6
    mirrored = torch.linalg.det(linear) < 0
    assert 0.4 < float(mirrored.float().mean()) < 0.6
    angle = torch.rad2deg(torch.atan2(linear[:, 0, 1].abs(), linear[:, 1, 1]))
    assert 8 < float(angle.max()) <= 10 + 1e-3


def test_matte_follows_the_mirror() -> None:
    seen = augmented(2, warp=0.0, colour=0.0)
    right = seen.matte[:, 0, :, SIZE // 2 :].mean(dim=(1, 2)) > 0.5
    brighter_right = seen.target[:, 0, :, -8:].mean(dim=(1, 2)) > seen.target[:, 0, :, :8].mean(dim=(1, 2))
    assert torch.equal(right, brighter_right)
    assert bool(right.any()) and not bool(right.all())


def test_colour_moves_within_range_and_keeps_black_and_white() -> None:
    ends = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    moved = a.apply_colour(ends, torch.tensor([[0.0, 0.08, -0.08], [0.0, 0.08, -0.08]]))
    torch.testing.assert_close(moved, ends)
    brighter = a.apply_colour(torch.full((1, 3, 2, 2), 0.5), torch.tensor([[0.3, 0.0, 0.0]]))
    torch.testing.assert_close(brighter, torch.full((1, 3, 2, 2), 0.65))
    grey = a.apply_colour(torch.full((1, 3, 2, 2), 0.5), torch.tensor([[0.0, 0.08, 0.0]]))
    luma = grey[0, :, 0, 0] @ torch.tensor([0.2126, 0.7152, 0.0722])
    assert float(luma) == pytest.approx(0.5, abs=1e-5)
    assert float(grey[0, 2, 0, 0]) == pytest.approx(0.58, abs=1e-5)


def test_plain_cut_is_the_middle_of_the_stored_crop() -> None:
    cut = a.plain(smooth_planes(1), size_px=SIZE, field=FIELD)[0]
    inner = SIDE / FIELD
    at_px = (np.arange(SIZE) + 0.5) / SIZE * inner + (SIDE - inner) / 2 - 0.5
    wanted = 20 + at_px * (235 - 20) / (SIDE - 1)
    assert np.abs(cut[0, SIZE // 2].numpy() * 255 - wanted).max() < 1.0


def test_emphasis_lies_on_eyes_and_mouth() -> None:
    landmarks = np.full((1, 478, 2), 80.0, np.float32)
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
    for outline, centre in ((LIPS, (80, 120)), (RIGHT_EYE, (50, 60)), (LEFT_EYE, (110, 60))):
        landmarks[0, list(outline)] = circle[: len(outline)] * 10 + np.array(centre, np.float32)
    plane = emphasis_planes(landmarks, SIDE, eyes=3.0, mouth=2.0)[0]
    assert plane[60, 50] == 255 and plane[60, 110] == 255 and plane[120, 80] == 170
    assert plane[90, 80] == 0 and plane[10, 10] == 0
    assert not emphasis_planes(landmarks, SIDE, eyes=0.0, mouth=0.0).any()
