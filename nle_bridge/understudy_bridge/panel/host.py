"""What every editor's adapter does, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def carried_out(steps: Mapping[str, Callable[..., Table]], editor: str, step: Table, *on: Any) -> Table:
    """Do a step by its name with `on` and itself. What the editor throws, the artist is told.

    Raises: HostRefused.
    """
    do = steps.get(str(step.get("do")))
    if do is None:
        message = f"{editor}'s adapter has no step {step.get('do')!r}; is the daemon newer than this?"
        raise HostRefused("Unsupported", message)
    try:
        return do(*on, step)
    except (RuntimeError, TypeError, ValueError, AttributeError) as cause:
        message = f"{editor} broke off ({type(cause).__name__}: {cause}); look at the timeline, and try again"
        raise HostRefused("Unsupported", message) from cause


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
