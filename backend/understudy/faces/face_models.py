"""All networks that look at faces, loaded once."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from understudy.config import ExtractConfig
from understudy.domain.errors import ModelFileCorrupt
from understudy.faces.detector import Detection, FaceDetector
from understudy.faces.expression import ExpressionNetwork
from understudy.faces.identity import IdentityNetwork
from understudy.faces.landmarks import LiteRtMesh, Mesh, MeshNetwork, averaged, two_passes
from understudy.faces.roi import Picture
from understudy.model_files import ModelFiles

if TYPE_CHECKING:
    from understudy.faces.fan import Fan

Engine = Literal["mesh", "face-alignment"]

MESH_MEMBER = "face_landmarks_detector.tflite"
EXPRESSION_MEMBER = "face_blendshapes.tflite"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceModels:
    """Detector, mesh, expression and identity networks. For one thread.

    fan: another landmark network, which says where the mesh's landmarks lie.
    """

    detector: FaceDetector
    mesh: MeshNetwork
    expression: ExpressionNetwork
    identity: IdentityNetwork
    fan: Fan | None = None

    @classmethod
    def load(
        cls, files: ModelFiles, *, device: str = "cpu", threads: int = 2, engine: Engine = "mesh"
    ) -> FaceModels:
        """Load the pinned files. On a GPU (`cuda`, `mps`) the landmark networks run there.

        Raises: ModelFileMissing, ModelFileCorrupt; BadSettings for an engine whose package is not installed.
        """
        fan = None
        if engine == "face-alignment":
            from understudy.faces.fan import Fan, fan_file

            fan = Fan(fan_file(files.folders), device=device, threads=threads)
        task = files.path("face_landmarker")
        mesh: MeshNetwork
        if device == "cpu":
            mesh = LiteRtMesh(task_member(task, MESH_MEMBER), threads=max(1, threads))
        else:
            from understudy.faces.tflite_torch import TorchMesh  # torch takes seconds to load

            mesh = TorchMesh(task_member(task, MESH_MEMBER), device=device)
        return cls(
            detector=FaceDetector(files.path("yunet")),
            mesh=mesh,
            expression=ExpressionNetwork(task_member(task, EXPRESSION_MEMBER)),
            identity=IdentityNetwork(files.path("sface")),
            fan=fan,
        )


def task_member(task: Path, name: str) -> bytes:
    """One network out of the `.task` archive. Raises: ModelFileCorrupt."""
    try:
        with zipfile.ZipFile(task) as archive:
            return archive.read(name)
    except (KeyError, zipfile.BadZipFile) as cause:
        raise ModelFileCorrupt(f"{task} holds no readable {name}; pull the models again") from cause


def find_faces(
    models: FaceModels, pictures: Sequence[Picture], config: ExtractConfig, *, min_score: float
) -> list[list[tuple[Detection, Mesh]]]:
    """Detections with their meshes, for each RGB picture (H, W, 3). The meshes run as one batch."""
    detections = [
        models.detector.detect(
            picture,
            longer_side_px=config.detector_size_px,
            min_score=min_score,
            min_face_px=config.min_face_px,
        )
        for picture in pictures
    ]
    pairs = zip(pictures, detections, strict=True)
    regions = [(picture, face.roi) for picture, faces in pairs for face in faces]
    found = two_passes(models.mesh, regions, min_presence=config.min_presence)
    looks, least = config.perturbations, config.min_presence
    meshes = iter(averaged(models.mesh, regions, found, looks=looks, min_presence=least))
    placed = []
    for picture, faces in zip(pictures, detections, strict=True):
        own = [next(meshes) for _ in faces]
        if models.fan is not None:
            own = models.fan.steered(picture, own, [face.box_4 for face in faces])
        placed.append(list(zip(faces, own, strict=True)))
    return placed
