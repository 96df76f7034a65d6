"""Plates with drawn faces for tests and benchmarks: an oval with features, moving over a soft background.

The record of faces that goes with them is exact, since the picture is drawn from it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.face import EMBEDDING, EXPRESSIONS, LANDMARKS, ShotFaces
from understudy.domain.shot import Plate
from understudy.media.video import probe

MESH_XYZ = np.loadtxt(Path(__file__).parent / "data" / "canonical_mesh.txt")
MESH_HEIGHT = 17.664  # of the canonical mesh's outline, cm


def mesh_in_plate(
    centre_xy: tuple[float, float], height_px: float, *, roll_deg: float = 0.0
) -> npt.NDArray[np.float32]:
    """The canonical mesh as 478 landmarks (478,3) in plate pixels, irises between the eye corners."""
    scale, roll = height_px / MESH_HEIGHT, np.radians(roll_deg)
    points = MESH_XYZ * [1, -1, -1] * scale
    turn = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = points @ turn + [*centre_xy, 0]
    irises = np.repeat([points[[33, 133]].mean(0), points[[362, 263]].mean(0)], 5, axis=0)
    return np.concatenate([points, irises]).astype(np.float32)


def draw_face(
    picture_HW3: npt.NDArray[np.uint8], landmarks_K3: npt.NDArray[np.float32], skin: tuple[int, int, int]
) -> None:
    """Draw an oval with eyes and a mouth where the landmarks say, in place."""
    points = np.ascontiguousarray(landmarks_K3[:, :2])
    outline = cv2.convexHull(points)
    cv2.fillConvexPoly(picture_HW3, np.round(outline).astype(np.int32), skin, cv2.LINE_AA)
    width = float(np.ptp(points[:, 0]))
    for iris in (468, 473):
        cv2.circle(
            picture_HW3,
            tuple(int(v) for v in points[iris]),
            max(1, int(width / 14)),
            (40, 40, 60),
            -1,
            cv2.LINE_AA,
        )
    left, right = (tuple(int(v) for v in points[k]) for k in (61, 291))
    cv2.line(picture_HW3, left, right, (150, 60, 70), max(1, int(width / 20)), cv2.LINE_AA)


def drawn_plate(
    path: Path,
    *,
    frames: int,
    size_wh: tuple[int, int] = (160, 120),
    face_height_px: float = 60.0,
    faces: int = 1,
    without: frozenset[int] = frozenset(),
    cuts: tuple[int, ...] = (),
    crf: int = 10,
    grain_codes: float = 2.0,
) -> tuple[Plate, ShotFaces]:
    """Write a movie with drawn faces; return it with their record. Frames in `without` have no face."""
    rng = np.random.default_rng(7)
    width, height = size_wh
    ramp = np.linspace(60, 150, width)[None, :, None] + np.linspace(-30, 30, height)[:, None, None]
    empty = np.clip(ramp + np.array([10, 0, -10]), 0, 255).astype(np.uint8)
    landmarks, rows = [], []
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(24), options={"crf": str(crf), "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            picture = empty.copy()
            for track in range(faces if 1001 + index not in without else 0):
                x = width * (track + 1) / (faces + 1) + face_height_px * 0.1 * np.sin(index / 5)
                mesh = mesh_in_plate((x, height * 0.52), face_height_px, roll_deg=4 * np.sin(index / 7))
                light = 1 + 0.1 * np.sin(index / 9)
                red, green, blue = ((205, 160, 135), (140, 100, 80))[track % 2]
                draw_face(picture, mesh, (int(red * light), int(green * light), int(blue * light)))
                landmarks.append(mesh)
                rows.append((1001 + index, track))
            grain = rng.standard_normal((height, width, 1), np.float32) * np.float32(grain_codes)
            grainy = np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(grainy, "rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return probe(path), exact_faces(rows, landmarks, cuts=cuts)


def exact_faces(
    rows: list[tuple[int, int]], landmarks: list[npt.NDArray[np.float32]], *, cuts: tuple[int, ...] = ()
) -> ShotFaces:
    """A record of faces from (frame, track) and landmarks."""
    count = len(rows)
    points = np.array(landmarks, np.float32).reshape(count, LANDMARKS, 3)
    low, high = (
        (points[..., :2].min(1), points[..., :2].max(1)) if count else (np.zeros((0, 2)), np.zeros((0, 2)))
    )
    return ShotFaces(
        frame=np.array([frame for frame, _ in rows], np.int32),
        track=np.array([track for _, track in rows], np.int32),
        box_N4=np.concatenate([low, high - low], axis=1).astype(np.float32),
        landmarks_NK3=points,
        presence=np.ones(count, np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        embedding_ND=np.zeros((count, EMBEDDING), np.float32),
        pose_N3=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, bool),
        cuts=cuts,
    )
