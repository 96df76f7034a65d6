"""Who is it: a 128-number embedding of a face with SFace."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.face import EMBEDDING
from understudy.faces.align import similarity
from understudy.faces.roi import Float, Picture, cut_out

IDENTITY_SIZE_PX = 112

# Where SFace wants eyes, nose tip and mouth corners in its 112 px crop (OpenCV's FaceRecognizerSF), as
# integer-centred pixels, hence the half; and the landmarks that mark them: iris centres, nose, mouth corners.
_WANTED_52 = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
                       [70.7299, 92.2041]]) + 0.5  # fmt: skip
_MARKS = np.array([468, 473, 1, 61, 291], np.intp)


def identity_transform(landmarks_KC: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The similarity (2, 3) from plate pixels to the 112 px crop that the identity network looks at."""
    return similarity(landmarks_KC[_MARKS, :2], _WANTED_52)


class IdentityNetwork:
    """SFace (2021dec, int8 weights). Not safe for use by two threads at once."""

    def __init__(self, model: Path) -> None:
        self._net = cv2.FaceRecognizerSF.create(str(model), "")

    def embed_crop(self, crop_HW3: Picture) -> Float:
        """Unit vector (128,) of an aligned RGB crop (112, 112, 3)."""
        feature = self._net.feature(cv2.cvtColor(crop_HW3, cv2.COLOR_RGB2BGR))
        vector = np.asarray(feature, np.float32).reshape(EMBEDDING)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)

    def embed(self, picture_HW3: Picture, landmarks_KC: npt.NDArray[np.floating]) -> Float:
        """Unit vector (128,) of a face in an RGB picture; landmarks (478, 2 or 3) in its pixels."""
        matrix = identity_transform(landmarks_KC)
        return self.embed_crop(cut_out(picture_HW3, matrix, IDENTITY_SIZE_PX))


def mean_embedding(embeddings_ND: Float) -> Float:
    """The unit vector (128,) in the middle of some embeddings."""
    total = embeddings_ND.sum(0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
