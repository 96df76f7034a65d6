"""The daemon's rules without its door and its backend: what `panel/flow.py` asks, answered in place."""

from __future__ import annotations

from fractions import Fraction

from understudy.domain.errors import UnderstudyError
from understudy.domain.plain import from_plain
from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.daemon.asked_shots import Asking, shots_asked_for
from understudy_bridge.daemon.plans import Plans, Reading
from understudy_bridge.panel.daemon_calls import DaemonDown, Refused
from understudy_bridge.panel.host import Table

HANDLES = 8


class RulesDaemon:
    """Sendings that finish at once, with the takes that a test gives them. `away`: it does not answer."""

    def __init__(self) -> None:
        self.plans = Plans()
        self.shots: dict[str, ShotRef] = {}
        self.results: dict[str, dict[int, ResultMedia]] = {}
        self.requests: dict[str, str] = {}
        self.last: Reading | None = None
        self.away = False

    def check(self, asked: Table) -> Table:
        asking = Asking.of({key: value for key, value in asked.items() if key != "preset"})
        return {"shots": shots_asked_for(asking, (HANDLES, HANDLES), (), lambda path: True)}

    def create(self, asked: Table) -> Table:
        sending_id = self.requests.setdefault(asked["request_id"], f"sending {len(self.shots) + 1}")
        self.shots[sending_id] = from_plain(ShotRef, asked["shot"])
        self.results.setdefault(sending_id, {})
        return {"id": sending_id, "state": "waiting"}

    def finish(self, sending_id: str, version: int, media: Table, *, start: int = 1001) -> None:
        """A version is there: `media`, whose frame 0 was made of the plate's frame 8 before the cut."""
        shot = self.shots[sending_id]
        self.results[sending_id][version] = ResultMedia(
            path=media["path"],
            name=media["name"],
            rate=Fraction(media["rate"]),
            start=start,
            frames=media["frames"],
            plate_first=shot.source_in - HANDLES,
            shot_id="a shot of the backend",
            take_id=f"take {version}",
        )

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Table:
        changed = [{"id": one, "state": "finished" if self.results[one] else "running"} for one in self.shots]
        return {"revision": after + 1, "sendings": changed}

    def plan(self, sending_id: str, asked: Table) -> Table:
        try:
            if asked.get("remove"):
                return self.plans.make_removal(sending_id, self.shots[sending_id].clip_uid, asked["timeline"])
            version = asked.get("version") or max(self.results[sending_id])
            return self.plans.make(
                sending_id,
                self.shots[sending_id],
                self.results[sending_id][version],
                version,
                asked["timeline"],
                capabilities=asked.get("capabilities"),
                track=asked.get("track"),
            )
        except UnderstudyError as cause:
            raise Refused(type(cause).__name__, str(cause), 409) from cause

    def read(self, plan_id: str, asked: Table) -> Table:
        if self.away:
            raise DaemonDown("the Understudy daemon does not answer; start it with `understudy bridge serve`")
        self.last = self.plans.read(plan_id, asked["timeline"])
        return self.last.table()
