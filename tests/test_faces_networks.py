"""The networks that look at faces, against the exact truth of synthetic people."""

from __future__ import annotations

import numpy as np
import pytest
from tests.face_pictures import Picture8, pictures_of

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.demo.truth import Truth, load_truth, truth_path
from understudy.domain.errors import ModelFileCorrupt
from understudy.domain.frame import Rect
from understudy.faces.crop_quality import crop_sharpness, cut_off_share
from understudy.faces.detector import Detection, without_doubles
from understudy.faces.expression import EXPRESSION_NAMES
from understudy.faces.face_models import MESH_MEMBER, FaceModels, find_faces, task_member
from understudy.faces.landmarks import MESH_SIZE_PX, LiteRtMesh, Mesh, one_pass, two_passes
from understudy.faces.pose import head_pose
from understudy.faces.roi import Roi, cut_out, roi_of_mesh
from understudy.faces.tflite_reader import read_network
from understudy.model_files import ModelFiles

CONFIG = ExtractConfig()


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


@pytest.fixture(scope="module")
def pictures(tiny_shot: TinyShot) -> list[Picture8]:
    return pictures_of(tiny_shot.performer_learn, tiny_shot.frames)


@pytest.fixture(scope="module")
def truth(tiny_shot: TinyShot) -> Truth:
    return load_truth(truth_path(tiny_shot.performer_learn))


@pytest.fixture(scope="module")
def meshes(models: FaceModels, pictures: list[Picture8]) -> list[Mesh]:
    found = find_faces(models, pictures, CONFIG, min_score=CONFIG.detector_score)
    assert [len(faces) for faces in found] == [1] * len(pictures)
    return [faces[0][1] for faces in found]


def test_landmarks_lie_where_they_should(meshes: list[Mesh], truth: Truth) -> None:
    seen = np.stack([mesh.landmarks_K3[:468, :2] for mesh in meshes])
    error = np.linalg.norm(seen - truth.landmarks_NK2[:, :468], axis=2)
    assert error.mean() < 0.035 * truth.box_N4[:, 2].mean()
    assert min(mesh.presence for mesh in meshes) > 0.9


def test_pose_follows_the_head(meshes: list[Mesh], truth: Truth) -> None:
    error = head_pose(np.stack([mesh.landmarks_K3 for mesh in meshes])) - truth.pose_N3
    assert np.abs(error[:, 1:]).mean() < 3.0
    assert error[:, 0].std() < 4.0  # where zero pitch lies is a matter of the head
    assert np.ptp(truth.pose_N3[:, 1]) > 40


def test_an_open_jaw_is_seen(models: FaceModels, meshes: list[Mesh], truth: Truth) -> None:
    scores = np.stack([models.expression(mesh.landmarks_K3) for mesh in meshes])
    assert scores.shape == (len(meshes), len(EXPRESSION_NAMES)) and 0 <= scores.min() <= scores.max() <= 1
    jaw = truth.expression_NE[:, truth.expression_names.index("jawOpen")]
    seen = scores[:, EXPRESSION_NAMES.index("jawOpen")]
    assert np.corrcoef(jaw, seen)[0, 1] > 0.6


def test_identity_tells_performer_from_donor(
    models: FaceModels, pictures: list[Picture8], meshes: list[Mesh], tiny_shot: TinyShot
) -> None:
    one = [models.identity.embed(pictures[i], meshes[i].landmarks_K3) for i in (0, 8)]
    donor_picture = pictures_of(tiny_shot.donor_learn, 1)
    ((_, mesh),) = find_faces(models, donor_picture, CONFIG, min_score=CONFIG.detector_score)[0]
    donor = models.identity.embed(donor_picture[0], mesh.landmarks_K3)
    assert np.linalg.norm(donor) == pytest.approx(1, abs=1e-5)
    assert one[0] @ one[1] > 0.7 > 0.6 > one[0] @ donor


