"""Extraction: from the frames of a shot to its faces, landmarks, expressions, identities, tracks and cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

import numpy as np
import numpy.typing as npt

from understudy.config import ExtractConfig
from understudy.domain.errors import Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event, EventKind
from understudy.domain.progress import Progress
from understudy.domain.time import FrameRange
from understudy.faces.cuts import CutFinder
from understudy.faces.face_models import FaceModels, find_faces
from understudy.faces.linking import link, number_tracks, split_at_cuts
from understudy.faces.roi import unsqueezed_picture
from understudy.faces.shot_record import shot_faces, squeezed_faces
from understudy.faces.sighting import FrameLook
from understudy.faces.tracker import Tracker

ALGORITHM = 1

# The detector is asked for weak finds too: they continue a face that is already followed, but start none.
_WEAK_SCORE = 0.5

Picture8 = npt.NDArray[np.uint8]


class _HasRgb8(Protocol):
    def rgb8(self) -> Picture8: ...


class NumberedPicture(Protocol):
    """A frame as the media layer gives it: its editorial number and its picture."""

    @property
    def frame(self) -> int: ...

    @property
    def picture(self) -> _HasRgb8: ...


def extract(
    frames: Iterable[NumberedPicture],
    models: FaceModels,
    config: ExtractConfig,
    *,
    frame_range: FrameRange,
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
    pixel_aspect: float = 1.0,
) -> ShotFaces:
    """Find and follow the faces of a shot.

    frames: in order, without holes. Faces of strangers and false finds are in the result with track NO_TRACK;
    short holes in a track are filled by interpolation and marked. A face whose own embedding was not taken
    (most are not: the network is slow) carries the mean of its track. The networks look at pictures with
    square pixels; what they find is told in pixels of the plate, `pixel_aspect` times as wide as high.
    Raises: Stopped.
    """
    progress = Progress(emit, len(frame_range), "frames")
    tracker, cut_finder = Tracker(config), CutFinder(config.cut_threshold)
    for batch in _batches(frames, config.batch):
        pictures = [unsqueezed_picture(numbered.picture.rgb8(), pixel_aspect) for numbered in batch]
        finds = find_faces(models, pictures, config, min_score=_WEAK_SCORE * config.detector_score)
        for numbered, picture, found in zip(batch, pictures, finds, strict=True):
            if stopping():
                raise Stopped(f"extraction was stopped before frame {numbered.frame}")
            look = FrameLook(
                models,
                numbered.frame,
                picture,
                min_presence=config.min_presence,
                perturbations=config.perturbations,
            )
            sightings = [look.sighting(mesh, score=face.score) for face, mesh in found]
            tracker.see(sightings, look, new_take=cut_finder.see(numbered.frame, picture))
            progress.step()
    _tell_engine(models, emit)
    cuts = cut_finder.cuts()
    groups = link(split_at_cuts(tracker.finish(), cuts), cuts, config)
    numbers = number_tracks(groups, cuts, config, frame_range=frame_range)
    faces = shot_faces(groups, numbers, cuts, max_gap_frames=config.max_gap_frames)
    return squeezed_faces(faces, pixel_aspect)


def _tell_engine(models: FaceModels, emit: Callable[[Event], None]) -> None:
    """Which weights placed the landmarks, and where they could not."""
    fan = models.fan
    if fan is None:
        return
    told = f"landmarks by face-alignment with the weights {fan.sha256[:16]}"
    if fan.elsewhere:
        told += f"; of {fan.looked_at} faces it saw {fan.elsewhere} elsewhere: they keep the mesh's landmarks"
    emit(Event(kind=EventKind.NOTE, message=told))


def _batches(frames: Iterable[NumberedPicture], size: int) -> Iterator[list[NumberedPicture]]:
    source = iter(frames)
    while batch := list(islice(source, size)):
        yield batch
