"""The verbs on a shot's edits, and what they solve to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from understudy.client.connection import Connection
from understudy.client.watching import PATIENCE_S, edits_of
from understudy.domain.edit import Action
from understudy.domain.edit_stack import EditEntry
from understudy.domain.edit_views import Curves, EditList, EditsAdded, SolvedFrames
from understudy.domain.errors import Transient
from understudy.domain.identifiers import new_id
from understudy.domain.time import FrameRange
from understudy.v1 import edits_pb2 as pb
from understudy.wire.edits import (
    curves_from_wire,
    edit_action_to_wire,
    edit_entry_from_wire,
    edit_list_from_wire,
    edits_added_from_wire,
    solved_frames_from_wire,
)
from understudy.wire.time import frame_range_to_wire

_EDIT_DEADLINE_S = 60.0  # a long shot is solved when it is looked at for the first time
_MOST_TRIES = 5

_COLUMNS = ("frame", "track", "state_N", "presence", "filled", "square_N4", "landmarks_NK2")


class EditCalls:
    """The part of a client that edits shots. `shot_id` is a shot's id or name everywhere."""

    _connection: Connection

    def add_edits(
        self,
        shot_id: str,
        actions: Sequence[Action],
        *,
        author: str,
        seen_revision: int,
        request_id: str = "",
    ) -> EditsAdded:
        """Add edits, all or none. `seen_revision` is how far the author knows the shot's list.

        The same `request_id` gives what was added before; empty makes a fresh one.
        Raises: BadEdit, BadMatte, TrackNotFound, FrameOutOfRange, EditConflict when something unseen is met.
        """
        request = pb.AddEditsRequest(
            shot_id=shot_id,
            author=author,
            seen_revision=seen_revision,
            actions=[edit_action_to_wire(action) for action in actions],
            request_id=request_id or new_id(),
        )
        answer = self._connection.call(
            "EditService/AddEdits", request, pb.AddEditsResponse, deadline_s=_EDIT_DEADLINE_S
        )
        return edits_added_from_wire(answer)

    def undo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str = "") -> EditEntry:
        """Take the shot's newest standing edit back. Raises: NothingToUndo, EditConflict."""
        request = pb.UndoEditRequest(
            shot_id=shot_id, author=author, seen_revision=seen_revision, request_id=request_id or new_id()
        )
        answer = self._connection.call(
            "EditService/UndoEdit", request, pb.UndoEditResponse, deadline_s=_EDIT_DEADLINE_S
        )
        return edit_entry_from_wire(answer.entry)

    def redo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str = "") -> EditEntry:
        """Bring the edit back that was undone last. Raises: NothingToUndo, EditConflict."""
        request = pb.RedoEditRequest(
            shot_id=shot_id, author=author, seen_revision=seen_revision, request_id=request_id or new_id()
        )
        answer = self._connection.call(
            "EditService/RedoEdit", request, pb.RedoEditResponse, deadline_s=_EDIT_DEADLINE_S
        )
        return edit_entry_from_wire(answer.entry)

    def edits(self, shot_id: str, after_revision: int = 0) -> EditList:
        """All entries of a shot above a revision, its present revision, and which edits stand."""
        entries: list[EditEntry] = []
        request = pb.ListEditsRequest(shot_id=shot_id, after_revision=after_revision)
        while True:
            answer = self._connection.call(
                "EditService/ListEdits", request, pb.ListEditsResponse, deadline_s=_EDIT_DEADLINE_S
            )
            page = edit_list_from_wire(answer)
            entries += page.entries
            if not page.entries or entries[-1].revision >= page.revision:
                return replace(page, entries=tuple(entries))
            request.after_revision = entries[-1].revision

    def watch_edits(
        self, shot_id: str, after_revision: int = 0, *, patience_s: float = PATIENCE_S
    ) -> Iterator[EditEntry]:
        """Entries above a revision, each once and in order, then those of everybody as they are made.

        A dropped connection or a restarted server is bridged. It ends only with an error.
        Raises: ServerUnreachable when nobody answers for `patience_s`; NotFound.
        """
        return edits_of(self._connection, shot_id, after_revision, patience_s=patience_s)

    def solved(
        self, shot_id: str, frames: FrameRange | None = None, *, landmarks: bool = True, plans: bool = True
    ) -> SolvedFrames:
        """Solved faces and matte plans of some frames, or of the whole shot, all of one revision.

        Raises: NotFound, FrameOutOfRange; Transient when the shot is edited faster than it can be read.
        """
        for _ in range(_MOST_TRIES):
            pages = list(self._solved_pages(shot_id, frames, landmarks=landmarks, plans=plans))
            if pages[-1].revision == pages[0].revision:
                return _joined(pages)
        raise Transient(f"shot {shot_id} is edited faster than it can be read; ask for fewer frames")

    def _solved_pages(
        self, shot_id: str, frames: FrameRange | None, *, landmarks: bool, plans: bool
    ) -> Iterator[SolvedFrames]:
        request = pb.GetSolvedRequest(shot_id=shot_id, landmarks=landmarks, plans=plans)
        rest, revision = frames, -1
        while True:
            if rest is not None:
                request.frames.CopyFrom(frame_range_to_wire(rest))
            answer = self._connection.call(
                "EditService/GetSolved", request, pb.GetSolvedResponse, deadline_s=_EDIT_DEADLINE_S
            )
            page = solved_frames_from_wire(answer)
            yield page
            changed = revision not in (-1, page.revision)
            last = answer.asked.last if frames is None else frames.last
            if changed or page.frames.last >= last:
                return
            rest, revision = FrameRange(page.frames.last + 1, last), page.revision

    def curves(
        self, shot_id: str, track: int, landmarks: Sequence[int] = (), frames: FrameRange | None = None
    ) -> Curves:
        """A track frame by frame, as found and as solved, with the paths of some landmarks.

        Raises: NotFound, TrackNotFound, FrameOutOfRange, BadInput.
        """
        request = pb.GetCurvesRequest(
            shot_id=shot_id,
            track=track,
            landmarks=landmarks,
            frames=None if frames is None else frame_range_to_wire(frames),
        )
        answer = self._connection.call(
            "EditService/GetCurves", request, pb.GetCurvesResponse, deadline_s=_EDIT_DEADLINE_S
        )
        return curves_from_wire(answer, track=track)


def _joined(pages: Sequence[SolvedFrames]) -> SolvedFrames:
    """The pages of one revision as one."""
    first, last = pages[0], pages[-1]
    if first is last:
        return first
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(page, name) for page in pages]) for name in _COLUMNS
    }
    return replace(
        last,
        frames=FrameRange(first.frames.first, last.frames.last),
        **columns,
        plans={frame: plan for page in pages for frame, plan in page.plans.items()},
        marks={frame: mark for page in pages for frame, mark in page.marks.items()},
    )
