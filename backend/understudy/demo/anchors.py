"""Where the 478 landmarks sit on the base mesh, so that any posed head has exact landmark positions.

Each anchor is a point on the surface, found once by `find_anchors`: quick pictures of several heads in
mild poses are shown to the landmarker, and what it hits is averaged over heads and poses on the neutral
base mesh. So this truth says where the same spot of skin is in every frame. It measures how steadily a
landmarker follows the skin, not whether its idea of "mouth corner" is the right one, since that idea is
where the anchors come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from .head import HeadData, Person, posed
from .portrait import Light, Sitter, Surface, sitter, view, wall
from .rasteriser import Camera, Hits, rasterise, vertex_normals

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
Landmarker = Callable[[npt.NDArray[np.uint8]], "F32 | None"]

ANCHOR_FILE = Path(__file__).with_name("landmark_anchors.safetensors")
LANDMARKS = 478
FIRST_IRIS = 468
_POSES = ((0.0, 0.0), (12.0, 0.0), (-12.0, 0.0), (0.0, 8.0), (0.0, -8.0))
_MOUTH = {"jawOpen": 0.22}  # lips apart, so that upper and lower lip are told from each other


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """corners_K3: vertices of the head data. weights_K3: barycentric weights."""

    corners_K3: I32
    weights_K3: F32

    @classmethod
    def load(cls, path: Path = ANCHOR_FILE) -> Anchors:
        """Read the committed anchors."""
        arrays = load_file(path)
        return cls(corners_K3=arrays["corners_K3"], weights_K3=arrays["weights_K3"])

    def save(self, path: Path = ANCHOR_FILE) -> None:
        """Write the anchors beside this module."""
        save_file({"corners_K3": self.corners_K3, "weights_K3": self.weights_K3}, path)

    def on(self, vertices_V3: F32) -> F32:
        """Landmarks (478, 3) on a posed mesh, in decimetres."""
        return np.asarray(
            (vertices_V3[self.corners_K3] * self.weights_K3[:, :, None]).sum(axis=1), np.float32
        )


def find_anchors(data: HeadData, people: Sequence[Person], landmarker: Landmarker) -> Anchors:
    """Average what the landmarker hits over people and mild poses.

    landmarker: takes RGB (H, W, 3) uint8, returns landmarks (478, 2) in pixels with centres at
    half-integers, or None.
    """
    surface = Surface.of(data)
    camera = Camera(width_px=512, height_px=512, scale_px=190.0, centre_px=(256, 266), target=(0, 7.05, 1.0))
    total = np.zeros((LANDMARKS, 3))
    weight = np.zeros((LANDMARKS, 1))
    for person in people:
        who = sitter(surface, person)
        for yaw_deg, pitch_deg in _POSES:
            hits, facing, picture = _seen(who, camera, yaw_deg, pitch_deg)
            points = landmarker(picture)
            if points is None:
                continue
            rest, trust = _struck(surface, hits, facing, points, camera)
            total += rest * trust[:, None]
            weight += trust[:, None]
    return _on_surface(surface, camera, np.asarray(total / np.maximum(weight, 1e-9), np.float32))


def _seen(
    who: Sitter, camera: Camera, yaw_deg: float, pitch_deg: float
) -> tuple[Hits, F32, npt.NDArray[np.uint8]]:
    """What each pixel shows, how squarely it faces the camera, and the picture itself."""
    backdrop = wall(camera, colour=(0.15, 0.16, 0.17), seed=1)
    drawn = view(
        who, _MOUTH, yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=0.0,
        camera=camera, light=Light(), backdrop_HW3=backdrop,
    )  # fmt: skip
    xy, near = camera.project(drawn.vertices_V3)
    triangles = who.surface.triangles_T3
    hits = rasterise(xy, near, triangles, width_px=camera.width_px, height_px=camera.height_px)
    facing = hits.mix(vertex_normals(drawn.vertices_V3, triangles), triangles)[:, 2]
    return hits, facing, np.asarray(drawn.rgb_HW3 * 255 + 0.5, np.uint8)


def _struck(surface: Surface, hits: Hits, facing_N: F32, points_K2: F32, camera: Camera) -> tuple[F32, F32]:
    """Per landmark: the place on the neutral base mesh nearest under it, and how far to trust it."""
    part = surface.part_T[hits.triangle_N]
    centres = np.stack([hits.pixel_N % camera.width_px, hits.pixel_N // camera.width_px], axis=1) + 0.5
    rest = hits.mix(surface.data.vertices_V3, surface.triangles_T3)
    places = np.zeros((LANDMARKS, 3), np.float32)
    trust = np.zeros(LANDMARKS, np.float32)
    for k, point in enumerate(points_K2):
        on_eye = k >= FIRST_IRIS
        allowed = np.flatnonzero(((part == 1) | (part == 2)) if on_eye else ((part == 0) & (facing_N > 0.12)))
        away = np.square(centres[allowed] - point).sum(axis=1)
        row = int(allowed[np.argmin(away)])
        places[k] = rest[row]
        trust[k] = facing_N[row] / (1.0 + float(away.min()))
    return places, trust


def _on_surface(surface: Surface, camera: Camera, rest_K3: F32) -> Anchors:
    """The surface points of the neutral base mesh nearest to some places."""
    fine = camera.enlarged(3)
    corners = np.zeros((LANDMARKS, 3), np.int32)
    weights = np.zeros((LANDMARKS, 3), np.float32)
    best = np.full(LANDMARKS, np.inf)
    for yaw_deg in (0.0, 50.0, -50.0):  # seen from the sides too, or the jaw would have few points
        turned = posed(
            surface.data, surface.data.vertices_V3, _MOUTH, yaw_deg=yaw_deg, pitch_deg=0, roll_deg=0
        )
        xy, near = fine.project(turned)
        hits = rasterise(xy, near, surface.triangles_T3, width_px=fine.width_px, height_px=fine.height_px)
        part = surface.part_T[hits.triangle_N]
        cloud = hits.mix(surface.data.vertices_V3, surface.triangles_T3)
        skin, eyes = np.flatnonzero(part == 0), np.flatnonzero((part == 1) | (part == 2))
        for allowed, landmarks in ((skin, range(FIRST_IRIS)), (eyes, range(FIRST_IRIS, LANDMARKS))):
            places = cloud[allowed]
            for k in landmarks:
                away = np.square(places - rest_K3[k]) @ np.ones(3, np.float32)
                if float(away.min()) < best[k]:
                    best[k] = float(away.min())
                    row = allowed[int(np.argmin(away))]
                    corners[k] = surface.triangles_T3[hits.triangle_N[row]]
                    weights[k] = hits.weight_N3[row]
    return Anchors(corners_K3=corners, weights_K3=weights)