def test_torch_gives_the_same_mesh(
    model_files: ModelFiles, pictures: list[Picture8], meshes: list[Mesh]
) -> None:
    from understudy.faces.tflite_torch import TorchMesh

    model = task_member(model_files.path("face_landmarker"), MESH_MEMBER)
    matrices = [roi_of_mesh(mesh.landmarks_K3).matrix(MESH_SIZE_PX) for mesh in meshes[:2]]
    crops = np.stack(
        [cut_out(picture, matrix, MESH_SIZE_PX) for picture, matrix in zip(pictures, matrices, strict=False)]
    )
    points, presence = LiteRtMesh(model, threads=1)(crops)
    torch_points, torch_presence = TorchMesh(model, device="cpu")(crops)
    np.testing.assert_allclose(torch_points, points, atol=1e-3)
    np.testing.assert_allclose(torch_presence, presence, atol=1e-4)


def test_a_damaged_network_is_refused(model_files: ModelFiles) -> None:
    model = task_member(model_files.path("face_landmarker"), MESH_MEMBER)
    with pytest.raises(ModelFileCorrupt, match="no TensorFlow Lite file"):
        read_network(b"nothing of the kind")
    with pytest.raises(ModelFileCorrupt, match="damaged"):
        read_network(model[:4000])


def test_the_second_pass_forgives_a_sloppy_region(
    models: FaceModels, pictures: list[Picture8], meshes: list[Mesh]
) -> None:
    right = roi_of_mesh(meshes[0].landmarks_K3)
    sloppy = Roi(right.x + 0.12 * right.side_px, right.y, 1.15 * right.side_px, right.turn_rad + 0.3)
    once = one_pass(models.mesh, [(pictures[0], sloppy)])[0]
    twice = two_passes(models.mesh, [(pictures[0], sloppy)], min_presence=0.5)[0]
    errors = [np.linalg.norm(m.landmarks_K3 - meshes[0].landmarks_K3, axis=1).mean() for m in (once, twice)]
    assert errors[1] < 0.8 * errors[0]


def test_no_face_has_no_presence(models: FaceModels) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (256, 256, 3), np.uint8)
    assert models.mesh(noise[None])[1][0] < 0.5


@pytest.mark.parametrize("scale", [1.0, 0.7, 0.2])
def test_a_cut_out_keeps_places(scale: float) -> None:
    """A bright spot lands where the matrix says, also when the region is shrunk by areas first."""
    picture = np.zeros((400, 600, 3), np.uint8)
    picture[196:204, 296:304] = 255  # its centre is (300, 200)
    roi = Roi(310.0, 190.0, 200.0 / scale, 0.4)
    matrix = roi.matrix(200)
    cut = cut_out(picture, matrix, 200).astype(float)[..., 0]
    y, x = np.mgrid[0:200, 0:200] + 0.5
    centre = [(cut * x).sum() / cut.sum(), (cut * y).sum() / cut.sum()]
    np.testing.assert_allclose(centre, matrix[:, :2] @ (300, 200) + matrix[:, 2], atol=0.1)


def test_doubles_are_dropped() -> None:
    def find(x: float, size: float, score: float) -> Detection:
        box = np.array([x, 100, size, size], np.float32)
        return Detection(box_4=box, points_52=np.zeros((5, 2), np.float32), score=score)

    kept = without_doubles(
        [find(110, 90, 0.8), find(100, 100, 0.9), find(120, 40, 0.7), find(300, 100, 0.75)]
    )
    assert [face.score for face in kept] == [0.9, 0.75]


def test_sharpness_falls_with_blur(pictures: list[Picture8], meshes: list[Mesh]) -> None:
    import cv2

    landmarks = meshes[0].landmarks_K3
    values = [crop_sharpness(pictures[0], landmarks)]
    values += [crop_sharpness(cv2.GaussianBlur(pictures[0], (0, 0), s), landmarks) for s in (1.0, 2.0)]
    assert values == sorted(values, reverse=True) and values[2] < 0.5 * values[0]


def test_cut_off_share() -> None:
    square = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], np.float32)
    assert cut_off_share(square, Rect(0, 0, 200, 200)) == pytest.approx(0)
    assert cut_off_share(square, Rect(0, 0, 50, 200)) == pytest.approx(0.5)
    assert cut_off_share(square - 300, Rect(0, 0, 50, 200)) == pytest.approx(1)
    assert cut_off_share(square - 300, Rect(-300, -300, 200, 200)) == pytest.approx(0)
    assert cut_off_share(square, Rect(50, 0, 200, 200)) == pytest.approx(0.5)
