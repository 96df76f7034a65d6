"""The edit that keeps faces out of what models learn from: what it says, whom it meets, what it follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edit_show import Show, copied_show, crop, new_film
from tests.fakes import PLATE
from tests.solved_faces import done, faces_of, layout
from tests.test_renumber import numbered

from understudy.config import ConvertConfig
from understudy.domain import errors
from understudy.domain.edit import (
    Action,
    AddFace,
    CurateFaces,
    MergeTracks,
    RemoveFaces,
    SplitTrack,
    action_from_table,
    action_to_table,
)
from understudy.domain.edit_conflict import frames_text, meet
from understudy.domain.edit_stack import frames_of
from understudy.domain.face import ShotFaces
from understudy.domain.solved import SolvedShot
from understudy.domain.time import FrameRange
from understudy.faces.renumber import with_numbers_of
from understudy.jobs.resolved import curated_shot, learn_shot
from understudy.solve import check, dropped_frames, learning, solve
from understudy.stages.convert.fingerprint import frame_fingerprints

FRAMES = FrameRange(1001, 1040)
FACES = faces_of({0: range(1001, 1041), 1: range(1001, 1021)})
FACE = tuple(layout()[:, :2].astype(float).reshape(-1).tolist())


def drop(frames: str, track: int = 0, *, keep: bool = False) -> CurateFaces:
    return CurateFaces(track=track, frames=frames, keep=keep)


def dropped(*actions: Action, faces: ShotFaces = FACES) -> set[tuple[int, int]]:
    """Track of the extraction and frame of what is kept out."""
    rows = np.flatnonzero(learning(faces, done(*actions), frames=FRAMES).dropped_N)
    return {(int(faces.track[row]), int(faces.frame[row])) for row in rows}


def frames_from(first: int, last: int, track: int = 0) -> set[tuple[int, int]]:
    return {(track, frame) for frame in range(first, last + 1)}


@given(st.sets(st.integers(-50, 3000), min_size=1, max_size=40), st.randoms())
def test_frames_are_kept_in_one_way_of_writing(numbers: set[int], random: Random) -> None:
    shuffled = sorted(numbers)
    random.shuffle(shuffled)
    loose, tidy = drop(", ".join(map(str, shuffled))), drop(",".join(map(str, sorted(numbers))))
    assert loose == tidy and loose.numbers == tuple(sorted(numbers))
    assert action_from_table(action_to_table(loose)) == loose
    assert drop(loose.frames).frames == loose.frames
    assert frames_of(loose) == (min(numbers), max(numbers))


@pytest.mark.parametrize(
    "text", ["", " ", "x", "1001-", "1001..1004", "1001-1004y2", "1-999999999", "1x0", "1.5"]
)
def test_what_are_no_frames_is_refused(text: str) -> None:
    with pytest.raises(errors.BadEdit):
        drop(text)


def test_frames_are_said_as_people_say_them() -> None:
    assert drop("1001,1002,1003,1005").frames == "1001-1003,1005"
    assert frames_text(drop("1004")) == "frame 1004" and frames_text(drop("1004,1005")) == "frames 1004-1005"
    many = frames_text(drop(",".join(str(1000 + n * n) for n in range(40))))
    assert len(many) < 70 and many.endswith("...")


@pytest.mark.parametrize(
    ("other", "they_meet"),
    [
        (drop("1010"), True),
        (drop("1010", keep=True), True),
        (drop("1009,1011"), False),  # around it, not on it
        (drop("1010", track=1), False),
        (crop(1010), False),  # the shot's own alignment
        (RemoveFaces(track=0, first=1001, last=1020), False),
        (SplitTrack(track=0, frame=1005, new_track=4), True),
        (SplitTrack(track=0, frame=1029, new_track=4), False),
        (MergeTracks(track=3, other=0), True),
        (MergeTracks(track=3, other=1), False),
    ],
)
def test_who_curates_the_same_faces_unseen_meets(other: Action, they_meet: bool) -> None:
    mine = drop("1001-1030x3")  # 1001, 1004, ... 1010 ...
    assert meet(mine, other) is they_meet and meet(other, mine) is they_meet


@pytest.mark.parametrize(
    ("action", "error", "says"),
    [
        (drop("1041-1050"), errors.FrameOutOfRange, "1041-1050"),
        (drop("1010", track=7), errors.TrackNotFound, "no track 7"),
        (drop("1030-1040", track=1), errors.BadEdit, "track 1 has no found face in frames 1030-1040"),
    ],
)
def test_an_edit_without_faces_is_refused(action: Action, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        check(action, FACES, [], frames=FRAMES)


def test_added_faces_are_never_learnt_from_so_none_can_be_dropped() -> None:
    added = AddFace(track=9, frame=1010, landmarks=FACE)
    with pytest.raises(errors.BadEdit, match="no found face"):
        check(drop("1010", track=9), FACES, done(added), frames=FRAMES)


def test_the_last_word_counts() -> None:
    assert dropped(drop("1001-1010"), drop("1004-1006", keep=True)) == (
        frames_from(1001, 1003) | frames_from(1007, 1010)
    )
    assert dropped(drop("1001-1010", keep=True)) == set()


def test_a_dropped_face_stays_dropped_whatever_its_track_becomes() -> None:
    assert dropped(drop("1005", 1), MergeTracks(track=0, other=1)) == {(1, 1005)}
    assert dropped(drop("1015"), SplitTrack(track=0, frame=1010, new_track=4)) == {(0, 1015)}
    split = SplitTrack(track=0, frame=1010, new_track=4)
    assert dropped(split, drop("1005-1015", 4)) == frames_from(1010, 1015)
    assert dropped(split, drop("1005-1015", 0)) == frames_from(1005, 1009)


def test_a_removed_face_can_be_dropped_too() -> None:
    gone = RemoveFaces(track=1, first=1001, last=1020)
    check(drop("1003", 1), FACES, done(gone), frames=FRAMES)
    assert dropped(gone, drop("1003", 1)) == {(1, 1003)}


def test_numbers_are_those_after_all_edits() -> None:
    edits = done(SplitTrack(track=0, frame=1010, new_track=4), drop("1001"))
    found = learning(FACES, edits, frames=FRAMES)
    own = FACES.track == 0
    assert set(found.track_N[own & (FACES.frame < 1010)]) == {0}
    assert set(found.track_N[own & (FACES.frame >= 1010)]) == {4}


def test_it_outlives_another_extraction() -> None:
    again = with_numbers_of(numbered(FACES, {0: 1, 1: 0}), FACES)
    assert dropped(drop("1003-1005", 1), faces=again) == frames_from(1003, 1005, 1)
    shorter = FACES.select((FACES.track == 0) | (FACES.frame > 1004))
    assert dropped(drop("1003-1005", 1), faces=shorter) == {(1, 1005)}
    lost = solve(FACES.select(FACES.track == 0), done(drop("1003-1005", 1)), frames=FRAMES).orphans
    assert [(orphan.revision, orphan.reason) for orphan in lost] == [
        (1, "track 1 has no found face in frames 1003-1005")
    ]


def test_what_a_bundle_carries_names_tracks_as_extraction_did() -> None:
    edits = done(SplitTrack(track=0, frame=1010, new_track=4), drop("1012-1014,1020", 4), drop("1002", 1))
    assert dropped_frames(FACES, edits, frames=FRAMES) == {0: "1012-1014,1020", 1: "1002"}
    assert dropped_frames(FACES, done(drop("1002"), drop("1002", keep=True)), frames=FRAMES) == {}
    assert dropped_frames(FACES, [], frames=FRAMES) == {}


def test_nothing_of_the_shot_itself_changes() -> None:
    before = solve(FACES, done(crop(1010)), frames=FRAMES)
    after = solve(FACES, done(crop(1010), drop("1001-1030"), drop("1005", keep=True)), frames=FRAMES)
    for field in fields(SolvedShot):
        mine, theirs = getattr(after, field.name), getattr(before, field.name)
        if field.name == "faces":
            for column in (f.name for f in fields(ShotFaces)):
                assert np.array_equal(getattr(mine, column), getattr(theirs, column)), column
        elif isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs), field.name
        elif field.name != "revision":
            assert mine == theirs, field.name
    bound, wanted = {0: ("p", "c" * 64)}, tuple(FRAMES)
    plate = replace(PLATE, first_frame=1001, first_index=0, last_index=39)
    assert frame_fingerprints(plate, after, bound, ConvertConfig(), wanted, {}) == frame_fingerprints(
        plate, before, bound, ConvertConfig(), wanted, {}
    )


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    with copied_show(new_film(tmp_path / "film0"), tmp_path) as opened:
        yield opened


def test_it_is_journalled_undone_and_redone(show: Show) -> None:
    show.add(drop("1010-1015"), author="Bo")
    assert curated_shot(show.shot, show.production).dropped == {0: "1010-1015"}
    assert learn_shot(show.shot, show.production).dropped == {}
    show.undo("Bo")
    assert curated_shot(show.shot, show.production).dropped == {}
    show.studio.redo_edit("sh010", author="Bo", seen_revision=2, request_id="again")
    again = show.reopen()
    try:
        assert curated_shot(again.shot, again.production).dropped == {0: "1010-1015"}
        assert [entry.author for entry in again.studio.edits("sh010").entries] == ["Bo"] * 3
    finally:
        again.production.close()


def test_two_who_curate_the_same_face_are_told(show: Show) -> None:
    show.add(drop("1010-1015"), author="Bo", seen=0)
    with pytest.raises(
        errors.EditConflict, match="Bo changed the faces to learn of track 0 on frames 1010-1015"
    ):
        show.add(drop("1015-1020", keep=True), author="Ann", seen=0)
    assert show.add(drop("1016-1020"), author="Ann", seen=0) == 2
    assert show.add(crop(1012), author="Cy", seen=0) == 3


def test_before_extraction_and_outside_the_shot_it_is_refused(show: Show) -> None:
    with pytest.raises(errors.BadEdit, match="extract"):
        show.add(drop("1010"), shot="sh020")
    with pytest.raises(errors.FrameOutOfRange):
        show.add(drop("1090-1101"))
    assert show.studio.edits("sh010").revision == 0
