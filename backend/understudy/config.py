"""Every setting there is, with its default and its limits. A settings file is TOML with these names.

Stages take these objects as arguments; nothing reads a setting from anywhere else.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from understudy.domain.errors import BadSettings

CropType = Literal["mid", "full", "whole", "head"]
Device = Literal["auto", "cpu", "cuda", "mps"]

SIZES_ARE_FOR_A_FACE_OF_PX = 256.0  # high: the pixel sizes of `ConvertConfig` grow and shrink with the face


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise BadSettings(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractConfig:
    """Finding and following faces."""

    detector_size_px: int = 640  # the longer side of what the detector sees
    detector_score: float = 0.7
    min_face_px: int = 24  # smaller faces are not looked for
    min_presence: float = 0.5  # landmark presence below which a find is doubted
    same_person_cosine: float = 0.36  # at and above this two embeddings count as one person
    max_gap_frames: int = 12  # longer holes in a track stay holes
    cut_threshold: float = 0.35  # share of the picture's structure that must change at once
    perturbations: int = (
        0  # further looks at each face through jittered regions, averaged: steadier landmarks
    )
    batch: int = 8
    device: Literal["cpu", "cuda", "mps"] = "cpu"  # where the mesh network runs; the others stay on the CPU
    threads: int = 2

    def __post_init__(self) -> None:
        _require(64 <= self.detector_size_px <= 4096, "extract.detector_size_px must be 64..4096")
        _require(0 < self.detector_score < 1, "extract.detector_score must be between 0 and 1")
        _require(self.batch >= 1, "extract.batch must be at least 1")
        _require(self.max_gap_frames >= 0, "extract.max_gap_frames must be 0 or more")
        _require(0 <= self.perturbations <= 16, "extract.perturbations must be 0..16")


@dataclass(frozen=True, kw_only=True, slots=True)
class CurateConfig:
    """Choosing the crops a model learns from."""

    max_crops: int = 2000
    min_crops: int = 8  # a person seen less often cannot be learnt
    min_sharpness: float = 0.25  # against the person's own median
    min_presence: float = 0.7
    near_duplicate_px: float = 0.8  # landmark motion in a 256 px crop below which it tells nothing new
    max_cut_off: float = 0.05  # share of the face hull outside the picture

    def __post_init__(self) -> None:
        _require(self.max_crops >= 1, "curate.max_crops must be at least 1")
        _require(self.min_crops >= 1, "curate.min_crops must be at least 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Training a swapper. `family` chooses the network; presets set the rest."""

    family: Literal["original", "quick"] = "original"
    size_px: int = 64
    crop_type: CropType = "full"
    batch: int = 16  # crops per side and iteration
    learning_rate: float = 5e-5
    learning_rate_decay: float = 1.0  # the share of it that is left at the end; 1 keeps it constant
    iterations: int = 100_000  # stop after this many ...
    minutes: float = 0.0  # ... or after this much training time; 0 is no limit
    seed: int = 1
    weight_ssim: float = 1.0
    weight_l1: float = 1.0
    weight_mask: float = 0.5  # 0 leaves the learned mask out of the network
    weight_alike: float = 0.0  # keeps the code from saying who is seen; the decoders know
    weight_eyes: float = 1.0  # added to a pixel's weight of 1 in the eyes ...
    weight_mouth: float = 1.0  # ... and in the mouth
    warp: float = 1.0  # strength of the random warp, 1 is the definition's
    colour_jitter: float = 1.0
    checkpoint_s: float = 60.0  # at most this much work is repeated after a crash
    preview_s: float = 20.0
    start_from: str = ""  # a checkpoint whose weights to begin with ("starter": the bundled one)
    device: Device = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where hardware has it
    threads: int = 0  # CPU threads; 0 is all

    def __post_init__(self) -> None:
        _require(
            32 <= self.size_px <= 512 and self.size_px % 16 == 0,
            "train.size_px must be 32..512, a multiple of 16",
        )
        _require(
            self.family != "original" or self.size_px == 64, "the original family needs train.size_px 64"
        )
        _require(self.batch >= 1, "train.batch must be at least 1")
        _require(self.iterations >= 1, "train.iterations must be at least 1")
        _require(self.minutes >= 0, "train.minutes must be 0 or more")
        _require(0 < self.learning_rate < 1, "train.learning_rate must be between 0 and 1")
        _require(0 < self.learning_rate_decay <= 1, "train.learning_rate_decay must be above 0 and at most 1")
        weights = (self.weight_ssim, self.weight_l1, self.weight_mask, self.weight_alike)
        _require(min(*weights, self.weight_eyes, self.weight_mouth) >= 0, "train: weights must be 0 or more")
        _require(self.checkpoint_s > 0, "train.checkpoint_s must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertConfig:
    """Putting the likeness into the plate. Pixel sizes are for a face 256 px high and scale with the face."""

    colour_match: Literal["mean-covariance", "mean", "none"] = "mean-covariance"
    light_match: float = 1.0  # how far broad shading follows the plate's; 0 keeps the donor's light
    colour_window_frames: int = 12  # statistics are smoothed over so many frames to either side
    matte: Literal["hull", "learned", "hull-and-learned"] = "hull"
    erode_px: float = 4.0
    feather_px: float = 10.0
    blend: Literal["pyramid", "alpha"] = "pyramid"
    strength: float = 1.0
    edge_erode_px: float = 0.0  # pixels of the plate: moves the edge against what is in front of the face
    edge_feather_px: float = 0.0  # pixels of the plate: how soft that edge becomes ...
    edge_feather: Literal["inward", "outward", "both"] = "both"  # ... and to which side of it
    despill: float = 1.0  # how far the performer's colour is taken out of soft edges against what is in front
    temporal: float = 1.0  # how strongly the drawn face is steadied over time
    temporal_window_frames: int = 2  # to either side
    grain: float = 1.0  # share of the plate's grain put onto the face
    sharpen: float = 0.5  # how far the face's sharpness follows the plate's
    motion_blur: float = 1.0  # how far the face is blurred as the plate is where the head moves fast
    batch: int = 16
    device: Device = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        for name in ("despill", "temporal", "grain", "sharpen", "motion_blur"):
            _require(0 <= getattr(self, name) <= 1, f"convert.{name} must be 0..1")
        _require(0 <= self.temporal_window_frames <= 16, "convert.temporal_window_frames must be 0..16")
        _require(-256 <= self.erode_px <= 256, "convert.erode_px must be -256..256")
        _require(0 <= self.feather_px <= 512, "convert.feather_px must be 0..512")
        _require(-200 <= self.edge_erode_px <= 200, "convert.edge_erode_px must be -200..200")
        _require(0 <= self.edge_feather_px <= 200, "convert.edge_feather_px must be 0..200")
        _require(0 <= self.strength <= 1, "convert.strength must be 0..1")
        _require(0 <= self.light_match <= 1, "convert.light_match must be 0..1")
        _require(self.batch >= 1, "convert.batch must be at least 1")
        _require(self.colour_window_frames >= 0, "convert.colour_window_frames must be 0 or more")


@dataclass(frozen=True, kw_only=True, slots=True)
class PropagateConfig:
    """Carrying mattes from frame to frame."""

    max_frames: int = 100  # from a key, either way
    drift_limit: float = 0.5  # drift score above which it stops and says so
    margin: float = 0.5  # how much of the face's side is looked at around it
    threads: int = 0

    def __post_init__(self) -> None:
        _require(self.max_frames >= 1, "propagate.max_frames must be at least 1")
        _require(0 < self.drift_limit <= 1, "propagate.drift_limit must be above 0 and at most 1")
        _require(0 <= self.margin <= 2, "propagate.margin must be 0..2")


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteNetConfig:
    """The small network that learns the mattes of one shot."""

    size_px: int = 160  # of the crop around the face
    minutes: float = 4.0  # 0: apply the net that training would start from, and train nothing
    iterations: int = 100_000  # training ends after so many or after `minutes`, whichever comes first
    learning_rate: float = 4e-3
    batch: int = 8
    seed: int = 1
    checkpoint_s: float = 30.0  # at most this much work is repeated after a crash
    preview_s: float = 20.0
    device: Device = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where hardware has it
    threads: int = 0

    def __post_init__(self) -> None:
        _require(
            32 <= self.size_px <= 512 and self.size_px % 32 == 0,
            "matte_net.size_px must be 32..512, a multiple of 32",
        )
        _require(self.minutes >= 0, "matte_net.minutes must be 0 or more")
        _require(self.iterations >= 0, "matte_net.iterations must be 0 or more")
        _require(self.batch >= 1, "matte_net.batch must be at least 1")
        _require(0 < self.learning_rate < 1, "matte_net.learning_rate must be between 0 and 1")
        _require(self.checkpoint_s > 0, "matte_net.checkpoint_s must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseMatteConfig:
    """Running a studio's own face parser."""

    crop_type: CropType = "full"  # how much of the head its input shows


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverConfig:
    """What leaves the house."""

    movies: tuple[Literal["h264", "prores422hq", "prores4444"], ...] = ("h264",)
    exr: bool = False
    exr_compression: Literal["zip", "zips", "piz", "dwaa", "none"] = "zip"
    contact_sheet: bool = True
    side_by_side: bool = False
    sound: bool = True
    width_px: int = 0  # resize movies to this width; 0 keeps the plate's
    x264_crf: int = 16
    x264_preset: str = "medium"

    def __post_init__(self) -> None:
        _require(self.width_px >= 0 and self.width_px % 2 == 0, "deliver.width_px must be 0 or an even width")
        _require(0 <= self.x264_crf <= 51, "deliver.x264_crf must be 0..51")


Settings = TypeVar("Settings")


def settings_from(cls: type[Settings], table: Mapping[str, object], *, where: str) -> Settings:
    """Build a settings object from plain data (TOML, JSON), refusing unknown names and wrong types.

    Raises: BadSettings, naming the key as `where.key`.
    """
    assert is_dataclass(cls)
    hints = get_type_hints(cls)
    known = {f.name for f in fields(cls)}
    if unknown := sorted(set(table) - known):
        raise BadSettings(f"unknown setting {where}.{unknown[0]}; known: {', '.join(sorted(known))}")
    return cls(**{name: _checked(value, hints[name], f"{where}.{name}") for name, value in table.items()})


def _checked(value: object, hint: Any, name: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        _require(value in args, f"{name} is {value!r}; it must be one of {', '.join(map(str, args))}")
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else _checked(value, next(a for a in args if a is not type(None)), name)
    if origin is tuple:
        _require(isinstance(value, list | tuple), f"{name} must be a list")
        return tuple(_checked(item, args[0], name) for item in value)  # type: ignore[attr-defined]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    wanted = getattr(hint, "__name__", hint)
    _require(type(value) is hint, f"{name} is {value!r}; it must be of type {wanted}")
    return value


PRESETS: dict[str, dict[str, object]] = {
    "original": {
        "family": "original",
        "size_px": 64,
        "batch": 16,
        "weight_mask": 0.0,
        "weight_eyes": 0.0,
        "weight_mouth": 0.0,
        "checkpoint_s": 300.0,
    },
    "quick": {
        "family": "quick",
        "size_px": 96,
        "batch": 16,
        "learning_rate": 1.5e-3,
        "learning_rate_decay": 0.1,
        "warp": 0.7,
        "weight_alike": 1.0,
        "colour_jitter": 0.3,
        "minutes": 4.0,
        "start_from": "starter",
    },
}
"""Named starting points for `TrainConfig`; a recipe's own keys override them."""
