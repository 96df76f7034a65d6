"""Delivery: from a take's layers to the files that leave the house, in one pass over the frames."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import DeliverConfig
from understudy.domain.errors import FramesFailed, Stopped, UnreadableMedia
from understudy.domain.files import write_bytes
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.time import format_frames
from understudy.media.colour import to_linear
from understudy.media.composite import (
    EVALUATION_MARK,
    Mark,
    composite,
    full_matte,
    linear_beauty,
    make_mark,
    marked_sheet,
)
from understudy.media.contact_sheet import Cell, contact_sheet
from understudy.media.exr_frame import ExrDelivery, exr_frame_valid, write_exr_frame
from understudy.media.layers import FaceLayers, layers_path, layers_settings, read_layers
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.picture import Picture, RgbPicture
from understudy.media.sound import Sound
from understudy.media.video import PlateFrame, PlateReader, open_plate

ALGORITHM = 1

Bytes = npt.NDArray[np.uint8]

_EXR_THREADS = 2
_EXR_WAITING = 4  # frames that may wait to be written; more would only fill memory
_SHEET_FRAMES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    """What one delivery is about; `settings` are the take's settings hash by frame."""

    plate: Plate
    take_folder: Path
    frames: tuple[int, ...]
    config: DeliverConfig
    folder: Path
    title: str
    marked: bool
    people: tuple[str, ...]
    settings: dict[int, str]

    @property
    def contiguous(self) -> bool:
        return self.frames[-1] - self.frames[0] + 1 == len(self.frames)

    def exr_path(self, frame: int) -> Path:
        return self.folder / "exr" / f"{self.title}.{frame:04}.exr"


@dataclass(frozen=True, slots=True)
class _Finished:
    """One frame on its way to every output."""

    plate: PlateFrame
    layers: FaceLayers
    picture: Picture


def deliver(
    plate: Plate,
    take_folder: Path,
    frames: tuple[int, ...],
    config: DeliverConfig,
    out_folder: Path,
    *,
    title: str,
    marked: bool,
    people: tuple[str, ...],
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
    donor_pictures: Sequence[Bytes] = (),
) -> list[Path]:
    """Write the movies, EXR frames and the contact sheet that `config` asks for; returns their paths.

    people: ids of everybody to be seen, kept in the EXR headers. `marked` burns the evaluation mark into
    every picture. `donor_pictures` (uint8, (h,w,3)) are shown on the contact sheet. EXR frames that this
    very delivery wrote before are kept. Frames must be sorted; holes in them leave the movies without sound.
    Raises: FramesFailed naming the frames, before anything is written, when the take lacks some of them;
    FrameOutOfRange, UnreadableMedia, DiskFull, Stopped (movies are then not left behind, EXR frames are).
    """
    task = _Task(
        plate=plate,
        take_folder=take_folder,
        frames=frames,
        config=config,
        folder=out_folder,
        title=title,
        marked=marked,
        people=people,
        settings=_settings_of_all(take_folder, frames),
    )
    progress = Progress(emit, len(frames), "frames")
    mark = make_mark(plate.width, plate.height) if marked else None
    with open_plate(plate) as reader, ExitStack() as outputs:
        movies = _Movies(task, reader, outputs, emit) if config.movies or config.side_by_side else None
        exrs = outputs.enter_context(_ExrFrames(task, mark)) if config.exr else None
        sheet = _Sheet(task, donor_pictures) if config.contact_sheet else None
        for plate_frame in reader.frames(frames):
            if stopping():
                raise Stopped(f"delivery was stopped before frame {plate_frame.frame}")
            finished = _finish(plate_frame, task, mark)
            for output in (movies, exrs, sheet):
                if output is not None:
                    output.add(finished)
            progress.step()
    return [path for output in (movies, exrs, sheet) if output is not None for path in output.paths()]


def _settings_of_all(take_folder: Path, frames: tuple[int, ...]) -> dict[int, str]:
    found = {frame: layers_settings(layers_path(take_folder, frame)) for frame in frames}
    missing = [frame for frame, settings in found.items() if settings is None]
    if missing or not frames:
        which = format_frames(missing) or "(none were asked for)"
        raise FramesFailed(f"the take in {take_folder} has no layers for frames {which}; convert them first")
    return {frame: settings for frame, settings in found.items() if settings is not None}


def _finish(plate_frame: PlateFrame, task: _Task, mark: Mark | None) -> _Finished:
    try:
        layers = read_layers(layers_path(task.take_folder, plate_frame.frame))
    except UnreadableMedia as cause:
        raise FramesFailed(f"frame {plate_frame.frame} cannot be delivered: {cause}") from cause
    picture = composite(plate_frame.picture, layers)
    return _Finished(plate_frame, layers, mark.burn(picture) if mark is not None else picture)


