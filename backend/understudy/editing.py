"""Taking edits in: who may change what, and whether the edit makes sense in its shot.

An edit is checked against the edits that stand, then written only if nobody was quicker; otherwise it is
checked again. So a long check holds nobody up and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import count, takewhile

from understudy.config import ConvertConfig, settings_from
from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    ComposeMatte,
    CurateFaces,
    Follow,
    KeyShape,
    MergeTracks,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
    action_name,
)
from understudy.domain.edit_conflict import entry_to_redo, entry_to_undo, refuse_unseen
from understudy.domain.edit_stack import EditEntry, Step, frames_of, stack_of
from understudy.domain.edit_views import (
    MAX_ACTIONS,
    MAX_AUTHOR,
    Curves,
    EditList,
    EditsAdded,
    SolvedFrames,
    Timeline,
)
from understudy.domain.errors import BadEdit, BadInput, UnderstudyError
from understudy.domain.shot import Shot
from understudy.domain.time import FrameRange, parse_frames
from understudy.matte.expression import parse
from understudy.solve import check_each
from understudy.solving import Solver
from understudy.store.edit_tables import NewStep, check_repeated
from understudy.store.production import Production

TICK_S = 1.0  # how long a follower sleeps before it looks whether its client is still there
_PATIENT_TRIES = 3  # after so many quicker others, the next check keeps them waiting

_ON_FACES = (
    MoveLandmarks, PlaceCrop, RemoveKeys, SmoothAlignments,
    AddFace, RemoveFaces, MergeTracks, SplitTrack, BindTrack, CurateFaces,
)  # fmt: skip


class Editing:
    """Implements `rpc.edit_backend.EditBackend` over one production. Used from many threads."""

    def __init__(self, production: Production) -> None:
        self._production = production
        self.solver = Solver(production)

    def add_edits(
        self, shot_id: str, actions: Sequence[Action], *, author: str, seen_revision: int, request_id: str
    ) -> EditsAdded:
        """Add edits, all or none. The same request again gives what it added.

        Raises: NotFound, BadEdit, BadMatte, TrackNotFound, FrameOutOfRange, EditConflict, BadInput.
        """
        shot = self._production.shot(shot_id)
        if not 1 <= len(actions) <= MAX_ACTIONS:
            raise BadEdit(f"one request adds 1 to {MAX_ACTIONS} edits, not {len(actions)}")
        named = [self._named_edit(action, shot) for action in actions]
        steps = [(Step.DO, action) for action in named]

        def allowed(entries: list[EditEntry]) -> None:
            refuse_unseen(named, entries, author=author, seen_revision=seen_revision)
            self._check_edits(named, shot, entries)

        added = self._write_edits(shot, steps, author=author, request_id=request_id, allowed=allowed)
        return EditsAdded(entries=tuple(added), revision=added[-1].revision)

    def undo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        """Take the newest standing edit back, with all that the same job made: the last entry comes back.

        Raises: NotFound, NothingToUndo, EditConflict, BadInput.
        """
        shot = self._production.shot(shot_id)

        def times(entries: list[EditEntry]) -> int:
            return self._made_together(shot, stack_of(entries).done)

        def allowed(entries: list[EditEntry]) -> None:
            entry_to_undo(entries, author=author, seen_revision=seen_revision)

        return self._write_edits(
            shot, [(Step.UNDO, None)], author=author, request_id=request_id, allowed=allowed, times=times
        )[-1]

    def redo_edit(self, shot_id: str, *, author: str, seen_revision: int, request_id: str) -> EditEntry:
        """Bring the last undone edit back, with all that the same job made. Raises: as `undo_edit`."""
        shot = self._production.shot(shot_id)

        def times(entries: list[EditEntry]) -> int:
            return self._made_together(shot, stack_of(entries).undone)

        def allowed(entries: list[EditEntry]) -> None:
            entry_to_redo(entries, author=author, seen_revision=seen_revision)

        return self._write_edits(
            shot, [(Step.REDO, None)], author=author, request_id=request_id, allowed=allowed, times=times
        )[-1]

    def _made_together(self, shot: Shot, entries: Sequence[EditEntry]) -> int:
        """How many of the last entries came from one job: an artist takes a job's layer back at once."""
        store = self._production
        request = store.request_of_edit(shot.id, entries[-1].revision) if entries else ""
        if request not in {layer.job_id for layer in store.matte_layers(shot.id)}:
            return 1
        made = {entry.revision for entry in store.edits_of_request(shot.id, request)}
        return sum(1 for _ in takewhile(lambda entry: entry.revision in made, reversed(entries)))

    def _write_edits(
        self,
        shot: Shot,
        steps: Sequence[NewStep],
        *,
        author: str,
        request_id: str,
        allowed: Callable[[list[EditEntry]], None],
        times: Callable[[list[EditEntry]], int] | None = None,
    ) -> list[EditEntry]:
        """Write steps, so many `times`, once `allowed` has no objection against the list they go to."""
        _check_author(author)
        store = self._production
        for tried in count():
            with store.transaction() if tried >= _PATIENT_TRIES else nullcontext():
                if before := store.edits_of_request(shot.id, request_id):
                    again = list(steps) * (len(before) if times else 1)
                    check_repeated(before, again, author=author, request_id=request_id)
                    return before
                entries = store.edits(shot.id)
                allowed(entries)
                now = list(steps) * (times(entries) if times else 1)
                written = store.append_edits(
                    shot.id, now, author=author, request_id=request_id, after_revision=len(entries)
                )
            if written is not None:
                return written
        raise AssertionError("counting does not end")

    def _named_edit(self, action: Action, shot: Shot) -> Action:
        """The edit with people by their id, and only layers that the shot has, where they have frames."""
        if isinstance(action, BindTrack) and action.person_id:
            return replace(action, person_id=self._production.person(action.person_id).id)
        if isinstance(action, UseLayer) and action.layer_id:
            layer = self._production.matte_layer(action.layer_id)
            if layer.shot_id != shot.id:
                raise BadEdit(f"matte layer {layer.name} belongs to another shot; make one for {shot.name}")
            _check_alone(action, shot)
            has = set(parse_frames(layer.frames) if layer.frames else ())
            missing = next((n for n in range(action.first, action.last + 1) if n not in has), None)
            if missing is not None:
                raise BadEdit(
                    f"matte layer {layer.name} has no frame {missing}, only {layer.frames or 'none at all'}; "
                    "use it there"
                )
        return action

    def _check_edits(self, actions: Sequence[Action], shot: Shot, entries: Sequence[EditEntry]) -> None:
        """Whether edits make sense one after the other on top of what stands. Raises: what is wrong."""
        faces, standing = self.solver.faces(shot), stack_of(entries).done
        taken = 0
        try:
            for action in actions:
                _check_alone(action, shot)
                taken += 1
            taken = 0
            for _ in check_each(actions, faces, standing, frames=shot.plate.frames):
                taken += 1
        except UnderstudyError as error:
            if len(actions) == 1:
                raise
            which = f"edit {taken + 1} of {len(actions)} ({action_name(actions[taken])})"
            raise type(error)(f"{which}: {error}; none of them was added") from error

    def edits(self, shot_id: str, after_revision: int = 0, limit: int = -1) -> EditList:
        """Entries above a revision, at most `limit`. Raises: NotFound."""
        shot = self._production.shot(shot_id)
        entries = self._production.edits(shot.id)
        some = entries[max(0, after_revision) :]
        return EditList(
            entries=tuple(some if limit < 0 else some[:limit]),
            revision=len(entries),
            standing=tuple(entry.revision for entry in stack_of(entries).done),
        )

    def watch_edits(
        self, shot_id: str, after_revision: int, alive: Callable[[], bool]
    ) -> Iterator[EditEntry]:
        """Entries above a revision, then new ones as they come, until `alive()` becomes false.

        Raises: NotFound, also when the shot is purged meanwhile; BadInput for a revision not there yet.
        """
        shot = self._production.shot(shot_id)
        if not 0 <= after_revision <= self._production.edit_revision(shot.id):
            raise BadInput(f"shot {shot.name} has no revision {after_revision} yet; list its edits first")
        last = after_revision
        while alive():
            for entry in self._production.edits(shot.id, last):
                last = entry.revision
                yield entry
            if not self._production.wait_for_edits(shot.id, last, timeout_s=TICK_S):
                self._production.shot(shot.id)

    def solved(
        self, shot_id: str, frames: FrameRange | None, *, landmarks: bool, plans: bool
    ) -> SolvedFrames:
        """Raises: NotFound, FrameOutOfRange."""
        return self.solver.frames(self._production.shot(shot_id), frames, landmarks=landmarks, plans=plans)

    def timeline(self, shot_id: str) -> Timeline:
        """Raises: NotFound."""
        return self.solver.timeline(self._production.shot(shot_id))

    def curves(self, shot_id: str, track: int, points: Sequence[int], frames: FrameRange | None) -> Curves:
        """Raises: NotFound, TrackNotFound, FrameOutOfRange, BadInput."""
        return self.solver.curves(self._production.shot(shot_id), track, points, frames)


