"""What holds for the solve whatever the edits are."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solved_faces import done, faces_of, layout

from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    ClearMatte,
    ComposeMatte,
    Follow,
    Interpolation,
    KeyShape,
    KeyStrength,
    Mark,
    MarkFrames,
    MergeTracks,
    Mode,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    RemoveShape,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
)
from understudy.domain.edit_stack import EditEntry, Step, stack_of
from understudy.domain.solved import FaceState, SolvedShot
from understudy.domain.time import FrameRange
from understudy.solve import solve

FRAMES = FrameRange(1001, 1120)
FACES = faces_of({0: range(1001, 1041), 1: range(1030, 1061), 2: range(1071, 1121)}, cuts=(1071,))
FACES.landmarks_NK3[20:23, 5] = np.nan
FACES.filled[50:53] = True

frame = st.integers(995, 1125)
track = st.integers(0, 4)
interpolation = st.sampled_from(Interpolation)
number = st.floats(0, 400)


def test_a_key_too_far_away_to_count_still_says_where_the_keys_begin() -> None:
    """Another landmark's key on the second frame has that frame solved, but not the first one."""
    keys = [
        MoveLandmarks(track=0, frame=1010, points=(200,), to=(5.0, 5.0), reach_frames=0),
        MoveLandmarks(track=0, frame=1020, points=(200, 201), to=(9.0, 9.0, 7.0, 7.0), reach_frames=50),
        PlaceCrop(track=0, frame=1010, centre_x=9, centre_y=9, side_px=99, angle_deg=3, reach_frames=0),
        PlaceCrop(track=0, frame=1020, centre_x=50, centre_y=9, side_px=99, angle_deg=3, reach_frames=50),
    ]
    whole = solve(FACES, done(*keys), frames=FRAMES)
    alone = solve(FACES, done(*keys), frames=FRAMES, only=FrameRange(1005, 1005))
    row = int(np.flatnonzero((whole.faces.frame == 1005) & (whole.faces.track == 0))[0])
    np.testing.assert_array_equal(alone.faces.landmarks_NK3[0], whole.faces.landmarks_NK3[row])
    np.testing.assert_array_equal(alone.square_N4[0], whole.square_N4[row])
    machine = FACES.landmarks_NK3[(FACES.frame == 1005) & (FACES.track == 0)][0]
    np.testing.assert_array_equal(alone.faces.landmarks_NK3[0, 200], machine[200])


@st.composite
def span(draw: st.DrawFn) -> dict[str, int]:
    first = draw(frame)
    return {"first": first, "last": first + draw(st.integers(0, 40))}


@st.composite
def landmark_keys(draw: st.DrawFn) -> Action:
    points = draw(st.lists(st.sampled_from([4, 6, 13, 33, 152, 159]), min_size=1, unique=True))
    to = draw(st.lists(number, min_size=2 * len(points), max_size=2 * len(points)))
    return MoveLandmarks(
        track=draw(track), frame=draw(frame), points=tuple(points), to=tuple(to),
        interpolation=draw(interpolation), reach_frames=draw(st.integers(0, 30)),
    )  # fmt: skip


@st.composite
def crop_keys(draw: st.DrawFn) -> Action:
    return PlaceCrop(
        track=draw(track), frame=draw(frame), centre_x=draw(number), centre_y=draw(number), side_px=160,
        angle_deg=draw(st.floats(-180, 180)), interpolation=draw(interpolation),
    )  # fmt: skip


@st.composite
def shape_keys(draw: st.DrawFn) -> Action:
    x, y = draw(number), draw(number)
    return KeyShape(
        shape=draw(st.sampled_from(["hand", "hair"])), frame=draw(frame), mode=Mode.EXCLUDE,
        points=(x, y, x + 50, y, x + 20, y + 60), interpolation=draw(interpolation),
        follow=draw(st.sampled_from(Follow)), track=draw(track),
    )  # fmt: skip


@st.composite
def added_faces(draw: st.DrawFn) -> Action:
    points = layout()[:, :2] + np.array([draw(number), draw(number)])
    return AddFace(track=draw(track), frame=draw(frame), landmarks=tuple(points.reshape(-1).tolist()))


