"""A shot's list of edits: append-only entries, one undo stack over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    ClearMatte,
    ComposeMatte,
    CurateFaces,
    KeyShape,
    KeyStrength,
    MarkFrames,
    MergeTracks,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    RemoveShape,
    RemoveStrength,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
    action_from_table,
    action_to_table,
)
from understudy.domain.errors import BadRecord, NothingToUndo


class Step(StrEnum):
    """What an entry does to the list."""

    DO = "do"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, kw_only=True, slots=True)
class EditEntry:
    """One line of a shot's list. `revision` counts from 1 within the shot; only DO carries an action."""

    revision: int
    author: str
    at: str
    step: Step = Step.DO
    action: Action | None = None


def entry_to_table(entry: EditEntry) -> dict[str, object]:
    """An entry as plain data for JSON."""
    action = None if entry.action is None else action_to_table(entry.action)
    return {
        "revision": entry.revision,
        "author": entry.author,
        "at": entry.at,
        "step": entry.step.value,
        "action": action,
    }


def entry_from_table(table: Mapping[str, object]) -> EditEntry:
    """The inverse of `entry_to_table`. Raises: BadEdit, BadRecord."""
    try:
        action = table["action"]
        return EditEntry(
            revision=int(table["revision"]),  # type: ignore[call-overload]
            author=str(table["author"]),
            at=str(table["at"]),
            step=Step(str(table["step"])),
            action=action_from_table(action) if isinstance(action, Mapping) else None,
        )
    except (KeyError, ValueError, TypeError) as cause:
        raise BadRecord(f"this is no edit entry: {cause}") from cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A shot's edits with its undo stack worked out: what counts now, and what a redo would bring back."""

    done: tuple[EditEntry, ...]
    undone: tuple[EditEntry, ...]  # the last one is redone first

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(entry.action for entry in self.done if entry.action is not None)


def stack_of(entries: Iterable[EditEntry]) -> Stack:
    """Replay a shot's list: an undo takes the newest standing edit back, a new edit forgets the undone."""
    done: list[EditEntry] = []
    undone: list[EditEntry] = []
    for entry in entries:
        match entry.step:
            case Step.DO:
                done.append(entry)
                undone.clear()
            case Step.UNDO:
                if not done:
                    raise NothingToUndo(f"entry {entry.revision} undoes nothing; the list is damaged")
                undone.append(done.pop())
            case Step.REDO:
                if not undone:
                    raise NothingToUndo(f"entry {entry.revision} redoes nothing; the list is damaged")
                done.append(undone.pop())
    return Stack(done=tuple(done), undone=tuple(undone))


def frames_of(action: Action) -> tuple[int, int] | None:
    """First and last frame an edit names; None when it speaks of the whole shot."""
    match action:
        case SmoothAlignments() | MergeTracks() | BindTrack():
            return None
        case (
            RemoveKeys()
            | RemoveFaces()
            | MarkFrames()
            | AdjustConvert()
            | RemoveStrength()
            | RemoveShape()
            | ClearMatte()
            | UseLayer()
            | ComposeMatte()
        ):
            return action.first, action.last
        case CurateFaces():
            return action.numbers[0], action.numbers[-1]
    return action.frame, action.frame


def subject_of(action: Action) -> Sequence[str]:
    """What an edit is about beside its frames, for telling whether two edits meet: tracks, shapes, mattes."""
    match action:
        case MoveLandmarks() | PlaceCrop() | RemoveKeys() | AddFace() | RemoveFaces() | BindTrack():
            return (f"track {action.track}",)
        case SplitTrack():
            return _of_tracks(action.track, action.new_track)
        case MergeTracks():
            return _of_tracks(action.track, action.other)
        case CurateFaces():
            return (_faces_to_learn(action.track),)
        case SmoothAlignments():
            return ("smoothing",)
        case MarkFrames():
            return ("marks",)
        case AdjustConvert():
            return ("convert settings",)
        case KeyStrength() | RemoveStrength():
            return ("strength",)
        case KeyShape() | RemoveShape():
            return (f"shape {action.shape}",)
        case PaintStroke():
            return ("paint",)
        case UseLayer():
            return (f"layer {action.name}",)
        case ComposeMatte():
            return ("matte expression",)
        case ClearMatte():
            return ("matte",)


def _of_tracks(*tracks: int) -> tuple[str, ...]:
    """Renumbering tracks concerns what is said of them, and what is learnt from them."""
    return (*(f"track {track}" for track in tracks), *map(_faces_to_learn, tracks))


def _faces_to_learn(track: int) -> str:
    return f"the faces to learn of track {track}"
