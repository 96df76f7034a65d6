"""The 478-point face mesh, in two passes, with a score that says whether there is a face at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from understudy.domain.face import LANDMARKS
from understudy.faces.align import invert_transform, transform_points
from understudy.faces.roi import Float, Picture, Roi, cut_out, roi_of_mesh

MESH_SIZE_PX = 256
_SAME_REGION = 0.4  # less overlap between the two passes: the second drifted to a neighbour

_SHIFT, _GROWTH, _TURN_RAD = 0.02, 0.04, 0.04  # of a further look: in sides, in sides, and an angle

Region = tuple[Picture, Roi]


class MeshNetwork(Protocol):
    """What runs `face_landmarks_detector.tflite`."""

    def __call__(self, crops_NHW3: npt.NDArray[np.uint8]) -> tuple[Float, Float]:
        """Landmarks (N, 478, 3) in pixels of the 256 px crops, and presence (N,) 0..1."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Mesh:
    """Landmarks of one face in plate pixels, (478, 3), and their presence score 0..1."""

    landmarks_K3: Float
    presence: float


class LiteRtMesh:
    """The mesh network on a CPU: faster there than OpenCV's, onnxruntime's and torch's."""

    def __init__(self, model: bytes, *, threads: int) -> None:
        self._net = Interpreter(model_content=model, num_threads=threads)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        outputs = {output["name"]: output["index"] for output in self._net.get_output_details()}
        self._points, self._presence = outputs["Identity"], outputs["Identity_1"]

    def __call__(self, crops_NHW3: npt.NDArray[np.uint8]) -> tuple[Float, Float]:
        points = np.empty((len(crops_NHW3), LANDMARKS, 3), np.float32)
        logits = np.empty(len(crops_NHW3), np.float32)
        for i, crop in enumerate(crops_NHW3):
            self._net.set_tensor(self._input, crop[None].astype(np.float32) / 255)
            self._net.invoke()
            points[i] = self._net.get_tensor(self._points).reshape(LANDMARKS, 3)
            logits[i] = self._net.get_tensor(self._presence).item()
        return points, sigmoid(logits)


def sigmoid(logits: Float) -> Float:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def one_pass(network: MeshNetwork, regions: Sequence[Region]) -> list[Mesh]:
    """The mesh in each region."""
    if not regions:
        return []
    matrices = [roi.matrix(MESH_SIZE_PX) for _, roi in regions]
    pictures = [picture for picture, _ in regions]
    crops = [cut_out(p, m, MESH_SIZE_PX) for p, m in zip(pictures, matrices, strict=True)]
    points_NK3, presence_N = network(np.stack(crops))
    meshes = []
    for points, presence, matrix, (_, roi) in zip(points_NK3, presence_N, matrices, regions, strict=True):
        landmarks = np.empty((LANDMARKS, 3), np.float32)
        landmarks[:, :2] = transform_points(invert_transform(matrix), points[:, :2])
        landmarks[:, 2] = points[:, 2] * (roi.side_px / MESH_SIZE_PX)
        meshes.append(Mesh(landmarks_K3=landmarks, presence=float(presence)))
    return meshes


def two_passes(network: MeshNetwork, regions: Sequence[Region], *, min_presence: float) -> list[Mesh]:
    """The mesh in each region, then again in the region that the first mesh spans: twice as exact.

    The second is taken only where it still shows the face of the first and is sure of it.
    """
    first = one_pass(network, regions)
    again = [
        (picture, roi_of_mesh(mesh.landmarks_K3)) for (picture, _), mesh in zip(regions, first, strict=True)
    ]
    pairs = zip(regions, again, first, strict=True)
    stayed = [
        mesh.presence >= min_presence / 2 and roi.overlap(new_roi) >= _SAME_REGION
        for (_, roi), (_, new_roi), mesh in pairs
    ]
    second = iter(one_pass(network, [region for region, good in zip(again, stayed, strict=True) if good]))
    chosen = []
    for mesh, good in zip(first, stayed, strict=True):
        better = next(second) if good else mesh
        chosen.append(better if better.presence >= min(min_presence, mesh.presence) else mesh)
    return chosen


def averaged(
    network: MeshNetwork,
    regions: Sequence[Region],
    meshes: Sequence[Mesh],
    *,
    looks: int,
    min_presence: float,
) -> list[Mesh]:
    """Each mesh averaged with further looks at its face through slightly shifted, scaled and turned regions.

    The network's error depends on where the pixels fall in its input, so that it averages out. The regions
    are drawn from a fixed seed, the same for every frame: other ones in each frame would add their own
    jitter. A look that is not sure of the face does not count. With no looks the meshes come back untouched.
    """
    if looks == 0 or not meshes:
        return list(meshes)
    sums = [mesh.landmarks_K3.astype(np.float64) for mesh in meshes]
    counts = [1] * len(meshes)
    rois = [roi_of_mesh(mesh.landmarks_K3) for mesh in meshes]
    for look in range(looks):
        shaken = [(picture, _shaken(roi, look)) for (picture, _), roi in zip(regions, rois, strict=True)]
        for i, seen in enumerate(one_pass(network, shaken)):
            stayed = rois[i].overlap(roi_of_mesh(seen.landmarks_K3)) >= _SAME_REGION
            if seen.presence >= min_presence and stayed:
                sums[i] += seen.landmarks_K3
                counts[i] += 1
    return [
        Mesh(landmarks_K3=(total / count).astype(np.float32), presence=mesh.presence)
        for mesh, total, count in zip(meshes, sums, counts, strict=True)
    ]


def _shaken(roi: Roi, look: int) -> Roi:
    """The region of a further look; every second one is the opposite of the one before."""
    side = 1.0 if look % 2 == 0 else -1.0
    right, down, growth, turn = side * np.random.default_rng([0x10C5, look // 2]).uniform(-1, 1, 4)
    return Roi(
        roi.x + _SHIFT * roi.side_px * float(right),
        roi.y + _SHIFT * roi.side_px * float(down),
        roi.side_px * (1 + _GROWTH * float(growth)),
        roi.turn_rad + _TURN_RAD * float(turn),
    )
