"""Landmarks as JSON: written, read back, refused by name."""

from __future__ import annotations

import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.face_pictures import Picture8, numbered, pictures_of
from tests.squeezed import squeezed_picture

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.errors import BadInput
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import FrameRange
from understudy.faces.face_models import FaceModels
from understudy.faces.landmark_file import GivenShot, read_landmarks
from understudy.faces.shot_record import squeezed_faces
from understudy.faces.steering import MESH_OF_68
from understudy.model_files import ModelFiles
from understudy.solve import solve
from understudy.stages.export import export_alignments
from understudy.stages.extract import extract
from understudy.stages.given_faces import frames_to_read, given_faces

COUNT = 6
PLATE = Plate(
    path="a.mov", sha256="0", width=640, height=480, rate=Fraction(24), file_frames=40, first_index=0,
    last_index=39,
)  # fmt: skip


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


@pytest.fixture(scope="module")
def shown(tiny_shot: TinyShot) -> list[Picture8]:
    return pictures_of(tiny_shot.plate, COUNT)


@pytest.fixture(scope="module")
def found(models: FaceModels, shown: list[Picture8]) -> ShotFaces:
    return extract(
        numbered(shown), models, ExtractConfig(), frame_range=FrameRange(1001, 1000 + COUNT),
        emit=lambda _: None, stopping=lambda: False,
    )  # fmt: skip


def plate_of(shown: list[Picture8], aspect: Fraction = Fraction(1)) -> Plate:
    height, width = shown[0].shape[:2]
    return replace(PLATE, width=width, height=height, last_index=len(shown) - 1, pixel_aspect=aspect)


def exported(solved: SolvedShot, plate: Plate, folder: Path) -> Path:
    [path] = export_alignments(
        solved, plate, format="json", frames=list(plate.frames), folder=folder, title="a", people=("p",)
    )
    return path


def taken(
    given: GivenShot,
    shown: list[Picture8],
    models: FaceModels,
    *,
    aspect: float = 1.0,
    events: list[Event] | None = None,
) -> ShotFaces:
    wanted = frames_to_read(given, range(1001, 1001 + len(shown)))
    pictures = (one for one in numbered(shown) if one.frame in wanted)
    return given_faces(
        pictures, given, models, min_presence=0.5, cut_threshold=0.35,
        emit=(events if events is not None else []).append, stopping=lambda: False, pixel_aspect=aspect,
    )  # fmt: skip


def test_what_is_exported_comes_back(
    models: FaceModels, shown: list[Picture8], found: ShotFaces, tmp_path: Path
) -> None:
    plate = plate_of(shown)
    filled = np.array([False, False, False, True, False, False])
    solved = solve(replace(found, filled=filled), [], frames=plate.frames)
    given = read_landmarks(exported(solved, plate, tmp_path), plate)
    assert given.cuts == () and [face.frame for face in given.faces] == list(plate.frames)
    faces = taken(given, shown, models)
    np.testing.assert_allclose(faces.landmarks_NK3, found.landmarks_NK3, atol=1e-3)
    for name in ("frame", "track", "filled"):
        np.testing.assert_array_equal(getattr(faces, name), getattr(solved.faces, name))
    np.testing.assert_allclose(faces.presence, found.presence, atol=1e-4)
    np.testing.assert_allclose(faces.expression_NE, found.expression_NE, atol=0.02)
    np.testing.assert_allclose(faces.sharpness, found.sharpness, rtol=0.02)
    np.testing.assert_allclose(faces.box_N4, found.box_N4, atol=2e-3)
    np.testing.assert_allclose(faces.pose_N3, found.pose_N3, atol=0.05)
    likeness = (faces.embedding_ND * found.embedding_ND).sum(1)
    assert likeness[~filled].min() > 0.97 and not faces.embedding_ND[filled].any()


