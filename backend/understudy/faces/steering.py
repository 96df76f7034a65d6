"""From the 68 landmarks of the 300-W annotation to the mesh's 478: the 68 say where, the mesh the rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.domain.face import LANDMARKS
from understudy.faces.align import face_squares
from understudy.faces.pose import head_pose
from understudy.faces.roi import Float

POINTS_68 = 68

# Which landmark of the mesh lies where each of the 68 does. Written from what both are defined as: the 68 run
# along the jaw from the performer's right ear at the height of the eyes to the left one, by equal steps, then
# over the brows, down the bridge of the nose, along its base, round the eyes and the lips. The jaw's were
# chosen by equal steps along the outline of the canonical mesh in face_landmarker.task, the nose's likewise.
# Source of the 68: Sagonas et al., "300 faces in-the-wild challenge", 2013, figure 1.
_JAW = (127, 234, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 356)
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_NOSE = (168, 197, 195, 4, 98, 97, 2, 326, 327)
_EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
_LIPS = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 81, 13, 311, 308, 402, 14, 178)
MESH_OF_68: npt.NDArray[np.intp] = np.array(_JAW + _BROWS + _NOSE + _EYES + _LIPS, np.intp)
"""The mesh's landmark for each of the 68, (68,)."""

RIGHT_EYE_68, LEFT_EYE_68 = slice(36, 42), slice(42, 48)
"""The performer's eyes among the 68."""

# From this turn of the head on, the jaw's points slide along the visible outline: they are no landmarks.
_OUTLINE_YAW_DEG = 25.0
_SMOOTHNESS = 2e-3  # in sides of the face: lips that touch may lie apart by less without tearing the mesh
_FAR_OFF = 0.25  # in sides of the face: a face that lies so far from the mesh's is another one


def fits(mesh_K3: Float, points_68: npt.NDArray[np.floating]) -> bool:
    """Whether the 68 points show the face that the mesh shows; square pixels."""
    if not np.isfinite(points_68).all():
        return False
    side = float(face_squares(mesh_K3[None])[0, 2])
    away = np.linalg.norm(mesh_K3[MESH_OF_68, :2] - points_68, axis=1)
    return bool(np.median(away[len(_JAW) :]) <= _FAR_OFF * side)


def steered(mesh_K3: Float, points_68: npt.NDArray[np.floating]) -> Float:
    """The mesh (478, 3) moved smoothly so that its landmarks meet the 68 points (68, 2); square pixels.

    An affine map takes the mesh's counterparts as close to the 68 as it can, and a smooth field, of the
    distance from each counterpart, takes what is left. Depth stays the mesh's. Where the head is turned far,
    the jaw's points are left out. Source of the field: Duchon, "Splines minimizing rotation-invariant
    semi-norms in Sobolev spaces", 1977, with the kernel |r| and an affine part.
    """
    used = np.arange(len(_JAW) if abs(head_pose(mesh_K3[None])[0, 1]) > _OUTLINE_YAW_DEG else 0, POINTS_68)
    side = float(face_squares(mesh_K3[None])[0, 2])
    middle = mesh_K3[:, :2].mean(0).astype(np.float64)
    mesh = (mesh_K3[:, :2] - middle) / side
    control = mesh[MESH_OF_68[used]]
    target = (np.asarray(points_68, np.float64)[used] - middle) / side
    count = len(used)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = -_apart(control, control) + _SMOOTHNESS * np.eye(count)
    system[:count, count:] = _affine(control)
    system[count:, :count] = _affine(control).T
    known = np.concatenate([target, np.zeros((3, 2))])
    weights = np.linalg.lstsq(system, known, rcond=None)[0]
    moved = np.hstack([-_apart(mesh, control), _affine(mesh)]) @ weights
    result = np.array(mesh_K3, np.float32)
    result[:, :2] = moved * side + middle
    return result


def _apart(a_N2: npt.NDArray[np.float64], b_M2: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.norm(a_N2[:, None] - b_M2[None], axis=2), np.float64)


def _affine(points_N2: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.hstack([points_N2, np.ones((len(points_N2), 1))])


def box_of_68(points_68: npt.NDArray[np.floating]) -> Float:
    """x, y, width, height of the box that a detector would draw round a face with these 68 points."""
    low, high = points_68.min(0), points_68.max(0)
    brow_px = 0.2 * (high[1] - low[1])  # detectors take in some forehead
    return np.array([low[0], low[1] - brow_px, high[0] - low[0], high[1] - low[1] + brow_px], np.float32)


assert len(MESH_OF_68) == POINTS_68 and MESH_OF_68.max() < LANDMARKS
