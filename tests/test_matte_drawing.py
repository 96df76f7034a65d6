"""Shapes and strokes cover the pixels they should, the same ones whichever part of the plate is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.domain.edit import Curve, Mode
from understudy.domain.frame import Rect
from understudy.domain.solved import FramePlan, Shape, Stroke
from understudy.matte.drawing import keep_and_cut, outline_of, plan_reach
from understudy.matte.polygon import polygon_coverage

RECT = Rect(0, 0, 120, 100)
BOX = (20.0, 30.0, 80.0, 30.0, 80.0, 70.0, 20.0, 70.0)


def shape(
    points: tuple[float, ...] = BOX,
    *,
    mode: Mode = Mode.EXCLUDE,
    curve: Curve = Curve.POLYGON,
    feather_px: float = 0.0,
) -> Shape:
    return Shape(name="s", mode=mode, points=points, curve=curve, feather_px=feather_px, keyed=True)


def stroke(
    points: tuple[float, ...], *, mode: Mode = Mode.INCLUDE, radius_px: float = 10.0, softness: float = 0.5
) -> Stroke:
    return Stroke(mode=mode, points=points, radius_px=radius_px, softness=softness)


def area_of(points_N2: npt.NDArray[np.float64]) -> float:
    x, y = points_N2.T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2)


def random_polygon(seed: int, *, size: float = 80.0) -> npt.NDArray[np.float64]:
    """A star-shaped polygon round a middle; no gap of half a turn, or it could cross itself."""
    rng = np.random.default_rng(seed)
    corners = int(rng.integers(4, 40))
    angles = (np.arange(corners) + rng.uniform(0, 0.9, corners)) / corners * 2 * np.pi
    radii = rng.uniform(0.2, 0.5, len(angles)) * size
    return np.stack([60 + radii * np.cos(angles), 50 + radii * np.sin(angles)], axis=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_pixels_add_up_to_the_polygon_s_area(seed: int) -> None:
    points = random_polygon(seed)
    covered = polygon_coverage(points, Rect(-50, -50, 250, 250))
    assert covered.min() >= 0 and covered.max() <= 1
    assert covered.sum() == pytest.approx(area_of(points), abs=0.05)
    assert np.array_equal(covered, polygon_coverage(points[::-1], Rect(-50, -50, 250, 250)))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(-20, 110),
    st.integers(-20, 90),
    st.integers(1, 70),
    st.integers(1, 70),
)
def test_a_pixel_s_coverage_does_not_depend_on_the_rect(seed: int, x: int, y: int, w: int, h: int) -> None:
    points = random_polygon(seed)
    whole = polygon_coverage(points, Rect(-100, -100, 400, 400))
    part = polygon_coverage(points, Rect(x, y, w, h))
    assert np.array_equal(part, whole[y + 100 : y + 100 + h, x + 100 : x + 100 + w])


def test_coverage_is_the_area_within_the_pixel() -> None:
    covered = polygon_coverage(np.array([[1.25, 1.5], [3.5, 1.5], [3.5, 3.0], [1.25, 3.0]]), Rect(0, 0, 5, 4))
    wanted = np.outer([0, 0.5, 1, 0], [0, 0.75, 1, 0.5, 0])
    assert np.array_equal(covered, wanted.astype(np.float32))


def test_a_shape_far_larger_than_the_plate_covers_all_of_it() -> None:
    covered = polygon_coverage(np.array([[-9e5, -9e5], [9e5, -8e5], [9e5, 9e5], [-9e5, 9e5]]), RECT)
    assert (covered == 1).all()


def random_plan(seed: int) -> FramePlan:
    rng = np.random.default_rng(seed)
    shapes = tuple(
        shape(
            tuple((random_polygon(int(rng.integers(1 << 30))) + rng.uniform(-40, 40, 2)).ravel()),
            mode=Mode.INCLUDE if rng.random() < 0.5 else Mode.EXCLUDE,
            curve=Curve.SPLINE if rng.random() < 0.5 else Curve.POLYGON,
            feather_px=float(rng.choice([0.0, 1.0, 2.5, 15.0, 40.0])),
        )
        for _ in range(3)
    )
    strokes = tuple(
        stroke(
            tuple((np.cumsum(rng.normal(0, 6, (12, 2)), 0) + rng.uniform(0, 100, 2)).ravel()),
            mode=Mode.INCLUDE if rng.random() < 0.5 else Mode.EXCLUDE,
            radius_px=float(rng.uniform(0.3, 25)),
            softness=float(rng.uniform(0, 1)),
        )
        for _ in range(4)
    )
    return FramePlan(shapes=shapes, strokes=strokes)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(-30, 90), st.integers(-30, 70), st.integers(1, 90), st.integers(1, 90)
)
def test_moving_the_rect_changes_no_bit(seed: int, x: int, y: int, w: int, h: int) -> None:
    plan = random_plan(seed)
    whole = keep_and_cut(plan, Rect(-64, -64, 300, 300))
    part = keep_and_cut(plan, Rect(x, y, w, h))
    for wide, narrow in zip(whole, part, strict=True):
        assert np.array_equal(narrow, wide[y + 64 : y + 64 + h, x + 64 : x + 64 + w])
        assert narrow.min() >= 0 and narrow.max() <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_is_drawn_beyond_the_reach_of_a_plan(seed: int) -> None:
    plan = random_plan(seed)
    reach, wide = plan_reach(plan), Rect(-200, -200, 560, 560)
    keep, _ = keep_and_cut(plan, wide)
    if reach is None:
        assert not keep.any()
        return
    inside = reach.intersect(wide)
    keep[inside.y + 200 : inside.y1 + 200, inside.x + 200 : inside.x1 + 200] = 0
    assert not keep.any()


def test_a_plan_without_drawing_is_empty_and_reaches_nowhere() -> None:
    keep, cut = keep_and_cut(FramePlan(), RECT)
    assert keep.shape == cut.shape == (100, 120) and not keep.any() and not cut.any()
    assert plan_reach(FramePlan()) is None
    assert plan_reach(FramePlan(shapes=(shape(),))) is None  # it only takes away
    assert plan_reach(FramePlan(shapes=(shape(mode=Mode.INCLUDE),))) == Rect(19, 29, 62, 42)


@pytest.mark.parametrize("feather_px", [2.0, 8.0, 24.0])
def test_feather_is_as_wide_as_asked_and_lies_on_both_sides_of_the_edge(feather_px: float) -> None:
    wide = shape((-300, 50, 400, 50, 400, 400, -300, 400), feather_px=feather_px)
    _, cut = keep_and_cut(FramePlan(shapes=(wide,)), Rect(0, 0, 40, 100))
    y = np.arange(100) + 0.5 - 50
    across = cut[:, 20]
    assert np.interp(0, y, across) == pytest.approx(0.5, abs=0.03)
    assert (across[y < -feather_px / 2 - 1] == 0).all() and (across[y > feather_px / 2 + 1] == 1).all()
    assert (np.diff(across) >= 0).all() and np.diff(across).max() < 2.2 / feather_px
    assert np.allclose(across + across[::-1], 1, atol=0.03)


def test_a_spline_goes_through_its_points_and_is_round() -> None:
    t = np.arange(8) / 8 * 2 * np.pi
    points = np.stack([60 + 30 * np.cos(t), 50 + 30 * np.sin(t)], axis=1)
    outline = outline_of(shape(tuple(points.ravel()), curve=Curve.SPLINE))
    distance = np.hypot(outline[:, None, 0] - points[:, 0], outline[:, None, 1] - points[:, 1]).min(0)
    radii = np.hypot(outline[:, 0] - 60, outline[:, 1] - 50)
    assert distance.max() < 1e-9
    assert np.abs(radii - 30).max() < 0.5
    assert np.hypot(*np.diff(outline, axis=0).T).max() < 4


def test_the_later_one_wins_where_they_overlap() -> None:
    centre = (50.0, 50.0)
    include = stroke(centre, mode=Mode.INCLUDE, radius_px=20, softness=0)
    exclude = stroke(centre, mode=Mode.EXCLUDE, radius_px=10, softness=0)
    keep, cut = keep_and_cut(FramePlan(strokes=(include, exclude)), RECT)
    assert (keep[50, 50], cut[50, 50]) == (0, 1)
    assert (keep[50, 65], cut[50, 65]) == (1, 0)
    keep, cut = keep_and_cut(FramePlan(strokes=(exclude, include)), RECT)
    assert (keep[50, 50], cut[50, 50]) == (1, 0)
    keep, cut = keep_and_cut(FramePlan(shapes=(shape(mode=Mode.EXCLUDE),), strokes=(include,)), RECT)
    assert (keep[50, 50], cut[50, 50]) == (1, 0) and (keep[50, 22], cut[50, 22]) == (0, 1)
    assert (np.minimum(keep, cut) <= 0.5).all()


@pytest.mark.parametrize("softness", [0.0, 0.5, 1.0])
def test_a_brush_is_flat_inside_and_fades_out_at_its_radius(softness: float) -> None:
    keep, _ = keep_and_cut(
        FramePlan(strokes=(stroke((50, 50, 70, 50), radius_px=20, softness=softness),)), RECT
    )
    y = np.abs(np.arange(100) + 0.5 - 50)
    across = keep[:, 60]
    core = 20 * (1 - softness)
    assert (across[y < core - 0.5] == 1).all() and (across[y > 20.5] == 0).all()
    assert np.interp(20 - 10 * softness, y[50:], across[50:]) == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(keep[:, 60], keep[:, 55]) and np.allclose(keep, keep[::-1][:, :], atol=1e-6)


def test_many_points_on_a_line_draw_the_line() -> None:
    x = np.linspace(20, 90, 500)
    dense = stroke(tuple(np.stack([x, 30 + x / 5], 1).ravel()))
    sparse = replace(dense, points=(20.0, 34.0, 90.0, 48.0))
    difference = (
        keep_and_cut(FramePlan(strokes=(dense,)), RECT)[0]
        - keep_and_cut(FramePlan(strokes=(sparse,)), RECT)[0]
    )
    assert np.abs(difference).max() < 0.01


def test_a_stroke_that_ends_where_it_began_is_closed() -> None:
    square = (20.0, 20.0, 100.0, 20.0, 100.0, 100.0, 20.0, 100.0, 20.0, 20.0)
    keep, _ = keep_and_cut(FramePlan(strokes=(stroke(square),)), Rect(0, 0, 120, 120))
    assert keep[60, 20] == keep[60, 100] == keep[20, 60] == keep[100, 60] == 1


def test_a_dab_is_round_and_a_tiny_one_still_leaves_a_trace() -> None:
    keep, _ = keep_and_cut(FramePlan(strokes=(stroke((50.0, 50.0), radius_px=10, softness=0),)), RECT)
    assert keep.sum() == pytest.approx(np.pi * 100, rel=0.01)
    keep, _ = keep_and_cut(FramePlan(strokes=(stroke((50.5, 50.5), radius_px=0.1),)), RECT)
    assert 0 < keep.sum() < 2
    twice = stroke((50.0, 50.0, 50.0, 50.0, 50.0, 50.0), radius_px=10, softness=0)
    assert keep_and_cut(FramePlan(strokes=(twice,)), RECT)[0].sum() == pytest.approx(np.pi * 100, rel=0.01)
