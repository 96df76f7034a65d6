"""Edits in memory, for testing the wire and its clients: the lists are real, the solved faces drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from understudy.domain.edit import Action, MarkFrames
from understudy.domain.edit_conflict import entry_to_redo, entry_to_undo, refuse_unseen
from understudy.domain.edit_stack import EditEntry, Step, stack_of
from understudy.domain.edit_views import MAX_ACTIONS, Curves, EditList, EditsAdded, SolvedFrames, Timeline
from understudy.domain.errors import BadEdit, BadInput, FrameOutOfRange, NotFound
from understudy.domain.face import LANDMARKS, no_faces
from understudy.domain.solved import FrameMark, FramePlan
from understudy.domain.time import FrameRange
from understudy.solve.timeline import timeline


class FakeEdits:
    """The edits of one shot, which has one track with a face on every frame."""

    def __init__(self, shot_id: str, frames: FrameRange) -> None:
        self._shot_id, self._frames = shot_id, frames
        self._entries: list[EditEntry] = []
        self._requests: dict[str, list[EditEntry]] = {}
        self._edited = threading.Condition()

    def add_edits(
        self, shot_id: str, actions: Sequence[Action], *, author: str, seen_revision: int, request_id: str
    ) -> EditsAdded:
        if not author or not 0 < len(actions) <= MAX_ACTIONS:
            raise BadEdit("an edit needs an author, and there must be some")
        with self._edited:
            if request_id not in self._requests:
                refuse_unseen(actions, self._entries, author=author, seen_revision=seen_revision)
            added = self._write(shot_id, author, request_id, [(Step.DO, action) for action in actions])
        return EditsAdded(entries=tuple(added), revision=added[-1].revision)

    def undo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        with self._edited:
            if request_id not in self._requests:
                entry_to_undo(self._entries, author=author, seen_revision=seen_revision)
            return self._write(shot_id, author, request_id, [(Step.UNDO, None)])[0]

    def redo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        with self._edited:
            if request_id not in self._requests:
                entry_to_redo(self._entries, author=author, seen_revision=seen_revision)
            return self._write(shot_id, author, request_id, [(Step.REDO, None)])[0]

    def edits(self, shot_id: str, after_revision: int = 0, limit: int = -1) -> EditList:
        self._known(shot_id)
        some = self._entries[after_revision:]
        return EditList(
            entries=tuple(some if limit < 0 else some[:limit]),
            revision=len(self._entries),
            standing=tuple(entry.revision for entry in stack_of(self._entries).done),
        )

    def watch_edits(
        self, shot_id: str, after_revision: int, alive: Callable[[], bool]
    ) -> Iterator[EditEntry]:
        self._known(shot_id)
        while alive():
            with self._edited:
                some = self._entries[after_revision:]
                if not some:
                    self._edited.wait(0.05)
            yield from some
            after_revision += len(some)

    def solved(
        self, shot_id: str, frames: FrameRange | None, *, landmarks: bool, plans: bool
    ) -> SolvedFrames:
        self._known(shot_id)
        wanted = frames or self._frames
        if wanted.first not in self._frames or wanted.last not in self._frames:
            raise FrameOutOfRange(f"the shot has frames {self._frames}")
        numbers = np.arange(wanted.first, wanted.last + 1, dtype=np.int32)
        marks = {
            frame: FrameMark(mark=entry.action.mark, note=entry.action.note, author=entry.author)
            for entry in stack_of(self._entries).done
            if isinstance(entry.action, MarkFrames)
            for frame in range(entry.action.first, entry.action.last + 1)
            if frame in wanted
        }
        count = len(numbers)
        points = np.arange(count if landmarks else 0, dtype=np.float32)[:, None, None]
        return SolvedFrames(
            revision=len(self._entries),
            frames=wanted,
            frame=numbers,
            track=np.zeros(count, np.int32),
            state_N=(numbers % 4).astype(np.int8),
            presence=np.full(count, 0.75, np.float32),
            filled=numbers % 2 == 0,
            square_N4=numbers[:, None] + np.array([0.5, 1.5, 100.25, -3.0]),
            landmarks_NK2=points + np.arange(LANDMARKS * 2, dtype=np.float32).reshape(1, LANDMARKS, 2),
            plans={wanted.first: FramePlan(strength=0.5, hold=True)} if plans else {},
            marks=marks,
            bindings={0: "p2"},
        )

    def curves(self, shot_id: str, track: int, points: Sequence[int], frames: FrameRange | None) -> Curves:
        solved = self.solved(shot_id, frames, landmarks=True, plans=False)
        if track != 0:
            raise BadInput(f"there is no track {track}")
        chosen = solved.landmarks_NK2[:, list(points)]
        raw = chosen + np.float32(0.5)
        raw[0] = np.nan
        return Curves(
            revision=solved.revision,
            track=track,
            points=tuple(points),
            frame=solved.frame,
            state_N=solved.state_N,
            raw_square_N4=solved.square_N4 + 1,
            square_N4=solved.square_N4,
            raw_NP2=raw,
            solved_NP2=chosen,
        )

    def timeline(self, shot_id: str) -> Timeline:
        self._known(shot_id)
        return timeline(no_faces(), self._entries, frames=self._frames)

    def _known(self, shot_id: str) -> None:
        if shot_id != self._shot_id:
            raise NotFound(f"there is no shot {shot_id}")

    def _write(
        self, shot_id: str, author: str, request_id: str, steps: Sequence[tuple[Step, Action | None]]
    ) -> list[EditEntry]:
        self._known(shot_id)
        if request_id not in self._requests:
            at, first = datetime.now(UTC).isoformat(), len(self._entries) + 1
            self._requests[request_id] = [
                EditEntry(revision=number, author=author, at=at, step=step, action=action)
                for number, (step, action) in enumerate(steps, first)
            ]
            self._entries += self._requests[request_id]
            self._edited.notify_all()
        return self._requests[request_id]
