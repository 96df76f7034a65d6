"""Frames waiting until the colours of all their neighbours are known."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

from understudy.media.colour_match import ColourMap, ColourMatch, FaceColours, colour_map, smooth_colours
from understudy.stages.convert.face_render import DrawnFace, DrawnFrame, GradedFaces


class ColourWindow:
    """Takes drawn frames in ascending order, gives back those to be rendered, each face with its colour map.

    A frame is held until every frame up to `window_frames` later has come by; colours never mix across a
    cut or between tracks. It holds the pixels of `window_frames` and one batch of frames at most.
    """

    def __init__(self, cuts: tuple[int, ...], window_frames: int, mode: ColourMatch) -> None:
        self._cuts, self._window_frames, self._mode = sorted(cuts), window_frames, mode
        self._colours: dict[tuple[int, int], deque[FaceColours]] = {}
        self._held: deque[DrawnFrame] = deque()
        self._newest = 0

    def add(self, drawn: DrawnFrame) -> None:
        """Take in the next frame."""
        self._newest = drawn.frame
        for item in drawn.faces:
            if item.colours is not None:
                self._colours.setdefault(self._key(item), deque()).append(item.colours)
        if drawn.region is not None:
            self._held.append(drawn)

    def ready(self, *, at_end: bool = False) -> Iterator[tuple[DrawnFrame, GradedFaces]]:
        """Frames whose neighbours have all been seen; all of them `at_end`."""
        while self._held and (at_end or self._held[0].frame + self._window_frames <= self._newest):
            drawn = self._held.popleft()
            yield drawn, [(item, self._map_of(item)) for item in drawn.faces]
        self._forget()

    def _key(self, item: DrawnFace) -> tuple[int, int]:
        """Which run of colours a face belongs to: its camera take and its track."""
        return bisect_right(self._cuts, item.face.frame), item.face.track

    def _map_of(self, item: DrawnFace) -> ColourMap:
        around = self._colours.get(self._key(item), ())
        return colour_map(smooth_colours(around, item.face.frame, self._window_frames), self._mode)

    def _forget(self) -> None:
        oldest = (self._held[0].frame if self._held else self._newest + 1) - self._window_frames
        for run in self._colours.values():
            while run and run[0].frame < oldest:
                run.popleft()


def with_neighbours(
    frames: tuple[int, ...], faces_in: dict[int, frozenset[int]], cuts: tuple[int, ...], window_frames: int
) -> tuple[int, ...]:
    """The frames to look at in order to render `frames`: themselves and what their colour windows reach.

    `faces_in`: frame -> tracks; a neighbour counts if it shows one of the same tracks within the same
    camera take.
    """
    take_of = {frame: bisect_right(sorted(cuts), frame) for frame in faces_in}
    wanted = set(frames)
    for frame in frames:
        for other in range(frame - window_frames, frame + window_frames + 1):
            if other in faces_in and take_of[other] == take_of[frame] and faces_in[other] & faces_in[frame]:
                wanted.add(other)
    return tuple(sorted(wanted))
