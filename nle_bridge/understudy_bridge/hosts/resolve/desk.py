"""The panel's errands, and what Resolve's has besides: marked clips, going to a shot."""

from __future__ import annotations

from ...panel.errands import Errands
from ...panel.host import EditHost, HostRefused, Table
from ...panel.worker import Worker

MARKER = "understudy"
NONE_MARKED = f'no clip lies under a marker "{MARKER}"'


class Desk(Errands):
    """`changed` is set whenever there is something new to show; the window sets it back."""

    def __init__(self, host: EditHost, worker: Worker) -> None:
        super().__init__(host, worker, self._change)
        self._editor = host
        self.changed = True

    def send_marked(self, preset: str) -> None:
        """Send the clips that lie under a marker "understudy"."""
        try:
            about, timeline = self._editor.about(), self._editor.timeline()
        except HostRefused as refused:
            self.note(str(refused))
            return
        asked = marked(about, timeline)

        def found(answer: Table) -> None:
            uids = [one["shot"]["clip_uid"] for one in answer["shots"]]
            if uids:
                self.send(preset, uids)
            else:
                self.note(NONE_MARKED)

        self.of_daemon("looking for markers", lambda daemon: daemon.check(asked), found)

    def show_shot(self, sending_id: str) -> None:
        """Go to where the shot was when it was sent."""
        try:
            start = int(self._editor.timeline()["start_frame"])
            self._editor.seek(int(self.sendings[sending_id]["shot"]["record_in"]) - start)
        except HostRefused as refused:
            self.note(str(refused))

    def _change(self) -> None:
        self.changed = True


def marked(about: Table, timeline: Table) -> Table:
    """What the daemon is asked for the clips under a marker."""
    return {"host": about["host"], "project": about["project"], "timeline": timeline, "marker": MARKER}
