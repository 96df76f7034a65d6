"""Edits on a real production: what is taken and what is refused."""

from __future__ import annotations

import pytest
from tests.edit_show import Show, crop, layer_of, mark, move, stroke

from understudy.domain import errors
from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    ClearMatte,
    ComposeMatte,
    Follow,
    KeyShape,
    KeyStrength,
    Mark,
    MergeTracks,
    Mode,
    PaintStroke,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
)
from understudy.domain.face import LANDMARKS

SQUARE = (10.0, 10, 50, 10, 50, 50, 10, 50)


def test_edits_are_kept_in_order_and_survive_a_restart(show: Show) -> None:
    show.add(crop(1010), mark(1001, 1010, Mark.FLAGGED, "teeth"))
    show.add(stroke(1020), author="Bo")
    show.undo("Bo")
    before = show.studio.edits("sh010")
    assert (before.revision, before.standing) == (4, (1, 2))
    again = show.reopen()
    try:
        assert again.studio.edits("sh010") == before
        seen = before.revision
        again.studio.redo_edit("sh010", author="Bo", seen_revision=seen, request_id="redo")
        assert again.studio.edits("sh010").standing == (1, 2, 3)
        assert again.production.edit_stack("shot-1").actions[2] == stroke(1020)
    finally:
        again.production.close()


@pytest.mark.parametrize(
    ("action", "error", "says"),
    [
        (crop(999), errors.FrameOutOfRange, "999"),
        (mark(1090, 1200), errors.FrameOutOfRange, "1200"),
        (move(1010, track=7), errors.TrackNotFound, "track 7"),
        (move(1090, track=1), errors.BadEdit, "1090"),
        (MergeTracks(track=0, other=9), errors.TrackNotFound, "track 9"),
        (SplitTrack(track=0, frame=1001, new_track=5), errors.BadEdit, "1001"),
        (BindTrack(track=0, person_id="nobody"), errors.NotFound, "nobody"),
        (BindTrack(track=8, person_id=""), errors.TrackNotFound, "track 8"),
        (UseLayer(name="net", layer_id="none", first=1001, last=1002), errors.NotFound, "none"),
        (ComposeMatte(first=1001, last=1002, expression="hull &"), errors.BadMatte, "position"),
        (
            PaintStroke(frame=1010, mode=Mode.EXCLUDE, points=(90_000, 10), radius_px=5),
            errors.BadEdit,
            "outside the picture",
        ),
        (ComposeMatte(first=1001, last=1002, expression="hull & hand"), errors.BadEdit, "hand"),
    ],
)
def test_an_edit_that_does_not_fit_the_shot_is_refused_by_name(
    show: Show, action: Action, error: type[Exception], says: str
) -> None:
    show.add(mark(1001))
    with pytest.raises(error, match=says):
        show.add(action)
    assert show.studio.edits("sh010").revision == 1


def test_a_batch_is_all_or_nothing_and_says_which(show: Show) -> None:
    with pytest.raises(errors.TrackNotFound, match=r"edit 2 of 3 \(place_crop\).*none of them was added"):
        show.add(mark(1001), crop(1001, track=5), mark(1002))
    assert show.studio.edits("sh010").revision == 0
    split = SplitTrack(track=0, frame=1050, new_track=5)
    assert show.add(split, crop(1060, track=5)) == 2  # the second stands on the first


def test_who_and_how_many(show: Show) -> None:
    for author in ("", "  ", "x" * 201):
        with pytest.raises(errors.BadEdit, match="author"):
            show.add(mark(1001), author=author)
    with pytest.raises(errors.BadEdit, match="1 to 500"):
        show.add()
    with pytest.raises(errors.BadEdit, match="1 to 500"):
        show.add(*[mark(1001)] * 501)
    for seen in (-1, 1):
        with pytest.raises(errors.BadInput, match="at revision 0"):
            show.add(mark(1001), seen=seen)
    with pytest.raises(errors.NotFound, match="sh999"):
        show.add(mark(1001), shot="sh999", seen=0)
    with pytest.raises(errors.NothingToUndo):
        show.undo()
    assert show.studio.edits("sh010").revision == 0


def test_before_extraction_only_what_needs_no_face(show: Show) -> None:
    free = (
        mark(1001),
        stroke(1001),
        KeyShape(shape="hand", frame=1001, mode=Mode.EXCLUDE, points=SQUARE),
        KeyStrength(frame=1001, value=0.5),
        AdjustConvert(first=1001, last=1002, settings={"grain": 0.5}),
        ClearMatte(first=1001, last=1001),
        ComposeMatte(first=1001, last=1001, expression="keep - cut"),
    )
    assert show.add(*free, shot="sh020") == len(free)
    face = AddFace(track=0, frame=1001, landmarks=(1.0,) * (2 * LANDMARKS))
    following = KeyShape(shape="h", frame=1001, mode=Mode.EXCLUDE, points=SQUARE, follow=Follow.FACE)
    for action in (
        crop(1001),
        move(1001),
        face,
        following,
        SmoothAlignments(),
        BindTrack(track=0, person_id=""),
    ):
        with pytest.raises(errors.BadEdit, match="understudy extract sh020"):
            show.add(action, shot="sh020")
    solved = show.studio.solved("sh020", None, landmarks=True, plans=True)
    assert len(solved.frame) == 0 and 1001 in solved.plans and solved.marks[1001].author == "Ann"
    with pytest.raises(errors.TrackNotFound):
        show.studio.curves("sh020", 0, (), None)


def test_people_are_bound_by_id_and_layers_must_be_of_the_shot(show: Show) -> None:
    show.add(BindTrack(track=0, person_id="Rowan"))
    (entry,) = show.studio.edits("sh010").entries
    assert entry.action == BindTrack(track=0, person_id=show.performer.id)
    for identifier, shot_id in (("here", "shot-1"), ("there", "shot-2")):
        show.production.add_matte_layer(layer_of(identifier, shot_id))
    with pytest.raises(errors.BadEdit, match="another shot"):
        show.add(UseLayer(name="net", layer_id="there", first=1001, last=1010))
    show.add(UseLayer(name="net", layer_id="here", first=1001, last=1010))
    show.add(ComposeMatte(first=1001, last=1010, expression="hull & net"))


def test_a_layer_is_used_where_it_has_frames(show: Show) -> None:
    show.production.add_matte_layer(layer_of("here", "shot-1"))
    with pytest.raises(errors.BadEdit, match="no frame 1011"):
        show.add(UseLayer(name="net", layer_id="here", first=1005, last=1020))
    with pytest.raises(errors.FrameOutOfRange):
        show.add(UseLayer(name="net", layer_id="here", first=1005, last=2**31 - 1))
    show.add(UseLayer(name="net", layer_id="here", first=1005, last=1010))
    show.add(UseLayer(name="net", layer_id="", first=1001, last=1100))


@pytest.mark.parametrize(
    "wrong",
    [{"erode_px": "wide"}, {"erode_px": 1e9}, {"feather_px": -1.0}, {"temporal": 2.0}, {"colour_match": "x"}],
)
def test_a_setting_that_no_frame_could_be_made_with_is_refused(
    show: Show, wrong: dict[str, float | str]
) -> None:
    with pytest.raises(errors.BadSettings, match=next(iter(wrong))):
        show.add(AdjustConvert(first=1001, last=1010, settings=wrong))
    assert show.studio.edits("sh010").revision == 0
