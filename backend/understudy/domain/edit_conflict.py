"""Several artists on one shot: whether a change meets one that its author has not seen.

A client says up to which revision it knows the list. What others changed since then stands in the way only
where both speak of the same thing on the same frames; everything else is accepted side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.domain.edit import Action, CurateFaces, SplitTrack, action_name
from understudy.domain.edit_stack import EditEntry, Step, frames_of, stack_of, subject_of
from understudy.domain.errors import BadInput, EditConflict, NothingToUndo

_MOST_TEXT = 60
_LATER = 2**62  # a split renumbers every face from its frame on
_MATTE_SUBJECTS = ("paint", "shape ", "layer ", "matte")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """An entry that stands now and did not when the client looked, or the other way round."""

    step: EditEntry  # the latest that changed it
    target: EditEntry


def refuse_unseen(
    actions: Sequence[Action], entries: Sequence[EditEntry], *, author: str, seen_revision: int
) -> None:
    """Let new edits pass unless they meet what somebody else changed after `seen_revision`.

    `entries` is the shot's whole list. Raises: EditConflict, BadInput for a revision that is not there yet.
    """
    _check_seen(entries, seen_revision)
    for change in _changes(entries, seen_revision):
        theirs = change.target.action
        if change.step.author == author or theirs is None:
            continue
        for action in actions:
            if meet(action, theirs):
                raise EditConflict(_told(change, action, revision=len(entries)))


def entry_to_undo(entries: Sequence[EditEntry], *, author: str, seen_revision: int) -> EditEntry:
    """The entry that an undo takes back.

    Raises: NothingToUndo; EditConflict when the client expects another one; BadInput.
    """
    _check_seen(entries, seen_revision)
    done = stack_of(entries).done
    if not done:
        raise NothingToUndo("no edit of this shot is left to undo")
    seen = stack_of(entries[:seen_revision]).done
    _expected(done[-1], seen[-1:], entries, author=author, seen_revision=seen_revision, verb="undone")
    return done[-1]


def entry_to_redo(entries: Sequence[EditEntry], *, author: str, seen_revision: int) -> EditEntry:
    """The entry that a redo brings back. Raises: NothingToUndo, EditConflict, BadInput."""
    _check_seen(entries, seen_revision)
    undone = stack_of(entries).undone
    if not undone:
        raise NothingToUndo("nothing was undone in this shot, or a newer edit has replaced it")
    seen = stack_of(entries[:seen_revision]).undone
    _expected(undone[-1], seen[-1:], entries, author=author, seen_revision=seen_revision, verb="redone")
    return undone[-1]


def meet(one: Action, other: Action) -> bool:
    """Whether two edits change the same thing on a common frame."""
    if not (_same_subject(subject_of(one), subject_of(other)) and _overlap(_reach(one), _reach(other))):
        return False
    if isinstance(one, CurateFaces) and isinstance(other, CurateFaces):
        return not set(one.numbers).isdisjoint(other.numbers)  # every third frame leaves the others alone
    return True


def _same_subject(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    if set(ours) & set(theirs):
        return True
    return any(_cover(a, b) or _cover(b, a) for a in ours for b in theirs)


def _cover(whole: str, part: str) -> bool:
    """Clearing a matte meets all that makes it; an expression meets the layers that it may name."""
    return (whole == "matte" and part.startswith(_MATTE_SUBJECTS)) or (
        whole == "matte expression" and part.startswith("layer ")
    )


def _reach(action: Action) -> tuple[int, int] | None:
    return (action.frame, _LATER) if isinstance(action, SplitTrack) else frames_of(action)


def _overlap(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool:
    return one is None or other is None or (one[0] <= other[1] and other[0] <= one[1])


def _changes(entries: Sequence[EditEntry], seen_revision: int) -> Iterator[_Change]:
    """What stands differently now than at `seen_revision`, with the step that did it."""
    stack = stack_of(entries[:seen_revision])
    done, undone = list(stack.done), list(stack.undone)
    stood = {entry.revision for entry in done}
    latest: dict[int, _Change] = {}
    for step in entries[seen_revision:]:
        match step.step:
            case Step.DO:
                target = step
                done.append(step)
                undone.clear()
            case Step.UNDO:
                target = done.pop()
                undone.append(target)
            case Step.REDO:
                target = undone.pop()
                done.append(target)
        latest[target.revision] = _Change(step=step, target=target)
    stands = {entry.revision for entry in done}
    return (change for number, change in latest.items() if (number in stood) != (number in stands))


def _expected(
    top: EditEntry,
    seen_top: Sequence[EditEntry],
    entries: Sequence[EditEntry],
    *,
    author: str,
    seen_revision: int,
    verb: str,
) -> None:
    """An artist's own quick presses follow each other; anybody else's step must have been seen first."""
    unseen = entries[seen_revision:]
    others = [entry for entry in unseen if entry.author != author]
    if (seen_top and seen_top[0] is top) or (not others and top.revision <= seen_revision):
        return
    last = (others or unseen)[-1]
    raise EditConflict(
        f"{last.author} changed this shot at {last.at} (revision {last.revision}), so another edit would be "
        f"{verb} than you expect: {_described(top)}; look again, the shot is at revision {len(entries)}"
    )


def _check_seen(entries: Sequence[EditEntry], seen_revision: int) -> None:
    if not 0 <= seen_revision <= len(entries):
        raise BadInput(
            f"revision {seen_revision} was said to be seen, but the shot is at revision {len(entries)}; "
            "list its edits again"
        )


_DID = {Step.DO: "changed", Step.UNDO: "undid a change of", Step.REDO: "redid a change of"}


def _told(change: _Change, mine: Action, *, revision: int) -> str:
    step, theirs = change.step, change.target.action
    assert theirs is not None
    subject = next((s for s in subject_of(theirs) if s in subject_of(mine)), subject_of(theirs)[0])
    return (
        f"{step.author} {_DID[step.step]} {subject} on {frames_text(theirs)} at {step.at} "
        f"({action_name(theirs)}, revision {step.revision}); look at it, then make your {action_name(mine)} "
        f"again: the shot is at revision {revision}"
    )


def _described(entry: EditEntry) -> str:
    assert entry.action is not None
    return f"{action_name(entry.action)} on {frames_text(entry.action)} by {entry.author}"


def frames_text(action: Action) -> str:
    """The frames of an edit as people say them."""
    if isinstance(action, CurateFaces):
        return _shortened(f"frames {action.frames}" if len(action.numbers) > 1 else f"frame {action.frames}")
    frames = frames_of(action)
    if frames is None:
        return "the whole shot"
    first, last = frames
    return f"frame {first}" if first == last else f"frames {first}-{last}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[: text.rindex(',', 0, _MOST_TEXT)]},..."
