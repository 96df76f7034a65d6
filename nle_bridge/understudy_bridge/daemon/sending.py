"""A sending: one shot on its way from an editor's timeline through the backend and back, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from understudy.domain.plain import to_plain
from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.presets import Recipe

State = Literal["waiting", "running", "finished", "failed", "cancelled"]
Stage = Literal["ingest", "extract", "convert", "deliver"]
VersionState = Literal["rendering", "rendered", "delivered"]

FINAL: frozenset[State] = frozenset({"finished", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True, slots=True)
class StageProgress:
    """How far the stage is; `left_s` is None while nobody knows."""

    done: int = 0
    total: int = 0
    left_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What ended a sending, or what it waits for; `kind` is an error's class name."""

    kind: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One take of the shot. `media` is where the editor finds it once it is delivered."""

    version: int
    take_id: str
    state: VersionState = "rendering"
    media: ResultMedia | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placing:
    """Where a version was read back on the timeline. `record_in` counts from the sequence's first frame."""

    version: int
    track: int
    record_in: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The job in hand, written down before the backend hears of it, so that nothing is asked for twice.

    `again`: the job ended badly and is to be queued once more.
    """

    stage: Stage
    request_id: str
    spec: dict[str, object]
    job_id: str = ""
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """Everything that is known of one sending.

    `recipe` is the preset as it was when the sending was made or last taken up; `shot_id` the backend's shot,
    `plate_start` the source frame (as the editor counts) under the first picture of its medium. `take_id` is
    the take to deliver, "" to render a new one. `turn` goes up whenever somebody decides anew what is to be
    done: who still works for an older turn stops. `stopping` are requests whose jobs are to be cancelled.
    `pushed` is the medium's path in the backend when it had to be sent there.
    """

    id: str
    request_id: str
    project: str
    shot: ShotRef
    recipe: Recipe
    created: str
    state: State = "waiting"
    stage: Stage = "ingest"
    progress: StageProgress = StageProgress()
    error: Trouble | None = None
    versions: tuple[Version, ...] = ()
    placed: tuple[Placing, ...] = ()
    revision: int = 0
    finished: str = ""
    production_id: str = ""
    shot_id: str = ""
    take_id: str = ""
    step: Step | None = None
    turn: int = 0
    round: int = 1
    attempt: int = 1
    pushed: str = ""
    stopping: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.shot.name

    def version(self, number: int) -> Version | None:
        return next((one for one in self.versions if one.version == number), None)

    def newest_delivered(self) -> Version | None:
        """The delivered version with the highest number."""
        delivered = [one for one in self.versions if one.state == "delivered"]
        return max(delivered, key=lambda one: one.version, default=None)

    def with_version(self, fresh: Version) -> tuple[Version, ...]:
        """All versions in order, with this one in the place of its number's."""
        others = [one for one in self.versions if one.version != fresh.version]
        return tuple(sorted((*others, fresh), key=lambda one: one.version))


def table_of(sending: Sending) -> dict[str, Any]:
    """The sending as editors hear of it: `Sending` of `docs/bridge.md`.

    `shot_id` there is the clip's identity, which its takes carry on the timeline: a clip that is sent again,
    with longer handles say, has another shot in the backend, and its new takes replace the old ones.
    """
    return {
        "id": sending.id,
        "project": sending.project,
        "name": sending.name,
        "preset": sending.recipe.name,
        "shot": to_plain(sending.shot),
        "shot_id": sending.shot.clip_uid if sending.shot_id else "",
        "state": sending.state,
        "stage": sending.stage,
        "progress": to_plain(sending.progress),
        "error": to_plain(sending.error),
        "versions": to_plain(sending.versions),
        "placed": to_plain(sending.placed),
        "revision": sending.revision,
        "created": sending.created,
        "finished": sending.finished,
    }
