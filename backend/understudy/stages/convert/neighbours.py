"""Which frames have a say in which: for what is rendered, what is read for it, and what is hashed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping

from understudy.config import ConvertConfig


def reach_of(config: ConvertConfig) -> int:
    """How many frames to either side have a say in a frame with these settings."""
    colours = 0 if config.colour_match == "none" else config.colour_window_frames
    steadied = config.temporal_window_frames if config.temporal > 0 else 0
    return max(colours, steadied, 1 if config.motion_blur > 0 else 0)


def with_neighbours(
    frames: tuple[int, ...],
    faces_in: Mapping[int, frozenset[int]],
    cuts: tuple[int, ...],
    reach: Callable[[int], int],
) -> tuple[int, ...]:
    """The frames to look at in order to render `frames`: themselves and what their windows reach.

    `faces_in`: frame -> tracks; a neighbour counts if it shows one of the same tracks within the same
    camera take. `reach` gives a frame's window in frames to either side.
    """
    edges = sorted(cuts)
    wanted = set(frames)
    for frame in frames:
        tracks, take = faces_in.get(frame, frozenset()), bisect_right(edges, frame)
        for other in range(frame - reach(frame), frame + reach(frame) + 1):
            if faces_in.get(other, frozenset()) & tracks and bisect_right(edges, other) == take:
                wanted.add(other)
    return tuple(sorted(wanted))
