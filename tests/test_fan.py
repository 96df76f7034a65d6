"""The landmark engine face-alignment: the package's own network, seeded weights in a file like its own."""

from __future__ import annotations

import importlib.util
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.face_pictures import numbered, pictures_of

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import BadSettings, ModelFileCorrupt, ModelFileMissing
from understudy.domain.job import Event, EventKind
from understudy.domain.time import FrameRange
from understudy.faces.face_models import FaceModels, find_faces
from understudy.faces.fan import FAN_FILE, MAP_PX, Fan, fan_file, peaks, region_of_box
from understudy.faces.roi import cut_out
from understudy.faces.steering import MESH_OF_68, POINTS_68
from understudy.model_files import ModelFiles
from understudy.stages.extract import extract

HERE = importlib.util.find_spec("face_alignment") is not None
needs_package = pytest.mark.skipif(
    not HERE and not os.environ.get("UNDERSTUDY_NEEDS_LANDMARKS"),
    reason="the package face-alignment is not installed",
)
CONFIG = ExtractConfig(engine="face-alignment", batch=2, threads=1)


def gaussian_maps(places: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[:MAP_PX, :MAP_PX] + 0.5
    return np.stack([np.exp(-((x - px) ** 2 + (y - py) ** 2) / 2) for px, py in places]).astype(np.float32)


def test_a_peak_is_read_between_the_pixels() -> None:
    places = np.random.default_rng(4).uniform(3, MAP_PX - 3, (POINTS_68, 2))
    found, scores = peaks(gaussian_maps(places))
    np.testing.assert_allclose(found, places, atol=1e-3)
    assert scores.min() > 0.75
    at_the_rim, _ = peaks(gaussian_maps(np.array([[0.2, 40.0], [63.9, 0.1]])))
    np.testing.assert_allclose(at_the_rim, [[0.5, 40.0], [63.5, 0.5]], atol=0.01)
    flat, _ = peaks(np.zeros((2, MAP_PX, MAP_PX), np.float32))
    assert np.isfinite(flat).all()


def test_the_region_is_the_package_s_framing_of_the_box() -> None:
    roi = region_of_box(np.array([100, 80, 60, 90], np.float32))
    assert (roi.x, roi.y, roi.turn_rad) == pytest.approx((130, 125 - 0.12 * 90, 0))
    assert roi.side_px == pytest.approx(200 * 150 / 165)


def test_missing_weights_are_named_with_the_places_they_belong_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    files = ModelFiles(tmp_path / "cache", tmp_path / "staged", offline=True)
    with pytest.raises(ModelFileMissing, match="nothing fetches by itself") as told:
        fan_file(files.folders)
    for place in ("staged", "cache", "torch/hub/checkpoints"):
        assert str(tmp_path / place) in str(told.value)
    for folder in (tmp_path / "torch" / "hub" / "checkpoints", tmp_path / "staged"):
        folder.mkdir(parents=True)
        (folder / FAN_FILE).write_bytes(b"0")
        assert fan_file(files.folders) == folder / FAN_FILE


def test_without_the_package_the_engine_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("face_alignment", "face_alignment.models", "face_alignment.models.fan"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / FAN_FILE).write_bytes(b"0")
    with pytest.raises(BadSettings, match=r"pip install .*face-alignment==1\.5\.0"):
        Fan(tmp_path / FAN_FILE)


class Gadget:
    """A pickle that would write a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.target, "run")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A torch home with seeded weights under the real name."""
    from face_alignment.models import FAN

    folder = tmp_path_factory.mktemp("torch") / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(68)
        net = FAN(4)
    torch.save(net.state_dict(), folder / FAN_FILE)
    return folder / FAN_FILE


@needs_package
def test_a_weights_file_is_never_run_and_must_be_this_network_s(tmp_path: Path) -> None:
    place = tmp_path / FAN_FILE
    place.write_bytes(pickle.dumps(Gadget(tmp_path / "was_here"), protocol=2))
    with pytest.raises(ModelFileCorrupt, match="no readable weights"):
        Fan(place)
    torch.save({"state": Gadget(tmp_path / "was_here")}, place)
    with pytest.raises(ModelFileCorrupt, match="no readable weights"):
        Fan(place)
    assert not (tmp_path / "was_here").exists()
    for wrong in ({"conv1.weight": torch.zeros(3)}, [torch.zeros(3)], {"a": 1}):
        torch.save(wrong, place)
        with pytest.raises(ModelFileCorrupt):
            Fan(place)
    place.write_bytes(b"")
    with pytest.raises(ModelFileCorrupt):
        Fan(place)


@pytest.mark.slow
@needs_package
def test_the_package_s_network_is_loaded_and_read_as_the_package_reads_it(
    weights: Path, tiny_shot: TinyShot, model_files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    from face_alignment.models import FAN
    from face_alignment.utils import _get_preds_fromhm, flip

    monkeypatch.setenv("TORCH_HOME", str(weights.parents[2]))
    models = FaceModels.load(model_files, threads=1, engine="face-alignment")
    assert models.fan is not None
    [picture] = pictures_of(tiny_shot.plate, 1)
    plain = FaceModels.load(model_files, threads=1)
    [[(face, mesh)]] = find_faces(plain, [picture], ExtractConfig(threads=1), min_score=0.5)
    crop = cut_out(picture, region_of_box(face.box_4).matrix(256), 256)
    maps = models.fan.heat_maps(crop)
    assert maps.shape == (POINTS_68, MAP_PX, MAP_PX)
    net = FAN(4)
    net.load_state_dict(torch.load(weights, weights_only=True))
    net.eval()
    with torch.inference_mode():
        given = torch.from_numpy(crop.transpose(2, 0, 1)[None].copy()).float() / 255
        theirs = (net(given)[-1] + flip(net(flip(given))[-1], is_label=True)).numpy() / 2
    np.testing.assert_allclose(maps, theirs[0], atol=1e-4)
    flat = theirs.reshape(1, POINTS_68, -1)
    expected, _ = _get_preds_fromhm.py_func(theirs, flat.argmax(-1))  # compiling it takes half a minute
    found, own_scores = peaks(maps)
    assert np.abs(found - expected[0]).max() <= 0.5 + 1e-4  # the package rounds to quarters of a pixel
    np.testing.assert_allclose(own_scores, flat[0].max(-1), atol=1e-4)
    points, _ = models.fan(picture, [face.box_4])
    region = region_of_box(face.box_4)
    back = (points[0] - (region.x, region.y)) / region.side_px * MAP_PX + MAP_PX / 2
    np.testing.assert_allclose(back, found, atol=1e-2)
    # Weights that nobody taught see no face: the mesh keeps its landmarks, and extraction says so.
    events: list[Event] = []
    faces = extract(
        numbered([picture]),
        models,
        CONFIG,
        frame_range=FrameRange(1001, 1001),
        emit=events.append,
        stopping=lambda: False,
    )
    np.testing.assert_array_equal(faces.landmarks_NK3[0], mesh.landmarks_K3)
    [note] = [event.message for event in events if event.kind is EventKind.NOTE]
    assert models.fan.sha256[:16] in note and "of 1 faces it saw 1 elsewhere" in note


@needs_package
def test_faces_lie_where_the_network_says(
    weights: Path, tiny_shot: TinyShot, model_files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real network's output is replaced by heat maps of what a taught one would see."""
    [picture] = pictures_of(tiny_shot.plate, 1)
    plain = FaceModels.load(model_files, threads=1)
    [[(face, mesh)]] = find_faces(plain, [picture], ExtractConfig(threads=1), min_score=0.5)
    fan = Fan(weights, threads=1)
    wanted = mesh.landmarks_K3[MESH_OF_68, :2] + np.array([3.0, -2.0])
    region = region_of_box(face.box_4)
    places = (wanted - (region.x, region.y)) / region.side_px * MAP_PX + MAP_PX / 2
    monkeypatch.setattr(fan, "heat_maps", lambda crop: gaussian_maps(places))
    [moved] = fan.steered(picture, [mesh], [face.box_4])
    assert (fan.looked_at, fan.elsewhere) == (1, 0) and moved.presence == mesh.presence
    np.testing.assert_allclose(moved.landmarks_K3[MESH_OF_68, :2], wanted, atol=0.05)
    np.testing.assert_allclose(moved.landmarks_K3[:, :2], mesh.landmarks_K3[:, :2] + [3, -2], atol=0.05)
