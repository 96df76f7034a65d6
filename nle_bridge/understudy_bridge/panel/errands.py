"""What a panel of buttons does in an editor: connection, presets, sendings, and one errand after another.

Knows no toolkit. Everything here is called on the editor's main thread; what waits for the daemon is asked of
the worker. `shown` is called whenever there is something new to draw.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from typing import Any

from .daemon_calls import Daemon, DaemonTrouble
from .flow import MOST_TRIES, Placement, Submission
from .host import EditHost, HostRefused, Table
from .worker import Worker

MOST_NOTES = 50


class Errands:
    """The state of one panel, and what its buttons start."""

    def __init__(self, host: EditHost, worker: Worker, shown: Callable[[], None]) -> None:
        self._host, self._worker, self._shown = host, worker, shown
        self.connection = "looking for the daemon"
        self.presets: list[Table] = []
        self.sendings: dict[str, Table] = {}
        self.notes: list[str] = []
        self.busy = ""
        self._project = ""

    def open(self) -> None:
        """Ask the daemon what there is now, and follow the project that is in front."""
        self._worker.ask(lambda daemon: daemon.hello(), self._greeted, failed=self._trouble)
        self._worker.ask(lambda daemon: daemon.presets(), self._take_presets, failed=self._trouble)
        self.follow()

    def follow(self) -> None:
        """Follow the sendings of the project that is in front, if it is another one than before."""
        try:
            project = str(self._host.about()["project"])
        except HostRefused as refused:
            if self.notes[:1] != [str(refused)]:  # panels look again every few seconds
                self._note(str(refused))
            return
        if project != self._project:
            self._project, self.sendings = project, {}
            self._worker.watch(project, news=self._news, trouble=self._trouble)

    def drain(self) -> None:
        """For the editor's timer. A fault of the panel is raised, and the panel is free again."""
        whole = False
        try:
            self._worker.drain()
            whole = True
        finally:
            if not whole and self.busy:
                text = f"{self.busy} broke off by a fault of this panel; look at the timeline"
                self.busy = ""
                self._note(text + ", and at the editor's script console")

    def close(self) -> None:
        self._worker.stop()

    def newest_first(self) -> list[Table]:
        return sorted(self.sendings.values(), key=lambda told: str(told.get("created", "")), reverse=True)

    def send(self, preset: str, uids: list[str] | None = None) -> None:
        """Send clips, the selected ones when none are named."""
        sending = Submission(self._host, preset)

        def checked(_: Any) -> None:
            sending.mark()
            self.follow()
            for text in sending.warnings + sending.refused:
                self._note(text)
            self._ask("sending", sending.send, sent)

        def sent(told: list[Table]) -> None:
            self._note(f"{len(told)} sent")
            for one in told:
                self.sendings[one["id"]] = one

        self._begin(
            "checking", lambda: sending.look(uids), lambda: self._ask("checking", sending.check, checked)
        )

    def place(self, sending_id: str, version: int | None = None) -> None:
        """Put a take above its shot, or a version into its place."""
        self._carry(Placement(self._host, sending_id, version), "the take lies above its shot", MOST_TRIES)

    def remove(self, sending_id: str) -> None:
        """Take the takes of a shot away."""
        self._carry(Placement(self._host, sending_id, remove=True), "the take was taken away", MOST_TRIES)

    def _carry(self, placing: Placement, done: str, tries: int) -> None:
        def planned(_: Any) -> None:
            if placing.carry_out():
                if not self._ask("reading back", placing.settle, settled):
                    settled(["nobody could be asked whether it lies right"])
            elif tries > 1:
                self.busy = ""
                self._carry(placing, done, tries - 1)
            else:
                self._note("the timeline is being changed; place the take when it is at rest")

        def settled(faults: list[str]) -> None:
            if faults:
                placing.undo(faults)
                self._note("it was taken back: " + "; ".join(faults))
                return
            for text in [done, *placing.notes]:
                self._note(text)

        self._begin("planning", placing.look, lambda: self._ask("planning", placing.plan, planned))

    def retry(self, sending_id: str) -> None:
        self.of_daemon("trying again", lambda daemon: daemon.retry(sending_id), self._told)

    def cancel(self, sending_id: str) -> None:
        self.of_daemon("cancelling", lambda daemon: daemon.cancel(sending_id), self._told)

    def open_room(self, sending_id: str) -> None:
        """Show the shot in the review room."""
        self.of_daemon("opening the review room", lambda daemon: daemon.room(sending_id, {}), self._browse)

    def of_daemon(self, what: str, call: Callable[[Daemon], Any], then: Callable[[Any], None]) -> None:
        """Anything else that the daemon is asked."""
        self._begin(what, lambda: None, lambda: self._ask(what, call, then))

    def note(self, text: str) -> None:
        """Something to read, the newest first."""
        self._note(text)

    def _begin(self, what: str, first: Callable[[], None], then: Callable[[], object]) -> None:
        """An errand's first step; one at a time, or the second would see the timeline half way."""
        if self.busy:
            self._note(f"still {self.busy}; wait for that")
            return
        try:
            first()
        except HostRefused as refused:
            self._note(str(refused))
            return
        self.busy = what
        then()

    def _ask(self, what: str, call: Callable[[Daemon], Any], then: Callable[[Any], None]) -> bool:
        def answered(value: Any) -> None:
            self.busy = ""
            try:
                then(value)
            except HostRefused as refused:
                self._note(str(refused))
            self._shown()

        self.busy = what
        asked = self._worker.ask(call, answered, failed=self._failed)
        if not asked:
            self.busy = ""
            self._note("too much is waiting for the daemon; try again")
        self._shown()
        return asked

    def _told(self, sending: Table) -> None:
        self.sendings[sending["id"]] = sending

    def _browse(self, answer: Table) -> None:
        url = str(answer["url"])
        if not url.startswith(("http://", "https://")):
            self._note("the daemon gave no address of a page; is it of the same version?")
        elif not webbrowser.open(url):
            self._note(url)

    def _failed(self, trouble: DaemonTrouble) -> None:
        self.busy = ""
        self._note(str(trouble))

    def _greeted(self, hello: Table) -> None:
        backend = hello["backend"]
        self.connection = f"connected; the backend is {backend['state']}"
        if backend["state"] != "up":
            self.connection += f": {backend['message']}"
        self._shown()

    def _take_presets(self, told: Table) -> None:
        self.presets = list(told["presets"])
        self._shown()

    def _news(self, sending: Table) -> None:
        if sending.get("project") == self._project:
            self.sendings[sending["id"]] = sending
        self._shown()

    def _trouble(self, trouble: DaemonTrouble | None) -> None:
        if trouble is not None:
            self.connection = str(trouble)
        elif not self.presets:
            self._worker.ask(lambda daemon: daemon.hello(), self._greeted, failed=self._trouble)
            self._worker.ask(lambda daemon: daemon.presets(), self._take_presets, failed=self._trouble)
        else:
            self._worker.ask(lambda daemon: daemon.hello(), self._greeted, failed=self._trouble)
        self._shown()

    def _note(self, text: str) -> None:
        if self.notes[:1] != [text]:
            self.notes = [text, *self.notes][:MOST_NOTES]
        self._shown()


def delivered_versions(sending: Table) -> list[int]:
    """The versions that can be placed, the newest first."""
    found = [int(one["version"]) for one in sending.get("versions", ()) if one.get("state") == "delivered"]
    return sorted(found, reverse=True)


def line_of(sending: Table) -> str:
    """A sending in a list: its name, how far it is, what can be placed."""
    state = str(sending.get("state", ""))
    if state == "running":
        progress = sending.get("progress") or {}
        state = f"{sending.get('stage', '')} {progress.get('done', 0)} of {progress.get('total', 0)}"
    elif state == "failed":
        state = f"failed: {(sending.get('error') or {}).get('message', '')}"
    versions = delivered_versions(sending)
    ready = f", v{versions[0]:03d} can be placed" if versions else ""
    return f"{sending.get('name', '')}: {state}{ready}"
