"""Training the starter: weights that know heads in general, so that a new pair needs minutes, not hours.

First one encoder and one decoder learn all heads of a cast together, which is the quickest way to faces at
all. Then every head gets a decoder of its own for a while, the decoders are averaged, all go on from the
mean, and so on: the mean becomes a place from which a few dozen steps lead to any one head, and the
encoder learns what decoders need that will soon know the person.
Source of the second part: Nichol, Achiam, Schulman, "On first-order meta-learning algorithms", 2018.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from understudy.config import TrainConfig
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import load, put_weights, save
from understudy.networks.device import pick_device, pick_precision, set_threads
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.families import make_swapper
from understudy.networks.start import STARTER, begin, for_people
from understudy.networks.trainer import Trainer, planes_on_device

ALGORITHM = 1
NOTE = "trained on synthetic heads only; no photograph of anybody was used"
FINAL_SHARE = 0.05  # of the learning rate, at the end of each part
WARM_STEPS = 20  # in which the learning rate rises, while the optimizer's moments are young
TOLD_S, SAVED_S = 10.0, 60.0


def train_starter(
    facesets: Sequence[LoadedFaceset],
    config: TrainConfig,
    target: Path,
    *,
    minutes_together: float,
    minutes_apart: float,
    steps_between_means: int,
    report: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> RecipeCard:
    """Train on a cast, one faceset a head, and write the starter with bfloat16 weights and one decoder.

    `config.batch` is the number of crops a step in the first part; in the second the heads share them.
    `config.start_from` may name a starter to go on from. `config.iterations` bounds each part.
    """
    set_threads(config.threads)
    device = pick_device(config.device)
    precision = pick_precision(config.precision, device)
    planes = [planes_on_device(one, config, device) for one in facesets]

    def card_of(trainer: Trainer, trained_s: float, losses: dict[str, float]) -> RecipeCard:
        return RecipeCard(
            family=config.family, size_px=config.size_px, crop_type=config.crop_type,
            encoding=facesets[0].encoding, people=(STARTER,), learn_mask=trainer.model.learn_mask,
            config=config, iterations=trainer.iteration, trained_s=trained_s,
            crops_per_s=trainer.iteration * trainer.crops_per_step / max(trained_s, 1e-6),
            faceset_sha256=tuple(one.sha256 for one in facesets), algorithm=ALGORITHM,
            precision=str(precision).removeprefix("torch."), losses=losses, ancestors=ancestors, note=NOTE,
        )  # fmt: skip

    model, ancestors = begin(config, (STARTER,))
    field = facesets[0].field
    card = None
    if minutes_together > 0:
        everybody = [torch.cat(planes)]
        together = Trainer(model, everybody, config, field=field, device=device, precision=precision)
        card = _train_part(together, minutes_together, 0, target, card_of, report, clock)
    if minutes_apart > 0 or card is None:
        each = replace(config, batch=max(1, config.batch // len(planes)))
        learn_mask = config.weight_mask > 0
        many = make_swapper(
            config.family, size_px=config.size_px, people=len(planes), learn_mask=learn_mask, seed=config.seed
        )
        known = load(target, "model/") if card else model.state_dict()
        people = [one.person_id for one in facesets]
        put_weights(many, for_people(dict(known), (STARTER,), people), where=target)
        apart = Trainer(many, planes, each, field=field, device=device, precision=precision)
        card = _train_part(apart, minutes_apart, steps_between_means, target, card_of, report, clock)
    return card


def _train_part(
    trainer: Trainer,
    minutes: float,
    steps_between_means: int,
    target: Path,
    card_of: Callable[[Trainer, float, dict[str, float]], RecipeCard],
    report: Callable[[str], None],
    clock: Callable[[], float],
) -> RecipeCard:
    """Train until time or iterations are up; the starter is written on the way and at the end."""
    began = told_at = saved_at = clock()
    losses: dict[str, float] = {}
    config = trainer.config
    while (share := max((clock() - began) / (60 * minutes), trainer.iteration / config.iterations)) < 1:
        fall = (1 + math.cos(math.pi * share)) / 2
        rise = min(1.0, (trainer.iteration + 1) / WARM_STEPS)
        step = trainer.step(config.learning_rate * rise * (FINAL_SHARE + (1 - FINAL_SHARE) * fall))
        averaged = steps_between_means and trainer.iteration % steps_between_means == 0
        if averaged:
            average_decoders(trainer)
        if clock() - told_at > TOLD_S:
            losses, told_at = {name: float(step[name]) for name in step if "_" not in name}, clock()
            report(f"{share:.0%} iteration {trainer.iteration} {losses}")
        if clock() - saved_at > SAVED_S and (averaged or not steps_between_means):
            save(target, card_of(trainer, clock() - began, losses), starter_weights(trainer))
            saved_at = clock()
    if steps_between_means:
        average_decoders(trainer)
    card = card_of(trainer, clock() - began, losses)
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
    """The encoder and the first decoder (all are the mean when this is called), in bfloat16."""
    return {
        f"model/{name}": tensor.to(torch.bfloat16)
        for name, tensor in trainer.model.state_dict().items()
        if not name.startswith("decoders.") or name.startswith("decoders.0.")
    }