class _Movies:
    """The movies asked for, all fed with the same finished frame."""

    def __init__(
        self, task: _Task, reader: PlateReader, outputs: ExitStack, emit: Callable[[Event], None]
    ) -> None:
        self._task = task
        self._start_s = reader.time_of(task.frames[0])
        self._duration_s = reader.time_of(task.frames[-1]) + 1 / task.plate.rate - self._start_s
        self._outputs, self._emit = outputs, emit
        self._writers: list[tuple[MovieWriter, bool]] = []
        self._paths: list[Path] = []
        self._side_by_side: MovieWriter | None = None
        spec = self._spec()
        for codec in task.config.movies:
            alpha = codec == "prores4444"
            self._writers.append((self._open(replace(spec, codec=codec, alpha=alpha), codec), alpha))
        if task.config.side_by_side:
            beside = replace(
                spec,
                width=2 * spec.width,
                width_px=2 * spec.width_px,
                colour=replace(spec.colour, matrix="rgb", full_range=True),
            )
            self._side_by_side = self._open(beside, "side_by_side")

    def add(self, finished: _Finished) -> None:
        plate_frame = finished.plate
        time_s = plate_frame.time_s - self._start_s
        for writer, alpha in self._writers:
            matte_HW = full_matte(finished.layers, self._task.plate.display_window) if alpha else None
            writer.write(finished.picture, matte_HW=matte_HW, time_s=time_s)
        if self._side_by_side is not None:
            both = np.hstack([plate_frame.picture.rgb8(), finished.picture.rgb8()])
            colour = replace(self._task.plate.colour, matrix="rgb", full_range=True)
            self._side_by_side.write(RgbPicture(rgb_HW3=both, colour=colour), time_s=time_s)

    def paths(self) -> list[Path]:
        return self._paths

    def _spec(self) -> MovieSpec:
        plate, config = self._task.plate, self._task.config
        return MovieSpec(
            codec="h264",
            width=plate.width,
            height=plate.height,
            rate=plate.rate,
            colour=plate.colour,
            pixel_aspect=plate.pixel_aspect,
            timecode=plate.timecode_of(self._task.frames[0]),
            reel=plate.reel,
            title=self._task.title,
            width_px=config.width_px,
            variable_rate=plate.variable_rate,
            x264_crf=config.x264_crf,
            x264_preset=config.x264_preset,
        )

    def _open(self, spec: MovieSpec, name: str) -> MovieWriter:
        path = self._task.folder / f"{self._task.title}_{name}{spec.suffix}"
        self._paths.append(path)
        return self._outputs.enter_context(MovieWriter(path, spec, sound=self._sound(spec)))

    def _sound(self, spec: MovieSpec) -> Sound | None:
        if not self._task.config.sound or self._task.plate.audio is None:
            return None
        if not self._task.contiguous:
            self._emit(
                Event(kind=EventKind.NOTE, message="the frames have holes, so the movies have no sound")
            )
            return None
        sound = Sound(self._task.plate, self._start_s, self._duration_s, sample_format=spec.sample_format)
        return self._outputs.enter_context(sound)


class _ExrFrames:
    """EXR frames, written by two threads behind the pass; at most a few wait."""

    def __init__(self, task: _Task, mark: Mark | None) -> None:
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

    def add(self, finished: _Finished) -> None:
        frame = finished.plate.frame
        delivery = _exr_delivery(self._task, frame)
        target = self._task.exr_path(frame)
        if exr_frame_valid(target, delivery.settings_sha256):
            return
        while len(self._waiting) >= _EXR_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._write, finished, target, delivery))

    def paths(self) -> list[Path]:
        return [self._task.exr_path(frame) for frame in self._task.frames]

    def _write(self, finished: _Finished, target: Path, delivery: ExrDelivery) -> None:
        beauty_HW3 = linear_beauty(finished.plate.picture, finished.layers)
        if self._mark is not None:
            rect = self._mark.rect
            strip = to_linear(finished.picture.region(rect), finished.picture.colour)
            beauty_HW3[rect.y : rect.y1, rect.x : rect.x1] = strip
        write_exr_frame(target, beauty_HW3.astype(np.float16), finished.layers, delivery)


def _exr_delivery(task: _Task, frame: int) -> ExrDelivery:
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
        compression=task.config.exr_compression,
        settings_sha256=hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest(),
        mark=EVALUATION_MARK if task.marked else "",
    )


class _Sheet:
    """A contact sheet of a few frames: plate, result, matte and donor."""

    def __init__(self, task: _Task, donor_pictures: Sequence[Bytes]) -> None:
        self._task, self._donors = task, donor_pictures
        picks = np.linspace(0, len(task.frames) - 1, min(_SHEET_FRAMES, len(task.frames)))
        self._frames = {task.frames[round(float(pick))] for pick in picks}
        self._rows: list[list[Cell]] = []

    def add(self, finished: _Finished) -> None:
        frame = finished.plate.frame
        if frame not in self._frames:
            return
        window = self._task.plate.display_window
        shown = _neighbourhood(finished.layers, window)
        area = np.s_[shown.y : shown.y1, shown.x : shown.x1]
        matte = np.rint(full_matte(finished.layers, window) * 255).astype(np.uint8)
        row: list[Cell] = [
            (f"{frame} plate", finished.plate.picture.rgb8()[area]),
            ("replaced", finished.picture.rgb8()[area]),
            ("matte", matte[area]),
        ]
        if self._donors:
            row.append(("donor", self._donors[len(self._rows) % len(self._donors)]))
        self._rows.append(row)

    def paths(self) -> list[Path]:
        path = self._task.folder / "contact_sheet.png"
        sheet = contact_sheet(self._rows)
        if self._task.marked:
            sheet = marked_sheet(sheet)
        _, encoded = cv2.imencode(".png", sheet[..., ::-1])
        write_bytes(path, encoded.tobytes())
        return [path]


def _neighbourhood(layers: FaceLayers, window: Rect) -> Rect:
    """The faces with half their size around them; the whole picture when there are none."""
    if not layers.faces:
        return window
    around = layers.rect.expand(max(layers.rect.width, layers.rect.height) // 2).intersect(window)
    return window if around.empty else around
