"""The pyramid blend is a proper layer: over() makes the textbook blend, and nothing outside changes."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from understudy.media.pyramid import over, pyramid_blend, pyramid_levels, pyramid_reach_px

Float = npt.NDArray[np.float32]


def pictures(size: int = 160) -> tuple[Float, Float, Float]:
    """Background, foreground and a soft round matte."""
    rng = np.random.default_rng(5)
    background = cv2.GaussianBlur(rng.random((size, size, 3), np.float32), (0, 0), 2) * 0.5
    foreground = background[::-1].copy() * 1.3 + 0.05
    y, x = np.mgrid[0:size, 0:size] + 0.5
    matte = np.clip((size * 0.25 - np.hypot(x - size / 2, y - size / 2)) / 8 + 0.5, 0, 1).astype(np.float32)
    return background, foreground, matte


def textbook_blend(background: Float, foreground: Float, matte: Float, levels: int) -> Float:
    """Burt and Adelson, both pyramids in full."""

    def pyramid(picture: Float) -> list[Float]:
        steps = [picture]
        for _ in range(levels):
            steps.append(np.asarray(cv2.pyrDown(steps[-1]), np.float32))
        return steps

    def laplacian(picture: Float) -> list[Float]:
        steps = pyramid(picture)
        bands = [a - cv2.pyrUp(b, dstsize=a.shape[1::-1]) for a, b in pairwise(steps)]
        return [*bands, steps[-1]]

    mixed = [
        m[..., None] * f + (1 - m[..., None]) * b
        for b, f, m in zip(laplacian(background), laplacian(foreground), pyramid(matte), strict=True)
    ]
    result = mixed[-1]
    for band in reversed(mixed[:-1]):
        result = cv2.pyrUp(result, dstsize=band.shape[1::-1]) + band
    return result


@pytest.mark.parametrize("levels", [1, 3, 4])
def test_over_makes_the_textbook_blend_within_half_precision(levels: int) -> None:
    background, foreground, matte = pictures()
    colour, alpha = pyramid_blend(background, foreground, matte, levels=levels)
    truth = textbook_blend(background, foreground, matte, levels)
    made = over(colour.astype(np.float16), alpha.astype(np.float16), background)
    error = np.abs(made - truth).max(axis=2)
    assert error[alpha == 1].max() < 1e-3  # half precision of values up to 1
    assert error.max() < 0.012  # the tail that is cut off
    assert np.sqrt((error**2).mean()) < 0.002


def test_where_the_matte_is_full_the_layer_is_opaque_and_far_away_it_is_nothing() -> None:
    background, foreground, matte = pictures()
    colour, alpha = pyramid_blend(background, foreground, matte, levels=3)
    distance = cv2.distanceTransform((matte == 0).astype(np.uint8), cv2.DIST_L2, 5)
    assert alpha[matte == 1].min() == 1
    assert alpha[distance > pyramid_reach_px(3)].max() == 0
    untouched = alpha == 0
    assert np.array_equal(colour[untouched], background[untouched])
    assert np.array_equal(over(colour, alpha, background)[untouched], background[untouched])


def test_alpha_and_result_have_no_step_at_their_rim() -> None:
    background = np.full((200, 200, 3), 0.2, np.float32)
    _, _, matte = pictures(200)
    colour, alpha = pyramid_blend(background, background + 0.3, matte, levels=4)
    made = over(colour, alpha, background)[100, :, 0]
    assert np.abs(np.diff(alpha[100])).max() < 0.135  # the matte's own ramp rises 1/8 a pixel
    assert np.abs(np.diff(made)).max() < 0.03
    assert colour.min() > 0.19 and colour.max() < 0.55  # straight colour stays sane where alpha is small


def test_equal_pictures_stay_as_they_are() -> None:
    background, _, matte = pictures()
    colour, _ = pyramid_blend(background, background, matte, levels=4)
    assert np.array_equal(colour, background)


def test_tiny_and_huge_faces_have_a_sensible_number_of_bands() -> None:
    assert [pyramid_levels(height) for height in (0, 20, 100, 400, 5000)] == [1, 1, 2, 4, 6]
    background, foreground, matte = pictures(8)
    colour, alpha = pyramid_blend(background, foreground, matte, levels=6)
    assert colour.shape == (8, 8, 3) and np.isfinite(colour).all() and alpha.max() <= 1


def test_a_dark_line_that_ends_at_the_edge_does_not_turn_black() -> None:
    """A brow over a bright face, before dark hair: each band alone is right, their sum fell below zero."""
    background = np.full((96, 96, 3), 0.05, np.float32)
    foreground = np.full((96, 96, 3), 0.35, np.float32)
    foreground[44:52] = 0.02
    matte = np.zeros((96, 96), np.float32)
    matte[:, :60] = 1
    colour, alpha = pyramid_blend(background, foreground, matte, levels=4)
    composite = over(colour, alpha, background)
    assert composite.min() >= 0.5 * 0.02 - 1e-6
    assert np.allclose(composite[:, :20], foreground[:, :20], atol=0.02), "well inside it is the foreground"
