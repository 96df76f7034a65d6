"""How every frame of a take fares: one column per measure, and the trouble score that ranks the frames.

One safetensors file holds it; clients read it with numpy alone. `docs/measures.md` defines the measures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from understudy.domain.edit import Mark
from understudy.domain.errors import BadInput
from understudy.domain.files import atomic_write
from understudy.domain.outside_text import json_value

Float = npt.NDArray[np.float64]

APART_FRAMES = 5
REASONS_KEPT = 2
FACE_MISSING, FACE_LOST, HELD, NO_FACE = "face missing", "face lost", "plate held", "no face"
MARKS: tuple[Mark, ...] = tuple(Mark)


class Treated(IntEnum):
    """What the take did with a frame."""

    REPLACED = 0
    BRIDGED = 1  # replaced, where extraction found no face and bridged the gap
    HELD = 2  # the plate stays, as the artist wants it
    NO_FACE = 3  # nobody to replace
    MISSING = 4  # a face is known here and was not replaced
    LOST = 5  # no face was found here, but shortly before and after


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One measure.

    worse: "+" when more is worse, "-" less, "*" both ways (a ratio that should be 1; told in octaves).
    worry: how far from `good` a value stands for half a trouble of its own, whatever the rest of the shot is
    like. notice: the least departure from the shot's own median that does the same. None: it takes no part
    in the score that way.
    """

    name: str
    unit: str
    worse: Literal["+", "-", "*"]
    good: float
    worry: float | None
    notice: float | None
    label: str


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="landmark_jitter", unit="px at face height 256", worse="+", good=0.0, worry=10.0, notice=2.0,
        label="landmarks jump",
    ),
    Measure(
        name="machine_jitter", unit="px at face height 256", worse="+", good=0.0, worry=None, notice=None,
        label="the machine's landmarks jump",
    ),
    Measure(
        name="tracking_confidence", unit="0..1", worse="-", good=1.0, worry=0.8, notice=None,
        label="tracking unsure",
    ),
    Measure(
        name="result_presence", unit="0..1", worse="-", good=1.0, worry=0.5, notice=0.3,
        label="no face in the result",
    ),
    Measure(
        name="identity_donor", unit="cosine", worse="-", good=1.0, worry=None, notice=0.15,
        label="less like the donor",
    ),
    Measure(
        name="identity_performer", unit="cosine", worse="+", good=0.0, worry=None, notice=0.15,
        label="more like the performer",
    ),
    Measure(
        name="expression", unit="0..1", worse="+", good=0.0, worry=0.35, notice=0.1,
        label="expression differs",
    ),
    Measure(
        name="features_off", unit="% of the eyes' distance", worse="+", good=0.0, worry=12.0, notice=4.0,
        label="features misplaced",
    ),
    Measure(
        name="mouth_change", unit="code values", worse="+", good=0.0, worry=40.0, notice=20.0,
        label="mouth unstable",
    ),
    Measure(
        name="teeth_change", unit="share of the lips' area", worse="+", good=0.0, worry=0.2, notice=0.08,
        label="teeth come and go",
    ),
    Measure(
        name="sharpness", unit="x plate", worse="*", good=1.0, worry=2.0, notice=0.4,
        label="sharpness",
    ),
    Measure(
        name="sharpness_jump", unit="octaves", worse="+", good=0.0, worry=0.7, notice=0.35,
        label="sharpness jumps",
    ),
    Measure(
        name="warping_error", unit="x plate", worse="+", good=1.0, worry=1.5, notice=0.5,
        label="unsteady texture",
    ),
    Measure(
        name="luma_flicker", unit="code values", worse="+", good=0.0, worry=4.0, notice=1.5,
        label="brightness flickers",
    ),
    Measure(
        name="chroma_flicker", unit="code values", worse="+", good=0.0, worry=3.0, notice=1.5,
        label="colour flickers",
    ),
    Measure(
        name="seam", unit="code values per px", worse="+", good=0.0, worry=12.0, notice=3.0,
        label="seam shows",
    ),
    Measure(
        name="matte_instability", unit="px at face height 256", worse="+", good=0.0, worry=6.0, notice=2.0,
        label="matte unstable",
    ),
)  # fmt: skip
"""Every measure, in the order of the table. Why a scale is what it is: docs/measures.md."""

MEASURE_NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
REASONS: tuple[str, ...] = (*MEASURE_NAMES, FACE_MISSING, FACE_LOST, HELD, NO_FACE)
_LABELS = {measure.name: measure.label for measure in MEASURES}


