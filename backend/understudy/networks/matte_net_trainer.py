"""One step of the matte net after another, the whole state between two, and what the net proposes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from understudy.config import MatteNetConfig
from understudy.networks.matte_net import MatteNet
from understudy.networks.matte_net_augment import LabelPlanes, augmented, plain
from understudy.networks.training_state import is_sound, restore_training, training_state

_MAX_NORM = 1.0  # of the gradient; a few wild steps at the start would be remembered for long


class MatteTrainer:
    """A matte net in training: data, optimizer, random state and step counter.

    Two trainers with equal nets, labels, settings and `state()` take equal steps, bit by bit, on one machine.
    """

    def __init__(
        self,
        net: MatteNet,
        planes: LabelPlanes,
        config: MatteNetConfig,
        *,
        device: torch.device,
        precision: torch.dtype,
    ) -> None:
        self.net = net.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.planes, self.size_px, self.batch = planes, config.size_px, config.batch
        self.device, self.precision = device, precision
        self.optimizer = torch.optim.Adam(net.parameters(), eps=1e-7, fused=device.type in ("cpu", "cuda"))
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.iteration = 0

    def step(self, learning_rate: float, pool: Tensor) -> dict[str, Tensor]:
        """One update from views of the labels whose numbers are in `pool`; the losses, on the device."""
        seen, matte = augmented(self.planes, pool, self.batch, size_px=self.size_px, generator=self.generator)
        losses = matte_losses(forward(self.net, seen, self.precision), matte)
        self.optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), _MAX_NORM)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.iteration += 1
        return {name: value.detach() for name, value in losses.items()}

    @torch.no_grad()
    def proposals(self, rows: Tensor) -> Tensor:
        """The net's mattes for labels as they are, (N,1,S,S) 0..1."""
        seen = plain(self.planes.input.index_select(0, rows), size_px=self.size_px)
        return torch.sigmoid(forward(self.net, seen, self.precision))

    def truth(self, rows: Tensor) -> Tensor:
        """The labels' own mattes, (N,1,S,S) 0..1."""
        return plain(self.planes.matte.index_select(0, rows), size_px=self.size_px) + 0.5

    def is_sound(self) -> bool:
        """Whether every weight is finite."""
        return is_sound(self.net)

    def state(self) -> dict[str, Tensor]:
        """Weights, optimizer moments and random state under the checkpoint's names."""
        return training_state(self.net, self.optimizer, self.generator, self.iteration)

    def restore(self, optim: Mapping[str, Tensor], rng: Mapping[str, Tensor]) -> None:
        """Take up optimizer and random state; weights are put in before. Raises: BadCheckpoint."""
        self.iteration = restore_training(self.net, self.optimizer, self.generator, optim=optim, rng=rng)


def forward(net: MatteNet, seen: Tensor, precision: torch.dtype) -> Tensor:
    """Logits (N,1,S,S), convolutions in `precision`."""
    with torch.autocast(seen.device.type, precision, enabled=precision != torch.float32):
        logits: Tensor = net(seen.contiguous(memory_format=torch.channels_last))
    return logits


def matte_losses(logits: Tensor, matte: Tensor) -> dict[str, Tensor]:
    """Cross entropy, which makes edges as soft as the labels', and 1 - soft IoU, which minds small parts."""
    proposed = torch.sigmoid(logits)
    both = (proposed * matte).sum(dim=(1, 2, 3))
    either = (proposed + matte - proposed * matte).sum(dim=(1, 2, 3))
    overlap = (1 - (both + 1) / (either + 1)).mean()
    entropy = F.binary_cross_entropy_with_logits(logits, matte)
    return {"total": entropy + overlap, "entropy": entropy, "overlap": overlap}


def iou(proposed: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of two mattes (N,1,S,S) at one half, (N,); 1 where both are empty."""
    a, b = proposed > 0.5, truth > 0.5
    both, either = (a & b).sum(dim=(1, 2, 3)), (a | b).sum(dim=(1, 2, 3))
    return torch.where(either > 0, both / either.clamp(min=1), torch.ones_like(both, dtype=torch.float32))
