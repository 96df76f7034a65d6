"""Edits on a real production: what is refused, what two artists do at once, what a restart keeps."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.drawn_tracks import drawn_faces
from tests.running_backend import wait_until
from tests.serving import TOKEN, running
from tests.test_store import shot_of

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.artefact import MatteLayer
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
    MarkFrames,
    MergeTracks,
    Mode,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    RemoveFaces,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
)
from understudy.domain.edit_stack import Step
from understudy.domain.face import LANDMARKS, save_faces
from understudy.domain.files import sha256_of
from understudy.domain.identifiers import new_id
from understudy.domain.people import Person
from understudy.domain.preview import PreviewRequest
from understudy.domain.shot import Shot
from understudy.domain.solved import FaceState
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.jobs.previewer import Previewer
from understudy.store import schema
from understudy.store.edit_tables import NewStep
from understudy.store.production import Production
from understudy.store.purge import purge_person
from understudy.studio import Studio

FRAMES = FrameRange(1001, 1100)


@dataclass
class Show:
    """A production with an extracted shot, sh010, of one performer, and another one, sh020, not extracted."""

    folder: Path
    production: Production
    studio: Studio
    performer: Person
    shot: Shot

    def reopen(self) -> Show:
        self.production.close()
        return show_in(self.folder)

    def add(self, *actions: Action, author: str = "Ann", seen: int | None = None, shot: str = "sh010") -> int:
        known = self.studio.edits(shot).revision if seen is None else seen
        return self.studio.add_edits(
            shot, actions, author=author, seen_revision=known, request_id=new_id()
        ).revision

    def undo(self, author: str = "Ann") -> None:
        seen = self.studio.edits("sh010").revision
        self.studio.undo_edit("sh010", author=author, seen_revision=seen, request_id=new_id())


def show_in(folder: Path) -> Show:
    production = Production.open(folder)
    studio = Studio(
        production,
        worker_command=lambda _: [],
        worker_environment={},
        previewer=Previewer(["true"], {}, log_file=folder.parent / "previews.txt"),
    )
    return Show(folder, production, studio, production.people()[0], production.shot("sh010"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edits") / "film"
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        person = production.add_person("Rowan")
        production.add_shot(shot_of(person.id))
        production.add_shot(shot_of(person.id, "sh020", "shot-2"))
        target = folder / "shots" / "shot-1" / "faces.safetensors"
        save_faces(drawn_faces({0: FRAMES, 1: FrameRange(1001, 1040)}), target)
        production.set_shot_faces("shot-1", production.relative(target), sha256_of(target))
    return folder


@pytest.fixture
def show(template: Path, tmp_path: Path) -> Iterator[Show]:
    shutil.copytree(template, tmp_path / "film")
    opened = show_in(tmp_path / "film")
    yield opened
    opened.production.close()


def mark(first: int, last: int | None = None, what: Mark = Mark.APPROVED, note: str = "") -> MarkFrames:
    return MarkFrames(first=first, last=last or first, mark=what, note=note)


def crop(frame: int, track: int = 0) -> PlaceCrop:
    return PlaceCrop(track=track, frame=frame, centre_x=200, centre_y=150, side_px=110, angle_deg=3)


def move(frame: int, track: int = 0) -> MoveLandmarks:
    return MoveLandmarks(track=track, frame=frame, points=(13, 14), to=(300, 300, 300, 310))


def stroke(frame: int) -> PaintStroke:
    return PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=(10, 10, 20, 20), radius_px=5)


SQUARE = (10.0, 10, 50, 10, 50, 50, 10, 50)


# What is taken and what is refused


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


def layer_of(identifier: str, shot_id: str, *people: str) -> MatteLayer:
    return MatteLayer(
        id=identifier,
        shot_id=shot_id,
        name="net",
        origin="matte_net",
        path=f"mattes/{identifier}",
        frames="1001-1010",
        people=people,
        job_id=f"job-{identifier}",
    )


# Several at once


def test_a_repeated_request_adds_once_even_after_a_restart(show: Show) -> None:
    def ask(studio: Studio, *actions: Action, author: str = "Ann") -> int:
        return studio.add_edits("sh010", actions, author=author, seen_revision=0, request_id="r-1").revision

    assert ask(show.studio, mark(1001), crop(1002)) == 2
    show.add(crop(1002), author="Bo")
    assert ask(show.studio, mark(1001), crop(1002)) == 2  # it is not measured against Bo's a second time
    again = show.reopen()
    try:
        assert ask(again.studio, mark(1001), crop(1002)) == 2 and again.studio.edits("sh010").revision == 3
        for other in ([mark(1009)], [mark(1001)]):
            with pytest.raises(errors.Conflict, match="r-1"):
                ask(again.studio, *other)
        with pytest.raises(errors.Conflict, match="r-1"):
            ask(again.studio, mark(1001), crop(1002), author="Bo")
    finally:
        again.production.close()


def test_a_conflict_is_named_and_nothing_is_lost(show: Show) -> None:
    show.add(crop(1010), author="Bo", seen=0)
    with pytest.raises(errors.EditConflict, match=r"Bo changed track 0 on frame 1010 at 20.*revision 1\b"):
        show.add(move(1010), mark(1050), seen=0)
    assert show.studio.edits("sh010").revision == 1
    show.add(move(1011), mark(1050), seen=0)
    show.add(move(1010), seen=1)
    assert show.studio.edits("sh010").standing == (1, 2, 3, 4)


def test_two_clients_at_once_lose_nothing(show: Show) -> None:
    """Each marks its own frames as fast as it can; both also fight for one frame, knowingly."""
    made: dict[str, list[int]] = {"Ann": [], "Bo": []}
    conflicts = dict.fromkeys(made, 0)

    with (
        running(show.studio) as server,
        Client(server.address, TOKEN) as one,
        Client(server.address, TOKEN) as two,
    ):

        def work(client: Client, author: str, first: int) -> None:
            seen = 0
            for frame in range(first, first + 25):
                for action in (mark(frame), crop(1100)):
                    while True:
                        try:
                            added = client.add_edits("sh010", [action], author=author, seen_revision=seen)
                            break
                        except errors.EditConflict as conflict:
                            assert "track 0 on frame 1100" in str(conflict) and isinstance(action, PlaceCrop)
                            conflicts[author] += 1
                            seen = client.edits("sh010").revision
                    made[author].append(added.revision)

        threads = [
            threading.Thread(target=work, args=(one, "Ann", 1001)),
            threading.Thread(target=work, args=(two, "Bo", 1051)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        listed = one.edits("sh010")
    assert listed.revision == 100 and sorted(made["Ann"] + made["Bo"]) == list(range(1, 101))
    assert listed.standing == tuple(range(1, 101))
    for author, first in (("Ann", 1001), ("Bo", 1051)):
        own = [
            e.action.first for e in listed.entries if e.author == author and isinstance(e.action, MarkFrames)
        ]
        assert own == list(range(first, first + 25))
    assert conflicts["Ann"] + conflicts["Bo"] > 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=st.lists(st.sampled_from(["do", "do", "undo", "redo"]), max_size=25))
def test_the_undo_stack_is_kept_on_disk(show: Show, presses: list[str]) -> None:
    begin = show.studio.edits("sh010").standing
    past, future = list(begin), list[int]()
    for press in presses:
        seen = show.studio.edits("sh010").revision
        who = {"author": "Ann", "seen_revision": seen, "request_id": new_id()}
        if press == "do":
            past.append(show.add(mark(1001)))
            future = []
        elif press == "undo" and past:
            show.studio.undo_edit("sh010", **who)  # type: ignore[arg-type]
            future.append(past.pop())
        elif press == "redo" and future:
            show.studio.redo_edit("sh010", **who)  # type: ignore[arg-type]
            past.append(future.pop())
        assert list(show.studio.edits("sh010").standing) == past


def test_a_follower_hears_others_and_the_end_of_the_shot(show: Show) -> None:
    show.add(mark(1001))
    heard: list[tuple[int, str]] = []
    ended: list[BaseException] = []
    with running(show.studio) as server, Client(server.address, TOKEN) as client:

        def follow() -> None:
            try:
                for entry in client.watch_edits("sh010", 1):
                    heard.append((entry.revision, entry.author))
            except errors.UnderstudyError as error:
                ended.append(error)

        follower = threading.Thread(target=follow)
        follower.start()
        show.add(mark(1002), author="Bo")
        show.undo("Bo")
        wait_until(lambda: len(heard) == 2, seconds=10)
        purge_person(show.production, show.performer.id)
        follower.join(10)
        assert not follower.is_alive()
        with pytest.raises(errors.NotFound):
            next(client.watch_edits("sh010"))
    assert heard == [(2, "Bo"), (3, "Bo")]
    assert isinstance(ended[0], errors.NotFound)


def test_following_from_a_revision_to_come_is_refused(show: Show) -> None:
    with pytest.raises(errors.BadInput, match="revision 5"):
        next(show.studio.watch_edits("sh010", 5, lambda: True))


# What they solve to


def test_solved_frames_and_curves_through_the_wire(show: Show) -> None:
    show.add(
        move(1010), mark(1012, what=Mark.HOLD_PLATE), BindTrack(track=1, person_id="Rowan"), stroke(1012)
    )
    show.add(SplitTrack(track=0, frame=1050, new_track=4))
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        whole = client.solved("sh010")
        some = client.solved("sh010", FrameRange(1009, 1012))
        curves = client.curves("sh010", 0, (13, 200))
        later = client.curves("sh010", 4, (13,), FrameRange(1049, 1051))
        with pytest.raises(errors.TrackNotFound, match="it has"):
            client.curves("sh010", 77)
        with pytest.raises(errors.BadInput, match="no landmark 478"):
            client.curves("sh010", 0, (478,))
        with pytest.raises(errors.FrameOutOfRange):
            client.curves("sh010", 0, (), FrameRange(1001, 2000))
        assert len(client.curves("sh010", 1, (), FrameRange(1060, 1070)).frame) == 0
    assert len(whole.frame) == 140 and whole.revision == 5 and set(whole.track.tolist()) == {0, 1, 4}
    row = some.row(0, 1010)
    assert row is not None and FaceState(int(some.state_N[row])) is FaceState.KEYED
    np.testing.assert_allclose(some.landmarks_NK2[row, 13], (300, 300), atol=1e-3)
    assert some.bindings == {1: show.performer.id} and some.marks[1012].mark is Mark.HOLD_PLATE
    assert some.plans[1012].hold and len(some.plans[1012].strokes) == 1
    rows = (whole.frame >= 1009) & (whole.frame <= 1012)
    np.testing.assert_allclose(whole.square_N4[rows], some.square_N4, atol=1e-3)
    assert curves.frame.tolist() == list(range(1001, 1050))
    moved = np.linalg.norm(curves.raw_NP2[:, 0] - curves.solved_NP2[:, 0], axis=1)
    assert moved[9] > 50 and moved[30] < 1e-3 and np.all(moved[5:9] > 1)
    np.testing.assert_allclose(curves.raw_NP2[:, 1], curves.solved_NP2[:, 1], atol=1e-3)
    assert later.frame.tolist() == [1050, 1051] and np.isfinite(later.raw_square_N4).all()


def test_curves_show_the_tremble_that_smoothing_takes_away(show: Show) -> None:
    show.add(SmoothAlignments(position=1, face=1), mark(1001))
    curves = show.studio.curves("sh010", 0, (4,), None)
    raw, solved = (np.abs(np.diff(path[:, 0, 0], n=2)).mean() for path in (curves.raw_NP2, curves.solved_NP2))
    assert solved < 0.5 * raw


def test_a_removed_face_is_undefined_in_the_solved_curve(show: Show) -> None:
    show.add(RemoveFaces(track=0, first=1001, last=1010))
    curves = show.studio.curves("sh010", 0, (4,), FrameRange(1001, 1020))
    assert curves.frame.tolist() == list(range(1011, 1021))
    assert show.studio.solved("sh010", None, landmarks=False, plans=False).row(0, 1005) is None


def test_every_edit_and_every_extraction_is_solved_anew(show: Show) -> None:
    first = show.studio.solver.solved(show.shot)
    assert show.studio.solver.solved(show.shot) is first
    assert show.studio.solver.solved(show.shot, only=FrameRange(1005, 1006)) is first
    show.add(crop(1010))
    second = show.studio.solver.solved(show.shot)
    assert second is not first and second.revision == 1
    show.undo()
    assert show.studio.solver.solved(show.shot).revision == 2
    target = show.folder / "shots" / "shot-1" / "again.safetensors"
    save_faces(drawn_faces({3: FRAMES}), target)
    show.add(crop(1010))
    shot = show.production.set_shot_faces("shot-1", show.production.relative(target), sha256_of(target))
    solved = show.studio.solver.solved(shot)
    assert solved.faces.tracks == (3,) and len(solved.orphans) == 1
    show.studio.solver.forget()
    assert show.studio.solver.solved(shot) is not solved


def test_a_shot_of_one_frame_and_a_track_of_three(show: Show) -> None:
    for name, frames in (("one", FrameRange(1001, 1001)), ("three", FrameRange(1001, 1003))):
        record = shot_of(show.performer.id, name, name)
        plate = replace(record.plate, first_index=0, last_index=len(frames) - 1)
        target = show.folder / "shots" / name / "faces.safetensors"
        save_faces(drawn_faces({0: frames}), target)
        path = show.production.relative(target)
        show.production.add_shot(replace(record, plate=plate, faces=path, faces_sha256=sha256_of(target)))
        show.add(crop(1001), SmoothAlignments(), stroke(1001), KeyStrength(frame=1001, value=0), shot=name)
        solved = show.studio.solved(name, None, landmarks=True, plans=True)
        assert len(solved.frame) == len(frames) and solved.plans[1001].strength == 0
        assert (
            np.isfinite(solved.landmarks_NK2).all() and FaceState(int(solved.state_N[0])) is FaceState.KEYED
        )
        assert len(show.studio.curves(name, 0, (4,), None).frame) == len(frames)
        with pytest.raises(errors.FrameOutOfRange):
            show.add(crop(1001 + len(frames)), shot=name)


# The folder and the database


def test_a_production_of_the_first_schema_is_brought_up_with_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    Production.create(folder, "The Film")
    with Production.open(folder) as production:
        person = production.add_person("Rowan")
        kept = production.add_shot(shot_of(person.id))
    connection = sqlite3.connect(folder / "production.db")
    connection.executescript("DROP TABLE edit; DROP TABLE matte_layer; PRAGMA user_version = 1;")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    fresh = sqlite3.connect(tmp_path / "first.db", isolation_level=None)
    fresh.executescript(schema.MIGRATIONS[0])
    assert tables == {row[0] for row in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    fresh.close()
    (folder / "mattes").rmdir()
    with Production.open(folder) as production:
        assert production.shots() == [kept] and production.person("Rowan") == person
        assert (folder / "mattes").is_dir() and production.edits("shot-1") == []
        assert production.append_edits("shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="r")
        assert production.matte_layers() == []


def test_the_store_refuses_what_it_cannot_keep(show: Show) -> None:
    with pytest.raises(errors.NotFound, match="nothing"):
        show.production.append_edits("nothing", [(Step.DO, mark(1001))], author="Ann", request_id="r")
    with pytest.raises(errors.BadRecord, match="request id"):
        show.production.append_edits("shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="")
    with pytest.raises(errors.NotFound):
        show.production.add_matte_layer(layer_of("x", "nothing"))
    assert show.production.append_edits(
        "shot-1", [(Step.DO, mark(1001))], author="Ann", request_id="r", after_revision=3
    ) is None  # fmt: skip
    assert show.production.edits("shot-1") == []


def test_a_purged_persons_edits_and_layers_go(show: Show) -> None:
    other = show.production.add_person("Mira")
    show.production.add_shot(replace(shot_of(other.id, "sh030", "shot-3"), faces=show.shot.faces))
    steps: list[NewStep] = [
        (Step.DO, mark(1001, note="Rowans-chin")),
        (Step.DO, BindTrack(track=0, person_id=show.performer.id)),
        (Step.DO, UseLayer(name="net", layer_id="seen", first=1001, last=1002)),
    ]
    for shot in ("shot-1", "shot-3"):
        show.production.append_edits(shot, steps, author="Ann", request_id="r")
    for identifier, shot_id, people in (
        ("own", "shot-1", ()),
        ("seen", "shot-3", (show.performer.id,)),
        ("kept", "shot-3", (other.id,)),
    ):
        show.production.add_matte_layer(layer_of(identifier, shot_id, *people))
        (show.folder / "mattes" / identifier).mkdir()
        (show.folder / "mattes" / identifier / "layer.json").write_text(json.dumps({"people": people}))
    report = purge_person(show.production, show.performer.id)
    assert [layer.id for layer in show.production.matte_layers()] == ["kept"]
    assert {path.name for path in (show.folder / "mattes").iterdir()} == {"kept"}
    assert {"mattes/own", "mattes/seen"} <= set(report.paths)
    assert show.production.edits("shot-1") == []
    assert [entry.action for entry in show.production.edits("shot-3")] == [
        mark(1001, note="Rowans-chin"),
        BindTrack(track=0, person_id=""),
        UseLayer(name="net", layer_id="", first=1001, last=1002),
    ]
    # two shots, three of their edits, two layers
    assert report.rows == 7


ECHO = """
import json, sys
from understudy.jobs.preview_pipe import read_message, write_message
while (told := read_message(sys.stdin.buffer)) is not None:
    task = json.loads(told)
    write_message(sys.stdout.buffer, {"revision": task["edits_after"] + len(task["edits"])}, told)
"""


def test_a_purge_ends_the_preview_worker_and_what_it_kept(show: Show, tmp_path: Path) -> None:
    previewer = Previewer([sys.executable, "-c", ECHO], dict(os.environ), log_file=tmp_path / "preview.log")
    studio = Studio(show.production, worker_command=lambda _: [], worker_environment={}, previewer=previewer)
    guest = show.production.add_person("Mira")
    show.add(BindTrack(track=0, person_id="Mira"))
    look = PreviewRequest(session="s", shot_id="sh010", frame=1001, layer=Layer.MATTE)

    def sent() -> list[dict[str, object]]:
        return list(json.loads(studio.preview_frame(look).jpeg)["edits"])

    try:
        assert guest.id in json.dumps(sent()) and sent() == []
        studio.purge_person("Mira")
        (entry,) = sent()
        assert guest.id not in json.dumps(entry), "a fresh worker gets the list as it is now"
    finally:
        previewer.stop()
