"""Mattes from elsewhere become layers of the shot, or are refused in words that say what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
import pytest
from tests.drawn_plates import drawn_plate
from tests.tiny_onnx import write_colour_parser, write_other_network

from understudy.domain.errors import BadMatte, Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.domain.solved import FaceState, SolvedShot
from understudy.faces.align import (
    crop_of_square,
    face_square,
    invert_transform,
    square_transform,
    transform_points,
)
from understudy.matte.layer import LayerOutcome, layer_index, layer_path, read_layer
from understudy.stages.bring_matte import import_matte, parse_matte

WIDTH, HEIGHT = 160, 120
FRAMES = 6


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces]:
    path = tmp_path_factory.mktemp("plate") / "plate.mov"
    return drawn_plate(path, frames=FRAMES, without=frozenset({1003}))


@pytest.fixture
def plate(shot: tuple[Plate, ShotFaces]) -> Plate:
    return shot[0]


@pytest.fixture
def solved(shot: tuple[Plate, ShotFaces]) -> SolvedShot:
    faces = shot[1]
    squares = np.array([face_square(points) for points in faces.landmarks_NK3])
    return SolvedShot(faces=faces, square_N4=squares, state_N=np.full(len(faces), FaceState.MACHINE, np.int8))


def pictures(
    folder: Path, frames: range, *, size_wh: tuple[int, int] = (WIDTH, HEIGHT)
) -> dict[int, npt.NDArray[np.uint16]]:
    """16 bit PNGs with a box that moves; returns them."""
    folder.mkdir(exist_ok=True)
    made = {}
    for frame in frames:
        picture = np.zeros(size_wh[::-1], np.uint16)
        picture[20:60, 10 + frame % 50 : 40 + frame % 50] = 40_000
        cv2.imwrite(str(folder / f"hand.{frame}.png"), picture)
        made[frame] = picture
    return made


def bring(plate: Plate, path: Path, folder: Path, **changes: object) -> LayerOutcome:
    given: dict[str, object] = {
        "path": str(path),
        "channel": "",
        "invert": False,
        "folder": folder,
        "people": ("p1",),
        "emit": lambda _: None,
        "stopping": lambda: False,
        **changes,
    }
    return import_matte(plate, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("invert", [False, True])
def test_a_sequence_becomes_a_layer_with_the_plate_s_frame_numbers(
    tmp_path: Path, plate: Plate, invert: bool
) -> None:
    made = pictures(tmp_path / "in", range(1001, 1007))
    events: list[Event] = []
    outcome = bring(
        plate, tmp_path / "in" / "hand.####.png", tmp_path / "out", invert=invert, emit=events.append
    )
    assert outcome.frames == tuple(range(1001, 1007)) and outcome.notes == ()
    for frame, picture in made.items():
        wanted = picture.astype(np.float32) / 65535
        read = read_layer(tmp_path / "out", frame, plate.display_window)
        assert np.abs(read - (1 - wanted if invert else wanted)).max() < 5e-4
    assert layer_index(tmp_path / "out").origin == "import_matte"
    assert events[-1].kind is EventKind.PROGRESS and events[-1].done == events[-1].total == 6
    with OpenEXR.File(str(layer_path(tmp_path / "out", 1001))) as file:
        assert file.header()["understudyPeople"] == "p1"


def test_missing_frames_and_frames_beyond_the_plate_are_told(tmp_path: Path, plate: Plate) -> None:
    pictures(tmp_path / "in", range(1002, 1010))
    (tmp_path / "in" / "hand.1004.png").unlink()
    events: list[Event] = []
    outcome = bring(plate, tmp_path / "in", tmp_path / "out", emit=events.append)
    assert outcome.frames == (1002, 1003, 1005, 1006)
    assert tuple(event.message for event in events if event.kind is EventKind.NOTE) == outcome.notes
    notes = " / ".join(outcome.notes)
    assert "frames 1001,1004" in notes and "frames 1007-1009 lie outside the plate" in notes
    with pytest.raises(BadMatte, match="has no frame 1004"):
        read_layer(tmp_path / "out", 1004, plate.display_window)


def test_a_range_in_the_request_limits_what_is_read(tmp_path: Path, plate: Plate) -> None:
    pictures(tmp_path / "in", range(1001, 1007))
    outcome = bring(plate, tmp_path / "in" / "hand.1002-1003####.png", tmp_path / "out")
    assert outcome.frames == (1002, 1003) and outcome.notes == ()


def exr_picture(path: Path, values: npt.NDArray[np.float32]) -> Path:
    path.parent.mkdir(exist_ok=True)
    header = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
    OpenEXR.File(header, {"A": np.ascontiguousarray(values)}).write(str(path))
    return path


def full(value: float) -> npt.NDArray[np.float32]:
    plane = np.zeros((HEIGHT, WIDTH), np.float32)
    plane[30:60, 40:90] = value
    return plane


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (255.0, r"holds 0 to 255; a matte holds 0 to 1: divide it by 255"),
        (65535.0, r"divide it by 65535"),
        (1.3, r"holds 0 to 1\.3; .*grade or clamp it to 0\.\.1"),
        (-0.5, r"holds -0\.5 to 0; .*grade or clamp"),
        (float("nan"), r"1500 undefined values \(NaN or infinite\)"),
        (float("inf"), r"1500 undefined values"),
    ],
)
def test_values_that_are_no_matte_are_refused(tmp_path: Path, plate: Plate, value: float, found: str) -> None:
    exr_picture(tmp_path / "in" / "m.1001.exr", full(value))
    with pytest.raises(BadMatte, match=found):
        bring(plate, tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out" / "layer.json").exists()


def test_a_filter_s_overshoot_is_cut(tmp_path: Path, plate: Plate) -> None:
    exr_picture(tmp_path / "in" / "m.1001.exr", full(1.015))
    bring(plate, tmp_path / "in", tmp_path / "out")
    assert read_layer(tmp_path / "out", 1001, plate.display_window).max() == 1


def test_another_size_another_range_and_another_channel_are_refused(tmp_path: Path, plate: Plate) -> None:
    pictures(tmp_path / "small", range(1001, 1003), size_wh=(80, 60))
    with pytest.raises(BadMatte, match="is 80x60, the plate is 160x120"):
        bring(plate, tmp_path / "small", tmp_path / "out")
    pictures(tmp_path / "early", range(1, 7))
    with pytest.raises(BadMatte, match=r"it has 1-6, the plate has 1001-1006; number the pictures"):
        bring(plate, tmp_path / "early", tmp_path / "out")
    pictures(tmp_path / "grey", range(1001, 1003))
    with pytest.raises(BadMatte, match="no channel 'mask'"):
        bring(plate, tmp_path / "grey", tmp_path / "out", channel="mask")


def test_an_opaque_alpha_taken_for_a_matte_is_pointed_out(tmp_path: Path, plate: Plate) -> None:
    (tmp_path / "in").mkdir()
    grey = (full(1) * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "in" / "m.1001.png"), np.dstack([grey] * 3 + [np.full_like(grey, 255)]))
    assert any(
        "is it the right channel?" in note for note in bring(plate, tmp_path / "in", tmp_path / "a").notes
    )
    notes = bring(plate, tmp_path / "in", tmp_path / "r", channel="r").notes
    assert not any("right channel" in note for note in notes)


def test_a_stopped_import_goes_on_where_it_was(tmp_path: Path, plate: Plate) -> None:
    pictures(tmp_path / "in", range(1001, 1007))
    answers = iter([False, False, True])
    with pytest.raises(Stopped, match="1003"):
        bring(plate, tmp_path / "in", tmp_path / "out", stopping=lambda: next(answers))
    kept = layer_path(tmp_path / "out", 1001)
    written = kept.stat().st_mtime_ns
    assert bring(plate, tmp_path / "in", tmp_path / "out").frames == tuple(range(1001, 1007))
    assert kept.stat().st_mtime_ns == written


def parse(plate: Plate, solved: SolvedShot, onnx: Path, folder: Path, **changes: object) -> LayerOutcome:
    given: dict[str, object] = {
        "onnx": onnx,
        "classes": (1,),
        "frames": (1001, 1002, 1003),
        "crop_type": "full",
        "folder": folder,
        "people": ("p1",),
        "emit": lambda _: None,
        "stopping": lambda: False,
        **changes,
    }
    return parse_matte(plate, solved, **given)  # type: ignore[arg-type]


def test_a_face_whose_place_is_unknown_counts_as_none(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    onnx = write_colour_parser(tmp_path / "p.onnx", *SKIN_OR_NOT, size=(1, 3, 64, 64))
    squares = solved.square_N4.copy()
    squares[solved.faces.frame == 1002] = np.nan
    outcome = parse(plate, replace(solved, square_N4=squares), onnx, tmp_path / "out")
    assert any("no face on frames 1002-1003" in note for note in outcome.notes)
    assert read_layer(tmp_path / "out", 1002, plate.display_window).max() == 0


SKIN_OR_NOT = ([[0.0, 0, 0], [80.0, 0, 0]], [0.0, -56.0])  # the drawn skin's red is above 0.7, the rest below


@pytest.mark.parametrize("stride", [1, 2])
def test_a_parser_s_classes_land_on_the_face(
    tmp_path: Path, plate: Plate, solved: SolvedShot, stride: int
) -> None:
    onnx = write_colour_parser(tmp_path / "p.onnx", *SKIN_OR_NOT, size=(1, 3, 64, 64), stride=stride)
    outcome = parse(plate, solved, onnx, tmp_path / "out")
    assert outcome.frames == (1001, 1002, 1003)
    assert any("no face on frames 1003" in note for note in outcome.notes)
    matte = read_layer(tmp_path / "out", 1001, plate.display_window)
    nose = solved.faces.landmarks_NK3[0, 5, :2].astype(int)
    assert matte[nose[1], nose[0]] > 0.9
    crop = transform_points(
        invert_transform(crop_of_square(square_transform(solved.square_N4[0]), "full", 64)),
        np.array([[2.0, 2.0], [62.0, 62.0]]),
    )
    assert all(matte[int(y), int(x)] < 0.1 for x, y in crop)  # the background within the crop
    assert matte[:, :20].max() == 0 and 0 < outcome.scores[1001] < 0.5
    assert not read_layer(tmp_path / "out", 1003, plate.display_window).any()


def test_classes_add_up_and_one_class_is_a_sigmoid(tmp_path: Path, plate: Plate, solved: SolvedShot) -> None:
    every = write_colour_parser(tmp_path / "all.onnx", [[9.0, 0, 0], [0, 9.0, 0], [0, 0, 9.0]], [0, 0, 0])
    parse(plate, solved, every, tmp_path / "all", classes=(0, 1, 2), frames=(1001,))
    single = write_colour_parser(tmp_path / "one.onnx", [[80.0, 0, 0]], [-56.0])
    parse(plate, solved, single, tmp_path / "one", classes=(0,), frames=(1001,))
    ready = write_colour_parser(tmp_path / "ready.onnx", [[80.0, 0, 0]], [-56.0], last="Sigmoid")
    parse(plate, solved, ready, tmp_path / "ready", classes=(0,), frames=(1001,))
    x, y = solved.faces.landmarks_NK3[0, 5, :2].astype(int)
    window = plate.display_window
    one, same = (read_layer(tmp_path / name, 1001, window) for name in ("one", "ready"))
    assert read_layer(tmp_path / "all", 1001, window)[y, x] > 0.99
    assert one[y, x] > 0.9 and np.abs(one - same).max() < 2e-3  # a network's own sigmoid is not applied again


def spoilt(path: Path, kind: str) -> Path:
    if kind == "text":
        path.write_text("this is no network " * 20)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "foreign":
        write_other_network(path)
    elif kind == "cut":
        write_colour_parser(path, *SKIN_OR_NOT)
        path.write_bytes(path.read_bytes()[:-20])
    elif kind == "unknown operator":
        source = write_colour_parser(path, *SKIN_OR_NOT).read_bytes()
        path.write_bytes(source.replace(b"\x22\x04Conv", b"\x22\x04Konv"))
    elif kind == "grey":
        write_colour_parser(path, [[1.0], [2.0]], [0, 0], size=(1, 1, 32, 32))
    elif kind == "oblong":
        write_colour_parser(path, *SKIN_OR_NOT, size=(1, 3, 32, 64))
    elif kind == "bytes":
        write_colour_parser(path, *SKIN_OR_NOT, element=2)
    elif kind == "gone":
        pass
    return path


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("text", "is no ONNX file"),
        ("empty", "is no ONNX file"),
        ("cut", "is no ONNX file"),
        ("gone", "cannot be read"),
        ("foreign", r"is no face parser: .*it takes numbers \(1, 10\) and gives answer \(1, 10\)"),
        ("grey", r"is no face parser: .*takes crop \(1, 1, 32, 32\)"),
        ("oblong", r"takes crop \(1, 3, 32, 64\)"),
        ("bytes", "its input is not float32"),
        ("unknown operator", r"cannot be run by OpenCV: .*it takes crop \(1, 3, 32, 32\)"),
    ],
)
def test_a_foreign_file_is_refused_with_what_was_found(
    tmp_path: Path, plate: Plate, solved: SolvedShot, kind: str, found: str
) -> None:
    with pytest.raises(BadMatte, match=found):
        parse(plate, solved, spoilt(tmp_path / "p.onnx", kind), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_classes_that_the_parser_does_not_have_are_refused(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    onnx = write_colour_parser(tmp_path / "p.onnx", *SKIN_OR_NOT)
    for classes, found in (
        ((2,), r"has no class 2; its 2 classes are 0\.\.1"),
        ((), "at least one"),
        ((1, 1), "twice"),
    ):
        with pytest.raises(BadMatte, match=found):
            parse(plate, solved, onnx, tmp_path / "out", classes=classes)


def test_a_parser_that_gives_undefined_numbers_is_refused(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    onnx = write_colour_parser(tmp_path / "p.onnx", [[float("nan"), 0, 0], [0, 0, 0]], [0, 0])
    with pytest.raises(BadMatte, match="undefined numbers"):
        parse(plate, solved, onnx, tmp_path / "out")


def test_faces_that_were_set_aside_are_not_parsed(tmp_path: Path, plate: Plate, solved: SolvedShot) -> None:
    onnx = write_colour_parser(tmp_path / "p.onnx", *SKIN_OR_NOT)
    strangers = replace(solved, faces=replace(solved.faces, track=np.full(len(solved.faces), -1, np.int32)))
    outcome = parse(plate, strangers, onnx, tmp_path / "out", frames=(1001,))
    assert any("no face on frames 1001" in note for note in outcome.notes)
