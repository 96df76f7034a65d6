"""Mattes and alignments leave as files that say what they mean, and read back as what they were."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR
import pytest
from tests.drawn_plates import drawn_plate

from understudy.config import ConvertConfig
from understudy.domain.edit import Curve, Mode
from understudy.domain.errors import BadInput, BadMatte, BadSettings, FrameOutOfRange, Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.solved import FaceState, FramePlan, LayerUse, Shape, SolvedShot
from understudy.faces.align import face_square, square_transform, transform_points
from understudy.matte.frame_matte import frame_matte
from understudy.matte.layer import write_layer_frame
from understudy.media.nuke_script import curve
from understudy.media.sequence import read_channel
from understudy.stages.export import export_alignments, export_mattes

FRAMES = (1001, 1002, 1004)
CONFIG = ConvertConfig()


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces]:
    path = tmp_path_factory.mktemp("plate") / "plate.mov"
    return drawn_plate(path, frames=6, faces=2, size_wh=(200, 120), without=frozenset({1003}), cuts=(1004,))


@pytest.fixture
def plate(shot: tuple[Plate, ShotFaces]) -> Plate:
    return shot[0]


@pytest.fixture
def solved(shot: tuple[Plate, ShotFaces]) -> SolvedShot:
    faces = shot[1]
    squares = np.array([face_square(points) for points in faces.landmarks_NK3])
    states = np.full(len(faces), FaceState.SMOOTHED, np.int8)
    states[0] = FaceState.KEYED
    return SolvedShot(faces=faces, square_N4=squares, state_N=states, bindings={0: "p-donor"})


def mattes(plate: Plate, solved: SolvedShot, folder: Path, **changes: object) -> list[Path]:
    given: dict[str, object] = {
        "frames": FRAMES,
        "layers": {},
        "config": CONFIG,
        "format": "exr",
        "folder": folder,
        "title": "sh010",
        "people": ("p1", "p2"),
        "emit": lambda _: None,
        "stopping": lambda: False,
        **changes,
    }
    frames = given.pop("frames")
    return export_mattes(plate, solved, frames, **given)  # type: ignore[arg-type]


def wanted_matte(plate: Plate, solved: SolvedShot, frame: int, track: int = 0) -> npt.NDArray[np.float32]:
    faces = solved.faces
    points = list(faces.landmarks_NK3[(faces.frame == frame) & (faces.track == track)])
    window = plate.display_window
    return frame_matte(solved.plan(frame), points, window, frame=frame, layers={}, config=CONFIG).matte_HW


@pytest.mark.parametrize(("format", "step"), [("exr", 5e-4), ("png", 1e-5)])
def test_mattes_carry_the_plate_s_frame_numbers_and_fill_its_window(
    tmp_path: Path, plate: Plate, solved: SolvedShot, format: str, step: float
) -> None:
    paths = mattes(plate, solved, tmp_path, format=format)
    assert [path.name for path in paths] == [f"sh010.matte.{frame}.{format}" for frame in FRAMES]
    for path, frame in zip(paths, FRAMES, strict=True):
        read = read_channel(path, "", (plate.width, plate.height))
        assert np.abs(read - wanted_matte(plate, solved, frame)).max() <= step
        assert read.max() == 1 and read[:, 150:].max() == 0  # the second performer is not replaced


def test_the_exr_is_half_float_with_the_people_in_it_and_the_png_has_16_bits(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    (exr,) = mattes(plate, solved, tmp_path, frames=(1001,))
    with OpenEXR.File(str(exr)) as file:
        header = file.header()
        assert header["understudyPeople"] == "p1 p2" and header["understudyFrame"] == 1001
        assert tuple(header["dataWindow"][1]) == tuple(header["displayWindow"][1]) == (199, 119)
        assert file.channels()["A"].pixels.dtype == np.float16
    (png,) = mattes(plate, solved, tmp_path, frames=(1001,), format="png")
    picture = cv2.imread(str(png), cv2.IMREAD_UNCHANGED)
    assert picture is not None and picture.dtype == np.uint16 and picture.shape == (120, 200)


def test_drawings_layers_and_held_frames_are_in_the_matte(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    corner = (150.0, 90.0, 190.0, 90.0, 190.0, 115.0, 150.0, 115.0)
    drawn = Shape(name="a", mode=Mode.INCLUDE, points=corner, curve=Curve.POLYGON, feather_px=2, keyed=True)
    rect = Rect(0, 0, 10, 10)
    write_layer_frame(
        tmp_path / "layer",
        1004,
        np.ones((10, 10), np.float32),
        rect,
        outside=0,
        display_window=plate.display_window,
        people=(),
    )
    plans = {
        1001: FramePlan(shapes=(drawn,)),
        1002: FramePlan(hold=True),
        1004: FramePlan(expression="face + net", layers=(LayerUse(name="net", layer_id="l1"),)),
    }
    solved = replace(solved, plans=plans)
    paths = mattes(plate, solved, tmp_path, layers={"l1": tmp_path / "layer"})
    first, held, with_layer = (read_channel(path, "", (200, 120)) for path in paths)
    assert first[100, 170] == 1 and first[60, 170] == 0
    assert not held.any()
    assert with_layer[5, 5] == 1 and with_layer[30, 5] == 0
    with pytest.raises(BadMatte, match="frame 1004 uses the matte layer 'net'"):
        mattes(plate, solved, tmp_path, frames=(1004,))


def test_without_a_binding_the_longest_track_is_the_one(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    unbound = replace(solved, bindings={})
    (path,) = mattes(plate, unbound, tmp_path, frames=(1001,))
    assert np.abs(read_channel(path, "", (200, 120)) - wanted_matte(plate, solved, 1001)).max() < 5e-4
    (path,) = mattes(plate, solved, tmp_path, frames=(1003,))
    assert not read_channel(path, "", (200, 120)).any()


def test_bad_requests_write_nothing(tmp_path: Path, plate: Plate, solved: SolvedShot) -> None:
    with pytest.raises(FrameOutOfRange, match="2000"):
        mattes(plate, solved, tmp_path, frames=(1001, 2000))
    with pytest.raises(BadSettings, match="jpg"):
        mattes(plate, solved, tmp_path, format="jpg")
    with pytest.raises(Stopped):
        mattes(plate, solved, tmp_path, stopping=lambda: True)
    with pytest.raises(BadInput, match="no face on the frames"):
        alignments(plate, solved, tmp_path, "json", (1003,))
    with pytest.raises(BadSettings, match="csv"):
        alignments(plate, solved, tmp_path, "csv")
    assert not list(tmp_path.iterdir())


def alignments(
    plate: Plate, solved: SolvedShot, folder: Path, format: str, frames: tuple[int, ...] = FRAMES
) -> list[Path]:
    return export_alignments(
        replace(solved, bindings={0: "p-donor", 1: "p-other"}),
        plate,
        format=format,  # type: ignore[arg-type]
        frames=frames,
        folder=folder,
        title="sh010",
        people=("p1",),
    )


def test_only_the_tracks_that_are_worked_on_leave(tmp_path: Path, plate: Plate, solved: SolvedShot) -> None:
    """Consent was asked of whoever is seen on them, and of nobody else."""
    (path,) = export_alignments(
        solved, plate, format="json", frames=FRAMES, folder=tmp_path, title="sh010", people=("p1",)
    )
    assert {face["track"] for face in json.loads(path.read_text())["faces"]} == {0}


def test_the_json_says_its_conventions_and_holds_every_face(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    (path,) = alignments(plate, solved, tmp_path, "json")
    record = json.loads(path.read_text())
    assert path.name == "sh010.alignments.json" and record["schema"] == 1
    assert "half-integers" in record["conventions"]["pixel_centres"]
    assert "downwards" in record["conventions"]["origin"]
    assert record["plate"] == {
        "width": 200,
        "height": 120,
        "pixel_aspect": "1",
        "rate": "24",
        "first_frame": 1001,
        "last_frame": 1006,
    }
    assert record["cuts"] == [1004] and record["people"] == ["p1"]
    assert [(face["frame"], face["track"]) for face in record["faces"]] == [
        (frame, track) for frame in FRAMES for track in (0, 1)
    ]
    assert [face["state"] for face in record["faces"][:2]] == ["keyed", "smoothed"]
    assert [face["person"] for face in record["faces"][:2]] == ["p-donor", "p-other"]
    landmarks = np.array(record["faces"][3]["landmarks"])
    assert np.abs(landmarks - solved.faces.landmarks_NK3[3]).max() < 1e-3
    square = record["faces"][3]["square"]
    told = [*square["centre"], square["side"], square["angle"]]
    assert np.allclose(told, solved.square_N4[3], atol=1e-4)


def test_a_face_with_undefined_landmarks_is_left_out(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    landmarks = solved.faces.landmarks_NK3.copy()
    landmarks[0, 7] = np.nan
    spoilt = replace(solved, faces=replace(solved.faces, landmarks_NK3=landmarks))
    (path,) = alignments(plate, spoilt, tmp_path, "json")
    record = json.loads(path.read_text(), parse_constant=lambda text: pytest.fail(text))
    assert len(record["faces"]) == 5


def test_a_matte_of_undefined_landmarks_is_refused_by_name(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    landmarks = solved.faces.landmarks_NK3.copy()
    landmarks[0] = np.nan
    spoilt = replace(solved, faces=replace(solved.faces, landmarks_NK3=landmarks))
    with pytest.raises(BadMatte, match="frame 1001: a face has undefined landmarks"):
        mattes(plate, spoilt, tmp_path)


def tcl(text: str) -> list[object]:
    """Nuke's script text as nested lists: braces group, quotes keep blanks."""
    stack: list[list[object]] = [[]]
    for token in re.finditer(r'\{|\}|"([^"]*)"|[^\s{}]+', text):
        if token.group() == "{":
            stack.append([])
        elif token.group() == "}":
            closed = stack.pop()
            stack[-1].append(closed)
        else:
            stack[-1].append(token.group(1) if token.group(1) is not None else token.group())
    assert len(stack) == 1, "braces do not match"
    return stack[0]


