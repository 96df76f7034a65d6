"""Drawn plates as scene-linear EXR sequences, with light that no screen can show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR
from tests.drawn_plates import drawn_plate

from understudy.domain.face import ShotFaces
from understudy.domain.shot import Plate
from understudy.media.colour import to_linear
from understudy.media.video import open_plate
from understudy.networks.checkpoint import LoadedSwapper
from understudy.stages.ingest import ingest

WINDOW_LIGHT, SPECULAR = 16.0, 3.0
SPECULAR_POINT = 50  # a landmark on the cheek


def lit_plate(
    folder: Path, *, frames: int = 2, space: str = "ACEScg", face_height_px: float = 60.0
) -> tuple[Plate, ShotFaces]:
    """A drawn face before a window of 16.0, with a specular of 3.0 on its cheek, in half floats.

    Besides, one pixel of the window at the very edge of the face is NaN, one far away infinite, one negative.
    """
    plate, faces = drawn_plate(folder / "drawn.mp4", frames=frames, face_height_px=face_height_px)
    pictures = folder / "pictures"
    pictures.mkdir()
    for item in open_plate(plate).frames(plate.frames):
        light = to_linear(item.picture.region(plate.display_window), plate.colour)
        points = faces.landmarks_NK3[faces.frame == item.frame][0, :, :2]
        write_lit_picture(pictures / f"lit.{item.frame}.exr", light, points)
    made = ingest(pictures / "lit.####.exr", colour_space=space)
    return made, faces


def write_lit_picture(
    target: Path, light_HW3: npt.NDArray[np.float32], points_K2: npt.NDArray[np.float32]
) -> None:
    edge = int(points_K2[:, 0].max()) + 1
    light_HW3[:, edge:] = WINDOW_LIGHT
    x, y = np.rint(points_K2[SPECULAR_POINT]).astype(int)
    light_HW3[y - 4 : y + 5, x - 4 : x + 5] = SPECULAR
    light_HW3[int(points_K2[:, 1].mean()), edge + 1] = np.nan
    light_HW3[1, 1], light_HW3[2, 2] = np.inf, -0.25
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {"RGB": light_HW3.astype(np.float16)}
    with OpenEXR.File(header, channels) as file:
        file.write(str(target))


def seeing(swapper: LoadedSwapper, encoding: str) -> LoadedSwapper:
    """The same network, said to see another encoding."""
    return replace(swapper, card=replace(swapper.card, encoding=encoding))
