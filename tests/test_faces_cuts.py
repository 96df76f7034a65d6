"""Cuts are found; flashes, pans, exposure ramps and blur are not taken for cuts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.face_pictures import Picture8

from understudy.config import ExtractConfig
from understudy.faces.cuts import CutFinder


def scene(seed: int) -> Picture8:
    """A picture with soft shapes of its own, twice as wide as a frame."""
    noise = np.random.default_rng(seed).random((6, 20, 3)).astype(np.float32)
    return np.asarray(255 * cv2.resize(noise, (640, 180), interpolation=cv2.INTER_CUBIC).clip(0, 1), np.uint8)


def framed(wide: Picture8, x: int) -> Picture8:
    return wide[:, x : x + 320]


def cuts_of(pictures: list[Picture8]) -> tuple[int, ...]:
    finder = CutFinder(ExtractConfig().cut_threshold)
    for frame, picture in enumerate(pictures, 1001):
        finder.see(frame, picture)
    return finder.cuts()


@pytest.mark.parametrize("seeds", [(1, 2), (3, 4), (5, 6)])
def test_a_cut_is_found(seeds: tuple[int, int]) -> None:
    pictures = [framed(scene(seeds[0]), 2 * i) for i in range(6)] + [framed(scene(seeds[1]), 0)] * 6
    assert cuts_of(pictures) == (1007,)


def test_a_black_frame_between_takes_gives_one_cut() -> None:
    pictures = [framed(scene(1), 0)] * 5 + [np.zeros((180, 320, 3), np.uint8)] + [framed(scene(2), 0)] * 5
    assert cuts_of(pictures) == (1006,)


def test_a_flash_is_no_cut() -> None:
    still = framed(scene(1), 0)
    flash = np.asarray(np.clip(still.astype(float) * 0.3 + 180, 0, 255), np.uint8)
    assert cuts_of([still] * 5 + [flash] + [still] * 5) == ()
    assert cuts_of([still] * 5 + [np.full_like(still, 255)] + [still] * 5) == ()


def test_a_pan_and_an_exposure_ramp_are_no_cut() -> None:
    assert cuts_of([framed(scene(2), 24 * i) for i in range(13)]) == ()
    ramp = [np.asarray(framed(scene(3), 0) * gain, np.uint8) for gain in np.linspace(1, 0.3, 12)]
    assert cuts_of(ramp) == ()


def test_motion_blur_is_no_cut() -> None:
    still = framed(scene(4), 0)
    blurred = [np.asarray(cv2.blur(still, (2 * width + 1, 1)), np.uint8) for width in (5, 20, 40, 20, 5)]
    assert cuts_of([still] * 4 + blurred + [still] * 4) == ()
