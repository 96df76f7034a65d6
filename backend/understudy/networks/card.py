"""The recipe card: what a checkpoint is, how it was made and from what. Read without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open

from understudy.config import CropType, TrainConfig, settings_from
from understudy.domain.errors import BadCheckpoint, BadSettings
from understudy.domain.outside_text import json_value

CARD_KEY = "understudy.recipe"
CARD_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class RecipeCard:
    """Everything about a checkpoint but its numbers. `people` are person ids in decoder order.

    `encoding` is what the network sees (`media.network_colour`). `ancestors` names what the weights began
    from, oldest first; `note` says what a reader should know. `losses` are the means over the last
    iterations.
    """

    family: str
    size_px: int
    crop_type: CropType
    encoding: str
    people: tuple[str, ...]
    learn_mask: bool
    config: TrainConfig
    iterations: int
    trained_s: float
    crops_per_s: float
    faceset_sha256: tuple[str, ...]
    algorithm: int
    precision: str
    losses: dict[str, float] = field(default_factory=dict)
    ancestors: tuple[str, ...] = ()
    note: str = ""

    def to_text(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps({"version": CARD_VERSION, **asdict(self)}, sort_keys=True)


def card_from_text(text: str, *, where: Path) -> RecipeCard:
    """The inverse of `RecipeCard.to_text`. Raises: BadCheckpoint."""
    try:
        table = json_value(text)
        if (version := table.pop("version")) != CARD_VERSION:
            raise BadCheckpoint(f"{where}: its recipe card has version {version}, not {CARD_VERSION}")
        table.setdefault("encoding", "srgb")  # as all were before there was another
        config = settings_from(TrainConfig, table.pop("config"), where="config")
        for name in ("people", "faceset_sha256", "ancestors"):
            table[name] = tuple(table[name])
        return RecipeCard(config=config, **table)
    except (ValueError, TypeError, KeyError, AttributeError, BadSettings) as cause:
        raise BadCheckpoint(f"{where} has a damaged recipe card ({cause}); use another checkpoint") from cause


def read_card(path: Path) -> RecipeCard:
    """The recipe card of a checkpoint; only the file's header is read. Raises: BadCheckpoint."""
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as cause:
        raise BadCheckpoint(f"cannot read the checkpoint {path}: {cause}") from cause
    if CARD_KEY not in header:
        raise BadCheckpoint(f"{path} was not written by Understudy: it has no recipe card")
    return card_from_text(header[CARD_KEY], where=path)
