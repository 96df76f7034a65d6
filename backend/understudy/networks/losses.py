"""The named losses. All take RGB 0..1 and a weight per pixel, and give the weighted mean as a scalar.

    ssim   1 - structural similarity, 11x11 Gaussian window, sigma 1.5, k1 0.01, k2 0.03
    l1     mean absolute difference
    mask   mean squared difference of the learned mask from the face's hull
    alike  share of the codes' variance that tells one person from another (see `people_apart`)

Source of SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to
structural similarity", IEEE TIP 13(4), 2004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BACKGROUND_WEIGHT = 0.1  # outside the hull: enough to keep what surrounds the face from drifting away
_K1, _K2 = 0.01, 0.03


@dataclass(frozen=True, kw_only=True, slots=True)
class LossWeights:
    """How much each named loss counts; 0 leaves it out."""

    ssim: float
    l1: float
    mask: float


def gaussian_rows(size: int, *, sigma: float = 1.5, taps: int = 11) -> Tensor:
    """A Gaussian window as a banded matrix (size,size): G @ x blurs columns, x @ G.T rows.

    Rows near an edge are normalised over what lies inside. For the sizes of a swapper two matrix
    products beat a depthwise convolution several times over, forwards and even more backwards.
    """
    at = torch.arange(size)
    distance = (at[:, None] - at[None, :]).float()
    band = torch.exp(-(distance**2) / (2 * sigma**2)) * (distance.abs() <= taps // 2)
    return band / band.sum(1, keepdim=True)


def ssim_map(x_NCHW: Tensor, y_NCHW: Tensor, window_SS: Tensor) -> Tensor:
    """Structural similarity per pixel and channel, square pictures; no gradient flows into `y`."""
    x, y = x_NCHW, y_NCHW.detach()

    def blur(picture: Tensor) -> Tensor:
        return window_SS @ picture @ window_SS.T

    mean_x, mean_y = blur(x), blur(y)
    variance_x = blur(x * x) - mean_x**2
    variance_y = blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = _K1**2, _K2**2
    return ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )


def weighted_mean(map_NCHW: Tensor, weight_N1HW: Tensor) -> Tensor:
    """The mean over pixels that count by their weight, channels alike."""
    return (map_NCHW * weight_N1HW).sum() / (weight_N1HW.sum() * map_NCHW.shape[1]).clamp_min(1e-6)


def pixel_weights(matte_N1HW: Tensor, emphasis_N1HW: Tensor) -> Tensor:
    """Weight per pixel: 1 in the hull plus the emphasis of eyes and mouth, little outside."""
    return BACKGROUND_WEIGHT + (1 - BACKGROUND_WEIGHT) * matte_N1HW + emphasis_N1HW * matte_N1HW


def people_apart(codes: Sequence[Tensor]) -> Tensor:
    """How much the encoder tells people apart: variance of their mean codes over the codes' whole variance.

    codes: one (N,C,H,W) for each person. The decoders know who they draw; what the code says about it
    besides makes a swap look like a mixture of both. Chance alone gives about 1/N.
    """
    flat = [code.float().flatten(1) for code in codes]
    means = torch.stack([code.mean(0) for code in flat])
    between = means.var(0, correction=0).mean()
    return between / torch.cat(flat).var(0, correction=0).mean().clamp_min(1e-8)


def swap_losses(
    picture: Tensor,
    mask: Tensor | None,
    target: Tensor,
    matte: Tensor,
    emphasis: Tensor,
    *,
    weights: LossWeights,
    window: Tensor,
) -> dict[str, Tensor]:
    """The named losses of one side, unweighted, and their weighted sum as "total"."""
    at = pixel_weights(matte, emphasis)
    parts: dict[str, Tensor] = {}
    if weights.ssim:
        parts["ssim"] = weighted_mean(1 - ssim_map(picture, target, window), at)
    if weights.l1:
        parts["l1"] = weighted_mean((picture - target).abs(), at)
    if weights.mask and mask is not None:
        parts["mask"] = F.mse_loss(mask, matte)
    total = sum((getattr(weights, name) * value for name, value in parts.items()), picture.new_zeros(()))
    return {**parts, "total": total}
