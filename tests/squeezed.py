"""Plates and faces as an anamorphic lens would give them, made from ordinary ones, for tests."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.face import ShotFaces
from understudy.domain.shot import Plate
from understudy.faces.shot_record import squeezed_faces
from understudy.media.video import open_plate, probe

Picture8 = npt.NDArray[np.uint8]


def squeezed_picture(picture_HW3: Picture8, aspect: float) -> Picture8:
    """The picture so many times narrower."""
    height, width = picture_HW3.shape[:2]
    size = (round(width / aspect), height)
    return np.asarray(cv2.resize(picture_HW3, size, interpolation=cv2.INTER_AREA), np.uint8)


def squeezed_shot(
    shot: tuple[Plate, ShotFaces], path: Path, aspect: Fraction = Fraction(2)
) -> tuple[Plate, ShotFaces]:
    """A drawn plate again with pixels so many times as wide as high."""
    plate, faces = shot
    with open_plate(plate) as reader, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=plate.rate, options={"crf": "4", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = round(plate.width / aspect), plate.height, "yuv444p"
        for shown in reader.frames(plate.frames):
            narrow = squeezed_picture(shown.picture.rgb8(), float(aspect))
            for packet in stream.encode(av.VideoFrame.from_ndarray(narrow, "rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return replace(probe(path), pixel_aspect=aspect), squeezed_faces(faces, float(aspect))
