"""Training the starter: weights that know heads in general, so that a new pair needs minutes, not hours.

One encoder is shared by all heads of a cast. Every head has a decoder for a while; then the decoders are
averaged, all go on from the mean, and so on. The mean decoder is therefore a place from which a few dozen
steps lead to any one head, and the encoder learns what decoders need that will soon know the person.
Source: Nichol, Achiam, Schulman, "On first-order meta-learning algorithms" (Reptile), 2018.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from understudy.config import TrainConfig
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import save
from understudy.networks.device import pick_device, pick_precision, set_threads
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.families import make_swapper
from understudy.networks.start import STARTER
from understudy.networks.trainer import Trainer, planes_on_device

NOTE = "trained on synthetic heads only; no photograph of anybody was used"
FINAL_SHARE = 0.05  # of the learning rate, at the end


def train_starter(
    facesets: Sequence[LoadedFaceset],
    config: TrainConfig,
    target: Path,
    *,
    minutes: float,
    steps_between_means: int,
    report: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> RecipeCard:
    """Train on a cast, one faceset a head, and write the starter with bfloat16 weights and one decoder."""
    device = pick_device(config.device)
    set_threads(config.threads)
    model = make_swapper(
        config.family,
        size_px=config.size_px,
        people=len(facesets),
        learn_mask=config.weight_mask > 0,
        seed=config.seed,
    )
    planes = [planes_on_device(one, config, device) for one in facesets]
    precision = pick_precision(config.precision, device)
    trainer = Trainer(model, planes, config, field=facesets[0].field, device=device, precision=precision)
    began = told_at = clock()
    losses: dict[str, float] = {}
    while (share := max((clock() - began) / (60 * minutes), trainer.iteration / config.iterations)) < 1:
        fall = (1 + math.cos(math.pi * share)) / 2
        step = trainer.step(config.learning_rate * (FINAL_SHARE + (1 - FINAL_SHARE) * fall))
        if trainer.iteration % steps_between_means == 0:
            average_decoders(trainer)
        if clock() - told_at > 10:
            losses, told_at = {name: float(value) for name, value in step.items()}, clock()
            report(f"{share:.0%} iteration {trainer.iteration} total {losses['total']:.4f}")
    average_decoders(trainer)
    card = RecipeCard(
        family=config.family,
        size_px=config.size_px,
        crop_type=config.crop_type,
        encoding=facesets[0].encoding,
        people=(STARTER,),
        learn_mask=model.learn_mask,
        config=config,
        iterations=trainer.iteration,
        trained_s=clock() - began,
        crops_per_s=trainer.iteration * trainer.crops_per_step / (clock() - began),
        faceset_sha256=tuple(one.sha256 for one in facesets),
        algorithm=1,
        precision=str(precision).removeprefix("torch."),
        losses={name: value for name, value in losses.items() if not name.startswith("total_")},
        ancestors=(),
        note=NOTE,
    )
    save(target, card, starter_weights(trainer))
    return card


@torch.no_grad()
def average_decoders(trainer: Trainer) -> None:
    """Put the mean of all decoders, and of their optimizer moments, into every one."""
    alike = zip(*(decoder.parameters() for decoder in trainer.model.decoders), strict=True)
    for parameters in alike:
        _to_mean(list(parameters))
        moments = [trainer.optimizer.state[parameter] for parameter in parameters]
        for name in ("exp_avg", "exp_avg_sq"):
            _to_mean([state[name] for state in moments])


def _to_mean(tensors: list[Tensor]) -> None:
    mean = torch.stack(tensors).mean(dim=0)
    for tensor in tensors:
        tensor.copy_(mean)


def starter_weights(trainer: Trainer) -> dict[str, Tensor]:
    """The encoder and the mean decoder as decoder 0, in bfloat16."""
    return {
        f"model/{name}": tensor.to(torch.bfloat16)
        for name, tensor in trainer.model.state_dict().items()
        if not name.startswith("decoders.") or name.startswith("decoders.0.")
    }