actions: st.SearchStrategy[Action] = st.one_of(
    landmark_keys(),
    landmark_keys(),
    crop_keys(),
    shape_keys(),
    shape_keys(),
    added_faces(),
    st.builds(lambda t, s: RemoveKeys(track=t, **s), track, span()),
    st.builds(SmoothAlignments, position=st.floats(0, 1), mouth=st.floats(0, 1)),
    st.builds(lambda t, s: RemoveFaces(track=t, **s), track, span()),
    st.builds(lambda t: MergeTracks(track=t, other=(t + 1) % 4), track),
    st.builds(
        lambda t, f, n: SplitTrack(track=t, frame=f, new_track=n), st.integers(0, 2), frame, st.integers(3, 4)
    ),
    st.builds(BindTrack, track=track, person_id=st.sampled_from(["", "mira", "rowan"])),
    st.builds(lambda s, m: MarkFrames(**s, mark=m), span(), st.sampled_from(Mark)),
    st.builds(
        lambda s, v: AdjustConvert(**s, settings={"erode_px": v} if v else {}), span(), st.integers(0, 3)
    ),
    st.builds(KeyStrength, frame=frame, value=st.floats(0, 1), interpolation=interpolation),
    st.builds(lambda f: PaintStroke(frame=f, mode=Mode.INCLUDE, points=(1.0, 2.0), radius_px=4), frame),
    st.builds(lambda n, s: RemoveShape(shape=n, **s), st.sampled_from(["hand", "hair"]), span()),
    st.builds(lambda s: ClearMatte(**s), span()),
    st.builds(lambda s, i: UseLayer(name="net", layer_id=i, **s), span(), st.sampled_from(["", "a", "b"])),
    st.builds(
        lambda s, e: ComposeMatte(expression=e, **s), span(), st.sampled_from(["", "hull & net - cut"])
    ),
)
lists = st.lists(actions, max_size=8)


def assert_same(one: SolvedShot, other: SolvedShot) -> None:
    for column in fields(one.faces):
        np.testing.assert_array_equal(
            getattr(one.faces, column.name), getattr(other.faces, column.name), err_msg=column.name
        )
    np.testing.assert_array_equal(one.square_N4, other.square_N4)
    np.testing.assert_array_equal(one.state_N, other.state_N)
    assert (one.plans, one.marks, one.bindings) == (other.plans, other.marks, other.bindings)
    assert one.orphans == other.orphans and one.revision == other.revision


@given(lists, frame, st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_a_part_is_that_part_of_the_whole(edits: list[Action], first: int, more: int) -> None:
    part = FrameRange(min(max(first, 1001), 1120), min(max(first, 1001) + more, 1120))
    whole = solve(FACES, done(*edits), frames=FRAMES)
    inside = (whole.faces.frame >= part.first) & (whole.faces.frame <= part.last)
    expected = whole.select(inside)
    expected = SolvedShot(
        faces=expected.faces, square_N4=expected.square_N4, state_N=expected.state_N,
        plans={f: plan for f, plan in whole.plans.items() if f in part}, bindings=whole.bindings,
        marks={f: mark for f, mark in whole.marks.items() if f in part}, orphans=whole.orphans,
        revision=whole.revision,
    )  # fmt: skip
    assert_same(solve(FACES, done(*edits), frames=FRAMES, only=part), expected)


@given(lists, lists)
@settings(max_examples=15, deadline=None)
def test_undone_edits_leave_no_trace(kept: list[Action], undone: list[Action]) -> None:
    entries = done(*kept, *undone)
    entries += [
        EditEntry(revision=len(entries) + n, author="ada", at="", step=Step.UNDO)
        for n in range(1, len(undone) + 1)
    ]
    assert_same(solve(FACES, stack_of(entries).done, frames=FRAMES), solve(FACES, done(*kept), frames=FRAMES))


@given(lists)
@settings(max_examples=20, deadline=None)
def test_what_comes_out_is_whole(edits: list[Action]) -> None:
    solved = solve(FACES, done(*edits), frames=FRAMES)
    assert np.isfinite(solved.faces.landmarks_NK3).all() and np.isfinite(solved.square_N4).all()
    assert (solved.square_N4[:, 2] > 0).all()
    places = list(zip(solved.faces.frame.tolist(), solved.faces.track.tolist(), strict=True))
    assert places == sorted(set(places))
    machine = solved.state_N == FaceState.MACHINE
    known = {(int(f), points.tobytes()) for f, points in zip(FACES.frame, FACES.landmarks_NK3, strict=True)}
    for f, points in zip(solved.faces.frame[machine], solved.faces.landmarks_NK3[machine], strict=True):
        assert (int(f), points.tobytes()) in known


@given(landmark_keys(), lists)
@settings(max_examples=20, deadline=None)
def test_the_last_key_is_met_exactly(key: Action, edits: list[Action]) -> None:
    assert isinstance(key, MoveLandmarks)
    solved = solve(FACES, done(*edits, key), frames=FRAMES)
    rows = (solved.faces.track == key.track) & (solved.faces.frame == key.frame)
    if rows.any() and key.frame in FRAMES:
        [row] = np.flatnonzero(rows)
        np.testing.assert_array_equal(
            solved.faces.landmarks_NK3[row, list(key.points), :2].reshape(-1), np.float32(key.to)
        )
        assert solved.state_N[row] == FaceState.KEYED
