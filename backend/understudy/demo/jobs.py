"""The render job: what the Blender script is asked to make, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .head import Hair, Person, Skin
from .performance import Pose


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera looking along -z: `eye_dm` its place, `width_dm` of the picture at the focus, size in pixels.

    border: the part of the picture that is rendered (left, right, bottom, top as shares); the rest is ground.
    """

    eye_dm: tuple[float, float, float] = (0.0, 6.98, 18.0)
    focus_z_dm: float = 1.1
    width_dm: float = 6.7
    width_px: int = 640
    height_px: int = 360
    f_stop: float = 4.0
    border: tuple[float, float, float, float] = (0.08, 0.92, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Light:
    """Direction the key comes from, its colour and strength, and those of the fill (linear RGB)."""

    key_from_dm: tuple[float, float, float]
    key_colour: tuple[float, float, float]
    key_strength: float
    key_size_dm: float
    fill_colour: tuple[float, float, float]
    fill_strength: float


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Wall colours and the light of a set."""

    wall: tuple[float, float, float]
    wall_second: tuple[float, float, float]
    light: Light


@dataclass(frozen=True, kw_only=True)
class FrameJob:
    """One frame: where it goes, the pose, the hand's place if any, a light of its own if any."""

    picture: Path
    pose: Pose
    hand: tuple[float, float, float, float] | None = None
    light: Light | None = None


@dataclass(frozen=True, kw_only=True)
class RenderJob:
    """Everything the Blender script needs; `ground` is where the picture of the empty set goes."""

    head_data: Path
    person: Person
    donor: Person | None
    camera: Camera
    setup: Setup
    samples: int
    ground: Path | None
    frames: tuple[FrameJob, ...]


def dump_job(job: RenderJob) -> dict[str, Any]:
    """The job as plain JSON values."""
    return dict(_plain(asdict(job)))


def load_job(values: Mapping[str, Any]) -> RenderJob:
    """Read back what `dump_job` gave."""
    return RenderJob(
        head_data=Path(values["head_data"]),
        person=_person(values["person"]),
        donor=_person(values["donor"]) if values["donor"] else None,
        camera=Camera(**_tuples(values["camera"])),
        setup=Setup(
            wall=tuple(values["setup"]["wall"]),
            wall_second=tuple(values["setup"]["wall_second"]),
            light=_light(values["setup"]["light"]),
        ),
        samples=values["samples"],
        ground=Path(values["ground"]) if values["ground"] else None,
        frames=tuple(_frame(f) for f in values["frames"]),
    )


def _frame(values: Mapping[str, Any]) -> FrameJob:
    hand = values["hand"]
    return FrameJob(
        picture=Path(values["picture"]),
        pose=Pose(**values["pose"]),
        hand=(hand[0], hand[1], hand[2], hand[3]) if hand else None,
        light=_light(values["light"]) if values["light"] else None,
    )


def _light(values: Mapping[str, Any]) -> Light:
    return Light(**_tuples(values))


def _person(values: Mapping[str, Any]) -> Person:
    parts = dict(values)
    parts["skin"] = Skin(**_tuples(values["skin"]))
    parts["hair"] = Hair(**_tuples(values["hair"]))
    return Person(**_tuples(parts))


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
