"""A dozen labels made into many: random views of them, with what hid the face pasted elsewhere.

Pasting teaches most. Whatever stands before the face in one label is cut out by its matte and laid over
another one, turned, moved and travelling through the neighbouring frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from understudy.networks.matte_net_crops import CENTRE, FIELD, OFFSETS, PICTURE_PLANES
from understudy.networks.matte_net_labels import Label


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How far a random view goes: rotation in degrees, zoom as a logarithm, shift in halves of the crop."""

    rotation_deg: float
    zoom: float
    shift: float


VIEW = Spread(rotation_deg=12.0, zoom=0.08, shift=0.08)
PASTE = Spread(rotation_deg=30.0, zoom=0.15, shift=0.5)
TRAVEL = 0.08  # of a pasted patch in one frame, in halves of the crop
LIGHTNESS, BALANCE, NOISE = 0.15, 0.04, 0.02
PASTED_SHARE, BLURRED_SHARE = 0.8, 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelPlanes:
    """Labels where training happens, uint8: input_NCKK, matte_N1KK, and what hides the face, hidden_N1KK."""

    input: Tensor
    matte: Tensor
    hidden: Tensor

    def __len__(self) -> int:
        return len(self.input)


def label_planes(labels: Sequence[Label], device: torch.device) -> LabelPlanes:
    """Stack labels and find what each one hides."""
    mattes = np.stack([label.matte_KK for label in labels])
    hidden = np.stack([hidden_part(label.stack.planes_CKK[-1], label.matte_KK) for label in labels])
    return LabelPlanes(
        input=torch.from_numpy(np.stack([label.stack.planes_CKK for label in labels])).to(device),
        matte=torch.from_numpy(mattes)[:, None].to(device),
        hidden=torch.from_numpy(hidden)[:, None].to(device),
    )


def hidden_part(hull_KK: npt.NDArray[np.uint8], matte_KK: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Where something stands before the face: inside the hull and not in the matte, slivers left out."""
    inside = (hull_KK.astype(np.uint16) * (255 - matte_KK.astype(np.uint16)) // 255).astype(np.uint8)
    opened = cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(opened, (0, 0), 0.7), np.uint8)


def augmented(
    planes: LabelPlanes, pool: Tensor, count: int, *, size_px: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Random views of labels whose numbers are in `pool`: input (N,C,S,S) -0.5..0.5, matte (N,1,S,S) 0..1.

    `generator` lives on the planes' device; equal states give equal batches.
    """
    device = planes.input.device
    rows = pool[torch.randint(len(pool), (count,), generator=generator, device=device)]
    stored = torch.cat([planes.input.index_select(0, rows), planes.matte.index_select(0, rows)], dim=1)
    view = random_view(count, VIEW, generator=generator, device=device)
    seen = sampled(stored, view, size_px, border="border")
    pictures, hull, matte = seen[:, :PICTURE_PLANES], seen[:, PICTURE_PLANES:-1], seen[:, -1:]
    rows = pool[torch.randint(len(pool), (count,), generator=generator, device=device)]
    pictures, matte = _pasted(planes, rows, pictures, matte, size_px=size_px, generator=generator)
    pictures = _disturbed(pictures, generator=generator)
    return torch.cat([pictures.clamp(0, 1), hull], dim=1) - 0.5, matte


def plain(planes_NCKK: Tensor, *, size_px: int, view_N23: Tensor | None = None) -> Tensor:
    """Stored planes as the net sees them in use, (N,C,S,S) -0.5..0.5; through `view_N23` if there is one."""
    if view_N23 is None:
        margin = (planes_NCKK.shape[-1] - size_px) // 2
        return planes_NCKK[..., margin : margin + size_px, margin : margin + size_px].float() / 255.0 - 0.5
    return sampled(planes_NCKK, view_N23, size_px, border="border") - 0.5


def random_view(count: int, spread: Spread, *, generator: torch.Generator, device: torch.device) -> Tensor:
    """Maps from the net's crop to the stored one, both spanning -1..1, (N,2,3)."""
    u = torch.rand(4, count, generator=generator, device=device) * 2 - 1
    angle, scale = u[0] * math.radians(spread.rotation_deg), torch.exp(u[1] * spread.zoom) / FIELD
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    x, y = u[2] * spread.shift, u[3] * spread.shift
    return torch.stack([cos, -sin, x, sin, cos, y], dim=1).view(count, 2, 3)


def sampled(planes_NCKK: Tensor, view_N23: Tensor, size_px: int, *, border: str) -> Tensor:
    """uint8 planes drawn through a view, (N,C,S,S) 0..1."""
    grid = F.affine_grid(view_N23, [len(planes_NCKK), 1, size_px, size_px], align_corners=False)
    return F.grid_sample(planes_NCKK.float() / 255.0, grid, padding_mode=border, align_corners=False)


def _pasted(
    planes: LabelPlanes,
    rows: Tensor,
    pictures: Tensor,
    matte: Tensor,
    *,
    size_px: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Lay what hides the face in the labels `rows` over some of the pictures."""
    count, device = len(pictures), pictures.device
    centre = planes.input.index_select(0, rows)[:, 3 * CENTRE : 3 * CENTRE + 3]
    patch = torch.cat([centre, planes.hidden.index_select(0, rows)], dim=1)
    chosen = _uniform(generator, count, 1, device=device) < PASTED_SHARE
    view = random_view(count, PASTE, generator=generator, device=device)
    travel = (_uniform(generator, count, 2, device=device)[:, :, 0, 0] * 2 - 1) * TRAVEL
    gain = 1 + (_uniform(generator, count, 3, device=device) * 2 - 1) * 0.06
    drawn = []
    for at, offset in enumerate(OFFSETS):
        moved = torch.cat([view[:, :, :2], view[:, :, 2:] + offset * travel[:, :, None]], dim=2)
        laid = sampled(patch, moved, size_px, border="zeros")
        alpha = laid[:, 3:] * chosen
        drawn.append(torch.lerp(pictures[:, 3 * at : 3 * at + 3], laid[:, :3] * gain, alpha))
        if at == CENTRE:
            matte = matte * (1 - alpha)
    return torch.cat(drawn, dim=1), matte


def _disturbed(pictures: Tensor, *, generator: torch.Generator) -> Tensor:
    """Change light, colour balance, sharpness and noise; all frames of a stack alike, noise apart."""
    count, device = len(pictures), pictures.device
    light = 1 + (_uniform(generator, count, 1, device=device) * 2 - 1) * LIGHTNESS
    balance = 1 + (_uniform(generator, count, 3, device=device) * 2 - 1) * BALANCE
    blurred = _uniform(generator, count, 1, device=device) < BLURRED_SHARE
    sigma = _uniform(generator, count, 1, device=device) * NOISE
    pictures = pictures * (light * balance).repeat(1, len(OFFSETS), 1, 1)
    soft = F.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
    pictures = torch.where(blurred, soft, pictures)
    return pictures + torch.randn(pictures.shape, generator=generator, device=device) * sigma


def _uniform(generator: torch.Generator, count: int, channels: int, *, device: torch.device) -> Tensor:
    return torch.rand(count, channels, 1, 1, generator=generator, device=device)
