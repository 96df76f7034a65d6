"""The synthetic plate with fingers before the face, as the product knows it: for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.demo.occluder import anchors_of, capsules
from understudy.demo.truth import Truth
from understudy.domain.edit import Curve, Mode
from understudy.domain.face import EMBEDDING, EXPRESSIONS, ShotFaces
from understudy.domain.solved import FramePlan, MatteState, Shape, SolvedShot
from understudy.faces.align import face_square

FOOTAGE = Path(__file__).resolve().parent.parent / "demo" / "footage"
FIRST = 1001

Float = npt.NDArray[np.float32]


def faces_of_truth(truth: Truth, *, cuts: tuple[int, ...] = ()) -> ShotFaces:
    """One track with the true landmarks on every frame."""
    count = len(truth)
    depth = np.zeros((count, truth.landmarks_NK2.shape[1], 1), np.float32)
    return ShotFaces(
        frame=np.arange(FIRST, FIRST + count, dtype=np.int32),
        track=np.zeros(count, np.int32),
        box_N4=truth.box_N4,
        landmarks_NK3=np.concatenate([truth.landmarks_NK2, depth], axis=2),
        presence=np.ones(count, np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        embedding_ND=np.zeros((count, EMBEDDING), np.float32),
        pose_N3=truth.pose_N3,
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, np.bool_),
        cuts=cuts,
    )


def finger_plan(
    anchors_N2: npt.NDArray[np.float64], index: int, *, seed: int, height: int = 360
) -> FramePlan:
    """A keyed frame on which both fingers are drawn round, as an artist would."""
    shapes = []
    for number, (base, tip, radius) in enumerate(capsules(index, anchors_N2, seed=seed, scale=height / 360)):
        along = (base - tip) / np.hypot(*(base - tip))
        beside = np.array([-along[1], along[0]])
        arc = np.linspace(-np.pi / 2, np.pi / 2, 9)
        outer = [(-along * np.cos(a) + beside * np.sin(a)) * radius + tip for a in arc]
        inner = [(along * np.cos(a) - beside * np.sin(a)) * radius + base for a in arc]
        points = tuple(float(value) for point in outer + inner for value in point)
        shapes.append(
            Shape(
                name=f"finger {number}", mode=Mode.EXCLUDE, points=points, curve=Curve.POLYGON,
                feather_px=1.5, keyed=True,
            )
        )  # fmt: skip
    return FramePlan(shapes=tuple(shapes), matte=MatteState.KEYED)


def occluded_shot(
    truth: Truth,
    keys: Sequence[int],
    *,
    seed: int,
    height: int = 360,
    cuts: tuple[int, ...] = (),
    played: Truth | None = None,
    leap: int = 1,
) -> SolvedShot:
    """The solved shot with the fingers drawn on some indices.

    Where the clip leaps, `truth` is the clip's own and `played` that of the plate it was made from.
    """
    anchors = anchors_of(played or truth, frames=len(truth) * leap)
    plans = {FIRST + key: finger_plan(anchors, key * leap, seed=seed, height=height) for key in keys}
    return solved_of(truth, plans, cuts=cuts)


def solved_of(truth: Truth, plans: Mapping[int, FramePlan], *, cuts: tuple[int, ...] = ()) -> SolvedShot:
    """A solved shot with given plans."""
    faces = faces_of_truth(truth, cuts=cuts)
    return SolvedShot(
        faces=faces,
        square_N4=np.stack([face_square(points) for points in faces.landmarks_NK3]),
        state_N=np.zeros(len(faces), np.int8),
        plans=dict(plans),
    )
