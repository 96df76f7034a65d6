"""What the services call to say how things stand, and to take clips in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from understudy.domain.job import Event, EventKind
from understudy.domain.job_views import LogPart, SettingList
from understudy.domain.summary import StoredClip
from understudy.domain.take_frames import TakeFrames


class StateBackend(Protocol):
    """How an open production stands. As for `Backend`: many threads, `UnderstudyError`s, ids or names."""

    def take_frames(self, take_id: str) -> TakeFrames:
        """Which frames of its shot a take has, and which of them the present edits want otherwise.

        Raises: NotFound, ConsentRevoked, ConsentExpired, BadBundle.
        """

    def events(
        self, job_id: str, after_sequence: int = 0, *, kinds: Collection[EventKind] = (), limit: int = 1000
    ) -> Sequence[Event]:
        """Events of a job numbered above `after_sequence`, oldest first, of all kinds or of some."""

    def job_log(self, job_id: str, *, offset: int, limit: int) -> LogPart:
        """Whole lines of a job's log from a byte on, or from so many before its end.

        Raises: NotFound while there is none, BadInput.
        """

    def settings(self, kind: str, preset: str = "") -> SettingList:
        """The settings of a kind of job. Raises: BadSettings for an unknown kind or preset."""

    def put_clip(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        """Take a clip of `size` bytes in. Raises: BadInput, DiskFull; nothing is left behind then."""
