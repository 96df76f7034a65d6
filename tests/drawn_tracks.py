"""Face records by formula: heads that walk through the picture, with a little tremble."""

from __future__ import annotations

import numpy as np

from understudy.domain.face import EMBEDDING, EXPRESSIONS, LANDMARKS, ShotFaces
from understudy.domain.time import FrameRange
from understudy.faces.align import MEAN_FACE, MEAN_FACE_POINTS


def drawn_faces(tracks: dict[int, FrameRange], *, cuts: tuple[int, ...] = (), seed: int = 1) -> ShotFaces:
    """A face per frame of every track, 100 px high, track n beginning at x = 100 + 300 n."""
    random = np.random.default_rng(seed)
    rest = random.random((LANDMARKS, 2))
    rest[MEAN_FACE_POINTS] = MEAN_FACE
    places = sorted((frame, track) for track, frames in tracks.items() for frame in frames)
    count = len(places)
    landmarks = np.zeros((count, LANDMARKS, 3), np.float32)
    for row, (frame, track) in enumerate(places):
        corner = (100 + 300 * track + 0.5 * (frame - 1000), 80 + 0.25 * (frame - 1000))
        landmarks[row, :, :2] = rest * 100 + corner + random.normal(0, 0.3, (LANDMARKS, 2))
    low, high = landmarks[:, :, :2].min(1), landmarks[:, :, :2].max(1)
    embedding = np.zeros((count, EMBEDDING), np.float32)
    embedding[np.arange(count), [track for _, track in places]] = 1
    return ShotFaces(
        frame=np.array([frame for frame, _ in places], np.int32),
        track=np.array([track for _, track in places], np.int32),
        box_N4=np.hstack([low, high - low]).astype(np.float32),
        landmarks_NK3=landmarks,
        presence=np.full(count, 0.95, np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        embedding_ND=embedding,
        pose_N3=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, np.bool_),
        cuts=cuts,
    )
