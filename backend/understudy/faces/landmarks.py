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
