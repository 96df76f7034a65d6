"""Which of the faces that the machine found models may learn from, as artists say, and under which track."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import AddFace, CurateFaces, MergeTracks, RemoveFaces, SplitTrack
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import ShotFaces
from understudy.domain.time import FrameRange, format_frames
from understudy.solve.solve import replay

_DECIDE = (AddFace, RemoveFaces, MergeTracks, SplitTrack, CurateFaces)


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """One value per found face. track_N: its track's number after all edits; dropped_N: it is kept out."""

    track_N: npt.NDArray[np.int32]
    dropped_N: npt.NDArray[np.bool_]


def learning(faces: ShotFaces, edits: Sequence[EditEntry], *, frames: FrameRange) -> Learning:
    """What the standing edits say of every found face. Models learn from found faces, never from solved ones.

    A dropped face stays dropped when its track is merged, split, or renumbered by another extraction.
    """
    tracks = replay(faces, [edit for edit in edits if isinstance(edit.action, _DECIDE)], frames=frames).tracks
    return Learning(track_N=tracks.track_B, dropped_N=tracks.dropped_B)


def dropped_frames(faces: ShotFaces, edits: Sequence[EditEntry], *, frames: FrameRange) -> dict[int, str]:
    """Frames of the faces that are kept out, by the track that extraction gave them."""
    if not any(isinstance(edit.action, CurateFaces) for edit in edits):
        return {}
    out = learning(faces, edits, frames=frames).dropped_N
    return {
        int(track): _text(faces.frame[out & (faces.track == track)]) for track in np.unique(faces.track[out])
    }


def _text(frames: Iterable[np.int32]) -> str:
    return format_frames([int(frame) for frame in frames])
