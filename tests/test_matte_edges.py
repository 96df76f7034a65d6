"""Despill takes the performer's skin out of soft edges: what is composited comes close to the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from understudy.matte.edges import despill
from understudy.media.pyramid import over

Float = npt.NDArray[np.float32]

SIZE = 160
SKIN, GLOVE, PALM = (0.45, 0.25, 0.18), (0.04, 0.05, 0.06), (0.75, 0.7, 0.6)
FACE = (0.12, 0.1, 0.09)


@dataclass(frozen=True)
class Edge:
    """A soft thing in front of a face: the plate as it would be seen, and the composite as it should be."""

    colour: Float
    alpha: Float
    opened: Float
    plate: Float
    truth: Float

    @property
    def band(self) -> npt.NDArray[np.bool_]:
        return (self.opened > 0.02) & (self.opened < 0.98) & (self.alpha > 0)

    def error(self, colour: Float, alpha: Float) -> float:
        composite = over(colour, alpha, self.plate)
        return float(np.abs(composite - self.truth)[self.band].mean())


def edge(front: tuple[float, float, float], *, width_px: float = 12.0, texture: float = 0.15) -> Edge:
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    ramp = np.clip((x - SIZE / 2 + 0.3 * (y - SIZE / 2)) / width_px + 0.5, 0, 1)
    opened = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
    skin = np.array(SKIN, np.float32) * (1 + texture * np.sin(x / 25))[..., None]
    front_HW3 = np.array(front, np.float32) * (1 + texture * np.sin(y / 5 + x / 9))[..., None]
    colour = np.broadcast_to(np.array(FACE, np.float32), (SIZE, SIZE, 3)).copy()
    plate = over(skin, opened, front_HW3)
    outline = np.ones((SIZE, SIZE), np.float32)
    outline[:30] = 0
    truth = over(over(colour, opened, front_HW3), outline, plate)
    return Edge(colour, outline * opened, opened, plate, truth)


@pytest.mark.parametrize(("front", "left"), [(GLOVE, 0.35), (PALM, 0.35), (SKIN, 0.9)])
def test_the_composite_comes_close_to_the_truth(front: tuple[float, float, float], left: float) -> None:
    case = edge(front)
    colour, alpha = despill(case.colour, case.alpha, case.opened, case.plate, 1.0)
    before, after = case.error(case.colour, case.alpha), case.error(colour, alpha)
    assert after < left * before  # skin before skin has little to lose, and must not lose it
    assert colour.min() >= 0 and alpha.min() >= 0 and alpha.max() <= 1


def test_strength_goes_from_nothing_to_all_of_it() -> None:
    case = edge(GLOVE)
    same = despill(case.colour, case.alpha, case.opened, case.plate, 0.0)
    assert same[0] is case.colour and same[1] is case.alpha
    errors = [
        case.error(*despill(case.colour, case.alpha, case.opened, case.plate, strength))
        for strength in (0.0, 0.5, 1.0)
    ]
    assert errors[0] > 1.5 * errors[1] > 1.5 * errors[2]


def test_pixels_outside_the_soft_edge_keep_their_bits_and_the_inputs_are_left_alone() -> None:
    case = edge(PALM)
    kept = case.colour.copy(), case.alpha.copy()
    colour, alpha = despill(case.colour, case.alpha, case.opened, case.plate, 1.0)
    assert np.array_equal(colour[~case.band], case.colour[~case.band])
    assert np.array_equal(alpha[~case.band], case.alpha[~case.band])
    assert np.array_equal(case.colour, kept[0]) and np.array_equal(case.alpha, kept[1])


def test_without_a_soft_edge_or_with_nothing_known_near_by_nothing_changes() -> None:
    case = edge(GLOVE)
    hard = (case.opened > 0.5).astype(np.float32)
    assert despill(case.colour, hard, hard, case.plate, 1.0)[0] is case.colour
    murky = np.full_like(case.opened, 0.5)
    colour, alpha = despill(case.colour, murky, murky, case.plate, 1.0)
    assert np.array_equal(colour, case.colour) and np.array_equal(alpha, murky)
