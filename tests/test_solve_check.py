"""What is refused when an edit is made."""

from __future__ import annotations

import pytest
from tests.solved_faces import done, faces_of, layout, moved

from understudy.domain.edit import (
    Action,
    AddFace,
    BindTrack,
    ComposeMatte,
    Follow,
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
from understudy.domain.errors import BadEdit, FrameOutOfRange, TrackNotFound, UnderstudyError
from understudy.domain.time import FrameRange
from understudy.solve import check

FRAMES = FrameRange(1001, 1060)
FACES = faces_of({0: range(1001, 1021), 1: range(1010, 1041), 2: range(1041, 1061)}, cuts=(1041,))
TRIANGLE = (10.0, 10.0, 60.0, 10.0, 60.0, 60.0)
FACE = tuple(layout()[:, :2].astype(float).reshape(-1).tolist())


def key(track: int, frame: int) -> MoveLandmarks:
    return MoveLandmarks(track=track, frame=frame, points=(13,), to=(5.0, 5.0))


def triangle(frame: int, **more: object) -> KeyShape:
    values = {"shape": "hand", "mode": Mode.EXCLUDE, "points": TRIANGLE} | more
    return KeyShape(frame=frame, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "error", "says"),
    [
        (key(0, 1061), FrameOutOfRange, "frames 1001-1060, not frame 1061"),
        (
            PaintStroke(frame=1, mode=Mode.INCLUDE, points=TRIANGLE, radius_px=3),
            FrameOutOfRange,
            "not frame 1",
        ),
        (KeyStrength(frame=2000, value=1), FrameOutOfRange, "not frame 2000"),
        (MarkFrames(first=1061, last=1070, mark=Mark.APPROVED), FrameOutOfRange, "not frames 1061-1070"),
        (key(7, 1005), TrackNotFound, "no track 7 in this shot; it has: 0, 1, 2"),
        (BindTrack(track=7, person_id="mira"), TrackNotFound, "no track 7"),
        (MergeTracks(track=0, other=7), TrackNotFound, "no track 7"),
        (SplitTrack(track=7, frame=1005, new_track=8), TrackNotFound, "no track 7"),
        (RemoveFaces(track=7, first=1001, last=1002), TrackNotFound, "no track 7"),
        (key(0, 1030), BadEdit, "track 0 has no face at frame 1030; it has faces in frames 1001-1020"),
        (
            PlaceCrop(track=1, frame=1005, centre_x=1, centre_y=1, side_px=9, angle_deg=0),
            BadEdit,
            "track 1 has no face at frame 1005",
        ),
        (triangle(1030, follow=Follow.FACE, track=0), BadEdit, "track 0 has no face at frame 1030"),
        (triangle(1030, follow=Follow.FACE, track=7), TrackNotFound, "no track 7"),
        (MergeTracks(track=1, other=2), BadEdit, "never in the same camera take"),
        (SplitTrack(track=0, frame=1030, new_track=5), BadEdit, "no face from frame 1030 on"),
        (SplitTrack(track=0, frame=1001, new_track=5), BadEdit, "no face before frame 1001"),
        (SplitTrack(track=0, frame=1010, new_track=2), BadEdit, "a track 2 already"),
        (AddFace(track=0, frame=1050, landmarks=FACE), BadEdit, "a track never crosses a cut"),
        (RemoveFaces(track=0, first=1030, last=1035), BadEdit, "nothing to take away"),
        (RemoveKeys(track=0, first=1001, last=1060), BadEdit, "no such key"),
        (RemoveShape(shape="hand", first=1001, last=1060), BadEdit, "no shape 'hand'"),
        (ComposeMatte(first=1001, last=1060, expression="hull & net"), BadEdit, "names 'net'"),
    ],
)
def test_edits_that_find_nothing_are_refused(action: Action, error: type[UnderstudyError], says: str) -> None:
    with pytest.raises(error, match=says):
        check(action, FACES, [], frames=FRAMES)


@pytest.mark.parametrize(
    "action",
    [
        moved(FACES, 0, 1005, [13], (1, 1)),
        PlaceCrop(track=2, frame=1050, centre_x=1, centre_y=1, side_px=9, angle_deg=0),
        SmoothAlignments(),
        AddFace(track=0, frame=1030, landmarks=FACE),
        AddFace(track=9, frame=1050, landmarks=FACE),
        RemoveFaces(track=0, first=1015, last=1050),
        MergeTracks(track=0, other=1),
        SplitTrack(track=0, frame=1010, new_track=5),
        BindTrack(track=2, person_id="mira"),
        MarkFrames(first=1050, last=1070, mark=Mark.FLAGGED),
        triangle(1030, follow=Follow.FACE, track=1),
        triangle(1005),
        UseLayer(name="net", layer_id="n1", first=1001, last=1060),
    ],
)
def test_edits_that_fit_are_let_through(action: Action) -> None:
    check(action, FACES, [], frames=FRAMES)


def test_the_edits_so_far_count() -> None:
    with pytest.raises(BadEdit, match="has 3 points at frame 1005, this key has 4"):
        check(triangle(1010, points=(*TRIANGLE, 10.0, 60.0)), FACES, done(triangle(1005)), frames=FRAMES)
    check(triangle(1005, points=(*TRIANGLE, 10.0, 60.0)), FACES, done(triangle(1005)), frames=FRAMES)
    with pytest.raises(BadEdit, match="track 0 has no face at frame 1012"):
        check(key(0, 1012), FACES, done(RemoveFaces(track=0, first=1010, last=1015)), frames=FRAMES)
    check(key(0, 1025), FACES, done(AddFace(track=0, frame=1030, landmarks=FACE)), frames=FRAMES)
    with pytest.raises(TrackNotFound):
        check(key(1, 1030), FACES, done(MergeTracks(track=0, other=1)), frames=FRAMES)
    net = UseLayer(name="net", layer_id="n1", first=1001, last=1060)
    check(ComposeMatte(first=1001, last=1060, expression="hull & net"), FACES, done(net), frames=FRAMES)
    check(RemoveKeys(track=0, first=1005, last=1005), FACES, done(key(0, 1005)), frames=FRAMES)
