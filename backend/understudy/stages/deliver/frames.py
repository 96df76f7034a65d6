"""The EXR frames of a delivery, for the compositor."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from understudy.media.colour import to_linear
from understudy.media.composite import EVALUATION_MARK, Mark, linear_beauty
from understudy.media.exr_frame import ExrDelivery, exr_frame_valid, write_exr_frame
from understudy.stages.deliver.task import ALGORITHM, DeliveryTask, Finished

_EXR_THREADS = 2
_EXR_WAITING = 4  # frames that may wait to be written; more would only fill memory


class LayeredFrames:
    """EXR frames, written by two threads behind the pass; at most a few wait."""

    def __init__(self, task: DeliveryTask, mark: Mark | None) -> None:
        self._task, self._mark = task, mark
        self._pool = ThreadPoolExecutor(_EXR_THREADS, thread_name_prefix="exr")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            while self._waiting:
                self._waiting.popleft().result()

    def add(self, finished: Finished) -> None:
        frame = finished.plate.frame
        delivery = _exr_delivery(self._task, frame)
        target = _path(self._task, frame)
        if exr_frame_valid(target, delivery.settings_sha256):
            return
        while len(self._waiting) >= _EXR_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._write, finished, target, delivery))

    def paths(self) -> list[Path]:
        return [_path(self._task, frame) for frame in self._task.frames]

    def _write(self, finished: Finished, target: Path, delivery: ExrDelivery) -> None:
        beauty_HW3 = linear_beauty(finished.plate.picture, finished.layers)
        if self._mark is not None:
            rect = self._mark.rect
            strip = to_linear(finished.picture.region(rect), finished.picture.colour)
            beauty_HW3[rect.y : rect.y1, rect.x : rect.x1] = strip
        write_exr_frame(target, beauty_HW3.astype(np.float16), finished.layers, delivery)


def _exr_delivery(task: DeliveryTask, frame: int) -> ExrDelivery:
    """The hash covers everything the frame is made of, so a stale frame is never taken for a finished one."""
    facts = {
        "algorithm": ALGORITHM,
        "layers": task.settings[frame],
        "plate": task.plate.sha256,
        "colour": asdict(task.plate.colour),
        "index": task.plate.index_of(frame),
        "frame": frame,
        "people": task.people,
        "marked": task.marked,
        "compression": task.config.exr_compression,
    }
    return ExrDelivery(
        plate=task.plate,
        people=task.people,
        compression="zip" if task.config.exr_compression == "plate" else task.config.exr_compression,
        settings_sha256=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest(),
        mark=EVALUATION_MARK if task.marked else "",
    )


def _path(task: DeliveryTask, frame: int) -> Path:
    return task.folder / "exr" / f"{task.title}.{frame:04}.exr"
