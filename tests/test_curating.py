"""Looking at facesets: real footage of the synthetic pair, with the truth as what extraction found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from understudy.config import CurateConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.demo.truth import load_truth, truth_path
from understudy.domain import errors
from understudy.domain.edit import Action, CurateFaces, SplitTrack
from understudy.domain.face import EMBEDDING, EXPRESSIONS, ShotFaces, load_faces, save_faces
from understudy.domain.facesets import FaceChoice, FaceName, FacePictures, PersonFaces
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.job_spec import TrainSpec
from understudy.domain.shot import Shot
from understudy.face_shelf import CROP_TYPE
from understudy.faces.align import crop_transform
from understudy.jobs.previewer import Previewer
from understudy.jobs.resolve import resolve
from understudy.media.video import open_plate
from understudy.media.warp import warp
from understudy.pipeline_training import _faceset_path, _sources
from understudy.stages.curate import choose, curate
from understudy.stages.face_pictures import face_picture, picture_grid
from understudy.stages.ingest import ingest
from understudy.store.production import Production
from understudy.studio import Studio
from understudy.work import TrainWork

Bytes = npt.NDArray[np.uint8]


def found_in(movie: Path, who: int) -> ShotFaces:
    """The truth of a movie as a face record of track 0; persons differ in their embedding."""
    truth = load_truth(truth_path(movie))
    count = len(truth)
    landmarks = np.concatenate([truth.landmarks_NK2, np.zeros((count, 478, 1), np.float32)], axis=2)
    embedding = np.random.default_rng(who).normal(0, 0.03, (count, EMBEDDING)).astype(np.float32)
    embedding[:, who] += 1
    return ShotFaces(
        frame=np.arange(1001, 1001 + count, dtype=np.int32),
        track=np.zeros(count, np.int32),
        box_N4=truth.box_N4,
        landmarks_NK3=landmarks,
        presence=np.full(count, 0.95, np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        embedding_ND=embedding / np.linalg.norm(embedding, axis=1, keepdims=True),
        pose_N3=truth.pose_N3,
        sharpness=np.linspace(1, 2, count, dtype=np.float32),
        filled=np.zeros(count, np.bool_),
    )


@pytest.fixture(scope="module")
def film(tiny_shot: TinyShot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facesets") / "film"
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        rowan, mira = production.add_person("Rowan"), production.add_person("Mira")
        for name, movie, person, role in (
            ("rowan", tiny_shot.performer_learn, rowan, "learn"),
            ("mira", tiny_shot.donor_learn, mira, "learn"),
            ("sc010", tiny_shot.plate, rowan, "plate"),
            ("raw", tiny_shot.donor_learn, mira, "learn"),
        ):
            shot_id = f"id-{name}"
            production.add_shot(
                Shot(id=shot_id, name=name, person_id=person.id, role=role, plate=ingest(movie))
            )
            if name != "raw":  # that one was not extracted
                target = folder / "shots" / shot_id / "faces.safetensors"
                save_faces(found_in(movie, 1 if person is rowan else 2), target)
                production.set_shot_faces(shot_id, production.relative(target), sha256_of(target))
    return folder


@pytest.fixture
def studio(film: Path, tmp_path: Path) -> Iterator[Studio]:
    shutil.copytree(film, tmp_path / "film")
    with Production.open(tmp_path / "film") as production:
        made = Studio(
            production,
            worker_command=lambda _: [],
            worker_environment={},
            previewer=Previewer(["true"], {}, log_file=tmp_path / "previews.txt"),
        )
        yield made
        made.facesets.forget()


def add(studio: Studio, shot: str, *actions: Action) -> None:
    seen = studio.edits(shot).revision
    studio.add_edits(shot, actions, author="Ann", seen_revision=seen, request_id=new_id())


def drop(frames: str, track: int = 0, *, keep: bool = False) -> CurateFaces:
    return CurateFaces(track=track, frames=frames, keep=keep)


def change(studio: Studio, name: str, **columns: Any) -> None:
    """Have extraction find something else."""
    production = studio._production
    shot = production.shot(name)
    path = production.path(shot.faces)
    save_faces(replace(load_faces(path), **columns), path)
    production.set_shot_faces(shot.id, shot.faces, sha256_of(path))


def chosen(faces: PersonFaces, choice: FaceChoice) -> list[int]:
    return [int(frame) for frame in faces.frames[faces.choices == choice]]


def train_work(studio: Studio) -> TrainWork:
    production = studio._production
    spec = TrainSpec(
        name="swap", people=("Rowan", "Mira"), shot_ids=("id-rowan", "id-mira"), preset="original"
    )
    work = resolve(spec, "job", production).work
    assert isinstance(work, TrainWork)
    return work


def test_every_face_is_listed_with_what_curation_does(studio: Studio) -> None:
    faces = studio.facesets.person_faces("Rowan")
    truth = found_in(Path(studio.shot("rowan").plate.path), 1)
    assert faces.shot_ids == ("id-rowan",) and faces.revisions == (0,) and set(faces.shots) == {0}
    assert faces.frames.tolist() == truth.frame.tolist() and set(faces.tracks) == {0}
    np.testing.assert_array_equal(faces.yaw_deg, truth.pose_N3[:, 1])
    np.testing.assert_array_equal(faces.pitch_deg, truth.pose_N3[:, 0])
    assert sorted(faces.alike_order.tolist()) == list(range(len(faces)))
    assert faces.likeness.min() > 0.8 and faces.sharpness.mean() == pytest.approx(1, abs=0.05)
    assert faces.lacking == "" and chosen(faces, FaceChoice.CHOSEN)


def test_choices_are_those_of_training(studio: Studio) -> None:
    presence = np.full(24, 0.95, np.float32)
    presence[3] = 0.2
    filled = np.zeros(24, np.bool_)
    filled[5] = True
    sharpness = np.ones(24, np.float32)
    sharpness[7] = 0.01
    change(studio, "rowan", presence=presence, filled=filled, sharpness=sharpness)
    add(studio, "rowan", drop("1010-1012,1001"))
    faces = studio.facesets.person_faces("Rowan")
    assert chosen(faces, FaceChoice.UNCLEAR) == [1004]
    assert chosen(faces, FaceChoice.FILLED) == [1006]
    assert chosen(faces, FaceChoice.BLURRED) == [1008]
    assert chosen(faces, FaceChoice.DROPPED) == [1001, 1010, 1011, 1012]
    shots = [shot for shot in train_work(studio).shots if shot.plate == studio.shot("rowan").plate]
    learnt = choose(_sources(shots), crop_type=CROP_TYPE, config=CurateConfig())
    found = load_faces(Path(shots[0].faces))
    assert found.frame[learnt.row].tolist() == chosen(faces, FaceChoice.CHOSEN)
    assert faces.revisions == (1,)


def test_training_leaves_dropped_faces_out_and_names_its_faceset_anew(studio: Studio) -> None:
    before = train_work(studio)
    plain = _faceset_path(before, before.people[0], before.shots[:1])
    add(studio, "rowan", SplitTrack(track=0, frame=1010, new_track=5), drop("1010-1013", 5))
    after = train_work(studio)
    assert after.shots[0].dropped == {0: "1010-1013"} and after.shots[1].dropped == {}
    assert _faceset_path(after, after.people[0], after.shots[:1]) != plain
    assert (
        _faceset_path(after, after.people[1], after.shots[1:]).name
        == _faceset_path(before, before.people[1], before.shots[1:]).name
    )
    notes: list[str] = []
    faceset = curate(
        _sources(after.shots[:1]),
        person_id="rowan",
        crop_type=CROP_TYPE,
        size_px=64,
        config=CurateConfig(),
        emit=lambda event: notes.append(event.message),
        stopping=lambda: False,
    )
    assert not {1010, 1011, 1012, 1013} & set(faceset.frame.tolist())
    assert "of 24 faces chosen" in notes[0] and notes[0].endswith("; artists keep 4 out")
    listed = studio.facesets.person_faces("Rowan")
    assert listed.tracks.tolist() == [0] * 9 + [5] * 15
    studio.undo_edit("rowan", author="Ann", seen_revision=2, request_id="u")
    assert _faceset_path(train_work(studio), after.people[0], train_work(studio).shots[:1]).name == plain.name


def test_what_is_lacking_is_said(studio: Studio) -> None:
    add(studio, "rowan", drop("1001-1024"))
    faces = studio.facesets.person_faces("Rowan")
    assert "no face to learn from is left: 24 found, 0 of them not kept out by artists" in faces.lacking
    assert set(faces.choices) == {FaceChoice.DROPPED}
    add(studio, "rowan", drop("1001-1005", keep=True))
    assert "too few to learn from, 8 are needed" in studio.facesets.person_faces("Rowan").lacking
    nobody = studio.create_person("Nobody")
    empty = studio.facesets.person_faces(nobody.id)
    assert len(empty) == 0 and "no extracted footage to learn Nobody from" in empty.lacking


def test_plates_are_listed_when_asked_for_and_only_ones_own(studio: Studio) -> None:
    both = studio.facesets.person_faces("Rowan", ["sc010", "rowan", "id-sc010"])
    assert both.shot_ids == ("id-sc010", "id-rowan") and np.bincount(both.shots).tolist() == [24, 24]
    with pytest.raises(errors.BadInput, match="shot mira is not filed under Rowan"):
        studio.facesets.person_faces("Rowan", ["mira"])
    with pytest.raises(errors.BadInput, match="raw has no faces yet"):
        studio.facesets.person_faces("Mira", ["raw"])
    with pytest.raises(errors.NotFound):
        studio.facesets.person_faces("Zoe")


def test_a_stranger_in_the_footage_is_not_of_the_person(studio: Studio) -> None:
    found = load_faces(studio._production.path(studio.shot("rowan").faces))
    track, embedding = found.track.copy(), found.embedding_ND.copy()
    track[:6] = 1
    embedding[:6] = found_in(Path(studio.shot("mira").plate.path), 2).embedding_ND[:6]
    change(studio, "rowan", track=track, embedding_ND=embedding)
    assert studio.facesets.person_faces("Rowan").frames.tolist() == list(range(1007, 1025))


def tiles(pictures: FacePictures, size_px: int, count: int) -> list[Bytes]:
    bgr = cv2.imdecode(np.frombuffer(pictures.jpeg, np.uint8), cv2.IMREAD_COLOR)
    sheet = np.asarray(bgr, np.uint8)[:, :, ::-1]
    places = [divmod(number, pictures.columns) for number in range(count)]
    return [sheet[y * size_px : (y + 1) * size_px, x * size_px : (x + 1) * size_px] for y, x in places]


def test_pictures_show_the_faces_that_were_named_in_their_order(studio: Studio) -> None:
    names = [("rowan", 1020), ("mira", 1003), ("id-rowan", 1001), ("rowan", 1020), ("sc010", 1024)]
    asked = [FaceName(shot_id=shot, frame=frame, track=0) for shot, frame in names]
    pictures = studio.facesets.face_pictures(asked, 96)
    assert pictures.columns == 3
    for (name, frame), tile in zip(names, tiles(pictures, 96, 5), strict=True):
        shot = studio.shot(name)
        faces = load_faces(studio._production.path(shot.faces))
        matrix = crop_transform(faces.landmarks_NK3[frame - 1001], CROP_TYPE, 96)
        with open_plate(shot.plate) as reader:
            picture = reader.frame(frame).picture.rgb8()
        whole = warp(picture, matrix, (96, 96), border="replicate")
        assert np.abs(tile.astype(int) - whole).mean() < 3, (name, frame)
    assert studio.facesets.face_pictures(asked, 96) == pictures  # from the shelf


def test_pictures_follow_renumbered_tracks(studio: Studio) -> None:
    before = studio.facesets.face_pictures([FaceName(shot_id="rowan", frame=1015, track=0)], 64)
    add(studio, "rowan", SplitTrack(track=0, frame=1010, new_track=5))
    after = studio.facesets.face_pictures([FaceName(shot_id="rowan", frame=1015, track=5)], 64)
    assert after.jpeg == before.jpeg


@pytest.mark.parametrize(
    ("face", "size_px", "error", "says"),
    [
        (("rowan", 1001, 3), 64, errors.TrackNotFound, "no track 3"),
        (("rowan", 1001, -1), 64, errors.TrackNotFound, "no track -1"),
        (("rowan", 999, 0), 64, errors.FrameOutOfRange, "999"),
        (("raw", 1001, 0), 64, errors.BadInput, "no faces yet"),
        (("zoo", 1001, 0), 64, errors.NotFound, "zoo"),
        (("rowan", 1001, 0), 31, errors.BadInput, "32 to 256"),
        (("rowan", 1001, 0), 257, errors.BadInput, "32 to 256"),
    ],
)
def test_pictures_that_cannot_be_are_refused(
    studio: Studio, face: tuple[str, int, int], size_px: int, error: type[Exception], says: str
) -> None:
    named = FaceName(shot_id=face[0], frame=face[1], track=face[2])
    with pytest.raises(error, match=says):
        studio.facesets.face_pictures([named], size_px)
    with pytest.raises(errors.BadInput, match="1 to 128"):
        studio.facesets.face_pictures([named] * 129, 64)
    with pytest.raises(errors.BadInput, match="1 to 128"):
        studio.facesets.face_pictures([], 64)


def test_a_face_at_the_edge_is_shown_with_what_there_is(studio: Studio) -> None:
    shot = studio.shot("rowan")
    points = load_faces(studio._production.path(shot.faces)).landmarks_NK3[0]
    with open_plate(shot.plate) as reader:
        picture = reader.frame(1001).picture
    beside = face_picture(picture, points + np.array([5000, 0, 0], np.float32), CROP_TYPE, 64)
    assert not beside.any()
    assert not face_picture(picture, points * np.nan, CROP_TYPE, 64).any()
    assert not face_picture(picture, points * 0, CROP_TYPE, 64).any()
    left = points - np.array([points[:, 0].min() + 30, 0, 0], np.float32)
    assert face_picture(picture, left, CROP_TYPE, 64).shape == (64, 64, 3)
    assert picture_grid([beside]).columns == 1


def test_coverage_counts_both_and_says_what_the_donor_lacks(studio: Studio) -> None:
    pose = np.zeros((24, 3), np.float32)
    pose[:5, 1] = -40  # the plate looks left, the donor never does
    pose[5:9, 0] = 35  # and down, beyond the last edge
    change(studio, "sc010", pose_N3=pose)
    change(studio, "mira", pose_N3=np.zeros((24, 3), np.float32))
    change(studio, "rowan", pose_N3=np.zeros((24, 3), np.float32))
    report = studio.facesets.coverage("Rowan", "Mira")
    assert (report.performer.person_id, report.donor.person_id) == tuple(p.id for p in studio.people())
    columns = len(report.yaw_edges_deg) - 1
    poses = np.array(report.performer.poses).reshape(-1, columns)
    left = next(n for n, edge in enumerate(report.yaw_edges_deg) if edge == -45)
    assert poses[:, left].sum() == 5 and poses[-1].sum() == 4
    assert (
        report.lacking[0]
        == "the donor never looks left beyond 15 degrees; the performer does in 5 frames of sc010"
    )
    assert report.lacking[1].startswith(
        "the donor never looks down beyond 10 degrees; the performer does in 4"
    )
    usable = studio.facesets.person_faces("Mira").choices
    assert sum(report.donor.poses) == int(np.isin(usable, [1, 7, 8]).sum())
    with pytest.raises(errors.BadInput, match="themself"):
        studio.facesets.coverage("Rowan", "Rowan")


def test_a_dropped_donor_covers_nothing_and_a_dropped_plate_face_is_still_needed(studio: Studio) -> None:
    add(studio, "mira", drop("1001-1024"))
    full = sum(studio.facesets.coverage("Rowan", "Mira").performer.poses)
    add(studio, "sc010", drop("1001-1010"))
    report = studio.facesets.coverage("Rowan", "Mira")
    assert report.lacking[0].startswith("no face of the donor can be learnt from") and not any(
        report.donor.poses
    )
    assert sum(report.performer.poses) == full


def test_whoever_is_purged_is_forgotten(studio: Studio) -> None:
    studio.facesets.person_faces("Rowan")
    studio.facesets.face_pictures([FaceName(shot_id="rowan", frame=1001, track=0)], 64)
    studio.purge_person("Rowan")
    facesets = studio.facesets
    assert not any(
        kept.items() for kept in (facesets._found, facesets._gathered, facesets._looked, facesets._learning)
    )
    assert not len(facesets._shelf)
    with pytest.raises(errors.NotFound):
        facesets.person_faces("Rowan")