def reason_label(reason: str) -> str:
    """A reason in words for people."""
    return _LABELS.get(reason, reason)


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameMeasures:
    """All measures of a take's frames, in the frames' order.

    frame (N,) int32; values: per measure (N,) float64, NaN where it cannot be known; trouble (N,) 0..1;
    reason_N2 int8: places in `REASONS`, the strongest first, -1 for none; treated, mark (N,) int8: `Treated`
    values and places in `MARKS`. cuts: frames at which a new camera take begins.
    facts: what else a reader should know, as text.
    """

    frame: npt.NDArray[np.int32]
    values: Mapping[str, Float]
    trouble: Float
    reason_N2: npt.NDArray[np.int8]
    treated: npt.NDArray[np.int8]
    mark: npt.NDArray[np.int8]
    cuts: tuple[int, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.frame)
        if set(self.values) != set(MEASURE_NAMES):
            raise BadInput("measures: the columns are not those this version knows; measure the take again")
        columns: dict[str, npt.NDArray[np.generic]] = {
            **self.values,
            "trouble": self.trouble,
            "treated": self.treated,
            "mark": self.mark,
        }
        for name, column in columns.items():
            if column.shape != (count,):
                raise BadInput(f"measures: {name} has shape {column.shape}, expected {(count,)}")
        if self.reason_N2.shape != (count, REASONS_KEPT):
            raise BadInput(f"measures: reasons have shape {self.reason_N2.shape}, expected {(count, 2)}")

    def __len__(self) -> int:
        return len(self.frame)

    def reasons(self, row: int) -> tuple[str, ...]:
        """Why a frame is in trouble: names of measures, or why it was not measured; the strongest first."""
        return tuple(REASONS[place] for place in self.reason_N2[row] if place >= 0)

    def ranking(self) -> tuple[int, ...]:
        """Rows of the frames that were to be replaced, the most troubled first, equals in frame order."""
        rows = np.flatnonzero((self.treated != Treated.HELD) & (self.treated != Treated.NO_FACE))
        return tuple(int(row) for row in rows[np.argsort(-self.trouble[rows], kind="stable")])

    def worst(self, count: int, *, apart: int = APART_FRAMES) -> tuple[int, ...]:
        """Frame numbers of the `count` most troubled frames, no two of them `apart` frames or less from each
        other unless a cut lies between, so that one problem does not fill the list."""
        chosen: list[int] = []
        for row in self.ranking():
            if len(chosen) == count:
                break
            frame = int(self.frame[row])
            if all(abs(frame - other) > apart or self._cut_between(frame, other) for other in chosen):
                chosen.append(frame)
        return tuple(chosen)

    def _cut_between(self, one: int, other: int) -> bool:
        return any(min(one, other) < cut <= max(one, other) for cut in self.cuts)


def save_measures(measures: FrameMeasures, target: Path, *, header: dict[str, str] | None = None) -> None:
    """Write one safetensors file, atomically; `header` values ride along as text."""
    arrays = {f"value.{name}": np.ascontiguousarray(column) for name, column in measures.values.items()}
    arrays |= {name: np.ascontiguousarray(getattr(measures, name)) for name in _ARRAYS}
    told = {"reasons": REASONS, "cuts": measures.cuts, "facts": dict(measures.facts)}
    with atomic_write(target) as temporary:
        save_file(
            arrays, temporary, metadata={**(header or {}), "measures": json.dumps(told, sort_keys=True)}
        )


def load_measures(source: Path) -> FrameMeasures:
    """Read what `save_measures` wrote. Raises: BadInput."""
    try:
        with safe_open(source, framework="numpy") as file:
            arrays = {str(name): file.get_tensor(name) for name in list(file.keys())}
            told = json_value((file.metadata() or {})["measures"])
        columns = {name: arrays[name] for name in _ARRAYS}
    except (SafetensorError, OSError, KeyError, ValueError) as cause:
        raise BadInput(f"cannot read the measures {source}: {cause}; measure the take again") from cause
    if tuple(told["reasons"]) != REASONS:
        raise BadInput(f"{source} was written by another version; measure the take again")
    values = {name.removeprefix("value."): column for name, column in arrays.items() if name not in _ARRAYS}
    return FrameMeasures(**columns, values=values, cuts=tuple(told["cuts"]), facts=told["facts"])


_ARRAYS = ("frame", "trouble", "reason_N2", "treated", "mark")
