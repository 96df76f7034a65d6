"""The mesh steered by 68 landmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drawn_plates import mesh_in_plate

from understudy.domain.landmark_groups import LANDMARK_GROUPS
from understudy.faces.align import face_squares
from understudy.faces.pose import head_pose
from understudy.faces.steering import MESH_OF_68, POINTS_68, box_of_68, fits, steered

MESH = mesh_in_plate((210, 190), 160, roll_deg=8)
JAW, BROWS, NOSE, EYES, LIPS = slice(0, 17), slice(17, 27), slice(27, 36), slice(36, 48), slice(48, 68)
MIRRORED = [
    *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), *range(45, 41, -1), 47, 46,
    *range(39, 35, -1), 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
]  # fmt: skip


def test_the_68_lie_on_the_parts_of_the_mesh_that_they_are_named_after() -> None:
    assert len(set(MESH_OF_68.tolist())) == POINTS_68
    eyes = {n for name, group in LANDMARK_GROUPS.items() if "eye" in name for n in group}
    assert set(MESH_OF_68[EYES].tolist()) <= eyes
    assert set(MESH_OF_68[LIPS].tolist()) <= set(LANDMARK_GROUPS["mouth"])
    upright = mesh_in_plate((0, 0), 100)
    at = upright[MESH_OF_68]
    np.testing.assert_allclose(at[MIRRORED] * [-1, 1, 1], at, atol=0.6)  # left as right
    assert (np.diff(at[JAW][:9, 1]) > 0).all() and (np.diff(at[JAW][:, 0]) > 0).all()
    assert (np.diff(at[NOSE][:4, 1]) > 0).all() and at[NOSE][3, 2] == at[:, 2].min()  # to the tip
    assert at[JAW][8, 1] == at[:, 1].max() and at[BROWS][:, 1].max() < at[EYES][:, 1].min()


def test_a_mesh_that_lies_on_the_68_already_stays_as_it_is() -> None:
    np.testing.assert_allclose(steered(MESH, MESH[MESH_OF_68, :2]), MESH, atol=1e-3)


@given(
    grown=st.floats(0.9, 1.1),
    turn=st.floats(-0.1, 0.1),
    right=st.floats(-20, 20),
    squash=st.floats(0.95, 1.05),
)
def test_an_affine_change_of_the_68_takes_the_whole_mesh_with_it(
    grown: float, turn: float, right: float, squash: float
) -> None:
    linear = grown * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * [1, squash]
    moved = steered(MESH, MESH[MESH_OF_68, :2] @ linear.T + (right, 3))
    np.testing.assert_allclose(moved[:, :2], MESH[:, :2] @ linear.T + (right, 3), atol=0.02)
    np.testing.assert_array_equal(moved[:, 2], MESH[:, 2])


def test_the_counterparts_meet_the_68_and_their_neighbours_follow() -> None:
    noise = np.random.default_rng(2).normal(0, 1.5, (POINTS_68, 2))
    wanted = MESH[MESH_OF_68, :2] + noise
    moved = steered(MESH, wanted)
    off = np.linalg.norm(moved[MESH_OF_68, :2] - wanted, axis=1)
    assert off.max() < 0.4 and off.mean() < 0.12 * np.linalg.norm(noise, axis=1).mean()
    assert np.linalg.norm(moved - MESH, axis=1).max() < 8
    opened = MESH[MESH_OF_68, :2].copy()
    opened[55:60] += (0, 14)  # the lower lip, outside and within, and the chin
    opened[65:68] += (0, 14)
    opened[6:11] += (0, 9)
    spoken = steered(MESH, opened)
    gap = spoken[14, 1] - spoken[13, 1] - (MESH[14, 1] - MESH[13, 1])
    assert gap == pytest.approx(14, abs=1.5)
    assert np.abs(spoken[[33, 263, 168, 10]] - MESH[[33, 263, 168, 10]]).max() < 1  # eyes and brow are still
    assert 8 < (spoken - MESH)[18, 1] < 16  # between lip and chin


def test_the_jaw_is_left_out_where_the_head_is_turned_far() -> None:
    turn = np.radians(40)
    centre = MESH.mean(0)
    spin = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    turned = ((MESH - centre) @ spin.T + centre).astype(np.float32)
    assert abs(head_pose(turned[None])[0, 1]) > 30
    wanted = turned[MESH_OF_68, :2].copy()
    wanted[JAW] += (25, 0)  # slid along the visible outline
    np.testing.assert_allclose(steered(turned, wanted), turned, atol=1e-2)
    assert (
        np.abs(steered(MESH, MESH[MESH_OF_68, :2] + np.pad([[10.0, 0]] * 17, ((0, 51), (0, 0)))) - MESH).max()
        > 5
    )


def test_points_of_another_face_do_not_fit() -> None:
    side = float(face_squares(MESH[None])[0, 2])
    points = MESH[MESH_OF_68, :2]
    assert fits(MESH, points) and fits(MESH, points + 0.1 * side)
    assert not fits(MESH, points + np.array([0.6 * side, 0]))
    assert not fits(MESH, np.full((POINTS_68, 2), np.nan))
    x, y, width, height = box_of_68(points)
    assert x < 190 < x + width and y < 190 < y + height and height > width * 0.9
