"""The families are what their definitions say."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from understudy.domain.errors import BadSettings
from understudy.networks.blocks import Out, StridedConv, Up
from understudy.networks.families import make_swapper, parameter_count


def test_original_has_the_published_number_of_parameters() -> None:
    model = make_swapper("original", size_px=64, people=2, learn_mask=False)
    assert parameter_count(model) == 82_062_470
    assert parameter_count(model.encoder) == 69_662_976
    assert parameter_count(model.decoders[0]) == 6_199_747


def test_quick_is_small_and_cheap() -> None:
    model = make_swapper("quick", size_px=96, people=2, learn_mask=True, seed=1)
    assert parameter_count(model) <= 3_500_000
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        model(torch.rand(1, 3, 96, 96), 0)
    assert flops.get_total_flops() <= 1.0e9


@pytest.mark.parametrize(("family", "size_px"), [("original", 64), ("quick", 96), ("quick", 128)])
def test_crops_come_out_as_large_as_they_go_in(family: str, size_px: int) -> None:
    model = make_swapper(family, size_px=size_px, people=2, learn_mask=True, seed=1)  # type: ignore[arg-type]
    with torch.no_grad():
        picture, mask = model(torch.rand(2, 3, size_px, size_px), 1)
    assert picture.shape == (2, 3, size_px, size_px)
    assert mask is not None and mask.shape == (2, 1, size_px, size_px)
    assert float(picture.min()) >= 0 and float(picture.max()) <= 1


def test_one_pass_for_all_sides_equals_a_pass_for_each() -> None:
    model = make_swapper("quick", size_px=96, people=3, learn_mask=True, seed=2)
    sides = [torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    with torch.no_grad():
        together = model.decode(model.encode(sides))
        for index, (side, (picture, _)) in enumerate(zip(sides, together, strict=True)):
            torch.testing.assert_close(model(side, index)[0], picture, rtol=1e-4, atol=1e-5)


def test_decoders_draw_different_people() -> None:
    model = make_swapper("quick", size_px=96, people=2, learn_mask=True, seed=2)
    x = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        assert not torch.equal(model(x, 0)[0], model(x, 1)[0])


def test_weights_depend_on_the_seed_alone() -> None:
    first, again, other = (
        make_swapper("quick", size_px=96, people=2, learn_mask=True, seed=seed) for seed in (5, 5, 6)
    )
    pairs = list(zip(first.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


def test_he_uniform_bounds() -> None:
    model = make_swapper("original", size_px=64, people=2, learn_mask=False, seed=1)
    weight = model.decoders[0].get_submodule("picture.3.conv").get_parameter("weight")
    bound = (6 / (64 * 5 * 5)) ** 0.5
    assert 0.98 * bound < float(weight.detach().abs().max()) <= bound


def test_same_padding_puts_the_larger_half_after() -> None:
    layer = StridedConv(1, 1, 5)
    torch.nn.init.ones_(layer.conv.weight)
    torch.nn.init.zeros_(layer.conv.bias)  # type: ignore[arg-type]
    with torch.no_grad():
        seen = layer(torch.ones(1, 1, 8, 8))[0, 0]
    assert seen.shape == (4, 4)
    # One pixel of padding before, two after: 4x4 ones in the first window, 3x3 in the last.
    assert seen[0, 0] == 16 and seen[3, 3] == 9 and seen[1, 1] == 25


def test_up_shuffles_channels_into_space() -> None:
    layer = Up(3, 2)
    x = torch.rand(1, 3, 5, 5)
    with torch.no_grad():
        wanted = F.pixel_shuffle(F.leaky_relu(layer.conv(x), 0.1), 2)
        assert torch.equal(layer(x), wanted) and wanted.shape == (1, 2, 10, 10)


def test_out_computes_in_float32_under_autocast() -> None:
    layer = Out(4, 3, 3)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert layer(torch.rand(1, 4, 8, 8).bfloat16()).dtype == torch.float32


def test_original_refuses_other_sizes() -> None:
    with pytest.raises(BadSettings, match="64"):
        make_swapper("original", size_px=128, people=2, learn_mask=False)
