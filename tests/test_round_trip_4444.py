"""ProRes 4444 of twelve bits through linear light and back: code values come out as they went in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media_samples import HD, sample_layers

from understudy.domain.frame import Rect
from understudy.media.colour import from_linear, to_linear
from understudy.media.composite import composite
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.picture import FULL, YuvPicture
from understudy.media.probe import probe
from understudy.media.video import open_plate

SIZE_WH = (96, 64)
FACE = Rect(30, 20, 24, 26)


def decoded_plate(path: Path, *, alpha: bool) -> YuvPicture:
    """A picture of noise as a 4444 movie gives it: twelve bits, with alpha if there is any."""
    width, height = SIZE_WH
    rng = np.random.default_rng(4)
    y, u, v = (rng.integers(64, 940, (height, width)).astype(np.uint16) for _ in range(3))
    picture = YuvPicture(y_HW=y, u_hw=u, v_hw=v, bit_depth=10, siting_x=FULL, siting_y=FULL, colour=HD)
    spec = MovieSpec(
        codec="prores4444", width=width, height=height, rate=Fraction(24), colour=HD, alpha=alpha
    )
    with MovieWriter(path, spec) as writer:
        writer.write(picture, matte_HW=rng.random((height, width), np.float32) if alpha else None)
    found = open_plate(probe(path)).frame(1001).picture
    assert isinstance(found, YuvPicture) and found.bit_depth == 12
    return found


def planes(picture: YuvPicture) -> list[np.ndarray]:
    alpha = [] if picture.a_HW is None else [picture.a_HW]
    return [picture.y_HW, picture.u_hw, picture.v_hw, *alpha]


@pytest.mark.parametrize("alpha", [False, True])
def test_outside_the_face_no_code_changes(tmp_path: Path, alpha: bool) -> None:
    before = decoded_plate(tmp_path / "a.mov", alpha=alpha)
    after = composite(before, sample_layers(1001, FACE, alpha=0.5, grey=0.7))
    inside = np.zeros(SIZE_WH[::-1], bool)
    inside[FACE.y + 2 : FACE.y1 - 2, FACE.x + 2 : FACE.x1 - 2] = True
    for was, now in zip(planes(before), planes(after), strict=True):
        assert np.array_equal(was[~inside], now[~inside])
    assert not np.array_equal(before.y_HW[inside], after.y_HW[inside])
    if alpha:
        assert np.array_equal(before.a_HW, after.a_HW)


def test_linear_light_and_back_gives_every_code_again(tmp_path: Path) -> None:
    before = decoded_plate(tmp_path / "a.mov", alpha=False)
    whole = Rect(0, 0, *SIZE_WH)
    light = to_linear(before.region(whole), before.colour)
    everywhere = np.ones(SIZE_WH[::-1], bool)
    after = before.with_region(whole, from_linear(light, before.colour), everywhere)
    for was, now in zip(planes(before), planes(after), strict=True):
        assert np.array_equal(was, now)
