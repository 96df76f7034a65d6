"""Plates whose pixels are not square: the same faces, crops, edits and results as without the squeeze."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drawn_plates import drawn_plate
from tests.drawn_takes import CONFIG, entries, run
from tests.face_pictures import Picture8, numbered, pictures_of
from tests.solved_faces import faces_of, layout
from tests.squeezed import squeezed_picture, squeezed_shot

from understudy.config import ExtractConfig
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.edit import (
    Action,
    AddFace,
    Follow,
    KeyShape,
    Mode,
    MoveLandmarks,
    PlaceCrop,
    SmoothAlignments,
)
from understudy.domain.errors import BadSettings
from understudy.domain.face import ShotFaces
from understudy.domain.job import JobKind
from understudy.domain.job_spec import IngestSpec, spec_from_table, spec_to_table
from understudy.domain.shot import Plate
from understudy.domain.solved import load_solved, save_solved
from understudy.domain.time import FrameRange
from understudy.evaluate.solved_take import look, pictures, shown_rect, solved_take
from understudy.evaluate.unsqueezed import unsqueezed_rect
from understudy.faces.align import (
    crop_transform,
    face_height_px,
    face_square,
    face_squares,
    squeezed,
    transform_points,
    unsqueezed,
)
from understudy.faces.face_models import FaceModels
from understudy.faces.shot_record import squeezed_faces
from understudy.matte.hull import hull_matte
from understudy.media.composite import composite
from understudy.media.layers import layers_path, read_layers
from understudy.media.video import open_plate
from understudy.media.warp import resized_to, warp
from understudy.model_files import ModelFiles
from understudy.solve import solve
from understudy.solve.timeline import timeline
from understudy.stages.convert.fingerprint import frame_fingerprints
from understudy.stages.curate import stored_transform
from understudy.stages.export import export_alignments
from understudy.stages.extract import extract

FRAMES = FrameRange(1001, 1030)


def psnr_db(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic], white: float = 255.0) -> float:
    error = np.mean(np.square(np.asarray(a, np.float64) - np.asarray(b, np.float64)))
    return float(10 * np.log10(white * white / max(float(error), 1e-12)))


@given(
    aspect=st.floats(0.4, 2.5),
    side_px=st.floats(30, 900),
    turn=st.floats(-3, 3),
    x=st.floats(-300, 4000),
)
def test_a_squeezed_face_has_the_square_and_the_crop_it_has_unsqueezed(
    aspect: float, side_px: float, turn: float, x: float
) -> None:
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    wide = layout(side_px)[:, :2].astype(np.float64) @ spin.T + (x, 40)
    narrow = squeezed(wide, aspect)
    square = face_square(wide)
    np.testing.assert_allclose(face_square(narrow, pixel_aspect=aspect), square, rtol=1e-9, atol=1e-6)
    assert face_height_px(narrow, pixel_aspect=aspect) == pytest.approx(square[2])
    crop = transform_points(crop_transform(wide, "full", 128), wide)
    again = transform_points(crop_transform(narrow, "full", 128, pixel_aspect=aspect), narrow)
    np.testing.assert_allclose(again, crop, atol=1e-6)


def actions(aspect: float) -> tuple[Action, ...]:
    """Edits of the same things in a plate with such pixels: keys, crops, added faces, shapes."""
    face = layout()[:, :2].astype(np.float64)

    def there(points_N2: npt.NDArray[np.float64]) -> tuple[float, ...]:
        return tuple(squeezed(points_N2, aspect).ravel().tolist())

    shape = np.array([[130, 90], [190, 90], [190, 140], [130, 140]], np.float64)
    return (
        SmoothAlignments(),
        AddFace(track=0, frame=1012, landmarks=there(face + np.array([118, 52]))),
        MoveLandmarks(
            track=0, frame=1005, points=(13, 14, 33), to=there(face[[13, 14, 33]] + np.array([112, 66]))
        ),
        PlaceCrop(track=0, frame=1020, centre_x=210.0, centre_y=130.0, side_px=170.0, angle_deg=12.0),
        KeyShape(
            shape="hand", frame=1004, mode=Mode.EXCLUDE, points=there(shape), follow=Follow.FACE, track=0
        ),
    )


@pytest.mark.parametrize("aspect", [2.0, 1.0926, 0.9])
def test_edits_and_smoothing_come_to_the_same_as_without_the_squeeze(aspect: float, tmp_path: Path) -> None:
    wide = faces_of({0: [n for n in FRAMES if n not in (1011, 1012, 1013)]})
    narrow = squeezed_faces(wide, aspect)
    whole = solve(wide, entries(actions(1.0)), frames=FRAMES)
    solved = solve(narrow, entries(actions(aspect)), frames=FRAMES, pixel_aspect=aspect)
    assert solved.pixel_aspect == aspect and solved.orphans == whole.orphans == ()
    np.testing.assert_allclose(solved.square_N4, whole.square_N4, atol=2e-3)
    np.testing.assert_array_equal(solved.state_N, whole.state_N)
    found = unsqueezed(solved.faces.landmarks_NK3, aspect)
    np.testing.assert_allclose(found[..., :2], whole.faces.landmarks_NK3[..., :2], atol=4e-3)
    np.testing.assert_allclose(solved.faces.pose_N3, whole.faces.pose_N3, atol=0.1)
    box = solved.faces.box_N4 * [aspect, 1, aspect, 1]
    np.testing.assert_allclose(box, whole.faces.box_N4, atol=4e-3)
    for frame in (1004, 1010, 1020, 1030):
        drawn, expected = (np.array(s.plan(frame).shapes[0].points).reshape(-1, 2) for s in (solved, whole))
        np.testing.assert_allclose(unsqueezed(drawn, aspect), expected, atol=4e-3)
    alone = solve(
        narrow, entries(actions(aspect)), frames=FRAMES, only=FrameRange(1012, 1012), pixel_aspect=aspect
    )
    at = solved.faces.frame == 1012
    np.testing.assert_array_equal(alone.faces.landmarks_NK3, solved.faces.landmarks_NK3[at])
    line, expected_line = (
        timeline(faces, entries(actions(a)), frames=FRAMES, pixel_aspect=a)
        for faces, a in ((narrow, aspect), (wide, 1.0))
    )
    assert line.face_states == expected_line.face_states and line.orphans == ()
    save_solved(solved, tmp_path / "solved.safetensors")
    assert load_solved(tmp_path / "solved.safetensors").pixel_aspect == aspect


def test_without_edits_every_landmark_is_exactly_the_machines() -> None:
    narrow = squeezed_faces(faces_of({0: list(FRAMES)}), 1.0926)
    solved = solve(narrow, [], frames=FRAMES, pixel_aspect=1.0926)
    np.testing.assert_array_equal(solved.faces.landmarks_NK3, narrow.landmarks_NK3)
    key = MoveLandmarks(track=0, frame=1005, points=(13,), to=(91.3, 88.8), reach_frames=2)
    keyed = solve(narrow, entries((key,)), frames=FRAMES, pixel_aspect=1.0926)
    np.testing.assert_array_equal(keyed.faces.landmarks_NK3[12:], narrow.landmarks_NK3[12:])
    np.testing.assert_allclose(keyed.faces.landmarks_NK3[4, 13, :2], (91.3, 88.8), rtol=1e-6)


def test_a_matte_is_drawn_in_and_softened_as_much_along_the_squeeze() -> None:
    points = layout(160)[:, :2] + (40, 30)
    wide = hull_matte(points, (240, 220), erode_px=6, feather_px=18)
    narrow = hull_matte(squeezed(points, 2.0), (120, 220), erode_px=6, feather_px=18, pixel_aspect=2.0)
    assert np.abs(resized_to(wide, 120, 220) - narrow).max() < 0.06
    assert (
        np.abs(
            resized_to(wide, 120, 220)
            - hull_matte(squeezed(points, 2.0), (120, 220), erode_px=6, feather_px=18)
        ).max()
        > 0.3
    )


@pytest.fixture(scope="module")
def models(model_files: ModelFiles) -> FaceModels:
    return FaceModels.load(model_files, threads=1)


def found_in(models: FaceModels, shown: Sequence[Picture8], aspect: float = 1.0) -> ShotFaces:
    return extract(
        numbered(shown),
        models,
        ExtractConfig(batch=4),
        frame_range=FrameRange(1001, 1000 + len(shown)),
        emit=lambda _: None,
        stopping=lambda: False,
        pixel_aspect=aspect,
    )


def test_faces_of_a_squeezed_plate_are_found_where_they_are(models: FaceModels, tiny_shot: TinyShot) -> None:
    shown = pictures_of(tiny_shot.plate, 3)
    whole = found_in(models, shown)
    narrow = [squeezed_picture(picture, 2.0) for picture in shown]
    found = found_in(models, narrow, 2.0)
    assert len(found) == len(whole) == 3 and found.tracks == (0,)
    apart = unsqueezed(found.landmarks_NK3, 2.0)[..., :2] - whole.landmarks_NK3[..., :2]
    assert np.hypot(*apart.T).max() < 1.5
    assert np.linalg.norm(found.embedding_ND - whole.embedding_ND, axis=1).max() < 0.35
    np.testing.assert_allclose(found.pose_N3, whole.pose_N3, atol=1.5)
    squares = face_squares(whole.landmarks_NK3)
    np.testing.assert_allclose(face_squares(found.landmarks_NK3, pixel_aspect=2.0), squares, atol=0.8)
    one = warp(shown[0], stored_transform(whole.landmarks_NK3[0], "full", 96), (96, 96))
    narrowed = stored_transform(found.landmarks_NK3[0], "full", 96, pixel_aspect=2.0)
    assert psnr_db(warp(narrow[0], narrowed, (96, 96)), one) > 30


@pytest.fixture(scope="module")
def shots(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[tuple[Plate, ShotFaces], tuple[Plate, ShotFaces]]:
    """A drawn shot, and the same squeezed to half its width."""
    folder = tmp_path_factory.mktemp("squeezed")
    wide = drawn_plate(
        folder / "wide.mp4", frames=4, size_wh=(320, 180), face_height_px=120, crf=4, grain_codes=0.5
    )
    return wide, squeezed_shot(wide, folder / "narrow.mp4")


def result_of(plate: Plate, folder: Path, frame: int) -> Picture8:
    layers = read_layers(layers_path(folder, frame))
    with open_plate(plate) as reader:
        [shown] = reader.frames([frame])
        return composite(shown.picture, layers).rgb8()


def test_a_squeezed_plate_is_converted_to_the_same_picture(
    shots: tuple[tuple[Plate, ShotFaces], tuple[Plate, ShotFaces]], tmp_path: Path
) -> None:
    config = replace(CONFIG, colour_window_frames=1)
    for name, shot in zip(("wide", "narrow"), shots, strict=True):
        run(shot, tmp_path / name, frames=(1002, 1003), config=config)
    (wide, _), (narrow, _) = shots
    expected = result_of(wide, tmp_path / "wide", 1002)
    made = result_of(narrow, tmp_path / "narrow", 1002)
    with open_plate(wide) as reader:
        [plate] = reader.frames([1002])
    inside = np.asarray(read_layers(layers_path(tmp_path / "wide", 1002)).matte_HW, np.float32)
    assert inside.max() > 0.9
    assert psnr_db(expected, plate.picture.rgb8()) < 28
    # an untrained network draws noise as fine as pixels, which half as many of them cannot show
    assert psnr_db(resized_to(expected, 80, 60), resized_to(made, 80, 60)) > 36
    layers = [read_layers(layers_path(tmp_path / name, 1002)) for name in ("wide", "narrow")]
    raws = [np.asarray(layer.faces[0].raw_SS3, np.float32) for layer in layers]
    assert psnr_db(*raws, white=1.0) > 35
    areas = [float(layer.matte_HW.sum(dtype=np.float64)) for layer in layers]
    assert areas[0] / areas[1] == pytest.approx(2.0, rel=0.03)
    solved = [
        solve(faces, [], frames=plate.frames, pixel_aspect=float(plate.pixel_aspect))
        for plate, faces in shots
    ]
    takes = [
        solved_take(plate, one, tmp_path / name, (1002, 1003), 0)
        for (plate, _), one, name in zip(shots, solved, ("wide", "narrow"), strict=True)
    ]
    seen = [look(take, *next(pictures(take)), None)[0] for take in takes]
    assert seen[0] is not None and seen[1] is not None
    assert seen[1].rect.height == pytest.approx(seen[0].rect.height, abs=4)
    assert seen[1].result_HW3.shape == seen[0].result_HW3.shape
    np.testing.assert_allclose(seen[1].landmarks_K3, seen[0].landmarks_K3, atol=1e-3)
    rects = [shown_rect(take, layer) for take, layer in zip(takes, layers, strict=True)]
    assert unsqueezed_rect(rects[1], 2.0).width == pytest.approx(rects[0].width, abs=3)


def test_another_pixel_aspect_is_another_take_and_square_pixels_keep_their_hash(
    shots: tuple[tuple[Plate, ShotFaces], tuple[Plate, ShotFaces]],
) -> None:
    plate, faces = shots[0]
    solved = solve(faces, [], frames=plate.frames)
    bound = {0: ("ben", "c1")}

    def prints(aspect: Fraction) -> dict[int, str]:
        return frame_fingerprints(
            replace(plate, pixel_aspect=aspect), solved, bound, CONFIG, (1002,), layers={}
        )

    assert prints(Fraction(1)) != prints(Fraction(2)) != prints(Fraction(3, 2))


def test_a_request_keeps_its_exact_numbers_in_the_database() -> None:
    spec = IngestSpec(
        path="/a.mov", name="a", person_id="p", role="plate", pixel_aspect=Fraction(59, 54),
        rate=Fraction(24000, 1001),
    )  # fmt: skip
    table = json.loads(json.dumps(spec_to_table(spec), default=str))
    assert spec_from_table(JobKind.INGEST, table) == spec
    for wrong in ("1/0", "wide"):
        with pytest.raises(BadSettings, match="incomplete"):
            spec_from_table(JobKind.INGEST, {**table, "pixel_aspect": wrong})


def first_corner(script: str) -> tuple[float, float]:
    line = next(line for line in script.splitlines() if line.startswith(" from1"))
    x, y = (float(number) for number in re.findall(r"-?[0-9.]+", line.removeprefix(" from1")))
    return x, y


def test_exported_corners_lie_in_the_squeezed_plate(
    shots: tuple[tuple[Plate, ShotFaces], tuple[Plate, ShotFaces]], tmp_path: Path
) -> None:
    texts = []
    for (plate, faces), name in zip(shots, ("wide", "narrow"), strict=True):
        aspect = float(plate.pixel_aspect)
        solved = solve(faces, [], frames=plate.frames, pixel_aspect=aspect)
        export_alignments(solved, plate, format="nk", frames=(1002,), folder=tmp_path, title=name)
        texts.append((tmp_path / f"{name}.track0.cornerpin.nk").read_text())
    wide, narrow = (first_corner(text) for text in texts)
    assert narrow[0] * 2 == pytest.approx(wide[0], abs=0.01) and narrow[1] == pytest.approx(wide[1], abs=0.01)
