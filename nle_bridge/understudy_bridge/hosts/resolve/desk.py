"""What the panel does, without its widgets: sending, watching, placing, one take at a time.

Everything here is called on the script's own thread. The editor is asked there, the daemon on the worker's.
"""

from __future__ import annotations

import webbrowser
from collections import deque
from collections.abc import Callable
from typing import Any

from ...panel.daemon_calls import Daemon, DaemonTrouble
from ...panel.flow import MOST_TRIES, Placement, Submission
from ...panel.host import EditHost, HostRefused, Table
from ...panel.worker import Worker

MOST_LINES = 40
MARKER = "understudy"


class Desk:
    """`changed` is set whenever there is something new to show; the window sets it back."""

    def __init__(self, host: EditHost, worker: Worker) -> None:
        self._host, self._worker = host, worker
        self.connection = "looking for the daemon"
        self.presets: list[Table] = []
        self.sendings: dict[str, Table] = {}
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.project = ""
        self.changed = True
        self._wishes: deque[Placement] = deque()
        self._placing: Placement | None = None

    def open_project(self) -> None:
        """Look which project is open; its sendings are listed from now on."""
        try:
            about = self._host.about()
        except HostRefused as refused:
            self.say(str(refused))
            return
        if about["project"] == self.project:
            return
        self.project, self.sendings = about["project"], {}
        self._wishes.clear()
        self._worker.watch(self.project, news=self._news, trouble=self._connected)
        self._worker.ask(lambda daemon: daemon.presets(), self._presets, failed=self._trouble)
        self.say("project " + about["project_name"])

    def tick(self) -> None:
        """Hand over what the daemon answered; from the window's timer."""
        self._worker.drain()

    def send(self, preset: str, uids: list[str] | None = None) -> None:
        """Send clips, the selected ones when none are named."""
        sending = Submission(self._host, preset)

        def mark(_: Any) -> None:
            for line in sending.warnings + sending.refused:
                self.say(line)
            if self._here(sending.mark):
                self._ask(sending.send, sent)

        def sent(sendings: list[Table]) -> None:
            self.say(
                f"{len(sendings)} sent" + (f", {len(sending.refused)} refused" if sending.refused else "")
            )

        def look() -> None:
            sending.look(uids)
            self._ask(sending.check, mark)

        self._here(look)

    def send_marked(self, preset: str) -> None:
        """Send the clips that lie under a marker "understudy"."""

        def look() -> None:
            asked = {**self._told(), "timeline": self._host.timeline(), "marker": MARKER, "preset": preset}
            self._ask(lambda daemon: daemon.check(asked), found)

        def found(answer: Table) -> None:
            uids = [one["shot"]["clip_uid"] for one in answer["shots"]]
            if uids:
                self.send(preset, uids)
            else:
                self.say(f'no clip lies under a marker "{MARKER}"')

        self._here(look)

    def place(self, sending_id: str, version: int | None = None) -> None:
        """Lay a version above its shot, or into the place of the one that lies there; else the newest."""
        self._wish(Placement(self._host, sending_id, version))

    def remove(self, sending_id: str) -> None:
        self._wish(Placement(self._host, sending_id, remove=True))

    def cancel(self, sending_id: str) -> None:
        self._ask(lambda daemon: daemon.cancel(sending_id), self._news)

    def retry(self, sending_id: str) -> None:
        self._ask(lambda daemon: daemon.retry(sending_id), self._news)

    def open_room(self, sending_id: str) -> None:
        """Show the shot in the review room."""
        self._ask(lambda daemon: daemon.room(sending_id, {}), lambda answer: webbrowser.open(answer["url"]))

    def seek(self, sending_id: str) -> None:
        """Go to where the shot was when it was sent."""

        def go() -> None:
            shot = self.sendings[sending_id]["shot"]
            self._host.seek(int(shot["record_in"]) - int(self._host.timeline()["start_frame"]))

        self._here(go)

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.changed = True

    def close(self) -> None:
        self._worker.stop()

    def _told(self) -> Table:
        about = self._host.about()
        return {"host": about["host"], "project": about["project"]}

    def _wish(self, placing: Placement) -> None:
        self._wishes.append(placing)
        self._next()

    def _next(self) -> None:
        if self._placing is None and self._wishes:
            self._placing = self._wishes.popleft()
            self._plan(self._placing, 1)

    def _plan(self, placing: Placement, tries: int) -> None:
        if self._here(placing.look):
            self._ask(placing.plan, lambda _: self._carry_out(placing, tries), self._over)
        else:
            self._over()

    def _carry_out(self, placing: Placement, tries: int) -> None:
        done: list[bool] = []
        if not self._here(lambda: done.append(placing.carry_out())):
            self._over()
        elif done == [True]:
            self._ask(placing.settle, lambda faults: self._settled(placing, faults), self._over)
        elif tries < MOST_TRIES:
            self._plan(placing, tries + 1)
        else:
            self.say("the timeline is being changed; place the take when it is at rest")
            self._over()

    def _settled(self, placing: Placement, faults: list[str]) -> None:
        if faults:
            self.say("taken back: " + "; ".join(faults))
            self._here(placing.undo)
        else:
            words = {"place": "placed", "swap": "swapped", "remove": "removed"}
            self.say(f"{words.get(placing.made['kind'], 'done')}: version {placing.made['version']}")
            for note in placing.notes:
                self.say(note)
        self._over()

    def _over(self) -> None:
        self._placing = None
        self._next()

    def _here(self, act: Callable[[], Any]) -> bool:
        """Ask the editor; what it refuses is said."""
        try:
            act()
        except HostRefused as refused:
            self.say(str(refused))
            return False
        return True

    def _ask(
        self,
        call: Callable[[Daemon], Any],
        then: Callable[[Any], Any],
        after_trouble: Callable[[], None] | None = None,
    ) -> None:
        def failed(trouble: DaemonTrouble) -> None:
            self._trouble(trouble)
            if after_trouble is not None:
                after_trouble()

        if not self._worker.ask(call, then, failed=failed):
            self.say("too much waits already; try again later")
            if after_trouble is not None:
                after_trouble()

    def _news(self, sending: Table) -> None:
        self.sendings[sending["id"]] = sending
        self.changed = True

    def _presets(self, answer: Table) -> None:
        self.presets = list(answer["presets"])
        self.changed = True

    def _connected(self, trouble: DaemonTrouble | None) -> None:
        if trouble is None and not self.presets:
            self._worker.ask(lambda daemon: daemon.presets(), self._presets)
        self.connection = "connected" if trouble is None else str(trouble)
        self.changed = True

    def _trouble(self, trouble: DaemonTrouble) -> None:
        self.say(str(trouble))
