"""The movies of a delivery."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from understudy.domain.job import Event, EventKind
from understudy.media.composite import full_matte
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.picture import RgbPicture
from understudy.media.screen_picture import movie_colour, screen_picture
from understudy.media.sound import Sound
from understudy.media.sound_tracks import playable, tracks_of
from understudy.media.video import PlateReader
from understudy.stages.deliver.task import DeliveryTask, Finished


class Movies:
    """The movies asked for, all fed with the same finished frame."""

    def __init__(
        self, task: DeliveryTask, reader: PlateReader, outputs: ExitStack, emit: Callable[[Event], None]
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

    def add(self, finished: Finished) -> None:
        plate_frame = finished.plate
        time_s = plate_frame.time_s - self._start_s
        shown = screen_picture(finished.picture) if self._writers else finished.picture
        for writer, alpha in self._writers:
            matte_HW = full_matte(finished.layers, self._task.plate.display_window) if alpha else None
            writer.write(shown, matte_HW=matte_HW, time_s=time_s)
        if self._side_by_side is not None:
            both = np.hstack([plate_frame.picture.rgb8(), finished.picture.rgb8()])
            colour = replace(movie_colour(self._task.plate.colour), matrix="rgb", full_range=True, space="")
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
            colour=movie_colour(plate.colour),
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
        return self._outputs.enter_context(MovieWriter(path, spec, sounds=self._sounds(spec)))

    def _sounds(self, spec: MovieSpec) -> list[Sound]:
        """Every track of the plate for an edit, the first for a review."""
        plate = self._task.plate
        if not self._task.config.sound or plate.audio is None:
            return []
        if not self._task.contiguous:
            self._emit(
                Event(kind=EventKind.NOTE, message="the frames have holes, so the movies have no sound")
            )
            return []
        tracks = [track.index for track in playable(tracks_of(Path(plate.path)))]
        chosen = tracks if spec.facts.sound_codec != "aac" else tracks[:1]
        return [
            self._outputs.enter_context(
                Sound(
                    plate,
                    self._start_s,
                    self._duration_s,
                    track=track,
                    sample_format=spec.sample_format,
                )
            )
            for track in chosen
        ]
