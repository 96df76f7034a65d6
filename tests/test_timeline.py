"""A shot's timeline: it says what the solved shot says, on every frame, and is there at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_show import Show, crop, mark, move, stroke
from tests.serving import TOKEN, running
from tests.test_solve_properties import FACES, FRAMES, actions, lists

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    KeyShape,
    KeyStrength,
    Mark,
    Mode,
    PaintStroke,
    RemoveStrength,
    SmoothAlignments,
)
from understudy.domain.edit_stack import EditEntry, Step
from understudy.domain.edit_views import MARK_NUMBERS, MATTE_NUMBERS, Timeline, TimelineFlag
from understudy.domain.face import no_faces
from understudy.domain.solved import FaceState, FrameMark, MatteState, Orphan
from understudy.domain.time import FrameRange
from understudy.rpc.edit_service import ORPHANS_KEPT
from understudy.solve import solve_list
from understudy.solve.timeline import timeline
from understudy.v1 import edits_pb2 as pb
from understudy.wire.limits import MAX_LIST_BYTES
from understudy.wire.named import enum_name_on_wire
from understudy.wire.timeline import COLUMNS, timeline_from_wire, timeline_to_wire


@pytest.fixture
def client(show: Show) -> Iterator[Client]:
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        yield client


def entries(*done: Action) -> list[EditEntry]:
    return [EditEntry(revision=n, author="Ann", at="", action=action) for n, action in enumerate(done, 1)]


def at(line: Timeline, column: str, frame: int) -> int:
    value: int = getattr(line, column)[frame - line.frames.first]
    return value


# Against the solved shot


@given(lists, st.booleans())
@settings(max_examples=80, deadline=None)
def test_it_says_what_the_solved_shot_says(edits: list[Action], undone: bool) -> None:
    listed = entries(*edits)
    if undone and listed:
        listed.append(EditEntry(revision=len(listed) + 1, author="Ann", at="", step=Step.UNDO))
    line = timeline(FACES, listed, frames=FRAMES)
    solved = solve_list(FACES, listed, frames=FRAMES)
    assert (line.revision, line.notes, line.bindings) == (solved.revision, solved.marks, solved.bindings)
    assert line.orphans == solved.orphans and line.cuts == (1071,)
    for frame in FRAMES:
        here = (solved.faces.frame == frame) & (solved.faces.track >= 0)
        plan = solved.plan(frame)
        assert at(line, "faces", frame) == here.sum()
        assert at(line, "face_states", frame) == (solved.state_N[here].max() + 1 if here.any() else 0)
        assert at(line, "matte_states", frame) == MATTE_NUMBERS[plan.matte]
        assert at(line, "strengths", frame) == round(plan.strength * 255)
        said = solved.marks.get(frame)
        assert at(line, "marks", frame) == (MARK_NUMBERS[said.mark] if said else 0)
        flags = TimelineFlag(at(line, "flags", frame))
        assert (TimelineFlag.STROKES in flags) == bool(plan.strokes)
        assert (TimelineFlag.SHAPE_KEY in flags) == any(shape.keyed for shape in plan.shapes)
        keyed = here.any() and solved.state_N[here].max() == FaceState.KEYED
        assert (TimelineFlag.ALIGNMENT_KEY in flags) == keyed
        assert (TimelineFlag.SETTINGS in flags) == bool(plan.settings)
        assert (TimelineFlag.HOLD in flags) == plan.hold
        assert (TimelineFlag.LAYER in flags) == bool(plan.layers)


@given(st.lists(actions, max_size=4))
@settings(max_examples=20, deadline=None)
def test_a_shot_without_faces_has_one_too(edits: list[Action]) -> None:
    line = timeline(no_faces(), entries(*edits), frames=FRAMES)
    added = {action.frame for action in edits if isinstance(action, AddFace)}
    seen = {frame for frame in FRAMES if at(line, "faces", frame)}
    assert len(line.flags) == len(FRAMES) and line.cuts == () and (added or not seen)


def test_keys_of_the_strength_curve_are_marked_until_they_are_taken_away() -> None:
    keys = (KeyStrength(frame=1010, value=0.5), KeyStrength(frame=1020, value=1.0))
    line = timeline(FACES, entries(*keys), frames=FRAMES)
    marked = [frame for frame in FRAMES if at(line, "flags", frame) & TimelineFlag.STRENGTH_KEY]
    assert marked == [1010, 1020] and at(line, "strengths", 1010) == 128
    fewer = timeline(FACES, entries(*keys, RemoveStrength(first=1001, last=1010)), frames=FRAMES)
    assert not at(fewer, "flags", 1010) & TimelineFlag.STRENGTH_KEY
    assert set(fewer.strengths) == {255}


def test_a_key_outside_the_plate_is_an_orphan_and_marks_no_frame() -> None:
    line = timeline(FACES, entries(KeyStrength(frame=995, value=0.5), crop(1200)), frames=FRAMES)
    assert [orphan.revision for orphan in line.orphans] == [1, 2] and not any(line.flags)


def test_the_numbers_are_those_of_the_service() -> None:
    assert {pb.Mark.Value(enum_name_on_wire(mark)): n for mark, n in MARK_NUMBERS.items()} == {
        n: n for n in MARK_NUMBERS.values()
    }
    assert all(pb.MatteState.Value(enum_name_on_wire(state)) == n for state, n in MATTE_NUMBERS.items())
    assert all(pb.FaceState.Value(enum_name_on_wire(state)) == state + 1 for state in FaceState)
    assert (set(MATTE_NUMBERS), set(MARK_NUMBERS)) == (set(MatteState), set(Mark))


# Through a server


def test_a_client_sees_the_shot_as_it_stands(show: Show, client: Client) -> None:
    show.add(
        SmoothAlignments(),
        crop(1010),
        move(1030, track=1),
        stroke(1040),
        KeyShape(shape="hand", frame=1050, mode=Mode.EXCLUDE, points=(10.0, 10, 50, 10, 50, 50)),
        AdjustConvert(first=1060, last=1061, settings={"grain": 0.5}),
        mark(1070, 1071, Mark.FLAGGED, "teeth"),
        mark(1080, 1080, Mark.HOLD_PLATE),
        BindTrack(track=0, person_id="Rowan"),
    )
    line = client.timeline("sh010")
    assert line == show.studio.timeline("shot-1") and line.revision == 9
    assert at(line, "faces", 1040) == 2 and at(line, "faces", 1041) == 1
    assert at(line, "face_states", 1010) == FaceState.KEYED + 1
    assert at(line, "face_states", 1100) == FaceState.SMOOTHED + 1
    assert at(line, "flags", 1010) == at(line, "flags", 1030) == TimelineFlag.ALIGNMENT_KEY
    assert at(line, "flags", 1040) == TimelineFlag.STROKES
    assert at(line, "flags", 1050) == TimelineFlag.SHAPE_KEY
    assert [frame for frame in line.frames if at(line, "flags", frame) & TimelineFlag.SETTINGS] == [
        1060,
        1061,
    ]
    assert line.notes[1071] == FrameMark(mark=Mark.FLAGGED, note="teeth", author="Ann")
    assert at(line, "marks", 1080) == MARK_NUMBERS[Mark.HOLD_PLATE] and at(line, "marks", 1001) == 0
    assert at(line, "flags", 1080) == TimelineFlag.HOLD
    assert line.bindings == {0: show.performer.id}


def test_it_follows_every_edit_and_undo(show: Show, client: Client) -> None:
    before = client.timeline("sh010")
    show.add(stroke(1020))
    assert at(client.timeline("sh010"), "matte_states", 1020) == MATTE_NUMBERS[MatteState.KEYED]
    show.undo()
    assert client.timeline("sh010") == replace(before, revision=2)
    with pytest.raises(errors.NotFound, match="sh999"):
        client.timeline("sh999")
    with pytest.raises(errors.BadInput, match="which shot"):
        client.timeline("")


def test_before_extraction_there_is_one_without_faces(show: Show, client: Client) -> None:
    show.add(mark(1003), PaintStroke(frame=1004, mode=Mode.INCLUDE, points=(5, 5), radius_px=2), shot="sh020")
    line = client.timeline("sh020")
    assert not any(line.faces) and not any(line.face_states)
    assert at(line, "marks", 1003) == MARK_NUMBERS[Mark.APPROVED]
    assert at(line, "flags", 1004) == TimelineFlag.STROKES


def test_long_notes_on_a_whole_shot_are_shortened_until_they_fit(show: Show, client: Client) -> None:
    frames = FrameRange(1001, 4000)
    note = FrameMark(mark=Mark.FLAGGED, note="teeth " * 600, author="Ann")
    whole = replace(
        timeline(no_faces(), [], frames=frames),
        notes=dict.fromkeys(frames, note),
        orphans=tuple(Orphan(revision=n, reason="gone") for n in range(1, 2 * ORPHANS_KEPT)),
    )
    show.studio.timeline = lambda shot_id: whole  # type: ignore[method-assign]
    seen = client.timeline("sh010")
    assert seen.frames == frames and set(seen.notes) == set(frames)
    assert note.note.startswith(seen.notes[1001].note) and len(seen.notes[1001].note) == 200
    assert timeline_to_wire(seen).ByteSize() <= MAX_LIST_BYTES


def test_every_field_survives_the_wire() -> None:
    frames = FrameRange(1001, 1003)
    record = Timeline(
        revision=7,
        frames=frames,
        **{name: bytes(np.arange(3, dtype=np.uint8) + n) for n, name in enumerate(COLUMNS)},
        cuts=(1002,),
        notes={1002: FrameMark(mark=Mark.APPROVED, note="", author="Bo")},
        bindings={3: "p"},
        orphans=(Orphan(revision=4, reason="gone"),),
    )
    message = pb.GetTimelineResponse.FromString(timeline_to_wire(record).SerializeToString())
    assert timeline_from_wire(message) == record
    message.marks = b"ab"
    with pytest.raises(errors.BadRecord, match="marks"):
        timeline_from_wire(message)