def read_curve(tokens: list[str]) -> dict[int, float]:
    assert tokens[0] == "curve"
    values: dict[int, float] = {}
    frame = 0
    for token in tokens[1:]:
        if token.startswith("x"):
            frame = int(token[1:])
        else:
            values[frame] = float(token)
            frame += 1
    return values


def node(path: Path, kind: str) -> dict[str, object]:
    """The knobs of the one node in a script."""
    head = ["set cut_paste_input [stack 0]", "version 13.0 v1", "push $cut_paste_input", f"{kind} {{"]
    text = path.read_text()
    assert text.splitlines()[:4] == head
    (body,) = tcl(text.split("push $cut_paste_input\n", 1)[1])[1:]
    assert isinstance(body, list)
    return dict(zip(body[::2], body[1::2], strict=True))


def test_curves_have_a_key_on_every_frame_and_keep_their_holes() -> None:
    values = {1001: 1.5, 1002: 2.0, 1003: -0.00001, 1010: 4.25}
    assert curve(values) == "{curve x1001 1.5 2 0 x1010 4.25}"
    (tokens,) = tcl(curve(values))
    assert read_curve(tokens) == {1001: 1.5, 1002: 2.0, 1003: 0.0, 1010: 4.25}  # type: ignore[arg-type]


def test_the_tracker_has_the_landmarks_in_nuke_s_pixels(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    paths = alignments(plate, solved, tmp_path, "nk")
    assert [path.name for path in paths] == [
        f"sh010.track{track}.{kind}.nk" for track in (0, 1) for kind in ("tracker", "cornerpin")
    ]
    knobs = node(paths[0], "Tracker4")
    tracks: Any = knobs["tracks"]
    count, columns, rows = tracks
    assert count == ["1", "31", "8"] and len(columns) == 31 and len(rows) == 8
    names = [column[3] for column in columns]
    for row in rows:
        assert len(row) == 31, "one value per column"
    by_name = {row[names.index("name")]: row for row in rows}
    chin = by_name["chin"]
    x, y = (read_curve(chin[names.index(f"track_{axis}")]) for axis in "xy")
    assert sorted(x) == sorted(y) == list(FRAMES)
    faces = solved.faces
    for frame in FRAMES:
        (row,) = np.flatnonzero((faces.frame == frame) & (faces.track == 0))
        assert x[frame] == pytest.approx(faces.landmarks_NK3[row, 152, 0], abs=1e-3)
        assert y[frame] == pytest.approx(120 - faces.landmarks_NK3[row, 152, 1], abs=1e-3)
    assert y[1001] < read_curve(by_name["nose_tip"][names.index("track_y")])[1001]  # the chin is below


def test_the_corner_pin_moves_with_the_face_s_square(
    tmp_path: Path, plate: Plate, solved: SolvedShot
) -> None:
    knobs = node(alignments(plate, solved, tmp_path, "nk")[1], "CornerPin2D")
    unit = {1: (0, 1), 2: (1, 1), 3: (1, 0), 4: (0, 0)}  # bottom left, bottom right, top right, top left
    for number, corner in unit.items():
        x, y = (read_curve(tokens) for tokens in knobs[f"to{number}"])  # type: ignore[attr-defined]
        for frame in FRAMES:
            (row,) = np.flatnonzero((solved.faces.frame == frame) & (solved.faces.track == 0))
            back = transform_points(
                square_transform(solved.square_N4[row]), np.array([x[frame], 120 - y[frame]])
            )
            assert np.allclose(back, corner, atol=1e-4)
        start = [float(value) for value in knobs[f"from{number}"]]  # type: ignore[attr-defined]
        assert start == [x[1001], y[1001]]


def test_a_title_cannot_put_code_into_a_script(tmp_path: Path, plate: Plate, solved: SolvedShot) -> None:
    paths = export_alignments(
        solved, plate, format="nk", frames=FRAMES, folder=tmp_path, title='a[python {x}]"$'
    )
    label = next(line for line in paths[0].read_text().splitlines() if line.startswith(" label"))
    assert not set(label.removeprefix(' label "').removesuffix('"')) & set('[]{}"$\\')
