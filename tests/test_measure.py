"""Measuring takes frame by frame: damage that is put in is found and named, and nothing else is."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.drawn_plates import drawn_plate

from understudy.demo.tiny_shot import TinyShot
from understudy.domain.edit import Mark
from understudy.domain.errors import NotFound, Stopped, TrackNotFound
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.measures import MARKS, MEASURE_NAMES, FrameMeasures, Treated, load_measures
from understudy.domain.shot import Plate
from understudy.domain.solved import FrameMark, FramePlan, SolvedShot
from understudy.evaluate.reading import FaceReading, find_reading
from understudy.faces.align import face_square
from understudy.faces.face_models import FaceModels
from understudy.matte.hull import hull_matte
from understudy.media.colour import to_linear
from understudy.media.layers import FaceLayers, FacePatch, layers_path, no_face_layers, write_layers
from understudy.media.video import open_plate, probe
from understudy.model_files import ModelFiles
from understudy.stages.measure import measure

F32 = npt.NDArray[np.float32]
Damage = Callable[[F32, F32, F32], None]
TRACK = 0
TEMPORAL = ("warping_error", "matte_instability", "mouth_change", "teeth_change", "sharpness_jump")


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


def faces_of(readings: Mapping[int, FaceReading], *, cuts: tuple[int, ...] = ()) -> ShotFaces:
    """A record of faces as extraction would make it."""
    frames, found = zip(*sorted(readings.items()), strict=True)
    landmarks = np.stack([r.landmarks_K3 for r in found])
    low, high = landmarks[..., :2].min(axis=1), landmarks[..., :2].max(axis=1)
    return ShotFaces(
        frame=np.array(frames, np.int32),
        track=np.full(len(frames), TRACK, np.int32),
        box_N4=np.concatenate([low, high - low], axis=1),
        landmarks_NK3=landmarks,
        presence=np.array([r.presence for r in found], np.float32),
        expression_NE=np.stack([r.expression_E for r in found]),
        embedding_ND=np.stack([r.embedding_D for r in found]),
        pose_N3=np.stack([r.pose_3 for r in found]),
        sharpness=np.ones(len(frames), np.float32),
        filled=np.zeros(len(frames), np.bool_),
        cuts=cuts,
    )


def solved_of(faces: ShotFaces) -> SolvedShot:
    squares = np.array([face_square(points) for points in faces.landmarks_NK3]).reshape(-1, 4)
    return SolvedShot(faces=faces, square_N4=squares, state_N=np.zeros(len(faces), np.int8))


def read_all(models: FaceModels, movie: Path, step: int = 1) -> dict[int, FaceReading]:
    plate = probe(movie)
    readings = {
        item.frame: find_reading(models, item.picture.rgb8(), plate.display_window)
        for item in open_plate(plate).frames(list(plate.frames)[::step])
    }
    return {frame: reading for frame, reading in readings.items() if reading is not None}


def write_face(
    folder: Path, plate: Plate, frame: int, rect: Rect, rgb_hw3: F32, matte_hw: F32, *, track: int = TRACK
) -> None:
    """One frame's layers, with linear colours `rgb_hw3` inside `matte_hw`."""
    patch = FacePatch(
        track=track, person_id="donor", raw_SS3=np.zeros((8, 8, 3), np.float16), matrix_23=np.eye(2, 3)
    )
    layers = FaceLayers(
        frame=frame,
        rect=rect,
        replaced_HW4=np.concatenate([rgb_hw3, matte_hw[..., None]], axis=2).astype(np.float16),
        matte_HW=matte_hw.astype(np.float16),
        faces=(patch,),
    )
    save(folder, plate, layers)


def save(folder: Path, plate: Plate, layers: FaceLayers) -> None:
    write_layers(
        layers,
        layers_path(folder, layers.frame),
        display_window=plate.display_window,
        settings_sha256="0" * 64,
        people=("donor",),
    )


def write_take(
    folder: Path, plate: Plate, source: Plate, faces: ShotFaces, damage: Mapping[int, Damage] | None = None
) -> None:
    """A take that shows `source` inside the face's hull, with damage to some frames."""
    wanted = [int(frame) for frame in faces.frame]
    for row, item in enumerate(open_plate(source).frames(wanted)):
        points = faces.landmarks_NK3[row]
        x, y, width, height = (int(value) for value in faces.box_N4[row])
        rect = Rect(x, y, width, height).expand(12).snap(2).intersect(plate.display_window)
        inside = points[:, :2] - (rect.x, rect.y)
        matte_hw = hull_matte(inside, (rect.width, rect.height), erode_px=3, feather_px=4)
        rgb_hw3 = to_linear(item.picture.region(rect), item.picture.colour)
        if damage is not None and item.frame in damage:
            damage[item.frame](rgb_hw3, matte_hw, points - np.array([rect.x, rect.y, 0], np.float32))
        write_face(folder, plate, item.frame, rect, rgb_hw3, matte_hw)


