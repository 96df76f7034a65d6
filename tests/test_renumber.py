"""Track numbers through another extraction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.solved_faces import done, faces_of, landmarks_at, moved

from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.domain.time import FrameRange
from understudy.faces.renumber import with_numbers_of
from understudy.solve import solve

FRAMES = FrameRange(1001, 1040)
BEFORE = faces_of({0: range(1001, 1041), 1: range(1001, 1031)})


def numbered(faces: ShotFaces, numbers: dict[int, int]) -> ShotFaces:
    track = np.array([numbers[int(number)] for number in faces.track], np.int32)
    return replace(faces, track=track).select(np.lexsort((track, faces.frame)))


def test_the_same_faces_keep_their_numbers() -> None:
    again = with_numbers_of(BEFORE, BEFORE)
    np.testing.assert_array_equal(again.track, BEFORE.track)
    np.testing.assert_array_equal(again.landmarks_NK3, BEFORE.landmarks_NK3)
    back = with_numbers_of(numbered(BEFORE, {0: 1, 1: 0}), BEFORE)
    np.testing.assert_array_equal(back.track, BEFORE.track)
    np.testing.assert_array_equal(back.landmarks_NK3, BEFORE.landmarks_NK3)


def test_a_key_stays_on_its_face_when_extraction_counts_otherwise() -> None:
    key = moved(BEFORE, 1, 1010, (13, 14), (3.0, 2.0))
    found = with_numbers_of(numbered(BEFORE, {0: 1, 1: 0}), BEFORE)
    solved = solve(found, done(key), frames=FRAMES)
    assert not solved.orphans
    np.testing.assert_allclose(landmarks_at(solved, 1, 1010)[13, :2], key.to[:2])
    np.testing.assert_array_equal(
        landmarks_at(solved, 0, 1010), landmarks_at(solve(BEFORE, [], frames=FRAMES), 0, 1010)
    )


def test_a_track_that_was_not_there_before_takes_no_others_number() -> None:
    three = faces_of({0: range(1001, 1041), 2: range(1001, 1041)})
    found = with_numbers_of(numbered(three, {0: 0, 2: 1}), BEFORE)
    assert found.tracks == (0, 2), "track 1 has gone; what lies elsewhere is not it"
    key = moved(BEFORE, 1, 1010, (13,), (3.0, 2.0))
    (orphan,) = solve(found, done(key), frames=FRAMES).orphans
    assert "track 1" in orphan.reason


def test_a_track_found_in_two_pieces_keeps_the_number_on_the_longer_one() -> None:
    pieces = np.where(BEFORE.track == 1, 7, np.where(BEFORE.frame < 1010, 5, 6)).astype(np.int32)
    found = with_numbers_of(replace(BEFORE, track=pieces), BEFORE)
    assert set(found.track[found.frame >= 1010].tolist()) == {0, 1}
    assert set(found.track[found.frame < 1010].tolist()) == {1, 2}


def test_nobody_before_and_strangers_now() -> None:
    nobody = BEFORE.select(np.zeros(len(BEFORE), np.bool_))
    np.testing.assert_array_equal(with_numbers_of(BEFORE, nobody).track, BEFORE.track)
    assert len(with_numbers_of(nobody, BEFORE)) == 0
    strangers = numbered(BEFORE, {0: NO_TRACK, 1: 0})
    assert set(with_numbers_of(strangers, BEFORE).track.tolist()) == {NO_TRACK, 1}
