"""What the face networks see in one picture of a take, a plate or a truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.config import ExtractConfig
from understudy.domain.errors import NoFaceFound
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.faces.face_models import FaceModels, find_faces
from understudy.faces.identity import mean_embedding
from understudy.faces.landmarks import Mesh, two_passes
from understudy.faces.pose import head_pose
from understudy.faces.roi import roi_of_mesh

F32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_MIN_SCORE = 0.5


@dataclass(frozen=True, kw_only=True)
class FaceReading:
    """One face. landmarks_K3: picture pixels. expression_E: 0..1. embedding_D: unit. pose_3: degrees."""

    landmarks_K3: F32
    presence: float
    expression_E: F32
    embedding_D: F32
    pose_3: F32


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A person to compare with: the mean embedding, and the expression scores of the face at rest."""

    embedding_D: F32
    neutral_E: F32


def find_face(models: FaceModels, rgb8_HW3: Bytes, where: Rect) -> Mesh | None:
    """The largest face in and round `where` (the replaced part of the picture), looked for afresh."""
    height, width = rgb8_HW3.shape[:2]
    margin = max(16, max(where.width, where.height) // 2)
    part = where.expand(margin).intersect(Rect(0, 0, width, height))
    crop = np.ascontiguousarray(rgb8_HW3[part.y : part.y1, part.x : part.x1])
    [found] = find_faces(models, [crop], ExtractConfig(), min_score=_MIN_SCORE)
    if not found:
        return None
    _, mesh = max(found, key=lambda pair: float(pair[0].box_4[2] * pair[0].box_4[3]))
    shift = np.asarray([part.x, part.y, 0], np.float32)
    return Mesh(landmarks_K3=mesh.landmarks_K3 + shift, presence=mesh.presence)


def read_at(models: FaceModels, rgb8_HW3: Bytes, place: Mesh) -> FaceReading | None:
    """The face that stands where `place` does, in this or another version of its frame; or None."""
    least = ExtractConfig().min_presence
    [mesh] = two_passes(models.mesh, [(rgb8_HW3, roi_of_mesh(place.landmarks_K3))], min_presence=least)
    return _reading(models, rgb8_HW3, mesh) if mesh.presence >= least else None


def find_reading(models: FaceModels, rgb8_HW3: Bytes, where: Rect) -> FaceReading | None:
    """The largest face in and round `where`, read where it was found; None if there is none."""
    mesh = find_face(models, rgb8_HW3, where)
    return None if mesh is None else read_at(models, rgb8_HW3, mesh)


def _reading(models: FaceModels, rgb8_HW3: Bytes, mesh: Mesh) -> FaceReading:
    return FaceReading(
        landmarks_K3=mesh.landmarks_K3,
        presence=mesh.presence,
        expression_E=models.expression(mesh.landmarks_K3),
        embedding_D=models.identity.embed(rgb8_HW3, mesh.landmarks_K3),
        pose_3=head_pose(mesh.landmarks_K3[None])[0],
    )


def reference_of_faces(faces: ShotFaces) -> Reference:
    """The person of a shot's longest track. Raises: NoFaceFound."""
    if not faces.tracks:
        raise NoFaceFound("the reference footage has no track; extract a shot that shows the person")
    track = faces.of_track(faces.tracks[0])
    seen = track.select(~track.filled & (np.linalg.norm(track.embedding_ND, axis=1) > 0.5))
    if not len(seen):
        raise NoFaceFound("no face of the reference footage was recognised; extract a sharper or longer shot")
    return _reference(seen.embedding_ND, seen.expression_NE)


def reference_of_pictures(models: FaceModels, pictures: Sequence[Bytes]) -> Reference:
    """The person whose face is the largest in each picture. Raises: NoFaceFound."""
    readings = [find_reading(models, p, Rect(0, 0, p.shape[1], p.shape[0])) for p in pictures]
    found = [reading for reading in readings if reading is not None]
    if not found:
        raise NoFaceFound(
            "no reference picture shows a face; give pictures of the person seen from the front"
        )
    embeddings = np.stack([reading.embedding_D for reading in found])
    return _reference(embeddings, np.stack([reading.expression_E for reading in found]))


def _reference(embedding_ND: F32, expression_NE: F32) -> Reference:
    """At rest is the tenth of the frames with the least expression; their median counts."""
    order = np.argsort(expression_NE.sum(axis=1), kind="stable")
    calm = expression_NE[order[: max(1, len(order) // 10)]]
    return Reference(
        embedding_D=mean_embedding(embedding_ND), neutral_E=np.asarray(np.median(calm, axis=0), np.float32)
    )
