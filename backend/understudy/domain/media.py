"""Plates that are not where they were, how they were found again, and what went between machines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MediaState(StrEnum):
    """What is wrong with a plate."""

    AWAY = "away"  # no file is there, or some of a sequence's are not
    CHANGED = "changed"  # the file there is another than was taken in


class Certainty(StrEnum):
    """How sure it is that a file is a shot's plate."""

    HASH = "hash"  # it has the plate's hash
    PROBABLE = "probable"  # name, length, size, rate, timecode and reel agree; the bytes are others
    OTHER = "other"  # it has the name alone


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingPlate:
    """A plate that shots lack. `shots` are their names; `frames` counts the clip's pictures.

    `file_bytes` is 0 when nobody recorded it, timecode and reel are empty when the clip has none. `detail`
    says what is there instead.
    """

    shot_ids: tuple[str, ...]
    shots: tuple[str, ...]
    path: str
    state: MediaState
    sha256: str
    file_bytes: int
    frames: int
    rate: str
    start_timecode: str
    reel: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RelinkFind:
    """What was found for a plate. `differs` says in what it is another clip; `applied`: shots use it now.

    `why_not` says why it is not used, empty when it is or when nothing was to be changed.
    """

    shots: tuple[str, ...]
    was: str
    path: str
    certainty: Certainty
    differs: str
    applied: bool
    why_not: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchStep:
    """How far a search is."""

    looked_at: int
    hashed_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RelinkReport:
    """What a search came to. `missing` counts plates that nothing usable was found for.

    `complete` is False when the folders have more files than are looked at.
    """

    finds: tuple[RelinkFind, ...]
    missing: int
    looked_at: int
    hashed_bytes: int
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PulledWork:
    """Something of the production that can be fetched: a take, a delivery or an export."""

    kind: str
    title: str
    files: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Transferred:
    """What a push or a pull moved. `kept_bytes` were there already. `path` is where it lies now."""

    path: str
    sha256: str
    files: int
    moved_bytes: int
    kept_bytes: int
