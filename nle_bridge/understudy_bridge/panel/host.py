"""What every editor's adapter does, and how it refuses."""

from __future__ import annotations

from typing import Any, Protocol

Table = dict[str, Any]
"""A JSON object of `docs/bridge.md`."""


class HostRefused(Exception):
    """The editor did not do a step, and the timeline is as it was; the message says why and what to do.

    `kind` is a name as the daemon's errors have them: Occupied, NotOnTimeline, Unsupported, MediaMissing ...
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class EditHost(Protocol):
    """One editor with a project open. All of it is called on the editor's main thread."""

    def about(self) -> Table:
        """The program, its version, the project and what the adapter can do there."""

    def timeline(self) -> Table:
        """The timeline in front of the artist. Raises: HostRefused when there is none."""

    def selected(self) -> list[str]:
        """Uids of the selected clips, in record order."""

    def mark(self, uid: str, identity: str) -> None:
        """Write `identity` into a clip, whose uid it is from now on. Raises: HostRefused."""

    def carry_out(self, step: Table) -> Table:
        """Do one step and return the one that undoes it. Raises: HostRefused, the timeline as it was."""

    def seek(self, frame: int) -> None:
        """Show a record frame."""
