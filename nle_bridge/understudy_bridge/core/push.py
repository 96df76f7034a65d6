"""Many takes onto one timeline: what was added, what was replaced, what could not be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from understudy.domain.errors import UnderstudyError
from understudy_bridge.core.layout import Layout
from understudy_bridge.core.placing import Change, ResultMedia, place_on, swap_on
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.timeline import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """A finished take, the version that it is, and the shot as it was sent."""

    shot: ShotRef
    result: ResultMedia
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Unplaced:
    """A take that stayed off the timeline, and why."""

    shot: str
    name: str
    version: int
    error: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeList:
    """What a push did."""

    added: tuple[Change, ...] = ()
    replaced: tuple[Change, ...] = ()
    conflicts: tuple[Unplaced, ...] = ()


def push_takes(
    sequence: Sequence, takes: Iterable[Take], *, track: int | None = None
) -> tuple[Sequence, ChangeList]:
    """The timeline with every take: above its shot, or in the place of the version that lies there.

    A take that fits nowhere is a conflict of the list; the others are placed all the same.
    """
    added: list[Change] = []
    replaced: list[Change] = []
    conflicts: list[Unplaced] = []
    layout = Layout(sequence)
    for take in takes:
        result = take.result
        try:
            if layout.takes.get(result.shot_id):
                replaced.extend(swap_on(layout, result, take.version))
            else:
                added.append(place_on(layout, take.shot, result, take.version, track=track))
        except UnderstudyError as cause:
            conflicts.append(
                Unplaced(
                    shot=result.shot_id,
                    name=take.shot.name,
                    version=take.version,
                    error=type(cause).__name__,
                    message=str(cause),
                )
            )
    listed = ChangeList(added=tuple(added), replaced=tuple(replaced), conflicts=tuple(conflicts))
    return layout.sequence(), listed
