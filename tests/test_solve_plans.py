"""Strokes, shapes, layers, settings and marks, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.solved_faces import done, faces_of

from understudy.domain.edit import (
    AdjustConvert,
    ClearMatte,
    ComposeMatte,
    Curve,
    Follow,
    Interpolation,
    KeyShape,
    KeyStrength,
    Mark,
    MarkFrames,
    MergeTracks,
    Mode,
    PaintStroke,
    PlaceCrop,
    RemoveShape,
    RemoveStrength,
    SplitTrack,
    UseLayer,
)
from understudy.domain.solved import DEFAULT_PLAN, MatteState, SolvedShot
from understudy.domain.time import FrameRange
from understudy.solve import solve

FRAMES = FrameRange(1001, 1040)
FACES = faces_of({0: range(1001, 1041)}, noise_px=0.0)
CUT = faces_of({0: range(1001, 1021), 1: range(1021, 1041)}, cuts=(1021,), noise_px=0.0)
SQUARE = (10.0, 10.0, 60.0, 10.0, 60.0, 60.0, 10.0, 60.0)


def shape(frame: int, dx: float = 0.0, **more: object) -> KeyShape:
    points = tuple(value + dx * (1 - i % 2) for i, value in enumerate(SQUARE))
    values = {"shape": "hand", "mode": Mode.EXCLUDE, "points": points, "curve": Curve.POLYGON} | more
    return KeyShape(frame=frame, **values)  # type: ignore[arg-type]


def left_edge(solved: SolvedShot, frame: int) -> float | None:
    shapes = solved.plan(frame).shapes
    return shapes[0].points[0] if shapes else None


def test_only_frames_that_differ_have_a_plan() -> None:
    stroke = PaintStroke(frame=1005, mode=Mode.INCLUDE, points=(1.0, 2.0, 3.0, 4.0), radius_px=6)
    solved = solve(FACES, done(stroke), frames=FRAMES)
    assert list(solved.plans) == [1005] and solved.plan(1006) == DEFAULT_PLAN
    plan = solved.plan(1005)
    assert (
        plan.keyed and plan.strokes[0].points == stroke.points and plan.expression == DEFAULT_PLAN.expression
    )


def test_shapes_go_from_key_to_key_and_are_held_beyond() -> None:
    solved = solve(FACES, done(shape(1010), shape(1020, 40, feather_px=12.0)), frames=FRAMES)
    assert [left_edge(solved, f) for f in (1001, 1010, 1015, 1020, 1040)] == [10, 10, 30, 50, 50]
    assert solved.plan(1015).shapes[0].feather_px == pytest.approx(7)
    states = [solved.plan(f).matte for f in (1001, 1010, 1015, 1020)]
    between, keyed = MatteState.INTERPOLATED, MatteState.KEYED
    assert states == [between, keyed, between, keyed]
    assert [solved.plan(f).shapes[0].keyed for f in (1010, 1015)] == [True, False]


@pytest.mark.parametrize(
    ("interpolation", "edge"), [(Interpolation.HOLD, 10.0), (Interpolation.HERMITE, 30.0)]
)
def test_how_shapes_go_is_said_by_the_key_before(interpolation: Interpolation, edge: float) -> None:
    edits = done(shape(1010, interpolation=interpolation), shape(1020, 40))
    assert left_edge(solve(FACES, edits, frames=FRAMES), 1015) == pytest.approx(edge)


def test_shapes_never_cross_a_cut() -> None:
    solved = solve(CUT, done(shape(1010), shape(1030, 40)), frames=FRAMES)
    assert [left_edge(solved, f) for f in (1001, 1020, 1021, 1040)] == [10, 10, 50, 50]
    alone = solve(CUT, done(shape(1010)), frames=FRAMES)
    assert left_edge(alone, 1020) == 10 and left_edge(alone, 1021) is None


def test_a_shape_rides_on_a_face() -> None:
    solved = solve(FACES, done(shape(1010, follow=Follow.FACE, track=0)), frames=FRAMES)
    assert left_edge(solved, 1010) == 10
    assert left_edge(solved, 1030) == pytest.approx(10 + 20 * 1.5, abs=1e-3)  # the face drifts 1.5 px a frame
    crop = PlaceCrop(track=0, frame=1030, centre_x=205, centre_y=125, side_px=300, angle_deg=0)
    grown = (
        solve(FACES, done(shape(1010, follow=Follow.FACE), crop), frames=FRAMES).plan(1030).shapes[0].points
    )
    assert grown[2] - grown[0] == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("interpolation", [Interpolation.LINEAR, Interpolation.HERMITE])
def test_a_shape_may_leave_a_face_for_the_plate_and_come_back(interpolation: Interpolation) -> None:
    on_face = {"follow": Follow.FACE, "track": 0, "interpolation": interpolation}
    edits = done(
        shape(1002, **on_face),
        shape(1010, **on_face),
        shape(1020, 15, interpolation=interpolation),
        shape(1030, 30, **on_face),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    edges = {frame: left_edge(solved, frame) for frame in FRAMES}
    assert all(edge is not None and -5 < edge < 65 for edge in edges.values()), edges
    assert edges[1015] == pytest.approx(17.5, abs=2)
    assert edges[1025] == pytest.approx(32.5, abs=2)
    for frame in (1006, 1015, 1025, 1040):
        alone = solve(FACES, edits, frames=FRAMES, only=FrameRange(frame, frame))
        assert alone.plan(frame) == solved.plan(frame)


def test_a_shape_on_a_face_follows_merges_and_splits() -> None:
    faces = faces_of({0: range(1001, 1021), 1: range(1021, 1041)}, noise_px=0.0)
    key = shape(1030, follow=Follow.FACE, track=1)
    merged = solve(faces, done(key, MergeTracks(track=0, other=1)), frames=FRAMES)
    assert not merged.orphans and left_edge(merged, 1030) == 10
    split = solve(faces, done(key, SplitTrack(track=1, frame=1025, new_track=5)), frames=FRAMES)
    assert not split.orphans and left_edge(split, 1031) == pytest.approx(11.5, abs=1e-3)


def test_a_shape_whose_face_is_gone_is_an_orphan() -> None:
    key = shape(1010, follow=Follow.FACE, track=9)
    solved = solve(FACES, done(key), frames=FRAMES)
    assert solved.plans == {} and solved.orphans[0].reason == "track 9 has no face at frame 1010"
    over = tuple(v + (130 if i % 2 == 0 else 70) for i, v in enumerate(SQUARE))  # on track 0's face
    found = solve(FACES, done(shape(1010, points=over, follow=Follow.FACE, track=9)), frames=FRAMES)
    assert not found.orphans and found.plan(1010).keyed


def test_keys_with_another_number_of_points_are_orphans() -> None:
    solved = solve(FACES, done(shape(1010), shape(1020, points=SQUARE[:6])), frames=FRAMES)
    assert left_edge(solved, 1020) == 10 and not solved.plan(1020).keyed
    assert "has 4 points at frame 1010, this key has 3" in solved.orphans[0].reason
    redrawn = solve(FACES, done(shape(1010), shape(1010, points=SQUARE[:6])), frames=FRAMES)
    assert not redrawn.orphans and len(redrawn.plan(1001).shapes[0].points) == 6


def test_a_shape_taken_off_comes_back_where_it_is_keyed_again() -> None:
    edits = [shape(1005), shape(1015, 20), RemoveShape(shape="hand", first=1010, last=1030)]
    gone = solve(FACES, done(*edits), frames=FRAMES)
    assert [left_edge(gone, f) is None for f in (1009, 1010, 1030, 1031)] == [False, True, True, False]
    outside = solve(FACES, done(*edits, shape(1035)), frames=FRAMES)
    assert left_edge(outside, 1020) is None
    back = solve(FACES, done(*edits, shape(1020), shape(1025)), frames=FRAMES)
    assert [left_edge(back, f) for f in (1020, 1022, 1025)] == [10, 10, 10]
    assert (
        "no shape 'arm'"
        in solve(FACES, done(RemoveShape(shape="arm", first=1010, last=1020)), frames=FRAMES)
        .orphans[0]
        .reason
    )


def test_shapes_stand_in_the_order_they_were_made() -> None:
    edits = done(shape(1010, shape="b"), shape(1010, shape="a"), shape(1005, shape="b"))
    assert [s.name for s in solve(FACES, edits, frames=FRAMES).plan(1010).shapes] == ["b", "a"]


def test_layers_join_the_default_expression_in_order() -> None:
    edits = done(
        UseLayer(name="net", layer_id="n1", first=1001, last=1040),
        UseLayer(name="hand", layer_id="h1", first=1010, last=1020, operator="-"),
        UseLayer(name="net", layer_id="", first=1030, last=1040),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    assert solved.plan(1005).expression == "face & net + keep - cut"
    assert solved.plan(1015).expression == "face & net - hand + keep - cut"
    assert [(use.name, use.layer_id) for use in solved.plan(1015).layers] == [("net", "n1"), ("hand", "h1")]
    assert solved.plan(1015).matte is MatteState.PROPAGATED and 1035 not in solved.plans


def test_an_expression_in_so_many_words() -> None:
    own = ComposeMatte(first=1005, last=1020, expression="hull & net - cut")
    layer = UseLayer(name="net", layer_id="n1", first=1001, last=1010)
    solved = solve(FACES, done(layer, own), frames=FRAMES)
    assert solved.plan(1006).expression == "hull & net - cut"
    assert 1015 not in solved.plans  # the layer is not used there: the default stands, and it is said
    assert "names 'net', which no layer has at frame 1011" in solved.orphans[0].reason
    back = solve(FACES, done(layer, own, ComposeMatte(first=1006, last=1006, expression="")), frames=FRAMES)
    assert back.plan(1006).expression == "face & net + keep - cut"


def test_clearing_takes_strokes_shapes_and_layers_off() -> None:
    stroke = PaintStroke(frame=1012, mode=Mode.INCLUDE, points=(1.0, 2.0), radius_px=6)
    edits = done(
        shape(1005),
        UseLayer(name="net", layer_id="n1", first=1001, last=1040),
        stroke,
        ClearMatte(first=1010, last=1014),
        PaintStroke(frame=1013, mode=Mode.EXCLUDE, points=(5.0, 5.0), radius_px=3),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    assert 1012 not in solved.plans and len(solved.plan(1013).strokes) == 1 and not solved.plan(1013).layers
    assert solved.plan(1009).shapes and solved.plan(1015).shapes and solved.plan(1015).layers


def test_settings_of_ranges_are_laid_over_each_other() -> None:
    edits = done(
        AdjustConvert(first=1001, last=1020, settings={"erode_px": 2.0, "grain": 0.5}),
        AdjustConvert(first=1010, last=1030, settings={"erode_px": 6.0}),
        AdjustConvert(first=1015, last=1016),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    assert solved.plan(1012).settings == {"erode_px": 6.0, "grain": 0.5}
    assert solved.plan(1025).settings == {"erode_px": 6.0} and 1015 not in solved.plans


def test_the_strength_curve_never_crosses_a_cut() -> None:
    cut = replace(FACES, cuts=(1015, 1030))
    edits = done(KeyStrength(frame=1010, value=0.0), KeyStrength(frame=1020, value=1.0))
    plans = solve(cut, edits, frames=FRAMES)
    strengths = [plans.plan(frame).strength for frame in (1005, 1014, 1015, 1020, 1030, 1040)]
    np.testing.assert_allclose(strengths, (0, 0, 1, 1, 1, 1))
    for frame in (1014, 1015, 1030):
        alone = solve(cut, edits, frames=FRAMES, only=FrameRange(frame, frame)).plan(frame)
        assert alone == plans.plan(frame)


def test_the_strength_curve() -> None:
    edits = [
        KeyStrength(frame=1010, value=0.0),
        KeyStrength(frame=1020, value=1.0, interpolation=Interpolation.HOLD),
        KeyStrength(frame=1030, value=0.5),
    ]
    solved = solve(FACES, done(*edits), frames=FRAMES)
    strengths = [solved.plan(f).strength for f in (1001, 1010, 1015, 1020, 1029, 1030, 1040)]
    np.testing.assert_allclose(strengths, (0, 0, 0.5, 1, 1, 0.5, 0.5))
    assert 1020 not in solved.plans
    later = solve(FACES, done(*edits, RemoveStrength(first=1001, last=1040)), frames=FRAMES)
    assert later.plans == {}


def test_marks_and_held_plates() -> None:
    edits = done(
        MarkFrames(first=1005, last=1015, mark=Mark.HOLD_PLATE),
        MarkFrames(first=1010, last=1012, mark=Mark.FLAGGED, note="teeth"),
        MarkFrames(first=1015, last=1015, mark=Mark.NONE),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    assert [solved.plan(f).hold for f in (1004, 1005, 1010, 1014, 1015)] == [False, True, False, True, False]
    assert solved.marks[1011].note == "teeth" and solved.marks[1011].author == "ada"
    assert sorted(solved.marks) == list(range(1005, 1015))


def test_edits_beyond_the_plate_are_orphans() -> None:
    edits = done(
        PaintStroke(frame=900, mode=Mode.INCLUDE, points=(1.0, 2.0), radius_px=6),
        MarkFrames(first=1035, last=1100, mark=Mark.APPROVED),
        MarkFrames(first=1050, last=1100, mark=Mark.APPROVED),
    )
    solved = solve(FACES, edits, frames=FRAMES)
    assert [orphan.revision for orphan in solved.orphans] == [1, 3]
    assert sorted(solved.marks) == list(range(1035, 1041))
