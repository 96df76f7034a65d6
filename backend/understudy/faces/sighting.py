"""One face seen in one frame, and looking at a frame again."""

from __future__ import annotations

from dataclasses import dataclass

from understudy.faces.crop_quality import crop_sharpness
from understudy.faces.face_models import FaceModels
from understudy.faces.landmarks import Mesh, averaged, two_passes
from understudy.faces.roi import Float, Picture, Roi, box_of_mesh
from understudy.faces.steering import MESH_OF_68, box_of_68


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One face in one frame, in plate pixels. `score` is the detector's, 0 where only the mesh found it."""

    frame: int
    landmarks_K3: Float
    presence: float
    score: float
    expression_E: Float
    sharpness: float
    embedding_D: Float | None = None

    @property
    def box_4(self) -> Float:
        return box_of_mesh(self.landmarks_K3)


class FrameLook:
    """The frame in hand, an RGB picture (H, W, 3), with the networks to look at it."""

    def __init__(
        self,
        models: FaceModels,
        frame: int,
        picture_HW3: Picture,
        *,
        min_presence: float,
        perturbations: int = 0,
    ) -> None:
        self._models, self._frame, self._picture = models, frame, picture_HW3
        self._min_presence, self._perturbations = min_presence, perturbations

    def sighting(self, mesh: Mesh, *, score: float) -> Sighting:
        """All that is measured of one face, but for its identity."""
        return Sighting(
            frame=self._frame,
            landmarks_K3=mesh.landmarks_K3,
            presence=mesh.presence,
            score=score,
            expression_E=self._models.expression(mesh.landmarks_K3),
            sharpness=crop_sharpness(self._picture, mesh.landmarks_K3),
        )

    def again(self, rois: list[Roi]) -> list[Sighting]:
        """The mesh in some regions, for faces that the detector did not see."""
        regions = [(self._picture, roi) for roi in rois]
        found = two_passes(self._models.mesh, regions, min_presence=self._min_presence)
        meshes = averaged(
            self._models.mesh,
            regions,
            found,
            looks=self._perturbations,
            min_presence=self._min_presence,
        )
        if self._models.fan is not None:
            boxes = [box_of_68(mesh.landmarks_K3[MESH_OF_68, :2]) for mesh in meshes]
            meshes = self._models.fan.steered(self._picture, meshes, boxes)
        return [self.sighting(mesh, score=0.0) for mesh in meshes]

    def embed(self, landmarks_K3: Float) -> Float:
        """Identity (128,) of a face."""
        return self._models.identity.embed(self._picture, landmarks_K3)
