# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes onto the timeline, one after the other: plan by the daemon, steps here, read back by the daemon.

Knows no Blender. What is carried out is one undo step; what the daemon does not find right is taken back.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ...panel.daemon_calls import DaemonTrouble
from ...panel.host import HostRefused, Table
from .desk import Desk
from .editor import Asking, Front

MOST_PLANS = 3
"""So often is planned anew when the artist changes the timeline meanwhile."""
_WORDS = {"place": "Place", "swap": "Swap in", "remove": "Remove"}


class Wish(NamedTuple):
    """What somebody wants of a sending: a version on the timeline (None: the newest), or none there."""

    sending_id: str
    version: int | None
    remove: bool
    plans: int = 1


class Placer:
    """Carries out one wish at a time, since each plan is made for the timeline that the last one left."""

    def __init__(self, desk: Desk, front: Front, ask: Asking) -> None:
        self._desk, self._front, self._ask = desk, front, ask
        self._waiting: deque[Wish] = deque()
        self._at_work: Wish | None = None

    def forget(self) -> None:
        """Another project is in front: nothing more is carried out of what was wished for the last one."""
        self._waiting.clear()
        self._at_work = None

    def place(self, sending_id: str, version: int | None = None) -> None:
        """Lay a version above its shot, or into the place of the one that lies there."""
        self._wish(Wish(sending_id, version, remove=False))

    def remove(self, sending_id: str) -> None:
        self._wish(Wish(sending_id, None, remove=True))

    def _wish(self, wish: Wish) -> None:
        if wish.sending_id in self._desk.busy:
            return
        self._desk.busy[wish.sending_id] = "Removing" if wish.remove else "Placing"
        self._desk.offered = [one for one in self._desk.offered if one != wish.sending_id]
        self._waiting.append(wish)
        self._next()

    def _next(self) -> None:
        while self._at_work is None and self._waiting:
            self._at_work = self._waiting.popleft()
            try:
                self._plan(self._at_work)
            except HostRefused as refusal:
                self._over(self._at_work, str(refusal))

    def _over(self, wish: Wish, trouble: str = "") -> None:
        """A wish is done with, for better or worse."""
        self._desk.busy.pop(wish.sending_id, None)
        if trouble:
            name = self._desk.sendings.get(wish.sending_id, {}).get("name", "the take")
            self._desk.notice("error", f"{name}: {trouble}")
        self._desk.lying = self._front.lying()
        if self._at_work is wish:
            self._at_work = None
        self._next()

    def _plan(self, wish: Wish) -> None:
        host = self._front.host
        timeline = host.timeline()
        asked: Table = {"timeline": timeline, "capabilities": host.about()["capabilities"]}
        if wish.remove:
            asked["remove"] = True
        elif wish.version is not None:
            asked["version"] = wish.version
        self._ask(
            lambda daemon: daemon.plan(wish.sending_id, asked),
            lambda plan: self._planned(wish, timeline, plan),
            failed=lambda trouble: self._over(wish, str(trouble)),
        )

    def _planned(self, wish: Wish, timeline: Table, plan: Table) -> None:
        if self._at_work is not wish:
            return
        try:
            if self._front.host.timeline() != timeline:
                self._plan_again(wish)
            else:
                self._carry_out(wish, plan)
        except HostRefused as refusal:
            self._over(wish, str(refusal))

    def _plan_again(self, wish: Wish) -> None:
        if wish.plans >= MOST_PLANS:
            raise HostRefused("TimelineChanged", "the timeline changes all the time; place it when it rests")
        self._at_work = wish._replace(plans=wish.plans + 1)
        self._plan(self._at_work)

    def _carry_out(self, wish: Wish, plan: Table) -> None:
        host, undoing = self._front.host, []
        try:
            for step in plan["steps"]:
                undoing.append(host.carry_out(step))
            found = host.timeline()
        except HostRefused:
            self._take_back(undoing)
            raise
        self._front.undo_step(f"{_WORDS[plan['kind']]} {self._desk.sendings[wish.sending_id]['name']}")

        def read(answer: Table) -> None:
            if answer["ok"]:
                for note in plan.get("notes", ()):
                    self._desk.notice("info", str(note))
                self._over(wish)
            else:
                self._wrong(wish, undoing, "; ".join(answer["faults"]))

        def unread(trouble: DaemonTrouble) -> None:
            self._wrong(wish, undoing, str(trouble))

        self._ask(lambda daemon: daemon.read(plan["id"], {"timeline": found}), read, failed=unread)

    def _wrong(self, wish: Wish, undoing: list[Table], why: str) -> None:
        try:
            self._take_back(undoing)
        except HostRefused as refusal:
            self._over(wish, f"{why}. Taking it back failed too ({refusal}): undo it by hand")
            return
        self._front.undo_step("Take back what did not fit")
        self._over(wish, f"it was taken back: {why}")

    def _take_back(self, undoing: list[Table]) -> None:
        for step in reversed(undoing):
            self._front.host.carry_out(step)

    # Where a sending's shot lies now

    def clip_of(self, sending_id: str) -> Table:
        """The shot's clip as it lies on the timeline. Raises: HostRefused."""
        shot = self._desk.sendings[sending_id]["shot"]
        timeline = self._front.host.timeline()
        clips = [
            (track["number"], clip)
            for track in timeline["tracks"]
            for clip in track["clips"]
            if clip["uid"] == shot["clip_uid"]
        ]
        if not clips:
            raise HostRefused("NotOnTimeline", f"{shot['name']} is not on this timeline any more")
        sent = (shot["track"], shot["record_in"] - timeline.get("start_frame", 0))
        # Of copies the one that lies where the shot was sent from; else the first.
        clips.sort(key=lambda one: ((one[0], one[1]["record_in"]) != sent, one[1]["record_in"]))
        return dict(clips[0][1])

    def source_frame(self, sending_id: str) -> int | None:
        """The source frame of the shot under the playhead, None when the playhead is elsewhere."""
        clip = self.clip_of(sending_id)
        into = self._front.playhead() - int(clip["record_in"])
        if not 0 <= into < int(clip["duration"]) or str(clip.get("speed", "1")) != "1":
            return None
        return int(clip.get("source_in", 0)) + into
