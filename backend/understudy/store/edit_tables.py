"""Edits of shots: append-only lists, numbered from 1 within the shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from understudy.domain.clock import utc_now
from understudy.domain.edit import Action, action_from_table, action_to_table
from understudy.domain.edit_stack import EditEntry, Stack, Step, stack_of
from understudy.domain.errors import BadRecord, Conflict, NotFound
from understudy.domain.plain import from_json, to_json
from understudy.store.database import Database
from understudy.trust.asking import asking_token_id

NewStep = tuple[Step, Action | None]

_COLUMNS = "revision, author, at, step, action"


class EditTables(Database):
    """The part of a production that remembers what artists changed."""

    def edits(self, shot_id: str, after_revision: int = 0, limit: int = -1) -> list[EditEntry]:
        """A shot's entries above a revision, in order, at most `limit` (below 0: all)."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM edit WHERE shot_id = ? AND revision > ? ORDER BY revision LIMIT ?",
            (shot_id, after_revision, limit),
        )
        return [_entry(row) for row in rows]

    def edit_stack(self, shot_id: str) -> Stack:
        """What counts now: `done` is what a solve works from."""
        return stack_of(self.edits(shot_id))

    def edit_revision(self, shot_id: str) -> int:
        """The number of a shot's newest entry, 0 without any."""
        query = "SELECT coalesce(max(revision), 0) FROM edit WHERE shot_id = ?"
        return int(self._rows(query, (shot_id,))[0][0])

    def edits_of_request(self, shot_id: str, request_id: str) -> list[EditEntry]:
        """What a request wrote, if it wrote anything."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM edit WHERE shot_id = ? AND request_id = ? ORDER BY revision",
            (shot_id, request_id),
        )
        return [_entry(row) for row in rows]

    def request_of_edit(self, shot_id: str, revision: int) -> str:
        """The request that wrote an entry; empty when there is no such entry."""
        rows = self._rows(
            "SELECT request_id FROM edit WHERE shot_id = ? AND revision = ?", (shot_id, revision)
        )
        return rows[0][0] if rows else ""

    def token_of_edit(self, shot_id: str, revision: int) -> str:
        """The id of the access token that an entry came with; empty for the server's own."""
        rows = self._rows("SELECT token_id FROM edit WHERE shot_id = ? AND revision = ?", (shot_id, revision))
        return rows[0][0] if rows else ""

    def append_edits(
        self,
        shot_id: str,
        steps: Sequence[NewStep],
        *,
        author: str,
        request_id: str,
        after_revision: int | None = None,
    ) -> list[EditEntry] | None:
        """Write entries at the end of a shot's list, all or none; returns them numbered.

        A request that has written already gives what it wrote. With `after_revision` the list must end there:
        None comes back, and nothing is written, when somebody was quicker.
        Raises: BadRecord without a request id, Conflict when it wrote something else, NotFound for no shot.
        """
        if not request_id:
            raise BadRecord("an edit needs a request id; send a fresh UUID for each new change")
        with self.transaction() as connection:
            if before := self.edits_of_request(shot_id, request_id):
                check_repeated(before, steps, author=author, request_id=request_id)
                return before
            revision = self.edit_revision(shot_id)
            if after_revision is not None and revision != after_revision:
                return None
            if not connection.execute("SELECT 1 FROM shot WHERE id = ?", (shot_id,)).fetchone():
                raise NotFound(f"there is no shot {shot_id!r} that edits could belong to")
            at = utc_now()
            entries = [
                EditEntry(revision=number, author=author, at=at, step=step, action=action)
                for number, (step, action) in enumerate(steps, start=revision + 1)
            ]
            connection.executemany(
                "INSERT INTO edit (shot_id, revision, author, at, step, action, request_id, token_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (shot_id, e.revision, author, at, e.step, _text(e.action), request_id, asking_token_id())
                    for e in entries
                ],
            )
            self._changed.notify_all()
        return entries

    def empty_edits(self, *, person_id: str, layer_ids: Iterable[str]) -> int:
        """Let edits that bound a person, or used a layer, bind nobody and use none; returns how many."""
        _action.cache_clear()
        named = [("person_id", person_id), *(("layer_id", layer_id) for layer_id in layer_ids)]
        with self.transaction() as connection:
            return sum(
                connection.execute(
                    f"UPDATE edit SET action = json_set(action, '$.{key}', '') "
                    f"WHERE json_extract(action, '$.{key}') = ?",
                    (identifier,),
                ).rowcount
                for key, identifier in named
            )

    def wait_for_edits(self, shot_id: str, after_revision: int, *, timeout_s: float) -> bool:
        """Sleep until the shot has an entry after that revision; False when the time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: self.edit_revision(shot_id) > after_revision, timeout_s)


def check_repeated(
    before: Sequence[EditEntry], steps: Sequence[NewStep], *, author: str, request_id: str
) -> None:
    """The same request again must say the same. Raises: Conflict."""
    same = [(e.step, e.action) for e in before] == list(steps) and all(e.author == author for e in before)
    if not same:
        raise Conflict(
            f"request {request_id} made other edits of this shot already (revision {before[0].revision}); "
            "send a fresh request id for a new change"
        )


def _text(action: Action | None) -> str | None:
    return None if action is None else to_json(action_to_table(action))


def _entry(row: Sequence[str]) -> EditEntry:
    revision, author, at, step, action = row
    return EditEntry(
        revision=int(revision),
        author=author,
        at=at,
        step=Step(step),
        action=None if action is None else _action(action),
    )


@lru_cache(maxsize=16384)
def _action(text: str) -> Action:
    """Lists are read again and again and their entries never change, so each is parsed once."""
    return action_from_table(from_json(dict[str, object], text))
