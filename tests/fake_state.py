"""How a fake production stands: a take that is rendered in part, a log in memory, clips in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

from understudy.domain.errors import BadInput, NotFound
from understudy.domain.job import Event, EventKind
from understudy.domain.job_views import LogPart, SettingList
from understudy.domain.summary import StoredClip
from understudy.domain.take_frames import TakeFrames, TakeFrameState
from understudy.jobs.setting_list import list_settings


class FakeState:
    """Answers for one take; `told` has the events of every job, `logs` their logs, `clips` what was sent."""

    def __init__(self, take_id: str) -> None:
        self._take_id = take_id
        self.told: dict[str, list[Event]] = {}
        self.logs: dict[str, bytes] = {}
        self.clips: dict[str, bytes] = {}

    def take_frames(self, take_id: str) -> TakeFrames:
        if take_id != self._take_id:
            raise NotFound(f"there is no take {take_id}")
        return TakeFrames(
            first_frame=1001,
            states=(TakeFrameState.CURRENT, TakeFrameState.CHANGED, TakeFrameState.MISSING),
            versions=("a" * 16, "b" * 16, ""),
            revision=3,
        )

    def events(
        self, job_id: str, after_sequence: int = 0, *, kinds: Collection[EventKind] = (), limit: int = 1000
    ) -> Sequence[Event]:
        told = self.told.get(job_id, [])
        chosen = [event for event in told if event.sequence > after_sequence]
        return [event for event in chosen if not kinds or event.kind in kinds][:limit]

    def job_log(self, job_id: str, *, offset: int, limit: int) -> LogPart:
        if job_id not in self.logs:
            raise NotFound("the job has no log")
        whole = self.logs[job_id]
        begin = max(0, len(whole) + offset) if offset < 0 else offset
        part = whole[begin : begin + limit]
        return LogPart(text=part.decode(), offset=begin, next_offset=begin + len(part))

    def settings(self, kind: str, preset: str = "") -> SettingList:
        return list_settings(kind, preset)

    def put_clip(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        data = b"".join(chunks)
        if len(data) != size:
            raise BadInput(f"{name} has {len(data)} bytes instead of {size}")
        self.clips[name] = data
        return StoredClip(path=f"/media/{name}", sha256=hashlib.sha256(data).hexdigest())
