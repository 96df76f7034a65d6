"""Face records without pictures, and edits on them, for tests of the solve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Action, MoveLandmarks
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import EMBEDDING, EXPRESSIONS, LANDMARKS, ShotFaces
from understudy.domain.solved import SolvedShot
from understudy.faces.align import MEAN_FACE_POINTS, MEAN_HEAD

Float = npt.NDArray[np.float32]
SIDE_PX = 150.0


def layout(side_px: float = SIDE_PX) -> Float:
    """An upright face (478, 3) whose square has its corner at 0, 0."""
    points = np.random.default_rng(7).uniform(0.1, 0.9, (LANDMARKS, 3))
    points[MEAN_FACE_POINTS] = MEAN_HEAD
    return np.asarray(points * side_px, np.float32)


def faces_of(
    tracks: Mapping[int, Sequence[int]],
    *,
    cuts: tuple[int, ...] = (),
    noise_px: float = 0.3,
    presence: float = 0.98,
    seed: int = 1,
) -> ShotFaces:
    """Faces of some tracks on some frames, drifting to the right; every track 300 px below the one before."""
    rng = np.random.default_rng(seed)
    rows = sorted((frame, track) for track, frames in tracks.items() for frame in frames)
    count = len(rows)
    landmarks = np.zeros((count, LANDMARKS, 3), np.float32)
    for i, (frame, track) in enumerate(rows):
        shared, own = rng.normal(0, noise_px, (1, 3)), rng.normal(0, noise_px, (LANDMARKS, 3))
        place = np.array([100 + 1.5 * (frame - 1001), 50 + 300 * track, 0])
        landmarks[i] = layout() + place + shared + own
    low, high = landmarks[:, :, :2].min(1), landmarks[:, :, :2].max(1)
    return ShotFaces(
        frame=np.array([frame for frame, _ in rows], np.int32),
        track=np.array([track for _, track in rows], np.int32),
        box_N4=np.concatenate([low, high - low], axis=1),
        landmarks_NK3=landmarks,
        presence=np.full(count, presence, np.float32),
        expression_NE=np.full((count, EXPRESSIONS), 0.25, np.float32),
        embedding_ND=np.full((count, EMBEDDING), EMBEDDING**-0.5, np.float32),
        pose_N3=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, np.bool_),
        cuts=cuts,
    )


def done(*actions: Action) -> list[EditEntry]:
    """Standing edits with revisions from 1."""
    return [
        EditEntry(revision=i, author="ada", at="2026-01-01T00:00:00Z", action=action)
        for i, action in enumerate(actions, 1)
    ]


def moved(
    faces: ShotFaces, track: int, frame: int, points: Sequence[int], by: tuple[float, float]
) -> MoveLandmarks:
    """A landmark key that lies `by` pixels from the machine's landmarks."""
    row = int(np.flatnonzero((faces.track == track) & (faces.frame == frame))[0])
    to = faces.landmarks_NK3[row, list(points), :2].astype(float) + by
    return MoveLandmarks(track=track, frame=frame, points=tuple(points), to=tuple(to.reshape(-1).tolist()))


def landmarks_at(solved: SolvedShot, track: int, frame: int) -> Float:
    """Landmarks (478, 3) of one face."""
    return solved.faces.landmarks_NK3[row_at(solved, track, frame)]


def row_at(solved: SolvedShot, track: int, frame: int) -> int:
    [row] = np.flatnonzero((solved.faces.track == track) & (solved.faces.frame == frame))
    return int(row)


def frames_of(solved: SolvedShot, track: int) -> list[int]:
    return [int(frame) for frame in solved.faces.frame[solved.faces.track == track]]
