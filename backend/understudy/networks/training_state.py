"""The whole state of a training between two steps, under the names that checkpoints have."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from understudy.domain.errors import BadCheckpoint

_MOMENTS = ("exp_avg", "exp_avg_sq")


def is_sound(network: nn.Module) -> bool:
    """Whether every weight is finite."""
    norms = torch._foreach_norm(list(network.parameters()))
    return bool(torch.isfinite(torch.stack(list(norms))).all())


def training_state(
    network: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator, iteration: int
) -> dict[str, Tensor]:
    """Weights, Adam's moments and random state."""
    tensors = {f"model/{name}": tensor for name, tensor in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        kept = optimizer.state.get(parameter, {})
        tensors |= {f"optim/{name}/{moment}": kept[moment] for moment in _MOMENTS if moment in kept}
    return tensors | {"rng/generator": generator.get_state(), "rng/iteration": torch.tensor(iteration)}


def restore_training(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    *,
    optim: Mapping[str, Tensor],
    rng: Mapping[str, Tensor],
) -> int:
    """Take up optimizer and random state where `training_state` left them; returns the iteration.

    Weights are put in before. Before the first step there are no moments.
    Raises: BadCheckpoint when they do not fit.
    """
    try:
        iteration = int(rng["iteration"])
        generator.set_state(rng["generator"])
        for name, parameter in network.named_parameters() if iteration else ():
            kept: dict[str, Tensor] = {
                moment: torch.empty_like(parameter).copy_(optim[f"{name}/{moment}"]) for moment in _MOMENTS
            }
            optimizer.state[parameter] = {"step": torch.tensor(float(iteration)), **kept}
    except (KeyError, RuntimeError) as cause:
        raise BadCheckpoint(f"the training state does not fit the network: {cause}") from cause
    return iteration
