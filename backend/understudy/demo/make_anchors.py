"""Finds the landmark anchors anew: `python -m understudy.demo.make_anchors --models FOLDER`.

The committed anchors came from this command, with Rowan, Mira and four strangers. It takes about a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.config import ExtractConfig
from understudy.demo.anchors import ANCHOR_FILE, Landmarker, find_anchors
from understudy.demo.head import HeadData
from understudy.demo.people import DONOR, PERFORMER, starter_cast
from understudy.faces.face_models import FaceModels, find_faces
from understudy.model_files import ModelFiles


def landmarker_of(models: FaceModels) -> Landmarker:
    """The face networks as `find_anchors` wants them."""

    def landmarks(rgb8_HW3: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | None:
        [found] = find_faces(models, [rgb8_HW3], ExtractConfig(), min_score=ExtractConfig().detector_score)
        return found[0][1].landmarks_K3[:, :2] if found else None

    return landmarks


def main() -> None:
    """Find the anchors and write them."""
    parser = argparse.ArgumentParser(description="Find where the 478 landmarks sit on the head mesh.")
    parser.add_argument("--models", type=Path, required=True, help="folder of the model files")
    parser.add_argument("--out", type=Path, default=ANCHOR_FILE, help="where to write the anchors")
    options = parser.parse_args()
    files = ModelFiles(options.models)
    data = HeadData.load(files.path("head_data"))
    landmarker = landmarker_of(FaceModels.load(files, threads=1))
    find_anchors(data, (PERFORMER, DONOR, *starter_cast(4)), landmarker).save(options.out)


if __name__ == "__main__":
    main()
