"""Which clips of a timeline an editor asks about, and the shots they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from understudy.domain.errors import BadInput
from understudy.domain.plain import from_plain, to_plain
from understudy_bridge.core.errors import NotOnTimeline
from understudy_bridge.core.shot_ref import Problem, ShotRef, problems
from understudy_bridge.core.shots import Wanted, marked_shots, shots_of_track, shots_of_uids
from understudy_bridge.core.timeline import MOST_FRAMES
from understudy_bridge.core.timeline import Sequence as Timeline
from understudy_bridge.daemon.presets import MOST_HANDLES
from understudy_bridge.daemon.snapshot import sequence_of
from understudy_bridge.daemon.told import Told

MOST_SHOTS = 5000
_FRAMES = ("source_in", "source_out", "record_in", "record_out", "track", "handle_head", "handle_tail")
_NUMBERS = (*_FRAMES, "transition_head", "transition_tail")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A question about shots: of these clips, or under this marker, or on this track."""

    host: str
    project: str
    timeline: Timeline
    clips: tuple[str, ...] | None = None
    marker: str = ""
    track: int = 0
    preset: str = ""

    @classmethod
    def of(cls, table: dict[str, Any]) -> Self:
        """Raises: BadInterchange, BadInput."""
        told = Told.of(table, "check")
        said = [key for key in ("clips", "marker", "track") if table.get(key) is not None]
        if len(said) != 1:
            raise BadInput("say which shots: `clips`, or `marker`, or `track`, and one of them only")
        clips = table.get("clips")
        if clips is not None and not _are_uids(clips):
            raise BadInput(f"`clips` is a list of at most {MOST_SHOTS} uids")
        asking = cls(
            host=told.text("host", None),
            project=told.text("project", None),
            timeline=sequence_of(table.get("timeline")),
            clips=None if clips is None else tuple(clips),
            marker=told.text("marker", "") if "marker" in said else "",
            track=told.whole("track", None, least=1) if "track" in said else 0,
            preset=told.text("preset", "") if table.get("preset") is not None else "",
        )
        told.done("timeline", "clips", "marker", "track", "preset")
        return asking


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _are_uids(clips: object) -> bool:
    return isinstance(clips, list) and len(clips) <= MOST_SHOTS and all(isinstance(uid, str) for uid in clips)


def shots_asked_for(
    asking: Asking,
    handles: tuple[int, int] | None,
    also: Sequence[Problem],
    is_online: Callable[[str], bool],
) -> list[dict[str, Any]]:
    """The shots as tables, each with what stands against it, `also` included; refusals first.

    Raises: NotOnTimeline.
    """
    wanted = Wanted(host=asking.host, project=asking.project)
    if handles is not None:
        wanted = Wanted(
            host=asking.host, project=asking.project, handle_head=handles[0], handle_tail=handles[1]
        )
    return [_told(shot, also, is_online) for shot in _shots(asking, wanted)]


def _shots(asking: Asking, wanted: Wanted) -> Iterable[ShotRef]:
    if asking.clips is None:
        if asking.track:
            return shots_of_track(asking.timeline, asking.track, wanted)
        return marked_shots(asking.timeline, asking.marker, wanted)
    found = shots_of_uids(asking.timeline, asking.clips, wanted)
    if away := set(asking.clips) - {shot.clip_uid for shot in found}:
        raise NotOnTimeline(f"there is no clip {min(away)!r} on {asking.timeline.name!r}; select it again")
    return found


def _told(shot: ShotRef, also: Sequence[Problem], is_online: Callable[[str], bool]) -> dict[str, Any]:
    against = sorted((*problems(shot, is_online=is_online), *also), key=lambda one: not one.refuses)
    return {"shot": to_plain(shot), "for_people": shot.for_people(), "problems": to_plain(against)}


def shot_asked_for(table: object) -> ShotRef:
    """A shot as `check` told it. Raises: BadRecord, BadInput, BadInterchange."""
    told = Told.of(table, "shot")
    for key in ("rate", "media_rate"):
        told.rate(key, None)  # bounded before anybody makes a fraction of it
    if (retime := told.table("retime")) is not None:
        retime.speed("speed")
    for key in _NUMBERS:  # a fraction of a frame would be cut off
        told.whole(key, None if key in _FRAMES else 0, least=-MOST_FRAMES)
    available = told.everything().get("available")
    if available is not None and [type(n) for n in _listed(available)] != [int, int]:
        raise BadInput("`available` of a shot is its medium's first frame and end, or null")
    shot = from_plain(ShotRef, table)
    if any(abs(frame) > MOST_FRAMES for frame in shot.available or ()):
        raise BadInput(f"{shot.name}: `available` is beyond any medium; send the shot as `check` told it")
    if not (0 <= shot.handle_head <= MOST_HANDLES and 0 <= shot.handle_tail <= MOST_HANDLES):
        raise BadInput(f"{shot.name}: handles are 0 to {MOST_HANDLES} frames")
    return shot
