"""What stages make and the store remembers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Faceset:
    """The curated crops of one person; `path` is below the production folder."""

    id: str
    person_id: str
    path: str
    sha256: str
    crops: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A trained swapper. `people` are the identities its decoders draw, in decoder order."""

    id: str
    name: str
    family: str
    size_px: int
    people: tuple[str, ...]
    path: str
    sha256: str
    iterations: int
    job_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """One rendered version of a shot: a folder of layered face patches, one EXR a frame."""

    id: str
    shot_id: str
    version: int
    model_ids: tuple[str, ...]
    people: tuple[str, ...]
    path: str
    frames: str
    job_id: str
    marked: bool

    @property
    def label(self) -> str:
        return f"v{self.version:03}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MatteLayer:
    """One matte value per pixel for some frames of a shot: a folder of EXRs and its `layer.json`.

    `origin` is the kind of job that made it. `people` are those the shot shows.
    """

    id: str
    shot_id: str
    name: str
    origin: str
    path: str
    frames: str
    people: tuple[str, ...]
    job_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """Files that were made to leave the house, with their signed manifest."""

    id: str
    take_id: str
    path: str
    manifest: str
    people: tuple[str, ...]
    job_id: str
