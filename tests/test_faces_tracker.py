"""Following and linking, with faces whose places and identities are given."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.config import ExtractConfig
from understudy.domain.face import EXPRESSIONS, LANDMARKS, NO_TRACK
from understudy.domain.time import FrameRange
from understudy.faces.align import MEAN_FACE_POINTS, MEAN_HEAD
from understudy.faces.linking import link, number_tracks, split_at_cuts
from understudy.faces.roi import Float, Roi
from understudy.faces.shot_record import shot_faces
from understudy.faces.sighting import Sighting
from understudy.faces.tracker import Piece, Tracker

CONFIG = ExtractConfig()
PEOPLE = np.linalg.qr(np.random.default_rng(1).standard_normal((128, 4)))[0].T.astype(np.float32)


def sighting(
    frame: int, x: float, *, score: float = 0.9, size: float = 100.0, presence: float = 1.0
) -> Sighting:
    landmarks = np.full((LANDMARKS, 3), MEAN_HEAD.mean(0), np.float32)
    landmarks[MEAN_FACE_POINTS] = MEAN_HEAD
    return Sighting(
        frame=frame,
        landmarks_K3=np.asarray(landmarks * 100 + (x, 50, 0), np.float32),
        presence=presence,
        score=score,
        expression_E=np.zeros(EXPRESSIONS, np.float32),
        sharpness=1.0,
    )


class Scene:
    """A frame with people at known places: `person_at` says who has a face at x."""

    def __init__(self, frame: int, people: dict[int, float], *, unseen: tuple[int, ...] = ()) -> None:
        self.frame, self.people, self.unseen = frame, people, unseen

    def sightings(self) -> list[Sighting]:
        return [sighting(self.frame, x) for who, x in self.people.items() if who not in self.unseen]

    def again(self, rois: list[Roi]) -> list[Sighting]:
        return [self._nearest(roi) for roi in rois]

    def _nearest(self, roi: Roi) -> Sighting:
        faces = [sighting(self.frame, x, score=0.0) for x in self.people.values()]
        near = [face for face in faces if abs(face.box_4[0] + face.box_4[2] / 2 - roi.x) < 50]
        return near[0] if near else sighting(self.frame, roi.x - 50, score=0.0, presence=0.0)

    def embed(self, landmarks_K3: Float) -> Float:
        return PEOPLE[min(self.people, key=lambda who: abs(landmarks_K3[70, 0] - 14 - self.people[who]))]


def pieces_of(scenes: list[Scene], *, new_takes: tuple[int, ...] = ()) -> list[Piece]:
    tracker = Tracker(CONFIG)
    for scene in scenes:
        tracker.see(scene.sightings(), scene, new_take=scene.frame in new_takes)
    return tracker.finish()


def who_of(piece: Piece) -> int:
    return int(np.argmax(PEOPLE @ piece.identity_D))


@settings(max_examples=30)
@given(st.lists(st.floats(-12, 12), min_size=12, max_size=30))
def test_a_moving_face_is_one_piece(steps: list[float]) -> None:
    places = 500 + np.cumsum(steps)
    (piece,) = pieces_of([Scene(1001 + i, {0: float(x)}) for i, x in enumerate(places)])
    assert [s.frame for s in piece.sightings] == list(range(1001, 1001 + len(steps)))


def test_two_people_who_pass_each_other_keep_their_identities() -> None:
    scenes = [Scene(1001 + i, {0: 100.0 + 12 * i, 1: 460.0 - 12 * i}) for i in range(30)]
    groups = link(pieces_of(scenes), (), CONFIG)
    assert len(groups) == 2
    for group in groups:
        (who,) = {who_of(piece) for piece in group}
        for piece in group:
            for seen in piece.sightings:
                assert abs(float(seen.landmarks_K3[70, 0]) - 14 - scenes[seen.frame - 1001].people[who]) < 40


def test_a_face_that_the_detector_misses_is_followed_by_its_mesh() -> None:
    scenes = [Scene(1001 + i, {0: 100.0 + 2 * i}, unseen=(0,) if 5 <= i < 15 else ()) for i in range(20)]
    (piece,) = pieces_of(scenes)
    assert len(piece.sightings) == 20
    assert sum(seen.score == 0 for seen in piece.sightings) == 10


def test_a_face_is_not_followed_for_ever_without_the_detector() -> None:
    scenes = [Scene(1001 + i, {0: 100.0}, unseen=(0,) if i >= 5 else ()) for i in range(60)]
    (piece,) = pieces_of(scenes)
    assert 5 < len(piece.sightings) < 40


def test_a_weak_find_begins_nothing() -> None:
    tracker = Tracker(CONFIG)
    for frame in range(1001, 1010):
        weak = sighting(frame, 100.0, score=CONFIG.detector_score - 0.1)
        tracker.see([weak], Scene(frame, {0: 100.0}), new_take=False)
    assert tracker.finish() == []


def test_another_face_at_the_same_place_is_another_piece() -> None:
    scenes = [Scene(1001 + i, {0 if i < 12 else 1: 100.0}) for i in range(30)]
    pieces = pieces_of(scenes)
    assert [who_of(piece) for piece in pieces] == [0, 1]
    assert len(link(pieces, (), CONFIG)) == 2


def test_who_comes_back_gets_the_old_track_and_the_hole_is_filled() -> None:
    there, away = {0: 100.0}, {1: 600.0}
    scenes = [Scene(1001 + i, away if 8 <= i < 14 else there) for i in range(24)]
    pieces = pieces_of(scenes)
    groups = link(pieces, (), CONFIG)
    numbers = number_tracks(groups, (), CONFIG, frame_range=FrameRange(1001, 1024))
    faces = shot_faces(groups, numbers, (), max_gap_frames=CONFIG.max_gap_frames)
    track = faces.of_track(0)
    np.testing.assert_array_equal(track.frame, np.arange(1001, 1025))
    np.testing.assert_array_equal(track.frame[track.filled], np.arange(1009, 1015))


def test_pieces_end_at_cuts_and_are_not_linked_across_them() -> None:
    pieces = pieces_of([Scene(1001 + i, {0: 100.0}) for i in range(20)])
    assert len(pieces) == 1
    parts = split_at_cuts(pieces, (1008,))
    assert [(part.first, part.last) for part in parts] == [(1001, 1007), (1008, 1020)]
    assert len(link(parts, (1008,), CONFIG)) == 2


def test_a_moment_is_a_false_find_unless_the_take_is_no_longer() -> None:
    scenes = [Scene(1001 + i, {0: 100.0} if i >= 3 else {1: 600.0}) for i in range(20)]
    groups = link(pieces_of(scenes), (), CONFIG)
    whole = FrameRange(1001, 1020)
    assert number_tracks(groups, (), CONFIG, frame_range=whole) == [0, NO_TRACK]
    groups = link(split_at_cuts(pieces_of(scenes), (1004,)), (1004,), CONFIG)
    assert number_tracks(groups, (1004,), CONFIG, frame_range=whole) == [0, 1]
