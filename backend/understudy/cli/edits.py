"""`understudy edits`, `edit`, `undo`, `redo`: a shot's list of edits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from understudy.cli.mattes import author_or_user
from understudy.cli.session import Session, session
from understudy.client import Client
from understudy.domain.edit import Action, action_from_table, action_name
from understudy.domain.edit_conflict import frames_text
from understudy.domain.edit_stack import EditEntry, Step, entry_to_table, stack_of
from understudy.domain.errors import BadEdit, BadInput
from understudy.domain.outside_text import json_value
from understudy.domain.time import FrameRange

Verb = TypeVar("Verb", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Editor:
    """Who edits which shot, and how far they know its list."""

    session: Session
    client: Client
    shot_id: str
    author: str
    seen: int

    def add(self, *actions: Action) -> None:
        """Add edits and say which revisions they are."""
        added = self.client.add_edits(self.shot_id, actions, author=self.author, seen_revision=self.seen)
        self.tell(added.entries)

    def tell(self, entries: Sequence[EditEntry]) -> None:
        """Answer with the new entries."""
        if self.session.as_json:
            click.echo(json.dumps([entry_to_table(entry) for entry in entries], ensure_ascii=False))
            return
        for entry in entries:
            action = entry.action
            what = entry.step if action is None else f"{action_name(action)}, {frames_text(action)}"
            click.echo(f"revision {entry.revision}: {what}")

    def standing(self) -> tuple[EditEntry, ...]:
        """The edits that count now."""
        return stack_of(self.client.edits(self.shot_id).entries).done

    def tell_change(self, what: str, more: Sequence[EditEntry], less: Sequence[EditEntry]) -> None:
        """Say which edits the longer list has over the shorter."""
        kept = {entry.revision for entry in less}
        for entry in more:
            if entry.revision not in kept and entry.action is not None and not self.session.as_json:
                about = f"{action_name(entry.action)}, {frames_text(entry.action)}"
                click.echo(f"  {what}: revision {entry.revision} of {entry.author}: {about}")


def edit_options(verb: Verb) -> Verb:
    """What every verb that edits understands."""
    options = (
        click.option("--author", default="", help="Who makes the edit. Default: your user name."),
        click.option(
            "--seen",
            type=click.IntRange(0, 2**62),
            help="How far you know the shot's edits (a revision): refused when somebody changed the same "
            "since. Default: all of them.",
        ),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


def editor(session: Session, client: Client, shot: str, author: str, seen: int | None) -> Editor:
    """The editor of one call of the program. Raises: NotFound."""
    shot_id = client.shot(shot).id
    known = client.edits(shot_id).revision if seen is None else seen
    return Editor(session=session, client=client, shot_id=shot_id, author=author_or_user(author), seen=known)


@click.command()
@click.argument("shot")
@click.option("--after", default=0, show_default=True, help="Only entries above this revision.")
@click.option("--follow", is_flag=True, help="Go on with those that come, until Ctrl-C.")
@session
def edits(session: Session, shot: str, after: int, follow: bool) -> None:
    """List the edits of SHOT: revision, who, when, what, which frames, and whether they stand.

    An edit whose face has gone, such as by another extraction, stands and says so.
    """
    with session.client() as client:
        listed, first = client.edits(shot, after), client.shot(shot).plate.first_frame
        one = client.solved(shot, FrameRange(first, first), landmarks=False, plans=False)
        lost = {orphan.revision: orphan.reason for orphan in one.orphans}
        standing = set(listed.standing)
        session.table(
            [
                {
                    **entry_to_table(entry),
                    "standing": entry.revision in standing,
                    "lost": lost.get(entry.revision, ""),
                }
                for entry in listed.entries
            ],
            ("revision", "author", "at", "what", "frames", "stands"),
            [(*_cells(entry), _standing(entry, standing, lost)) for entry in listed.entries],
        )
        if follow:
            for entry in client.watch_edits(shot, max(after, listed.revision)):
                click.echo(
                    json.dumps(entry_to_table(entry), ensure_ascii=False)
                    if session.as_json
                    else "  ".join(map(str, _cells(entry)))
                )


def _cells(entry: EditEntry) -> tuple[object, ...]:
    action = entry.action
    what = entry.step.value if action is None else action_name(action)
    frames = "" if action is None else frames_text(action)
    return entry.revision, entry.author, entry.at[:19], what, frames


def _standing(entry: EditEntry, standing: set[int], lost: dict[int, str]) -> str:
    if entry.step is not Step.DO:
        return ""
    if entry.revision not in standing:
        return "undone"
    return f"without effect: {lost[entry.revision]}" if entry.revision in lost else "yes"


@click.command()
@click.argument("shot")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    help='A JSON list of edits such as {"kind": "mark_frames", "first": 1001, ...}; - reads standard input.',
)
@edit_options
@session
def edit(session: Session, shot: str, file: Path, author: str, seen: int | None) -> None:
    """Add the edits of a file to SHOT, all or none of them."""
    actions = read_actions(file)
    with session.client() as client:
        editor(session, client, shot, author, seen).add(*actions)


def read_actions(file: Path) -> list[Action]:
    """The edits of a JSON file. Raises: BadEdit."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        tables = json_value(text)
    except OSError as cause:
        raise BadEdit(f"cannot read {file}: {cause.strerror}") from cause
    except ValueError as cause:
        raise BadEdit(f"{file} is not JSON: {cause}") from cause
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadEdit(f'{file} must hold a list of edits: [{{"kind": "mark_frames", ...}}, ...]')
    actions = []
    for number, table in enumerate(tables, start=1):
        try:
            actions.append(action_from_table(table))
        except BadInput as cause:
            raise type(cause)(f"edit {number} of {len(tables)} in {file}: {cause}") from cause
    return actions


@click.command()
@click.argument("shot")
@edit_options
@session
def undo(session: Session, shot: str, author: str, seen: int | None) -> None:
    """Take the newest standing edit of SHOT back, whoever made it."""
    with session.client() as client:
        who = editor(session, client, shot, author, seen)
        before = who.standing()
        who.tell([client.undo_edit(who.shot_id, author=who.author, seen_revision=who.seen)])
        who.tell_change("taken back", before, who.standing())


@click.command()
@click.argument("shot")
@edit_options
@session
def redo(session: Session, shot: str, author: str, seen: int | None) -> None:
    """Bring the edit of SHOT back that was undone last."""
    with session.client() as client:
        who = editor(session, client, shot, author, seen)
        before = who.standing()
        who.tell([client.redo_edit(who.shot_id, author=who.author, seen_revision=who.seen)])
        who.tell_change("brought back", who.standing(), before)
