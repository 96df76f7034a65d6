"""`understudy worker BUNDLE`: carry out one bundle, as a process of its own.

It needs no database and no server: the bundle says what to do, the grant says that it may, the spool
tells how it went. SIGTERM or a file named `cancel` in the bundle's folder asks it to stop; it then
finishes the frames in hand, or saves the training checkpoint, and exits with 143.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from understudy import pipeline
from understudy.domain.errors import BadSettings, DiskFull, FrameOutOfRange, Stopped, UnderstudyError
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.path_map import NO_MAP, PathMap
from understudy.domain.people import Grant
from understudy.domain.time import format_frames
from understudy.jobs.bundle import CANCEL_FILE, Bundle, bundle_sha256, check_inputs, read_bundle
from understudy.jobs.lease import hold_lease
from understudy.jobs.path_maps import bundle_here
from understudy.jobs.spool import SpoolWriter
from understudy.model_files import ModelFiles
from understudy.trust.grants import check
from understudy.trust.keys import load_public_key
from understudy.work import ConvertWork, Work

log = logging.getLogger(__name__)

_CANCEL_LOOK_S = 0.5


@dataclass(slots=True)
class StopRequest:
    """Set by a signal or by the cancel file; asked between frames and iterations."""

    folder: Path
    signalled: bool = False
    _next_look: float = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self.signalled and now >= self._next_look:
            self._next_look = now + _CANCEL_LOOK_S
            self.signalled = (self.folder / CANCEL_FILE).exists()
        return self.signalled

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signalled = True


def run_worker(folder: Path, *, public_key: Path, model_files: ModelFiles, path_map: PathMap = NO_MAP) -> int:
    """Do the job in `folder` under its lease, telling its spool; returns the process's exit code."""
    stop = _stop_request(folder)
    with hold_lease(folder), SpoolWriter(folder) as spool:
        return _attempt(folder, None, public_key, model_files, spool.append, stop, path_map)


def render_bundle(
    folder: Path,
    frames: tuple[int, ...],
    *,
    public_key: Path,
    model_files: ModelFiles,
    tell: Callable[[Event], None],
    path_map: PathMap = NO_MAP,
) -> int:
    """Render some frames of a convert bundle, as one of many farm tasks; returns the process's exit code.

    `path_map` says where here the folders lie that the bundle's paths name as its server knows them.
    Takes no lease and writes no spool: the frames themselves are the truth, and any task may run again.
    """
    return _attempt(folder, frames, public_key, model_files, tell, _stop_request(folder), path_map)


def _stop_request(folder: Path) -> StopRequest:
    stop = StopRequest(folder)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop.on_signal)
        signal.signal(signal.SIGINT, stop.on_signal)
    return stop


def _attempt(
    folder: Path,
    frames: tuple[int, ...] | None,
    public_key: Path,
    model_files: ModelFiles,
    emit: Callable[[Event], None],
    stop: StopRequest,
    path_map: PathMap,
) -> int:
    try:
        bundle, grant = _trusted_bundle(folder, public_key, path_map, thoroughly=frames is None)
        emit(Event(kind=EventKind.STATE, message=JobState.RUNNING))
        tools = pipeline.Tools(emit=emit, stopping=stop, model_files=model_files, marked=grant.marked)
        work = bundle.resolved if frames is None else _only(bundle.resolved, frames)
        record = pipeline.run(work, tools)
        emit(Event(kind=EventKind.RESULT, texts=record))
        emit(Event(kind=EventKind.STATE, message=JobState.DONE))
        return 0
    except Stopped as stopped:
        emit(
            Event(
                kind=EventKind.STATE,
                message=JobState.CANCELLED,
                error="Stopped",
                texts={"detail": str(stopped)},
            )
        )
        return stopped.exit_code
    except UnderstudyError as error:
        log.error("%s: %s", type(error).__name__, error)
        try:
            emit(_failed(type(error).__name__, str(error)))
        except DiskFull as full:  # then the exit code has to say it
            log.error("%s", full)
            return full.exit_code
        return error.exit_code
    except Exception as error:  # the one place: a defect must end the job, not hide
        log.exception("the worker met an error it does not know")
        emit(
            _failed(
                "RenderError", f"an error inside Understudy: {type(error).__name__}: {error}; see log.txt"
            )
        )
        return 1


def _only(work: Work, frames: tuple[int, ...]) -> Work:
    if not isinstance(work, ConvertWork):
        raise BadSettings("only a convert bundle can be rendered by frames; use the worker for the others")
    if outside := sorted(set(frames) - set(work.frames)):
        raise FrameOutOfRange(f"frames {format_frames(outside)} are not in this bundle")
    return replace(work, frames=frames)


def _failed(name: str, message: str) -> Event:
    return Event(kind=EventKind.STATE, message=JobState.FAILED, error=name, texts={"detail": message})


def _trusted_bundle(
    folder: Path, public_key: Path, path_map: PathMap, *, thoroughly: bool
) -> tuple[Bundle, Grant]:
    """The bundle with this machine's paths, and its grant, which is for the bundle as it was made."""
    made, grant = read_bundle(folder)
    check(
        grant,
        load_public_key(public_key),
        bundle_sha256=bundle_sha256(made),
        needs=made.needs,
        now=datetime.now(UTC),
    )
    bundle = bundle_here(made, path_map)
    check_inputs(bundle, thoroughly=thoroughly)
    return bundle, grant
