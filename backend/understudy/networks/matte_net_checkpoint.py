"""Matte nets on disk: weights and a card in one safetensors file, like a swapper's checkpoint.

`net.safetensors` beside the layer is the finished net. `training.safetensors` holds optimizer and random
state too, and is there only while a training is under way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from understudy.config import CropType, MatteNetConfig, settings_from
from understudy.domain.errors import BadCheckpoint, BadSettings, WrongModelFamily
from understudy.domain.files import atomic_write
from understudy.domain.outside_text import json_value
from understudy.networks.card import CARD_KEY
from understudy.networks.checkpoint import load, put_weights
from understudy.networks.matte_net import WIDTHS, MatteNet
from understudy.networks.matte_net_crops import CROP_TYPE, FIELD, OFFSETS

MATTE_CARD_KEY = "understudy.matte_net"
MATTE_CARD_VERSION = 1
NET_NAME = "net.safetensors"
TRAINING_NAME = "training.safetensors"
ENCODING = "srgb"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteNetCard:
    """What a matte net is and was made from. `people` are all whom it has seen.

    `labels` are the sources of the labels it learnt, earlier sittings included; `label_sha256` of this one.
    `validation` holds the IoU on labels it had not learnt from, by what was held out; `ancestors` are hashes
    of the nets it began from, oldest first.
    """

    people: tuple[str, ...]
    labels: tuple[str, ...]
    label_sha256: tuple[str, ...]
    config: MatteNetConfig
    algorithm: int
    iterations: int = 0
    trained_s: float = 0.0
    validation: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    ancestors: tuple[str, ...] = ()
    precision: str = "float32"
    encoding: str = ENCODING
    crop_type: CropType = CROP_TYPE
    field: float = FIELD
    offsets: tuple[int, ...] = OFFSETS
    widths: tuple[int, ...] = WIDTHS

    def to_text(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps({"version": MATTE_CARD_VERSION, **asdict(self)}, sort_keys=True)


def save_matte_net(path: Path, card: MatteNetCard, tensors: Mapping[str, Tensor]) -> None:
    """Write weights, or a whole training state, atomically; names with prefix."""
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        save_file(on_cpu, temporary, metadata={MATTE_CARD_KEY: card.to_text()})


def read_matte_card(path: Path) -> MatteNetCard:
    """The card of a matte net; only the header is read. Raises: BadCheckpoint, WrongModelFamily."""
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as cause:
        raise BadCheckpoint(f"cannot read the matte net {path}: {cause}") from cause
    if MATTE_CARD_KEY in header:
        return _card_from_text(header[MATTE_CARD_KEY], path)
    if CARD_KEY in header:
        raise WrongModelFamily(f"{path} is a swapper, not a matte net; name the net beside a matte layer")
    raise BadCheckpoint(f"{path} was not written by Understudy: it has no card of a matte net")


def _card_from_text(text: str, path: Path) -> MatteNetCard:
    try:
        table = json_value(text)
        if (version := table.pop("version")) != MATTE_CARD_VERSION:
            raise BadCheckpoint(f"{path}: its card has version {version}, not {MATTE_CARD_VERSION}")
        config = settings_from(MatteNetConfig, table.pop("config"), where="config")
        for name in ("people", "labels", "label_sha256", "ancestors", "offsets", "widths"):
            table[name] = tuple(table[name])
        return MatteNetCard(config=config, **table)
    except (ValueError, TypeError, KeyError, AttributeError, BadSettings) as cause:
        raise BadCheckpoint(f"{path} has a damaged card ({cause}); use another net") from cause


def check_fits(card: MatteNetCard, config: MatteNetConfig, *, where: Path) -> None:
    """Raises: WrongModelFamily when the net sees crops of another size or kind than the settings ask for."""
    if card.config.size_px != config.size_px:
        raise WrongModelFamily(
            f"{where} was trained for crops of {card.config.size_px} px, the settings ask for "
            f"{config.size_px}; set matte_net.size_px to {card.config.size_px}, or train a new net"
        )
    seen = card.crop_type, card.field, card.offsets, card.widths, card.encoding
    if seen != (CROP_TYPE, FIELD, OFFSETS, WIDTHS, ENCODING):
        raise WrongModelFamily(f"{where} is a matte net of another build; train a new one from the labels")


def load_weights(net: MatteNet, path: Path) -> None:
    """Fill a net from a file. Raises: BadCheckpoint, WrongModelFamily."""
    put_weights(net, load(path, "model/"), where=path)
