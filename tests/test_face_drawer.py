"""Drawing crops with a network: quick, and always the same for the same face."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.drawn_takes import SWAPPER, drawn_swapper

from understudy.networks.inference import BFLOAT16_TOLERANCE, FaceDrawer


@pytest.mark.parametrize("family", ["quick", pytest.param("original", marks=pytest.mark.slow)])
def test_quick_drawing_equals_the_plain_forward_pass(family: str) -> None:
    swapper = drawn_swapper(family)
    crops = np.random.default_rng(1).random((5, 64, 64, 3), np.float32)
    with torch.inference_mode():
        wanted, wanted_mask = swapper.model(torch.from_numpy(crops).permute(0, 3, 1, 2), 1)
    exact = FaceDrawer(swapper, [1], batch=4, draw_mask=True, precision="float32")
    picture, mask = exact.draw(crops, 1)
    np.testing.assert_allclose(picture, wanted.permute(0, 2, 3, 1).numpy(), atol=2e-5)
    assert mask is not None
    np.testing.assert_allclose(mask, wanted_mask[:, 0].numpy(), atol=2e-5)
    fast, no_mask = FaceDrawer(swapper, [1], batch=4, draw_mask=False, precision="bfloat16").draw(crops, 1)
    assert np.abs(fast - picture).max() < BFLOAT16_TOLERANCE
    assert np.abs(fast - picture).mean() < BFLOAT16_TOLERANCE / 10
    assert (no_mask is None) == (family == "original")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_face_is_drawn_alike_in_whatever_company(precision: str) -> None:
    crops = np.random.default_rng(2).random((11, 64, 64, 3), np.float32)
    drawer = FaceDrawer(SWAPPER, [0, 1], batch=8, draw_mask=True, precision=precision)  # type: ignore[arg-type]
    together, _ = drawer.draw(crops, 1)
    for i in (0, 7, 8, 10):
        alone, _ = drawer.draw(crops[i : i + 1], 1)
        assert np.array_equal(alone[0], together[i])
    assert drawer.draw(crops[:0], 1)[0].shape == (0, 64, 64, 3)
