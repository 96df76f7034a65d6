"""Track numbers that outlive another extraction, since edits and bindings name tracks by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count

import numpy as np

from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.faces.roi import box_overlap

_SAME_PLACE = 0.5  # overlap of two boxes on one frame that are of the same face


def with_numbers_of(found: ShotFaces, before: ShotFaces) -> ShotFaces:
    """The faces that were found now, each track under the number of the earlier track that lay where it lies.

    That is the one with which it shares the most faces. A track that shares none gets a number that was not
    used before, so that an edit of a track which has gone is never taken for an edit of another.
    """
    shared: Counter[tuple[int, int]] = Counter()
    for row in np.flatnonzero(found.track != NO_TRACK):
        start, end = np.searchsorted(before.frame, (found.frame[row], found.frame[row] + 1))
        for other in range(int(start), int(end)):
            overlap = box_overlap(found.box_N4[row], before.box_N4[other])
            if before.track[other] != NO_TRACK and overlap >= _SAME_PLACE:
                shared[int(found.track[row]), int(before.track[other])] += 1
    numbers = {NO_TRACK: NO_TRACK}
    for (now, then), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if now not in numbers and then not in numbers.values():
            numbers[now] = then
    fresh = count(max(before.tracks, default=-1) + 1)
    numbers |= {now: next(fresh) for now in sorted(found.tracks) if now not in numbers}
    track = np.array([numbers[int(number)] for number in found.track], found.track.dtype)
    return replace(found, track=track).select(np.lexsort((track, found.frame)))
