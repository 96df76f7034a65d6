"""Training speed in EG/s: crops of both sides a second.

    python tests/bench/bench_train.py [--rounds 5] [--threads N]

Three figures, measured in turns so that a busy machine is unfair to none of them:

    naive     `original`, batch 16 a side, the way such loops are usually written: eager float32, crops
              augmented one by one with OpenCV, one encoder pass and one Adam update for each side
    original  the product's loop, same network, batch and losses
    quick     the product's loop with the quick preset

The faces are drawn; what they show does not change the speed. The best of all rounds counts.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.drawn_facesets import drawn_faceset

from understudy.config import PRESETS, TrainConfig, settings_from
from understudy.networks.device import pick_precision
from understudy.networks.faceset import FIELD, LoadedFaceset
from understudy.networks.families import Family, make_swapper
from understudy.networks.losses import LossWeights, gaussian_rows, swap_losses
from understudy.networks.trainer import Trainer, planes_on_device

CPU = torch.device("cpu")
CROPS = 64  # drawn per person
Rgb = npt.NDArray[np.float32]


class NaiveLoop:
    """The benchmark's own baseline."""

    def __init__(
        self, facesets: list[LoadedFaceset], *, size_px: int, batch: int, learning_rate: float
    ) -> None:
        self.facesets, self.size_px, self.batch = facesets, size_px, batch
        self.model = make_swapper("original", size_px=size_px, people=2, learn_mask=False, seed=1)
        self.optimizers = [
            torch.optim.Adam([*self.model.encoder.parameters(), *decoder.parameters()], learning_rate)
            for decoder in self.model.decoders
        ]
        self.window = gaussian_rows(size_px)
        self.rng = np.random.default_rng(1)

    def step(self) -> None:
        for index, faceset in enumerate(self.facesets):
            warped, target, matte = self._batch(faceset)
            picture, mask = self.model(warped, index)
            losses = swap_losses(
                picture, mask, target, matte, torch.zeros_like(matte),
                weights=LossWeights(ssim=1, l1=1, mask=0), window=self.window,
            )  # fmt: skip
            self.optimizers[index].zero_grad()
            losses["total"].backward()  # type: ignore[no-untyped-call]
            self.optimizers[index].step()

    def _batch(self, faceset: LoadedFaceset) -> tuple[Tensor, Tensor, Tensor]:
        rows = self.rng.integers(0, len(faceset), self.batch)
        made = [self._augmented(faceset.crops_NKK3[row], faceset.matte_NKK[row]) for row in rows]
        warped, target, matte = (np.stack(parts) for parts in zip(*made, strict=True))
        return (
            torch.from_numpy(warped.transpose(0, 3, 1, 2).copy()),
            torch.from_numpy(target.transpose(0, 3, 1, 2).copy()),
            torch.from_numpy(matte[:, None].copy()),
        )

    def _augmented(self, crop: npt.NDArray[np.uint8], matte: npt.NDArray[np.uint8]) -> tuple[Rgb, Rgb, Rgb]:
        side, rng = crop.shape[0], self.rng
        planes = np.concatenate([crop, matte[:, :, None]], axis=2).astype(np.float32) / 255
        matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-10, 10), rng.uniform(0.95, 1.05))
        matrix[:, 2] += rng.uniform(-0.05, 0.05, 2) * side
        planes = cv2.warpAffine(planes, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        if rng.random() < 0.5:
            planes = np.ascontiguousarray(planes[:, ::-1])
        lab = cv2.cvtColor(planes[:, :, :3], cv2.COLOR_RGB2LAB)
        lab *= 1 + rng.uniform(-1, 1, 3).astype(np.float32) * np.array([0.3, 0.08, 0.08], np.float32)
        planes[:, :, :3] = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).clip(0, 1)
        edge = (side - side / FIELD) / 2
        grid = np.linspace(0, side - 1, 5)
        xs, ys = np.meshgrid(grid, grid)
        wide = round(self.size_px * FIELD)
        maps = [
            cv2.resize((at + rng.normal(0, 5 / 256 * side, (5, 5))).astype(np.float32), (wide, wide))
            for at in (xs, ys)
        ]
        cut = slice((wide - self.size_px) // 2, (wide + self.size_px) // 2)
        warped = cv2.remap(planes[:, :, :3], maps[0][cut, cut], maps[1][cut, cut], cv2.INTER_LINEAR)
        inner = planes[round(edge) : round(side - edge), round(edge) : round(side - edge)]
        target = cv2.resize(inner, (self.size_px, self.size_px), interpolation=cv2.INTER_AREA)
        return warped, target[:, :, :3], target[:, :, 3]


def product_step(family: Family) -> tuple[Callable[[], object], int]:
    """The product's loop for a family's preset, and the crops it takes a step."""
    config = settings_from(TrainConfig, {**PRESETS[family], "start_from": ""}, where="bench")
    facesets = two_facesets(config.size_px)
    learn_mask = config.weight_mask > 0
    model = make_swapper(family, size_px=config.size_px, people=2, learn_mask=learn_mask, seed=1)
    planes = [planes_on_device(one, config, CPU) for one in facesets]
    precision = pick_precision("auto", CPU)
    trainer = Trainer(model, planes, config, field=FIELD, device=CPU, precision=precision)
    return lambda: trainer.step(config.learning_rate), trainer.crops_per_step


def two_facesets(size_px: int) -> list[LoadedFaceset]:
    return [drawn_faceset(f"person {seed}", seed=seed, size_px=size_px, count=CROPS) for seed in (1, 2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    naive = NaiveLoop(two_facesets(64), size_px=64, batch=16, learning_rate=5e-5)
    loops: dict[str, tuple[Callable[[], object], int]] = {
        "naive": (naive.step, 32), "original": product_step("original"), "quick": product_step("quick"),
    }  # fmt: skip
    best = dict.fromkeys(loops, 0.0)
    for round_number in range(arguments.rounds + 1):
        for name, (step, crops) in loops.items():
            began = time.perf_counter()
            step()
            if round_number:  # the first one allocates and chooses kernels
                best[name] = max(best[name], crops / (time.perf_counter() - began))
    for name, rate in best.items():
        print(f"{name:9} {rate:7.1f} EG/s")
    print(
        f"original against naive: {best['original'] / best['naive']:.2f}x, {torch.get_num_threads()} threads"
    )


if __name__ == "__main__":
    main()