def brighter(rgb_hw3: F32, matte_hw: F32, points_K3: F32) -> None:
    rgb_hw3 *= np.float32(1.25)


def redder(rgb_hw3: F32, matte_hw: F32, points_K3: F32) -> None:
    rgb_hw3 *= np.array([1.2, 1.0, 0.8], np.float32)


def with_a_hole(rgb_hw3: F32, matte_hw: F32, points_K3: F32) -> None:
    centre = tuple(int(v) for v in points_K3[50, :2])  # a cheek
    cv2.circle(matte_hw, centre, round(float(np.ptp(points_K3[:, 0])) / 6), 0.0, -1)


def blurred(rgb_hw3: F32, matte_hw: F32, points_K3: F32) -> None:
    rgb_hw3[...] = cv2.GaussianBlur(rgb_hw3, (0, 0), 3.0)


def with_teeth(rgb_hw3: F32, matte_hw: F32, points_K3: F32) -> None:
    lips = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
    cv2.fillPoly(rgb_hw3, [np.round(points_K3[lips, :2]).astype(np.int32)], (0.6, 0.58, 0.52))


DAMAGE = {1004: brighter, 1008: with_a_hole, 1012: blurred, 1016: with_teeth, 1020: redder}
NAMED = {
    1004: "luma_flicker",
    1008: "matte_instability",
    1012: "sharpness_jump",
    1016: "teeth_change",
    1020: "chroma_flicker",
}
SHIFTED = 1023  # its landmarks are wrong, not its pictures


@pytest.fixture(scope="module")
def tiny(
    models: FaceModels, tiny_shot: TinyShot
) -> tuple[Plate, Plate, dict[int, FaceReading], ShotFaces, ShotFaces]:
    """Plate, its true replacement, the faces of the plate, and those of the two people."""
    performer = faces_of(read_all(models, tiny_shot.performer_learn, 6))
    donor = faces_of(read_all(models, tiny_shot.donor_learn, 6))
    readings = read_all(models, tiny_shot.plate)
    assert len(readings) == 24
    return probe(tiny_shot.plate), probe(tiny_shot.true_replacement), readings, performer, donor


def run(
    plate: Plate, solved: SolvedShot, take: Path, out: Path, models: FaceModels, **settings: object
) -> tuple[FrameMeasures, dict[str, str]]:
    given: dict[str, object] = {
        "track": TRACK,
        "performer": solved.faces,
        "donor": None,
        "models": models,
        "title": "tiny v001",
        "folder": out,
        "worst": 6,
        "marked": False,
        "emit": lambda event: None,
        "stopping": lambda: False,
    }
    frames = settings.pop("frames", tuple(plate.frames))
    facts = measure(plate, solved, take, frames, **(given | settings))  # type: ignore[arg-type]
    return load_measures(out / "measures.safetensors"), facts


def test_damaged_frames_are_the_worst_and_their_damage_is_named(
    tmp_path: Path,
    tiny: tuple[Plate, Plate, dict[int, FaceReading], ShotFaces, ShotFaces],
    models: FaceModels,
) -> None:
    plate, true, readings, performer, donor = tiny
    faces = faces_of(readings)
    write_take(tmp_path / "clean", plate, true, faces)
    clean, _ = run(
        plate, solved_of(faces), tmp_path / "clean", tmp_path / "1", models, performer=performer, donor=donor
    )
    assert np.median(clean.trouble) < 0.25

    write_take(tmp_path / "take", plate, true, faces, DAMAGE)
    moved = faces.landmarks_NK3.copy()
    moved[list(faces.frame).index(SHIFTED), :, 0] += 6
    damaged = replace(solved_of(faces), faces=replace(faces, landmarks_NK3=moved))
    found, facts = run(
        plate,
        damaged,
        tmp_path / "take",
        tmp_path / "2",
        models,
        performer=performer,
        donor=donor,
        machine=faces,
    )
    assert {int(found.frame[row]) for row in found.ranking()[:6]} == {*DAMAGE, SHIFTED}
    at = {int(frame): row for row, frame in enumerate(found.frame)}
    for frame, measure_name in (NAMED | {SHIFTED: "landmark_jitter"}).items():
        assert measure_name in found.reasons(at[frame]), (frame, found.reasons(at[frame]))
        assert found.trouble[at[frame]] > max(0.8, clean.trouble.max())
    sound = [row for frame, row in at.items() if frame not in DAMAGE and frame != SHIFTED]
    assert np.median(found.trouble[sound]) < 0.25
    assert found.values["machine_jitter"][at[SHIFTED]] < found.values["landmark_jitter"][at[SHIFTED]]
    assert found.values["identity_donor"][at[1002]] > found.values["identity_performer"][at[1002]]
    assert facts["frames"] == "24" and len(facts["worst"].split()) == 3  # so many are five frames apart
    for name in TEMPORAL:
        assert np.isnan(found.values[name][0])
    rows = list(csv.DictReader((tmp_path / "2" / "measures.csv").read_text().splitlines()))
    assert [row["frame"] for row in rows] == [str(frame) for frame in range(1001, 1025)]
    assert float(rows[3]["luma_flicker"]) > 4 and rows[0]["warping_error"] == ""
    told = json.loads((tmp_path / "2" / "measures.json").read_text())
    assert told["ranking"][0]["trouble"] == pytest.approx(found.trouble.max(), abs=1e-5)
    assert {measure["name"] for measure in told["measures"]} == set(MEASURE_NAMES)
    sheet = cv2.imread(str(tmp_path / "2" / "worst.png"))
    assert sheet is not None and sheet.shape[0] > 3 * 300


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces, Path]:
    """12 frames of a drawn face that its take leaves as it is; a cut at 1007."""
    folder = tmp_path_factory.mktemp("drawn")
    plate, faces = drawn_plate(folder / "plate.mp4", frames=12, cuts=(1007,))
    write_take(folder / "take", plate, plate, faces)
    return plate, faces, folder / "take"


