"""Training the starter: weights that know heads in general, so that a new pair needs minutes, not hours.

One encoder and one decoder learn all heads of a cast together. A training that begins from them copies the
decoder to each of its people; its `alike` loss then makes the encoder forget who is who.
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
from understudy.networks.checkpoint import save
from understudy.networks.device import pick_device, pick_precision, set_threads
from understudy.networks.faceset import LoadedFaceset
from understudy.networks.start import STARTER, begin
from understudy.networks.trainer import Trainer, planes_on_device

ALGORITHM = 1
NOTE = "trained on synthetic heads only; no photograph of anybody was used"
FINAL_SHARE = 0.05  # of the learning rate, at the end
WARM_STEPS = 20  # in which the learning rate rises, while the optimizer's moments are young
TOLD_S, SAVED_S = 10.0, 60.0


def train_starter(
    facesets: Sequence[LoadedFaceset],
    config: TrainConfig,
    target: Path,
    *,
    minutes: float,
    report: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> RecipeCard:
    """Train on a cast, one faceset a head, and write the starter with bfloat16 weights and one decoder.

    It is written every minute and at the end. `config.start_from` may name a starter to go on from.
    """
    set_threads(config.threads)
    device = pick_device(config.device)
    precision = pick_precision(config.precision, device)
    planes = torch.cat([planes_on_device(one, config, device) for one in facesets])
    model, ancestors = begin(config, (STARTER,))
    trainer = Trainer(model, [planes], config, field=facesets[0].field, device=device, precision=precision)
    # The starter is given away: where it lay on the machine that made it is nobody's business.
    told = replace(config, start_from=Path(config.start_from).name)
    began = told_at = saved_at = clock()
    losses: dict[str, float] = {}

    def write() -> RecipeCard:
        trained_s = clock() - began
        card = RecipeCard(
            family=config.family, size_px=config.size_px, crop_type=config.crop_type,
            encoding=facesets[0].encoding, people=(STARTER,), learn_mask=model.learn_mask, config=told,
            iterations=trainer.iteration, trained_s=trained_s,
            crops_per_s=trainer.iteration * trainer.crops_per_step / max(trained_s, 1e-6),
            faceset_sha256=tuple(one.sha256 for one in facesets), algorithm=ALGORITHM,
            precision=str(precision).removeprefix("torch."), losses=losses, ancestors=ancestors, note=NOTE,
        )  # fmt: skip
        save(target, card, starter_weights(model.state_dict()))
        return card

    while (share := max((clock() - began) / (60 * minutes), trainer.iteration / config.iterations)) < 1:
        fall = (1 + math.cos(math.pi * share)) / 2
        rise = min(1.0, (trainer.iteration + 1) / WARM_STEPS)
        step = trainer.step(config.learning_rate * rise * (FINAL_SHARE + (1 - FINAL_SHARE) * fall))
        if clock() - told_at > TOLD_S:
            losses, told_at = {name: float(step[name]) for name in step if "_" not in name}, clock()
            report(f"{share:.0%} iteration {trainer.iteration} {losses}")
        if clock() - saved_at > SAVED_S:
            write()
            saved_at = clock()
    return write()


def starter_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A swapper's weights under a checkpoint's names, in bfloat16."""
    return {f"model/{name}": tensor.to(torch.bfloat16) for name, tensor in weights.items()}
