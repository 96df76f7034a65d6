"""Delivery: from a take's layers to the files that leave the house, in one pass over the frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.config import DeliverConfig
from understudy.domain.errors import FramesFailed, Stopped, UnreadableMedia
from understudy.domain.job import Event
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.time import format_frames
from understudy.media.composite import composite, mark_for
from understudy.media.layers import layers_path, layers_settings, read_layers
from understudy.media.video import PlateFrame, open_plate
from understudy.stages.deliver.frames import FinishedFrames, LayeredFrames
from understudy.stages.deliver.movies import Movies
from understudy.stages.deliver.sheet import Sheet
from understudy.stages.deliver.task import DeliveryTask, Finished

Bytes = npt.NDArray[np.uint8]


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
    """Write the movies, frames and the contact sheet that `config` asks for; returns their paths.

    people: ids of everybody to be seen, kept in the frames' headers. `marked` burns the evaluation mark into
    every picture. `donor_pictures` (uint8, (h,w,3)) are shown on the contact sheet. Frames that this
    very delivery wrote before are kept. Frames must be sorted; holes in them leave the movies without sound.
    Raises: FramesFailed naming the frames, before anything is written, when the take lacks some of them;
    FrameOutOfRange, UnreadableMedia, DiskFull, Stopped (movies are then not left behind, frames are).
    """
    task = DeliveryTask(
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
    with open_plate(plate) as reader, ExitStack() as outputs:
        movies = Movies(task, reader, outputs, emit) if config.movies or config.side_by_side else None
        exrs = outputs.enter_context(LayeredFrames(task)) if config.exr else None
        frames_out = outputs.enter_context(FinishedFrames(task, emit)) if config.frames else None
        sheet = Sheet(task, donor_pictures) if config.contact_sheet else None
        for plate_frame in reader.frames(frames):
            if stopping():
                raise Stopped(f"delivery was stopped before frame {plate_frame.frame}")
            finished = _finish(plate_frame, task)
            for output in (movies, exrs, frames_out, sheet):
                if output is not None:
                    output.add(finished)
            progress.step()
    return [
        path for output in (movies, exrs, frames_out, sheet) if output is not None for path in output.paths()
    ]


def _settings_of_all(take_folder: Path, frames: tuple[int, ...]) -> dict[int, str]:
    found = {frame: layers_settings(layers_path(take_folder, frame)) for frame in frames}
    missing = [frame for frame, settings in found.items() if settings is None]
    if missing or not frames:
        which = format_frames(missing) or "(none were asked for)"
        raise FramesFailed(f"the take in {take_folder} has no layers for frames {which}; convert them first")
    return {frame: settings for frame, settings in found.items() if settings is not None}


def _finish(plate_frame: PlateFrame, task: DeliveryTask) -> Finished:
    try:
        layers = read_layers(layers_path(task.take_folder, plate_frame.frame))
    except UnreadableMedia as cause:
        raise FramesFailed(f"frame {plate_frame.frame} cannot be delivered: {cause}") from cause
    picture = composite(plate_frame.picture, layers)
    return Finished(plate_frame, layers, mark_for(picture).burn(picture) if task.marked else picture)
