# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes onto the timeline, one after the other: plan by the daemon, steps here, read back by the daemon.

Knows no Blender. What is carried out is one undo step; what the daemon does not find right is taken back.
"""

from __future__ import annotations

from collections import deque

from ...panel.flow import IDENTITY, MOST_TRIES, Placement
from ...panel.host import HostRefused, Table
from .desk import Desk
from .editor import Asking, Front

_WORDS = {"place": "Place", "swap": "Swap in", "remove": "Remove"}


class Wish:
    """What somebody wants of a sending: a version on the timeline (None: the newest), or none there."""

    def __init__(self, front: Front, sending_id: str, version: int | None, remove: bool) -> None:
        self.sending_id = sending_id
        self.placement = Placement(front.host, sending_id, version, remove=remove)
        self.tries = 0


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
        self._wish(Wish(self._front, sending_id, version, remove=False), "Placing")

    def remove(self, sending_id: str) -> None:
        self._wish(Wish(self._front, sending_id, None, remove=True), "Removing")

    def _wish(self, wish: Wish, words: str) -> None:
        if wish.sending_id in self._desk.busy:
            return
        self._desk.busy[wish.sending_id] = words
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
            self._desk.notice("error", trouble if trouble.startswith(f"{name}:") else f"{name}: {trouble}")
        self._desk.take_lying(self._front.lying())
        if self._at_work is wish:
            self._at_work = None
        self._next()

    def _plan(self, wish: Wish) -> None:
        wish.tries += 1
        if wish.tries > MOST_TRIES:
            raise HostRefused("TimelineChanged", "the timeline changes all the time; place it when it rests")
        self._find_again(wish.sending_id)
        wish.placement.look()
        self._ask(
            wish.placement.plan,
            lambda _: self._planned(wish),
            failed=lambda trouble: self._over(wish, str(trouble)),
        )

    def _planned(self, wish: Wish) -> None:
        if self._at_work is not wish:
            return
        try:
            if not wish.placement.carry_out():
                self._plan(wish)
                return
        except HostRefused as refusal:
            self._over(wish, str(refusal))
            return
        name = self._desk.sendings[wish.sending_id]["name"]
        self._front.undo_step(f"{_WORDS[wish.placement.made['kind']]} {name}")
        self._ask(wish.placement.settle, lambda faults: self._settled(wish, faults))

    def _settled(self, wish: Wish, faults: list[str]) -> None:
        if faults:
            self._take_back(wish, "; ".join(faults))
            return
        for note in wish.placement.notes:
            self._desk.notice("info", note)
        self._over(wish)

    def _take_back(self, wish: Wish, why: str) -> None:
        if self._at_work is not wish:
            return
        try:
            wish.placement.undo()
        except HostRefused as refusal:
            self._over(wish, f"{why}; {refusal}")
            return
        self._front.undo_step("Take Back What Did Not Fit")
        self._over(wish, f"it was taken back: {why}")

    # Where a sending's shot lies now

    def clip_of(self, sending_id: str) -> Table:
        """The shot's clip as it lies on the timeline. Raises: HostRefused."""
        shot = self._desk.sendings[sending_id]["shot"]
        timeline = self._front.host.timeline()
        clips = [(number, clip) for number, clip in _clips(timeline) if clip["uid"] == shot["clip_uid"]]
        if not clips:
            raise HostRefused("NotOnTimeline", f"{shot['name']} is not on this timeline any more")
        sent = (shot["track"], shot["record_in"] - timeline.get("start_frame", 0))
        # Of copies the one that lies where the shot was sent from; else the first.
        clips.sort(key=lambda one: ((one[0], one[1]["record_in"]) != sent, one[1]["record_in"]))
        return dict(clips[0][1])

    def _find_again(self, sending_id: str) -> None:
        """Undoing a sending took the shot's mark away; the clip that lies as it was sent gets it again."""
        shot = self._desk.sendings[sending_id]["shot"]
        if self._front.carries(shot["clip_uid"]):
            return
        timeline = self._front.host.timeline()
        sent = (
            shot["track"],
            shot["record_in"] - timeline.get("start_frame", 0),
            shot["source_in"],
            shot["media"],
        )
        for number, clip in _clips(timeline):
            path = (clip.get("media") or {}).get("path")
            lies = (number, clip["record_in"], clip.get("source_in", 0), path)
            if lies == sent and not str(clip["uid"]).startswith(IDENTITY):
                self._front.host.mark(clip["uid"], shot["clip_uid"])
                return

    def source_frame(self, sending_id: str) -> int | None:
        """The source frame of the shot under the playhead, None when the playhead is elsewhere."""
        clip = self.clip_of(sending_id)
        into = self._front.playhead() - int(clip["record_in"])
        if not 0 <= into < int(clip["duration"]) or str(clip.get("speed", "1")) != "1":
            return None
        return int(clip.get("source_in", 0)) + into


def _clips(timeline: Table) -> list[tuple[int, Table]]:
    """Every clip with the number of its track."""
    return [(int(track["number"]), clip) for track in timeline["tracks"] for clip in track["clips"]]
