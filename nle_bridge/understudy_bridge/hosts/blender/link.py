# SPDX-License-Identifier: GPL-3.0-or-later
"""Between panel and daemon: what a button starts and what comes of it. Knows no Blender.

Everything here is called on the main thread and returns at once; daemon calls go to the worker, and `tick`,
called by the editor's timer, takes their results in.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from ...panel.daemon_calls import Daemon, DaemonTrouble
from ...panel.host import HostRefused, Table
from ...panel.worker import Worker
from .desk import Desk, refused
from .editor import Front
from .placer import Placer

LOOK_S = 1.0
"""How often the timeline is looked at for takes that came or went by the artist's hand."""
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
        self._look_at = 0.0
        self._fresh = True
        self._watching = False
        self.placer = Placer(self.desk, front, self.ask)

    def close(self) -> None:
        self._worker.stop()
        self._pictures.stop()
        self.front.close()

    # The timer

    def tick(self) -> None:
        """Take in what came back, look at the timeline now and then, redraw if anything changed."""
        if time.monotonic() >= self._look_at:
            self.look()
        more = self._worker.drain()
        self._pictures.drain(most=1)
        if self._watching and not more and self.desk.connection == "up" and not self.desk.heard:
            self.desk.heard = True
            self.desk.offer_finished()
            self.changed()
        if self._fresh:
            self._fresh = False
            self.front.redraw()

    def changed(self) -> None:
        self._fresh = True

    def file_loaded(self) -> None:
        """Another file is in front; what was under way for the last one is not carried out in this."""
        self._watching = False
        self.placer.forget()
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
        lying = self.front.lying()
        if lying != self.desk.lying:
            self.desk.lying = lying
            self.changed()

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
        self.ask(lambda daemon: daemon.hello(), self.desk.connected)
        self.ask(lambda daemon: daemon.presets(), self._presets)
        self.ask(lambda daemon: daemon.people(), self._people)

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
            old = self.desk.pictures.get(sending_id, 0)
            self.desk.pictures[sending_id] = self.front.take_picture(sending_id, jpeg, old)
            self.changed()

        # A sending may have no picture yet; then there is none, and nothing to tell.
        self._pictures.ask(lambda daemon: daemon.picture(sending_id, PICTURE_WIDTH_PX), show)

    # Sending

    def check_selected(self) -> None:
        """Ask what stands against the selected clips. Raises: HostRefused."""
        uids = self.front.host.selected()
        if not uids:
            raise HostRefused("NotOnTimeline", "select the clips to send, then check them")
        asked = self._question(uids)
        self.desk.checking, self.desk.checked = True, []

        def show(answer: Table) -> None:
            self.desk.checked = answer["shots"]
            if not self.desk.checked:
                self.desk.notice("error", "none of the selected clips is a shot; takes are not sent again")

        self.ask(lambda daemon: daemon.check(asked), show, over=self._checked)

    def send_checked(self) -> None:
        """Mark the checked clips and send them, checked anew as they lie now. Raises: HostRefused."""
        uids = self._mark([str(shot["shot"]["clip_uid"]) for shot in self.desk.sendable()])
        asked, preset = self._question(uids), self.desk.preset_name
        project, requests = str(asked["project"]), {uid: str(uuid.uuid4()) for uid in uids}
        self.desk.sending = True
        self.look_again()

        def send(daemon: Daemon) -> tuple[list[Table], list[Table]]:
            sent, kept_back = [], []
            for checked in daemon.check(asked)["shots"]:
                if refused(checked):
                    kept_back.append(checked)
                    continue
                shot = checked["shot"]
                request = {"project": project, "shot": shot, "preset": preset}
                sent.append(daemon.create({"request_id": requests[shot["clip_uid"]], **request}))
            return sent, kept_back

        self.ask(send, self._sent, over=self._sending_over)

    def _mark(self, uids: list[str]) -> list[str]:
        """Give each clip an identity of its own that stays with it."""
        known = {str(told["shot"]["clip_uid"]) for told in self.desk.sendings.values()}
        marked = []
        for uid in uids:
            identity = uid if uid in known else str(uuid.uuid4())
            if identity != uid:
                self.front.host.mark(uid, identity)
            marked.append(identity)
        return marked

    def _question(self, uids: list[str]) -> Table:
        about = self.front.host.about()
        asked = {"host": about["host"], "project": about["project"], "timeline": self.front.host.timeline()}
        return {
            **asked,
            "clips": uids,
            **({"preset": self.desk.preset_name} if self.desk.preset_name else {}),
        }

    def _checked(self) -> None:
        self.desk.checking = False

    def _sending_over(self) -> None:
        self.desk.sending = False

    def _sent(self, outcome: tuple[list[Table], list[Table]]) -> None:
        sent, kept_back = outcome
        self.desk.take_sendings(sent)
        self.desk.checked = kept_back
        if sent:
            self.desk.opened = str(sent[-1]["id"])
        if kept_back:
            self.desk.notice("error", "the timeline changed: what is listed below was not sent")

    # A sending

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
