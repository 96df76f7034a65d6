"""What is exactly known of a synthetic movie, frame by frame, in one safetensors file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from understudy.domain.errors import BadInput
from understudy.domain.files import atomic_write

from .performance import Pose

F32 = npt.NDArray[np.float32]
SUFFIX = ".truth.safetensors"
_ARRAYS = ("landmarks", "pose", "expressions", "box")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """N frames. landmarks_NK2: (N, 478, 2) display pixels, centres at half-integers. pose_N3: pitch, yaw,
    roll in degrees as `head.posed` takes them. expression_NE: weights in the order of `expression_names`.
    box_N4: x, y, width, height of the landmarks."""

    landmarks_NK2: F32
    pose_N3: F32
    expression_NE: F32
    expression_names: tuple[str, ...]
    box_N4: F32

    def __len__(self) -> int:
        return len(self.pose_N3)


def truth_of_poses(
    poses: Sequence[Pose], landmarks_NK2: F32, names: Sequence[str], *, boxed: int | None = None
) -> Truth:
    """Truth of a movie that shows these poses, its expressions in the order of `names`.

    The box is that of the first `boxed` landmarks; of all without it.
    """
    within = landmarks_NK2[:, :boxed]
    low, high = within.min(axis=1), within.max(axis=1)
    return Truth(
        landmarks_NK2=landmarks_NK2,
        pose_N3=np.asarray([(p.pitch_deg, p.yaw_deg, p.roll_deg) for p in poses], np.float32),
        expression_NE=np.asarray([[p.expression.get(n, 0.0) for n in names] for p in poses], np.float32),
        expression_names=tuple(names),
        box_N4=np.concatenate([low, high - low], axis=1),
    )


def truth_path(movie: Path) -> Path:
    """Where the truth of a movie stands: `plate.mov` has `plate.truth.safetensors`."""
    return movie.with_name(movie.stem + SUFFIX)


def save_truth(truth: Truth, target: Path) -> None:
    """Write the truth atomically, the expression names in the header."""
    arrays = (truth.landmarks_NK2, truth.pose_N3, truth.expression_NE, truth.box_N4)
    table = {
        name: np.ascontiguousarray(array, np.float32) for name, array in zip(_ARRAYS, arrays, strict=True)
    }
    with atomic_write(target) as temporary:
        save_file(table, temporary, metadata={"expressions": json.dumps(truth.expression_names)})


def load_truth(source: Path) -> Truth:
    """Read what `save_truth` wrote. Raises: BadInput."""
    try:
        with safe_open(source, framework="numpy") as file:
            table = {name: file.get_tensor(name) for name in _ARRAYS}
            names = tuple(json.loads((file.metadata() or {})["expressions"]))
    except (SafetensorError, OSError, KeyError, json.JSONDecodeError) as cause:
        raise BadInput(f"cannot read the truth file {source}: {cause}; make the movie again") from cause
    return Truth(
        landmarks_NK2=table["landmarks"],
        pose_N3=table["pose"],
        expression_NE=table["expressions"],
        expression_names=names,
        box_N4=table["box"],
    )
