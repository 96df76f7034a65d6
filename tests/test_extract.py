"""Extraction as a whole, on movies of synthetic people."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.face_pictures import Picture8, numbered, pictures_of

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import Stopped
from understudy.domain.face import NO_TRACK, ShotFaces, load_faces, save_faces
from understudy.domain.job import Event, EventKind
from understudy.domain.time import FrameRange
from understudy.faces.face_models import FaceModels
from understudy.model_files import ModelFiles
from understudy.stages.extract import ALGORITHM, extract

GOLDEN = Path(__file__).parent / "golden" / "extract.json"
FRAMES = 10


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


@pytest.fixture(scope="module")
def performer(tiny_shot: TinyShot) -> list[Picture8]:
    return pictures_of(tiny_shot.plate, FRAMES)


@pytest.fixture(scope="module")
def donor(tiny_shot: TinyShot) -> list[Picture8]:
    return pictures_of(tiny_shot.donor_learn, FRAMES)


def faces_of(
    models: FaceModels,
    pictures: Sequence[Picture8],
    *,
    config: ExtractConfig | None = None,
    events: list[Event] | None = None,
) -> ShotFaces:
    told: list[Event] = [] if events is None else events
    return extract(
        numbered(pictures),
        models,
        config or ExtractConfig(batch=4),
        frame_range=FrameRange(1001, 1000 + len(pictures)),
        emit=told.append,
        stopping=lambda: False,
    )


def test_a_shot_of_one_person_is_one_track(models: FaceModels, performer: list[Picture8]) -> None:
    events: list[Event] = []
    faces = faces_of(models, performer, events=events)
    assert faces.tracks == (0,) and faces.cuts == ()
    np.testing.assert_array_equal(faces.frame, np.arange(1001, 1001 + FRAMES))
    assert not faces.filled.any() and faces.presence.min() > 0.9 and faces.sharpness.min() > 0
    np.testing.assert_allclose(np.linalg.norm(faces.embedding_ND, axis=1), 1, atol=1e-4)
    last = events[-1]
    assert (last.kind, last.done, last.total, last.unit) == (EventKind.PROGRESS, FRAMES, FRAMES, "frames")


def test_the_same_frames_give_the_same_bits(
    models: FaceModels, performer: list[Picture8], tmp_path: Path
) -> None:
    once, again = (faces_of(models, performer[:5]) for _ in range(2))
    save_faces(once, tmp_path / "once.safetensors")
    save_faces(again, tmp_path / "again.safetensors")
    assert (tmp_path / "once.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    assert load_faces(tmp_path / "once.safetensors").tracks == (0,)


def test_further_looks_are_averaged_the_same_way_every_time(
    models: FaceModels, performer: list[Picture8]
) -> None:
    plain, once, again = (
        faces_of(models, performer[:3], config=ExtractConfig(perturbations=looks, batch=batch))
        for looks, batch in ((0, 3), (2, 3), (2, 1))
    )
    np.testing.assert_array_equal(once.landmarks_NK3, again.landmarks_NK3)
    np.testing.assert_array_equal(once.presence, plain.presence)
    apart = np.linalg.norm(once.landmarks_NK3 - plain.landmarks_NK3, axis=2)
    assert 0 < apart.mean() < 1


def test_the_batch_size_changes_nothing(models: FaceModels, performer: list[Picture8]) -> None:
    one, many = (faces_of(models, performer[:5], config=ExtractConfig(batch=n)) for n in (1, 5))
    np.testing.assert_array_equal(one.landmarks_NK3, many.landmarks_NK3)


def test_no_track_crosses_a_cut(models: FaceModels, performer: list[Picture8], donor: list[Picture8]) -> None:
    faces = faces_of(models, [*performer[:6], *donor[:6], *performer[:6]])
    assert faces.cuts == (1007, 1013)
    assert len(faces.tracks) == 3
    for track in faces.tracks:
        frames = faces.of_track(track).frame
        assert len({int(np.searchsorted(faces.cuts, frame, side="right")) for frame in frames}) == 1


def test_a_hidden_face_keeps_its_track(models: FaceModels, performer: list[Picture8]) -> None:
    pictures = [picture.copy() for picture in performer]
    for picture in pictures[4:7]:
        picture[20:200, 110:280] = (70, 80, 75)
    faces = faces_of(models, pictures)
    assert faces.tracks == (0,)
    track = faces.of_track(0)
    np.testing.assert_array_equal(track.frame, np.arange(1001, 1001 + FRAMES))
    np.testing.assert_array_equal(track.frame[track.filled], [1005, 1006, 1007])
    assert not track.embedding_ND[track.filled].any()
    whole = faces_of(models, performer).of_track(0)
    error = np.linalg.norm(track.landmarks_NK3 - whole.landmarks_NK3, axis=2)[track.filled]
    assert error.mean() < 4


def test_long_holes_stay_holes(models: FaceModels, performer: list[Picture8]) -> None:
    pictures = [picture.copy() for picture in performer]
    for picture in pictures[4:7]:
        picture[20:200, 110:280] = (70, 80, 75)
    faces = faces_of(models, pictures, config=ExtractConfig(max_gap_frames=2))
    assert faces.tracks == (0,)  # the identity still says that it is one person
    assert not np.isin(faces.frame, (1005, 1006, 1007)).any()


def test_two_people_are_two_tracks(
    models: FaceModels, performer: list[Picture8], donor: list[Picture8]
) -> None:
    pairs = zip(performer[:6], donor[:6], strict=True)
    faces = faces_of(models, [np.hstack([a[:, 60:-60], b[:, 60:-60]]) for a, b in pairs])
    assert len(faces.tracks) == 2
    left, right = (faces.of_track(track) for track in faces.tracks)
    assert len(left) == len(right) == 6
    assert np.ptp(left.box_N4[:, 0]) < 30 and np.ptp(right.box_N4[:, 0]) < 30
    assert abs(left.box_N4[0, 0] - right.box_N4[0, 0]) > 100


def test_a_poster_is_set_aside(models: FaceModels, performer: list[Picture8], donor: list[Picture8]) -> None:
    poster = cv2.resize(donor[0][20:200, 100:290], None, fx=0.26, fy=0.26, interpolation=cv2.INTER_AREA)
    pictures = [picture.copy() for picture in performer]
    for picture in pictures:
        picture[5 : 5 + poster.shape[0], 5 : 5 + poster.shape[1]] = poster
    faces = faces_of(models, pictures, config=ExtractConfig(min_face_px=12, batch=4))
    assert faces.tracks == (0,)
    aside = faces.select(faces.track == NO_TRACK)
    assert len(aside) > 0 and aside.box_N4[:, 0].max() < 60


def test_a_shot_without_faces_is_an_empty_record(models: FaceModels, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3, 120, 160, 3), np.uint8)
    faces = faces_of(models, list(noise))
    assert len(faces) == 0 and faces.tracks == ()
    save_faces(faces, tmp_path / "none.safetensors")
    assert len(load_faces(tmp_path / "none.safetensors")) == 0


def test_it_stops_when_asked(models: FaceModels, performer: list[Picture8]) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Stopped, match="before frame 1003"):
        extract(
            numbered(performer),
            models,
            ExtractConfig(),
            frame_range=FrameRange(1001, 1000 + FRAMES),
            emit=lambda event: None,
            stopping=lambda: next(asked),
        )


def test_the_result_is_that_of_the_algorithm_number(models: FaceModels) -> None:
    """Raise `ALGORITHM` when this fails on purpose, and renew with UNDERSTUDY_RENEW_GOLDEN=1.

    The picture holds three frames of a synthetic performer, one above the other.
    """
    stacked = cv2.cvtColor(cv2.imread(str(GOLDEN.with_suffix(".png"))), cv2.COLOR_BGR2RGB)
    faces = faces_of(models, np.split(np.asarray(stacked, np.uint8), 3))
    points = faces.landmarks_NK3[:, [1, 33, 263, 61, 291, 152], :2]
    found = {
        "algorithm": ALGORITHM,
        "points": points.round(2).tolist(),
        "pose": faces.pose_N3.round(1).tolist(),
        "identity": (faces.embedding_ND @ faces.embedding_ND[0]).round(3).tolist(),
    }
    if os.environ.get("UNDERSTUDY_RENEW_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    golden = json.loads(GOLDEN.read_text())
    assert golden["algorithm"] == ALGORITHM
    np.testing.assert_allclose(points, golden["points"], atol=0.25)
    np.testing.assert_allclose(faces.pose_N3, golden["pose"], atol=0.5)
    np.testing.assert_allclose(found["identity"], golden["identity"], atol=0.02)
