"""A frame's matte: the hull as conversion makes it, drawings and layers on top, edges moved as asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.drawn_plates import mesh_in_plate

from understudy.config import ConvertConfig
from understudy.domain.edit import Curve, Mode
from understudy.domain.errors import BadMatte, BadSettings
from understudy.domain.frame import Rect
from understudy.domain.solved import FramePlan, LayerUse, Shape
from understudy.faces.align import face_height_px
from understudy.matte.drawing import keep_and_cut
from understudy.matte.frame_matte import frame_matte, with_adjustments
from understudy.matte.hull import hull_matte, soften
from understudy.matte.layer import write_layer_frame

WINDOW = Rect(0, 0, 240, 200)
RECT = Rect(40, 20, 160, 160)
FACE = mesh_in_plate((120.0, 100.0), 100.0)
CONFIG = ConvertConfig()


def box(mode: Mode = Mode.EXCLUDE, x: float = 120.0) -> Shape:
    points = (x, 60.0, x + 30, 60.0, x + 30, 140.0, x, 140.0)
    return Shape(name="b", mode=mode, points=points, curve=Curve.POLYGON, feather_px=2.0, keyed=True)


def matte_of(plan: FramePlan, *, config: ConvertConfig = CONFIG, rect: Rect = RECT, **more: object):  # type: ignore[no-untyped-def]
    given = {"layers": {}, **more}
    return frame_matte(plan, [FACE], rect, frame=1001, config=config, **given)  # type: ignore[arg-type]


def hull(rect: Rect = RECT, config: ConvertConfig = CONFIG) -> npt.NDArray[np.float32]:
    matte = hull_matte(FACE[:, :2].astype(np.float64) - (rect.x, rect.y), (rect.width, rect.height))
    scale = face_height_px(FACE) / 256
    return soften(matte, erode_px=config.erode_px * scale, feather_px=config.feather_px * scale)


def test_the_default_is_the_softened_hull() -> None:
    combined = matte_of(FramePlan())
    assert np.array_equal(combined.matte_HW, hull())
    assert (combined.open_HW == 1).all()


def test_a_learned_mask_counts_where_the_settings_say_so() -> None:
    learned = np.zeros((160, 160), np.float32)
    learned[:, :80] = 1
    both = matte_of(FramePlan(), config=replace(CONFIG, matte="hull-and-learned"), learned_HW=learned)
    alone = matte_of(FramePlan(), config=replace(CONFIG, matte="learned"), learned_HW=learned)
    assert both.matte_HW[80, 60] == alone.matte_HW[80, 60] == 1
    assert both.matte_HW[80, 100] == alone.matte_HW[80, 100] == 0
    assert both.matte_HW[5, 20] == 0 and alone.matte_HW[5, 20] == 1
    assert np.array_equal(matte_of(FramePlan(), learned_HW=learned).matte_HW, hull())
    without = matte_of(FramePlan(), config=replace(CONFIG, matte="learned"))
    assert np.array_equal(without.matte_HW, hull())


def test_what_is_drawn_opens_and_adds() -> None:
    plan = FramePlan(shapes=(box(), box(Mode.INCLUDE, x=160.0)))
    combined = matte_of(plan)
    keep, cut = keep_and_cut(plan, RECT)
    assert np.array_equal(combined.open_HW, 1 - cut)
    assert np.array_equal(combined.outline_HW, np.maximum(hull(), keep))
    assert combined.matte_HW[80, 90] == 0 and combined.matte_HW[80, 140] == 1


def test_several_faces_are_all_covered() -> None:
    other = mesh_in_plate((60.0, 60.0), 50.0)
    combined = frame_matte(FramePlan(), [FACE, other], WINDOW, frame=1001, layers={}, config=CONFIG)
    assert combined.matte_HW[60, 60] == combined.matte_HW[100, 120] == 1
    assert not frame_matte(FramePlan(), [], WINDOW, frame=1, layers={}, config=CONFIG).matte_HW.any()


def layer(folder: Path, value: float, rect: Rect) -> Path:
    plane = np.full((rect.height, rect.width), value, np.float32)
    write_layer_frame(folder, 1001, plane, rect, outside=0, display_window=WINDOW, people=())
    return folder


def test_layers_are_read_by_their_name_in_the_expression(tmp_path: Path) -> None:
    hand = layer(tmp_path / "hand", 0.75, Rect(110, 0, 60, 200))
    plan = FramePlan(expression="face - hand", layers=(LayerUse(name="hand", layer_id="id-1"),))
    combined = matte_of(plan, layers={"id-1": hand})
    assert combined.open_HW[80, 75] == 0.25 and combined.open_HW[80, 60] == 1
    assert np.array_equal(combined.outline_HW, hull())


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (FramePlan(expression="face & net"), r"frame 1001: .*needs 'net', which is not there"),
        (
            FramePlan(expression="face & net", layers=(LayerUse(name="net", layer_id="gone"),)),
            r"frame 1001 uses the matte layer 'net' \(gone\), which is not at hand",
        ),
        (
            FramePlan(expression="face & net", layers=(LayerUse(name="net", layer_id="id-1"),)),
            r"frame 1001 uses the matte layer 'net': .*has no frame 1001",
        ),
        (FramePlan(expression="learned"), r"frame 1001: .*needs 'learned', which only a network gives"),
        (FramePlan(expression="face ~ cut"), r"position 6"),
    ],
)
def test_what_is_missing_is_named_with_its_frame(tmp_path: Path, plan: FramePlan, message: str) -> None:
    with pytest.raises(BadMatte, match=message):
        matte_of(plan, layers={"id-1": tmp_path})


def test_a_layer_that_the_expression_does_not_use_is_not_read() -> None:
    plan = FramePlan(layers=(LayerUse(name="net", layer_id="gone"),))
    assert np.array_equal(matte_of(plan).matte_HW, hull())


@pytest.mark.parametrize(
    ("side", "zero_until_px", "one_from_px"), [("inward", 3, 9), ("both", 0, 6), ("outward", -3, 3)]
)
def test_the_edge_against_what_is_in_front_moves_in_plate_pixels(
    side: str, zero_until_px: float, one_from_px: float
) -> None:
    config = replace(CONFIG, edge_erode_px=3.0, edge_feather_px=6.0, edge_feather=side)
    plan = FramePlan(shapes=(box(x=60.0),))  # in front from 60 to 90 px, so the face is open from 90 on
    combined = matte_of(plan, config=config)
    x = np.arange(RECT.x, RECT.x1) + 0.5 - 90
    across = combined.open_HW[80]
    right = x > -10
    assert (across[right & (x < zero_until_px - 1)] < 0.02).all()
    assert (across[right & (x > one_from_px + 1)] > 0.98).all()
    middle = (zero_until_px + one_from_px) / 2
    assert np.interp(middle, x[right], across[right]) == pytest.approx(0.5, abs=0.1)
    assert np.array_equal(combined.outline_HW, matte_of(plan).outline_HW)


def test_moved_edges_do_not_feel_the_rect_s_border() -> None:
    config = replace(CONFIG, edge_erode_px=2.0, edge_feather_px=5.0)
    plan = FramePlan(shapes=(box(),))
    wide = matte_of(plan, config=config, rect=WINDOW).open_HW
    narrow = matte_of(plan, config=config, rect=Rect(118, 70, 40, 60)).open_HW
    assert np.allclose(narrow, wide[70:130, 118:158], atol=1e-4)


def test_a_range_s_own_settings_count_and_are_checked() -> None:
    assert with_adjustments(CONFIG, FramePlan()) is CONFIG
    adjusted = with_adjustments(CONFIG, FramePlan(settings={"erode_px": 9.0, "colour_match": "none"}))
    assert (adjusted.erode_px, adjusted.colour_match, adjusted.feather_px) == (9.0, "none", CONFIG.feather_px)
    with pytest.raises(BadSettings, match=r"convert\.colour_match"):
        with_adjustments(CONFIG, FramePlan(settings={"colour_match": "purple"}))


def test_a_face_is_the_same_in_a_rect_of_its_own_and_on_the_whole_plate() -> None:
    window = Rect(0, 0, 640, 480)
    wide = matte_of(FramePlan(), rect=window).matte_HW
    part = wide[RECT.y : RECT.y1, RECT.x : RECT.x1]
    assert np.abs(part - hull()).max() < 0.02
    assert wide.sum() == pytest.approx(part.sum())


def test_undefined_landmarks_are_refused_by_name() -> None:
    spoilt = FACE.copy()
    spoilt[200, 0] = np.nan
    with pytest.raises(BadMatte, match="frame 1007: a face has undefined landmarks"):
        frame_matte(FramePlan(), [spoilt], RECT, frame=1007, layers={}, config=CONFIG)
