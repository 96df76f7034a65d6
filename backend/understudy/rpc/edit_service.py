"""The edit service: decode, call the backend, encode, and keep every answer within one message."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc

from understudy.domain.errors import BadInput, ServerUnreachable, Transient
from understudy.domain.time import FrameRange
from understudy.rpc.asked import said
from understudy.rpc.backend import Backend
from understudy.rpc.calls import caller_of
from understudy.v1 import edits_pb2 as pb
from understudy.v1 import edits_pb2_grpc as rpc
from understudy.wire.edits import (
    curves_to_wire,
    edit_action_from_wire,
    edit_entry_to_wire,
    edit_list_to_wire,
    edits_added_to_wire,
    solved_frames_to_wire,
)
from understudy.wire.limits import MAX_EDITS_BYTES, MAX_LIST_BYTES
from understudy.wire.time import frame_range_from_wire, frame_range_to_wire
from understudy.wire.timeline import timeline_to_wire

Context = grpc.ServicerContext

ENTRIES_PAGE = 1000
LANDMARK_FRAMES, PLAIN_FRAMES = 64, 5000
MAX_CURVES = 64
ORPHANS_KEPT = 100
SHORT_NOTES = (200, 20, 0)
"""Characters of each note when a timeline would not fit into one message with whole ones."""


class EditService(rpc.EditServiceServicer):
    """Edits and what they solve to. Those who follow a shot share `watchers` with those who follow jobs."""

    def __init__(self, backend: Backend, *, watchers: threading.Semaphore) -> None:
        self._backend = backend
        self._watchers = watchers

    def AddEdits(self, request: pb.AddEditsRequest, context: Context) -> pb.AddEditsResponse:
        if request.ByteSize() > MAX_EDITS_BYTES:
            raise BadInput(f"the edits have {request.ByteSize()} bytes; add them in several requests")
        added = self._backend.add_edits(
            said(request.shot_id, "shot"),
            [edit_action_from_wire(action) for action in request.actions],
            author=_author(request.author, context),
            seen_revision=request.seen_revision,
            request_id=said(request.request_id, "request"),
        )
        return edits_added_to_wire(added)

    def UndoEdit(self, request: pb.UndoEditRequest, context: Context) -> pb.UndoEditResponse:
        entry = self._backend.undo_edit(
            said(request.shot_id, "shot"),
            author=_author(request.author, context),
            seen_revision=request.seen_revision,
            request_id=said(request.request_id, "request"),
        )
        return pb.UndoEditResponse(entry=edit_entry_to_wire(entry))

    def RedoEdit(self, request: pb.RedoEditRequest, context: Context) -> pb.RedoEditResponse:
        entry = self._backend.redo_edit(
            said(request.shot_id, "shot"),
            author=_author(request.author, context),
            seen_revision=request.seen_revision,
            request_id=said(request.request_id, "request"),
        )
        return pb.RedoEditResponse(entry=edit_entry_to_wire(entry))

    def ListEdits(self, request: pb.ListEditsRequest, context: Context) -> pb.ListEditsResponse:
        shot_id = said(request.shot_id, "shot")
        answer = edit_list_to_wire(self._backend.edits(shot_id, _after(request.after_revision), ENTRIES_PAGE))
        size, fitting = 0, 0
        for entry in answer.entries:
            size += entry.ByteSize()
            if fitting and size > MAX_LIST_BYTES:
                break
            fitting += 1
        del answer.entries[fitting:]
        return answer

    def WatchEdits(self, request: pb.WatchEditsRequest, context: Context) -> Iterator[pb.WatchEditsResponse]:
        shot_id, after = said(request.shot_id, "shot"), _after(request.after_revision)
        if not self._watchers.acquire(blocking=False):
            raise Transient("too many clients follow this server; it is tried again by itself")
        try:
            for entry in self._backend.watch_edits(shot_id, after, context.is_active):
                yield pb.WatchEditsResponse(entry=edit_entry_to_wire(entry))
        finally:
            self._watchers.release()
        raise ServerUnreachable(f"the server stopped following shot {shot_id}; follow it again")

    def GetSolved(self, request: pb.GetSolvedRequest, context: Context) -> pb.GetSolvedResponse:
        shot_id = said(request.shot_id, "shot")
        asked = _frames(request)
        wanted = self._backend.shot(shot_id).plate.frames if asked is None else asked
        most = LANDMARK_FRAMES if request.landmarks else PLAIN_FRAMES
        last = min(wanted.last, wanted.first + most - 1)
        while True:
            frames = FrameRange(wanted.first, last)
            solved = self._backend.solved(shot_id, frames, landmarks=request.landmarks, plans=request.plans)
            answer = solved_frames_to_wire(solved)
            size = answer.ByteSize()
            if last == wanted.first or size <= MAX_LIST_BYTES:
                answer.asked.CopyFrom(frame_range_to_wire(wanted))
                return answer
            last = wanted.first + int((last - wanted.first) * 0.9 * MAX_LIST_BYTES / size)

    def GetTimeline(self, request: pb.GetTimelineRequest, context: Context) -> pb.GetTimelineResponse:
        timeline = self._backend.timeline(said(request.shot_id, "shot"))
        answer = timeline_to_wire(timeline)
        for characters in SHORT_NOTES:
            if answer.ByteSize() <= MAX_LIST_BYTES:
                return answer
            for mark in answer.notes.values():
                mark.note = mark.note[:characters]
        del answer.orphans[ORPHANS_KEPT:]
        return answer

    def GetCurves(self, request: pb.GetCurvesRequest, context: Context) -> pb.GetCurvesResponse:
        shot_id, points = said(request.shot_id, "shot"), tuple(request.landmarks)
        if len(points) > MAX_CURVES:
            raise BadInput(f"curves of {len(points)} landmarks are too many; ask for up to {MAX_CURVES}")
        answer = curves_to_wire(self._backend.curves(shot_id, request.track, points, _frames(request)))
        if answer.ByteSize() > MAX_LIST_BYTES:
            raise BadInput("so many curves do not fit into one answer; ask for fewer frames or landmarks")
        return answer


def _author(said_author: str, context: Context) -> str:
    """Who edits: as the client says, which may serve several people, else whom the token was made for."""
    caller = caller_of(context)
    return said_author or (caller.name if caller.token_id else "")


def _frames(request: pb.GetSolvedRequest | pb.GetCurvesRequest) -> FrameRange | None:
    return frame_range_from_wire(request.frames) if request.HasField("frames") else None


def _after(revision: int) -> int:
    if revision < 0:
        raise BadInput(f"there is no revision {revision}; they count from 1, and 0 asks for all")
    return revision
