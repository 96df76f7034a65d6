"""Who may change what unseen, and the undo stack against a plain model."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edit_strategies import ANY_ACTION

from understudy.domain.edit import (
    Action,
    ClearMatte,
    ComposeMatte,
    KeyShape,
    KeyStrength,
    Mark,
    MarkFrames,
    Mode,
    PaintStroke,
    PlaceCrop,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
)
from understudy.domain.edit_conflict import entry_to_redo, entry_to_undo, meet, refuse_unseen
from understudy.domain.edit_stack import EditEntry, Step, stack_of
from understudy.domain.errors import BadInput, EditConflict, NothingToUndo


def crop(frame: int, track: int = 0) -> PlaceCrop:
    return PlaceCrop(track=track, frame=frame, centre_x=1, centre_y=2, side_px=9, angle_deg=0)


def mark(first: int, last: int) -> MarkFrames:
    return MarkFrames(first=first, last=last, mark=Mark.APPROVED)


def stroke(frame: int) -> PaintStroke:
    return PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=(1, 2), radius_px=3)


def shape(name: str, frame: int) -> KeyShape:
    return KeyShape(shape=name, frame=frame, mode=Mode.EXCLUDE, points=(0, 0, 9, 0, 9, 9))


@dataclass
class Shot:
    """A list of entries, as the store keeps it."""

    entries: list[EditEntry] = field(default_factory=list)

    def put(self, author: str, action: Action | None = None, step: Step = Step.DO) -> int:
        revision = len(self.entries) + 1
        at = f"12:{revision:02}"
        entry = EditEntry(revision=revision, author=author, at=at, step=step, action=action)
        self.entries.append(entry)
        return revision


@pytest.mark.parametrize(
    ("one", "other", "they_meet"),
    [
        (crop(1010), crop(1010), True),
        (crop(1010), crop(1011), False),
        (crop(1010), crop(1010, track=1), False),
        (mark(1001, 1010), mark(1010, 1020), True),
        (mark(1001, 1010), mark(1011, 1020), False),
        (SmoothAlignments(), SmoothAlignments(mouth=0), True),
        (SmoothAlignments(), crop(1010), False),
        (SplitTrack(track=0, frame=1010, new_track=4), crop(1050), True),
        (SplitTrack(track=0, frame=1010, new_track=4), crop(1009), False),
        (ClearMatte(first=1001, last=1020), stroke(1020), True),
        (ClearMatte(first=1001, last=1020), shape("hand", 1005), True),
        (ClearMatte(first=1001, last=1020), KeyStrength(frame=1005, value=1), False),
        (shape("hand", 1005), shape("arm", 1005), False),
        (stroke(1005), shape("hand", 1005), False),
        (
            ComposeMatte(first=1001, last=1009, expression="hull"),
            UseLayer(name="net", layer_id="l", first=1009, last=1020),
            True,
        ),
    ],
)
def test_what_meets(one: Action, other: Action, they_meet: bool) -> None:
    assert meet(one, other) is they_meet and meet(other, one) is they_meet


@settings(max_examples=200, deadline=None)
@given(one=ANY_ACTION, other=ANY_ACTION)
def test_every_edit_meets_itself_and_meeting_is_mutual(one: Action, other: Action) -> None:
    assert meet(one, one)
    assert meet(one, other) == meet(other, one)


def test_a_conflict_names_who_when_what_where_and_the_present_revision() -> None:
    shot = Shot()
    seen = shot.put("Ann", crop(1009))
    shot.put("Bo", crop(1010))
    shot.put("Bo", mark(1001, 1100))
    with pytest.raises(EditConflict) as caught:
        refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=seen)
    for said in ("Bo changed", "track 0", "frame 1010", "12:02", "place_crop", "revision 2", "at revision 3"):
        assert said in str(caught.value)
    refuse_unseen([crop(1010)], shot.entries, author="Bo", seen_revision=seen)  # one's own is no surprise
    refuse_unseen([crop(1011), crop(1010, track=3)], shot.entries, author="Ann", seen_revision=seen)
    refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=2)
    with pytest.raises(BadInput, match="at revision 3"):
        refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=4)
    with pytest.raises(BadInput):
        refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=-1)


def test_what_was_done_and_undone_meanwhile_is_no_conflict_but_an_undo_of_what_was_seen_is() -> None:
    shot = Shot()
    seen = shot.put("Ann", crop(1010))
    shot.put("Bo", crop(1010))
    shot.put("Bo", step=Step.UNDO)
    refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=seen)
    shot.put("Bo", step=Step.UNDO)  # Ann's own
    with pytest.raises(EditConflict, match="Bo undid a change of track 0 on frame 1010 at 12:04"):
        refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=seen)
    shot.put("Bo", step=Step.REDO)
    refuse_unseen([crop(1010)], shot.entries, author="Ann", seen_revision=seen)


def test_undo_takes_only_what_its_author_expects() -> None:
    shot = Shot()
    with pytest.raises(NothingToUndo):
        entry_to_undo(shot.entries, author="Ann", seen_revision=0)
    shot.put("Ann", crop(1001))
    shot.put("Ann", crop(1002))
    assert entry_to_undo(shot.entries, author="Ann", seen_revision=2).revision == 2
    with pytest.raises(EditConflict, match=r"Ann changed .* place_crop on frame 1002"):
        entry_to_undo(shot.entries, author="Ann", seen_revision=1)
    shot.put("Ann", step=Step.UNDO)
    assert entry_to_undo(shot.entries, author="Ann", seen_revision=2).revision == 1  # pressed twice, quickly
    with pytest.raises(EditConflict, match=r"Ann .* place_crop on frame 1001 by Ann"):
        entry_to_undo(shot.entries, author="Bo", seen_revision=2)
    with pytest.raises(BadInput):
        entry_to_undo(shot.entries, author="Ann", seen_revision=9)
    assert entry_to_redo(shot.entries, author="Bo", seen_revision=3).revision == 2
    with pytest.raises(EditConflict, match="would be redone"):
        entry_to_redo(shot.entries, author="Bo", seen_revision=2)
    shot.put("Bo", mark(1001, 1002))
    with pytest.raises(NothingToUndo, match="newer edit"):
        entry_to_redo(shot.entries, author="Ann", seen_revision=4)


@settings(max_examples=150, deadline=None)
@given(presses=st.lists(st.sampled_from(["do", "do", "undo", "redo"]), max_size=40))
def test_the_undo_stack_is_what_everybody_knows_from_an_editor(presses: list[str]) -> None:
    shot, past, future = Shot(), list[int](), list[int]()
    for press in presses:
        seen = len(shot.entries)
        if press == "do":
            past.append(shot.put("Ann", mark(seen, seen)))
            future = []
        elif press == "undo":
            if not past:
                with pytest.raises(NothingToUndo):
                    entry_to_undo(shot.entries, author="Ann", seen_revision=seen)
                continue
            assert entry_to_undo(shot.entries, author="Ann", seen_revision=seen).revision == past[-1]
            shot.put("Ann", step=Step.UNDO)
            future.append(past.pop())
        else:
            if not future:
                with pytest.raises(NothingToUndo):
                    entry_to_redo(shot.entries, author="Ann", seen_revision=seen)
                continue
            assert entry_to_redo(shot.entries, author="Ann", seen_revision=seen).revision == future[-1]
            shot.put("Ann", step=Step.REDO)
            past.append(future.pop())
        stack = stack_of(shot.entries)
        assert [entry.revision for entry in stack.done] == past
        assert [entry.revision for entry in stack.undone] == future
