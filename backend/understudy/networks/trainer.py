"""One training step after another, and the whole state between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from understudy.config import TrainConfig
from understudy.networks.augment import Augmented, augment
from understudy.networks.emphasis import emphasis_planes
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.families import Swapper
from understudy.networks.losses import LossWeights, gaussian_rows, people_apart, swap_losses
from understudy.networks.training_state import is_sound, restore_training, training_state


def planes_on_device(faceset: LoadedFaceset, config: TrainConfig, device: torch.device) -> Tensor:
    """A faceset as uint8 planes R, G, B, matte, emphasis, (N,5,K,K), where training happens."""
    emphasis = emphasis_planes(
        faceset.landmarks_NL2, faceset.side_px, eyes=config.weight_eyes, mouth=config.weight_mouth
    )
    planes = np.concatenate(
        [faceset.crops_NKK3.transpose(0, 3, 1, 2), faceset.matte_NKK[:, None], emphasis[:, None]], axis=1
    )
    return torch.from_numpy(np.ascontiguousarray(planes)).to(device)


class Trainer:
    """A swapper in training: its data, optimizer, random state and step counter.

    Two trainers with equal models, data, settings and `state()` take equal steps, bit by bit, on one machine.
    """

    def __init__(
        self,
        model: Swapper,
        planes: Sequence[Tensor],
        config: TrainConfig,
        *,
        field: float,
        device: torch.device,
        precision: torch.dtype,
    ) -> None:
        # The narrow family's layers run faster with channels last, the wide one's do not.
        layout = torch.channels_last if model.family == "quick" else torch.contiguous_format
        self.model = model.to(device=device, memory_format=layout)  # type: ignore[call-overload]
        self.planes, self.config, self.field = planes, config, field
        self.device, self.precision, self._layout = device, precision, layout
        self.optimizer = torch.optim.Adam(
            model.parameters(), config.learning_rate, eps=1e-7, fused=device.type in ("cpu", "cuda")
        )
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.iteration = 0
        self._window = gaussian_rows(model.size_px).to(device)
        self._weights = LossWeights(ssim=config.weight_ssim, l1=config.weight_l1, mask=config.weight_mask)

    @property
    def crops_per_step(self) -> int:
        return self.config.batch * len(self.planes)

    def batch(self) -> Augmented:
        """Draw crops of every person and augment them, person after person."""
        drawn = []
        for planes in self.planes:
            rows = torch.randint(
                len(planes), (self.config.batch,), generator=self.generator, device=self.device
            )
            drawn.append(planes.index_select(0, rows))
        return augment(
            torch.cat(drawn),
            size_px=self.model.size_px,
            field=self.field,
            warp=self.config.warp,
            colour=self.config.colour_jitter,
            emphasis_scale=max(self.config.weight_eyes, self.config.weight_mouth),
            generator=self.generator,
        )

    def step(self, learning_rate: float) -> dict[str, Tensor]:
        """One update of all weights; the named losses as scalars on the device, "total_i" for person i."""
        seen = self.batch()
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            codes = self.model.encode(
                torch.split(seen.warped.contiguous(memory_format=self._layout), self.config.batch)
            )
            sides = self.model.decode(codes)
        losses = self._losses(sides, seen)
        if self.config.weight_alike and len(codes) > 1:
            losses["alike"] = people_apart(codes)
            losses["total"] = losses["total"] + self.config.weight_alike * losses["alike"]
        self.optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.iteration += 1
        return {name: value.detach() for name, value in losses.items()}

    def _losses(self, sides: list[tuple[Tensor, Tensor | None]], seen: Augmented) -> dict[str, Tensor]:
        each = []
        for index, (picture, mask) in enumerate(sides):
            own = slice(index * self.config.batch, (index + 1) * self.config.batch)
            target, matte, emphasis = seen.target[own], seen.matte[own], seen.emphasis[own]
            each.append(
                swap_losses(
                    picture, mask, target, matte, emphasis, weights=self._weights, window=self._window
                )
            )
        means = {name: torch.stack([one[name] for one in each]).mean() for name in each[0]}
        return means | {f"total_{i}": one["total"].detach() for i, one in enumerate(each)}

    def is_sound(self) -> bool:
        """Whether every weight is finite."""
        return is_sound(self.model)

    def state(self) -> dict[str, Tensor]:
        """Weights, optimizer moments and random state under the checkpoint's names."""
        return training_state(self.model, self.optimizer, self.generator, self.iteration)

    def restore(self, optim: Mapping[str, Tensor], rng: Mapping[str, Tensor]) -> None:
        """Take up optimizer and random state; weights are put in before. Raises: BadCheckpoint."""
        self.iteration = restore_training(self.model, self.optimizer, self.generator, optim=optim, rng=rng)
