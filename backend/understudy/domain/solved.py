"""Base layer and edits put together: what conversion, previews and exports work from.

One safetensors file holds it, columns as in `ShotFaces`, plans as JSON in the header.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum, StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from understudy.domain.edit import Curve, Mark, Mode
from understudy.domain.edit_points import Points
from understudy.domain.errors import BadInput
from understudy.domain.face import ShotFaces
from understudy.domain.files import atomic_write
from understudy.domain.outside_text import json_value
from understudy.domain.plain import from_plain, to_plain

DEFAULT_EXPRESSION = "face + keep - cut"


class FaceState(IntEnum):
    """Where a face's alignment comes from."""

    MACHINE = 0
    SMOOTHED = 1
    INTERPOLATED = 2  # between keys, easing out beyond them, or bridging a gap
    KEYED = 3


class MatteState(StrEnum):
    """Where a frame's matte comes from; the strongest of what takes part."""

    MACHINE = "machine"
    PROPAGATED = "propagated"  # a matte layer is used
    INTERPOLATED = "interpolated"  # a shape between its keys
    KEYED = "keyed"  # strokes, or a shape's key


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """A stroke as it counts on one frame; plate pixels."""

    mode: Mode
    points: Points
    radius_px: float
    softness: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """A shape as it stands on one frame; plate pixels."""

    name: str
    mode: Mode
    points: Points
    curve: Curve
    feather_px: float
    keyed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerUse:
    """A matte layer under its name in the expression."""

    name: str
    layer_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FramePlan:
    """What artists want of one frame beside its alignments. The default plan is "as the machine does".

    Shapes come first, in the order they were made, then strokes in the order of painting.
    """

    expression: str = DEFAULT_EXPRESSION
    shapes: tuple[Shape, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    layers: tuple[LayerUse, ...] = ()
    settings: dict[str, float | str] = field(default_factory=dict)
    strength: float = 1.0
    hold: bool = False
    matte: MatteState = MatteState.MACHINE

    @property
    def keyed(self) -> bool:
        """Whether an artist made this very frame's matte: propagation starts from such frames."""
        return self.matte is MatteState.KEYED


DEFAULT_PLAN = FramePlan()


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameMark:
    """What an artist said about a frame."""

    mark: Mark
    note: str
    author: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """An edit that found nothing to apply to, with the reason; it is kept and tried again at every solve."""

    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SolvedShot:
    """A shot's alignments and matte plans after all edits.

    faces: landmarks after keys and smoothing. square_N4 (float64): per face the mean face's square: centre
    x, centre y, side, angle in degrees clockwise; crops are cut around it. It is unsqueezed: x counts
    `pixel_aspect` times, that of the plate, as everywhere else it does not. state_N: `FaceState` values,
    int8. plans: only frames whose plan is not the default. bindings: track -> person id.
    """

    faces: ShotFaces
    square_N4: npt.NDArray[np.float64]
    state_N: npt.NDArray[np.int8]
    plans: dict[int, FramePlan] = field(default_factory=dict)
    bindings: dict[int, str] = field(default_factory=dict)
    marks: dict[int, FrameMark] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()
    revision: int = 0
    pixel_aspect: float = 1.0

    @property
    def replaced_tracks(self) -> tuple[int, ...]:
        """The tracks that are worked on: those bound to somebody, else the longest one."""
        present = self.faces.tracks
        return tuple(sorted(track for track in self.bindings if track in present)) or present[:1]

    def plan(self, frame: int) -> FramePlan:
        return self.plans.get(frame, DEFAULT_PLAN)

    def select(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> SolvedShot:
        """The same with only some faces."""
        return replace(
            self,
            faces=self.faces.select(rows),
            square_N4=self.square_N4[rows],
            state_N=self.state_N[rows],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plans:
    plans: dict[int, FramePlan]
    bindings: dict[int, str]
    marks: dict[int, FrameMark]
    orphans: tuple[Orphan, ...]
    revision: int
    cuts: tuple[int, ...]
    pixel_aspect: float = 1.0  # older files say nothing


def save_solved(solved: SolvedShot, target: Path, *, header: dict[str, str] | None = None) -> None:
    """Write it as one safetensors file, atomically; `header` values ride along as text."""
    faces = solved.faces
    arrays = {f.name: np.ascontiguousarray(getattr(faces, f.name)) for f in fields(faces) if f.name != "cuts"}
    arrays |= {
        "square": np.ascontiguousarray(solved.square_N4),
        "state": np.ascontiguousarray(solved.state_N),
    }
    plans = _Plans(
        plans=solved.plans,
        bindings=solved.bindings,
        marks=solved.marks,
        orphans=solved.orphans,
        revision=solved.revision,
        cuts=faces.cuts,
        pixel_aspect=solved.pixel_aspect,
    )
    text = json.dumps(to_plain(plans), sort_keys=True)
    with atomic_write(target) as temporary:
        save_file(arrays, temporary, metadata={**(header or {}), "plans": text})


def load_solved(source: Path) -> SolvedShot:
    """Read what `save_solved` wrote. Raises: BadInput."""
    names = {f.name for f in fields(ShotFaces) if f.name != "cuts"} | {"square", "state"}
    try:
        with safe_open(source, framework="numpy") as file:
            if missing := names - set(file.keys()):
                raise BadInput(f"{source} holds no solved shot: it lacks {', '.join(sorted(missing))}")
            columns = {name: file.get_tensor(name) for name in names}
            told = from_plain(_Plans, json_value((file.metadata() or {})["plans"]))
    except (SafetensorError, OSError, KeyError, ValueError) as cause:
        raise BadInput(f"cannot read the solved shot {source}: {cause}; make the job again") from cause
    square, state = columns.pop("square"), columns.pop("state")
    return SolvedShot(
        faces=ShotFaces(**columns, cuts=told.cuts),
        square_N4=square,
        state_N=state,
        plans=told.plans,
        bindings=told.bindings,
        marks=told.marks,
        orphans=told.orphans,
        revision=told.revision,
        pixel_aspect=told.pixel_aspect,
    )
