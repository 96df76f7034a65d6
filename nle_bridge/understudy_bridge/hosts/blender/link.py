# SPDX-License-Identifier: GPL-3.0-or-later
"""Between panel and daemon: what a button starts and what comes of it. Knows no Blender.

Everything here is called on the main thread and returns at once; daemon calls go to the worker, and `tick`,
called by the editor's timer, takes their results in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...panel.daemon_calls import Daemon, DaemonTrouble
from ...panel.host import HostRefused, Table
from ...panel.worker import Worker
from .desk import Desk
from .editor import Front
from .placer import Placer
from .sender import Sender

LOOK_S = 1.0
"""How often the timeline is looked at for takes that came or went by the artist's hand."""
TICK_S, HASTE_S = 0.2, 0.05
OPENING_S = 0.02
"""How long media are opened in one tick; a file that was begun is opened to its end."""
REFRESH_S = 15.0
"""How often backend, presets and consents are asked for."""
PICTURE_S = 4.0
"""A sending under way gets a new picture no more often."""
PICTURE_WIDTH_PX = 320


class Link:
    """The panel's state and its ways to daemon and timeline."""

    def __init__(self, daemon: Daemon, front: Front) -> None:
        self.desk, self.front = Desk(), front
        self._worker = Worker(daemon, name="blender")
        self._pictures = Worker(daemon, name="blender-pictures")
        self._asked_pictures: dict[str, float] = {}
        self._look_at = self._refresh_at = 0.0
        self._fresh = True
        self._watching = False
        self._actions: list[Callable[[], None]] = []
        self.sender = Sender(self.desk, front, self.ask, self.when_read)
        self.placer = Placer(self.desk, front, self.ask)

    def close(self) -> None:
        self._worker.stop()
        self._pictures.stop()
        self.front.close()

    # The timer

    def tick(self) -> float:
        """Take in what came back, look at the timeline now and then, redraw if anything changed.

        Returns the seconds until the next tick.
        """
        if time.monotonic() >= self._look_at:
            self.look()
        if self._actions or self.desk.unread:
            self._read_on()
        more = self._drained()
        self._pictures.drain(most=1)
        if self._watching and not more and self.desk.connection == "up" and not self.desk.heard:
            self.desk.heard = True
            self.changed()
        if self._fresh:
            self._fresh = False
            self.front.redraw()
        return HASTE_S if self._actions or more else TICK_S

    def _drained(self) -> bool:
        """Take in what came back; a fault of the panel is raised, and the panel is free again."""
        whole = False
        try:
            more = self._worker.drain()
            whole = True
        finally:
            if not whole:
                self._forget_work()
                text = "what was under way broke off by a fault here; see the timeline and the console"
                self.desk.notice("error", text)
                self.changed()
        return more

    def _forget_work(self) -> None:
        self._actions = []
        self.sender.forget()
        self.placer.forget()
        self.desk.busy.clear()

    def when_read(self, action: Callable[[], None]) -> None:
        """Do what needs the whole timeline once Blender knows its media: at once, or some ticks later."""
        self._actions.append(action)
        self._read_on()

    def _read_on(self) -> None:
        left = self.front.open_media(OPENING_S)
        if self.desk.unread != left:
            self.desk.unread = left
            self.changed()
        while self._actions and not left:
            action = self._actions.pop(0)
            try:
                action()
            except HostRefused as refusal:
                self.desk.notice("error", str(refusal))
            self.changed()

    def changed(self) -> None:
        self._fresh = True

    def file_loaded(self) -> None:
        """Another file is in front; what was under way for the last one is not carried out in this."""
        self._watching = False
        self._forget_work()
        self.look_again()

    def look_again(self) -> None:
        """The timeline may be another one now: after undo, redo and loading."""
        self._look_at = 0.0

    def look(self) -> None:
        """Read project and takes from the strips."""
        self._look_at = time.monotonic() + LOOK_S
        project = str(self.front.host.about()["project"])
        if project != self.desk.project or not self._watching:
            self.desk.forget_project()
            self.desk.project = project
            self._watching = True
            self._worker.watch(project, news=self._news, trouble=self._trouble)
            self.changed()
        if self.desk.take_lying(self.front.lying()):
            self.changed()
        self._read_on()
        if self.desk.connection == "up" and time.monotonic() >= self._refresh_at:
            self._refresh_quietly()

    # The daemon

    def ask(
        self,
        call: Callable[[Daemon], Any],
        then: Callable[[Any], None],
        *,
        failed: Callable[[DaemonTrouble], None] | None = None,
        over: Callable[[], None] | None = None,
    ) -> None:
        """`editor.Asking`."""

        def done(value: Any) -> None:
            if over:
                over()
            then(value)
            self.changed()

        def refused(trouble: DaemonTrouble) -> None:
            if over:
                over()
            if failed:
                failed(trouble)
            else:
                self.desk.notice("error", str(trouble))
            self.changed()

        if not self._worker.ask(call, done, failed=refused):
            refused(DaemonTrouble("too much is waiting for the daemon; try again in a moment"))
        self.changed()

    def refresh(self) -> None:
        """Ask how daemon and backend are, for presets and for people."""
        self._worker.wake()
        self._refresh_at = time.monotonic() + REFRESH_S
        for call, then in self._state_of_things():
            self.ask(call, then)

    def _refresh_quietly(self) -> None:
        """The same now and then; what fails is told by the connection's own line."""
        self._refresh_at = time.monotonic() + REFRESH_S
        for call, then in self._state_of_things():
            self._pictures.ask(call, self._taking(then))

    def _state_of_things(self) -> list[tuple[Callable[[Daemon], Table], Callable[[Table], None]]]:
        return [
            (lambda daemon: daemon.hello(), self.desk.connected),
            (lambda daemon: daemon.presets(), self._presets),
            (lambda daemon: daemon.people(), self._people),
        ]

    def _taking(self, then: Callable[[Table], None]) -> Callable[[Table], None]:
        def take(answer: Table) -> None:
            then(answer)
            self.changed()

        return take

    def _presets(self, answer: Table) -> None:
        self.desk.take_presets(answer["presets"])

    def _people(self, answer: Table) -> None:
        self.desk.people = answer["people"]

    def _trouble(self, trouble: DaemonTrouble | None) -> None:
        if trouble is None:
            self.desk.connection, self.desk.trouble = "up", ""
            self.refresh()
        else:
            self.desk.disconnected(trouble.kind, str(trouble))
        self.changed()

    def _news(self, told: Table) -> None:
        before = self.desk.sendings.get(told["id"])
        for sending_id in self.desk.take_sendings([told]):
            finished = told["state"] != "running" and before is not None and before["state"] == "running"
            self._want_picture(sending_id, at_once=finished or before is None)
        self.changed()

    def _want_picture(self, sending_id: str, *, at_once: bool) -> None:
        now = time.monotonic()
        if not at_once and now < self._asked_pictures.get(sending_id, 0.0) + PICTURE_S:
            return
        self._asked_pictures[sending_id] = now

        def show(jpeg: bytes) -> None:
            self.desk.pictures[sending_id] = self.front.take_picture(sending_id, jpeg)
            self.changed()

        # A sending may have no picture yet; then there is none, and nothing to tell.
        self._pictures.ask(lambda daemon: daemon.picture(sending_id, PICTURE_WIDTH_PX), show)

    # A sending

    def place(self, sending_id: str, version: int | None = None) -> None:
        """Lay a version above its shot, or into the place of the one that lies there."""
        self.when_read(lambda: self.placer.place(sending_id, version))

    def remove(self, sending_id: str) -> None:
        """Take a sending's take off the timeline."""
        self.when_read(lambda: self.placer.remove(sending_id))

    def do(self, sending_id: str, words: str, call: Callable[[Daemon], Table]) -> None:
        """One daemon call about a sending whose answer is the sending; `words` are shown meanwhile."""
        self.desk.busy[sending_id] = words

        def show(told: Table) -> None:
            self.desk.take_sendings([told])

        def over() -> None:
            self.desk.busy.pop(sending_id, None)

        self.ask(call, show, over=over)

    def open_room(self, sending_id: str) -> None:
        """Open the review room, at the frame under the playhead if it is in the shot. Raises: HostRefused."""
        source = self.placer.source_frame(sending_id)
        asked = {} if source is None else {"source": source}
        self.ask(lambda daemon: daemon.room(sending_id, asked), self._open_page)

    def _open_page(self, answer: Table) -> None:
        url = str(answer["url"])
        if url.startswith(("http://", "https://")):
            self.front.browse(url)
        else:
            self.desk.notice("error", "the daemon gave no address of a page; is it of the same version?")

    def go_to_shot(self, sending_id: str) -> None:
        """Show the first frame of the shot. Raises: HostRefused."""
        self.front.host.seek(int(self.placer.clip_of(sending_id)["record_in"]))
