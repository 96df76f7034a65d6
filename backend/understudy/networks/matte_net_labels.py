"""The keyed frames a matte net learns from: what artists solved there, and whether that can be learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import ConvertConfig
from understudy.domain.errors import BadLabels
from understudy.domain.frame import Rect
from understudy.domain.solved import SolvedShot
from understudy.matte.frame_matte import frame_matte
from understudy.media.warp import compose, corners_of, translate, warp
from understudy.networks.matte_net_crops import CENTRE, FaceStack

Bytes = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]

FEWEST, ENOUGH = 2, 4  # labels: fewer are refused; fewer are doubted
# The net learns where the face is to be seen. How its outline is eroded and feathered is the convert's
# matter, and would be done twice if labels had it too.
LABEL_EDGES = ConvertConfig(matte="hull", erode_px=0.0, feather_px=0.0)
_EMPTY_SHARE = 0.01  # of the hull
# Two labels contradict each other if so much of the hull is labelled otherwise in pictures as alike as this.
_CONTRADICTED_SHARE = 0.08
_ALIKE_CODES = 3.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """A face whose matte is known. matte_KK: uint8, in stored-crop pixels.

    sha256: of what is seen and the matte. `source` is the same for this face in this frame however it is
    labelled; `shot` numbers the footage it comes from.
    """

    stack: FaceStack
    matte_KK: Bytes
    shot: int
    source: str
    sha256: str

    @property
    def name(self) -> str:
        """For messages."""
        return f"frame {self.stack.frame}" + (f" of shot {self.shot + 1}" if self.shot else "")


def make_label(stack: FaceStack, matte_KK: Bytes, *, plate_sha256: str, shot: int = 0) -> Label:
    """A label from a matte that is already in stored-crop pixels."""
    source = f"{plate_sha256}:{stack.frame}:{stack.track}"
    digest = hashlib.sha256(stack.planes_CKK.tobytes() + matte_KK.tobytes()).hexdigest()
    return Label(stack=stack, matte_KK=matte_KK, shot=shot, source=source, sha256=digest)


def labels_of(
    stacks: Iterable[FaceStack],
    solved: SolvedShot,
    layers: Mapping[str, Path],
    *,
    plate_sha256: str,
    shot: int,
) -> Iterator[Label]:
    """What the solved shot says is to be seen of these faces. Raises: BadMatte."""
    for stack in stacks:
        side = stack.planes_CKK.shape[-1]
        rect = corners_of(stack.to_stored_23, side)
        matte_HW = solved_matte(solved, stack.frame, rect, layers)
        to_stored = compose(stack.to_stored_23, translate(rect.x, rect.y))
        drawn = warp(matte_HW, to_stored, (side, side), interpolation="linear", border="replicate")
        yield make_label(
            stack, np.rint(drawn.clip(0, 1) * 255).astype(np.uint8), plate_sha256=plate_sha256, shot=shot
        )


def solved_matte(solved: SolvedShot, frame: int, rect: Rect, layers: Mapping[str, Path]) -> Float:
    """The solved matte of a frame before its outline is eroded and feathered, (h,w) of `rect`."""
    faces = solved.faces
    rows = np.flatnonzero((faces.frame == frame) & np.isin(faces.track, solved.replaced_tracks))
    landmarks = [faces.landmarks_NK3[row] for row in rows]
    plan = solved.plan(frame)
    return frame_matte(
        plan,
        landmarks,
        rect,
        frame=frame,
        layers=layers,
        config=LABEL_EDGES,
        pixel_aspect=solved.pixel_aspect,
    ).matte_HW


def check_labels(labels: Sequence[Label]) -> tuple[str, ...]:
    """Refuse labels that nothing can be learnt from; notes on those of which little can be.

    Raises: BadLabels, naming the frames.
    """
    if len(labels) < FEWEST:
        there = f"{labels[0].name} is the only one" if labels else "there is none"
        raise BadLabels(
            f"a matte net needs at least {FEWEST} keyed frames with a face, better {ENOUGH} or more; "
            f"{there}. Key more frames, far apart in time and in what hides the face"
        )
    if all(_is_empty(label) for label in labels):
        raise BadLabels(
            f"the mattes of all {len(labels)} keyed frames are empty, so there is no face to learn; "
            "check what was painted as exclude"
        )
    for one, other in combinations(labels, 2):
        if _contradict(one, other):
            raise BadLabels(
                f"{one.name} and {other.name} show the same picture with very different mattes; "
                "mend one of them or leave it out of the labels"
            )
    if len(labels) < ENOUGH:
        return (f"{len(labels)} labels are few; {ENOUGH} or more give a net that can be checked",)
    return ()


def _is_empty(label: Label) -> bool:
    hull = label.stack.planes_CKK[-1].astype(np.float32) / 255
    seen = label.matte_KK.astype(np.float32) / 255
    return float((seen * hull).sum()) <= _EMPTY_SHARE * float(hull.sum())


def _contradict(one: Label, other: Label) -> bool:
    """Whether much is labelled otherwise although both pictures show the same there, and all around."""
    differs = np.abs(one.matte_KK.astype(np.int16) - other.matte_KK) > 127
    hull = np.maximum(one.stack.planes_CKK[-1], other.stack.planes_CKK[-1]) > 127
    if differs.sum() < _CONTRADICTED_SHARE * max(1, hull.sum()):
        return False
    distance = np.abs(_smooth(one) - _smooth(other)).mean(axis=2)
    return bool(max(distance[differs].mean(), distance[hull].mean()) < _ALIKE_CODES)


def _smooth(label: Label) -> Float:
    """The picture without its noise, (K,K,3) in code values."""
    picture = label.stack.planes_CKK[3 * CENTRE : 3 * CENTRE + 3].transpose(1, 2, 0)
    return np.asarray(cv2.blur(picture.astype(np.float32), (5, 5)))
