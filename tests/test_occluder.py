"""The drawn fingers: where they go, how fast, and that what they hide is told exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from understudy.demo.occluder import (
    ENTER_FRAMES,
    anchors_of,
    bounced,
    capsules,
    fingers,
    make_occluded_clip,
    occluded,
)
from understudy.demo.tiny_shot import TinyShot
from understudy.demo.truth import load_truth, truth_path
from understudy.media.probe import probe
from understudy.media.video import open_plate

FOOTAGE = Path(__file__).resolve().parent.parent / "demo" / "footage"
SIZE = (640, 360)
SKIN = np.array([0.6, 0.45, 0.38], np.float32)


def plate_anchors(frames: int) -> np.ndarray:
    return anchors_of(load_truth(truth_path(FOOTAGE / "rowan_plate.mov")), frames=frames)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_fingers_move_at_most_8_px_a_frame(seed: int) -> None:
    anchors = plate_anchors(200)
    ends = np.array(
        [[np.concatenate(c[:2]) for c in capsules(n, anchors, seed=seed)] for n in range(200)]
    ).reshape(200, 4, 2)
    speeds = np.linalg.norm(np.diff(ends, axis=0), axis=2)
    assert speeds.max() <= 8.0
    assert speeds.max() > 4.0


def test_fingers_are_drawn_the_same_each_time_and_otherwise_with_another_seed() -> None:
    anchors = plate_anchors(40)
    first = fingers(20, SIZE, anchors_N2=anchors, skin_3=SKIN, seed=1)
    again = fingers(20, SIZE, anchors_N2=anchors, skin_3=SKIN, seed=1)
    other = fingers(20, SIZE, anchors_N2=anchors, skin_3=SKIN, seed=2)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_fingers_have_the_colour_asked_for_and_a_soft_edge() -> None:
    alpha, colour = fingers(20, SIZE, anchors_N2=plate_anchors(40), skin_3=SKIN, seed=1, motion_blur=False)
    assert np.abs(colour[alpha > 0.99].mean(0) / SKIN - 1).max() < 0.12
    soft = (alpha > 0.05) & (alpha < 0.95)
    assert 0.01 < soft.sum() / (alpha > 0.5).sum() < 0.2
    blurred, _ = fingers(20, SIZE, anchors_N2=plate_anchors(40), skin_3=SKIN, seed=1)
    assert ((blurred > 0.05) & (blurred < 0.95)).sum() > soft.sum()


def test_what_is_seen_is_the_face_less_the_fingers() -> None:
    anchors = plate_anchors(40)
    face = np.zeros((360, 640), np.float32)
    face[95:260, 260:385] = 1
    plain = np.full((360, 640, 3), 0.5, np.float32)
    shown = list(occluded([plain], [face], anchors, frames=30, seed=3))[ENTER_FRAMES:]
    for frame in shown:
        assert np.array_equal(frame.matte_HW, face * (1 - frame.alpha_HW))
        assert 0.1 < frame.covered < 0.4
        untouched = frame.alpha_HW == 0
        assert np.array_equal(frame.rgb_HW3[untouched], plain[untouched])


def test_a_leaping_clip_leaves_frames_out() -> None:
    anchors = plate_anchors(40)
    plain = [np.full((360, 640, 3), level, np.float32) for level in (0.2, 0.4, 0.6)]
    face = [np.ones((360, 640), np.float32)] * 3
    steady = list(occluded(plain, face, anchors, frames=5, seed=2))
    leaping = list(occluded(plain, face, anchors, frames=3, seed=2, leap=2))
    assert all(np.array_equal(leaping[n].rgb_HW3, steady[2 * n].rgb_HW3) for n in range(3))


def test_noise_is_as_strong_as_asked_and_repeatable() -> None:
    anchors = plate_anchors(2)
    plain, face = np.full((360, 640, 3), 0.5, np.float32), np.ones((360, 640), np.float32)
    one, two = (next(occluded([plain], [face], anchors, frames=1, noise_codes=2.0)).rgb_HW3 for _ in range(2))
    assert np.array_equal(one, two)
    assert (one[:80] - 0.5).std() * 255 == pytest.approx(2.0, rel=0.03)


def test_a_clip_is_played_to_its_end_and_back() -> None:
    assert [bounced(n, 4) for n in range(9)] == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert bounced(7, 1) == 0


def test_clip_is_written_with_its_truth(tiny_shot: TinyShot, tmp_path: Path) -> None:
    clip = make_occluded_clip(tiny_shot.plate, tiny_shot.matte, tmp_path, frames=30, seed=2)
    plate = probe(clip.plate)
    assert (plate.file_frames, plate.width, plate.height) == (30, 384, 216)
    assert len(load_truth(clip.truth)) == 30
    assert probe(clip.matte).file_frames == probe(clip.occluder).file_frames == 30
    source = probe(tiny_shot.plate)
    with open_plate(plate) as made, open_plate(source) as given:
        hidden = made.frame(1026).picture.region(plate.display_window)
        clear = given.frame(1001 + bounced(25, 24)).picture.region(plate.display_window)
    assert np.abs(hidden - clear)[:40].mean() < 0.004  # nothing is laid over the top of the picture
    assert np.abs(hidden - clear).max() > 0.2
    assert len(clip.covered_N) == 30 and clip.covered_N[ENTER_FRAMES:].min() > 0.05
