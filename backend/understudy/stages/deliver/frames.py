"""The finished pictures of a delivery as numbered files: in layers, or in the plate's own kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.media.colour_space import named_space
from understudy.media.composite import covered, mark_for
from understudy.media.exr_frame import (
    exr_frame_valid,
    understudy_attributes,
    write_exr_frame,
    write_picture_frame,
)
from understudy.media.exr_rewrite import LOSSY
from understudy.media.frame_index import FrameIndex
from understudy.media.picture import Picture, RgbPicture, YuvPicture
from understudy.media.sequence_header import PictureHeader
from understudy.media.sequence_writer import write_like
from understudy.stages.deliver.behind import Behind
from understudy.stages.deliver.linear import beauty, exr_delivery, settings_of, source_of
from understudy.stages.deliver.task import DeliveryTask, Finished

Pixels = npt.NDArray[Any]


class LayeredFrames:
    """EXR frames with everything that a compositor wants, written behind the pass."""

    def __init__(self, task: DeliveryTask) -> None:
        self._task = task
        self._behind = Behind("exr")

    def __enter__(self) -> Self:
        self._behind.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._behind.__exit__(kind, value, trace)

    def add(self, finished: Finished) -> None:
        frame = finished.plate.frame
        settings = settings_of(self._task, frame, kind="layered")
        target = self._path(frame)
        if not exr_frame_valid(target, settings):
            self._behind.submit(lambda: self._write(finished, target, settings))

    def paths(self) -> list[Path]:
        return [self._path(frame) for frame in self._task.frames]

    def _path(self, frame: int) -> Path:
        return self._task.folder / "exr" / f"{self._task.title}.{frame:04}.exr"

    def _write(self, finished: Finished, target: Path, settings: str) -> None:
        task = self._task
        delivery = exr_delivery(task, settings, source_of(task, finished.plate.frame))
        beauty_HW3 = beauty(finished, marked=task.marked)
        window = finished.picture.window
        write_exr_frame(target, beauty_HW3, finished.layers, delivery, window=window)


class FinishedFrames:
    """The finished pictures as the plate's own kind of file; of a movie, as linear half EXR.

    EXR files say themselves by which settings they were made, an index says it of the others.
    """

    def __init__(self, task: DeliveryTask, emit: Callable[[Event], None]) -> None:
        self._task, self._emit = task, emit
        self._folder = task.folder / "frames"
        self._suffix = Path(task.plate.path).suffix if task.plate.is_sequence else ".exr"
        self._index = FrameIndex(self._folder) if self._suffix.lower() != ".exr" else None
        self._behind = Behind("frames")
        self._told = False

    def __enter__(self) -> Self:
        self._behind.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._behind.__exit__(kind, value, trace)
        finally:
            if self._index is not None and self._folder.is_dir():
                self._index.close()

    def add(self, finished: Finished) -> None:
        frame = finished.plate.frame
        settings = settings_of(self._task, frame, kind="frames")
        source = source_of(self._task, frame)
        self._tell(source)
        target = self._path(frame)
        if not self._valid(target, settings):
            self._behind.submit(lambda: self._write(finished, target, settings, source))

    def paths(self) -> list[Path]:
        return [self._path(frame) for frame in self._task.frames]

    def _path(self, frame: int) -> Path:
        return self._folder / f"{self._task.title}.{frame:04}{self._suffix}"

    def _valid(self, target: Path, settings: str) -> bool:
        if self._index is not None:
            return self._index.valid(target, settings)
        return exr_frame_valid(target, settings)

    def _tell(self, source: PictureHeader | None) -> None:
        """Say once that a compression loses something."""
        used: str = self._task.config.exr_compression
        if used == "plate":
            used = source.compression if source is not None and source.container == "openexr" else "zip"
        if used not in LOSSY or self._told:
            return
        self._told = True
        where = "in the lines of the face" if self._task.config.exr_compression == "plate" else "everywhere"
        self._emit(
            Event(
                kind=EventKind.NOTE,
                message=f"{used} compression loses a little: {where} the frames' pixels are near the "
                "plate's and not bit for bit its own; choose zip or piz to keep them",
            )
        )

    def _write(self, finished: Finished, target: Path, settings: str, source: PictureHeader | None) -> None:
        task, frame = self._task, finished.plate.frame
        delivery = exr_delivery(task, settings, source)
        picture = finished.picture
        if source is None or not isinstance(picture, RgbPicture):
            pixels = _with_alpha(beauty(finished, marked=task.marked), picture)
            write_picture_frame(target, pixels, frame, delivery, window=picture.window)
            return
        if source.container == "openexr" and source.picture.grey:  # a face in colour needs three channels
            pixels = _with_alpha(np.asarray(picture.rgb_HW3), picture)
            write_picture_frame(target, pixels, frame, delivery, window=picture.window)
            return
        said = understudy_attributes(frame, delivery) | {"understudySpace": named_space(task.plate.colour)}
        write_like(
            source,
            picture,
            _changed(finished, marked=task.marked),
            target,
            compression=task.config.exr_compression,
            attributes=said,
        )
        if self._index is not None:
            self._index.add(target, settings)


def _changed(finished: Finished, *, marked: bool) -> list[Rect]:
    """Everywhere that the finished picture may differ from the plate."""
    picture = finished.picture
    rects = [covered(finished.layers, picture.window)]
    return rects + ([mark_for(picture).rect] if marked else [])


def _with_alpha(rgb_HW3: Pixels, picture: Picture) -> Pixels:
    """With the plate's own alpha beside it, if it has one."""
    if not isinstance(picture, YuvPicture | RgbPicture) or picture.a_HW is None:
        return rgb_HW3
    if picture.a_HW.dtype == rgb_HW3.dtype:
        return np.concatenate([rgb_HW3, picture.a_HW[..., None]], axis=2)
    whole = {"uint8": 255, "uint16": 65535}.get(picture.a_HW.dtype.name, 1)
    top = (1 << picture.bit_depth) - 1 if isinstance(picture, YuvPicture) else whole
    alpha = (picture.a_HW.astype(np.float32) / np.float32(top)).astype(rgb_HW3.dtype)
    return np.concatenate([rgb_HW3, alpha[..., None]], axis=2)