def _check_author(author: str) -> None:
    if not author.strip() or len(author) > MAX_AUTHOR:
        raise BadEdit(f"an edit needs its author's name, of up to {MAX_AUTHOR} characters")


def _check_on_plate(action: PaintStroke | KeyShape, shot: Shot) -> None:
    """Raises: BadEdit for what was drawn beside the picture, most likely in pixels of another size."""
    grown_px = action.radius_px if isinstance(action, PaintStroke) else action.feather_px
    x, y = action.points[::2], action.points[1::2]
    width, height = shot.plate.width, shot.plate.height
    beside = max(x) + grown_px < 0 or min(x) - grown_px > width
    if beside or max(y) + grown_px < 0 or min(y) - grown_px > height:
        raise BadEdit(
            f"this was drawn outside the picture, which is {width}x{height}; "
            "write positions in pixels of the plate"
        )


def _check_alone(action: Action, shot: Shot) -> None:
    """What can be said of an edit without the others.

    Raises: FrameOutOfRange, BadEdit, BadMatte, BadSettings.
    """
    for frame in frames_of(action) or ():
        shot.plate.index_of(frame)
    follows = isinstance(action, KeyShape) and action.follow is Follow.FACE
    if not shot.faces and (follows or isinstance(action, _ON_FACES)):
        raise BadEdit(
            f"{action_name(action)} needs the faces of shot {shot.name}, which was not extracted yet; "
            f"run `understudy extract {shot.name}` first"
        )
    if isinstance(action, ComposeMatte) and action.expression:
        parse(action.expression)
    if isinstance(action, PaintStroke | KeyShape):
        _check_on_plate(action, shot)
    if isinstance(action, AdjustConvert):
        settings_from(ConvertConfig, action.settings, where="convert")
