"""What one job does, with everything resolved: absolute paths, hashes, checked settings.

A client's request (`domain.job_spec`) names shots, models and takes; the server turns it into one of
these records and puts it into the job's bundle. `pipeline.py` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from understudy.config import (
    ConvertConfig,
    CropType,
    CurateConfig,
    DeliverConfig,
    ExtractConfig,
    MatteNetConfig,
    PropagateConfig,
    TrainConfig,
)
from understudy.domain.job import JobKind
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestWork:
    """Examine a clip; the result is its `Plate`. Fields as in `IngestSpec`."""

    path: str
    first_frame: int | None
    in_index: int | None
    out_index: int | None
    colour_space: str = ""
    pixel_aspect: Fraction | None = None
    rate: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractWork:
    """Find the faces of a plate and write them to `output`, tracks numbered as in the file `earlier`.

    landmarks: a file to take the faces from instead, with the numbers that it gives them.
    """

    shot_id: str
    person_id: str
    plate: Plate
    config: ExtractConfig
    output: str
    earlier: str = ""
    landmarks: str = ""
    landmarks_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnShot:
    """Extracted footage that shows one person.

    `dropped`: frames of the faces that artists keep out of learning, by the track that extraction gave them.
    """

    person_id: str
    plate: Plate
    faces: str
    faces_sha256: str
    dropped: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainWork:
    """Curate a faceset per person (kept below `facesets`) and train a model in `folder`."""

    name: str
    model_id: str
    people: tuple[str, ...]
    shots: tuple[LearnShot, ...]
    config: TrainConfig
    curate: CurateConfig
    facesets: str
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SolvedPlate:
    """A plate with its solved shot (`domain.solved`), and the folder of every matte layer that it may use.

    `marked`: a layer that it uses carries the evaluation mark.
    """

    shot_id: str
    shot_name: str
    people: tuple[str, ...]
    plate: Plate
    solved: str
    solved_sha256: str
    layers: dict[str, str]
    marked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """Whose likeness goes onto a track, and the checkpoint that draws it."""

    track: int
    person_id: str
    checkpoint: str
    checkpoint_sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertWork:
    """Render layered face patches of a shot into `folder`. `people` are those whom the take shows."""

    take_id: str
    shot: SolvedPlate
    version: int
    model_ids: tuple[str, ...]
    people: tuple[str, ...]
    bindings: tuple[Binding, ...]
    frames: tuple[int, ...]
    config: ConvertConfig
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverWork:
    """Make movies, EXR frames and a contact sheet of a take in `folder`."""

    take_id: str
    title: str
    people: tuple[str, ...]
    plate: Plate
    take_folder: str
    frames: tuple[int, ...]
    config: DeliverConfig
    donor: LearnShot | None
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateWork:
    """Measure a take. The truth paths are empty for real footage."""

    take_id: str
    title: str
    plate: Plate
    take_folder: str
    frames: tuple[int, ...]
    performer: LearnShot
    donor: LearnShot
    true_replacement: str
    true_matte: str
    truth: str
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewTask:
    """One look at the frame in hand, for the preview worker.

    `edits` are the entries of the shot's list after revision `edits_after`, as tables; the worker keeps those
    it was sent before. `marked`: the picture must carry the evaluation mark.
    """

    shot_id: str
    plate: Plate
    faces: str
    faces_sha256: str
    edits_after: int
    edits: list[dict[str, object]]
    frame: int
    layer: Layer
    bindings: tuple[Binding, ...]
    config: ConvertConfig
    layers: dict[str, str]
    marked: bool
    max_width_px: int
    tried: dict[str, float | str] = field(default_factory=dict)  # settings over the frame's own


@dataclass(frozen=True, kw_only=True, slots=True)
class PropagateWork:
    """Carry the mattes of `keys` to `frames` and write them as a layer into `folder`."""

    shot: SolvedPlate
    keys: tuple[int, ...]
    frames: tuple[int, ...]
    source: str
    config: PropagateConfig
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledShot:
    """A shot and those of its frames whose matte is the truth."""

    shot: SolvedPlate
    labels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteNetWork:
    """Train a matte net on labelled frames and write what it proposes for `frames` of the first shot.

    `people` are all whom the net has seen, those of the net it starts from included.
    """

    shots: tuple[LabelledShot, ...]
    frames: tuple[int, ...]
    people: tuple[str, ...]
    start_from: str
    config: MatteNetConfig
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportMatteWork:
    """Read a sequence as a matte layer."""

    shot: SolvedPlate
    path: str
    channel: str
    invert: bool
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseMatteWork:
    """Run an ONNX parser over the crops of a shot."""

    shot: SolvedPlate
    path: str
    path_sha256: str
    classes: tuple[int, ...]
    frames: tuple[int, ...]
    crop_type: CropType
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportWork:
    """Write mattes or alignments for other programs."""

    shot: SolvedPlate
    what: str
    format: str
    frames: tuple[int, ...]
    folder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureWork:
    """Measure a take frame by frame. `machine` is the shot as extraction found it, `donor` may be unknown."""

    take_id: str
    title: str
    shot: SolvedPlate
    take_folder: str
    frames: tuple[int, ...]
    track: int
    machine: LearnShot
    performer: LearnShot
    donor: LearnShot | None
    worst: int
    folder: str


Work = (
    IngestWork
    | ExtractWork
    | TrainWork
    | ConvertWork
    | DeliverWork
    | EvaluateWork
    | PropagateWork
    | MatteNetWork
    | ImportMatteWork
    | ParseMatteWork
    | ExportWork
    | MeasureWork
)

WORKS: dict[JobKind, type[Work]] = {
    JobKind.INGEST: IngestWork,
    JobKind.EXTRACT: ExtractWork,
    JobKind.TRAIN: TrainWork,
    JobKind.CONVERT: ConvertWork,
    JobKind.DELIVER: DeliverWork,
    JobKind.EVALUATE: EvaluateWork,
    JobKind.PROPAGATE: PropagateWork,
    JobKind.MATTE_NET: MatteNetWork,
    JobKind.IMPORT_MATTE: ImportMatteWork,
    JobKind.PARSE_MATTE: ParseMatteWork,
    JobKind.EXPORT: ExportWork,
    JobKind.MEASURE: MeasureWork,
}
