"""Measuring takes of the tiny shot whose quality is known: the perfect one, and one that changed nothing."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import BadInput, NoFaceFound, Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.job import Event
from understudy.domain.shot import Plate
from understudy.evaluate.reading import find_reading, reference_of_faces, reference_of_pictures
from understudy.evaluate.take import TruthPaths, evaluate_take
from understudy.faces.face_models import FaceModels
from understudy.media.colour import to_linear
from understudy.media.layers import FaceLayers, FacePatch, layers_path, no_face_layers, write_layers
from understudy.media.video import open_plate, probe
from understudy.model_files import ModelFiles

FRAMES = (1001, 1002, 1003, 1013, 1024)
HEAD = Rect(110, 4, 160, 190)
EVENTS: list[Event] = []


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


@pytest.fixture(scope="module")
def people(models: FaceModels, tiny_shot: TinyShot) -> tuple[ShotFaces, ShotFaces]:
    return _faces(models, tiny_shot.performer_learn), _faces(models, tiny_shot.donor_learn)


def _faces(models: FaceModels, movie: Path) -> ShotFaces:
    """The faces of a few frames, as extraction would record them."""
    plate = probe(movie)
    readings = []
    for item in open_plate(plate).frames(range(1001, 1025, 6)):
        reading = find_reading(models, item.picture.rgb8(), plate.display_window)
        assert reading is not None
        readings.append(reading)
    count = len(readings)
    return ShotFaces(
        frame=np.arange(count, dtype=np.int32),
        track=np.zeros(count, np.int32),
        box_N4=np.zeros((count, 4), np.float32),
        landmarks_NK3=np.stack([r.landmarks_K3 for r in readings]),
        presence=np.ones(count, np.float32),
        expression_NE=np.stack([r.expression_E for r in readings]),
        embedding_ND=np.stack([r.embedding_D for r in readings]),
        pose_N3=np.stack([r.pose_3 for r in readings]),
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, np.bool_),
    )


def _write_take(folder: Path, plate: Plate, source: Path | None) -> None:
    """A take that shows `source` inside the head's box, or one in which nothing was replaced."""
    frames = list(open_plate(probe(source)).frames(FRAMES)) if source else [None] * len(FRAMES)
    oval = np.zeros((HEAD.height, HEAD.width), np.float32)
    cv2.ellipse(oval, (80, 95), (74, 90), 0, 0, 360, 1.0, -1)
    for number, item in zip(FRAMES, frames, strict=True):
        layers = no_face_layers(number)
        if item is not None:
            light = to_linear(item.picture.region(HEAD), item.picture.colour)
            rgba = np.concatenate([light, oval[..., None]], axis=2).astype(np.float16)
            patch = FacePatch(
                track=0, person_id="donor", raw_SS3=np.zeros((8, 8, 3), np.float16), matrix_23=np.eye(2, 3)
            )
            layers = FaceLayers(
                frame=number, rect=HEAD, replaced_HW4=rgba, matte_HW=oval.astype(np.float16), faces=(patch,)
            )
        write_layers(
            layers, layers_path(folder, number), display_window=plate.display_window,
            settings_sha256="0" * 64, people=("donor",),
        )  # fmt: skip


def _measure(
    tmp_path: Path,
    shot: TinyShot,
    source: Path | None,
    models: FaceModels,
    people: tuple[ShotFaces, ShotFaces],
    truth: TruthPaths,
) -> dict[str, float]:
    plate = probe(shot.plate)
    _write_take(tmp_path / "take", plate, source)
    return evaluate_take(
        plate, tmp_path / "take", FRAMES, truth=truth, performer=people[0], donor=people[1], models=models,
        title="tiny v001", out_folder=tmp_path / "out", emit=EVENTS.append, stopping=lambda: False,
    )  # fmt: skip


def _truth(shot: TinyShot) -> TruthPaths:
    return TruthPaths(replacement=shot.true_replacement, matte=shot.matte, record=shot.true_truth)


def test_the_true_replacement_as_a_take_scores_well(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    headline = _measure(tmp_path, tiny_shot, tiny_shot.true_replacement, models, people, _truth(tiny_shot))
    assert headline["nearer to donor share"] == 1
    assert headline["PSNR fitted"] > 40
    assert headline["PSNR gain over plate"] > 10
    assert headline["expression off true"] < 0.3 * headline["expression off true of the donor at rest"]
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert written["frames"] == list(FRAMES)
    assert written["headline"]["frames"] == len(FRAMES)
    assert written["per_frame"]["result"]["warping error"][3] is None  # 1013 does not follow 1003
    assert "PSNR fitted (dB)" in (tmp_path / "out" / "evaluation.txt").read_text()
    sheet = cv2.imread(str(tmp_path / "out" / "evaluation.png"))
    assert sheet is not None and sheet.shape[0] > 3 * 256


def test_a_take_that_changed_nothing_gains_nothing(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    headline = _measure(tmp_path, tiny_shot, None, models, people, _truth(tiny_shot))
    assert headline["PSNR gain over plate"] == 0
    assert headline["nearer to donor share"] == 0
    assert headline["sharpness ratio"] == pytest.approx(1)


def test_without_truth_a_take_is_compared_with_its_plate(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    headline = _measure(tmp_path, tiny_shot, tiny_shot.plate, models, people, TruthPaths())
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert not written["with_truth"]
    assert "PSNR fitted" not in headline
    assert written["means"]["result"]["landmarks off plate"] < 0.2
    assert written["means"]["plate"]["landmarks off plate"] == 0
    assert headline["seam"] < 1  # the plate over itself has no seam but rounding


def test_a_take_without_any_face_says_so(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    with pytest.raises(NoFaceFound, match="no frame with a replaced face"):
        _measure(tmp_path, tiny_shot, None, models, people, TruthPaths())


def test_truth_of_another_size_is_refused(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    small = tmp_path / "small.mkv"
    with av.open(str(small), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64), np.uint8), format="gray")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(BadInput, match="64x48"):
        _measure(tmp_path, tiny_shot, None, models, people, TruthPaths(matte=small))


def test_evaluation_stops_when_asked(
    tmp_path: Path, tiny_shot: TinyShot, models: FaceModels, people: tuple[ShotFaces, ShotFaces]
) -> None:
    plate = probe(tiny_shot.plate)
    _write_take(tmp_path / "take", plate, tiny_shot.plate)
    with pytest.raises(Stopped):
        evaluate_take(
            plate, tmp_path / "take", FRAMES, truth=TruthPaths(), performer=people[0], donor=people[1],
            models=models, title="t", out_folder=tmp_path, emit=EVENTS.append, stopping=lambda: True,
        )  # fmt: skip


def test_references_know_their_person(
    models: FaceModels, tiny_shot: TinyShot, people: tuple[ShotFaces, ShotFaces]
) -> None:
    pictures = [item.picture.rgb8() for item in open_plate(probe(tiny_shot.plate)).frames((1001, 1012))]
    seen = reference_of_pictures(models, pictures).embedding_D
    performer, donor = (reference_of_faces(faces).embedding_D for faces in people)
    assert seen @ performer > 0.6 > 0.45 > seen @ donor
    with pytest.raises(NoFaceFound):
        reference_of_pictures(models, [np.zeros((120, 160, 3), np.uint8)])
