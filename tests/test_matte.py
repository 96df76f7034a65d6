"""The hull matte covers the projected mesh from every side, and its edge moves as asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.matte.hull import MESH_POINTS, hull_matte, mesh_triangles, soften

MESH_XYZ = np.loadtxt(Path(__file__).parent / "data" / "canonical_mesh.txt")


def head(*, yaw_deg: float = 0.0, centre: tuple[float, float] = (120.0, 120.0)) -> npt.NDArray[np.float64]:
    """The canonical mesh turned and projected, (468,2)."""
    yaw = np.radians(yaw_deg)
    turned = MESH_XYZ @ np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]).T
    return np.asarray(turned[:, :2] * [1, -1] * (160 / 17.6) + centre)  # 160 px high


def covered(points_K2: npt.NDArray[np.float64], samples_N2: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Slow truth: is the sample inside any triangle?"""
    a, b, c = (points_K2[mesh_triangles()[:, i]] for i in range(3))

    def side(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        s = samples_N2[:, None]
        return (q[:, 0] - p[:, 0]) * (s[..., 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (s[..., 0] - p[:, 0])

    signs = np.stack([side(a, b), side(b, c), side(c, a)])
    same = np.all(signs >= 0, axis=0) | np.all(signs <= 0, axis=0)
    return np.asarray(np.any(same, axis=1))


def test_the_triangles_make_one_sheet_whose_rim_is_the_face_oval() -> None:
    triangles = mesh_triangles()
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert triangles.shape == (898, 3)
    assert set(np.unique(triangles)) == set(range(MESH_POINTS))
    assert ((uses == 1).sum(), (uses == 2).sum()) == (36, 1329)


@pytest.mark.parametrize("yaw_deg", [0, 50, 88])
def test_the_matte_is_the_union_of_the_triangles_also_in_profile(yaw_deg: float) -> None:
    points = head(yaw_deg=yaw_deg)
    matte = hull_matte(points, (240, 240))
    y, x = np.mgrid[0:240:3, 0:240:3]
    truth = covered(points, np.stack([x.ravel() + 0.5, y.ravel() + 0.5], 1)).reshape(x.shape)
    drawn = matte[::3, ::3]
    assert (drawn[truth] >= 0.5).mean() > 0.995
    assert (drawn[~truth] <= 0.5).mean() > 0.995


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_shift_by_part_of_a_pixel_changes_the_soft_matte_only_slightly(dx: float, dy: float) -> None:
    still = hull_matte(head(), (240, 240), erode_px=4, feather_px=10)
    moved = hull_matte(head(centre=(120 + dx, 120 + dy)), (240, 240), erode_px=4, feather_px=10)
    assert np.abs(moved - still).max() < 0.16 * (dx + dy) + 0.01  # the ramp rises 0.15 a pixel at most


@pytest.mark.parametrize(("erode_px", "feather_px"), [(4, 10), (0, 6), (-8, 8), (30, 60), (3, 0)])
def test_the_edge_lies_where_it_was_asked_for(erode_px: float, feather_px: float) -> None:
    half_plane = np.zeros((300, 400), np.float32)
    half_plane[:, 200:] = 1
    row = soften(half_plane, erode_px=erode_px, feather_px=feather_px)[150]
    depth_px = np.arange(400) + 0.5 - 200
    assert row[depth_px < erode_px - 2].max(initial=0) < 0.01
    assert row[depth_px > erode_px + max(1.05 * feather_px, 1) + 2].min() > 0.99
    assert (np.diff(row) >= -1e-6).all()
    middle = np.argmin(np.abs(depth_px - erode_px - feather_px / 2))
    assert abs(row[middle] - 0.5) < (0.15 if feather_px else 0.51)


def test_the_picture_border_does_not_eat_the_matte() -> None:
    cut = hull_matte(head(centre=(0, 120)), (120, 240), erode_px=6, feather_px=10)
    assert cut[120, 0] == 1.0


def test_lifting_the_brow_line_grows_only_the_top() -> None:
    plain, lifted = hull_matte(head(), (240, 240)), hull_matte(head(), (240, 240), brow_lift=0.4)
    assert lifted[:100].sum() > 1.05 * plain[:100].sum()
    assert np.array_equal(lifted[120:], plain[120:])
