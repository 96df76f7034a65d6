"""What a client asks for, one record per kind of job. Settings are plain tables, checked by `config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from typing import ClassVar, get_args

from understudy.domain.errors import BadSettings
from understudy.domain.job import JobKind

Table = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestSpec:
    """Bring a clip into the production as a shot. In and out are zero-based indices, both included.

    path: a movie, or a sequence as `fileseq` writes it ("plate.####.exr") or by one of its files. What the
    clip does not say, or says wrongly, may be given: its colour space by OpenColorIO's name, its pixel
    aspect, its rate. A rate given for a clip of variable rate conforms it to that rate. `first_frame` None is
    the first file's number for a sequence and 1001 for a movie.
    """

    kind: ClassVar[JobKind] = JobKind.INGEST
    path: str
    name: str
    person_id: str
    role: str = "plate"  # "plate" is to be converted, "learn" teaches a face
    first_frame: int | None = None
    in_index: int | None = None
    out_index: int | None = None
    colour_space: str = ""
    pixel_aspect: Fraction | None = None
    rate: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractSpec:
    """Find and follow the faces of a shot; with `landmarks`, take the landmarks of that JSON file instead of
    the machine's."""

    kind: ClassVar[JobKind] = JobKind.EXTRACT
    shot_id: str
    landmarks: str = ""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class PropagateSpec:
    """Carry the mattes of keyed frames to the frames around them, by optical flow.

    `keys` are the frames to start from (empty: every keyed frame), `frames` how far to go (empty: to the next
    key, the cut, or where it is no longer trusted). `source` is what is carried: "cut", "keep" or "matte".
    The result is a matte layer called `name`, used at once in the frames it made unless `apply` is False.
    """

    kind: ClassVar[JobKind] = JobKind.PROPAGATE
    shot_id: str
    keys: str = ""
    frames: str = ""
    source: str = "cut"
    name: str = "propagated"
    author: str = ""
    apply: bool = True
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteNetSpec:
    """Train a small network on keyed frames and let it propose mattes for `frames` (empty: the whole shot).

    `labels`: frames whose solved matte is the truth (empty: every keyed frame). `also` are other shots of the
    same set-up whose keyed frames are learnt from too. `start_from` is the id of an earlier net's layer:
    training goes on from it.
    """

    kind: ClassVar[JobKind] = JobKind.MATTE_NET
    shot_id: str
    labels: str = ""
    frames: str = ""
    also: tuple[str, ...] = ()
    start_from: str = ""
    name: str = "net"
    author: str = ""
    apply: bool = True
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportMatteSpec:
    """Bring in a sequence of pictures, numbered like the plate, as a matte layer.

    `path` is any way `fileseq` writes a sequence (`hand.####.exr`, `hand.1001-1100#.png`). `channel` is the
    name of an EXR channel, or r, g, b, a, luma.
    """

    kind: ClassVar[JobKind] = JobKind.IMPORT_MATTE
    shot_id: str
    path: str
    channel: str = ""
    invert: bool = False
    operator: str = "&"
    name: str = "imported"
    author: str = ""
    apply: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseMatteSpec:
    """Make a matte layer with a studio's own face parser, an ONNX file.

    Its input is one crop (1,3,S,S), its output (1,C,S,S); the `classes` are added up.
    """

    kind: ClassVar[JobKind] = JobKind.PARSE_MATTE
    shot_id: str
    path: str
    classes: tuple[int, ...] = (0,)
    frames: str = ""
    operator: str = "&"
    name: str = "parsed"
    author: str = ""
    apply: bool = True
    settings: Table = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSpec:
    """Write solved mattes ("mattes": exr or png) or alignments ("alignments": json or nk) into `folder`."""

    kind: ClassVar[JobKind] = JobKind.EXPORT
    shot_id: str
    what: str = "mattes"
    format: str = "exr"
    frames: str = ""
    folder: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureSpec:
    """Measure every frame of a take and rank them by trouble; `worst` frames go on the contact sheet."""

    kind: ClassVar[JobKind] = JobKind.MEASURE
    take_id: str
    frames: str = ""
    worst: int = 10


JobSpec = (
    IngestSpec
    | ExtractSpec
    | TrainSpec
    | ConvertSpec
    | DeliverSpec
    | EvaluateSpec
    | PropagateSpec
    | MatteNetSpec
    | ImportMatteSpec
    | ParseMatteSpec
    | ExportSpec
    | MeasureSpec
)

SPECS: dict[JobKind, type[JobSpec]] = {spec.kind: spec for spec in get_args(JobSpec)}


def spec_to_table(spec: JobSpec) -> Table:
    """A spec as plain data for JSON."""
    return {key: str(value) if isinstance(value, Fraction) else value for key, value in asdict(spec).items()}


_FRACTIONS = ("pixel_aspect", "rate")  # written "24000/1001" in tables


def spec_from_table(kind: JobKind, table: Mapping[str, object]) -> JobSpec:
    """The inverse of `spec_to_table`. Raises: BadSettings for unknown or missing names."""
    cls = SPECS[kind]
    if unknown := sorted(set(table) - {f.name for f in fields(cls)}):
        raise BadSettings(f"unknown key {unknown[0]!r} in the {kind} request")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        exact = {key: Fraction(str(values[key])) for key in _FRACTIONS if values.get(key) is not None}
        return cls(**{**values, **exact})  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError) as cause:
        raise BadSettings(f"the {kind} request is incomplete: {cause}") from cause
