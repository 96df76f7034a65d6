"""Jobs: what they are asked to do, the states they pass, the events they tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from understudy.domain.errors import JobStateConflict


class JobKind(StrEnum):
    """One word per stage that runs as a job."""

    INGEST = "ingest"
    EXTRACT = "extract"
    TRAIN = "train"
    CONVERT = "convert"
    DELIVER = "deliver"
    EVALUATE = "evaluate"
    PROPAGATE = "propagate"  # keyed mattes carried to other frames
    MATTE_NET = "matte_net"  # a small network learns a shot's mattes and proposes the rest
    IMPORT_MATTE = "import_matte"  # a sequence of pictures as a matte layer
    PARSE_MATTE = "parse_matte"  # a studio's own ONNX parser makes a matte layer
    EXPORT = "export"  # mattes or alignments as files for other programs
    MEASURE = "measure"  # every frame of a take measured and ranked by trouble


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: frozenset(
        {JobState.DONE, JobState.FAILED, JobState.CANCELLING, JobState.CANCELLED, JobState.QUEUED}
    ),
    JobState.CANCELLING: frozenset({JobState.CANCELLED, JobState.DONE, JobState.FAILED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}
"""RUNNING -> QUEUED is a lost worker; FAILED or CANCELLED -> QUEUED is a retry."""

FINAL = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


def check_move(job_id: str, old: JobState, new: JobState) -> None:
    """Raises: JobStateConflict when the table does not allow the move."""
    if new not in MOVES[old]:
        raise JobStateConflict(f"job {job_id} is {old}; it cannot become {new}")


class EventKind(StrEnum):
    """What a worker has to tell."""

    STATE = "state"  # message: the new state
    PROGRESS = "progress"  # done, total, rate, remaining_s, unit
    LOSSES = "losses"  # values: loss name -> value; done: iteration
    PREVIEW = "preview"  # path: a JPEG
    FRAME_FAILED = "frame_failed"  # frame, error, message
    NOTE = "note"  # message: something worth a line
    RESULT = "result"  # path, values: an artefact was finished


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened to a job. `sequence` counts from 1 within the job; 0 means not yet numbered."""

    kind: EventKind
    time: str = ""
    sequence: int = 0
    message: str = ""
    error: str = ""
    frame: int = 0
    path: str = ""
    unit: str = ""
    done: int = 0
    total: int = 0
    rate: float = 0.0
    remaining_s: float = 0.0
    values: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A long piece of work, as the store knows it. `error` is the class name of what ended it."""

    id: str
    kind: JobKind
    state: JobState
    request_id: str
    spec: dict[str, object]
    created_at: str
    attempt: int = 1
    error: str = ""
    message: str = ""
    result: dict[str, object] = field(default_factory=dict)
