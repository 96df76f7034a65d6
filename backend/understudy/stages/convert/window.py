"""Frames waiting until the faces of all their neighbours are known."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from understudy.config import ConvertConfig
from understudy.media.colour_match import FaceColours, colour_map, smooth_colours
from understudy.stages.convert.face_place import DrawnFace, DrawnFrame
from understudy.stages.convert.face_render import GradedFace


class FaceWindow:
    """Takes drawn frames in ascending order, gives back those to be rendered, each face with its neighbours.

    A frame is held until every frame within its reach has come by; nothing is shared across a cut or between
    tracks. It holds the pixels of as many frames as the longest reach and one batch of frames at most.
    `config_at` gives the settings of a frame.
    """

    def __init__(
        self, cuts: tuple[int, ...], config_at: Callable[[int], ConvertConfig], *, longest_reach: int
    ) -> None:
        self._cuts, self._config_at, self._longest_reach = sorted(cuts), config_at, longest_reach
        self._runs: dict[tuple[int, int], deque[DrawnFace]] = {}
        self._held: deque[DrawnFrame] = deque()
        self._newest = 0

    def add(self, drawn: DrawnFrame) -> None:
        """Take in the next frame."""
        self._newest = drawn.frame
        for item in drawn.faces:
            self._runs.setdefault(self._key(item), deque()).append(item)
        if drawn.region is not None:
            self._held.append(drawn)

    def ready(self, *, at_end: bool = False) -> Iterator[tuple[DrawnFrame, list[GradedFace]]]:
        """Frames whose neighbours have all been seen; all of them `at_end`."""
        while self._held and (at_end or self._held[0].frame + self._longest_reach <= self._newest):
            drawn = self._held.popleft()
            yield drawn, [self._graded(item) for item in drawn.faces]
        self._forget()

    def _key(self, item: DrawnFace) -> tuple[int, int]:
        """Which run of faces one belongs to: its camera take and its track."""
        return bisect_right(self._cuts, item.face.frame), item.face.track

    def _graded(self, item: DrawnFace) -> GradedFace:
        return graded(item, self._runs.get(self._key(item), ()), self._config_at(item.face.frame))

    def _forget(self) -> None:
        oldest = (self._held[0].frame if self._held else self._newest + 1) - self._longest_reach
        for run in self._runs.values():
            while run and run[0].face.frame < oldest:
                run.popleft()


def graded(
    item: DrawnFace, run: deque[DrawnFace] | tuple[DrawnFace, ...], config: ConvertConfig
) -> GradedFace:
    """A drawn face with what its neighbours in `run` (same track, same camera take) say about it."""
    colours: list[FaceColours] = [other.colours for other in run if other.colours is not None]
    window = config.colour_window_frames if config.colour_match != "none" else 0
    return GradedFace(
        drawn=item,
        grade=colour_map(smooth_colours(colours, item.face.frame, window), config.colour_match),
        around=tuple(
            other
            for other in run
            if config.temporal > 0
            and 0 < abs(other.face.frame - item.face.frame) <= config.temporal_window_frames
        ),
        velocity_px=_velocity_px(item, run) if config.motion_blur > 0 else (0.0, 0.0),
    )


def _velocity_px(item: DrawnFace, run: Iterable[DrawnFace]) -> tuple[float, float]:
    """How far the crop's centre moves in a frame, from the frames just before and after."""
    near = sorted(
        (other for other in run if abs(other.face.frame - item.face.frame) <= 1),
        key=lambda other: other.face.frame,
    )
    if len(near) < 2:
        return 0.0, 0.0
    first, last = near[0].face, near[-1].face
    moved = (last.centre_px_2 - first.centre_px_2) / (last.frame - first.frame)
    return float(moved[0]), float(moved[1])
