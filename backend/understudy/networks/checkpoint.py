"""Checkpoints: weights, optimizer state, random state and the recipe card in one safetensors file.

Keys begin with `model/`, `optim/` or `rng/`. One file keeps the parts in step, holds no code, and is
renamed into place only when it is whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from understudy.domain.errors import BadCheckpoint, WrongModelFamily
from understudy.domain.files import atomic_write, sync_folder
from understudy.networks.card import CARD_KEY, RecipeCard, read_card
from understudy.networks.device import set_threads
from understudy.networks.families import Family, Swapper, make_swapper

KEPT = 2  # checkpoints beside the best one
BEST_NAME = "best.safetensors"


@dataclass(frozen=True, kw_only=True)
class LoadedSwapper:
    """A swapper ready to draw people, with its recipe card; the decoder of `card.people[i]` is number i."""

    card: RecipeCard
    model: Swapper
    device: torch.device


def checkpoint_path(folder: Path, iterations: int) -> Path:
    """Where the checkpoint after so many iterations lies."""
    return folder / f"checkpoint.{iterations:08d}.safetensors"


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a training folder, oldest first."""
    return sorted(folder.glob("checkpoint.[0-9]*.safetensors"))


def save(path: Path, card: RecipeCard, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint atomically. `tensors` are on any device, their names with prefix."""
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        save_file(on_cpu, temporary, metadata={CARD_KEY: card.to_text()})


def load(path: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it. Raises: BadCheckpoint."""
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (not a dict)
            return {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as cause:
        raise BadCheckpoint(f"cannot read the checkpoint {path}: {cause}") from cause


def keep_recent(folder: Path) -> None:
    """Remove all but the newest checkpoints; the best one stays under its own name."""
    for old in list_checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)


def mark_best(folder: Path, checkpoint: Path) -> None:
    """Keep this checkpoint as the last good one, whatever training does afterwards."""
    hidden = folder / f".{BEST_NAME}"
    hidden.unlink(missing_ok=True)
    try:
        os.link(checkpoint, hidden)
    except OSError:  # some network shares know no second name for a file
        with atomic_write(folder / BEST_NAME) as temporary:
            shutil.copyfile(checkpoint, temporary)
        return
    hidden.replace(folder / BEST_NAME)
    sync_folder(folder)


def put_weights(model: nn.Module, weights: Mapping[str, Tensor], *, where: Path) -> None:
    """Fill a network.

    Raises: WrongModelFamily when names or shapes do not fit, BadCheckpoint for NaN or infinity.
    """
    wanted = model.state_dict()
    if strange := set(wanted) ^ set(weights):
        raise WrongModelFamily(f"{where} holds another network than asked for: see {sorted(strange)[0]}")
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape:
            raise WrongModelFamily(
                f"{where}: {name} has shape {tuple(tensor.shape)}, expected {tuple(wanted[name].shape)}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise BadCheckpoint(f"{where}: {name} holds undefined numbers; use an earlier checkpoint")
    model.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in weights.items()})


def load_swapper(path: Path, device: torch.device, *, threads: int = 0) -> LoadedSwapper:
    """Load a trained swapper for drawing; optimizer state is not read.

    Raises: BadCheckpoint, WrongModelFamily.
    """
    card = read_card(path)
    set_threads(threads)
    if card.family not in ("original", "quick"):
        raise WrongModelFamily(f"{path} is of the family {card.family!r}, which this program does not know")
    model = make_swapper(
        cast(Family, card.family), size_px=card.size_px, people=len(card.people), learn_mask=card.learn_mask
    )
    put_weights(model, load(path, "model/"), where=path)
    return LoadedSwapper(card=card, model=model.eval().requires_grad_(False).to(device), device=device)
