"""How things stand: timelines, takes frame by frame, what jobs told, their settings; and sending a clip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from understudy.client.connection import Connection
from understudy.domain.edit_views import Timeline
from understudy.domain.job import Event, EventKind
from understudy.domain.job_views import LogPart, SettingList
from understudy.domain.summary import StoredClip
from understudy.domain.take_frames import TakeFrames
from understudy.v1 import edits_pb2, jobs_pb2, production_pb2, shots_pb2, takes_pb2
from understudy.wire.job_views import setting_list_from_wire
from understudy.wire.jobs import event_from_wire, event_kind_to_wire
from understudy.wire.limits import CLIP_CHUNK_BYTES, MAX_LIST_BYTES
from understudy.wire.takes import take_frames_from_wire
from understudy.wire.timeline import timeline_from_wire

_DEADLINE_S = 60.0  # a long shot is looked at for the first time


class StateCalls:
    """The part of a client that asks how things stand."""

    _connection: Connection

    def timeline(self, shot_id: str) -> Timeline:
        """What there is on every frame of a shot, without any points. Raises: NotFound."""
        request = edits_pb2.GetTimelineRequest(shot_id=shot_id)
        answer = self._connection.call(
            "EditService/GetTimeline", request, edits_pb2.GetTimelineResponse, deadline_s=_DEADLINE_S
        )
        return timeline_from_wire(answer)

    def take_frames(self, take_id: str) -> TakeFrames:
        """Which frames of its shot a take has, and which of them the edits now want otherwise.

        Raises: NotFound, ConsentRevoked, ConsentExpired, BadBundle.
        """
        request = takes_pb2.ListTakeFramesRequest(take_id=take_id)
        answer = self._connection.call(
            "TakeService/ListTakeFrames", request, takes_pb2.ListTakeFramesResponse, deadline_s=_DEADLINE_S
        )
        return take_frames_from_wire(answer)

    def events(
        self,
        job_id: str,
        after_sequence: int = 0,
        kinds: Collection[EventKind] = (),
        limit: int = 1000,
    ) -> list[Event]:
        """At most `limit` events of a job numbered above `after_sequence`, oldest first. Raises: NotFound."""
        found: list[Event] = []
        while len(found) < limit:
            request = jobs_pb2.ListEventsRequest(
                job_id=job_id,
                after_sequence=found[-1].sequence if found else after_sequence,
                kinds=sorted(event_kind_to_wire(kind) for kind in kinds),
                limit=min(limit - len(found), 5000),
            )
            answer = self._connection.call(
                "JobService/ListEvents", request, jobs_pb2.ListEventsResponse, deadline_s=_DEADLINE_S
            )
            found += map(event_from_wire, answer.events)
            had_room = answer.ByteSize() < MAX_LIST_BYTES // 3
            if had_room and len(answer.events) < request.limit:
                break
        return found

    def log(self, job_id: str, offset: int = -65536, limit: int = 65536) -> LogPart:
        """Whole lines of a job's log, at most `limit` bytes from `offset` on (below 0: before its end).

        Raises: NotFound while there is none, BadInput.
        """
        request = jobs_pb2.GetLogRequest(job_id=job_id, offset=offset, limit=limit)
        answer = self._connection.call(
            "JobService/GetLog", request, jobs_pb2.GetLogResponse, deadline_s=_DEADLINE_S
        )
        return LogPart(text=answer.text, offset=answer.offset, next_offset=answer.next_offset)

    def settings(self, kind: str, preset: str = "") -> SettingList:
        """The settings of a kind of job; with a preset, its values as the defaults. Raises: BadSettings."""
        request = jobs_pb2.ListSettingsRequest(kind=kind, preset=preset)
        answer = self._connection.call(
            "JobService/ListSettings", request, jobs_pb2.ListSettingsResponse, deadline_s=_DEADLINE_S
        )
        return setting_list_from_wire(answer)

    def put_clip(self, name: str, size: int, chunks: Iterable[bytes]) -> StoredClip:
        """Send a clip of `size` bytes, in parts of any length; says where the server keeps it.

        Raises: BadInput for a name that is none or another size than was said; DiskFull; whatever `chunks`
        raises. Nothing is left on the server then.
        """
        request = (
            production_pb2.GetProductionRequest()
        )  # finds a server that has moved, while nothing is sent
        self._connection.call(
            "ProductionService/GetProduction",
            request,
            production_pb2.GetProductionResponse,
            deadline_s=_DEADLINE_S,
        )
        answer = self._connection.send(
            "ShotService/PutClip", _clip_messages(name, size, chunks), shots_pb2.PutClipResponse
        )
        return StoredClip(path=answer.path, sha256=answer.sha256)


def _clip_messages(name: str, size: int, chunks: Iterable[bytes]) -> Iterator[shots_pb2.PutClipRequest]:
    yield shots_pb2.PutClipRequest(header=shots_pb2.ClipHeader(name=name, size=size))
    for chunk in chunks:
        for start in range(0, len(chunk), CLIP_CHUNK_BYTES):
            yield shots_pb2.PutClipRequest(data=bytes(chunk[start : start + CLIP_CHUNK_BYTES]))
