"""Every setting there is, with its default and its limits. A settings file is TOML with these names.

Stages take these objects as arguments; nothing reads a setting from anywhere else.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from understudy.declared import check_declared, setting
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

    detector_size_px: int = setting(640, "Longer side of what the detector sees.", least=64, most=4096)
    detector_score: float = setting(0.7, "Finds below this score are dropped.", above=0, below=1)
    min_face_px: int = setting(24, "Smaller faces are not looked for.")
    min_presence: float = setting(0.5, "Landmark presence below which a find is doubted.")
    same_person_cosine: float = setting(0.36, "From this on two embeddings count as one person.")
    max_gap_frames: int = setting(12, "Longer holes in a track stay holes.", least=0)
    cut_threshold: float = setting(
        0.35, "Share of the picture's structure that must change at once for a cut."
    )
    perturbations: int = setting(
        0,
        "Further looks at each face through jittered regions, averaged: steadier landmarks.",
        least=0,
        most=16,
    )
    batch: int = setting(8, "Faces that are looked at together.", least=1)
    engine: Literal["mesh", "face-alignment"] = setting(
        "mesh", "Who places the landmarks: the bundled mesh, or face-alignment's FAN with a studio's weights."
    )
    device: Literal["cpu", "cuda", "mps"] = setting(
        "cpu", "Where the landmark network runs; the others stay on the CPU."
    )
    threads: int = setting(2, "CPU threads.")

    def __post_init__(self) -> None:
        check_declared(self, "extract")


@dataclass(frozen=True, kw_only=True, slots=True)
class CurateConfig:
    """Choosing the crops a model learns from."""

    max_crops: int = setting(2000, "At most so many crops of a person.", least=1)
    min_crops: int = setting(8, "A person seen less often cannot be learnt.", least=1)
    min_sharpness: float = setting(0.25, "Least sharpness, against the person's own median.")
    min_presence: float = setting(0.7, "Least landmark presence.")
    near_duplicate_px: float = setting(
        0.8, "Landmark motion in a 256 px crop below which a face tells nothing new."
    )
    max_cut_off: float = setting(0.05, "Most of the face that may lie outside the picture, as a share.")
    encoding: Literal["auto", "srgb", "acescct"] = setting(
        "auto", "What code values the network sees; auto takes acescct as soon as a plate is scene-referred."
    )

    def __post_init__(self) -> None:
        check_declared(self, "curate")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Training a swapper. `family` chooses the network; presets set the rest."""

    family: Literal["original", "quick"] = setting("original", "The network.")
    size_px: int = setting(64, "Side of the network's picture.", least=32, most=512, multiple=16)
    crop_type: CropType = setting("full", "How much of the head the network sees.")
    batch: int = setting(16, "Crops per side and iteration.", least=1)
    learning_rate: float = setting(5e-5, "Size of a step.", above=0, below=1)
    learning_rate_decay: float = setting(
        1.0, "The share of the learning rate that is left at the end; 1 keeps it constant.", above=0, most=1
    )
    iterations: int = setting(100_000, "Stop after so many iterations.", least=1)
    minutes: float = setting(0.0, "Stop after so much training time; 0 is no limit.", least=0)
    seed: int = setting(1, "Where chance begins.")
    weight_ssim: float = setting(1.0, "Weight of the structure loss.", least=0)
    weight_l1: float = setting(1.0, "Weight of the colour loss.", least=0)
    weight_mask: float = setting(
        0.5, "Weight of the mask loss; 0 leaves the learned mask out of the network.", least=0
    )
    weight_alike: float = setting(0.0, "Keeps the code from saying who is seen; the decoders know.", least=0)
    weight_eyes: float = setting(1.0, "Added to a pixel's weight of 1 in the eyes.", least=0)
    weight_mouth: float = setting(1.0, "Added to a pixel's weight of 1 in the mouth.", least=0)
    warp: float = setting(1.0, "Strength of the random warp; 1 is the definition's.")
    colour_jitter: float = setting(1.0, "Strength of the random change of colours.")
    checkpoint_s: float = setting(60.0, "At most this much work is repeated after a crash.", above=0)
    preview_s: float = setting(20.0, "Time between previews.")
    start_from: str = setting("", 'A model whose weights to begin with ("starter": the bundled one).')
    device: Device = setting("auto", "Where it trains.")
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Of its numbers; auto takes bfloat16 where hardware has it."
    )
    threads: int = setting(0, "CPU threads; 0 is all.")

    def __post_init__(self) -> None:
        check_declared(self, "train")
        _require(
            self.family != "original" or self.size_px == 64, "the original family needs train.size_px 64"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertConfig:
    """Putting the likeness into the plate. Pixel sizes are for a face 256 px high and scale with the face."""

    colour_match: Literal["mean-covariance", "mean", "none"] = setting(
        "mean-covariance", "How the face's colours are matched to the plate's."
    )
    light_match: float = setting(
        1.0, "How far broad shading follows the plate's; 0 keeps the donor's light.", least=0, most=1
    )
    colour_window_frames: int = setting(
        12, "Colour statistics are smoothed over so many frames to either side.", least=0
    )
    matte: Literal["hull", "learned", "hull-and-learned"] = setting("hull", "What the face's outline is.")
    erode_px: float = setting(4.0, "Draws the outline in; below 0 grows it.", least=-256, most=256)
    feather_px: float = setting(10.0, "How soft the outline is.", least=0, most=512)
    blend: Literal["pyramid", "alpha"] = setting("pyramid", "How the face is laid into the plate.")
    strength: float = setting(1.0, "How much of the replaced face is shown.", least=0, most=1)
    edge_erode_px: float = setting(
        0.0,
        "Moves the edge against what is in front of the face, in pixels of the plate.",
        least=-200,
        most=200,
    )
    edge_feather_px: float = setting(0.0, "How soft that edge is, in pixels of the plate.", least=0, most=200)
    edge_feather: Literal["inward", "outward", "both"] = setting(
        "both", "To which side of that edge it is soft."
    )
    despill: float = setting(
        1.0,
        "How far the performer's colour is taken out of soft edges against what is in front.",
        least=0,
        most=1,
    )
    temporal: float = setting(1.0, "How strongly the drawn face is steadied over time.", least=0, most=1)
    temporal_window_frames: int = setting(
        2, "It is steadied by so many frames to either side.", least=0, most=16
    )
    grain: float = setting(1.0, "Share of the plate's grain put onto the face.", least=0, most=1)
    sharpen: float = setting(0.5, "How far the face's sharpness follows the plate's.", least=0, most=1)
    motion_blur: float = setting(
        1.0, "How far the face is blurred as the plate is where the head moves fast.", least=0, most=1
    )
    batch: int = setting(16, "Faces that are drawn together.", least=1)
    device: Device = setting("auto", "Where the faces are drawn.")
    threads: int = setting(0, "CPU threads; 0 is all.")

    def __post_init__(self) -> None:
        check_declared(self, "convert")


@dataclass(frozen=True, kw_only=True, slots=True)
class PropagateConfig:
    """Carrying mattes from frame to frame."""

    max_frames: int = setting(100, "How far it goes from a key, either way.", least=1)
    drift_limit: float = setting(0.5, "Drift score above which it stops and says so.", above=0, most=1)
    margin: float = setting(0.5, "How much of the face's side is looked at around it.", least=0, most=2)
    threads: int = setting(0, "CPU threads; 0 is all.")

    def __post_init__(self) -> None:
        check_declared(self, "propagate")


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteNetConfig:
    """The small network that learns the mattes of one shot."""

    size_px: int = setting(160, "Side of the crop around the face.", least=32, most=512, multiple=32)
    minutes: float = setting(
        4.0, "How long it trains; 0 applies the net that it would start from, and trains nothing.", least=0
    )
    iterations: int = setting(
        100_000,
        "Training ends after so many iterations or after its minutes, whichever comes first.",
        least=0,
    )
    learning_rate: float = setting(4e-3, "Size of a step.", above=0, below=1)
    batch: int = setting(8, "Crops per iteration.", least=1)
    seed: int = setting(1, "Where chance begins.")
    checkpoint_s: float = setting(30.0, "At most this much work is repeated after a crash.", above=0)
    preview_s: float = setting(20.0, "Time between previews.")
    device: Device = setting("auto", "Where it trains.")
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Of its numbers; auto takes bfloat16 where hardware has it."
    )
    threads: int = setting(0, "CPU threads; 0 is all.")

    def __post_init__(self) -> None:
        check_declared(self, "matte_net")


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseMatteConfig:
    """Running a studio's own face parser."""

    crop_type: CropType = setting("full", "How much of the head its input shows.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverConfig:
    """What leaves the house."""

    movies: tuple[Literal["h264", "h265", "prores422hq", "prores4444", "dnxhr_hqx", "dnxhr_444"], ...] = (
        setting(("h264",), "Which movies.")
    )
    frames: bool = setting(
        False,
        "The finished pictures as a sequence of the plate's own kind; of a movie, as linear half EXR.",
    )
    exr: bool = setting(False, "Layered half-float EXR frames for the compositor.")
    exr_compression: Literal["plate", "zip", "zips", "piz", "dwaa", "none"] = setting(
        "plate", "Of all EXR files; plate is what the plate's own have, or zip. Only dwaa loses anything."
    )
    contact_sheet: bool = setting(True, "A sheet of frames with the donor beside them.")
    side_by_side: bool = setting(False, "A movie with the plate beside the result.")
    sound: bool = setting(True, "The plate's sound in the movies.")
    width_px: int = setting(0, "Resize movies to this width; 0 keeps the plate's.", least=0, multiple=2)
    x264_crf: int = setting(16, "Quality of the H.264 and H.265 movies; lower is better.", least=0, most=51)
    x264_preset: str = setting("medium", "How much work x264 and x265 put into theirs.")

    def __post_init__(self) -> None:
        check_declared(self, "deliver")


Settings = TypeVar("Settings")


def settings_from(cls: type[Settings], table: Mapping[str, object], *, where: str) -> Settings:
    """Build a settings object from plain data (TOML, JSON), refusing unknown names and wrong types.

    Raises: BadSettings, naming the key as `where.key`.
    """
    assert is_dataclass(cls)
    hints = _hints(cls)
    known = {f.name for f in fields(cls)}
    if unknown := sorted(set(table) - known):
        raise BadSettings(f"unknown setting {where}.{unknown[0]}; known: {', '.join(sorted(known))}")
    return cls(**{name: _checked(value, hints[name], f"{where}.{name}") for name, value in table.items()})


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


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
        _require(abs(value) < 2**1023, f"{name} is far too large")
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
