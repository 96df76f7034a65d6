"""Alignments and tracks after edits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.solved_faces import SIDE_PX, done, faces_of, frames_of, landmarks_at, layout, moved, row_at

from understudy.domain.edit import (
    AddFace,
    BindTrack,
    Interpolation,
    Keyed,
    MergeTracks,
    MoveLandmarks,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    SmoothAlignments,
    SplitTrack,
)
from understudy.domain.face import LANDMARKS, NO_TRACK, ShotFaces
from understudy.domain.solved import FaceState
from understudy.domain.time import FrameRange
from understudy.faces.align import face_square
from understudy.solve import solve

FRAMES = FrameRange(1001, 1040)
WHOLE = range(1001, 1041)


def drawn(x: float, y: float) -> tuple[float, ...]:
    points = layout()[:, :2].astype(float) + np.array([x, y])
    return tuple(points.reshape(-1).tolist())


def test_an_untouched_shot_is_the_machines_bit_for_bit() -> None:
    faces = faces_of({0: WHOLE, 1: range(1005, 1020), NO_TRACK: [1003]})
    faces.filled[7] = True
    solved = solve(faces, [], frames=FRAMES)
    for name in ("frame", "track", "landmarks_NK3", "box_N4", "expression_NE", "embedding_ND", "filled"):
        np.testing.assert_array_equal(getattr(solved.faces, name), getattr(faces, name))
    squares = np.stack([face_square(points) for points in faces.landmarks_NK3])
    np.testing.assert_array_equal(solved.square_N4, squares)
    expected = np.where(faces.filled, FaceState.INTERPOLATED, FaceState.MACHINE)
    np.testing.assert_array_equal(solved.state_N, expected)
    assert solved.plans == {} and solved.orphans == () and solved.revision == 0


def test_a_moved_landmark_eases_out_on_both_sides() -> None:
    faces = faces_of({0: WHOLE})
    solved = solve(faces, done(moved(faces, 0, 1020, [13, 14], (0, 12))), frames=FRAMES)
    off = solved.faces.landmarks_NK3[:, 13, 1] - faces.landmarks_NK3[:, 13, 1]
    row = row_at(solved, 0, 1020)
    assert off[row] == pytest.approx(12, abs=1e-4) and (np.diff(off[row:]) <= 1e-4).all()
    np.testing.assert_allclose(off[:row], off[row + 1 : 2 * row + 1][::-1], atol=0.3)
    touched = np.flatnonzero(solved.state_N)
    assert list(solved.faces.frame[touched]) == list(range(1014, 1027))
    assert solved.state_N[row] == FaceState.KEYED and solved.state_N[row - 1] == FaceState.INTERPOLATED
    others = np.delete(np.arange(LANDMARKS), [13, 14])
    np.testing.assert_array_equal(solved.faces.landmarks_NK3[:, others], faces.landmarks_NK3[:, others])
    np.testing.assert_array_equal(solved.faces.landmarks_NK3[:, :, 2], faces.landmarks_NK3[:, :, 2])
    assert solved.faces.box_N4[row, 3] >= faces.box_N4[row, 3]


@pytest.mark.parametrize(
    ("interpolation", "middle"),
    [(Interpolation.LINEAR, 10.0), (Interpolation.HOLD, 4.0), (Interpolation.HERMITE, 10.0)],
)
def test_landmarks_go_from_key_to_key(interpolation: Interpolation, middle: float) -> None:
    faces = faces_of({0: WHOLE}, noise_px=0.0)
    keys = [moved(faces, 0, 1010, [13], (4, 0)), moved(faces, 0, 1020, [13], (16, 0))]
    keys = [replace(key, interpolation=interpolation, reach_frames=0) for key in keys]
    off = (
        solve(faces, done(*keys), frames=FRAMES).faces.landmarks_NK3[:, 13, 0] - faces.landmarks_NK3[:, 13, 0]
    )
    assert off[9] == pytest.approx(4) and off[19] == pytest.approx(16)
    assert off[14] == pytest.approx(middle, abs=1e-3)
    assert not off[:9].any() and not off[20:].any()
    if interpolation is Interpolation.HERMITE:  # it leaves the first key gently
        assert off[10] - off[9] < 0.5 * (off[15] - off[14])


def test_corrections_turn_and_grow_with_the_face() -> None:
    faces = faces_of({0: WHOLE}, noise_px=0.0)
    turned = faces.landmarks_NK3.copy()
    centre = turned[:, :, :2].mean(1, keepdims=True)
    rel = turned[20:, :, :2] - centre[20:]
    turned[20:, :, :2] = centre[20:] + 2 * np.stack([-rel[:, :, 1], rel[:, :, 0]], axis=2)  # a quarter, twice
    faces = replace(faces, landmarks_NK3=turned)
    keys = [
        replace(moved(faces, 0, 1010, [13], (6, 0)), interpolation=Interpolation.HOLD),
        replace(moved(faces, 0, 1040, [13], (0, 12))),
    ]
    solved = solve(faces, done(*keys), frames=FRAMES)
    off = solved.faces.landmarks_NK3[30, 13, :2] - faces.landmarks_NK3[30, 13, :2]
    np.testing.assert_allclose(off, (0, 12), atol=1e-2)


def test_no_correction_crosses_a_cut() -> None:
    faces = faces_of({0: range(1001, 1021), 1: range(1021, 1041)}, cuts=(1021,))
    solved = solve(faces, done(moved(faces, 0, 1020, [13], (0, 12))), frames=FRAMES)
    later = solved.faces.frame >= 1021
    np.testing.assert_array_equal(solved.faces.landmarks_NK3[later], faces.landmarks_NK3[later])


def test_the_square_follows_a_face_that_is_moved_as_a_whole() -> None:
    faces = faces_of({0: WHOLE})
    solved = solve(faces, done(moved(faces, 0, 1020, range(LANDMARKS), (20, -8))), frames=FRAMES)
    before = solve(faces, [], frames=FRAMES).square_N4
    np.testing.assert_allclose(solved.square_N4[19] - before[19], (20, -8, 0, 0), atol=1e-3)
    np.testing.assert_allclose(solved.square_N4[5], before[5])


def test_a_crop_key_is_met_exactly_and_eases_out() -> None:
    faces = faces_of({0: WHOLE})
    crop = PlaceCrop(track=0, frame=1020, centre_x=210.5, centre_y=130.25, side_px=180, angle_deg=-175)
    solved = solve(faces, done(SmoothAlignments(), crop), frames=FRAMES)
    plain = solve(faces, done(SmoothAlignments()), frames=FRAMES)
    np.testing.assert_array_equal(solved.square_N4[19], (210.5, 130.25, 180, -175))
    assert solved.state_N[19] == FaceState.KEYED and solved.state_N[18] == FaceState.INTERPOLATED
    assert abs(solved.square_N4[18, 3]) > abs(solved.square_N4[15, 3])
    np.testing.assert_array_equal(solved.square_N4[:13], plain.square_N4[:13])
    np.testing.assert_array_equal(solved.faces.landmarks_NK3, plain.faces.landmarks_NK3)


def test_removed_keys_leave_nothing_behind() -> None:
    faces = faces_of({0: WHOLE})
    crop = PlaceCrop(track=0, frame=1020, centre_x=210, centre_y=130, side_px=180, angle_deg=5)
    key = moved(faces, 0, 1020, [13], (0, 12))
    gone = solve(faces, done(key, crop, RemoveKeys(track=0, first=1015, last=1025)), frames=FRAMES)
    np.testing.assert_array_equal(gone.faces.landmarks_NK3, faces.landmarks_NK3)
    np.testing.assert_array_equal(gone.square_N4, solve(faces, [], frames=FRAMES).square_N4)
    kept = solve(
        faces, done(key, crop, RemoveKeys(track=0, first=1020, last=1020, what=Keyed.CROP)), frames=FRAMES
    )
    assert landmarks_at(kept, 0, 1020)[13, 1] == pytest.approx(key.to[1], abs=1e-4)
    [orphan] = solve(faces, done(RemoveKeys(track=0, first=1001, last=1040)), frames=FRAMES).orphans
    assert orphan.revision == 1 and "no such key" in orphan.reason


def test_a_later_key_of_the_same_landmark_counts() -> None:
    faces = faces_of({0: WHOLE})
    keys = [moved(faces, 0, 1020, [13, 14], (0, 12)), moved(faces, 0, 1020, [14], (0, -5))]
    solved = solve(faces, done(*keys), frames=FRAMES)
    off = landmarks_at(solved, 0, 1020)[[13, 14], 1] - faces.landmarks_NK3[19, [13, 14], 1]
    np.testing.assert_allclose(off, (12, -5), atol=1e-3)


# Tracks


def test_added_faces_are_joined_to_the_next_ones() -> None:
    faces = faces_of({0: [*range(1001, 1011), *range(1021, 1041)]}, noise_px=0.0)
    added = AddFace(track=0, frame=1016, landmarks=drawn(500, 50))
    solved = solve(faces, done(added), frames=FRAMES)
    assert frames_of(solved, 0) == list(WHOLE)
    states = {int(f): int(s) for f, s in zip(solved.faces.frame, solved.state_N, strict=True)}
    assert states[1016] == FaceState.KEYED and states[1013] == states[1018] == FaceState.INTERPOLATED
    np.testing.assert_allclose(landmarks_at(solved, 0, 1016)[:, :2].reshape(-1), added.landmarks, rtol=1e-6)
    middle = (landmarks_at(solved, 0, 1010) + landmarks_at(solved, 0, 1016)) / 2
    np.testing.assert_allclose(landmarks_at(solved, 0, 1013), middle, atol=1e-3)
    assert solved.faces.filled[row_at(solved, 0, 1013)] and not solved.faces.filled[row_at(solved, 0, 1016)]
    assert landmarks_at(solved, 0, 1016)[13, 2] == pytest.approx(faces.landmarks_NK3[0, 13, 2], rel=1e-4)


def test_added_faces_of_a_new_track_are_joined_within_the_take_only() -> None:
    faces = faces_of({0: range(1001, 1011)}, cuts=(1021,))
    edits = done(*(AddFace(track=5, frame=frame, landmarks=drawn(500, 400)) for frame in (1012, 1016)))
    solved = solve(faces, edits, frames=FRAMES)
    assert frames_of(solved, 5) == [1012, 1013, 1014, 1015, 1016]
    across = done(*(AddFace(track=5, frame=frame, landmarks=drawn(500, 400)) for frame in (1012, 1025)))
    solved = solve(faces, across, frames=FRAMES)
    assert frames_of(solved, 5) == [1012]
    assert "another camera take" in solved.orphans[0].reason


def test_a_face_may_be_added_to_a_shot_without_any() -> None:
    solved = solve(faces_of({}), done(AddFace(track=0, frame=1003, landmarks=drawn(10, 20))), frames=FRAMES)
    assert frames_of(solved, 0) == [1003] and solved.square_N4[0, 2] == pytest.approx(SIDE_PX, rel=1e-3)


def test_removed_faces_are_gone_until_added_again() -> None:
    faces = faces_of({0: WHOLE})
    gone = RemoveFaces(track=0, first=1010, last=1030)
    solved = solve(faces, done(gone), frames=FRAMES)
    assert frames_of(solved, 0) == [*range(1001, 1010), *range(1031, 1041)]
    back = solve(faces, done(gone, AddFace(track=0, frame=1020, landmarks=drawn(400, 50))), frames=FRAMES)
    assert frames_of(back, 0) == list(WHOLE)
    hole = done(
        gone,
        AddFace(track=0, frame=1020, landmarks=drawn(400, 50)),
        RemoveFaces(track=0, first=1022, last=1024),
    )
    assert frames_of(solve(faces, hole, frames=FRAMES), 0) == [*range(1001, 1022), *range(1025, 1041)]


def test_merged_tracks_carry_keys_and_binding_along() -> None:
    faces = faces_of({0: range(1001, 1016), 1: range(1012, 1041)})
    key = moved(faces, 1, 1030, [13], (0, 12))
    edits = done(BindTrack(track=1, person_id="mira"), key, MergeTracks(track=0, other=1))
    solved = solve(faces, edits, frames=FRAMES)
    assert solved.faces.tracks == (0,) and frames_of(solved, 0) == list(WHOLE)
    assert solved.bindings == {0: "mira"} and not solved.orphans
    np.testing.assert_array_equal(landmarks_at(solved, 0, 1013), faces.of_track(0).landmarks_NK3[12])
    assert landmarks_at(solved, 0, 1030)[13, 1] == pytest.approx(key.to[1], abs=1e-4)


def test_faces_taken_away_stay_away_when_their_track_is_merged_or_split() -> None:
    faces = faces_of({0: range(1001, 1011)})
    drawn = tuple(layout()[:, :2].astype(float).reshape(-1).tolist())
    edits = [
        AddFace(track=5, frame=1020, landmarks=drawn),
        AddFace(track=5, frame=1023, landmarks=drawn),
        AddFace(track=5, frame=1030, landmarks=drawn),
        RemoveFaces(track=5, first=1025, last=1026),
    ]
    for renumbered in (
        MergeTracks(track=0, other=5),
        SplitTrack(track=5, frame=1022, new_track=6),
    ):
        solved = solve(faces, done(*edits, renumbered), frames=FRAMES)
        assert not solved.orphans
        shown = set(solved.faces.frame.tolist())
        assert {1024, 1027} <= shown and not {1025, 1026} & shown, renumbered


def test_tracks_of_two_takes_are_not_merged() -> None:
    faces = faces_of({0: range(1001, 1021), 1: range(1021, 1041)}, cuts=(1021,))
    solved = solve(faces, done(MergeTracks(track=0, other=1)), frames=FRAMES)
    assert set(solved.faces.tracks) == {0, 1}
    assert "never in the same camera take" in solved.orphans[0].reason


def test_a_split_track_keeps_its_keys_and_binding_on_both_sides() -> None:
    faces = faces_of({0: WHOLE})
    keys = [moved(faces, 0, frame, [13], (0, 12)) for frame in (1010, 1030)]
    edits = done(BindTrack(track=0, person_id="mira"), *keys, SplitTrack(track=0, frame=1021, new_track=7))
    solved = solve(faces, edits, frames=FRAMES)
    assert frames_of(solved, 0) == list(range(1001, 1021)) and frames_of(solved, 7) == list(range(1021, 1041))
    assert solved.bindings == {0: "mira", 7: "mira"}
    off = solved.faces.landmarks_NK3[:, 13, 1] - faces.landmarks_NK3[:, 13, 1]
    assert off[9] == pytest.approx(12, abs=1e-3) and off[29] == pytest.approx(12, abs=1e-3)
    assert abs(off[19]) < 0.01  # eased out: the keys are of two tracks now


def test_unbinding_a_track() -> None:
    edits = done(BindTrack(track=0, person_id="mira"), BindTrack(track=0, person_id=""))
    assert solve(faces_of({0: WHOLE}), edits, frames=FRAMES).bindings == {}


# After another extraction


def test_keys_find_their_face_under_another_track_number() -> None:
    faces = faces_of({0: WHOLE, 1: WHOLE})
    edits = done(
        moved(faces, 1, 1020, [13], (0, 6)),
        PlaceCrop(track=1, frame=1010, centre_x=190, centre_y=425, side_px=160, angle_deg=3),
        AddFace(track=1, frame=1030, landmarks=drawn(144, 352)),
    )
    renumbered = replace(faces, track=np.where(faces.track == 1, 4, 0).astype(np.int32))
    solved = solve(renumbered, edits, frames=FRAMES)
    assert solved.orphans == () and set(solved.faces.tracks) == {0, 4}
    assert solved.state_N[row_at(solved, 4, 1020)] == FaceState.KEYED
    assert solved.square_N4[row_at(solved, 4, 1010), 0] == 190
    assert landmarks_at(solved, 4, 1030)[0, 0] == pytest.approx(edits[2].action.landmarks[0], abs=1e-3)
    assert not solved.state_N[solved.faces.track == 0].any()


def test_edits_whose_face_is_gone_are_named_and_skipped() -> None:
    faces = faces_of({0: WHOLE, 1: WHOLE})
    edits = done(
        moved(faces, 1, 1020, [13], (0, 6)),
        PlaceCrop(track=1, frame=1010, centre_x=190, centre_y=425, side_px=160, angle_deg=3),
        BindTrack(track=1, person_id="mira"),
        SplitTrack(track=1, frame=1020, new_track=9),
        MergeTracks(track=0, other=1),
        RemoveFaces(track=1, first=1001, last=1005),
        MoveLandmarks(track=0, frame=2000, points=(1,), to=(1.0, 1.0)),
    )
    solved = solve(faces.select(faces.track == 0), edits, frames=FRAMES)
    assert [orphan.revision for orphan in solved.orphans] == [1, 2, 3, 4, 5, 6, 7]
    assert "the plate has frames 1001-1040" in solved.orphans[-1].reason
    np.testing.assert_array_equal(solved.faces.landmarks_NK3, faces.of_track(0).landmarks_NK3)


# Odd shots


def with_holes(faces: ShotFaces, frames: list[int]) -> ShotFaces:
    landmarks = faces.landmarks_NK3.copy()
    landmarks[np.isin(faces.frame, frames), 100, 0] = np.nan
    return replace(faces, landmarks_NK3=landmarks)


@pytest.mark.parametrize("edits", [done(), done(SmoothAlignments())])
def test_undefined_landmarks_are_bridged_or_left_out(edits: list) -> None:
    faces = faces_of({0: WHOLE}, noise_px=0.0)
    solved = solve(with_holes(faces, [1010, 1011, 1012, 1040]), edits, frames=FRAMES)
    assert frames_of(solved, 0) == list(range(1001, 1040))
    assert np.isfinite(solved.faces.landmarks_NK3).all() and np.isfinite(solved.square_N4).all()
    assert (solved.state_N[9:12] == FaceState.INTERPOLATED).all() and solved.faces.filled[9:12].all()
    np.testing.assert_allclose(solved.faces.landmarks_NK3, faces.landmarks_NK3[:-1], atol=0.05)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_tracks_are_solved(count: int) -> None:
    faces = faces_of({0: range(1001, 1001 + count)})
    key = moved(faces, 0, 1001, [13], (0, 12))
    solved = solve(faces, done(SmoothAlignments(), key), frames=FrameRange(1001, 1000 + count))
    assert np.isfinite(solved.square_N4).all() and len(solved.faces) == count
    assert landmarks_at(solved, 0, 1001)[13, 1] == pytest.approx(key.to[1], abs=1e-4)
    assert np.abs(solved.faces.landmarks_NK3[:, 14] - faces.landmarks_NK3[:, 14]).max() < 2
    nothing = solve(with_holes(faces, list(WHOLE)), done(SmoothAlignments()), frames=FRAMES)
    assert len(nothing.faces) == 0


def test_an_empty_shot_is_solved() -> None:
    solved = solve(faces_of({}), done(SmoothAlignments()), frames=FRAMES)
    assert len(solved.faces) == 0 and solved.square_N4.shape == (0, 4)


def test_one_frame_amid_many_keys_is_that_frame_of_the_whole() -> None:
    faces = faces_of({0: WHOLE})
    rng = np.random.default_rng(2)
    edits = done(
        *(
            replace(moved(faces, 0, frame, [13], rng.uniform(-9, 9, 2)), interpolation=Interpolation.HERMITE)
            for frame in range(1002, 1040, 4)
        ),
        *(
            PlaceCrop(
                track=0, frame=frame, centre_x=rng.uniform(150, 200), centre_y=120, side_px=150,
                angle_deg=rng.uniform(-9, 9), interpolation=Interpolation.HERMITE,
            )
            for frame in range(1003, 1040, 3)
        ),
    )  # fmt: skip
    whole = solve(faces, edits, frames=FRAMES)
    for frame in WHOLE:
        alone = solve(faces, edits, frames=FRAMES, only=FrameRange(frame, frame))
        row = frame - 1001
        np.testing.assert_array_equal(alone.faces.landmarks_NK3[0], whole.faces.landmarks_NK3[row])
        np.testing.assert_array_equal(alone.square_N4[0], whole.square_N4[row])
