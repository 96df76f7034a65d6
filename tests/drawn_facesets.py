"""Facesets of drawn faces for tests: an oval, eyes and a mouth that move, in a person's own colours."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.networks.faceset import LoadedFaceset, stored_size


def drawn_faceset(person_id: str, *, seed: int, size_px: int = 64, count: int = 12) -> LoadedFaceset:
    """`count` crops; the seed decides colours and performance."""
    rng = np.random.default_rng(seed)
    side = stored_size(size_px)
    skin, wall, lips = (rng.integers(60, 230, 3) for _ in range(3))
    landmarks = np.zeros((count, 478, 2), np.float32)
    crops = np.zeros((count, side, side, 3), np.uint8)
    mattes = np.zeros((count, side, side), np.uint8)
    for i in range(count):
        centre = side / 2 + rng.normal(0, side / 40, 2)
        crops[i] = wall
        oval = (tuple(int(c) for c in centre), (side // 4, side // 3), 0, 0, 360)
        cv2.ellipse(crops[i], *oval, color=skin.tolist(), thickness=-1)
        cv2.ellipse(mattes[i], *oval, color=255, thickness=-1)
        mouth = (int(centre[0]), int(centre[1] + side / 6))
        opened = int(rng.integers(1, side // 16))
        cv2.ellipse(crops[i], mouth, (side // 10, opened), 0, 0, 360, lips.tolist(), -1)
        for sign in (-1, 1):
            eye = (int(centre[0] + sign * side / 9), int(centre[1] - side / 9))
            cv2.circle(crops[i], eye, side // 24, (20, 20, 30), -1)
        landmarks[i] = centre + rng.normal(0, side / 8, (478, 2))
    return LoadedFaceset(
        person_id=person_id,
        crop_type="full",
        crops_NKK3=crops,
        matte_NKK=mattes,
        landmarks_NL2=landmarks,
        pose_N3=np.zeros((count, 3), np.float32),
        expression_NE=np.zeros((count, 52), np.float32),
        sharpness=np.ones(count, np.float32),
        source=np.zeros(count, np.int32),
        frame=np.arange(1001, 1001 + count, dtype=np.int32),
        sources=("0" * 64,),
        sha256=f"{seed:064x}",
    )
