"""Which faces look alike, and what expression scores say."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solved_faces import faces_of

from understudy.faces import scores
from understudy.faces.alike import alike_order, likeness, look_features
from understudy.faces.expression import EXPRESSION_NAMES

Float = npt.NDArray[np.float32]


def path_length(features_NF: Float, places_N: npt.NDArray[np.int32]) -> float:
    return float(np.linalg.norm(np.diff(features_NF[np.argsort(places_N)], axis=0), axis=1).sum())


def wandering(count: int, seed: int = 1) -> Float:
    random = np.random.default_rng(seed)
    way = np.cumsum(random.normal(0, 0.2, (count, 5)), axis=0)
    noise = random.normal(0, 0.02, (count, 60))
    return (way @ random.normal(0, 1, (5, 60)) + noise).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 60), seed=st.integers(0, 99), same=st.booleans())
def test_every_face_has_one_place(count: int, seed: int, same: bool) -> None:
    features = wandering(count, seed) * (0 if same else 1)
    places = alike_order(features)
    assert sorted(places.tolist()) == list(range(count))
    assert np.array_equal(places, alike_order(features))


def test_what_was_shuffled_is_put_in_order_again() -> None:
    line = np.linspace(0, 9, 50)[:, None] * np.ones((1, 4))
    shuffled = np.random.default_rng(2).permutation(50)
    places = alike_order(line[shuffled].astype(np.float32))
    assert np.abs(np.diff(shuffled[np.argsort(places)])).tolist() == [1] * 49


@pytest.mark.parametrize("count", [400, 3500])
def test_neighbours_are_about_as_near_as_one_after_the_other_in_time(count: int) -> None:
    features = wandering(count)
    shuffled = np.random.default_rng(5).permutation(count)
    long = path_length(features[shuffled], np.arange(count, dtype=np.int32))
    ordered = path_length(features[shuffled], alike_order(features[shuffled]))
    in_time = path_length(features, np.arange(count, dtype=np.int32))
    assert ordered < 1.4 * in_time < 0.4 * long


def test_two_thousand_faces_are_ordered_while_one_waits() -> None:
    features = wandering(2000)
    start = time.process_time()
    alike_order(features)
    assert time.process_time() - start < 2.0  # about 0.2 on one core


def test_likeness_is_to_the_mean_face() -> None:
    embedding = np.eye(4, 128, dtype=np.float32)
    embedding[:3] = embedding[0]
    embedding[3] = 0  # a face that was filled in has none
    assert likeness(embedding) == pytest.approx([1, 1, 1, 0])
    assert likeness(np.zeros((2, 128), np.float32)).tolist() == [0, 0]


def test_features_have_no_holes() -> None:
    faces = faces_of({0: range(1001, 1011)})
    faces.embedding_ND[3] = 0
    faces.pose_N3[4] = np.nan
    features = look_features(faces, faces)
    assert features.shape == (20, 3 + 52 + 128) and np.isfinite(features).all()
    assert np.allclose(features[3, 55:], features[2, 55:])


def test_scores_are_read_by_their_names() -> None:
    assert EXPRESSION_NAMES[scores.JAW_OPEN] == "jawOpen"
    assert [EXPRESSION_NAMES[n] for n in scores.EYE_BLINK] == ["eyeBlinkLeft", "eyeBlinkRight"]
    assert [EXPRESSION_NAMES[n] for n in scores.MOUTH_SMILE] == ["mouthSmileLeft", "mouthSmileRight"]
    expression = np.zeros((2, 52), np.float32)
    expression[0, [9, 25, 44]], expression[1, 25] = (0.5, 1.2, 1.0), np.nan
    assert scores.mouth_open(expression).tolist() == [1, 0]
    assert scores.eyes_closed(expression).tolist() == [0.25, 0]
    assert scores.smile(expression).tolist() == [0.5, 0]
