"""Short answers of the backend: what a client sees of things it does not hold itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from understudy.domain.artefact import MatteLayer


class Layer(StrEnum):
    """Which pictures of a shot to look at."""

    PLATE = "plate"
    REPLACED = "replaced"  # the take laid over the plate
    MATTE = "matte"
    OVERLAY = "overlay"  # the plate with the matte in false colour
    CROP = "crop"  # the upright square that the network sees
    RAW = "raw"  # what the network drew there


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductionInfo:
    """The production a server has open. `folder` is a path on the server; `version` is the program's."""

    id: str
    name: str
    folder: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A yes of the consent gate: the records that allow the work, and whether its pictures must be marked."""

    consent_ids: tuple[str, ...]
    marked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PurgeReport:
    """What went when a person was purged. `paths` are below the production folder.

    `outside` lists files that show the person and are not the production's to delete: plates, copies.
    """

    paths: tuple[str, ...]
    rows: int
    outside: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackSummary:
    """One person's faces through a shot: frames `first` to `last`, `filled` of its `faces` interpolated."""

    track: int
    first: int
    last: int
    faces: int
    filled: int
    mean_presence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CustodyEntry:
    """One line of the custody log. `sequence` counts from 1; `hash` covers the line and the one before it."""

    sequence: int
    time: str
    event: str
    hash: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustodyState:
    """A custody log found whole: how many entries, and the hash of the last one."""

    entries: int
    head: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameScore:
    """How doubtful one frame of a matte layer is, 0 (sure) to 1."""

    frame: int
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteLayerSummary:
    """A matte layer, the frames in which the edits use it, and its frames by doubt, worst first.

    Of a very long layer only the most doubtful frames are in `worst`.
    """

    layer: MatteLayer
    used: str
    worst: tuple[FrameScore, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShotMattes:
    """The matte layers of a shot, oldest first, and the frames whose matte an artist made."""

    layers: tuple[MatteLayerSummary, ...]
    keyed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameMeasure:
    """One measured frame of a take. It ranks by `trouble`, higher is worse; `values` are its figures."""

    frame: int
    trouble: float
    reasons: tuple[str, ...]
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeMeasures:
    """The measures of a take. `folder` and `contact_sheet` (of the worst frames) are paths on the server."""

    take_id: str
    job_id: str
    folder: str
    contact_sheet: str
    frames: tuple[FrameMeasure, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredClip:
    """A clip that was taken in: its path on the server, and the hash of its bytes."""

    path: str
    sha256: str
