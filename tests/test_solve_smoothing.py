"""What the alignment smoother takes away and what it leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solved_faces import done, faces_of, moved

from understudy.domain.edit import AddFace, SmoothAlignments
from understudy.domain.face import LANDMARKS, ShotFaces
from understudy.domain.solved import FaceState
from understudy.domain.time import FrameRange
from understudy.solve import regions, solve
from understudy.solve.smoother import SUPPORT_FRAMES, smoothed
from understudy.solve.snaps import Series

FRAMES = FrameRange(1001, 1080)
COUNT = len(FRAMES)
Float = npt.NDArray[np.floating]


def bend(values: Float) -> float:
    """Root mean square of second differences."""
    return float(np.sqrt(np.square(np.diff(values, 2, axis=0)).mean()))


def one(
    values: Float, strength: float = 0.7, *, drop_outliers: bool = True, weight: Float | None = None
) -> Float:
    """A single series smoothed."""
    trust = np.ones(len(values)) if weight is None else weight
    series = Series(values_TD=np.asarray(values, np.float64)[:, None], weight_T=trust)
    return smoothed(series, np.arange(len(values)), strength, drop_outliers=drop_outliers)[:, 0]


def test_the_regions_name_every_landmark_once() -> None:
    named = [point for part in (*regions.FACE, *regions.MOUTH, *regions.EYES) for point in part]
    assert sorted(named) == list(range(LANDMARKS))


def test_noise_goes_and_movement_stays() -> None:
    t = np.arange(200.0)
    clean = 40 * np.sin(t / 18) + 2 * t
    noisy = clean + np.random.default_rng(3).normal(0, 0.4, len(t))
    out = one(noisy)
    assert bend(out[:, None]) < 0.3 * bend(noisy[:, None])
    assert np.sqrt(np.square(out - clean).mean()) < 0.7 * np.sqrt(np.square(noisy - clean).mean())
    lags = [np.square(out[10:-10] - np.roll(clean, lag)[10:-10]).mean() for lag in (-1, 0, 1)]
    assert int(np.argmin(lags)) == 1  # it looks both ways: no lag


@pytest.mark.parametrize("length", [2, 5, 20])
def test_a_snap_stays_on_its_frame(length: int) -> None:
    rng = np.random.default_rng(4)
    clean = np.zeros(80)
    clean[40 : 40 + length] = 10
    out = one(clean + rng.normal(0, 0.2, 80), drop_outliers=False)
    crossed = np.flatnonzero(np.diff(out > 5))
    assert list(crossed) == [39, 39 + length]
    assert np.abs(out - clean).max() < 0.8


def test_one_wild_frame_is_dropped_where_that_is_asked() -> None:
    values = np.linspace(0, 30, 60) + np.random.default_rng(5).normal(0, 0.1, 60)
    wild = values.copy()
    wild[30] += 12
    assert abs(one(wild)[30] - values[30]) < 0.5
    assert one(wild, drop_outliers=False)[30] == pytest.approx(wild[30], abs=0.5)


def test_doubted_frames_follow_their_neighbours() -> None:
    values = np.random.default_rng(6).normal(0, 0.1, 60)
    wild, weight = values.copy(), np.ones(60)
    wild[30:33] += 3
    weight[30:33] = 1e-3
    assert np.abs(one(wild, weight=weight)[30:33]).max() < 0.6


@given(st.integers(0, 10_000), st.integers(3, 90), st.floats(0.05, 1))
@settings(max_examples=30, deadline=None)
def test_a_window_gives_the_bits_of_the_whole(seed: int, count: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (count, 5)).cumsum(0)
    values[rng.integers(0, count, 3)] += 20
    weight = rng.uniform(0.02, 1, count)
    series = Series(values_TD=values, weight_T=weight, starts=(0, 2))
    whole = smoothed(series, np.arange(count), strength, drop_outliers=True)
    row = int(rng.integers(0, count))
    low, high = max(row - SUPPORT_FRAMES, 0), row + SUPPORT_FRAMES + 1
    part = Series(values_TD=values[low:high], weight_T=weight[low:high], starts=(0, 2))
    alone = smoothed(part, np.array([row - low]), strength, drop_outliers=True)
    np.testing.assert_array_equal(alone[0], whole[row])


# On faces


@pytest.fixture(scope="module")
def blinking() -> ShotFaces:
    """A drifting, trembling face that blinks for three frames and opens its mouth for ten."""
    faces = faces_of({0: FRAMES}, noise_px=0.15)
    landmarks = faces.landmarks_NK3.copy()
    lids = [point for part in regions.EYES[:2] for point in part]
    landmarks[30:33, lids, 1] += 7
    landmarks[50:60, list(regions.LIPS), 1] += 12
    return replace(faces, landmarks_NK3=landmarks)


def test_a_trembling_face_is_steadied(blinking: ShotFaces) -> None:
    solved = solve(blinking, done(SmoothAlignments()), frames=FRAMES)
    assert (solved.state_N == FaceState.SMOOTHED).all()
    raw = solve(blinking, [], frames=FRAMES)
    for column in range(4):
        assert bend(solved.square_N4[:25, column]) < 0.3 * bend(raw.square_N4[:25, column])
    nose = list(regions.NOSE)
    assert bend(solved.faces.landmarks_NK3[:, nose, :2]) < 0.4 * bend(blinking.landmarks_NK3[:, nose, :2])


def test_blinks_and_the_mouth_keep_their_frame(blinking: ShotFaces) -> None:
    solved = solve(blinking, done(SmoothAlignments()), frames=FRAMES).faces.landmarks_NK3
    for point, frames in ((159, range(30, 33)), (13, range(50, 60))):
        off = solved[:, point, 1] - solved[:, 6, 1] - (solved[5, point, 1] - solved[5, 6, 1])
        half = 3.5 if point == 159 else 6
        assert list(np.flatnonzero(off > half)) == list(frames)


def test_strengths_are_separate(blinking: ShotFaces) -> None:
    none = SmoothAlignments(position=0, rotation=0, scale=0, face=0, mouth=0, eyes=0)
    still = solve(blinking, done(none), frames=FRAMES)
    np.testing.assert_array_equal(still.faces.landmarks_NK3, blinking.landmarks_NK3)
    assert not still.state_N.any()
    raw = solve(blinking, [], frames=FRAMES)
    scaled = solve(blinking, done(replace(none, scale=1.0)), frames=FRAMES)
    np.testing.assert_array_equal(scaled.square_N4[:, [0, 1, 3]], raw.square_N4[:, [0, 1, 3]])
    assert (scaled.square_N4[:, 2] != raw.square_N4[:, 2]).any()
    mouth = solve(blinking, done(replace(none, mouth=1.0)), frames=FRAMES).faces.landmarks_NK3
    moved_by = np.abs(mouth - blinking.landmarks_NK3).max((0, 2))
    own = [point for part in regions.MOUTH for point in part]
    assert moved_by[own].max() > 0.05 and np.delete(moved_by, own).max() < 1e-3


def test_the_last_smoothing_counts(blinking: ShotFaces) -> None:
    none = SmoothAlignments(position=0, rotation=0, scale=0, face=0, mouth=0, eyes=0)
    solved = solve(blinking, done(SmoothAlignments(), none), frames=FRAMES)
    np.testing.assert_array_equal(solved.faces.landmarks_NK3, blinking.landmarks_NK3)


def test_keys_and_added_faces_are_pinned_under_smoothing(blinking: ShotFaces) -> None:
    key = moved(blinking, 0, 1020, [6, 13, 159], (3, 4))
    whole = blinking.landmarks_NK3[69, :, :2].astype(float) + np.array([2.0, 1.0])
    face = AddFace(track=0, frame=1070, landmarks=tuple(whole.reshape(-1).tolist()))
    solved = solve(blinking, done(SmoothAlignments(), key, face), frames=FRAMES)
    np.testing.assert_array_equal(
        solved.faces.landmarks_NK3[19, [6, 13, 159], :2].reshape(-1), np.float32(key.to)
    )
    np.testing.assert_array_equal(
        solved.faces.landmarks_NK3[69, :, :2].reshape(-1), np.float32(face.landmarks)
    )
    assert solved.state_N[19] == solved.state_N[69] == FaceState.KEYED


def test_nothing_is_smoothed_across_a_cut() -> None:
    faces = faces_of({0: range(1001, 1041), 1: range(1041, 1081)}, cuts=(1041,))
    solved = solve(faces, done(SmoothAlignments()), frames=FRAMES)
    alone = solve(
        faces.select(faces.track == 1), done(SmoothAlignments()), frames=FRAMES, only=FrameRange(1041, 1080)
    )
    np.testing.assert_array_equal(solved.faces.landmarks_NK3[40:], alone.faces.landmarks_NK3)


def test_an_edit_changes_few_frames(blinking: ShotFaces) -> None:
    whole = blinking.landmarks_NK3[39, :, :2].astype(float) + np.array([9.0, 0.0])
    face = AddFace(track=0, frame=1040, landmarks=tuple(whole.reshape(-1).tolist()))
    before = solve(blinking, done(SmoothAlignments()), frames=FRAMES).faces.landmarks_NK3
    after = solve(blinking, done(SmoothAlignments(), face), frames=FRAMES).faces.landmarks_NK3
    changed = np.flatnonzero((before != after).any((1, 2)))
    assert 39 in changed and changed.min() >= 39 - SUPPORT_FRAMES and changed.max() <= 39 + SUPPORT_FRAMES


def test_quick_movement_is_not_taken_for_noise() -> None:
    faces = faces_of({0: FRAMES}, noise_px=0.1)
    sway = 25 * np.sin(np.arange(COUNT) * 2 * np.pi / 9)
    landmarks = faces.landmarks_NK3.copy()
    landmarks[:, :, 0] += sway[:, None]
    solved = solve(replace(faces, landmarks_NK3=landmarks), done(SmoothAlignments()), frames=FRAMES)
    assert np.abs(solved.faces.landmarks_NK3[:, :, 0] - landmarks[:, :, 0]).max() < 1.5
    assert np.abs((solved.faces.landmarks_NK3 - landmarks)[:, :, 0].mean(1)).max() < 0.3
