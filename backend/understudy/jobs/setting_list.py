"""The settings of each kind of job, as their declarations say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, get_args, get_origin, get_type_hints

from understudy.config import (
    PRESETS,
    ConvertConfig,
    CurateConfig,
    DeliverConfig,
    ExtractConfig,
    MatteNetConfig,
    ParseMatteConfig,
    PropagateConfig,
    TrainConfig,
    settings_from,
)
from understudy.declared import declarations
from understudy.domain.edit import ADJUSTABLE
from understudy.domain.errors import BadSettings
from understudy.domain.job import JobKind
from understudy.domain.job_views import Setting, SettingList

CONFIGS: Mapping[str, type[Any]] = {
    "extract": ExtractConfig,
    "curate": CurateConfig,
    "train": TrainConfig,
    "convert": ConvertConfig,
    "deliver": DeliverConfig,
    "propagate": PropagateConfig,
    "matte_net": MatteNetConfig,
    "parse_matte": ParseMatteConfig,
}
_WORDS = {float: "number", int: "integer", bool: "switch", str: "word"}


def list_settings(kind: str, preset: str = "") -> SettingList:
    """The settings of a kind of job, none for kinds without; with a preset its values are the defaults.

    Raises: BadSettings for an unknown kind or preset.
    """
    if kind not in CONFIGS and kind not in set(JobKind):
        raise BadSettings(f"no job is of the kind {kind!r}; known: {', '.join(CONFIGS)}")
    presets = PRESETS if kind == "train" else {}
    if preset and preset not in presets:
        raise BadSettings(f"{kind} has no preset {preset!r}; known: {', '.join(presets) or 'none'}")
    if kind not in CONFIGS:
        return SettingList(settings=())
    cls = CONFIGS[kind]
    defaults = asdict(settings_from(cls, presets.get(preset, {}), where=kind))
    hints = get_type_hints(cls)
    adjustable = ADJUSTABLE if kind == "convert" else frozenset()
    found = []
    for name, declared in declarations(cls).items():
        word, choices = _type(hints[name])
        found.append(
            Setting(
                name=name,
                type=word,
                default=list(defaults[name]) if word == "list" else defaults[name],
                choices=choices,
                least=declared.above if declared.least is None else declared.least,
                most=declared.below if declared.most is None else declared.most,
                help=declared.help,
                adjustable=name in adjustable,
            )
        )
    return SettingList(settings=tuple(found), presets=tuple(presets))


def _type(hint: Any) -> tuple[str, tuple[str, ...]]:
    """number, integer, switch, word or list, and the words it may be."""
    if get_origin(hint) is Literal:
        return "word", tuple(get_args(hint))
    if get_origin(hint) is tuple:
        return "list", _type(get_args(hint)[0])[1]
    return _WORDS[hint], ()
