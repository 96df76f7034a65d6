"""Every edit survives the wire by the names of its fields; what is left out has its default."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_strategies import BY_KIND, entries
from tests.fakes import FakeBackend

from understudy.domain import edit, edit_stack, solved
from understudy.domain.edit_views import EditList, SolvedFrames
from understudy.domain.errors import BadEdit, BadRecord
from understudy.domain.time import FrameRange
from understudy.v1 import edits_pb2 as pb
from understudy.wire import edits as wire
from understudy.wire.named import enum_name_on_wire, fill_message, read_message
from understudy.wire.tables import table_to_wire

RECORDS = [
    *edit.ACTIONS.values(),
    solved.FramePlan,
    solved.Shape,
    solved.Stroke,
    solved.LayerUse,
    solved.FrameMark,
    solved.Orphan,
]


@pytest.mark.parametrize("kind", BY_KIND)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_kind_of_edit_comes_back_as_it_went(kind: str, data: st.DataObject) -> None:
    action = data.draw(BY_KIND[kind])
    message = pb.EditAction.FromString(wire.edit_action_to_wire(action).SerializeToString())
    assert message.WhichOneof("action") == kind
    arrived = wire.edit_action_from_wire(message)
    assert arrived == action
    assert {type(value) for value in vars_of(arrived)} == {type(value) for value in vars_of(action)}


def vars_of(record: Any) -> list[Any]:
    return [getattr(record, field.name) for field in fields(record)]


@settings(max_examples=30, deadline=None)
@given(entry=entries())
def test_entries(entry: edit_stack.EditEntry) -> None:
    message = pb.EditEntry.FromString(wire.edit_entry_to_wire(entry).SerializeToString())
    assert wire.edit_entry_from_wire(message) == entry


def test_the_choice_of_edits_names_every_kind() -> None:
    assert [field.name for field in pb.EditAction.DESCRIPTOR.fields] == list(edit.ACTIONS)


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_both_sides_have_the_same_fields(cls: Any) -> None:
    message = getattr(pb, cls.__name__).DESCRIPTOR
    assert [field.name for field in message.fields] == [field.name for field in fields(cls)]
    hints = get_type_hints(cls)
    for field in fields(cls):
        hint, told = hints[field.name], message.fields_by_name[field.name]
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        if get_origin(hint) is not tuple:
            assert told.has_presence == (has_default or get_origin(hint) is dict), field.name
        if isinstance(hint, type) and issubclass(hint, Enum):
            known = set(told.enum_type.values_by_name) - {told.enum_type.values_by_number[0].name}
            assert known == {enum_name_on_wire(member) for member in hint}
        if get_origin(hint) is tuple and is_dataclass(inner := get_args(hint)[0]):
            assert told.message_type.name == inner.__name__  # type: ignore[union-attr]


def test_what_is_left_out_has_the_default_of_the_record() -> None:
    bare = pb.EditAction(smooth_alignments=pb.SmoothAlignments(mouth=0.0))
    assert wire.edit_action_from_wire(bare) == edit.SmoothAlignments(mouth=0.0)
    stroke = pb.PaintStroke(frame=1001, mode=pb.MODE_EXCLUDE, points=[1, 2], radius_px=3)
    arrived = wire.edit_action_from_wire(pb.EditAction(paint_stroke=stroke))
    assert isinstance(arrived, edit.PaintStroke) and arrived.softness == 0.5
    adjust = pb.AdjustConvert(first=1001, last=1002)
    assert wire.edit_action_from_wire(pb.EditAction(adjust_convert=adjust)) == edit.AdjustConvert(
        first=1001, last=1002
    )
    assert read_message(solved.FramePlan, pb.FramePlan()) == solved.FramePlan()


def test_an_edit_of_defaults_only_is_one() -> None:
    message = wire.edit_action_to_wire(edit.SmoothAlignments())
    assert wire.edit_action_from_wire(message) == edit.SmoothAlignments()
    assert message.WhichOneof("action") == "smooth_alignments"


@pytest.mark.parametrize(
    ("message", "error", "says"),
    [
        (pb.EditAction(), BadEdit, "not known here"),
        (pb.EditAction(mark_frames=pb.MarkFrames(first=1, last=2)), BadRecord, "Mark is not said"),
        (
            pb.EditAction(mark_frames=pb.MarkFrames(first=3, last=2, mark=pb.MARK_NONE)),
            BadEdit,
            "ends before",
        ),
        (
            pb.EditAction(
                key_shape=pb.KeyShape(shape="a", frame=1, mode=pb.MODE_INCLUDE, points=[1, 2, 3, 4])
            ),
            BadEdit,
            "at least 3 points",
        ),
        (
            pb.EditAction(
                key_shape=pb.KeyShape(shape="a", mode=pb.MODE_INCLUDE, points=[0, 0, 9, 9, 9, 0, 0, 9])
            ),
            BadEdit,
            "crosses itself",
        ),
        (
            pb.EditAction(move_landmarks=pb.MoveLandmarks(points=[1], to=[float("nan"), 0])),
            BadEdit,
            "undefined number",
        ),
        (
            pb.EditAction(place_crop=pb.PlaceCrop(centre_x=1e300, side_px=9)),
            BadEdit,
            "undefined number",
        ),
        (pb.EditAction(key_strength=pb.KeyStrength(value=2)), BadEdit, "0..1"),
        (
            pb.EditAction(adjust_convert=pb.AdjustConvert(settings=table_to_wire({"grain": True}))),
            BadEdit,
            "number or a word",
        ),
        (
            pb.EditAction(adjust_convert=pb.AdjustConvert(settings=table_to_wire({"volume": 1}))),
            BadEdit,
            "'volume' cannot be set",
        ),
        (
            pb.EditAction(paint_stroke=pb.PaintStroke(mode=99, points=[1, 2], radius_px=1)),  # type: ignore[arg-type]
            BadRecord,
            "number 99",
        ),
    ],
)
def test_nonsense_is_refused_by_name(message: pb.EditAction, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        wire.edit_action_from_wire(message)


def test_what_the_wire_cannot_carry_is_refused_before_it_is_sent() -> None:
    with pytest.raises(BadEdit, match="person_id of BindTrack"):
        wire.edit_action_to_wire(edit.BindTrack(track=0, person_id="\ud800"))
    with pytest.raises(BadEdit, match="track of MergeTracks"):
        wire.edit_action_to_wire(edit.MergeTracks(track=2**70, other=1))


def test_settings_stay_numbers_or_words() -> None:
    sent = edit.AdjustConvert(first=1, last=2, settings={"erode_px": 3.0, "colour_match": "rct"})
    arrived = wire.edit_action_from_wire(wire.edit_action_to_wire(sent))
    assert isinstance(arrived, edit.AdjustConvert) and arrived == sent
    assert type(arrived.settings["erode_px"]) is float
    assert wire.edit_action_to_wire(sent).adjust_convert.settings != Struct()


def same_frames(one: SolvedFrames, other: SolvedFrames) -> bool:
    return all(
        np.array_equal(a, b) and a.dtype == b.dtype if isinstance(a, np.ndarray) else a == b
        for a, b in zip(vars_of(one), vars_of(other), strict=True)
    )


@pytest.mark.parametrize("landmarks", [True, False])
def test_solved_frames(landmarks: bool) -> None:
    shape = solved.Shape(
        name="hand", mode=edit.Mode.EXCLUDE, points=(0.5, 1, 2, 3, 4, 9), curve=edit.Curve.POLYGON,
        feather_px=2.0, keyed=True,
    )  # fmt: skip
    stroke = solved.Stroke(mode=edit.Mode.INCLUDE, points=(1.0, 2.0), radius_px=4.0, softness=0.25)
    plan = solved.FramePlan(
        expression="hull - cut",
        shapes=(shape,),
        strokes=(stroke, stroke),
        layers=(solved.LayerUse(name="net", layer_id="l"),),
        settings={"grain": 0.5, "colour_match": "none"},
        strength=0.0,
        hold=True,
        matte=solved.MatteState.KEYED,
    )
    backend = FakeBackend()
    record = replace(
        backend.solved(backend.shots()[0].id, FrameRange(1001, 1009), landmarks=landmarks, plans=True),
        plans={1003: plan, 1004: solved.FramePlan()},
        marks={1002: solved.FrameMark(mark=edit.Mark.FLAGGED, note="teeth", author="Ann")},
        bindings={3: "p", 7: "q"},
        orphans=(solved.Orphan(revision=4, reason="no face on track 9"),),
    )
    message = pb.GetSolvedResponse.FromString(wire.solved_frames_to_wire(record).SerializeToString())
    assert same_frames(wire.solved_frames_from_wire(message), record)


def test_a_shot_without_faces_is_empty_on_both_sides() -> None:
    backend = FakeBackend()
    one = backend.solved(backend.shots()[0].id, FrameRange(1001, 1001), landmarks=True, plans=False)
    columns = ("frame", "track", "state_N", "presence", "filled", "square_N4", "landmarks_NK2")
    empty = replace(one, **{name: getattr(one, name)[:0] for name in columns})
    assert same_frames(wire.solved_frames_from_wire(wire.solved_frames_to_wire(empty)), empty)


def test_half_the_landmarks_are_refused() -> None:
    faces = [pb.SolvedFace(landmarks=[0.0] * 956, state=1), pb.SolvedFace(state=1)]  # type: ignore[arg-type]
    with pytest.raises(BadEdit, match="some without"):
        wire.solved_frames_from_wire(pb.GetSolvedResponse(faces=faces))
    with pytest.raises(BadEdit, match="face state 77"):
        wire.solved_frames_from_wire(pb.GetSolvedResponse(faces=[pb.SolvedFace(state=77)]))  # type: ignore[arg-type]


def test_curves_with_holes() -> None:
    backend = FakeBackend()
    record = backend.curves(backend.shots()[0].id, 0, (13, 14), FrameRange(1001, 1005))
    message = pb.GetCurvesResponse.FromString(wire.curves_to_wire(record).SerializeToString())
    arrived = wire.curves_from_wire(message, track=0)
    for field in fields(record):
        np.testing.assert_array_equal(getattr(arrived, field.name), getattr(record, field.name))


def test_a_list() -> None:
    mark = edit.MarkFrames(first=1, last=2, mark=edit.Mark.APPROVED)
    listed = EditList(
        entries=(edit_stack.EditEntry(revision=1, author="Ann", at="now", action=mark),),
        revision=9,
        standing=(1, 4),
    )
    assert wire.edit_list_from_wire(wire.edit_list_to_wire(listed)) == listed
    assert fill_message(pb.MarkFrames(), mark) == pb.MarkFrames(first=1, last=2, mark=2, note="")  # type: ignore[arg-type]
