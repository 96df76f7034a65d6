"""Edits through a real server and real clients, over lists in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.edit import (
    AddFace,
    BindTrack,
    Mark,
    MarkFrames,
    Mode,
    PaintStroke,
    PlaceCrop,
    SmoothAlignments,
)
from understudy.domain.edit_points import MAX_POINTS
from understudy.domain.edit_stack import EditEntry, Step
from understudy.domain.edit_views import SolvedFrames
from understudy.domain.face import LANDMARKS
from understudy.domain.server_file import ServerLocation, write_server_file
from understudy.domain.solved import FramePlan, Stroke
from understudy.domain.time import FrameRange
from understudy.v1 import edits_pb2 as pb
from understudy.wire.edits import edit_action_to_wire

SHOT = fakes.SHOT.id


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def client(backend: FakeBackend) -> Iterator[Client]:
    with running(backend) as server, Client(server.address, TOKEN) as client:
        yield client


def mark(frame: int, note: str = "") -> MarkFrames:
    return MarkFrames(first=frame, last=frame, mark=Mark.FLAGGED, note=note)


def crop(frame: int) -> PlaceCrop:
    return PlaceCrop(track=0, frame=frame, centre_x=1, centre_y=2, side_px=9, angle_deg=0)


def test_adding_undoing_and_listing(client: Client) -> None:
    added = client.add_edits(
        SHOT, [mark(1001), BindTrack(track=0, person_id="p")], author="Ann", seen_revision=0
    )
    assert added.revision == 2 and [entry.revision for entry in added.entries] == [1, 2]
    assert [entry.action for entry in added.entries] == [mark(1001), BindTrack(track=0, person_id="p")]
    undone = client.undo_edit(SHOT, author="Ann", seen_revision=2)
    assert (undone.step, undone.revision, undone.action) == (Step.UNDO, 3, None)
    listed = client.edits(SHOT)
    assert (listed.revision, listed.standing) == (3, (1,))
    assert listed.entries == (*added.entries, undone)
    assert client.redo_edit(SHOT, author="Ann", seen_revision=3).step is Step.REDO
    assert client.edits(SHOT, after_revision=3).standing == (1, 2)
    assert [entry.revision for entry in client.edits(SHOT, after_revision=3).entries] == [4]


def test_the_same_request_adds_once(client: Client) -> None:
    first, again = (
        client.add_edits(SHOT, [mark(1001)], author="Ann", seen_revision=0, request_id="r") for _ in range(2)
    )
    assert first == again and client.edits(SHOT).revision == 1
    for _ in range(2):
        client.undo_edit(SHOT, author="Ann", seen_revision=1, request_id="u")
    assert client.edits(SHOT).revision == 2


def test_every_refusal_crosses_by_its_name(client: Client) -> None:
    client.add_edits(SHOT, [crop(1010)], author="Bo", seen_revision=0)
    with pytest.raises(errors.EditConflict, match="Bo changed track 0 on frame 1010"):
        client.add_edits(SHOT, [crop(1010)], author="Ann", seen_revision=0)
    with pytest.raises(errors.EditConflict):
        client.undo_edit(SHOT, author="Ann", seen_revision=0)
    with pytest.raises(errors.NothingToUndo):
        client.redo_edit(SHOT, author="Ann", seen_revision=1)
    with pytest.raises(errors.BadInput, match="revision 7"):
        client.add_edits(SHOT, [crop(1010)], author="Ann", seen_revision=7)
    with pytest.raises(errors.BadEdit):
        client.add_edits(SHOT, [], author="Ann", seen_revision=1)
    with pytest.raises(errors.BadEdit):
        client.add_edits(SHOT, [mark(1001)] * 501, author="Ann", seen_revision=1)
    with pytest.raises(errors.BadEdit):
        client.add_edits(SHOT, [crop(1010)], author="", seen_revision=1)
    with pytest.raises(errors.NotFound):
        client.edits("another")
    with pytest.raises(errors.NotFound):
        next(client.watch_edits("another"))
    with pytest.raises(errors.BadInput, match="which shot"):
        client.undo_edit("", author="Ann", seen_revision=0)
    with pytest.raises(errors.BadInput, match="no revision -1"):
        client.edits(SHOT, after_revision=-1)
    assert client.edits(SHOT).revision == 1


def test_an_edit_without_a_request_id_or_a_kind_is_refused(client: Client) -> None:
    def send(**values: object) -> None:
        request = pb.AddEditsRequest(shot_id=SHOT, author="Ann", **values)  # type: ignore[arg-type]
        client._connection.call("EditService/AddEdits", request, pb.AddEditsResponse, deadline_s=5)

    with pytest.raises(errors.BadInput, match="which request"):
        send(actions=[edit_action_to_wire(mark(1001))])
    with pytest.raises(errors.BadEdit, match="says nothing"):
        send(actions=[pb.EditAction()], request_id="r")


def test_more_than_a_message_holds_is_refused_and_long_lists_come_in_pages(client: Client) -> None:
    face = AddFace(track=1, frame=1001, landmarks=tuple(float(n) for n in range(2 * LANDMARKS)))
    stroke = PaintStroke(frame=1001, mode=Mode.EXCLUDE, points=(1.5, 2.5) * MAX_POINTS, radius_px=3)
    with pytest.raises(errors.BadInput, match="several requests"):
        client.add_edits(SHOT, [stroke] * 12 + [face] * 15, author="Ann", seen_revision=0)
    with pytest.raises(errors.BadInput, match="4 MiB"):
        client.add_edits(SHOT, [stroke] * 14, author="Ann", seen_revision=0)
    for batch in range(3):
        client.add_edits(SHOT, [stroke] * 11, author="Ann", seen_revision=11 * batch)
    listed = client.edits(SHOT)
    assert [entry.revision for entry in listed.entries] == list(range(1, 34))
    assert all(entry.action == stroke for entry in listed.entries)


def test_two_people_see_each_others_edits(backend: FakeBackend) -> None:
    heard: list[EditEntry] = []
    with (
        running(backend) as server,
        Client(server.address, TOKEN) as ann,
        Client(server.address, TOKEN) as bo,
    ):
        bo.add_edits(SHOT, [mark(1001)], author="Bo", seen_revision=0)
        follower = threading.Thread(target=lambda: heard.extend(islice(ann.watch_edits(SHOT), 3)))
        follower.start()
        bo.add_edits(SHOT, [mark(1002, "teeth")], author="Bo", seen_revision=1)
        bo.undo_edit(SHOT, author="Bo", seen_revision=2)
        follower.join(10)
        assert not follower.is_alive()
        assert tuple(heard) == bo.edits(SHOT).entries
        assert next(ann.watch_edits(SHOT, after_revision=2)).step is Step.UNDO


def test_following_survives_a_restarted_server(backend: FakeBackend, tmp_path: Path) -> None:
    heard: list[int] = []
    with running(backend) as first:
        write_server_file(tmp_path, ServerLocation(address=first.address, token=TOKEN, pid=1))
        client = Client.of_production(tmp_path)
        follower = threading.Thread(
            target=lambda: heard.extend(entry.revision for entry in islice(client.watch_edits(SHOT), 3))
        )
        follower.start()
        client.add_edits(SHOT, [mark(1001)], author="Ann", seen_revision=0)
    backend.add_edits(SHOT, [mark(1002)], author="Bo", seen_revision=1, request_id="meanwhile")
    with running(backend) as second:
        write_server_file(tmp_path, ServerLocation(address=second.address, token=TOKEN, pid=2))
        backend.add_edits(SHOT, [mark(1003)], author="Bo", seen_revision=2, request_id="later")
        follower.join(10)
        assert not follower.is_alive() and heard == [1, 2, 3]
        client.close()


def test_followers_of_shots_and_jobs_share_their_places(backend: FakeBackend) -> None:
    backend.add_edits(SHOT, [mark(1001)], author="Ann", seen_revision=0, request_id="r")
    with running(backend, max_workers=4) as server, Client(server.address, TOKEN) as client:
        followers = [client.watch_edits(SHOT) for _ in range(2)]
        assert [next(entries).revision for entries in followers] == [1, 1]
        with pytest.raises(errors.ServerUnreachable, match="from revision 0"):
            next(client.watch_edits(SHOT, patience_s=0.0))
        with pytest.raises(errors.ServerUnreachable):
            next(client.watch("any", patience_s=0.0))
        assert client.edits(SHOT).revision == 1
        followers[0].close()  # type: ignore[attr-defined]
        assert next(client.watch_edits(SHOT)).revision == 1


def test_solved_frames_come_in_pages_and_whole(backend: FakeBackend, client: Client) -> None:
    client.add_edits(SHOT, [mark(1070, "teeth"), SmoothAlignments()], author="Ann", seen_revision=0)
    got = client.solved(SHOT)
    wanted = backend.solved(SHOT, fakes.PLATE.frames, landmarks=True, plans=True)
    assert len(got.frame) == 84 and got.frames == fakes.PLATE.frames and got.revision == 2
    for name in ("frame", "track", "state_N", "presence", "filled", "square_N4"):
        np.testing.assert_array_equal(getattr(got, name), getattr(wanted, name))
    assert got.landmarks_NK2.shape == (84, LANDMARKS, 2) and set(got.plans) == {1001, 1065}
    assert list(got.marks) == [1070] and got.marks[1070].note == "teeth"
    assert got.row(0, 1005) == 4 and got.row(1, 1005) is None
    some = client.solved(SHOT, FrameRange(1003, 1004), landmarks=False, plans=False)
    assert some.frame.tolist() == [1003, 1004] and len(some.landmarks_NK2) == 0 and not some.plans
    with pytest.raises(errors.FrameOutOfRange):
        client.solved(SHOT, FrameRange(900, 1001))
    with pytest.raises(errors.BadSettings):
        request = pb.GetSolvedRequest(shot_id=SHOT)
        request.frames.first, request.frames.last = 5, 2
        client._connection.call("EditService/GetSolved", request, pb.GetSolvedResponse, deadline_s=5)


def test_pages_of_different_revisions_are_read_again(backend: FakeBackend, client: Client) -> None:
    calls, inner = list[FrameRange](), backend.solved

    def busy(shot_id: str, frames: FrameRange, *, landmarks: bool, plans: bool) -> object:
        calls.append(frames)
        if len(calls) == 1:
            added = inner(shot_id, frames, landmarks=landmarks, plans=plans)
            backend.add_edits(SHOT, [mark(1001)], author="Bo", seen_revision=0, request_id="between")
            return added
        return inner(shot_id, frames, landmarks=landmarks, plans=plans)

    backend.solved = busy  # type: ignore[method-assign, assignment]
    assert client.solved(SHOT).revision == 1
    assert [frames.first for frames in calls] == [1001, 1065, 1001, 1065]


def test_curves(backend: FakeBackend, client: Client) -> None:
    frames = FrameRange(1001, 1020)
    got, wanted = client.curves(SHOT, 0, (13, 14), frames), backend.curves(SHOT, 0, (13, 14), frames)
    for field in fields(wanted):
        np.testing.assert_array_equal(getattr(got, field.name), getattr(wanted, field.name))
    assert np.isnan(got.raw_NP2[0]).all() and len(client.curves(SHOT, 0).frame) == 84
    with pytest.raises(errors.BadInput, match="up to 64"):
        client.curves(SHOT, 0, range(65))


def test_a_crowd_of_plans_comes_in_parts_that_fit(backend: FakeBackend, client: Client) -> None:
    inner = backend.solved
    stroke = Stroke(mode=Mode.EXCLUDE, points=(1.5, 2.5) * 5000, radius_px=3, softness=0.5)

    def painted(shot_id: str, frames: FrameRange, *, landmarks: bool, plans: bool) -> SolvedFrames:
        plain = inner(shot_id, frames, landmarks=landmarks, plans=False)
        return replace(plain, plans={frame: FramePlan(strokes=(stroke,)) for frame in frames})

    backend.solved = painted  # type: ignore[method-assign, assignment]
    got = client.solved(SHOT, landmarks=False)
    assert list(got.plans) == list(fakes.PLATE.frames) and got.plans[1050].strokes == (stroke,)
    assert got.frame.tolist() == list(fakes.PLATE.frames)
