# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips to the daemon: looked at first, then sent by those that nothing refuses. Knows no Blender."""

from __future__ import annotations

from collections.abc import Callable

from ...panel.flow import Submission
from ...panel.host import HostRefused, Table
from .desk import Desk, refused
from .editor import Asking, Front

Later = Callable[[Callable[[], None]], None]


class Sender:
    """One submission at a time. `later` does what needs the whole timeline as soon as it can be read."""

    def __init__(self, desk: Desk, front: Front, ask: Asking, later: Later) -> None:
        self._desk, self._front, self._ask, self._later = desk, front, ask, later
        self._submission: Submission | None = None
        self._marked = False

    def forget(self) -> None:
        """Nothing is to be sent; what is under way is not taken in any more."""
        self._submission, self._marked = None, False
        self._desk.checked, self._desk.checking, self._desk.sending = [], False, False

    def check_selected(self) -> None:
        """Ask what stands against the selected clips."""
        self.forget()
        self._desk.checking = True
        self._later(lambda: self._look(None, self._show))

    def send_checked(self) -> None:
        """Check the shots anew as they lie now, mark them and send them."""
        self._desk.sending = True
        if self._marked:
            self._send()
            return
        uids = [str(checked["shot"]["clip_uid"]) for checked in self._desk.sendable()]
        self._later(lambda: self._look(uids, self._mark))

    def _look(self, uids: list[str] | None, then: Callable[[list[Table]], None]) -> None:
        submission = Submission(self._front.host, self._desk.preset_name)
        self._submission = submission
        try:
            submission.look(uids)
        except HostRefused as refusal:
            self.forget()
            self._desk.notice("error", str(refusal))
            return

        def checked(shots: list[Table]) -> None:
            if self._submission is submission:
                then(shots)

        self._ask(submission.check, checked, over=self._over)

    def _over(self) -> None:
        self._desk.checking = self._desk.sending = False

    def _show(self, shots: list[Table]) -> None:
        self._desk.checked = shots
        if not shots:
            self._desk.notice("error", "none of the selected clips is a shot; takes are not sent again")

    def _mark(self, shots: list[Table]) -> None:
        self._desk.checked = shots
        if self._submission is None:
            return
        try:
            self._submission.mark()
        except HostRefused as refusal:
            self._desk.notice("error", str(refusal))
            return
        self._front.undo_step("Send to Understudy")
        self._marked = True
        self._send()

    def _send(self) -> None:
        """After trouble it is asked for again, and nothing goes twice."""
        submission = self._submission
        if submission is None:
            return
        self._desk.sending = True

        def sent(sendings: list[Table]) -> None:
            self._desk.take_sendings(sendings)
            if self._submission is submission:
                self._marked = False
                self._desk.checked = [checked for checked in self._desk.checked if refused(checked)]
                self._desk.opened = str(sendings[-1]["id"])

        self._ask(submission.send, sent, over=self._over)
