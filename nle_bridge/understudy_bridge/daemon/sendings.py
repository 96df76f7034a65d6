"""All sendings of a daemon: what artists ask of them, and what has changed since one looked last."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from understudy.domain.errors import Conflict, NotFound, UnderstudyError
from understudy.domain.identifiers import new_id
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.journal import Journal
from understudy_bridge.daemon.presets import Recipe
from understudy_bridge.daemon.sending import FINAL, Placing, Sending, StageProgress, Step, Version

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
NOT_WRITTEN = 1 << 20  # more changes than there are between two lines of the journal


class Overtaken(Exception):
    """Somebody decided anew what is to be done with a sending; who worked on it stops."""


class Sendings:
    """Used from many threads. `wanted` hears, outside any lock, of a sending that waits to be carried."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._news = threading.Condition()
        self._kept = {sending.id: sending for sending in journal.read()}
        self._by_request = {sending.request_id: sending.id for sending in self._kept.values()}
        newest = max((sending.revision for sending in self._kept.values()), default=0)
        # Progress is not written down, so a daemon that starts again leaves out numbers that may have been
        # used, and one with an empty journal counts on from the time of day: an editor that waits for what
        # comes after a number never waits for numbers that were used before.
        self._revision = max(newest + NOT_WRITTEN, time.time_ns() // 1_000_000)
        self._closed = False
        self.wanted: Callable[[str], None] = lambda sending_id: None

    # What artists ask

    def create(self, request_id: str, project: str, shot: ShotRef, recipe: Recipe) -> Sending:
        """A new sending; the same request gives the same one again. Raises: Conflict for another shot."""
        with self._news:
            if request_id in self._by_request:
                known = self._kept[self._by_request[request_id]]
                if (known.project, known.shot) != (project, shot):
                    raise Conflict(f"request {request_id} was made before, for {known.name}; use a new one")
                return known
            sending = Sending(
                id=new_id(),
                request_id=request_id,
                project=project,
                shot=shot,
                recipe=recipe,
                created=_now(),
            )
            sending = self._keep(sending)
            self._by_request[request_id] = sending.id
        self.wanted(sending.id)
        return sending

    def get(self, sending_id: str) -> Sending:
        """Raises: NotFound."""
        with self._news:
            return self._found(sending_id)

    def since(self, project: str, after: int, wait_s: float) -> tuple[int, list[Sending]]:
        """The sendings of a project ("" for all) that changed after a revision, and the newest revision told.

        Waits for one. A revision that was never given out counts as none. At most 500 are told at once.
        """
        with self._news:
            if after > self._revision:
                after = 0
            self._news.wait_for(lambda: self._closed or bool(self._changed(project, after)), timeout=wait_s)
            found = self._changed(project, after)
            if len(found) > MOST_AT_ONCE:
                found = found[:MOST_AT_ONCE]
                return found[-1].revision, found
            return self._revision, found

    def cancel(self, sending_id: str) -> Sending:
        """Stop it; what is final already stays as it is."""
        with self._news:
            sending = self._found(sending_id)
            if sending.state in FINAL:
                return sending
            sending = replace(sending, stopping=self._jobs_to_stop(sending))
            sending = self._keep(
                replace(sending, state="cancelled", finished=_now(), error=None), decided=True
            )
        self.wanted(sending.id)
        return sending

    def retry(self, sending_id: str, recipe: Recipe | None) -> Sending:
        """Go on where it failed or was cancelled; `recipe` is its preset as it is now, None if that is gone.

        Raises: Conflict.
        """
        with self._news:
            sending = self._found(sending_id)
            if sending.state not in ("failed", "cancelled"):
                raise Conflict(
                    f"{sending.name} is {sending.state}; only what failed or was cancelled is retried"
                )
            step = sending.step
            refused = step is None or not step.job_id or step.stage == "ingest"
            if step is None or (refused and sending.state == "failed"):
                # The backend keeps nothing of it: it is asked for anew, and may be asked otherwise.
                attempt = sending.attempt + 1
                sending = replace(sending, step=None, attempt=attempt, recipe=recipe or sending.recipe)
            else:
                sending = replace(sending, step=replace(step, again=True))
            sending = self._keep(_waiting(sending), decided=True)
        self.wanted(sending.id)
        return sending

    def render(self, sending_id: str, recipe: Recipe) -> Sending:
        """Render its next version. Raises: Conflict while it is on its way."""
        with self._news:
            sending = self._next_round(self._found(sending_id))
            sending = self._keep(_waiting(replace(sending, recipe=recipe)), decided=True)
        self.wanted(sending.id)
        return sending

    def deliver(self, sending_id: str, version: Version) -> Sending:
        """Deliver a version that is rendered; nothing happens if it is delivered. Raises: Conflict."""
        with self._news:
            sending = self._found(sending_id)
            known = sending.version(version.version)
            if known is not None and known.state == "delivered" and known.take_id == version.take_id:
                return sending
            fresh = self._next_round(sending)
            sending = replace(fresh, take_id=version.take_id, versions=fresh.with_version(version))
            sending = self._keep(_waiting(sending), decided=True)
        self.wanted(sending.id)
        return sending

    def note_placed(self, sending_id: str, placed: tuple[Placing, ...]) -> Sending:
        """Remember where its takes lie now; they lie there also where the journal cannot be written."""
        with self._news:
            return self._keep_anyhow(replace(self._found(sending_id), placed=placed))

    # What carriers say

    def waiting(self) -> list[str]:
        """Ids of sendings that are to be carried, or whose jobs are to be stopped; oldest first."""
        with self._news:
            return [one.id for one in self._kept.values() if one.state not in FINAL or one.stopping]

    def all(self) -> list[Sending]:
        with self._news:
            return list(self._kept.values())

    def carried(self, sending_id: str, turn: int, *, kept: bool = True, **changed: Any) -> Sending:
        """Change what a carrier has found out; with `kept` False it is not worth a line in the journal.

        Raises: Overtaken.
        """
        with self._news:
            return self._keep(replace(self._of_turn(sending_id, turn), **changed), kept=kept)

    def end(self, sending_id: str, turn: int, **changed: Any) -> None:
        """As `carried`, for the last word: it counts also where the journal cannot be written."""
        with self._news, suppress(Overtaken):
            self._keep_anyhow(replace(self._of_turn(sending_id, turn), finished=_now(), **changed))

    def close(self) -> None:
        """Answer whoever waits, and take in no more from carriers."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _found(self, sending_id: str) -> Sending:
        found = self._kept.get(sending_id)
        if found is None:
            raise NotFound(f"there is no sending {sending_id!r}")
        return found

    def _of_turn(self, sending_id: str, turn: int) -> Sending:
        sending = self._found(sending_id)
        if sending.turn != turn or self._closed:
            raise Overtaken
        return sending

    def _changed(self, project: str, after: int) -> list[Sending]:
        found = [one for one in self._kept.values() if one.revision > after and project in ("", one.project)]
        return sorted(found, key=lambda one: one.revision)

    def _jobs_to_stop(self, sending: Sending) -> tuple[str, ...]:
        """The request of its job, unless another sending waits for the same one."""
        if sending.step is None:
            return ()
        request_id = sending.step.request_id
        shared = any(
            one.step is not None and one.step.request_id == request_id and one.state not in FINAL
            for one in self._kept.values()
            if one.id != sending.id
        )
        return () if shared else (request_id,)

    def _next_round(self, sending: Sending) -> Sending:
        if sending.state not in FINAL:
            raise Conflict(f"{sending.name} is {sending.state}; wait for it, or cancel it first")
        whole = tuple(one for one in sending.versions if one.state != "rendering")
        return replace(
            sending, round=sending.round + 1, attempt=1, step=None, take_id="", stopping=(), versions=whole
        )

    def _keep(self, sending: Sending, *, kept: bool = True, decided: bool = False) -> Sending:
        """Under the lock: write it down, then let it be known. Raises: DiskFull, NotWritable."""
        turn = sending.turn + 1 if decided else sending.turn
        sending = replace(sending, turn=turn, revision=self._revision + 1)
        if kept:
            self._journal.write(sending)
        self._revision = sending.revision
        self._kept[sending.id] = sending
        self._news.notify_all()
        return sending

    def _keep_anyhow(self, sending: Sending) -> Sending:
        """As `_keep`, for what has happened already."""
        try:
            return self._keep(sending)
        except (UnderstudyError, OSError) as error:
            log.warning("sending %s: the journal cannot be written: %s", sending.id, error)
            return self._keep(sending, kept=False)


def _waiting(sending: Sending) -> Sending:
    return replace(
        sending,
        state="waiting",
        error=None,
        finished="",
        stopping=(),
        progress=StageProgress(),
        stage=_stage(sending, sending.step),
    )


def _stage(sending: Sending, step: Step | None) -> Any:
    if step is not None:
        return step.stage
    if sending.take_id:
        return "deliver"
    return "convert" if sending.shot_id else "ingest"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
