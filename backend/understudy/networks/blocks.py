"""The few layers every family is made of.

`SAME` padding: with stride s an input of n pixels gives ceil(n / s), and the padding is split with the
smaller half before and the larger half after. For a 5x5 kernel at stride 2 on an even size that is one
pixel before and two after, which `torch.nn.Conv2d(padding=2)` is not; `StridedConv` pads by hand.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.1  # of every LeakyReLU unless a definition says otherwise


class StridedConv(nn.Module):
    """C(f,k,2): halves an even size with SAME padding, then LeakyReLU. (N,in,H,W) -> (N,out,H/2,W/2)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride=2)
        before = (kernel - 2) // 2
        self.padding = (before, kernel - 2 - before) * 2

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(F.pad(x, self.padding)), SLOPE)


class Conv(nn.Module):
    """A size-keeping convolution and LeakyReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x), SLOPE)


class Up(nn.Module):
    """Up(f): 3x3 convolution to 4f channels, LeakyReLU, pixel shuffle. (N,in,H,W) -> (N,f,2H,2W)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, 4 * channels_out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(F.leaky_relu(self.conv(x), SLOPE), 2)


class Residual(nn.Module):
    """Res(f): two 3x3 convolutions beside a straight road, LeakyReLU 0.2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.second(F.leaky_relu(self.first(x), 0.2)), 0.2)


class Out(nn.Module):
    """Out(n,k): convolution to n channels and sigmoid, always in float32: bfloat16 would show as banding.

    With `shuffle` 2 the convolution makes 4n channels at half size, which a pixel shuffle spreads out.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, shuffle: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out * shuffle**2, kernel, padding=kernel // 2)
        self.shuffle = shuffle

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            logits = self.conv(x.float())
            if self.shuffle > 1:
                logits = F.pixel_shuffle(logits, self.shuffle)
            return torch.sigmoid(logits)


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """He-uniform weights (+-sqrt(6 / fan in)) and zero biases, drawn from `generator` layer by layer."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = math.sqrt(6.0 / (layer.weight[0].numel()))
            with torch.no_grad():
                layer.weight.uniform_(-bound, bound, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()
