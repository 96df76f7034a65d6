"""Pixels beyond the display window: faces that reach into overscan, and data windows that end within it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drawn_plates import draw_face, exact_faces, mesh_in_plate
from tests.drawn_takes import CONFIG, ONE_TRACK

from understudy.domain.edit import Curve, Mode
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.solved import FramePlan, Shape, SolvedShot, Stroke
from understudy.matte.drawing import keep_and_cut
from understudy.matte.frame_matte import frame_matte
from understudy.matte.layer import read_layer, write_layer_frame
from understudy.matte.work_region import face_region, fixed_region
from understudy.media.composite import composite
from understudy.media.exr import rect_of
from understudy.media.layers import FaceLayers, layers_path, read_layers, write_layers
from understudy.media.rgb_picture import RgbPicture
from understudy.networks.inference import FaceDrawer
from understudy.solve import solve
from understudy.stages.convert.binding import BoundFaces
from understudy.stages.convert.conversion import SeenFace, drawn_face
from understudy.stages.convert.face_place import DrawnFrame, PlacedFace, Region, cut_crop
from understudy.stages.convert.face_render import FrameLook, render_layers
from understudy.stages.convert.window import graded
from understudy.stages.export import export_mattes
from understudy.stages.face_pictures import face_picture

OVERSCAN = Rect(-32, -16, 240, 160)
DISPLAY_WH = (160, 120)
SHAPE = Shape(
    name="a",
    mode=Mode.INCLUDE,
    points=(-20.5, -9.0, 25.0, -4.5, 18.0, 40.0),
    curve=Curve.SPLINE,
    feather_px=20.0,
    keyed=True,
)
STROKE = Stroke(mode=Mode.EXCLUDE, points=(-30.0, 5.0, -2.0, 11.0, 20.0, 8.0), radius_px=6.0, softness=0.5)


def film_picture(centre_xy: tuple[float, float]) -> tuple[RgbPicture, ShotFaces]:
    """A float picture with overscan and a face in it, and the record of that face."""
    mesh = mesh_in_plate(centre_xy, 70)
    inside = mesh.copy()
    inside[:, :2] -= (OVERSCAN.x, OVERSCAN.y)
    drawn = np.full((OVERSCAN.height, OVERSCAN.width, 3), 90, np.uint8)
    draw_face(drawn, inside, (205, 160, 135))
    linear = cv2.GaussianBlur(drawn.astype(np.float32) / 255, (0, 0), 0.7)
    picture = RgbPicture(rgb_HW3=linear, origin_xy=(OVERSCAN.x, OVERSCAN.y), display_wh=DISPLAY_WH)
    return picture, exact_faces([(1001, 0)], [mesh])


def plate_of(window: Rect | None) -> Plate:
    width, height = DISPLAY_WH
    return Plate(
        path="plate.####.exr", sha256="0", width=width, height=height, rate=Fraction(24), file_frames=1,
        first_index=0, last_index=0, sequence_start=1001, data_window=window,
    )  # fmt: skip


def placed(picture: RgbPicture, faces: ShotFaces) -> tuple[SolvedShot, PlacedFace]:
    plate = plate_of(picture.window)
    solved = solve(faces, [], frames=plate.frames)
    bound = BoundFaces(plate, solved, ONE_TRACK, CONFIG, config_at=lambda _: CONFIG)
    [face] = bound.at(1001)
    return solved, face


def rendered(picture: RgbPicture, face: PlacedFace) -> FaceLayers:
    """The layers of the face, by the steps of conversion."""
    look = FrameLook(config=CONFIG, plan=FramePlan(), tags=picture.colour, layers={})
    region = Region(rect=face.seen, rgb_HW3=picture.region(face.seen))
    seen = SeenFace(face=face, crop_SS3=cut_crop(face, region, look.tags), open_SS=None)
    drawer = FaceDrawer(ONE_TRACK[0].swapper, range(2), batch=1, draw_mask=True, threads=1)
    raws, _ = drawer.draw(seen.crop_SS3[None], 1)
    made = drawn_face(seen, raws[0], None, plate_of(picture.window))
    whole = Region(rect=face.rect, rgb_HW3=picture.region(face.rect))
    frame = DrawnFrame(frame=1001, region=whole, faces=(made,))
    return render_layers(frame, [graded(made, (made,), CONFIG)], look)


def test_a_face_in_overscan_is_replaced_there_and_everything_else_keeps_its_bits(tmp_path: Path) -> None:
    picture, faces = film_picture((4, 40))
    _, face = placed(picture, faces)
    assert face.rect.x < 0 and OVERSCAN.intersect(face.rect) == face.rect
    layers = rendered(picture, face)
    assert layers.rect == face.rect
    write_layers(
        layers, layers_path(tmp_path, 1001), display_window=Rect(0, 0, *DISPLAY_WH), people=("ana",),
        settings_sha256="s",
    )  # fmt: skip
    again = read_layers(layers_path(tmp_path, 1001))
    assert again.rect == layers.rect
    np.testing.assert_array_equal(again.replaced_HW4, layers.replaced_HW4)
    result = composite(picture, again)
    changed = (result.rgb_HW3 != picture.rgb_HW3).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (columns + OVERSCAN.x).min() < -10 < 10 < (columns + OVERSCAN.x).max()
    covered = np.zeros_like(changed)
    covered[
        face.rect.y - OVERSCAN.y : face.rect.y1 - OVERSCAN.y,
        face.rect.x - OVERSCAN.x : face.rect.x1 - OVERSCAN.x,
    ] = again.replaced_HW4[..., 3] > 0
    assert not (changed & ~covered).any() and len(rows) > 1000


def test_the_same_face_gives_the_same_layer_wherever_the_display_window_begins() -> None:
    """The face lies 64 pixels further right, so that nothing of it is overscan."""
    picture, faces = film_picture((4, 40))
    _, face = placed(picture, faces)
    moved = replace(picture, origin_xy=(OVERSCAN.x + 64, OVERSCAN.y + 64))
    shifted = exact_faces([(1001, 0)], [faces.landmarks_NK3[0] + np.array([64, 64, 0], np.float32)])
    _, beside = placed(moved, shifted)
    assert (beside.rect.x, beside.rect.y) == (face.rect.x + 64, face.rect.y + 64)
    a, b = rendered(picture, face), rendered(moved, beside)
    np.testing.assert_allclose(
        a.replaced_HW4.astype(np.float32), b.replaced_HW4.astype(np.float32), atol=2e-3
    )


def test_a_face_beyond_a_cropped_data_window_is_not_placed() -> None:
    picture, faces = film_picture((100, 40))
    cropped = plate_of(Rect(0, 0, 40, 120))
    solved = solve(faces, [], frames=cropped.frames)
    assert 1001 not in BoundFaces(cropped, solved, ONE_TRACK, CONFIG, config_at=lambda _: CONFIG)
    assert 1001 in BoundFaces(plate_of(None), solved, ONE_TRACK, CONFIG, config_at=lambda _: CONFIG)
    assert face_picture(picture, faces.landmarks_NK3[0], "full", 48).max() > 150


@given(x=st.integers(-70, 10), y=st.integers(-70, 10), width=st.integers(1, 90), height=st.integers(1, 90))
def test_what_is_drawn_depends_on_the_plate_pixel_alone_also_left_of_it(
    x: int, y: int, width: int, height: int
) -> None:
    plan = FramePlan(shapes=(SHAPE,), strokes=(STROKE,))
    whole = Rect(-80, -80, 200, 200)
    part = Rect(x, y, width, height)
    inside = np.s_[part.y + 80 : part.y1 + 80, part.x + 80 : part.x1 + 80]
    for drawn, all_drawn in zip(keep_and_cut(plan, part), keep_and_cut(plan, whole), strict=True):
        np.testing.assert_array_equal(drawn, all_drawn[inside])


def test_mattes_reach_into_overscan(tmp_path: Path) -> None:
    _, faces = film_picture((4, 40))
    plate = plate_of(OVERSCAN)
    solved = solve(faces, [], frames=plate.frames)
    whole = frame_matte(
        FramePlan(), list(faces.landmarks_NK3), OVERSCAN, frame=1001, layers={}, config=CONFIG
    ).matte_HW
    assert whole[:, : -OVERSCAN.x].max() > 0.9
    [path] = export_mattes(
        plate, solved, (1001,), layers={}, config=CONFIG, format="exr", folder=tmp_path, title="a",
        people=("ana",), emit=lambda _: None, stopping=lambda: False,
    )  # fmt: skip
    write_layer_frame(
        tmp_path, 1001, whole, OVERSCAN, outside=0.0, display_window=plate.display_window, people=("ana",)
    )
    part = read_layer(tmp_path, 1001, Rect(-40, -20, 60, 60))
    assert part[:4].max() == 0 and part[:, :8].max() == 0
    np.testing.assert_allclose(part[4:, 8:], whole[:56, :52], atol=1e-3)
    with OpenEXR.File(str(path)) as file:
        assert rect_of(file.parts[0].header["dataWindow"]) == OVERSCAN


@pytest.mark.parametrize("frames", [(1001,), (1001, 1002)])
def test_what_propagation_looks_at_goes_with_a_face_into_overscan(frames: Sequence[int]) -> None:
    picture, faces = film_picture((4, 40))
    solved = solve(faces, [], frames=plate_of(OVERSCAN).frames)
    region = face_region(solved, frames, OVERSCAN, margin=0.2)
    assert region is not None and region.rects[1001].x < -20
    look = region.look(picture, 1001)
    matte, inside = region.to_plate(look[..., 0], 1001)
    assert inside.x < 0 and OVERSCAN.intersect(inside) == inside
    assert np.abs(matte - picture.region(inside)[..., 0]).max() < 0.2
    drawn = fixed_region(frames, Rect(-30, -10, 12, 12), OVERSCAN, margin=0.5)
    assert drawn.rects[1001].x == OVERSCAN.x
