"""What a trained matte net proposes for a shot, and how much each proposal is to be doubted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from understudy.networks.matte_net import MatteNet
from understudy.networks.matte_net_augment import plain
from understudy.networks.matte_net_crops import FIELD, PICTURE_PLANES, FaceStack
from understudy.networks.matte_net_trainer import forward

Float = npt.NDArray[np.float32]

BATCH = 8
# The net looks again like this: rotation in degrees, zoom, shift in halves of the crop, gain of the picture.
_LOOKS = ((4.0, 1.04, 0.03, -0.02, 1.06), (-4.0, 0.96, -0.03, 0.03, 0.94), (1.5, 1.08, -0.02, -0.03, 1.0))
_UNSTEADY_WEIGHT = 0.1
_HALF = 0.1  # the share of the face in doubt that scores 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """One face's matte in the net's crop, (S,S) 0..1, the mean of several looks.

    undecided: the share of the face on which the looks do not agree with themselves and each other.
    """

    stack: FaceStack
    matte_SS: Float
    undecided: float


def propose(
    net: MatteNet, stacks: Iterable[FaceStack], *, size_px: int, device: torch.device, precision: torch.dtype
) -> Iterator[Proposal]:
    """The net's mattes for faces, in order. Batches are filled up, so a face's bits depend on it alone."""
    source = iter(stacks)
    while part := list(islice(source, BATCH)):
        filled = [stack.planes_CKK for stack in part] + [part[-1].planes_CKK] * (BATCH - len(part))
        planes = torch.from_numpy(np.stack(filled)).to(device)
        mattes = looked_at(net, planes, size_px=size_px, precision=precision)
        shares = undecided(mattes).tolist()
        drawn = mattes[:, 0].cpu().numpy()
        for stack, matte_SS, share in zip(part, drawn, shares, strict=False):
            yield Proposal(stack=stack, matte_SS=matte_SS, undecided=share)


@torch.no_grad()
def looked_at(net: MatteNet, planes_NCKK: Tensor, *, size_px: int, precision: torch.dtype) -> Tensor:
    """The mean of the net's mattes over several looks, (N,1,S,S) 0..1."""
    count, device = len(planes_NCKK), planes_NCKK.device
    total = torch.sigmoid(forward(net, plain(planes_NCKK, size_px=size_px), precision))
    for look in _LOOKS:
        there, back = _view(look, device)
        seen = plain(planes_NCKK, size_px=size_px, view_N23=there.expand(count, 2, 3))
        seen[:, :PICTURE_PLANES] = (seen[:, :PICTURE_PLANES] + 0.5) * look[-1] - 0.5
        matte = torch.sigmoid(forward(net, seen, precision))
        grid = F.affine_grid(back.expand(count, 2, 3), [count, 1, size_px, size_px], align_corners=False)
        total += F.grid_sample(matte, grid, padding_mode="border", align_corners=False)
    return total / (1 + len(_LOOKS))


def _view(look: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """The net's crop to the stored one as `look` says, and the plain crop back into that look, (1,2,3)."""
    rotation_deg, zoom, x, y, _ = look
    cos, sin = math.cos(math.radians(rotation_deg)) * zoom, math.sin(math.radians(rotation_deg)) * zoom
    linear = torch.tensor([[cos, -sin], [sin, cos]]) / FIELD
    shift = torch.tensor([[x], [y]])
    inverse = torch.linalg.inv(linear)
    there, back = torch.cat([linear, shift], dim=1), torch.cat([inverse / FIELD, -inverse @ shift], dim=1)
    return there[None].to(device), back[None].to(device)


def undecided(mattes: Tensor) -> Tensor:
    """1 - the IoU that the mattes (N,1,S,S) expect of themselves: where 0.7 stands, 3 in 10 are wrong."""
    chosen = mattes > 0.5
    both = torch.where(chosen, mattes, torch.zeros_like(mattes)).sum(dim=(1, 2, 3))
    either = torch.where(chosen, torch.ones_like(mattes), mattes).sum(dim=(1, 2, 3))
    return 1 - (both + 1) / (either + 1)


def score_of(share: float) -> float:
    """A share of the face in doubt as a score 0..1: 0.5 at a tenth of the face."""
    return 1.0 - math.exp2(-share / _HALF)


def unsteady(before: Proposal | None, here: Proposal, after: Proposal | None) -> float:
    """How far the matte is from the mean of its neighbours', as a share of the face.

    What passes before the face makes some of that too; a net that errs for a moment makes more.
    """
    if before is None or after is None:
        return 0.0
    middle = (before.matte_SS + after.matte_SS) / 2
    return float(np.abs(here.matte_SS - middle).sum() / max(1.0, (here.matte_SS > 0.5).sum()))


def doubt(before: Proposal | None, here: Proposal, after: Proposal | None) -> float:
    """The share of the face in doubt, between its proposals in the frames beside it.

    The weight was chosen on a shot with known mattes: doubt and error rank its frames alike (0.65).
    """
    return here.undecided + _UNSTEADY_WEIGHT * unsteady(before, here, after)
