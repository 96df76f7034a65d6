"""Sending, watching, placing and removing: the same steps in every editor.

An editor must not wait for the daemon, and is touched on its main thread only. So each of the two longer
roads is an object whose methods belong to one or the other:

    sending = Submission(host, preset)          placing = Placement(host, sending_id)
    sending.look(uids)        main thread       placing.look()          main thread
    sending.check(daemon)     worker            placing.plan(daemon)    worker
    sending.mark()            main thread       placing.carry_out()     main thread; False: look again
    sending.send(daemon)      worker            placing.settle(daemon)  worker; faults: then
                                                placing.undo(faults)    main thread

`submit`, `watch`, `place` and `remove` do it all in one thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from .daemon_calls import DaemonTrouble
from .host import EditHost, HostRefused, Table

IDENTITY = "us-"
"""How an identity begins that was written here; any other uid is only a way to find a clip for now."""
MOST_TRIES = 3
ENDED = ("finished", "failed", "cancelled")


class DaemonCalls(Protocol):
    """What is asked of the daemon here; `daemon_calls.Daemon` has it. Raises: DaemonTrouble."""

    def check(self, asked: Table) -> Table: ...

    def create(self, asked: Table) -> Table: ...

    def list(self, project: str, after: int = 0, wait_s: float = 0.0) -> Table: ...

    def plan(self, sending_id: str, asked: Table) -> Table: ...

    def read(self, plan_id: str, asked: Table) -> Table: ...


class Submission:
    """Clips on their way to the daemon. `refused` is what stays behind, each with its reasons."""

    def __init__(self, host: EditHost, preset: str) -> None:
        self._host, self._preset = host, preset
        self._about: Table = {}
        self._timeline: Table = {}
        self._uids: list[str] = []
        self._asked: list[Table] = []
        self.warnings: list[str] = []
        self.refused: list[str] = []

    def look(self, uids: list[str] | None = None) -> None:
        """Take the timeline as it is now; without uids the selected clips. Raises: HostRefused."""
        self._about, self._timeline = self._host.about(), self._host.timeline()
        self._uids = list(self._host.selected() if uids is None else uids)
        if not self._uids:
            raise HostRefused("NothingSelected", "no clip is selected; select the shots to send")

    def check(self, daemon: DaemonCalls) -> list[Table]:
        """Ask what may be sent; the shots with their problems. Raises: DaemonTrouble."""
        asked = {
            "host": self._about["host"],
            "project": self._about["project"],
            "timeline": self._timeline,
            "clips": self._uids,
            "preset": self._preset,
        }
        shots: list[Table] = daemon.check(asked)["shots"]
        self._asked, self.refused, self.warnings = [], [], []
        for one in shots:
            name, against = one["shot"]["name"], one["problems"]
            refusals = [problem["message"] for problem in against if problem["refuses"]]
            self.warnings += [
                name + ": " + problem["message"] for problem in against if not problem["refuses"]
            ]
            if refusals:
                self.refused.append(name + ": " + "; ".join(refusals))
            else:
                self._asked.append({"request_id": uuid.uuid4().hex, "shot": one["shot"]})
        return shots

    def mark(self) -> None:
        """Write an identity into every clip that will be sent and has none. Raises: HostRefused."""
        if not self._asked:
            reasons = "; ".join(self.refused) or "none of these clips is on the timeline"
            raise HostRefused("ShotRefused", reasons)
        if self._host.timeline() != self._timeline:
            raise HostRefused("TimelineChanged", "the timeline was changed meanwhile; send the shots again")
        for asked in self._asked:
            uid = asked["shot"]["clip_uid"]
            if not uid.startswith(IDENTITY):
                identity = IDENTITY + uuid.uuid4().hex
                self._host.mark(uid, identity)
                asked["shot"] = dict(asked["shot"], clip_uid=identity)
        # A project may get its id only now, with the first mark.
        self._about = self._host.about()

    def send(self, daemon: DaemonCalls) -> list[Table]:
        """Hand the shots over; the sendings. Called again after a DaemonTrouble, nothing goes twice."""
        told = {"project": self._about["project"], "preset": self._preset}
        return [daemon.create(dict(asked, **told)) for asked in self._asked]


class Placement:
    """One take on its way onto the timeline, or off it. `notes` is what the artist should know of it."""

    def __init__(
        self,
        host: EditHost,
        sending_id: str,
        version: int | None = None,
        track: int | None = None,
        remove: bool = False,
    ) -> None:
        self._host, self._sending_id = host, sending_id
        self._wish: Table = {"remove": True} if remove else {}
        if version is not None:
            self._wish["version"] = version
        if track is not None:
            self._wish["track"] = track
        self._before: Table = {}
        self._after: Table = {}
        self._capabilities: Table = {}
        self._undoing: list[Table] = []
        self.made: Table = {}
        self.notes: list[str] = []

    def look(self) -> None:
        """Take the timeline as it is now. Raises: HostRefused."""
        self._capabilities = self._host.about()["capabilities"]
        self._before = self._host.timeline()

    def plan(self, daemon: DaemonCalls) -> None:
        """Have the steps made for that timeline. Raises: DaemonTrouble."""
        asked = dict(self._wish, timeline=self._before, capabilities=self._capabilities)
        self.made = daemon.plan(self._sending_id, asked)
        self.notes = list(self.made["notes"])

    def carry_out(self) -> bool:
        """Do the steps; False when the timeline is another one now: look and plan again.

        Raises: HostRefused, the timeline as it was, or with what remains to be mended.
        """
        if self._host.timeline() != self._before:
            return False
        self._undoing = []
        whole = False
        try:
            for step in self.made["steps"]:
                self._undoing.append(self._host.carry_out(step))
            self._after = self._host.timeline()
            whole = True
        except HostRefused as refused:
            self._take_back(str(refused))
            raise
        finally:
            if not whole:
                self._take_back("the editor's script broke off")
        return True

    def settle(self, daemon: DaemonCalls) -> list[str]:
        """What is not as it was planned; empty: the take lies where it should. Else `undo` belongs next."""
        try:
            read = daemon.read(self.made["id"], {"timeline": self._after})
        except DaemonTrouble as trouble:
            return [f"nobody can say whether it lies right: {trouble}"]
        if read["ok"]:
            return []
        return [str(fault) for fault in read["faults"]] or ["the daemon did not say why"]

    def undo(self, faults: Sequence[str] = ()) -> None:
        """Take back what was done, because of `faults`. Raises: HostRefused with them and what remains."""
        because, now = "; ".join(faults), self._host.timeline()
        if self._undoing and now["name"] != self._after["name"]:
            message = (
                f"{self._after['name']!r} is not in front any more, and what was done there remains; undo it"
            )
            raise HostRefused("Remains", _with_reason(message, because))
        untouched = now == self._after
        self._take_back(because)
        if untouched and self._host.timeline() != self._before:
            message = "it was taken back, but the timeline is not as it was; undo it in the editor"
            raise HostRefused("Remains", _with_reason(message, because))

    def _take_back(self, because: str) -> None:
        remains = []
        while self._undoing:
            step = self._undoing.pop()
            try:
                self._host.carry_out(step)
            except HostRefused as refused:
                remains.append(f"{_what_remains(step)} ({refused})")
        if remains:
            message = f"not everything could be taken back: {'; '.join(remains)}"
            raise HostRefused("Remains", _with_reason(message, because))


def _with_reason(message: str, because: str) -> str:
    return f"{because}; {message}" if because else message


def _what_remains(step: Table) -> str:
    """What is still there when a step that was to undo another is refused."""
    if step["do"] == "remove_track":
        return f"the new video track {step['number']} remains; delete it"
    if step["do"] == "add_track":
        return f"video track {step['number']} is gone; put an empty one in"
    clip = step["clip"]
    name, media = clip["name"], clip["media"]["path"] if clip.get("media") else "no file"
    where = f"on video track {step['track']} at frame {clip['record_in']} of the sequence"
    if step["do"] == "lift":
        return f"{name!r} remains {where}; delete it"
    if step["do"] == "lay":
        return f"{name!r} is gone {where}; it showed {media}"
    return f"{name!r} {where} shows another file than {media}; replace it"


def submit(daemon: DaemonCalls, host: EditHost, uids: list[str] | None, preset: str) -> list[Table]:
    """Send clips; the sendings of those that may be sent. Raises: HostRefused, DaemonTrouble."""
    sending = Submission(host, preset)
    sending.look(uids)
    sending.check(daemon)
    sending.mark()
    return sending.send(daemon)


def watch(daemon: DaemonCalls, project: str, sending_id: str, wait_s: float = 20.0) -> Iterator[Table]:
    """A sending whenever it changed, until it has ended. Raises: DaemonTrouble."""
    after = 0
    while True:
        news: dict[str, Any] = daemon.list(project, after, wait_s)
        after = news["revision"]
        for sending in news["sendings"]:
            if sending["id"] == sending_id:
                yield sending
                if sending["state"] in ENDED:
                    return


def place(
    daemon: DaemonCalls,
    host: EditHost,
    sending_id: str,
    version: int | None = None,
    track: int | None = None,
) -> Placement:
    """Put a take onto the timeline, or another version into its place. Raises: HostRefused, DaemonTrouble."""
    return _carried(daemon, Placement(host, sending_id, version, track))


def remove(daemon: DaemonCalls, host: EditHost, sending_id: str) -> Placement:
    """Take the takes of a shot away. Raises: HostRefused, DaemonTrouble."""
    return _carried(daemon, Placement(host, sending_id, remove=True))


def _carried(daemon: DaemonCalls, placing: Placement) -> Placement:
    for _ in range(MOST_TRIES):
        placing.look()
        placing.plan(daemon)
        if placing.carry_out():
            break
    else:
        raise HostRefused(
            "TimelineChanged", "the timeline is being changed; place the take when it is at rest"
        )
    faults = placing.settle(daemon)
    if faults:
        placing.undo(faults)
        raise HostRefused("Misplaced", "it was taken back: " + "; ".join(faults))
    return placing
