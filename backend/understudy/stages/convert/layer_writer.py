"""Finishing and writing frames behind the back of the one who draws them, never too many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from understudy.domain.errors import FramesFailed, NotWritable, Transient, UnderstudyError
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Emit, Progress
from understudy.domain.time import format_frames
from understudy.media.layers import FaceLayers, layers_path, write_layers

FRAME_ERRORS = (UnderstudyError, cv2.error, ValueError, ArithmeticError, np.linalg.LinAlgError)
"""What can go wrong with one frame alone; a full disk or a full device ends the work."""

_QUEUED_PER_THREAD = 2


class LayerWriter:
    """Makes layers in a few threads and writes them; a frame that fails is reported and kept in mind.

    Events are emitted from the caller's thread only. At most `_QUEUED_PER_THREAD` frames a thread wait, so
    memory does not grow when writing is slower than drawing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        display_window: Rect,
        fingerprints: Mapping[int, str],
        people: tuple[str, ...],
        emit: Emit,
        progress: Progress,
        threads: int,
    ) -> None:
        self._folder, self._display_window = folder, display_window
        self._fingerprints, self._people = fingerprints, people
        self._emit, self._progress = emit, progress
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="finish")
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._most_waiting = threads * _QUEUED_PER_THREAD
        self.written: list[int] = []
        self.failed: dict[int, Exception] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def submit(self, frame: int, make: Callable[[], FaceLayers]) -> None:
        """Have a frame made and written; waits while too many are. Raises: Transient, of earlier frames."""
        while len(self._waiting) >= self._most_waiting:
            self._take_in()
        self._waiting.append((frame, self._pool.submit(self._write, frame, make)))

    def fail(self, frame: int, error: Exception) -> None:
        """Report that a frame cannot be made."""
        self.failed[frame] = error
        message = str(error) or type(error).__name__
        self._emit(
            Event(kind=EventKind.FRAME_FAILED, frame=frame, error=type(error).__name__, message=message)
        )

    def finish(self) -> None:
        """Wait for everything under way. Raises: Transient."""
        while self._waiting:
            self._take_in()

    def raise_failures(self) -> None:
        """Raises: FramesFailed naming the frames, when there are any."""
        if self.failed:
            frames = format_frames(sorted(self.failed))
            first = self.failed[min(self.failed)]
            raise FramesFailed(
                f"{len(self.failed)} frames could not be made: {frames}; the first because: {first}. "
                "The others are written; convert again when the cause is mended, only these are then made"
            )

    def _write(self, frame: int, make: Callable[[], FaceLayers]) -> None:
        write_layers(
            make(),
            layers_path(self._folder, frame),
            display_window=self._display_window,
            settings_sha256=self._fingerprints[frame],
            people=self._people,
        )

    def _take_in(self) -> None:
        frame, future = self._waiting.popleft()
        try:
            future.result()
        except (Transient, NotWritable):
            raise
        except FRAME_ERRORS as error:
            self.fail(frame, error)
        else:
            self.written.append(frame)
            self._progress.step()
