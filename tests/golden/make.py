"""Write the golden ten-step losses anew: `python -m tests.golden.make`."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tests.drawn_facesets import drawn_faceset

from understudy.config import PRESETS, TrainConfig, settings_from
from understudy.networks.families import Family, make_swapper
from understudy.networks.trainer import Trainer, planes_on_device

STEPS = 10
CPU = torch.device("cpu")


def golden_path(family: Family) -> Path:
    return Path(__file__).with_name(f"losses_{family}.json")


def ten_losses(family: Family) -> list[float]:
    """The total loss of the first steps of a preset's training on drawn faces."""
    torch.set_num_threads(1)
    table = {**PRESETS[family], "batch": 2, "seed": 7, "start_from": ""}
    config = settings_from(TrainConfig, table, where="golden")
    people = [drawn_faceset(f"person {seed}", seed=seed, size_px=config.size_px) for seed in (1, 2)]
    model = make_swapper(
        family, size_px=config.size_px, people=2, learn_mask=config.weight_mask > 0, seed=config.seed
    )
    planes = [planes_on_device(one, config, CPU) for one in people]
    trainer = Trainer(model, planes, config, field=people[0].field, device=CPU, precision=torch.float32)
    return [float(trainer.step(config.learning_rate)["total"]) for _ in range(STEPS)]


def main() -> None:
    families: tuple[Family, ...] = ("original", "quick")
    for family in families:
        golden_path(family).write_text(json.dumps(ten_losses(family), indent=1) + "\n")


if __name__ == "__main__":
    main()
