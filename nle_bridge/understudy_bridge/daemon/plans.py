"""Plans that are open: what an editor was told to do, and what its timeline must be afterwards."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from understudy.domain.errors import NotFound
from understudy.domain.identifiers import new_id
from understudy_bridge.core.placing import Abilities, ResultMedia
from understudy_bridge.core.read_back import faults
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.steps import Planned, plan_removal, plan_take
from understudy_bridge.core.timeline import Sequence
from understudy_bridge.daemon.snapshot import abilities_of, sequence_of

Table = dict[str, Any]

MOST_OPEN = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Whether a plan came about. `placed` is where the takes lie then: {version, track, record_in}."""

    ok: bool
    faults: tuple[str, ...]
    sending_id: str
    kind: str
    version: int | None
    placed: tuple[Table, ...]

    def table(self) -> Table:
        return {"ok": self.ok, "faults": list(self.faults)}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Open:
    sending_id: str
    planned: Planned
    marked: frozenset[str]
    abilities: Abilities


class Plans:
    """The newest `most` plans, in memory; each for the timeline in front of the artist now. Thread-safe."""

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._lock = threading.Lock()

    def make(
        self,
        sending_id: str,
        shot: ShotRef,
        result: ResultMedia,
        version: int,
        timeline: object,
        *,
        capabilities: object = None,
        track: int | None = None,
    ) -> Table:
        """The Plan table that puts a version of a shot's take onto a timeline.

        `capabilities` is what the editor's `about()` told. On the timeline a take belongs to the clip that
        was sent, since two clips can show one shot of the backend's.
        Raises: BadInterchange, NotOnTimeline, ClipChanged, ShotRefused, TakeTooShort, Occupied.
        """
        sequence, abilities = sequence_of(timeline), abilities_of(timeline, capabilities)
        result = replace(result, shot_id=shot.clip_uid)
        planned = plan_take(sequence, shot, result, version, abilities=abilities, track=track)
        return self._keep(sending_id, planned, sequence, {shot.clip_uid}, abilities)

    def make_removal(self, sending_id: str, clip_uid: str, timeline: object) -> Table:
        """The Plan table that takes every take of the clip that was sent away.

        Raises: BadInterchange, NotOnTimeline, Occupied.
        """
        sequence = sequence_of(timeline)
        planned = plan_removal(sequence, clip_uid)
        return self._keep(sending_id, planned, sequence, set(), abilities_of(timeline))

    def _keep(
        self, sending_id: str, planned: Planned, sequence: Sequence, marked: set[str], abilities: Abilities
    ) -> Table:
        takes = (clip.ours.get("clip") for track in sequence.video() for _, clip in track.clips())
        known = frozenset(marked | {uid for uid in takes if isinstance(uid, str) and uid})
        plan_id = new_id()
        with self._lock:
            self._open[plan_id] = _Open(
                sending_id=sending_id, planned=planned, marked=known, abilities=abilities
            )
            while len(self._open) > self._most:
                self._open.popitem(last=False)
        return {
            "id": plan_id,
            "kind": planned.kind,
            "version": planned.version,
            "steps": list(planned.steps),
            "notes": list(planned.notes),
        }

    def read(self, plan_id: str, timeline: object) -> Reading:
        """Whether the timeline is what a plan was to make of it. Raises: NotFound, BadInterchange."""
        with self._lock:
            found = self._open.get(plan_id)
        if found is None:
            raise NotFound(f"there is no open plan {plan_id[:64]!r}; undo what was done and plan again")
        planned = found.planned
        told = faults(
            planned.expected,
            sequence_of(timeline),
            marked=found.marked,
            spare_tracks=not found.abilities.inserts_tracks,
        )
        placed = tuple(
            {"version": planned.version, "track": track, "record_in": record_in}
            for track, record_in in planned.placed
        )
        return Reading(
            ok=not told,
            faults=told,
            sending_id=found.sending_id,
            kind=planned.kind,
            version=planned.version,
            placed=placed,
        )
