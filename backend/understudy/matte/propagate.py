"""From one keyed frame along a run of frames, and two such runs put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.matte.carry import CarriedLayer, Step
from understudy.matte.drift import drift_score

Float = npt.NDArray[np.float32]

_LEAST_TRUST = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPlanes:
    """What is carried from a key, each (H, W) 0..1: the layer, and what lies before it and is carried too.

    The carried matte is `layer * (1 - front)`.
    """

    layer_HW: Float
    front_HW: Float | None = None

    @property
    def matte_HW(self) -> Float:
        if self.front_HW is None:
            return self.layer_HW
        return np.asarray(self.layer_HW * (1 - self.front_HW), np.float32)


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A matte (H, W) that came to a frame, and its drift 0..1."""

    frame: int
    matte_HW: Float
    drift: float


def carry(
    key_picture_HW3: Float, planes: KeyPlanes, pictures: Iterable[tuple[int, Float]]
) -> Iterator[Carried]:
    """Carry a key's matte along pictures (frame, (H, W, 3) display code 0..1) that go on from it, either way.

    All pictures have the key's size; that they are cut out around a moving face does not matter.
    """
    front = None if planes.front_HW is None else CarriedLayer(key_picture_HW3, planes.front_HW)
    layer = CarriedLayer(key_picture_HW3, planes.layer_HW, hidden_HW=planes.front_HW)
    drift = 0.0
    for frame, picture in pictures:
        before: Step | None = None if front is None else front.step(picture)
        step = layer.step(picture, hidden_HW=None if before is None else before.alpha_HW)
        doubts = [step.measures] if before is None else [step.measures, before.measures]
        drift = max(drift_score(measures, before=drift) for measures in doubts)
        matte = step.alpha_HW
        if before is not None:
            matte = np.asarray(matte * (1 - before.alpha_HW), np.float32)
        yield Carried(frame=frame, matte_HW=matte, drift=drift)


def blended(forward: Carried, backward: Carried, share: float) -> Carried:
    """One matte of two that came to the same frame; `share` 0 is at the earlier key, 1 at the later.

    Each counts by its nearness and its trust. Where the two disagree, in the middle of the way most of all,
    the drift says so.
    """
    trust_f = (1 - share) * max(1 - forward.drift, _LEAST_TRUST)
    trust_b = share * max(1 - backward.drift, _LEAST_TRUST)
    weight = trust_f / max(trust_f + trust_b, 1e-9)
    matte = forward.matte_HW * np.float32(weight) + backward.matte_HW * np.float32(1 - weight)
    apart = (1 - overlap(forward.matte_HW, backward.matte_HW)) * 4 * weight * (1 - weight)
    drift = weight * forward.drift + (1 - weight) * backward.drift
    return Carried(
        frame=forward.frame, matte_HW=np.asarray(matte, np.float32), drift=min(1.0, max(drift, apart))
    )


def overlap(one_HW: Float, other_HW: Float) -> float:
    """Intersection over union of two soft mattes; 1 when both are empty."""
    union = float(np.maximum(one_HW, other_HW).sum(dtype=np.float64))
    return float(np.minimum(one_HW, other_HW).sum(dtype=np.float64)) / union if union > 1e-6 else 1.0


def resized(plane: Float, width: int, height: int) -> Float:
    """A picture or plane in another size; shrunk by area, grown linearly."""
    if plane.shape[:2] == (height, width):
        return plane
    how = cv2.INTER_AREA if plane.shape[1] > width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=how), np.float32)