def test_a_squeezed_plate_s_landmarks_come_back_in_its_pixels(
    models: FaceModels, shown: list[Picture8], found: ShotFaces, tmp_path: Path
) -> None:
    plate = plate_of([squeezed_picture(shown[0], 2.0)] * 2, Fraction(2))
    narrow = squeezed_faces(found.select(found.frame <= 1002), 2.0)
    solved = solve(narrow, [], frames=plate.frames, pixel_aspect=2.0)
    given = read_landmarks(exported(solved, plate, tmp_path), plate)
    faces = taken(given, [squeezed_picture(one, 2.0) for one in shown[:2]], models, aspect=2.0)
    np.testing.assert_allclose(faces.landmarks_NK3, narrow.landmarks_NK3, atol=1e-3)
    np.testing.assert_allclose(faces.pose_N3, found.pose_N3[:2], atol=0.05)


def record(faces: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    return {"schema": 1, "faces": faces, **more}


def face(frame: int = 1001, points: int = 478, **more: object) -> dict[str, Any]:
    landmarks = np.random.default_rng(frame).uniform(50, 150, (points, 3)).round(2).tolist()
    return {"frame": frame, "track": 0, "landmarks": landmarks, **more}


def written(path: Path, told: object) -> Path:
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return path


def test_68_points_and_points_without_depth_are_completed_by_the_mesh(
    models: FaceModels, shown: list[Picture8], found: ShotFaces, tmp_path: Path
) -> None:
    plate = plate_of(shown[:1])
    whole = found.landmarks_NK3[0]
    for points, off in ((whole[MESH_OF_68, :2], 1.5), (whole[:, :2], 0.01), (whole, 1e-3)):
        told = {"frame": 1001, "track": 3, "landmarks": points.tolist()}
        given = read_landmarks(written(tmp_path / "a.json", record([told])), plate)
        faces = taken(given, shown[:1], models)
        assert faces.tracks == (3,) and faces.presence[0] > 0.9
        away = np.abs(faces.landmarks_NK3[0] - whole)
        assert np.median(away[:, :2]) < off and away[MESH_OF_68, :2].max() < max(off, 0.1)
        np.testing.assert_allclose(faces.pose_N3, found.pose_N3[:1], atol=3)


def test_a_track_that_crosses_a_cut_is_another_one_after_it(
    models: FaceModels, shown: list[Picture8], found: ShotFaces, tmp_path: Path
) -> None:
    told = [{"frame": 1001 + i, "track": 0, "landmarks": found.landmarks_NK3[i].tolist()} for i in range(4)]
    plate = plate_of(shown[:4])
    events: list[Event] = []
    given = read_landmarks(written(tmp_path / "a.json", record(told, cuts=[1001, 1003])), plate)
    faces = taken(given, shown[:4], models, events=events)
    assert faces.cuts == (1003,) and faces.track.tolist() == [0, 0, 1, 1]
    assert any("crosses a cut" in event.message for event in events)
    without = taken(read_landmarks(written(tmp_path / "b.json", record(told)), plate), shown[:4], models)
    assert without.cuts == () and without.tracks == (0,)


def without_one(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "landmarks": told["landmarks"][:-1]}


def with_point(told: dict[str, Any], value: object) -> dict[str, Any]:
    return {**told, "landmarks": [*told["landmarks"][:-1], value]}


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no JSON": (lambda: "nothing of the kind", "is not the JSON of landmarks"),
    "a list": (lambda: [1, 2], "is not the JSON"),
    "cut short": (lambda: json.dumps(record([face(), face(1002)]))[:-9000], "after face 0"),
    "more behind": (lambda: json.dumps(record([face()])) + "{}", "something follows"),
    "no schema": (lambda: {"faces": [face()]}, "schema"),
    "another schema": (lambda: {"schema": 7, "faces": [face()]}, "schema is '7'; this version reads 1"),
    "true for a schema": (lambda: {"schema": True, "faces": [face()]}, "schema"),
    "no faces": (lambda: record([]), "it has no faces"),
    "outside": (lambda: record([face(), face(1200)]), r"face 1 \(frame 1200\): frame is not in the plate"),
    "half a frame": (lambda: record([{**face(), "frame": 1001.5}]), "face 0: frame must be a whole"),
    "no track": (lambda: record([{**face(), "track": None}]), r"face 0 \(frame 1001\): track"),
    "a strange track": (
        lambda: record([{**face(), "track": -1}]),
        r"\(frame 1001\): track must be 0\.\.99999",
    ),
    "a number too few": (lambda: record([without_one(face())]), r"\(frame 1001\): landmarks are 477 points"),
    "none": (lambda: record([{**face(), "landmarks": None}]), r"\(frame 1001\): landmarks are no points"),
    "undefined": (
        lambda: record([with_point(face(), [float("nan"), 1, 2])]),
        r"\(frame 1001\): landmarks must",
    ),
    "infinite": (lambda: json.dumps(record([face()])).replace("]]", ",1e999]]"), r"landmarks must"),
    "text": (lambda: record([with_point(face(), ["1", 2, 3])]), "in finite numbers"),
    "uneven": (lambda: record([with_point(face(), [1, 2])]), "all alike"),
    "too far": (lambda: record([with_point(face(), [1e7, 2, 3])]), "reach beyond"),
    "giant": (lambda: json.dumps(record([face()])).replace("]]", "," + "9" * 5000 + "]]"), "landmarks"),
    "in a point": (lambda: record([{**face(), "landmarks": [[5, 5, 0]] * 478}]), "lie in one line or point"),
    "twice": (lambda: record([face(), face()]), "frame 1001 has track 0 twice"),
    "presence": (lambda: record([face(presence=1.5)]), r"\(frame 1001\): presence must be 0\.\.1"),
    "filled": (lambda: record([face(filled="no")]), r"\(frame 1001\): filled must be"),
    "another plate": (lambda: record([face()], plate={"width": 1280}), "it is for a plate of 1280x"),
    "cuts": (lambda: record([face()], cuts=[1010, 1005]), "cuts must rise"),
    "deep": (lambda: '{"schema": ' + "[" * 100_000, "is not the JSON"),
    "long": (lambda: '{"schema": "' + "x" * 3_000_000 + '"}', "is not the JSON"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_cannot_be_used_is_refused_with_face_and_field(what: str, tmp_path: Path) -> None:
    told, reason = BAD[what]
    with pytest.raises(BadInput, match=reason):
        read_landmarks(written(tmp_path / "a.json", told()), PLATE)


def test_bytes_that_are_no_text_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"schema": 1, "faces": "\xff\xfe"}')
    for path in (tmp_path / "a.json", tmp_path / "b.json", tmp_path):
        with pytest.raises(BadInput, match=r"the landmarks \S+( cannot be used)?: "):
            read_landmarks(path, PLATE)


WHOLE = json.dumps(record([face(), face(1002)], plate={"width": 640}))


@given(st.integers(0, len(WHOLE) - 1), st.characters(codec="ascii"))
def test_a_changed_file_is_read_or_refused_by_name(at: int, sign: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(WHOLE[:at] + sign + WHOLE[at + 1 :])
        try:
            given_shot = read_landmarks(path, PLATE)
        except BadInput as refused:
            assert str(path) in str(refused)
        else:
            assert all(np.isfinite(one.points).all() for one in given_shot.faces)


def test_a_long_shot_is_read_face_by_face(tmp_path: Path) -> None:
    faces = [face(1001 + i, track=track) for i in range(20) for track in range(4)]

    def lines() -> Iterator[str]:
        yield '{"schema": 1, "faces": ['
        for i, one in enumerate(faces):
            yield ("," if i else "") + json.dumps(one)
        yield "]}"

    path = tmp_path / "a.json"
    path.write_text("".join(lines()))
    tracemalloc.start()
    given_shot = read_landmarks(path, PLATE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(given_shot.faces) == 80
    kept = sum(one.points.nbytes for one in given_shot.faces)
    assert peak < kept + 1_500_000  # read at once, it takes more than 8 MB
