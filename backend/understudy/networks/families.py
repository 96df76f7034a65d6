"""The families of networks and the one class that holds a swapper of any of them.

A swapper is one shared encoder and a decoder per person. Encoding a crop of anybody and decoding it as
person i shows person i with that crop's pose, expression and light; so one model serves every direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from understudy.domain.errors import BadSettings
from understudy.networks.blocks import Conv, Out, Residual, StridedConv, Up, initialise

Family = Literal["original", "quick"]


class OriginalEncoder(nn.Module):
    """64 px: C128 C256 C512 C1024 (k5 s2), Dense 1024, Dense 16384, Up512. (N,3,64,64) -> (N,512,8,8)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 128, 256, 512, 1024)
        self.convs = nn.Sequential(*(StridedConv(a, b, 5) for a, b in pairwise(widths)))
        self.narrow = nn.Linear(1024 * 4 * 4, 1024)
        self.widen = nn.Linear(1024, 1024 * 4 * 4)
        self.up = Up(1024, 512)

    def forward(self, x: Tensor) -> Tensor:
        code = self.widen(self.narrow(self.convs(x).flatten(1)))
        grid: Tensor = self.up(code.unflatten(1, (1024, 4, 4)))
        return grid


class OriginalDecoder(nn.Module):
    """Up256 Up128 Up64 Out(3,5), and when asked the same ladder once more for the mask, Out(1,5)."""

    def __init__(self, *, learn_mask: bool) -> None:
        super().__init__()
        self.picture = self._ladder(3)
        self.mask = self._ladder(1) if learn_mask else None

    @staticmethod
    def _ladder(channels: int) -> nn.Sequential:
        return nn.Sequential(Up(512, 256), Up(256, 128), Up(128, 64), Out(64, channels, 5))

    def forward(self, code: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.picture(code), None if self.mask is None else self.mask(code)


class QuickEncoder(nn.Module):
    """Narrow: 4x4 pixels to channels, four convolutions, a small bottleneck. (N,3,S,S) -> (N,96,S/8,S/8)."""

    def __init__(self, size_px: int) -> None:
        super().__init__()
        self.grid = size_px // 16
        self.convs = nn.Sequential(
            Conv(48, 64), StridedConv(64, 128, 3), StridedConv(128, 192, 3), Conv(192, 64, 1)
        )
        self.narrow = nn.Linear(64 * self.grid**2, 128)
        self.widen = nn.Linear(128, 128 * self.grid**2)
        self.up = Up(128, 96)

    def forward(self, x: Tensor) -> Tensor:
        code = self.widen(self.narrow(self.convs(F.pixel_unshuffle(x, 4)).flatten(1)))
        grid: Tensor = self.up(code.unflatten(1, (128, self.grid, self.grid)))
        return grid


class QuickDecoder(nn.Module):
    """Up64 Res64 Up32 Res32 and one convolution that makes picture and mask together, then shuffled out."""

    def __init__(self, *, learn_mask: bool) -> None:
        super().__init__()
        self.learn_mask = learn_mask
        self.ladder = nn.Sequential(Up(96, 64), Residual(64), Up(64, 32), Residual(32))
        self.out = Out(32, 4 if learn_mask else 3, 3, shuffle=2)

    def forward(self, code: Tensor) -> tuple[Tensor, Tensor | None]:
        picture = self.out(self.ladder(code))
        return picture[:, :3], picture[:, 3:] if self.learn_mask else None


class Swapper(nn.Module):
    """One encoder, a decoder per person.

    Crops go in and come out as RGB 0..1 in the colour encoding of the facesets, (N,3,S,S) float32. The
    mask is (N,1,S,S) 0..1, or None for a model that was trained without one (`learn_mask` False).
    """

    def __init__(self, family: Family, *, size_px: int, people: int, learn_mask: bool) -> None:
        super().__init__()
        if family == "original" and size_px != 64:
            raise BadSettings(f"the original family is 64 px, not {size_px}")
        self.family, self.size_px, self.learn_mask = family, size_px, learn_mask
        make_decoder = OriginalDecoder if family == "original" else QuickDecoder
        self.encoder = OriginalEncoder() if family == "original" else QuickEncoder(size_px)
        self.decoders = nn.ModuleList(make_decoder(learn_mask=learn_mask) for _ in range(people))

    def forward(self, x_N3SS: Tensor, person_index: int) -> tuple[Tensor, Tensor | None]:
        """Crops of anybody, shown as person `person_index`: (picture, mask)."""
        picture, mask = self.decoders[person_index](self.encoder(x_N3SS))
        return picture, mask

    def encode(self, sides: Sequence[Tensor]) -> list[Tensor]:
        """The codes of crops of person i in `sides[i]`; one pass of the encoder serves all."""
        return list(torch.split(self.encoder(torch.cat(tuple(sides))), [len(side) for side in sides]))

    def decode(self, codes: Sequence[Tensor]) -> list[tuple[Tensor, Tensor | None]]:
        """Codes of person i in `codes[i]`, each decoded as itself."""
        return [decoder(code) for decoder, code in zip(self.decoders, codes, strict=True)]


def make_swapper(
    family: Family, *, size_px: int, people: int, learn_mask: bool, seed: int | None = None
) -> Swapper:
    """A swapper in main memory, drawn from `seed`; without a seed its weights are undefined, to be loaded."""
    with torch.device("meta"):
        swapper = Swapper(family, size_px=size_px, people=people, learn_mask=learn_mask)
    swapper = swapper.to_empty(device="cpu")
    if seed is not None:
        initialise(swapper, torch.Generator().manual_seed(seed))
    return swapper


def parameter_count(module: nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(parameter.numel() for parameter in module.parameters())
