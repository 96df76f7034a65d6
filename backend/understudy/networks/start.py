"""What a training begins with: random weights, another checkpoint's, or the bundled starter's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from understudy.config import TrainConfig
from understudy.domain.errors import ModelFileMissing, WrongModelFamily
from understudy.networks.card import RecipeCard, read_card
from understudy.networks.checkpoint import load, put_weights
from understudy.networks.families import Swapper, make_swapper

STARTER = "starter"


def starter_path(family: str) -> Path:
    """Where a family's bundled starter lies, whether or not it is there."""
    return Path(__file__).with_name(f"starter_{family}.safetensors")


def begin(
    config: TrainConfig, people: Sequence[str], encoding: str = "srgb"
) -> tuple[Swapper, tuple[str, ...]]:
    """A new swapper for `people`, and the names of what its weights began from.

    Weights that learnt in another encoding than `encoding` are taken too: shapes are the same in both, and
    contrast is soon learnt anew. The name then says so.
    Raises: ModelFileMissing, BadCheckpoint, WrongModelFamily.
    """
    learn_mask = config.weight_mask > 0
    model = make_swapper(
        config.family, size_px=config.size_px, people=len(people), learn_mask=learn_mask, seed=config.seed
    )
    if not config.start_from:
        return model, ()
    path = starter_path(config.family) if config.start_from == STARTER else Path(config.start_from)
    if not path.exists():
        raise ModelFileMissing(f"there is no checkpoint {path} to start from; train from start_from = ''")
    card = read_card(path)
    check_same_network(card, config, where=path)
    put_weights(model, for_people(load(path, "model/"), card.people, people), where=path)
    learnt = f", in {card.encoding}" if card.encoding != encoding else ""
    return model, (*card.ancestors, f"{path.name} ({card.iterations} iterations{learnt})")


def check_same_network(card: RecipeCard, config: TrainConfig, *, where: Path) -> None:
    """Raises: WrongModelFamily when a checkpoint is another network than the settings ask for."""
    found = (card.family, card.size_px, card.crop_type, card.learn_mask)
    wanted = (config.family, config.size_px, config.crop_type, config.weight_mask > 0)
    if found != wanted:
        raise WrongModelFamily(
            f"{where} is (family, size, crop type, learned mask) {found}; the settings ask for {wanted}"
        )


def for_people(weights: dict[str, Tensor], known: Sequence[str], people: Sequence[str]) -> dict[str, Tensor]:
    """Give known people their own decoder, and every new one the decoder at its place, or the last."""
    placed = {name: tensor for name, tensor in weights.items() if not name.startswith("decoders.")}
    for index, person in enumerate(people):
        origin = known.index(person) if person in known else min(index, len(known) - 1)
        prefix = f"decoders.{origin}."
        placed |= {
            f"decoders.{index}.{name.removeprefix(prefix)}": tensor
            for name, tensor in weights.items()
            if name.startswith(prefix)
        }
    return placed
