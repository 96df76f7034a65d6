"""The named losses against their definitions, computed the plain way."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.networks.losses import (
    BACKGROUND_WEIGHT,
    LossWeights,
    gaussian_rows,
    people_apart,
    pixel_weights,
    ssim_map,
    swap_losses,
    weighted_mean,
)

SIZE = 24


def picture(seed: int, channels: int = 3) -> torch.Tensor:
    return torch.rand(2, channels, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def plain_ssim(x: np.ndarray, y: np.ndarray, row: int, column: int) -> float:
    """Structural similarity of one pixel away from the edges, by the book."""
    taps = np.arange(-5, 6)
    kernel = np.exp(-(taps[:, None] ** 2 + taps[None, :] ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    a, b = (p[row - 5 : row + 6, column - 5 : column + 6].astype(np.float64) for p in (x, y))
    ma, mb = (kernel * a).sum(), (kernel * b).sum()
    va, vb = (kernel * (a - ma) ** 2).sum(), (kernel * (b - mb) ** 2).sum()
    covariance = (kernel * (a - ma) * (b - mb)).sum()
    c1, c2 = 0.01**2, 0.03**2
    return float((2 * ma * mb + c1) * (2 * covariance + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), row=st.integers(5, SIZE - 6), column=st.integers(5, SIZE - 6))
def test_ssim_is_the_published_definition(seed: int, row: int, column: int) -> None:
    x, y = picture(seed), picture(seed + 1)
    found = float(ssim_map(x, y, gaussian_rows(SIZE))[1, 2, row, column])
    assert found == pytest.approx(plain_ssim(x[1, 2].numpy(), y[1, 2].numpy(), row, column), abs=2e-5)


def test_window_rows_sum_to_one_and_are_eleven_wide() -> None:
    window = gaussian_rows(SIZE)
    torch.testing.assert_close(window.sum(1), torch.ones(SIZE))
    assert int((window[SIZE // 2] > 0).sum()) == 11


def test_equal_pictures_lose_nothing() -> None:
    x, matte = picture(1), picture(2, 1)
    weights = LossWeights(ssim=1, l1=1, mask=1)
    nothing, window = torch.zeros_like(matte), gaussian_rows(SIZE)
    losses = swap_losses(x, matte, x, matte, nothing, weights=weights, window=window)
    assert {name: abs(float(value)) < 1e-5 for name, value in losses.items()} == dict.fromkeys(losses, True)


def test_total_is_the_weighted_sum_and_zero_weights_are_left_out() -> None:
    x, y, matte, mask = picture(1), picture(2), picture(3, 1), picture(4, 1)
    nothing = torch.zeros_like(matte)
    window = gaussian_rows(SIZE)
    weights = LossWeights(ssim=2, l1=3, mask=0.5)
    losses = swap_losses(x, mask, y, matte, nothing, weights=weights, window=window)
    wanted = 2 * losses["ssim"] + 3 * losses["l1"] + 0.5 * losses["mask"]
    torch.testing.assert_close(losses["total"], wanted)
    only = swap_losses(x, mask, y, matte, nothing, weights=LossWeights(ssim=0, l1=1, mask=0), window=window)
    assert set(only) == {"l1", "total"}


def test_background_counts_little_and_emphasis_much() -> None:
    matte = torch.zeros(1, 1, SIZE, SIZE)
    matte[..., : SIZE // 2] = 1
    emphasis = torch.zeros_like(matte)
    emphasis[..., :4, :] = 3
    weight = pixel_weights(matte, emphasis)
    assert float(weight[0, 0, 0, 0]) == 4 and float(weight[0, 0, -1, 0]) == 1
    assert math.isclose(float(weight[0, 0, 0, -1]), BACKGROUND_WEIGHT, rel_tol=1e-6)
    wrong_outside = torch.where(matte > 0, 0.0, 1.0)
    assert float(weighted_mean(wrong_outside, pixel_weights(matte, 0 * emphasis))) < 0.1


def test_the_target_gets_no_gradient() -> None:
    x, y = picture(1).requires_grad_(), picture(2).requires_grad_()
    ssim_map(x, y, gaussian_rows(SIZE)).mean().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None and y.grad is None


def test_people_apart_is_the_share_of_variance_between_people() -> None:
    draw = torch.Generator().manual_seed(1)
    same = [torch.randn(64, 4, 2, 2, generator=draw) for _ in range(2)]
    assert float(people_apart(same)) < 0.05
    shifted = [same[0] + 3, same[1] - 3]
    assert float(people_apart(shifted)) == pytest.approx(0.9, abs=0.02)
    torch.testing.assert_close(people_apart([7 * code for code in shifted]), people_apart(shifted))
