"""From the renderer's linear light to display pictures, and from a pose to exact truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from understudy.domain.errors import BadInput

from .anchors import FIRST_IRIS, LANDMARKS, Anchors
from .figure import Figure, Moment, moment
from .jobs import Camera
from .performance import Pose
from .truth import Truth, truth_of_poses

F32 = npt.NDArray[np.float32]

EXPOSURE = 0.8
IRIS_EDGE = 0.44  # of the eyeball's radius; where the painted iris ends
CORNEA_FRONT = 1.08
_IRIS_OF_SIDE = {"right": 468, "left": 473}


def read_render(path: Path) -> tuple[F32, F32]:
    """Linear light with alpha (H, W, 4), premultiplied, and the visible face matte (H, W).

    Raises: BadInput.
    """
    try:
        with OpenEXR.File(str(path)) as file:
            planes = {name: np.asarray(c.pixels, np.float32) for name, c in file.channels().items()}
    except RuntimeError as cause:
        raise BadInput(f"cannot read the render {path}: {cause}; delete it and render again") from cause
    picture = next(plane for name, plane in planes.items() if "Combined" in name and plane.ndim == 3)
    matte = next(plane for name, plane in planes.items() if ".face" in name)
    return picture, np.clip(matte if matte.ndim == 2 else matte[..., 0], 0.0, 1.0)


def over_ground(picture_HW4: F32, ground_HW4: F32) -> F32:
    """The rendered part over the picture of the empty set, (H, W, 3) linear."""
    return np.asarray(picture_HW4[..., :3] + (1 - picture_HW4[..., 3:4]) * ground_HW4[..., :3], np.float32)


def display(linear_HW3: F32, *, exposure: float = EXPOSURE) -> F32:
    """Display code values 0..1: a filmic curve, then the sRGB transfer.

    Source: K. Narkowicz, ACES Filmic Tone Mapping Curve, 2015.
    """
    x = np.maximum(linear_HW3, 0.0) * exposure
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    return np.asarray(np.where(film < 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055), np.float32)


def metered(linear_HW3: F32, matte_HW: F32, *, target: float) -> float:
    """The exposure that brings the face's mean light to `target`; for pictures in any light."""
    weight = matte_HW / max(float(matte_HW.sum()), 1e-6)
    light = float((linear_HW3.mean(axis=2) * weight).sum())
    return target / max(light, 1e-4)


def landmarks_of(figure: Figure, now: Moment, camera: Camera, anchors: Anchors) -> F32:
    """The 478 landmarks (478, 2) in pixels: anchors on the refined skin, and the iris as it is painted."""
    # Refinement keeps the numbers of the coarse vertices, so anchors hold on the smooth surface too.
    points = anchors.on(now.vertices["skin"])
    rest = anchors.on(figure.data.vertices_V3)
    for side, first in _IRIS_OF_SIDE.items():
        eye = now.eyes[side]
        around = rest[first + 1 : first + 5, :2] - rest[first, :2]
        around = IRIS_EDGE * around / np.linalg.norm(around, axis=1, keepdims=True)
        ring = np.concatenate([around, np.full((4, 1), np.sqrt(1 - IRIS_EDGE**2))], axis=1)
        local = np.concatenate([np.asarray([[0.0, 0.0, CORNEA_FRONT]]), ring]) * eye.radius_dm
        points[first : first + 5] = local @ eye.turn_33.T + eye.centre_3
    return project(camera, points)


def project(camera: Camera, points_N3: F32) -> F32:
    """Pixels (N, 2) of places in the scene; the centre of the top left pixel is (0.5, 0.5)."""
    eye = np.asarray(camera.eye_dm, np.float32)
    away = eye[2] - camera.focus_z_dm
    px_per_dm = camera.width_px / camera.width_dm * away / (eye[2] - points_N3[:, 2])
    x = camera.width_px / 2 + (points_N3[:, 0] - eye[0]) * px_per_dm
    y = camera.height_px / 2 - (points_N3[:, 1] - eye[1]) * px_per_dm
    return np.stack([x, y], axis=1).astype(np.float32)


def truth_of(figure: Figure, poses: Sequence[Pose], camera: Camera, anchors: Anchors) -> Truth:
    """Exact truth of the figure in these poses."""
    landmarks = np.empty((len(poses), LANDMARKS, 2), np.float32)
    for index, pose in enumerate(poses):
        landmarks[index] = landmarks_of(figure, moment(figure, pose), camera, anchors)
    return truth_of_poses(poses, landmarks, sorted(figure.data.expressions), boxed=FIRST_IRIS)
