"""Random changes to a batch of crops, made where the batch lives.

Every crop gets a similarity (rotation, zoom, shift), perhaps a mirror and a change of colour; these are
shared by the network's input and its target. The input alone is warped as well, so the network has to
learn faces instead of copying pixels. Source of the warp: the first face-swapping autoencoders' 5x5
grid over 1.25 times the crop, every node moved by N(0, 5/256 of the size).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from understudy.media.colour import BT709_LUMA

ROTATION_DEG = 10.0
ZOOM = 0.05
SHIFT = 0.05  # of the crop's side
LIGHTNESS = 0.30
CHROMA = 0.08
WARP_FIELD = 1.25
WARP_NODES = 5
WARP_SIGMA = 5.0 / 256.0

# Display-encoded RGB to luma and two colour differences (BT.709 weights), and back.
_R, _G, _B = BT709_LUMA
_TO_LUMA = torch.tensor([[_R, _G, _B], [-_R, -_G, 1 - _B], [1 - _R, -_G, -_B]])
_FROM_LUMA = torch.linalg.inv(_TO_LUMA)


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmented:
    """What training sees: warped_N3SS goes in; target_N3SS, matte_N1SS and emphasis_N1SS are wanted out."""

    warped: Tensor
    target: Tensor
    matte: Tensor
    emphasis: Tensor


def augment(
    planes_N5KK: Tensor,
    *,
    size_px: int,
    field: float,
    warp: float,
    colour: float,
    emphasis_scale: float,
    generator: torch.Generator,
) -> Augmented:
    """Cut augmented crops of `size_px` out of stored ones.

    planes_N5KK: uint8 R, G, B, matte, emphasis of stored crops that show `field` times the network's
    field of view. `generator` lives on the same device; equal states give equal batches.
    """
    count, device = len(planes_N5KK), planes_N5KK.device
    matrix = random_similarity(count, field=field, generator=generator, device=device)
    straight = F.affine_grid(matrix, [count, 5, size_px, size_px], align_corners=False)
    noise = random_warp(count, size_px=size_px, strength=warp, generator=generator, device=device)
    bent = straight + torch.einsum("nij,nhwj->nhwi", matrix[:, :, :2], noise)
    stored = planes_N5KK.float().div_(255.0)
    target = F.grid_sample(stored, straight, padding_mode="border", align_corners=False)
    warped = F.grid_sample(stored[:, :3], bent, padding_mode="border", align_corners=False)
    shift = random_colour(count, strength=colour, generator=generator, device=device)
    return Augmented(
        warped=apply_colour(warped, shift),
        target=apply_colour(target[:, :3], shift),
        matte=target[:, 3:4],
        emphasis=target[:, 4:5] * emphasis_scale,
    )


def plain(planes_N5KK: Tensor, *, size_px: int, field: float) -> Tensor:
    """The stored crops as the network sees them in use: no change but the cut, (N,3,S,S) float32."""
    count = len(planes_N5KK)
    matrix = torch.eye(2, 3, device=planes_N5KK.device).repeat(count, 1, 1) / field
    grid = F.affine_grid(matrix, [count, 3, size_px, size_px], align_corners=False)
    pictures = planes_N5KK[:, :3].float() / 255.0
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def random_similarity(
    count: int, *, field: float, generator: torch.Generator, device: torch.device
) -> Tensor:
    """Maps from the wanted crop to the stored one, both spanning -1..1: (N,2,3); half of them mirrored."""
    u = torch.rand(5, count, generator=generator, device=device) * 2 - 1
    angle = u[0] * math.radians(ROTATION_DEG)
    scale = 1 / (field * (1 + u[1] * ZOOM))
    shift = u[2:4] * (2 * SHIFT / field)
    mirror = torch.where(u[4] < 0, -1.0, 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = torch.stack([cos * mirror, -sin, shift[0], sin * mirror, cos, shift[1]], dim=1)
    return rows.view(count, 2, 3)


def random_warp(
    count: int, *, size_px: int, strength: float, generator: torch.Generator, device: torch.device
) -> Tensor:
    """Smooth random moves in units of the crop's -1..1: (N,S,S,2)."""
    sigma = 2 * WARP_SIGMA * strength
    nodes = torch.randn(count, 2, WARP_NODES, WARP_NODES, generator=generator, device=device) * sigma
    wide = round(size_px * WARP_FIELD)
    moves = F.interpolate(nodes, size=(wide, wide), mode="bilinear", align_corners=True)
    edge = (wide - size_px) // 2
    cut: Tensor = moves[:, :, edge : edge + size_px, edge : edge + size_px]
    return cut.permute(0, 2, 3, 1)


def random_colour(count: int, *, strength: float, generator: torch.Generator, device: torch.device) -> Tensor:
    """A move of lightness and two of chroma for each crop, (N,3)."""
    limits = torch.tensor([LIGHTNESS, CHROMA, CHROMA], device=device) * strength
    return (torch.rand(count, 3, generator=generator, device=device) * 2 - 1) * limits


def apply_colour(picture_N3HW: Tensor, moves_N3: Tensor) -> Tensor:
    """Move lightness towards white (above 0) or black (below 0) in proportion, and chroma sideways."""
    to_luma, from_luma = _TO_LUMA.to(picture_N3HW), _FROM_LUMA.to(picture_N3HW)
    lightness = moves_N3[:, 0, None, None, None]
    lit = picture_N3HW + torch.where(lightness > 0, lightness * (1 - picture_N3HW), lightness * picture_N3HW)
    chroma = (moves_N3 * torch.tensor([0.0, 1.0, 1.0]).to(moves_N3)) @ from_luma.T
    luma = torch.einsum("c,nchw->nhw", to_luma[0], lit)[:, None]
    # Chroma moves fade out towards black and white, where there is no room for colour.
    moved: Tensor = lit + chroma[:, :, None, None] * (4 * luma * (1 - luma)).clamp(0, 1)
    return moved.clamp(0, 1)
