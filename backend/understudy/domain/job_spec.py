"""What a client asks for, one record per kind of job. Settings are plain tables, checked by `config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar

from understudy.domain.errors import BadSettings
from understudy.domain.job import JobKind
from understudy.domain.time import FIRST_FRAME

Table = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestSpec:
    """Bring a clip into the production as a shot. In and out are zero-based indices, both included."""

    kind: ClassVar[JobKind] = JobKind.INGEST
    path: str
    name: str
    person_id: str
    role: str = "plate"  # "plate" is to be converted, "learn" teaches a face
    first_frame: int = FIRST_FRAME
    in_index: int | None = None
    out_index: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractSpec:
    """Find and follow the faces of a shot."""

    kind: ClassVar[JobKind] = JobKind.EXTRACT
    shot_id: str
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSpec:
    """Train a swapper for `people` (performer first) from the faces in `shot_ids`."""

    kind: ClassVar[JobKind] = JobKind.TRAIN
    name: str
    people: tuple[str, ...]
    shot_ids: tuple[str, ...]
    preset: str = "original"
    settings: Table = field(default_factory=dict)
    curate: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertSpec:
    """Render a take of a shot. `bindings` says whose likeness goes onto which track ("0" -> person id);
    without it the longest track is bound to the model's second person."""

    kind: ClassVar[JobKind] = JobKind.CONVERT
    shot_id: str
    model_id: str
    frames: str = ""
    take_id: str = ""  # render into this take again; empty begins a new version
    bindings: dict[str, str] = field(default_factory=dict)
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverSpec:
    """Make the files of a take that leave the house. `folder` empty puts them below the production."""

    kind: ClassVar[JobKind] = JobKind.DELIVER
    take_id: str
    frames: str = ""
    folder: str = ""
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateSpec:
    """Measure a take; `truth` holds the paths of the true replacement, matte and truth record, if any."""

    kind: ClassVar[JobKind] = JobKind.EVALUATE
    take_id: str
    truth: Table = field(default_factory=dict)


JobSpec = IngestSpec | ExtractSpec | TrainSpec | ConvertSpec | DeliverSpec | EvaluateSpec

SPECS: dict[JobKind, type[JobSpec]] = {
    spec.kind: spec for spec in (IngestSpec, ExtractSpec, TrainSpec, ConvertSpec, DeliverSpec, EvaluateSpec)
}


def spec_to_table(spec: JobSpec) -> Table:
    """A spec as plain data for JSON."""
    return asdict(spec)


def spec_from_table(kind: JobKind, table: Mapping[str, object]) -> JobSpec:
    """The inverse of `spec_to_table`. Raises: BadSettings for unknown or missing names."""
    cls = SPECS[kind]
    if unknown := sorted(set(table) - {f.name for f in fields(cls)}):
        raise BadSettings(f"unknown key {unknown[0]!r} in the {kind} request")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        return cls(**values)  # type: ignore[arg-type]
    except TypeError as cause:
        raise BadSettings(f"the {kind} request is incomplete: {cause}") from cause