def test_nothing_is_compared_across_a_cut_or_a_hole(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    plate, faces, take = drawn
    frames = tuple(frame for frame in plate.frames if frame != 1010)
    measures, _ = run(plate, solved_of(faces), take, tmp_path, models, frames=frames)
    for name in TEMPORAL:
        unknown = set(measures.frame[np.isnan(measures.values[name])].tolist())
        assert {1001, 1007, 1011} <= unknown
        assert name == "mouth_change" or unknown == {1001, 1007, 1011}  # the drawn mouth is closed
    jitter = np.isnan(measures.values["landmark_jitter"])
    assert set(measures.frame[jitter].tolist()) == {1001, 1006, 1007, 1009, 1011, 1012}
    assert measures.cuts == (1007,)


def test_a_take_that_changes_nothing_has_little_trouble(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    measures, _ = run(drawn[0], solved_of(drawn[1]), drawn[2], tmp_path, models)
    assert measures.trouble.max() < 0.2
    assert measures.values["sharpness"] == pytest.approx(np.ones(12), abs=0.1)
    assert np.isnan(measures.values["identity_donor"]).all()


def test_a_missing_face_and_a_lost_one_are_not_the_plate_that_is_held(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    plate, faces, _ = drawn
    write_take(tmp_path / "take", plate, plate, faces)
    for frame in (1002, 1004, 1009, 1012):
        save(tmp_path / "take", plate, no_face_layers(frame))
    filled = faces.filled.copy()
    filled[faces.frame == 1010] = True
    kept = np.isin(faces.frame, (1004, 1012), invert=True)  # not found there
    marks = {
        1005: FrameMark(mark=Mark.FLAGGED, note="the mouth", author="kim"),
        1009: FrameMark(mark=Mark.HOLD_PLATE, note="", author="kim"),
    }
    solved = replace(solved_of(replace(faces, filled=filled)).select(kept), marks=marks)
    events: list[Event] = []
    measures, facts = run(plate, solved, tmp_path / "take", tmp_path, models, emit=events.append, worst=3)
    at = {int(frame): row for row, frame in enumerate(measures.frame)}
    expected = {
        1001: Treated.REPLACED, 1002: Treated.MISSING, 1004: Treated.LOST, 1009: Treated.HELD,
        1010: Treated.BRIDGED, 1012: Treated.NO_FACE,
    }  # fmt: skip
    assert {frame: Treated(measures.treated[at[frame]]) for frame in expected} == expected
    assert measures.reasons(at[1009]) == ("plate held",) and measures.trouble[at[1009]] == 0
    assert measures.reasons(at[1012]) == ("no face",) and measures.trouble[at[1012]] == 0
    assert measures.reasons(at[1010])[0] == "tracking_confidence" and measures.trouble[at[1010]] > 0.5
    assert [int(measures.frame[row]) for row in measures.ranking()[:3]] == [1002, 1004, 1010]
    assert facts["worst"].split()[:2] == ["1002", "1010"]
    assert MARKS[measures.mark[at[1005]]] is Mark.FLAGGED
    assert events[-1].kind is EventKind.PROGRESS and events[-1].done == 12


def test_a_take_that_is_held_throughout_is_measured_and_has_no_worst_frame(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    plate, faces, take = drawn
    solved = replace(solved_of(faces), plans={frame: FramePlan(hold=True) for frame in plate.frames})
    measures, facts = run(plate, solved, take, tmp_path, models)
    assert (measures.treated == Treated.HELD).all() and measures.trouble.max() == 0
    assert (facts["worst"], facts["median_trouble"]) == ("", "0.000")
    assert (tmp_path / "worst.png").exists()


def test_a_shot_of_one_frame_is_judged_by_what_one_frame_can_tell(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    measures, facts = run(drawn[0], solved_of(drawn[1]), drawn[2], tmp_path, models, frames=(1003,))
    assert facts["worst"] == "1003"
    assert np.isfinite(measures.values["seam"]).all()
    for name in (*TEMPORAL, "landmark_jitter", "luma_flicker"):
        assert np.isnan(measures.values[name]).all()


def test_frames_that_are_not_rendered_are_passed_over_with_a_note(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    plate, faces, _ = drawn
    solved = solved_of(faces)
    with pytest.raises(NotFound, match="convert the shot first"):
        run(plate, solved, tmp_path / "take", tmp_path, models)
    write_take(tmp_path / "take", plate, plate, faces.select(faces.frame <= 1004))
    events: list[Event] = []
    measures, facts = run(plate, solved, tmp_path / "take", tmp_path, models, emit=events.append)
    assert measures.frame.tolist() == [1001, 1002, 1003, 1004]
    assert facts["skipped"] == "1005-1012"
    assert any(e.kind is EventKind.NOTE and "1005-1012" in e.message for e in events)


def test_two_faces_are_measured_apart(tmp_path: Path, models: FaceModels) -> None:
    plate, faces = drawn_plate(tmp_path / "plate.mp4", frames=6, faces=2, size_wh=(240, 120))
    solved = solved_of(faces)
    for item in open_plate(plate).frames(plate.frames):
        rgb_HW3 = to_linear(item.picture.region(plate.display_window), item.picture.colour)
        matte_HW = np.zeros((plate.height, plate.width), np.float32)
        for row in np.flatnonzero(faces.frame == item.frame):
            size = plate.width, plate.height
            matte_HW = np.maximum(matte_HW, hull_matte(faces.landmarks_NK3[row], size, feather_px=3))
        if item.frame == 1004:
            rgb_HW3[:, 120:] *= np.float32(1.4)  # the right-hand face only
        patches = tuple(
            FacePatch(track=track, person_id="donor", raw_SS3=np.zeros((8, 8, 3), np.float16),
                      matrix_23=np.eye(2, 3))
            for track in (0, 1)
        )  # fmt: skip
        rgba = np.concatenate([rgb_HW3, matte_HW[..., None]], axis=2).astype(np.float16)
        layers = FaceLayers(
            frame=item.frame, rect=plate.display_window, replaced_HW4=rgba,
            matte_HW=matte_HW.astype(np.float16), faces=patches,
        )  # fmt: skip
        save(tmp_path / "take", plate, layers)
    left, _ = run(plate, solved, tmp_path / "take", tmp_path / "left", models)
    right, _ = run(plate, solved, tmp_path / "take", tmp_path / "right", models, track=1)
    assert left.values["luma_flicker"][3] < 0.5 < 5 < right.values["luma_flicker"][3]
    with pytest.raises(TrackNotFound):
        run(plate, solved, tmp_path / "take", tmp_path, models, track=7)


def test_the_mark_is_burnt_into_the_sheet(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    plate, faces, take = drawn
    for name, marked in (("plain", False), ("marked", True)):
        run(plate, solved_of(faces), take, tmp_path / name, models, frames=(1002, 1003), marked=marked)
    plain, marked_too = (cv2.imread(str(tmp_path / name / "worst.png")) for name in ("plain", "marked"))
    assert plain is not None and marked_too is not None
    different = (plain != marked_too).any(axis=(1, 2))
    assert different.any() and not different[: len(different) // 2].any()


def test_measuring_stops_when_asked(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    with pytest.raises(Stopped):
        run(drawn[0], solved_of(drawn[1]), drawn[2], tmp_path, models, stopping=lambda: True)
    assert not (tmp_path / "measures.safetensors").exists()


def test_the_same_take_gives_the_same_bits(
    tmp_path: Path, drawn: tuple[Plate, ShotFaces, Path], models: FaceModels
) -> None:
    for name in ("one", "two"):
        run(drawn[0], solved_of(drawn[1]), drawn[2], tmp_path / name, models)
    for file in ("measures.safetensors", "measures.csv", "measures.json", "worst.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
