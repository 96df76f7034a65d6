"""Whether an edit fits its shot, asked when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from understudy.domain.edit import (
    Action,
    AddFace,
    BindTrack,
    ComposeMatte,
    CurateFaces,
    Follow,
    KeyShape,
    MergeTracks,
    MoveLandmarks,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    RemoveShape,
    SplitTrack,
)
from understudy.domain.edit_stack import EditEntry
from understudy.domain.errors import BadEdit, FrameOutOfRange, TrackNotFound
from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.domain.time import FrameRange
from understudy.solve.anchoring import no_face
from understudy.solve.face_rows import FaceRows, face_rows
from understudy.solve.plans import frame_plans
from understudy.solve.solve import Replay, outside, replay


def check(action: Action, faces: ShotFaces, edits: Sequence[EditEntry], *, frames: FrameRange) -> None:
    """Whether an edit finds what it names in the shot as edited so far; nothing happens when it does.

    Raises: FrameOutOfRange when its frames are not the plate's, TrackNotFound, BadEdit.
    """
    for _ in check_each([action], faces, edits, frames=frames):
        pass


def check_each(
    actions: Iterable[Action], faces: ShotFaces, edits: Sequence[EditEntry], *, frames: FrameRange
) -> Iterator[Action]:
    """Check edits one on top of the other; each is given back when it fits. Raises: as `check`."""
    state = replay(faces, edits, frames=frames)
    for revision, action in enumerate(actions, state.revision + 1):
        _check_next(action, state, revision, frames)
        yield action


def _check_next(action: Action, state: Replay, revision: int, frames: FrameRange) -> None:
    """Take one more edit in, if it fits."""
    if reason := outside(action, frames):
        raise FrameOutOfRange(reason)
    if isinstance(action, MoveLandmarks | PlaceCrop | RemoveFaces | RemoveKeys | SplitTrack | BindTrack):
        _known(state, action.track)
    if isinstance(action, CurateFaces) and not (state.tracks.track_B == action.track).any():
        _known(state, action.track)
    if isinstance(action, MergeTracks):
        _known(state, action.track)
        _known(state, action.other)
    if isinstance(action, MoveLandmarks | PlaceCrop):
        _face_at(face_rows(state.tracks), action.track, action.frame)
    if isinstance(action, KeyShape) and action.follow is Follow.FACE:
        _known(state, action.track)
        _face_at(face_rows(state.tracks), action.track, action.frame)
    if isinstance(action, SplitTrack):
        _both_sides(state, action)
    if isinstance(action, AddFace):
        _one_take(state, action)
    before = len(state.orphans)
    entry = EditEntry(revision=revision, author="", at="", action=action)
    state.take_in(entry, frames)
    if len(state.orphans) > before:
        raise BadEdit(_sentence(action, state.orphans[-1].reason))
    if isinstance(action, ComposeMatte):
        _layers_there(state, revision, frames)


def _sentence(action: Action, reason: str) -> str:
    if isinstance(action, RemoveShape | RemoveKeys | RemoveFaces):
        return f"{reason}; there is nothing to take away"
    return reason


def _known(state: Replay, track: int) -> None:
    if not len(state.tracks.frames(track)):
        numbers = set(state.tracks.track_B[state.tracks.alive_B].tolist())
        numbers |= {number for number, _ in state.tracks.added}
        known = ", ".join(map(str, sorted(numbers - {NO_TRACK}))) or "none"
        raise TrackNotFound(f"there is no track {track} in this shot; it has: {known}")


def _face_at(rows: FaceRows, track: int, frame: int) -> None:
    if rows.row(track, frame) is None:
        own = rows.frame_N[rows.track_N == track]
        where = f"; it has faces in frames {own.min()}-{own.max()}" if len(own) else ""
        raise BadEdit(f"{no_face(track, frame)}{where}; add one there first")


def _both_sides(state: Replay, action: SplitTrack) -> None:
    frames = state.tracks.frames(action.track)
    if not len(frames) or frames[0] >= action.frame:
        raise BadEdit(f"track {action.track} has no face before frame {action.frame}; split it later")


def _one_take(state: Replay, action: AddFace) -> None:
    takes = state.tracks.takes(action.track)
    if takes and state.tracks.take(action.frame) not in takes:
        raise BadEdit(
            f"track {action.track} belongs to another camera take than frame {action.frame}; "
            "a track never crosses a cut, use a new track number"
        )


def _layers_there(state: Replay, revision: int, frames: FrameRange) -> None:
    plans = frame_plans(state.ranges, state.mattes, {}, frames, frames, cuts=())
    for orphan in plans.orphans:
        if orphan.revision == revision:
            raise BadEdit(orphan.reason)
