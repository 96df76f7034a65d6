"""What the edit service calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from understudy.domain.edit import Action
from understudy.domain.edit_stack import EditEntry
from understudy.domain.edit_views import Curves, EditList, EditsAdded, SolvedFrames, Timeline
from understudy.domain.time import FrameRange


class EditBackend(Protocol):
    """The edits of an open production. As for `Backend`: many threads, `UnderstudyError`s, ids or names.

    `seen_revision` is how far the author knows the list; `request_id` makes a repeated request harmless.
    """

    def add_edits(
        self, shot_id: str, actions: Sequence[Action], *, author: str, seen_revision: int, request_id: str
    ) -> EditsAdded:
        """Add edits, all or none; the same request again gives what it added.

        Raises: NotFound, BadEdit, BadMatte, TrackNotFound, FrameOutOfRange; EditConflict when they meet an
        unseen change; BadInput for a revision that is not there; Conflict for a request id used otherwise.
        """

    def undo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        """Take the newest standing edit back.

        Raises: NotFound, NothingToUndo; EditConflict when the author expects another one; BadInput, Conflict.
        """

    def redo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        """Bring the edit back that was undone last. Raises: as `undo_edit`."""

    def edits(self, shot_id: str, after_revision: int = 0, limit: int = -1) -> EditList:
        """Entries above a revision, at most `limit` (below 0: all). Raises: NotFound."""

    def watch_edits(
        self, shot_id: str, after_revision: int, alive: Callable[[], bool]
    ) -> Iterator[EditEntry]:
        """Entries above a revision, then new ones as they come.

        Ends soon (a second at most) after `alive()` became false.
        Raises at the first step: NotFound; BadInput for a revision that is not there yet.
        """

    def solved(
        self, shot_id: str, frames: FrameRange | None, *, landmarks: bool, plans: bool
    ) -> SolvedFrames:
        """Solved faces of some frames, or of all. Raises: NotFound, FrameOutOfRange."""

    def timeline(self, shot_id: str) -> Timeline:
        """What there is on every frame of a shot, without any points. Raises: NotFound."""

    def curves(self, shot_id: str, track: int, points: Sequence[int], frames: FrameRange | None) -> Curves:
        """A track as found and as solved. Raises: NotFound, TrackNotFound, FrameOutOfRange, BadInput."""
